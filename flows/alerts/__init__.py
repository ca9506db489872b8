"""What programmes are told of an edition: what is new, what holds on and what is over, to whom."""

from flows.alerts.area_lines import ToldArea, ToldSignal
from flows.alerts.digest import Digest, as_of, make_digest
from flows.alerts.items import AreaItems, Item, Told
from flows.alerts.lost_mail import tell_of_mail
from flows.alerts.notices import mail_notice, send_notice
from flows.alerts.queueing import QueueReport, find_news, preview, queue_alerts, send_trial
from flows.alerts.reading import Edition, Signal, read_edition
from flows.alerts.recipients import Audience, Recipients, load_recipients, load_webhooks
from flows.alerts.telling import Section, Telling, tell

__all__ = [
    "AreaItems",
    "Audience",
    "Digest",
    "Edition",
    "Item",
    "QueueReport",
    "Recipients",
    "Section",
    "Signal",
    "Telling",
    "Told",
    "ToldArea",
    "ToldSignal",
    "as_of",
    "find_news",
    "load_recipients",
    "load_webhooks",
    "mail_notice",
    "make_digest",
    "preview",
    "queue_alerts",
    "read_edition",
    "send_notice",
    "send_trial",
    "tell",
    "tell_of_mail",
]
