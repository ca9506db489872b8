"""What a refusal makes of a mail: by stage, code and words, as real servers give them.

One that is of an address ends it there. All others keep the mail, fail the run with the server's
words, and send it once when they are mended.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from mail_helpers import SENDER
from outbox_helpers import A, B, Clock, deliver, queue, the_message
from refusing_server import Answers, RefusingServer

from wijkpeil.alerts.delivery import SendReport
from wijkpeil.settings import Settings

C, D, E = (f"{letter}@voorbeeld.nl" for letter in "cde")

SEND_AS = (
    "554 5.2.252 SendAsDenied; w@voorbeeld.nl not allowed to send as wijkpeil@voorbeeld.nl; "
    "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"
)
OLD_SEND_AS = "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException; Cannot submit message"
SPAMHAUS = "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"
NOT_OWNED = f"553 5.7.1 <{SENDER}>: Sender address rejected: not owned by user wijk"
QUOTA = "550 5.4.5 Daily user sending quota exceeded. o65sm25351206pga.71 - gsmtp"
FROM_IP = "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP"
UNREGISTERED = (
    "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains"
)
NO_RIGHT = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
NO_LOGIN = "530 5.7.57 Client not authenticated to send mail"
HELO = "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"
RELAY = "554 5.7.1 <%s>: Relay access denied"
USER_UNKNOWN = "550 5.1.1 <%s>: Recipient address rejected: User unknown in local recipient table"
NOT_FOUND = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
EDGE_BLOCKED = "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"
DISABLED = "550 5.2.1 The email account that you tried to reach is disabled."
FULL = "552 5.2.2 <%s>: Mailbox full"
BUSY = "451 4.7.500 Server busy. Please try again later from [192.0.2.1]"

# of the sender or the server: where, what
OF_ALL = [
    ("greeting", SPAMHAUS),
    ("greeting", "421 4.3.2 The maximum number of concurrent connections has exceeded a limit"),
    ("mail", NO_LOGIN),
    ("mail", NO_RIGHT),
    ("mail", FROM_IP),
    ("mail", UNREGISTERED),
    ("mail", "550 5.1.8 Access denied, bad outbound sender AS(42004)"),
    ("mail", "550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus"),
    ("mail", "552 5.3.4 Message size exceeds fixed limit"),
    ("rcpt_all", SPAMHAUS),
    ("rcpt_all", NOT_OWNED),
    ("rcpt_all", HELO),
    ("rcpt_all", RELAY),
    ("rcpt_all", "550 5.7.1 <%s>: message refused by policy"),
    ("rcpt_all", "550 Access denied"),
    ("rcpt_all", "550 5.1.0 <w@voorbeeld.nl>: Sender address rejected: Domain not found"),
    ("data", "550 5.7.26 This mail has been blocked because the sender is unauthenticated."),
    ("data", "554 5.5.1 Error: no valid recipients"),
    ("final", SEND_AS),
    ("final", OLD_SEND_AS),
    ("final", QUOTA),
    ("final", "550 5.2.2 Submission quota exceeded"),
    ("final", "550 5.7.705 Access denied, tenant has exceeded threshold"),
    ("final", "550 User w@voorbeeld.nl has exceeded its 24-hour sending limit. Messages to 2"),
    ("final", "554 5.7.1 Spam message rejected"),
    ("final", "554 Transaction failed"),
    ("final", "552 5.3.4 Message too big for system"),
]
OF_ADDRESS = [
    USER_UNKNOWN,
    NOT_FOUND,
    EDGE_BLOCKED,
    DISABLED,
    FULL,
    "550 no such user",
    "550 Requested action not taken: mailbox unavailable",
    "550 5.7.1 User unknown",
    "550 Unrouteable address",
    "554 delivery error: dd This user doesn't have a voorbeeld.nl account",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
]


@pytest.fixture
def settings(server: RefusingServer, tmp_path: Path) -> Settings:
    return server.settings(tmp_path)


def deliver_for(settings: Settings, clock: Clock, *, hours: int) -> SendReport:
    """Let the schedule run for so long, every half hour."""
    for _ in range(2 * hours):
        report = deliver(settings, clock)
        clock.forward(minutes=30)
    return report


def refuse(answers: Answers, stage: str, reply: str | None) -> None:
    if stage == "final":
        answers.final = lambda _: reply
    else:
        setattr(answers, stage, reply)


@pytest.mark.parametrize(("stage", "reply"), OF_ALL)
def test_a_refusal_of_sender_or_server_keeps_the_mail_and_fails_the_run_with_its_words(
    answers: Answers, settings: Settings, clock: Clock, stage: str, reply: str
) -> None:
    refuse(answers, stage, reply)
    queue(settings, A, B)
    for _ in range(2):
        report = deliver(settings, clock)
        assert report.having("queued") == ["bericht-1"]
        assert reply.replace("%s", A)[:60] in (report.problem or "")
        clock.forward(minutes=1)
    assert the_message(settings).addresses("waiting") == [A, B]
    refuse(answers, stage, None)
    assert deliver_for(settings, clock, hours=5).messages == ()
    assert answers.taken == [[A, B]]


@pytest.mark.parametrize("reply", OF_ADDRESS)
def test_a_refusal_of_one_address_ends_it_there_and_holds_no_other(
    answers: Answers, settings: Settings, clock: Clock, reply: str
) -> None:
    answers.rcpt[A] = reply
    queue(settings, A)
    queue(settings, A, B, message_id="bericht-2")
    report = deliver(settings, clock)
    assert report.having("failed") == ["bericht-1"] and report.having("sent") == ["bericht-2"]
    assert report.problem is None and answers.taken == [[B]]
    assert reply.replace("%s", A)[:40] in the_message(settings).sentence
    asked = answers.asked["RCPT"]
    deliver_for(settings, clock, hours=5)
    assert answers.asked["RCPT"] == asked


@pytest.mark.parametrize(
    "reply", ["550 5.7.1 <%s>: message refused", "554 refused", "550 5.0.0 no"]
)
def test_what_may_be_of_either_is_of_the_address_only_where_the_server_takes_another(
    answers: Answers, settings: Settings, clock: Clock, reply: str
) -> None:
    answers.rcpt[A] = reply
    queue(settings, A, B)
    queue(settings, A, message_id="bericht-2")
    report = deliver(settings, clock)
    assert the_message(settings).addresses("refused") == [A] and answers.taken == [[B]]
    assert report.having("queued") == ["bericht-2"] and report.problem is not None


def test_an_address_that_may_not_be_relayed_to_waits_while_the_others_have_it(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    answers.rcpt[A] = RELAY
    queue(settings, A, B)
    report = deliver(settings, clock)
    assert answers.taken == [[B]] and "Relay access denied" in (report.problem or "")
    answers.rcpt.clear()
    deliver_for(settings, clock, hours=1)
    assert answers.had == {A: 1, B: 1}


def test_a_server_that_refuses_all_is_asked_twice_and_then_left_alone(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    answers.rcpt_all = SPAMHAUS
    for number in range(1, 9):
        queue(settings, A, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert answers.asked["MAIL"] == 2 and len(report.having("queued")) == 8
    assert "fails: 554 5.7.1 Service unavailable" in (report.problem or "")
    assert "taken off that list" in (report.problem or "")
    answers.rcpt_all = None
    deliver_for(settings, clock, hours=5)
    assert answers.taken == [[A]] * 8


@pytest.mark.parametrize("stage", ["mail", "rcpt_all", "data", "final"])
def test_a_server_that_throttles_is_asked_twice_and_then_left_alone(
    answers: Answers, settings: Settings, clock: Clock, stage: str
) -> None:
    refuse(answers, stage, BUSY)
    for number in range(1, 9):
        queue(settings, A, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert answers.asked["MAIL"] == 2 and BUSY[:40] in (report.problem or "")
    refuse(answers, stage, None)
    deliver_for(settings, clock, hours=2)
    assert answers.taken == [[A]] * 8


def test_a_greylisting_server_gets_every_mail_offered(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    answers.rcpt_all = "450 4.7.1 <%s>: Recipient address rejected: Greylisted"
    for number in range(1, 6):
        queue(settings, A, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert answers.asked["MAIL"] == 5 and report.problem is None


def test_two_mails_that_are_refused_for_their_content_do_not_hold_the_others_for_days(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    answers.final = lambda to: "554 5.7.1 Spam message rejected" if to == [A] else None
    for number in (1, 2):
        queue(settings, A, message_id=f"bericht-{number}")
    for number in (3, 4):
        queue(settings, B, message_id=f"bericht-{number}")
    report = deliver_for(settings, clock, hours=1)
    assert answers.taken == [[B], [B]] and "Spam message rejected" in (report.problem or "")


# after the mail: of whom


def test_an_address_that_is_refused_after_the_mail_is_found_and_the_others_have_it_once(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    answers.final = lambda to: NOT_FOUND if B in to else None
    queue(settings, A, B, C)
    report = deliver(settings, clock)
    assert answers.had == {A: 1, C: 1} and report.problem is None
    assert the_message(settings).addresses("refused") == [B]
    assert the_message(settings).state == "sent"


# too many recipients


@pytest.mark.parametrize(
    "full",
    [
        "452 4.5.3 Error: too many recipients",
        "552 Too many recipients",
        "452 4.5.3 Domain policy size per transaction exceeded, please try in another",
        "451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.",
        "452 Service unavailable, recipients per message limit reached",
        "552 limit",
    ],
)
@pytest.mark.parametrize("most", [1, 2, 4])
def test_too_many_recipients_get_more_mails_and_each_address_one(
    answers: Answers, settings: Settings, clock: Clock, full: str, most: int
) -> None:
    answers.most, answers.full = most, full
    queue(settings, A, B, C, D, E)
    report = deliver(settings, clock)
    assert report.having("sent") == ["bericht-1"] and report.problem is None
    assert answers.had == dict.fromkeys([A, B, C, D, E], 1)
    assert max(map(len, answers.taken)) <= most
    assert the_message(settings).attempts == 1


def test_too_many_recipients_after_the_mail_are_halved(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    limit = "550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients"
    answers.final = lambda to: limit if len(to) > 2 else None
    queue(settings, A, B, C, D, E)
    assert deliver(settings, clock).having("sent") == ["bericht-1"]
    assert answers.had == dict.fromkeys([A, B, C, D, E], 1)


def test_more_mails_keep_to_the_rate_and_the_rest_goes_with_the_next_run(
    answers: Answers, server: RefusingServer, tmp_path: Path, clock: Clock
) -> None:
    settings = server.settings(tmp_path, MAIL_PER_MINUTE="2")
    answers.most = 1
    queue(settings, A, B, C)
    report = deliver(settings, clock)
    assert report.having("queued") == ["bericht-1"] and answers.taken == [[A], [B]]
    clock.forward(minutes=5)
    assert deliver(settings, clock).having("sent") == ["bericht-1"]
    assert answers.had == {A: 1, B: 1, C: 1}


def test_a_server_that_takes_none_for_being_too_many_is_not_asked_for_ever(
    answers: Answers, settings: Settings, clock: Clock
) -> None:
    answers.most = 0
    queue(settings, A, B)
    assert deliver(settings, clock).having("queued") == ["bericht-1"]
    assert answers.asked["RCPT"] == 2


# any order of answers


@dataclass
class Moody(Answers):
    """Answers by dice until it is `well`, and drops the line now and then before the mail."""

    dice: random.Random = field(default_factory=random.Random)
    is_well: bool = False

    def throw(self, *replies: str) -> str | None:
        """One of these with a chance of a half, until it is well."""
        return None if self.is_well or self.dice.random() < 0.5 else self.dice.choice(replies)

    async def handle_MAIL(self, *of_mail: Any) -> str:
        self.mail = self.throw(NO_LOGIN, NO_RIGHT, BUSY, "421 4.3.2 closing")
        return await super().handle_MAIL(*of_mail)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.rcpt_all = self.throw(
            *(SPAMHAUS, RELAY, HELO, BUSY, "450 4.7.1 Greylisted"),
            *("452 4.5.3 too many recipients", "421 4.4.2 timeout", "552 limit"),
        )
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        moods = (SEND_AS, QUOTA, BUSY, NOT_FOUND, "550 5.5.3 too many recipients")
        reply = self.throw(*moods)
        if reply == NOT_FOUND and len(envelope.rcpt_tos) == 1:
            reply = QUOTA
        self.final = lambda _: reply
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_server_answers_in_whatever_order_each_address_has_each_mail_once(
    tmp_path: Path, clock: Clock, seed: int
) -> None:
    answers = Moody(dice=random.Random(seed))
    wanted = Counter[str]()
    with RefusingServer(answers) as server:
        settings = server.settings(tmp_path)
        for number in range(4):
            to = answers.dice.sample([A, B, C, D, E], answers.dice.randint(1, 5))
            queue(settings, *to, message_id=f"bericht-{number}")
            wanted.update(to)
        for _ in range(12):
            deliver(settings, clock)
            clock.forward(hours=1)
            assert answers.had <= wanted
        answers.is_well = True
        answers.rcpt_all = None
        clock.forward(hours=5)
        for _ in range(3):
            report = deliver(settings, clock)
            clock.forward(hours=5)
        assert report.messages == () and report.problem is None
        assert answers.had == wanted
