"""Sending what waits in the outbox: mails over SMTP, and posts to webhooks.

The promise is that no alert is told twice by itself. Between handing over a message and hearing
the server's yes nobody can know whether it arrived, so `sending` is committed before, and a
message that got no answer (line lost, time-out, process killed) becomes `uncertain` and is not
sent again. We err on this side because a repeated alarm is what makes managers stop reading, while
an uncertain message is loud: every SendReport and `alerts list` names it with the way to decide,
`wijkpeil alerts send --again MESSAGE_ID` or `--arrived MESSAGE_ID`. Whatever goes wrong before
leaves it `queued`.

A mail is one envelope for all its recipients, or more where the server wants so, with an outcome
per address: one that is refused for good for itself does not hold the others, one refused for now
(4xx) waits for the next try, and nobody who has the mail gets it again. What is refused for a
reason of the sender, the content or the server (`refusals`) waits too, and is loud. A `failed`
mail (each address refused for itself) keeps its alerts, so a person sends it on with
`--again --to`. A webhook is one post per address.

What was not taken is tried again after a wait that doubles (`backoff`), and `given_up` after days.
A server that cannot be used holds all that goes there, and nothing that goes elsewhere.
"""

from __future__ import annotations

from wijkpeil.alerts.delivery.sending import SendReport, list_messages, send_outbox
from wijkpeil.alerts.delivery.smtp import mail_session
from wijkpeil.alerts.delivery.webhook import post_now

__all__ = ["SendReport", "list_messages", "mail_session", "post_now", "send_outbox"]
