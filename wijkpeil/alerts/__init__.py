"""What programmes are told of an edition: what is new, what holds on and what is over, to whom."""

from wijkpeil.alerts.digest import Digest, as_of, make_digest
from wijkpeil.alerts.edition import FollowedEdition, Signal, read_followed
from wijkpeil.alerts.first_edition import all_waiting, first_edition
from wijkpeil.alerts.items import AreaItems, Item, Told
from wijkpeil.alerts.lost_mail import tell_of_mail
from wijkpeil.alerts.notices import mail_notice, send_notice
from wijkpeil.alerts.queue import QueueReport, find_news, preview, queue_alerts, send_trial
from wijkpeil.alerts.recipients import Audience, Recipients, load_recipients, load_webhooks

__all__ = [
    "AreaItems",
    "Audience",
    "Digest",
    "FollowedEdition",
    "Item",
    "QueueReport",
    "Recipients",
    "Signal",
    "Told",
    "all_waiting",
    "as_of",
    "find_news",
    "first_edition",
    "load_recipients",
    "load_webhooks",
    "mail_notice",
    "make_digest",
    "preview",
    "queue_alerts",
    "read_followed",
    "send_notice",
    "send_trial",
    "tell_of_mail",
]
