"""The mail to the data owner about runs that ended badly: each is told once."""

from __future__ import annotations

from collections.abc import Sequence

from wijkpeil.alerts import mail_notice
from wijkpeil.errors import WijkError
from wijkpeil.runs.records import Record, told, untold
from wijkpeil.settings import Settings

_AT_MOST = 25
_REST = "The published warehouse is as it was, or a whole new edition."


def tell_data_owner(settings: Settings, also: Sequence[Record] = ()) -> str | None:
    """Mail what ended badly and was not told yet, in one mail; says how it went, or None where
    there is nothing to tell. `also` are records that could not be kept on disk.

    What cannot be mailed now is told by a next run, within two weeks.
    """
    kept = untold(settings.warehouse)
    known = {record.run_id for record in kept}
    records = [*kept, *(record for record in also if record.run_id not in known)]
    if not records:
        return None
    try:
        mail_notice(settings, _subject(records), _text(records))
    except WijkError as error:
        return str(error)
    told(settings.warehouse, kept)
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
