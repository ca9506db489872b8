"""From an edition to messages in the outbox, with what they claim and lift in one change.

The ledger holds what programmes were told. An alert is claimed by the message that tells it and
lifted by the message that tells its end, in the same transaction; a run that dies before it has
told nothing, and one that dies after it has queued all. What nobody hears of changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wijkpeil.alerts.digest import Digest, make_digest
from wijkpeil.alerts.edition import FollowedEdition, Signal, read_followed
from wijkpeil.alerts.items import Told, items_of
from wijkpeil.alerts.ledger import AlertKey, Ledger, Message
from wijkpeil.alerts.mishaps import Pictures, each_by_itself
from wijkpeil.alerts.notices import send_now
from wijkpeil.alerts.recipients import Audience, Recipients
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

if TYPE_CHECKING:
    from wijkpeil.alerts.letters import Draw, Mail, Postage, Telling

# where nothing is sent, the sender is of no matter
_NOBODY = "wijkpeil@example.invalid"


@dataclass(frozen=True)
class QueueReport:
    """What became of an edition's alerts: new ones, messages queued, alerts lifted, and sentences
    about those that reach nobody and what is not as it should be. `problems` are the programmes
    of which no message could be made: what is new of them stays new."""

    new: tuple[Signal, ...]
    queued: tuple[Message, ...]
    lifted: int
    unaddressed: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """All of it for a data engineer."""
        queued = [f"Queued '{m.subject}' for {len(m.recipients)} address(es)." for m in self.queued]
        lifted = [f"Alerts lifted: {self.lifted}."] if self.lifted else []
        told = [*self.unaddressed, *queued, *lifted]
        if not told and not self.problems:
            told = ["No new alerts, so no mail."]
        return [*self.warnings, *told]


@dataclass(frozen=True)
class News:
    """What an edition has to say: per audience with news its digest in sentences, and what is
    new in areas of which nobody hears."""

    edition: FollowedEdition
    told: tuple[tuple[Audience, Telling], ...]
    unheard: Mapping[str, tuple[Signal, ...]]

    @property
    def programmes(self) -> list[str]:
        """The programmes that are told something."""
        return list(dict.fromkeys(audience.programme_id for audience, _ in self.told))

    def of(self, programme_id: str) -> list[tuple[Audience, Telling]]:
        """What is told of this programme."""
        return [each for each in self.told if each[0].programme_id == programme_id]

    @cached_property
    def new(self) -> tuple[Signal, ...]:
        """Every signal that is new, told or not, once."""
        signals = [s for _, telling in self.told for s in _new(telling.digest)]
        signals += [signal for found in self.unheard.values() for signal in found]
        return tuple({signal.key: signal for signal in signals}.values())

    @property
    def unaddressed(self) -> list[str]:
        """A sentence for each programme with alerts that reach nobody."""
        return [
            f"Programme '{programme_id}' has {len(signals)} new alert(s) and no recipients for "
            f"{_areas(signals)}, so no mail was made; name 'recipients' in its block in "
            "programmes.toml, or in the file of WIJK_RECIPIENTS."
            for programme_id, signals in self.unheard.items()
            if signals
        ]


def find_news(
    edition: FollowedEdition,
    ledger: Ledger,
    recipients: Recipients,
    problems: list[str] | None = None,
) -> News:
    """What is to be told of this edition, and to whom; claims nothing. With `problems` a
    programme of which nothing can be told joins those, and does not hold the others."""
    parts = ledger.told_parts()
    told = {
        key: Told(*record, basis=parts.get((key, record[2])))
        for key, record in ledger.last_told().items()
    }
    taken, ever = ledger.taken(edition.stamp), ledger.taken("")
    messages = list(ledger.messages().values())
    found: list[tuple[Audience, Telling]] = []
    unheard = {}
    for programme_id in sorted(edition.programmes):
        with each_by_itself(programme_id, problems):
            own = list(_told_of(edition, programme_id, told, taken, ever, recipients, messages))
            every = make_digest(edition, programme_id, told=told, taken=taken)
            audiences = recipients.of(programme_id)
            unheard[programme_id] = tuple(
                signal
                for signal in _new(every)
                if not any(a.areas is None or signal.key.area_code in a.areas for a in audiences)
            )
            found += own
    return News(edition, tuple(found), unheard)


def _told_of(
    edition: FollowedEdition,
    programme_id: str,
    told: Mapping[AlertKey, Told],
    taken: set[AlertKey],
    ever: set[AlertKey],
    recipients: Recipients,
    messages: list[Message],
) -> Iterator[tuple[Audience, Telling]]:
    for audience in recipients.of(programme_id):
        digest = make_digest(
            edition,
            programme_id,
            told=told,
            taken=taken,
            areas=audience.areas,
            threshold=audience.threshold,
            is_first=not any(_is_heard_by(audience, key) for key in ever),
        )
        wants_note = programme_id in recipients.yearly_notes and audience.channel == "mail"
        if digest.has_news or (wants_note and _is_note_due(digest, audience, messages)):
            # here, since most runs have no letter to write
            from wijkpeil.alerts.letters import tell

            yield audience, tell(digest, audience.language)


def queue_alerts(
    settings: Settings,
    database: Path,
    recipients: Recipients,
    *,
    draw: Draw | None = None,
    now: datetime | None = None,
) -> QueueReport:
    """Queue what this edition has to tell, each programme in one change of the ledger.

    Of two runs at once one queues it. A programme of which no message can be made holds no other,
    and a picture that cannot be drawn holds no message. Sends nothing; raises WijkError when
    WIJK_MAIL_FROM is needed and not set.
    """
    ledger, edition = Ledger(settings.warehouse), read_followed(database)
    problems: list[str] = []
    news = find_news(edition, ledger, recipients, problems)
    mails = sum(audience.channel == "mail" for audience, _ in news.told)
    if mails and settings.mail_from is None:
        raise WijkError(
            f"WIJK_MAIL_FROM is not set, so {mails} message(s) are not queued; set it to the "
            "sender's address and run again."
        )
    pictures = Pictures(database.parent, draw)
    queued: list[Message] = []
    over = 0
    for programme_id in news.programmes:
        told = news.of(programme_id)
        messages: list[tuple[Message, bytes]] = []
        with each_by_itself(programme_id, problems):
            messages = _messages(told, settings, pictures.draw, now)
        if not messages:
            continue
        digests = [telling.digest for _, telling in told]
        lifted = _once(key for digest in digests for key in digest.lifted)
        classes = {key: found for digest in digests for key, found in digest.classes.items()}
        if ledger.tell(
            messages,
            claimed=_once(key for digest in digests for key in digest.claimed),
            lifted=lifted,
            classes=classes,
        ):
            queued += [message for message, _ in messages]
            over += len(lifted)
    return QueueReport(
        new=news.new,
        queued=tuple(queued),
        lifted=over,
        unaddressed=tuple(news.unaddressed),
        warnings=(*recipients.warnings, *pictures.warnings),
        problems=tuple(problems),
    )


def preview(
    settings: Settings,
    database: Path,
    recipients: Recipients,
    folder: Path,
    *,
    draw: Draw | None = None,
) -> list[Path]:
    """Write each mail that would be queued as .eml, .html and .txt, and what a webhook would be
    given as .json; claims and sends nothing."""
    from wijkpeil.alerts.letters import Postage, drawing_from, slug

    news = find_news(read_followed(database), Ledger(settings.warehouse), recipients)
    sender, draw = settings.mail_from or _NOBODY, draw or drawing_from(database.parent)
    postage = Postage(sender=sender, draw=draw, report_url=settings.report_url)
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for programme_id in news.programmes:
            for number, (audience, telling) in enumerate(news.of(programme_id), start=1):
                stem = slug(programme_id) + (f"-{number}" if number > 1 else "")
                for path, content in _files(folder / stem, audience, telling, postage):
                    path.write_bytes(content)
                    written.append(path)
    except OSError as error:
        raise WijkError(f"Preview folder {folder} cannot be written ({error}).") from error
    return written


def send_trial(
    settings: Settings,
    database: Path,
    recipients: Recipients,
    to: str,
    *,
    draw: Draw | None = None,
) -> list[Mail]:
    """Mail now to this address alone what a preview shows, marked as a trial; claims nothing and
    leaves the ledger alone. Raises MailTrouble when the server cannot be used."""
    from wijkpeil.alerts.letters import Postage, compose, drawing_from

    if settings.mail_from is None:
        raise WijkError("WIJK_MAIL_FROM is not set; set it to the sender's address.")
    news = find_news(read_followed(database), Ledger(settings.warehouse), recipients)
    postage = Postage(
        sender=settings.mail_from,
        draw=draw or drawing_from(database.parent),
        report_url=settings.report_url,
        trial_to=to,
    )
    mails = [
        compose(telling, audience, postage)
        for audience, telling in news.told
        if audience.channel == "mail"
    ]
    if mails:
        send_now(settings, [mail.email for mail in mails])
    return mails


def _messages(
    told: Sequence[tuple[Audience, Telling]], settings: Settings, draw: Draw, now: datetime | None
) -> list[tuple[Message, bytes]]:
    from wijkpeil.alerts.letters import Postage, compose, payload_message

    sender = settings.mail_from or _NOBODY
    postage = Postage(sender=sender, draw=draw, report_url=settings.report_url, now=now)
    messages = []
    for audience, telling in told:
        if audience.channel == "webhook":
            messages.append(payload_message(telling, audience, report_url=postage.report_url))
        else:
            mail = compose(telling, audience, postage)
            messages.append((mail.message, mail.email.as_bytes()))
    return messages


def _files(
    path: Path, audience: Audience, telling: Telling, postage: Postage
) -> Iterator[tuple[Path, bytes]]:
    from wijkpeil.alerts.letters import compose, payload_message

    if audience.channel == "webhook":
        _, content = payload_message(telling, audience, report_url=postage.report_url)
        yield path.with_suffix(".json"), content
        return
    mail = compose(telling, audience, postage)
    yield path.with_suffix(".eml"), mail.email.as_bytes()
    yield path.with_suffix(".html"), mail.page.encode()
    yield path.with_suffix(".txt"), mail.text.encode()


def _is_heard_by(audience: Audience, key: AlertKey) -> bool:
    """Whether such an alert is one that these people are told of."""
    axis = "own" if audience.threshold == "all" else audience.threshold
    return (key.programme_id, key.axis) == (audience.programme_id, axis) and (
        audience.areas is None or key.area_code in audience.areas
    )


def _is_note_due(digest: Digest, audience: Audience, messages: list[Message]) -> bool:
    """Whether none of these people has had a mail about the programme in this edition year, and no
    figure has to be looked at first."""
    is_doubted = digest.doubted or digest.behind_gate.doubted
    return not is_doubted and not any(
        message.programme_id == audience.programme_id
        and message.edition_year >= digest.year
        and {recipient.address for recipient in message.recipients} & {*audience.to}
        for message in messages
    )


def _new(digest: Digest) -> list[Signal]:
    return [signal for item in items_of(digest.new) for signal in item.signals]


def _once(keys: Iterator[AlertKey]) -> list[AlertKey]:
    return list(dict.fromkeys(keys))


def _areas(signals: tuple[Signal, ...]) -> str:
    names = list(dict.fromkeys(signal.key.area_code for signal in signals))
    return json.dumps(names[:5]).strip("[]").replace('"', "'") + (", ..." if names[5:] else "")
