"""However a run ends, a record of it is kept, and a bad end is told to the data owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wijkpeil.alerts import mail_notice
from wijkpeil.edition.folder import AtWorkElsewhere
from wijkpeil.errors import WijkError, sentence
from wijkpeil.runs.records import Record, keep, live_runs, new_run_id, read_records, told, untold
from wijkpeil.settings import Settings
from wijkpeil.sources.snapshots import utc_now

# a run that works longer than this is told, since others wait for it
TOO_LONG = {"refresh": timedelta(hours=6), "deliver": timedelta(hours=1)}
# the same trouble of a run that comes every few minutes is told once in this time
SAME_AGAIN = timedelta(days=1)
# of the runs that one mail tells of so many are shown
_AT_MOST = 25
_REST = "The published warehouse is as it was, or a whole new edition."


@dataclass
class Ending:
    """What the record of a run will say; filled while it works. One that sends no mail leaves what
    went badly for the next to tell."""

    flow: str
    prefect_run: str | None = None
    run_id: str = field(default_factory=new_run_id)
    started_at: str = field(default_factory=lambda: utc_now().isoformat())
    state: str = "unchanged"
    message: str | None = None
    edition_id: str | None = None
    sources: list[dict[str, Any]] = field(default_factory=list)
    is_kept_when_well: bool = True
    sends: bool = True
    told_at: str | None = None

    @property
    def record(self) -> Record:
        """As it is now."""
        return Record(
            run_id=self.run_id,
            started_at=self.started_at,
            ended_at=utc_now().isoformat(),
            state=self.state,
            message=self.message,
            edition_id=self.edition_id,
            sources=self.sources,
            flow=self.flow,
            prefect_run=self.prefect_run,
            told_at=self.told_at,
        )


@contextmanager
def kept(ending: Ending) -> Iterator[None]:
    """Whatever ends what is inside, its record is kept, and what went badly, here or in a run
    before, is mailed to the data owner. A run that another one kept from working leaves nothing.
    """
    is_broken = True
    try:
        yield
        is_broken = False
    except AtWorkElsewhere:
        if ending.sends:
            tell_of_long_runs(Settings.as_far_as_readable())
        raise
    except BaseException as error:
        ending.state = "failed" if isinstance(error, Exception) else "stopped"
        ending.message = _reason(error, ending)
        if isinstance(error, KeyboardInterrupt):
            # somebody stopped it, and so knows
            ending.told_at = utc_now().isoformat()
        _close(ending, is_broken=is_broken)
        raise
    _close(ending, is_broken=is_broken)


def _reason(error: BaseException, ending: Ending) -> str:
    text = sentence(error)
    if text is None and isinstance(error, Exception):
        shown = " ".join(str(error).split())[:500]
        text = (
            f"{type(error).__name__}: {shown} (a fault of wijkpeil itself; its traceback is in "
            "the log of the run)."
        )
    if text is None:
        text = f"The run was stopped ({type(error).__name__}); the next run goes on where it was."
    return " ".join(filter(None, [ending.message, text]))


def _close(ending: Ending, *, is_broken: bool) -> None:
    settings = Settings.as_far_as_readable()
    record = ending.record
    lost = []
    try:
        if _is_worth_keeping(settings.warehouse, record, ending) and settings.warehouse.is_dir():
            keep(settings.warehouse, record)
    except OSError:
        # where the run failed already that is what is told
        if not is_broken and not record.is_bad:
            raise
        lost = [record]
    if ending.sends and ending.state != "stopped":
        tell_data_owner(settings, also=lost)


def _is_worth_keeping(warehouse: Path, record: Record, ending: Ending) -> bool:
    """Not where a run that comes every few minutes is well, or fails for the same reason again."""
    if ending.is_kept_when_well:
        return True
    since = (utc_now() - SAME_AGAIN).isoformat()
    return record.is_bad and not any(
        (other.flow, other.message) == (record.flow, record.message) and other.ended_at >= since
        for other in read_records(warehouse)
    )


def tell_data_owner(settings: Settings, also: Sequence[Record] = ()) -> str | None:
    """Mail what ended badly and was not told yet, in one mail; says how it went, or None where
    there is nothing to tell. `also` are records that could not be kept on disk.

    What cannot be mailed now is told by a next run, within two weeks.
    """
    known = untold(settings.warehouse)
    ids = {record.run_id for record in known}
    records = [*known, *(record for record in also if record.run_id not in ids)]
    if not records:
        return None
    try:
        mail_notice(settings, _subject(records), _text(records))
    except WijkError as error:
        return str(error)
    told(settings.warehouse, known)
    return f"A notice was mailed to {settings.data_owner}."


def _subject(records: Sequence[Record]) -> str:
    if len(records) > 1:
        return f"wijkpeil: {len(records)} runs went wrong"
    (record,) = records
    how = {"died": "died", "stopped": "was stopped"}.get(record.state, "failed")
    return f"wijkpeil: run {record.run_id} {how}"


def _text(records: Sequence[Record]) -> str:
    # the newest are the ones to act on
    shown = list(reversed(records))[:_AT_MOST]
    parts = [
        f"Run {record.run_id} ({record.flow}) of {record.started_at[:16].replace('T', ' ')} UTC: "
        f"{record.state}.\n\n{record.message or 'No reason is known.'}\n"
        for record in shown
    ]
    if len(shown) < len(records):
        parts.append(f"{len(records) - len(shown)} more: see runs/ in the warehouse.\n")
    return "\n".join([*parts, _REST, ""])


def tell_of_long_runs(settings: Settings) -> list[str]:
    """Tell the data owner of each run that works for too long, once; what was told.

    By a mail of its own, since the outbox may be what it holds up.
    """
    found = []
    for known in live_runs(settings.warehouse):
        flow, run_id = str(known.get("flow")), str(known.get("run_id"))
        began = datetime.fromisoformat(known["started_at"]) if "started_at" in known else utc_now()
        mark = settings.warehouse / "runs" / f"{run_id}.long"
        limit = TOO_LONG.get(flow, TOO_LONG["refresh"])
        if utc_now() - began < limit or mark.exists():
            continue
        process = known.get("process") or {}
        text = (
            f"Run {run_id} ({flow}) has been at work for over {limit.total_seconds() / 3600:.0f} "
            f"hours, at stage '{known.get('stage', 'begin')}', and what comes after it waits. "
            f"If it hangs, end process {process.get('id')} on {process.get('host')}: the next run "
            "does what it left."
        )
        try:
            mail_notice(settings, f"wijkpeil: run {run_id} is still at work", f"{text}\n")
        except WijkError as error:
            found.append(f"{text} {error}")
        else:
            mark.touch()
            found.append(text)
    return found
