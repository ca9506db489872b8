"""A sceptical reader: takes the figures out of a sentence, and says where they contradict it.

A sentence is known by its figures and by words for up, down, better and worse, not by how it is
phrased, so that a phrase may be written anew. What is told in words is held against the row that
the sentence is of, and its figures against one another and against the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import duckdb

# one row per sentence: what it is of, and the figures that it may name
ROWS = """
with compared as (
    select area_code, indicator_id, year, list(distinct value) as compared,
        any_value(value) filter (where comparator = 'nl') as nation,
    from core.benchmark where value is not null group by all
),
recent as (
    select area_code, indicator_id, coalesce(programme_id, '') as programme, axis, edition_year,
        recent_slope, rule.margin_errors * recent_error * meaningful_change as recent_margin,
    from core.trend cross join catalog.rule as rule where recent_slope is not null
)
select
    stagnation.*,
    if(stagnation.axis = 'own', 1, indicator.direction)
    * coalesce(asked.recent_slope, usual.recent_slope) as recent_slope,
    coalesce(asked.recent_margin, usual.recent_margin) as recent_margin,
    indicator.direction, indicator.decimals, indicator.unit,
    coalesce(starts_with(indicator.unit_in_words, 'duizend '), false) as is_in_thousands,
    list_filter([
        indicator.name_nl, indicator.name_en, place.gemeente_name, area_group.name_nl,
        source.title_nl, indicator.unit_in_words, indicator.unit_en, indicator.unit
    ], lambda each: each is not null) as names,
    place.gemeente_name,
    observation.value as figure,
    coalesce(compared.compared, []) as compared,
    compared.nation,
from marts.stagnation as stagnation
join catalog.indicator as indicator using (indicator_id)
join core.place as place using (area_code)
left join catalog.programme as programme using (programme_id)
left join catalog.area_group as area_group on area_group.group_id = programme.comparator
left join core.observation as observation
    on observation.area_code = stagnation.area_code
    and observation.indicator_id = stagnation.indicator_id
    and observation.year = stagnation.last_year
left join meta.source as source on source.source_id = observation.source_id
-- a programme that asks its own size has a line of its own
left join recent as asked
    on asked.area_code = stagnation.area_code
    and asked.indicator_id = stagnation.indicator_id
    and asked.programme = stagnation.programme_id
    and asked.axis = stagnation.axis
    and asked.edition_year = stagnation.edition_year
left join recent as usual
    on usual.area_code = stagnation.area_code
    and usual.indicator_id = stagnation.indicator_id
    and usual.programme = ''
    and usual.axis = stagnation.axis
    and usual.edition_year = stagnation.edition_year
left join compared
    on compared.area_code = stagnation.area_code
    and compared.indicator_id = stagnation.indicator_id
    and compared.year = stagnation.last_year
where stagnation.sentence_nl is not null
"""
AREAS = """
select alert.*, place.gemeente_name,
    list_filter([place.gemeente_name, alert.theme], lambda each: each is not null) as names,
from marts.area_alert as alert
join core.place as place using (area_code)
"""

Row = Mapping[str, Any]

_MARKS = {"nl": (".", ","), "en": (",", ".")}
_NUMBER = {
    language: rf"[−-]?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(mark)}\d+)?(?!\d)"
    rf"|[−-]?\d+(?:{re.escape(mark)}\d+)?"
    for language, (group, mark) in _MARKS.items()
}
_MOVEMENT = {
    language: re.compile(
        r"(?:van|from) (\d{4}) (?:tot en met|to) (\d{4}) ([^;:()]*?) ?"
        rf"\((?:marge|margin) ({number}) (?:tot|to) ({number})\)"
    )
    for language, number in _NUMBER.items()
}
_UP, _DOWN = re.compile(r"\b(?:steeg|rose)\b"), re.compile(r"\b(?:daalde|fell)\b")
_LARGER, _SMALLER = re.compile(r"\b(?:groter|larger)\b"), re.compile(r"\b(?:kleiner|smaller)\b")
_STEP = {
    language: re.compile(rf"(?P<step>{number})[^;:()]*?(?:\bof meer\b|\bor more\b)")
    for language, number in _NUMBER.items()
}
_EXCLUDED = re.compile(r"(?<!niet )\buitgesloten\b|\bis excluded\b")
_RISE = re.compile(r"\b(?:stijging|rise|increase|groei|groeit|widening)\b")
# what is said to be not known, not shown or excluded is no verdict
_OPEN = re.compile(
    r"uitgesloten|excluded|nog niet|(?:not|been) shown|cannot be told|^(?:Of|Dat|Whether|That)\b"
)
_FIGURES = re.compile(r"(?<=\. )In (\d{4}) .*?(?=\.(?: |$))")
_RUN = re.compile(r"(?<=[a-z] )(\d+) (?:peiljaren op rij|edition years in a row)")
_YEARS = re.compile(r"(\d+) (?:vergelijkba(?:ar|re)|comparable)")

# what a verdict in words says of how the level or the gap moves: better, worse, not better
_LEVEL = (
    (re.compile(r"\b(?:verbetert|gets better|improves)\b(?! niet)"), 1),
    (re.compile(r"\b(?:verslechtert|gets worse)\b"), -1),
)
_GAP = (
    (re.compile(r"niet genoeg (?:kleiner|in\b)|not close fast enough"), 1),
    (re.compile(r"wordt kleiner|(?<!not )\bcloses\b"), 1),
    (re.compile(r"wordt groter|\bwidens\b"), -1),
    (re.compile(r"wordt niet kleiner|does not close(?! fast)"), 0),
    (re.compile(r"verschil groeit|lead grows"), 1),
    (re.compile(r"verschil slinkt|lead shrinks"), -1),
)
_AGREES = {1: lambda slope: slope > 0, -1: lambda slope: slope < 0, 0: lambda slope: slope <= 0}


class Told(NamedTuple):
    """A number as it is printed, and the value of one in its last digit."""

    value: Decimal
    unit: Decimal


def read(text: str, language: str) -> Told:
    """A printed number, as that language writes it."""
    group, mark = _MARKS[language]
    plain = text.replace(group, "").replace(mark, ".").replace("−", "-")
    value = Decimal(plain)
    return Told(value, Decimal(1).scaleb(int(value.as_tuple().exponent)))


def printed(value: float, decimals: int, *, thousands: bool = False) -> Decimal:
    """How a figure of the tables is to be printed: rounded once, halves away from zero."""
    exact = Decimal(repr(round(value, 8)))
    figure = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return figure * 1000 if thousands else figure


def gaps(rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    """The rows about gaps, by what a sentence about a level can find them with."""
    return {(*key(row), row["axis"]): row for row in rows if row["axis"] != "own"}


def key(row: Row) -> tuple[Any, ...]:
    """What one row about a level shares with those about its gaps."""
    return row["area_code"], row["indicator_id"], row["programme_id"], row["edition_year"]


def contradictions(
    sentence: str, language: str, row: Row, gap_of: Mapping[tuple[Any, ...], Row]
) -> Iterator[str]:
    """What in this sentence about a class is not so."""
    text = _bare(sentence, row)
    if row["class"] == "insufficient":
        yield from _counts(text, row)
        return
    for place, moved in enumerate(_MOVEMENT[language].finditer(text)):
        # the second is of the last years, where a line turned or flattened
        yield from _movement(moved, language, row, _recent(row) if place else _whole(row))
        if not place:
            yield from _excluded(text, moved, language)
    yield from _verdict(text, row)
    if row["axis"] == "own":
        yield from _gap_beside(text, row, gap_of)
    yield from _figures(text, language, row)
    yield from _counts(text, row)


def area_contradictions(sentence: str, row: Row) -> Iterator[str]:
    """What in this sentence about an area as a whole is not so."""
    told = [int(each) for each in re.findall(r"\d+", _bare(sentence, row))]
    counts = [row[name] for name in ("alerts", "conclusive", "assessed", "indicators", "lasting")]
    if not set(told) <= set(counts):
        yield f"counts {told} that are not among {counts}"
    if not row["alerts"] <= row["conclusive"] <= row["assessed"] <= row["indicators"]:
        yield f"more of fewer: {counts}"
    if re.search(r"structure(?:el|al)", sentence) and not row["is_alert"]:
        yield "structural without standing still"


def _bare(sentence: str, row: Row) -> str:
    """The sentence without names, in which there may be figures and words."""
    text = sentence.replace("\u00a0", " ")
    for name in sorted([row["area_name"], *row["names"]], key=len, reverse=True):
        if re.search(r"\d", name):
            text = text.replace(name.replace("\u00a0", " "), "N")
    return text.replace(row["area_name"], "N")


class Line(NamedTuple):
    """What a movement is told of."""

    first_year: int
    slope: float
    low: float
    high: float


def _whole(row: Row) -> Line:
    return Line(row["first_year"], row["slope"], row["slope_low"], row["slope_high"])


def _recent(row: Row) -> Line:
    slope, margin = row["recent_slope"], row["recent_margin"]
    return Line(row["last_year"] - 4, slope, slope - margin, slope + margin)


def _movement(moved: re.Match[str], language: str, row: Row, line: Line) -> Iterator[str]:
    first, last, words = moved[1], moved[2], moved[3]
    if (int(first), int(last)) != (line.first_year, row["last_year"]):
        yield f"of {first} to {last}, not {line.first_year} to {row['last_year']}"
    low, high = read(moved[4], language), read(moved[5], language)
    found = re.search(_NUMBER[language], words)
    size = read(found[0], language) if found else Told(Decimal(0), low.unit)
    if not low.value <= size.value <= high.value:
        yield f"{size.value} lies outside its margin {low.value} to {high.value}"
    unit = _unit(size, low, high, row)
    if abs((size.value - low.value) - (high.value - size.value)) > 2 * unit:
        yield f"{size.value} is not the middle of {low.value} to {high.value}"
    sign = _sign(words)
    if found is None or sign is None:
        return
    if size.value <= 0:
        yield f"moves by {size.value}"
    if (line.slope > 0) != (sign * _outward(row) > 0):
        yield f"'{words}' of a slope of {line.slope}"
    if row["axis"] == "own":
        factor = 1000 if row["is_in_thousands"] else 1
        for told, slope in (
            (size.value, sign * line.slope),
            (low.value, min(sign * line.low, sign * line.high)),
            (high.value, max(sign * line.low, sign * line.high)),
        ):
            if abs(float(told) - factor * slope) > 0.5001 * float(unit):
                yield f"{told} of a slope of {factor * slope}"


def _unit(size: Told, low: Told, high: Told, row: Row) -> Decimal:
    """One in the last digit that counts: of thousands written out that is a power of ten."""
    unit = max(size.unit, low.unit, high.unit)
    while row["is_in_thousands"] and not any(
        each.value % (unit * 10) for each in (size, low, high)
    ):
        unit *= 10
    return unit


def _sign(words: str) -> int | None:
    for up, down in ((_UP, _DOWN), (_LARGER, _SMALLER)):
        if up.search(words) or down.search(words):
            return 1 if up.search(words) else -1
    return None


def _outward(row: Row) -> int:
    """The sign of the slope where what is told becomes more: the figure, or the difference."""
    if row["axis"] == "own":
        return 1
    return 1 if row["gap"] >= 0 else -1


def _excluded(text: str, moved: re.Match[str], language: str) -> Iterator[str]:
    """An improvement that is excluded lies beyond the margin."""
    sign = _sign(moved[3])
    for part in re.split(r"[;:]", text):
        step = _STEP[language].search(part)
        if step is None or not _EXCLUDED.search(part) or sign is None:
            continue
        asked = read(step["step"], language)
        low, high = read(moved[4], language), read(moved[5], language)
        same = (sign > 0) == bool(_RISE.search(part))
        most = high.value if same else -low.value
        if most > asked.value + asked.unit / 2:
            yield f"{asked.value} is excluded by a margin up to {most}"


def _verdict(text: str, row: Row) -> Iterator[str]:
    better = row["slope"] if row["axis"] != "own" else row["direction"] * row["slope"]
    for part in re.split(r"(?<=\D)[;:.](?= )|, (?=en |maar |and |but )", text):
        if _OPEN.search(part.strip()):
            continue
        is_gap = row["axis"] != "own"
        if not is_gap and re.search(r"achterstand|\bgap\b|lead|verschil", part):
            continue  # of the gap beside it
        yield from _disagree(part, _GAP if is_gap else _LEVEL, better)


def _gap_beside(text: str, row: Row, gap_of: Mapping[tuple[Any, ...], Row]) -> Iterator[str]:
    for part in re.split(r"(?<=\D)\.(?= )", text):
        if _OPEN.search(part.strip()) or not re.search(r"achterstand|\bgap\b", part):
            continue
        nation = re.search(r"\b(?:Nederland|the Netherlands)\b", part)
        gemeente = row["gemeente_name"] and row["gemeente_name"] in part
        axis = "gap_nl" if nation else "gap_gemeente" if gemeente else "gap_programme"
        gap = gap_of.get((*key(row), axis))
        if gap is None:
            yield f"a gap of which there is no row: {part.strip()}"
            continue
        if gap["gap"] >= 0:
            yield f"a gap of an area that is ahead: {part.strip()}"
        yield from _disagree(part, _GAP, gap["slope"])


def _disagree(
    part: str, claims: Iterable[tuple[re.Pattern[str], int]], better: float
) -> Iterator[str]:
    for pattern, claim in claims:
        if (said := pattern.search(part)) and not _AGREES[claim](better):
            yield f"'{said[0]}' of what becomes better by {better}"


def _figures(text: str, language: str, row: Row) -> Iterator[str]:
    """Every figure of the last year is that of a table, to the last digit."""
    for told in _FIGURES.finditer(text):
        if int(told[1]) != row["last_year"]:
            yield f"a figure of {told[1]}, where the last is of {row['last_year']}"
        numbers = [
            read(each, language).value for each in re.findall(_NUMBER[language], told[0][8:])
        ]
        known = [
            printed(each, row["decimals"], thousands=row["is_in_thousands"])
            for each in (row["figure"], *row["compared"])
            if each is not None
        ]
        if not numbers or not known or numbers[0] != known[0]:
            yield f"a figure {numbers[:1]}, where the table has {known[:1]}"
        if row["reference_value"]:
            share = printed(100 * row["figure"] / row["reference_value"], 1)
            known.append(share)
            said = re.search(rf"({_NUMBER[language]})% (?:van dat|of that)", told[0])
            if said and read(said[1], language).value != share:
                yield f"a share of {said[1]}%, where the tables have {share}"
        of_nation = re.search(rf"(?:Nederland|the Netherlands) ({_NUMBER[language]})", told[0])
        if of_nation and row["nation"] is not None:
            nation = printed(row["nation"], row["decimals"], thousands=row["is_in_thousands"])
            if read(of_nation[1], language).value != nation:
                yield f"the country has {of_nation[1]}, where the table has {nation}"
        if strange := [each for each in numbers if each not in known]:
            yield f"figures {strange} that no table has: {known}"


def _counts(text: str, row: Row) -> Iterator[str]:
    for told in _YEARS.finditer(text):
        if int(told[1]) != row["points"]:
            yield f"{told[1]} years, where there are {row['points']}"
    for told in _RUN.finditer(text):
        if int(told[1]) != row["editions_in_a_row"]:
            yield f"{told[1]} in a row, where it is {row['editions_in_a_row']}"


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """The rows of a query, by name."""
    found = connection.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, each, strict=True)) for each in found.fetchall()]


def read_all(connection: duckdb.DuckDBPyConnection) -> tuple[int, list[tuple[str, str]]]:
    """How many sentences an edition has, and each contradiction with its sentence."""
    found: list[tuple[str, str]] = []
    told, areas = rows(connection, ROWS), rows(connection, AREAS)
    # gaps without a sentence count too
    beside = gaps(rows(connection, "from marts.stagnation where axis <> 'own'"))
    count = 0
    for language in ("nl", "en"):
        for row in told:
            sentence = row[f"sentence_{language}"]
            found += [(each, sentence) for each in contradictions(sentence, language, row, beside)]
        for row in areas:
            sentence = row[f"sentence_{language}"]
            found += [(each, sentence) for each in area_contradictions(sentence, row)]
        count += len(told) + len(areas)
    return count, found
