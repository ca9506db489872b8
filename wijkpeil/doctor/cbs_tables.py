"""The catalog's CBS tables held against what their live metadata says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from wijkpeil.catalog import CbsMeasure, CbsTable, Wording, mark_of
from wijkpeil.doctor.findings import AddWording, Finding, Fix, Level, MeasureState, SourceState
from wijkpeil.doctor.fixes import (
    Missing,
    mend_absent,
    mend_change,
    mend_group,
    mend_missing,
    mend_years,
    wording_of,
)
from wijkpeil.doctor.gathering import Seen
from wijkpeil.doctor.national import number
from wijkpeil.doctor.proposals import Candidate, Found, find_all, find_shared
from wijkpeil.doctor.together import Together, bearing_names, category_of, resolve_all
from wijkpeil.errors import WijkError, nearest
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.columns import Topic, find_titled, normal, resolve
from wijkpeil.sources.cbs.division import Division, find_division
from wijkpeil.sources.cbs.query import Metadata, ask
from wijkpeil.sources.cbs.stamps import same_moment
from wijkpeil.sources.snapshots import Snapshot, newest

_BASES = {
    "code": "has its measure code on v4",
    "words": "says the same",
    "figure": "has the figure that was held of this table",
}

# beside the name of a column that may be the measure
_ASIDE = {
    "code": ", with the same measure code but other words",
    "words": "",
    "figure": ", with the figure held before but other words",
    "likeness": "",
}


@dataclass(frozen=True)
class Looked:
    """What looking at one table gave: its state, what there is to say, and the sure changes."""

    state: SourceState
    findings: tuple[Finding, ...]
    missing: Mapping[Finding, Missing] = field(default_factory=dict)
    fixes: tuple[Fix, ...] = ()


def judge_table(
    seen: Seen,
    metadata: Metadata,
    settings: Settings,
    area_years: Collection[int],
    known: Together,
) -> Looked:
    """One table that answered: every measure, change flag, codes, division, years."""
    table, where = seen.table, seen.where
    resolved = resolve_all(table, metadata.columns)
    found = find_all(table, metadata.columns, resolved, known.of(seen))
    change_column, of_change = _change(table, metadata, where, is_needed=known.is_newest(table))
    years = _years(table, metadata)
    later = [year for year in years or () if year > max(table.wanted_years, default=9999)]
    missing: dict[Finding, Missing] = {}
    findings: list[Finding] = []
    problems: dict[str, str] = {}
    fixes: list[Fix] = []
    for measure in table.present_measures:
        if measure.indicator in resolved:
            continue
        each = found[measure.indicator]
        finding, lack = _lacking(seen, metadata, measure, each, known, has_others=bool(resolved))
        findings.append(finding)
        problems[measure.indicator] = finding.sentence
        if lack is not None:
            missing[finding] = lack
            if lack.nearest and each.proposed and each.proposed.is_sure:
                fixes.append(_fix(lack, lack.nearest, each.proposed))
    for topic, indicators in find_shared(table, resolved):
        names = " and ".join(f"'{each}'" for each in indicators)
        sentence = (
            f"{where}: '{topic.label}' is the column of {names}, and one column is one figure; "
            "give each measure the title of its own."
        )
        findings.append(Finding("source", table.id, "error", sentence))
    state = replace(
        known_state(table, settings),
        is_reachable=True,
        modified=seen.about.modified,
        change_column=change_column,
        years=None if years is None else tuple(years),
        years_not_taken=tuple(year for year in years or () if year not in table.wanted_years),
        measures=tuple(
            _state(table, each, resolved.get(each.indicator), problems.get(each.indicator), seen)
            for each in table.present_measures
        ),
    )
    findings += [
        *of_change,
        *_not_absent(seen, metadata, known),
        *_division(seen, metadata, settings, area_years),
        *_rest(table, metadata, resolved, where),
        *(Finding("source", table.id, "warning", each) for each in known.jumps(seen, resolved)),
    ]
    if later:
        named = ", ".join(map(str, later))
        sentence = f"{where} has figures of {named}, which the catalog does not take; add them."
        findings.append(Finding("source", table.id, "warning", sentence, mend_years(table, later)))
    return Looked(state, (_summary(table, state), *findings), missing, tuple(fixes))


def _lacking(
    seen: Seen,
    metadata: Metadata,
    measure: CbsMeasure,
    found: Found,
    known: Together,
    *,
    has_others: bool,
) -> tuple[Finding, Missing | None]:
    """What is to say of a measure that no column, or more than one, bears the name of."""
    table, where = seen.table, seen.where
    level: Level = "warning"
    if not has_others or (known.is_newest(table) and measure.indicator in known.needed):
        level = "error"
    start = f"Measure '{measure.indicator}': {where}"
    if len(bearing_names(table, measure, metadata.columns)) > 1:
        return _several(seen, metadata, measure, known, level), None
    wanted = f"'{measure.title} ({measure.unit})'"
    names = len(measure.wordings(table.year)) - 1
    others = f", nor any of its {names} other names" if names else ""
    sentence = f"{start} has no column {wanted}{others}"
    wording = None
    if found.proposed is not None:
        topic, weighed = found.proposed.topic, found.proposed.weighed
        wording = wording_of(topic, metadata.columns)
        how = _BASES[found.proposed.basis]
        sentence += f"; '{topic.label}' {how} ({weighed.told})"
        if wording is None:
            sentence += ", but has no unit, by which the catalog could name it"
    elif found.questions:
        asked = "; ".join(
            f"'{each.topic.label}'{_ASIDE[each.basis]} ({each.weighed.told})"
            for each in found.questions
        )
        sentence += f"; see whether it is one of these, which is not sure: {asked}"
    for each in found.refused[:2]:
        sentence += f"; not '{each.topic.label}': {each.weighed.refused} ({each.weighed.told})"
    sentence += ". An edition comes without it." if level == "warning" else "."
    missing = Missing(table, measure, wording)
    finding = Finding("source", table.id, level, sentence, mend_missing([missing]))
    return finding, missing


def _several(
    seen: Seen, metadata: Metadata, measure: CbsMeasure, known: Together, level: Level
) -> Finding:
    """What is to say where more than one column bears the names of a measure."""
    table = seen.table
    told = known.of_group(seen, measure)
    labels = "; ".join(
        f"'{topic.label}' ({told[topic.key]})" for topic in metadata.columns if topic.key in told
    )
    sentence = (
        f"Measure '{measure.indicator}': {seen.where}: '{measure.title} ({measure.unit})' is not "
        f"one measure but {labels or 'several, and the figure of none fits'}; give its 'parent'."
    )
    write = mend_group(table, measure, metadata.columns, told)
    return Finding("source", table.id, level, sentence, write or "")


def _fix(missing: Missing, name: Wording, candidate: Candidate) -> AddWording:
    year = missing.table.year
    years = None if year is None else [year, year]
    why = (
        f"{missing.table.id}: '{candidate.topic.label}' {_BASES[candidate.basis]}, so it is "
        f"'{missing.measure.indicator}' ({candidate.weighed.told})"
    )
    wording = name.model_copy(update={"years": years})
    return AddWording(
        missing.table.id, missing.table.series, missing.measure.indicator, wording, why
    )


def known_state(table: CbsTable, settings: Settings) -> SourceState:
    """What is known of a table without asking."""
    snapshot = readable_snapshot(table.id, settings)
    return SourceState(
        source_id=table.id,
        kind=table.kind,
        is_reachable=None,
        modified=None,
        snapshot_modified=snapshot.origin.modified if snapshot else None,
        retrieved_at=snapshot.origin.retrieved_at if snapshot else None,
        rows=snapshot.origin.rows if snapshot else None,
        confirmed=table.confirmed,
        note=table.note,
        measures=tuple(_state(table, measure) for measure in table.present_measures),
        evidence=mark_of(table.evidence, table.figure_years),
    )


def readable_snapshot(source_id: str, settings: Settings) -> Snapshot | None:
    """The newest snapshot, or None also where it cannot be read, which is told by itself."""
    try:
        return newest(settings.warehouse, source_id)
    except WijkError:
        return None


def received_in_words(state: SourceState) -> str:
    """When the newest snapshot came in, for a sentence."""
    if state.retrieved_at is None:
        return "never received"
    return f"received {state.retrieved_at[:10]}, {state.rows or 0:,} rows"


def _division(
    seen: Seen, metadata: Metadata, settings: Settings, area_years: Collection[int]
) -> list[Finding]:
    """What is to be told of the division that the table's codes are of."""
    table = seen.table
    snapshot = readable_snapshot(table.id, settings)
    layout = snapshot.origin.layout if snapshot else {}
    try:
        division = find_division(
            table,
            seen.about.texts,
            metadata.map_years.get(table.area_dimension),
            where=seen.where,
            area_years=area_years,
            before=Division(layout.get("division"), layout.get("division_basis")),
        )
    except WijkError as error:
        return [Finding("source", table.id, "error", str(error))]
    return [Finding("source", table.id, "warning", sentence) for sentence in division.told]


def _summary(table: CbsTable, state: SourceState) -> Finding:
    found = sum(measure.column is not None for measure in state.measures)
    parts = [
        f"changed {state.modified[:10]}" if state.modified else "tells no date of change",
        received_in_words(state),
        f"{found} of {len(state.measures)} measures found",
    ]
    is_same = same_moment(state.snapshot_modified, state.modified)
    if state.retrieved_at is not None and not is_same:
        parts[1] += (
            f" as of {(state.snapshot_modified or 'no date')[:10]}, so the next refresh fetches it"
        )
    parts.append(_how_known(table, state))
    return Finding("source", table.id, "ok", "; ".join(filter(None, parts)))


def _how_known(table: CbsTable, state: SourceState) -> str:
    """By which marks the measures are known, or that the catalog does not say so."""
    marks = [each.evidence for each in state.measures]
    counted = [f"{mark} {marks.count(mark)}" for mark in "DOKCI" if mark in marks]
    if counted:
        rest = marks.count(None)
        return f"known by {', '.join(counted)}" + (f", {rest} by nothing" if rest else "")
    unsure = [each for each in state.measures if not each.confirmed]
    if not table.confirmed:
        return "not confirmed"
    return f"{len(unsure)} not confirmed" if unsure else ""


def _not_absent(seen: Seen, metadata: Metadata, known: Together) -> list[Finding]:
    """The measures that the catalog calls absent while a column bears their name, unless its
    figure is another."""
    table, where = seen.table, seen.where
    findings = []
    for measure in table.measure:
        if table.year in measure.absent:
            try:
                topic = resolve(metadata.columns, measure, year=table.year, where=where)
            except WijkError:
                continue
            if known.of(seen).weigh(measure, topic).refused:
                continue
            sentence = (
                f"{where} has '{topic.label}', while measure '{measure.indicator}' is declared "
                f"absent in {table.year}; take the year out to have these figures."
            )
            write = mend_absent(table, measure)
            findings.append(Finding("source", table.id, "warning", sentence, write))
    return findings


def _state(
    table: CbsTable,
    measure: CbsMeasure,
    topic: Topic | None = None,
    problem: str | None = None,
    seen: Seen | None = None,
) -> MeasureState:
    value = None
    if topic is not None and seen is not None:
        years = [year for year, key, _ in seen.figures.values if key == topic.key]
        key = (max(years, default=0), topic.key, category_of(table, measure, seen))
        figure = seen.figures.values.get(key)
        value = None if figure is None else number(figure * measure.scale)
    return MeasureState(
        indicator=measure.indicator,
        wanted=f"{measure.title} ({measure.unit})",
        column=topic.label if topic else None,
        problem=problem,
        confirmed=measure.confirmed,
        note=measure.note,
        evidence=mark_of(measure.evidence, table.figure_years),
        code=seen.codes.get(topic.key) if topic and seen else None,
        national_value=value,
    )


def _change(
    table: CbsTable, metadata: Metadata, where: str, *, is_needed: bool
) -> tuple[str | None, list[Finding]]:
    if table.area_change is None:
        return None, []
    titles = [table.area_change] if isinstance(table.area_change, str) else table.area_change
    try:
        return find_titled(metadata.columns, titles, where=where).title, []
    except WijkError as error:
        write = mend_change(table, metadata.columns)
        needs = (
            " An edition comes without it: what the areas were the year before is then known from "
            "addresses alone."
        )
        level: Level = "error" if is_needed else "warning"
        return None, [Finding("source", table.id, level, f"{error}{needs}", write)]


def _rest(
    table: CbsTable, metadata: Metadata, resolved: Mapping[str, Topic], where: str
) -> list[Finding]:
    """Dimensions, 'where', levels and years: one finding for each way of choosing categories."""
    ways: dict[str, CbsMeasure] = {}
    for measure in table.present_measures:
        if measure.indicator in resolved:
            ways.setdefault(str(sorted(measure.where.items())), measure)
    told: dict[str, str] = {}
    for some in [[way] for way in ways.values()] or [[]]:
        part = table.model_copy(update={"measure": some, "area_change": None})
        try:
            ask(part, metadata, where)
        except WijkError as error:
            told.setdefault(str(error), _mend_dimension(table, metadata))
    level: Level = "error" if len(told) >= len(ways) else "warning"
    return [Finding("source", table.id, level, sentence, write) for sentence, write in told.items()]


def _mend_dimension(table: CbsTable, metadata: Metadata) -> str:
    lines = [
        f"# the table has dimension {name}: {len(codes)} codes, nearest "
        + nearest(table.where.get(name, ""), map(normal, codes))
        for name, codes in metadata.codes.items()
    ]
    return "\n".join(lines)


def _years(table: CbsTable, metadata: Metadata) -> list[int] | None:
    if table.period_dimension is None:
        return None
    ends = re.compile(rf"^(\d{{4}}){table.period_suffix}$")
    codes = metadata.codes.get(table.period_dimension, ())
    return sorted({int(match[1]) for key in codes if (match := ends.match(normal(key)))})
