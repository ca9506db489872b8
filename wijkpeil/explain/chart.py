"""An explanation as the rows of a chart, in the language asked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from wijkpeil.charts.picture import LinePoint, Picture, Point, Reference, runs_of
from wijkpeil.charts.texts import (
    GAP_JUDGES,
    gap_heading,
    heading,
    labels,
    missing_notes,
    pace_note,
)
from wijkpeil.explain.model import Explanation, Year
from wijkpeil.explain.resolve import shortened
from wijkpeil.text import capital, without_number
from wijkpeil.words import SHARE, Language, Words, words_of

_KINDS = ("gemeente", "nl", "programme")


def as_picture(found: Explanation, language: Language) -> Picture:
    """What a chart of this class shows: title, series, line, references, breaks and source."""
    words = words_of(language)
    kind = found.choice.axis.removeprefix("gap_")
    kind = kind if kind in _KINDS else "programme"
    reference = _named(found, kind, words, form="reference")
    edition = found.choice.edition_year
    return Picture(
        title=_title(found, words, reference),
        subtitle=list(_subtitle(found, words)),
        source=_source(found, words),
        points=list(_points(found)),
        words=labels(words),
        line=list(_line(found)),
        references=[] if found.is_gap else list(_references(found, words)),
        breaks=list(_breaks(found, words)),
        decimals=found.indicator["decimals"],
        language=language,
        years=range(edition - found.fit.window_years + 1, edition + 1),
        zero_name=_zero_name(found, kind, words) if found.is_gap else None,
        heading=_heading(found, words, reference),
        name=without_number(found.area["area_name"]),
        sign=SHARE if found.indicator["unit"] == SHARE and not found.is_gap else "",
        notes=_notes(found, words),
    )


def _heading(found: Explanation, words: Words, reference: str) -> str:
    if not found.is_gap:
        return heading(found.indicator, words)
    is_relative = found.fit.change_relative is not None
    return gap_heading(found.indicator, words, reference=reference, is_relative=is_relative)


def _zero_name(found: Explanation, kind: str, words: Words) -> str:
    """What lies at 0: what the area is compared with, or where its figure would be had it moved as
    that did."""
    name = _label(found, kind, words, "chart.word.programme")
    is_relative = found.fit.change_relative is not None
    return words("chart.word.moving_as", reference=name) if is_relative else name


def _notes(found: Explanation, words: Words) -> list[str]:
    """Why years have no figure, and why there is no agreed pace."""
    statuses = [(each.year, each.status) for each in found.years]
    valued = {each.year for each in found.years if each.value is not None}
    notes = missing_notes(statuses, valued, words)
    if any(_line(found)):
        judge = found.indicator["judge"]
        kind = judge.removeprefix("gap_") if judge in GAP_JUDGES else "nl"
        reference = _named(found, kind, words, form="reference")
        notes += pace_note(judge, found.choice.axis, reference, words)
    return notes


def _title(found: Explanation, words: Words, reference: str) -> str:
    indicator, phrase = found.indicator, found.row["class"]
    form = "own"
    if found.is_gap:
        form = "ahead" if phrase == "ahead" else "behind"
    if phrase == "ahead":
        phrase = found.row["line_class"]
    elif phrase != found.row["line_class"]:
        # held against another axis, it is called as the figure itself is
        form = "own"
    if phrase == "stagnating" and found.trend["is_held"]:
        phrase = "held"
    elif phrase == "stagnating" and form == "behind" and (found.fit.score or 0.0) <= 0:
        phrase = "widening"
    name = indicator[f"name_{words.language}"]
    return words(
        f"finding.{phrase}" if form == "own" else f"chart.{form}.{phrase}",
        area=shortened(found.area["area_name"], 70),
        indicator=shortened(name or indicator["name_nl"], 80),
        reference=shortened(reference, 50),
    )


def _subtitle(found: Explanation, words: Words) -> Iterator[str]:
    first = [words("chart.word.edition", year=found.choice.edition_year)]
    if _is_synthetic(found):
        first.insert(0, capital(words("word.synthetic")))
    yield capital(" · ".join(first))
    drawn = [each.year for each in _line(found)]
    if drawn:
        yield words("chart.word.band", first_year=drawn[0], last_year=drawn[-1])


def _source(found: Explanation, words: Words) -> str:
    titles = dict.fromkeys(each.series for each in found.sources)
    told = [", ".join(titles) or words("chart.word.no_source")]
    days = [each.retrieved_on for each in found.sources if each.retrieved_on]
    if days:
        told.append(words("chart.word.retrieved", day=max(days)))
    told += dict.fromkeys(each.licence for each in found.sources if each.licence)
    if _is_synthetic(found):
        told.append(words("word.synthetic"))
    return words("chart.word.source", source="; ".join(told))


def _points(found: Explanation) -> Iterator[Point]:
    shown = [each for each in found.years if _value(found, each) is not None]
    steps = {after.year for before, after in pairwise(shown) if before.segment != after.segment}
    years = [each.year for each in shown]
    runs = dict(zip(years, runs_of(years, steps), strict=True))
    has_line = any(_line(found))
    for each in found.years:
        value = _value(found, each)
        if value is not None:
            is_in_fit = each.is_in_fit or not has_line
            yield Point(each.year, value, _mark(each), runs[each.year], is_in_fit=is_in_fit)
        elif each.value_as_published is not None and not found.is_gap:
            yield Point(each.year, each.value_as_published, "published", None, is_in_fit=False)


def _value(found: Explanation, year: Year) -> float | None:
    return year.fit_value if found.is_gap else year.value


def _line(found: Explanation) -> Iterator[LinePoint]:
    """The fitted line; none where there is too little to judge by."""
    if found.row["class"] == "insufficient":
        return
    for each in found.years:
        if each.fitted is not None:
            yield LinePoint(
                *(each.year, each.fitted, each.low, each.high),
                segment=each.segment or 0,
                pace=each.on_pace,
            )


def _mark(year: Year) -> str:
    if year.is_restated:
        return "restated_provisional" if year.status == "provisional" else "restated"
    return "provisional" if year.status == "provisional" else "final"


def _references(found: Explanation, words: Words) -> Iterator[Reference]:
    names = {f"{kind}_value": _label(found, kind, words) for kind in _KINDS}
    for field, name in names.items():
        values = {
            each.year: value for each in found.years if (value := getattr(each, field)) is not None
        }
        if values:
            yield Reference(name, values, field.removesuffix("_value"))


def _label(
    found: Explanation, kind: str, words: Words, programme: str = "comparator.programme"
) -> str:
    """The name at a line; a mail tells the lines in a sentence, so the country has its article."""
    if kind == "programme" and not _group(found) and kind not in found.without_area:
        return words(programme)
    return _named(found, kind, words, form="reference" if kind == "nl" else "comparator")


def _named(found: Explanation, kind: str, words: Words, form: str) -> str:
    """What the area is compared with, as a label or as a `reference` in a sentence."""
    name = found.area["gemeente_name"] if kind == "gemeente" else _group(found)
    return words.comparator(kind, name, is_rest=kind in found.without_area, form=form)


def _group(found: Explanation) -> str | None:
    """The group that the programme chose, by its name."""
    name: str | None = (found.programme or {}).get("group_name")
    return name


def _breaks(found: Explanation, words: Words) -> Iterator[tuple[int, str]]:
    reasons = words.tables("chart")["break"]
    breaks = [(year, reasons[reason]) for year, reason in found.breaks]
    breaks += [(year, words("chart.word.suspected")) for year, *_ in found.suspected]
    yield from sorted(breaks)


def _is_synthetic(found: Explanation) -> bool:
    return found.is_synthetic or any(each.is_synthetic for each in found.sources)
