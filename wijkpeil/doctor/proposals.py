"""Which column of a table is a measure that no column bears the name of, as far as that is known.

A proposal needs strong evidence of meaning: the measure code of v4, the same words and the same
unit, or the very figure that was held before. A column that other measures mean, that says the
opposite or counts something else is never one; nor is one whose figure jumps. What is only alike
is a question, with its figure beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from wijkpeil.catalog import CbsMeasure, CbsTable, Wording
from wijkpeil.doctor.meaning import (
    clash,
    likeness,
    may_be_renamed,
    nearly_same,
    same_unit,
    same_words,
    stems,
)
from wijkpeil.sources.cbs.columns import Topic, normal

Basis = Literal["code", "words", "figure", "likeness"]
# so much of the words, weighted by how rare they are, makes a question
ALIKE = 0.5
MOST_QUESTIONS = 3


@dataclass(frozen=True)
class Weighed:
    """A column's figure for the whole country, held against what is known of the measure.

    `is_held` says whether it is the figure held before of this very table, to rounding, with
    digits enough to be no chance; `agrees` whether it fits the years beside it (None: nothing to
    compare with), `is_close` whether it hardly differs from the nearest of them; `refused` why it
    cannot be the measure.
    """

    told: str = "no national value"
    agrees: bool | None = None
    is_held: bool = False
    is_close: bool = False
    refused: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A column that may be the measure, and on what that rests."""

    topic: Topic
    basis: Basis
    weighed: Weighed
    is_sure: bool = False


@dataclass(frozen=True)
class Found:
    """At most one proposal, at most three questions, and the columns refused by their figure."""

    proposed: Candidate | None = None
    questions: tuple[Candidate, ...] = ()
    refused: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known of a table besides its columns: v4 codes by column key, the codes that each
    indicator has elsewhere, and how a column's figure is weighed for a measure."""

    codes: Mapping[str, str] = field(default_factory=dict)
    codes_of: Mapping[str, Collection[str]] = field(default_factory=dict)
    weigh: Callable[[CbsMeasure, Topic], Weighed] = lambda _measure, _topic: Weighed()


def find_all(
    table: CbsTable,
    columns: Sequence[Topic],
    resolved: Mapping[str, Topic],
    known: Known | None = None,
) -> dict[str, Found]:
    """By indicator what may be each measure that `resolved` has no column for.

    A column that two of them would get is proposed for neither.
    """
    known = known or Known()
    missing = [each for each in table.present_measures if each.indicator not in resolved]
    found = {each.indicator: _find(table, each, columns, resolved, known) for each in missing}
    wanted = Counter(
        (each.proposed.topic.key, _category(table, measure))
        for measure in missing
        if (each := found[measure.indicator]).proposed is not None
    )
    for measure in missing:
        each = found[measure.indicator]
        if each.proposed and wanted[each.proposed.topic.key, _category(table, measure)] > 1:
            found[measure.indicator] = Found(refused=each.refused)
    return found


def find_shared(table: CbsTable, resolved: Mapping[str, Topic]) -> list[tuple[Topic, list[str]]]:
    """The columns that more than one measure means, with the same category: one is wrong."""
    groups: dict[tuple[str, str], list[str]] = {}
    topics = {topic.key: topic for topic in resolved.values()}
    for measure in table.present_measures:
        if measure.indicator in resolved:
            key = resolved[measure.indicator].key, _category(table, measure)
            groups.setdefault(key, []).append(measure.indicator)
    return [(topics[key], group) for (key, _), group in groups.items() if len(group) > 1]


def _find(
    table: CbsTable,
    measure: CbsMeasure,
    columns: Sequence[Topic],
    resolved: Mapping[str, Topic],
    known: Known,
) -> Found:
    taken = _taken(table, measure, columns, resolved)
    free = [topic for topic in columns if topic.key not in taken]
    names = measure.wordings(None)
    strong: list[Candidate] = []
    asked: list[Candidate] = []
    refused: list[Candidate] = []
    ways: dict[Basis, list[Topic]] = {
        "code": _by_code(measure, free, known),
        "words": _by_words(names, free, columns) or _by_nearly(measure, names, free, known),
        "figure": _by_figure(measure, names, free, known),
    }
    for basis, topics in ways.items():
        for topic in topics:
            weighed = known.weigh(measure, topic)
            is_sure = basis != "words" or weighed.is_held
            if basis != "code" and _has_another_code(measure, topic, known):
                why = f"its measure code is {known.codes[topic.key]}, which is another measure"
                weighed = replace(weighed, refused=weighed.refused or why)
            candidate = Candidate(topic, basis, weighed, is_sure=is_sure)
            against = None if basis == "words" else _against(names, topic)
            if against is not None and not weighed.refused:
                why = f"{against} by its title, whatever its {basis}"
                candidate = replace(candidate, weighed=replace(weighed, refused=why))
            if candidate.weighed.refused:
                refused.append(candidate)
            elif basis == "words" or _may_be(names, topic):
                strong.append(candidate)
            else:
                asked.append(replace(candidate, is_sure=False))
    keys = {each.topic.key for each in strong}
    if len(keys) == 1 and not refused and {each.topic.key for each in asked} <= keys:
        best = next((each for each in strong if each.is_sure), strong[0])
        return Found(proposed=best)
    lost = {each.topic.key for each in refused}
    questions = [each for each in [*asked, *strong] if each.topic.key not in lost]
    for topic in _alike(names, free):
        if topic.key not in keys | lost | {each.topic.key for each in asked}:
            weighed = known.weigh(measure, topic)
            candidate = Candidate(topic, "likeness", weighed)
            if weighed.refused:
                refused.append(candidate)
            elif weighed.agrees or not any(
                nearly_same(name.title, name.unit, topic.title, topic.unit) for name in names
            ):
                questions.append(candidate)
    once = {each.topic.key: each for each in reversed(questions)}
    return Found(questions=tuple(reversed(once.values()))[:MOST_QUESTIONS], refused=tuple(refused))


def _against(names: Sequence[Wording], topic: Topic) -> str | None:
    """Why the title of a column says that it is another figure than any of these names."""
    reasons = [clash(name.title, name.unit, topic.title, topic.unit) for name in names]
    return None if None in reasons else reasons[0]


def _may_be(names: Sequence[Wording], topic: Topic) -> bool:
    """Whether the title may be one of these names, written otherwise than CBS ever did."""
    return any(
        may_be_renamed(name.title, name.unit, topic.title, topic.unit, topic.parents)
        for name in names
    )


def _by_code(measure: CbsMeasure, free: Sequence[Topic], known: Known) -> list[Topic]:
    """The one column with a code that the measure has elsewhere and no other measure has."""
    codes = _own_codes(measure, known)
    found = [topic for topic in free if known.codes.get(topic.key) in codes]
    names = measure.wordings(None)
    return [topic for topic in found if any(same_unit(topic.unit, name.unit) for name in names)]


def _own_codes(measure: CbsMeasure, known: Known) -> set[str]:
    """The codes that the measure has, here or in other tables, and no other measure has."""
    codes = {*measure.codes, *known.codes_of.get(measure.indicator, ())}
    for indicator, others in known.codes_of.items():
        if indicator != measure.indicator:
            codes -= {*others}
    return codes


def _has_another_code(measure: CbsMeasure, topic: Topic, known: Known) -> bool:
    """Whether v4 calls the column another measure than the one this measure is elsewhere."""
    code, own = known.codes.get(topic.key), _own_codes(measure, known)
    return code is not None and bool(own) and code not in own


def _by_words(
    names: Sequence[Wording], free: Sequence[Topic], columns: Sequence[Topic]
) -> list[Topic]:
    """The column that says the same as one of the names, where it is the only one in the table."""
    found = {topic.key: topic for name in names for topic in columns if _says(topic, name)}
    return [*found.values()] if len(found) == 1 and {*found} <= {t.key for t in free} else []


def _by_nearly(
    measure: CbsMeasure, names: Sequence[Wording], free: Sequence[Topic], known: Known
) -> list[Topic]:
    """The only column that differs in small words, where its figure is that of the years beside."""
    found = [
        topic
        for topic in free
        if any(
            same_unit(topic.unit, name.unit)
            and name.parent is None
            and nearly_same(name.title, name.unit, topic.title, topic.unit)
            for name in names
        )
    ]
    is_it = len(found) == 1 and known.weigh(measure, found[0]).is_close
    return found if is_it else []


def _by_figure(
    measure: CbsMeasure, names: Sequence[Wording], free: Sequence[Topic], known: Known
) -> list[Topic]:
    """The one column whose figure is the one that was held of this table before."""
    found = [
        topic
        for topic in free
        if any(clash(name.title, name.unit, topic.title, topic.unit) is None for name in names)
        and known.weigh(measure, topic).is_held
    ]
    return found if len(found) == 1 else []


def _alike(names: Sequence[Wording], free: Sequence[Topic]) -> list[Topic]:
    """The columns that are alike and may be the same figure, the likest first."""
    weights = Counter(word for topic in free for word in {*stems(topic.title, topic.unit)})
    scores: dict[str, float] = {}
    for topic in free:
        for name in names:
            if clash(name.title, name.unit, topic.title, topic.unit) is None:
                words = stems(name.title, name.unit), stems(topic.title, topic.unit)
                score = likeness(*words, weights)
                scores[topic.key] = max(score, scores.get(topic.key, 0.0))
    found = [topic for topic in free if scores.get(topic.key, 0.0) >= ALIKE]
    return sorted(found, key=lambda topic: -scores[topic.key])


def _taken(
    table: CbsTable, measure: CbsMeasure, columns: Sequence[Topic], resolved: Mapping[str, Topic]
) -> set[str]:
    """The columns that other measures mean, by their name today or by any they ever had."""
    category = _category(table, measure)
    own = measure.wordings(None)
    taken = set[str]()
    names = list[Wording]()
    for other in table.measure:
        if other.indicator == measure.indicator or _category(table, other) != category:
            continue
        if other.indicator in resolved:
            taken.add(resolved[other.indicator].key)
        names += [name for name in other.wordings(None) if name not in own]
    return taken | {topic.key for topic in columns if any(_says(topic, name) for name in names)}


def _says(topic: Topic, name: Wording) -> bool:
    return (
        same_words(topic.title, topic.unit, name.title, name.unit)
        and same_unit(topic.unit, name.unit)
        and (
            name.parent is None
            or any(same_words(group, "", normal(name.parent), "") for group in topic.parents)
        )
    )


def _category(table: CbsTable, measure: CbsMeasure) -> str:
    return str(sorted({**table.where, **measure.where}.items()))
