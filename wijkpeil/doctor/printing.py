"""A diagnosis for a person: a table of places, then what to do. The words say what colour does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wijkpeil.doctor.findings import Diagnosis, Finding, Level, SourceState, worst
from wijkpeil.doctor.fixes import TOGETHER

_COLOUR: dict[Level, str] = {
    "ok": "green",
    "unknown": "dim",
    "warning": "yellow",
    "error": "bold red",
}


def show(diagnosis: Diagnosis, console: Console, *, with_measures: bool) -> None:
    """The table, with `with_measures` also each measure's column, and the list of what to do."""
    table = Table(box=SIMPLE, pad_edge=False)
    for name in ("", "place", "state", "finding"):
        table.add_column(name, overflow="fold")
    places: dict[tuple[str, str], list[Finding]] = {}
    for finding in diagnosis.findings:
        places.setdefault((finding.section, finding.place), []).append(finding)
    last = ""
    for (section, place), findings in places.items():
        level = worst(findings)
        calm = [finding for finding in findings if finding.level in {"ok", "unknown"}]
        to_do = [finding for finding in findings if finding not in calm]
        told = calm[0].sentence if calm else ""
        if to_do:
            told = "; ".join(filter(None, [told, f"{len(to_do)} to do, see below"]))
        table.add_row(section if section != last else "", place, _word(level), Text(told))
        last = section
    console.print(table)
    if with_measures:
        for source in diagnosis.sources:
            if source.measures:
                console.print(_measures(source))
    to_do = [*diagnosis.of("error"), *diagnosis.of("warning")]
    if not to_do:
        console.print("Nothing to do.")
        return
    console.print("What to do:")
    for number, (finding, also_at) in enumerate(_once(to_do), start=1):
        line = Text(f"\n{number}. ") + _word(finding.level)
        also = f" and {_named(also_at[1:])}" if also_at[1:] else ""
        console.print(line + Text(f" {finding.place}{also}: {finding.sentence}"))
        for text in finding.write.splitlines():
            console.print(Text(f"       {text}", style="cyan"))


def _once(findings: Sequence[Finding]) -> list[tuple[Finding, list[str]]]:
    """Each finding once, with all places of which the same is to be said."""
    groups: dict[tuple[str, str], tuple[Finding, list[str]]] = {}
    for finding in findings:
        if finding.write.startswith(TOGETHER):
            continue
        said = re.sub(r"CBS \S+ \(cbs\.toml, [^)]+\)", "", finding.sentence)
        write = "" if finding.write.startswith("# the table has dimension") else finding.write
        key = (finding.level, f"{said.replace(finding.place, '')}|{write}")
        groups.setdefault(key, (finding, []))[1].append(finding.place)
    return list(groups.values())


def _named(places: Sequence[str]) -> str:
    """The other places, the first three by name."""
    named = ", ".join(places[:3])
    return named if len(places) <= 3 else f"{named} and {len(places) - 3} more"


def summary(diagnosis: Diagnosis) -> str:
    """One sentence for stderr when something is wrong."""
    errors, warnings = len(diagnosis.of("error")), len(diagnosis.of("warning"))
    things = "1 thing needs" if errors == 1 else f"{errors} things need"
    more = f" ({warnings} warnings besides)" if warnings else ""
    first = diagnosis.of("error")[0].place
    return f"{things} attention{more}; begin with {first}, see 'What to do' or --json."


def _measures(source: SourceState) -> Table:
    title = f"{source.source_id}: the column of each measure"
    table = Table(box=SIMPLE, title=title, title_justify="left", pad_edge=False)
    for name in ("indicator", "state", "column"):
        table.add_column(name, overflow="fold")
    if source.change_column is not None:
        table.add_row("(change flag)", _word("ok"), Text(source.change_column))
    for measure in source.measures:
        if measure.column is None:
            level: Level = "warning"
            told = (
                f"none for {measure.wanted}" if measure.problem else f"{measure.wanted}, not seen"
            )
        else:
            level, told = "ok", measure.column
            if not measure.confirmed and measure.evidence is None:
                level, told = "warning", f"{told}; to confirm: {measure.note or 'no reason given'}"
        facts = {
            "national value": measure.national_value,
            "code": measure.code,
            "known by": measure.evidence,
        }
        besides = [f"{name} {fact}" for name, fact in facts.items() if fact]
        table.add_row(measure.indicator, _word(level), Text("; ".join([told, *besides])))
    return table


def _word(level: Level) -> Text:
    return Text(level, style=_COLOUR[level])
