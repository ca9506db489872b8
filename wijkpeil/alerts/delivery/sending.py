"""One run over the outbox: what is tried now, what waits, and what that makes of each message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wijkpeil.alerts.delivery import backoff
from wijkpeil.alerts.delivery.refusals import advice_on
from wijkpeil.alerts.delivery.smtp import mail, server_name
from wijkpeil.alerts.delivery.webhook import post
from wijkpeil.alerts.ledger import (
    Ledger,
    MailTrouble,
    Message,
    NotHandedOver,
    ServerTrouble,
    StillSending,
    TakenByAnother,
    Trouble,
    as_text,
    shown,
    utc_now,
)
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

# what a person may be made to wait for the rate limit, seconds
PATIENCE_S = 60.0
GIVEN_UP = "given-up"
# the states of a message that wait for a decision, the most urgent first
NEEDS_A_PERSON = ("uncertain", "given_up", "failed")
# sentences in one failure
MOST_TOLD = 5


@dataclass(frozen=True)
class SendReport:
    """What one `send_outbox` sent, all messages not settled, why some could not go, what waits
    for the rate limit or another sender, and what the data owner was told of it."""

    messages: tuple[Message, ...]
    problem: str | None
    later: str | None = None
    told: str | None = None

    def having(self, state: str) -> list[str]:
        """The ids of the messages in this state; `sent` are those of this call only."""
        return [message.message_id for message in self.messages if message.state == state]

    @property
    def lost(self) -> list[Message]:
        """The messages that did not reach somebody for sure and wait for a person to settle them:
        uncertain, given up or failed."""
        return [message for message in self.messages if message.state in NEEDS_A_PERSON]

    @property
    def failure(self) -> str | None:
        """Why not all is well: trouble, and what is lost until a person settles it; else None."""
        lost = [message.sentence for message in self.lost]
        more = (
            [f"{len(lost) - MOST_TOLD} more: 'wijkpeil alerts list'."] if lost[MOST_TOLD:] else []
        )
        problem = [self.problem] if self.problem else []
        return " ".join([*problem, *lost[:MOST_TOLD], *more]) or None

    @property
    def sentences(self) -> list[str]:
        """All of it for a person, the most urgent first."""
        order = ["sending", "uncertain", "given_up", "failed", "queued", "sent"]
        told = sorted(self.messages, key=lambda message: order.index(message.state))
        reasons = [reason for reason in (self.problem, self.told, self.later) if reason]
        return reasons + [message.sentence for message in told]


def list_messages(settings: Settings) -> list[Message]:
    """Every message ever made, oldest first; each tells its state in `sentence`."""
    return list(Ledger(settings.warehouse).messages().values())


def send_outbox(
    settings: Settings,
    *,
    webhooks: Mapping[str, str] | None = None,
    only_due: bool = False,
    again: str | None = None,
    to: Sequence[str] = (),
    now: Callable[[], datetime] = utc_now,
    pause: Callable[[float], None] | None = None,
    wait_s: float = 60.0,
    answer_s: float = 600.0,
) -> SendReport:
    """Send what is queued, one sender at a time, and report every message that is not settled.

    `webhooks` are the secret addresses by name. A schedule says `only_due`, which keeps to the
    waits after what went wrong; a person has everything tried at once. `again` lets that message
    go once more (`given-up`: all that were given up), with `to` to other addresses. `pause` waits
    out the rate limit, a minute at most; without it the rest waits for the next run. Trouble is
    not raised: it is the report's `problem`, and the rest stays queued. `answer_s` is the patience
    after DATA (RFC 5321 asks for ten minutes), since a time-out there makes a mail uncertain.
    """
    ledger = Ledger(settings.warehouse, now=now)
    run = _Run(settings, ledger, webhooks or {}, only_due, pause, answer_s)
    try:
        with ledger.sending_alone(wait_s):
            if again == GIVEN_UP:
                _revive_all(ledger)
            elif again is not None:
                ledger.requeue(again, to)
            run.send()
    except MailTrouble as error:
        if isinstance(error, StillSending) and again is None:
            run.later = f"{error} What that leaves goes with the next run."
        else:
            run.problems["outbox"] = (
                f"{error} What is not sent stays queued; run 'wijkpeil alerts send' again later."
            )
    messages = ledger.messages().values()
    told = [m for m in messages if m.state != "sent" or m.message_id in run.tried]
    run.meet_refusals(told)
    return SendReport(tuple(told), " ".join(run.problems.values()) or None, run.later)


def _revive_all(ledger: Ledger) -> None:
    found = [m.message_id for m in ledger.messages().values() if m.addresses("given_up")]
    if not found:
        raise WijkError("No message was given up, so there is none to send again.")
    for message_id in found:
        ledger.revive(message_id)


class _Run:
    """One run: `problems` are the servers that are left alone from here on, and why."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        webhooks: Mapping[str, str],
        only_due: bool,
        pause: Callable[[float], None] | None,
        answer_s: float,
    ) -> None:
        self.settings, self.ledger, self.webhooks = settings, ledger, webhooks
        self.only_due, self.pause, self.answer_s = only_due, pause, answer_s
        self.problems: dict[str, str] = {}
        self.later: str | None = None
        self.tried: set[str] = set()
        self._given: set[tuple[str, str]] = set()
        self._attempts: dict[str, int] = {}
        self._misses: Counter[str] = Counter()
        self._paused_s = 0.0

    def send(self) -> None:
        """Try all that is wanted, mails before webhooks, each the oldest first; what a server
        refused itself comes last, so that it does not hold the others."""
        messages = sorted(
            self.ledger.messages().values(),
            key=lambda message: (message.channel, message.refusal is not None),
        )
        for message in messages:
            for server, addresses in self._routes(message):
                if self._is_left_alone(server) or not self._is_wanted(message):
                    continue
                groups = [addresses]
                while groups and self._may_go(server, message):
                    self.tried.add(message.message_id)
                    self._given.add((server, message.message_id))
                    group, *groups = groups
                    groups = [*self._carry(server, message.message_id, group), *groups]

    def _may_go(self, server: str, message: Message) -> bool:
        return server not in self.problems and (
            message.channel == "webhook" or self._has_room(server)
        )

    def meet_refusals(self, messages: Sequence[Message]) -> None:
        """Tell what a server refuses for good and what waits all the same, as long as it does."""
        found: dict[str, list[Message]] = {}
        for message in messages:
            if message.state == "queued" and message.channel == "mail" and message.refusal:
                found.setdefault(message.refusal, []).append(message)
        told = " ".join(self.problems.values())
        for refusal, refused in found.items():
            if refusal in told:
                continue
            ids = ", ".join(message.message_id for message in refused[:3])
            self.problems[f"refusal {refusal}"] = (
                f"{_label(server_name(self.settings))} refuses {len(refused)} message(s) ({ids}"
                f"{', ...' if refused[3:] else ''}), for a reason that is not of an address: "
                f"{refusal}; {advice_on(refusal)}. They stay queued and are tried again, "
                "at once with 'wijkpeil alerts send'."
            )

    def _routes(self, message: Message) -> Iterator[tuple[str, list[str]]]:
        """The servers to which the rest of a message goes, with the addresses at each."""
        waiting = message.addresses("waiting")
        if message.channel == "webhook":
            yield from ((address, [address]) for address in waiting)
        elif waiting:
            yield server_name(self.settings), waiting

    def _is_wanted(self, message: Message) -> bool:
        return not self.only_due or backoff.is_due(message.next_attempt_at, self.ledger.now())

    def _is_left_alone(self, server: str) -> bool:
        trouble = self.ledger.troubles().get(server) if self.only_due else None
        if trouble and not backoff.is_due(trouble.next_attempt_at, self.ledger.now()):
            self._leave_alone(trouble)
        return server in self.problems

    def _leave_alone(self, trouble: Trouble) -> None:
        self.problems[trouble.server] = (
            f"{trouble.reason} What is not sent stays queued; the next try is at "
            f"{shown(trouble.next_attempt_at)}, or now with 'wijkpeil alerts send'."
        )

    def _has_room(self, server: str) -> bool:
        """Whether the rate limit lets a mail go now, or after a pause that is not too long."""
        if self.later:
            return False
        limit, now = self.settings.mail_per_minute, self.ledger.now()
        free_at = backoff.free_at(
            self.ledger.handovers(server, now - backoff.RATE_WINDOW), limit, now
        )
        wait_s = (free_at - now).total_seconds()
        if wait_s and self.pause and self._paused_s + wait_s <= PATIENCE_S:
            self._paused_s += wait_s
            self.pause(wait_s)
        elif wait_s:
            self.later = (
                f"Mail server {server} is given {limit} messages a minute (WIJK_MAIL_PER_MINUTE); "
                f"the rest stays queued and goes with the next run after {as_text(free_at)[11:19]} "
                "UTC."
            )
        return self.later is None

    def _carry(self, server: str, message_id: str, addresses: Sequence[str]) -> list[list[str]]:
        """Try one message at one server, and commit what comes of it; the groups of addresses for
        which it is to be given once more."""
        message = self._counted(self.ledger.message(message_id))
        groups: list[list[str]] = []
        try:
            content = self.ledger.read_content(message)
        except OSError as error:
            self._miss(message, addresses, f"{error}; restore that file from a backup")
            return []
        try:
            message, groups = self._hand_over(message, addresses, content)
        except TakenByAnother:
            # it is that one's to tell
            return []
        except NotHandedOver as error:
            message = self._counted(self.ledger.message(message_id))
            left = [address for address in message.addresses("waiting") if address in addresses]
            self._misses[server] += 1
            self._miss(message.having(left, "waiting", str(error)), left, str(error))
            if self._misses[server] == 2:
                fault = ServerTrouble(f"{_label(server)} fails: {error}; {advice_on(str(error))}.")
                self._meet_trouble(server, fault, is_asked=False)
        except ServerTrouble as error:
            self._meet_trouble(server, error)
        except MailTrouble as error:
            self._meet_setting(server, error)
        else:
            self._misses[server] = 0
            again = {address for group in groups for address in group}
            self._settle(server, message, [a for a in addresses if a not in again])
        return groups

    def _hand_over(
        self, message: Message, addresses: Sequence[str], content: bytes
    ) -> tuple[Message, list[list[str]]]:
        settings, ledger = self.settings, self.ledger
        if message.channel == "mail":
            return mail(settings, ledger, message, addresses, content, answer_s=self.answer_s)
        (address,), timeout_s = addresses, settings.timeout_s
        return post(ledger, message, address, content, self.webhooks, timeout_s=timeout_s), []

    def _counted(self, message: Message) -> Message:
        """This message with this run as one more try, whatever the servers it goes to."""
        attempts = self._attempts.setdefault(message.message_id, message.attempts + 1)
        since = message.trying_since or as_text(self.ledger.now())
        return replace(message, attempts=attempts, trying_since=since)

    def _settle(self, server: str, message: Message, addresses: Sequence[str]) -> None:
        """After a conversation: what is left of the message waits for its own next try."""
        if {*addresses}.intersection(message.addresses("uncertain")):
            # else one fault would make all that waits uncertain
            text = (
                f"{_label(server)} took message {message.message_id} and gave no answer to go by."
            )
            self._meet_trouble(server, ServerTrouble(text), is_asked=False)
            return
        if server in self.ledger.troubles():
            self.ledger.forget_trouble(server)
        if left := [a for a in message.addresses("waiting") if a in addresses]:
            self._miss(message, left, None)

    def _miss(self, message: Message, addresses: Sequence[str], reason: str | None) -> None:
        self.ledger.record(
            backoff.after_a_miss(message, addresses, self.ledger.now(), reason=reason)
        )

    def _meet_trouble(self, server: str, error: ServerTrouble, *, is_asked: bool = True) -> None:
        """A server cannot be used: one wait for all that was to go there. It counts as a try of
        all, unless it came of some messages (not `is_asked`): then of those that it was given."""
        now, known = self.ledger.now(), self.ledger.troubles().get(server)
        attempts = known.attempts + 1 if known else 1
        wait = backoff.backoff(attempts, server)
        if error.retry_after_s is not None:
            longest_s = backoff.LONGEST_WAIT.total_seconds()
            wait = timedelta(seconds=min(max(error.retry_after_s, 0.0), longest_s))
        trouble = Trouble(
            server=server,
            attempts=attempts,
            trying_since=known.trying_since if known else as_text(now),
            next_attempt_at=as_text(now + wait),
            reason=str(error),
        )
        missed = []
        for message, addresses in self._bound_for(server):
            if not self._is_wanted(message):
                continue
            if is_asked or (server, message.message_id) in self._given:
                left = self._counted(message).having(addresses, "waiting")
                when, why = trouble.next_attempt_at, trouble.reason
                left = backoff.after_a_miss(left, addresses, now, reason=why, next_attempt_at=when)
            else:
                left = replace(message, last_error=trouble.reason)
            missed.append(left)
        self.ledger.record_trouble(trouble, *missed)
        self._leave_alone(trouble)

    def _meet_setting(self, server: str, error: MailTrouble) -> None:
        """A setting keeps all from this server, which was not asked: no try, so no wait."""
        bound = [replace(m, last_error=str(error)) for m, _ in self._bound_for(server)]
        self.ledger.record(*bound)
        self.problems[server] = f"{error} What is not sent stays queued until that is mended."

    def _bound_for(self, server: str) -> Iterator[tuple[Message, list[str]]]:
        """What is left to go to this server."""
        for message in self.ledger.messages().values():
            for name, addresses in self._routes(message):
                if name == server:
                    yield message, addresses


def _label(server: str) -> str:
    if server.startswith("webhook:"):
        return f"Webhook '{server.removeprefix('webhook:')}'"
    return f"Mail server {server}"
