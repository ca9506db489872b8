"""An explanation as the rows of a chart, in the language asked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

from wijkpeil.charts.lines import LinePoint, Picture, Point, Reference
from wijkpeil.explain.model import Explanation, Year
from wijkpeil.explain.resolve import shortened
from wijkpeil.words import PHRASES

_BREAK = re.compile(r"(?:^|; )(\d{4}): (.*?)(?=; \d{4}: |$)")


def as_picture(found: Explanation, language: str) -> Picture:
    """What a chart of this class shows: title, series, line, references, breaks and source."""
    tables = tomllib.loads((PHRASES / f"chart.{language}.toml").read_text(encoding="utf-8"))
    words: dict[str, str] = tables["word"]
    reference = _reference_name(found, words)
    edition = found.choice.edition_year
    return Picture(
        title=_title(found, tables, language, reference),
        subtitle=list(_subtitle(found, words, reference)),
        source=_source(found, words),
        points=list(_points(found)),
        words=words,
        line=list(_line(found)),
        references=[] if found.is_gap else list(_references(found, words)),
        breaks=list(_breaks(found, tables["break"], words)),
        decimals=found.indicator["decimals"],
        language=language,
        years=range(edition - found.fit.window_years + 1, edition + 1),
        zero_name=reference if found.is_gap else None,
    )


def _title(
    found: Explanation, tables: Mapping[str, Mapping[str, str]], language: str, reference: str
) -> str:
    indicator, phrase = found.indicator, found.row["line_class"]
    form = "own"
    if found.is_gap:
        form = "ahead" if found.row["class"] == "ahead" else "behind"
    if phrase == "stagnating" and found.trend["is_held"]:
        phrase = "held"
    elif phrase == "stagnating" and form == "behind" and (found.fit.score or 0.0) <= 0:
        phrase = "widening"
    name = indicator["name_nl"] if language == "nl" else indicator["name_en"]
    # one pass, so that a name with braces is a name
    fields = {
        "area": shortened(found.area["area_name"], 70),
        "indicator": shortened(name or indicator["name_nl"], 80),
        "reference": shortened(reference, 50),
    }
    return _filled(tables[form][phrase], fields)


def _subtitle(found: Explanation, words: Mapping[str, str], reference: str) -> Iterator[str]:
    unit, fit = found.indicator["unit"], found.fit
    better = words["higher"] if fit.direction > 0 else words["lower"]
    first = [f"{unit}; {better}"]
    if found.is_gap:
        first = [
            _filled(
                words["lead"],
                {"reference": reference, "unit": words["points"] if unit == "%" else unit},
            )
        ]
    first.append(_filled(words["edition"], {"year": str(found.choice.edition_year)}))
    if _is_synthetic(found):
        synthetic = words["synthetic"]
        first.insert(0, synthetic[0].upper() + synthetic[1:])
    yield " · ".join(first)
    drawn = [each.year for each in _line(found)]
    if drawn:
        span = {"first_year": str(drawn[0]), "last_year": str(drawn[-1])}
        yield _filled(words["band"], span)


def _source(found: Explanation, words: Mapping[str, str]) -> str:
    titles = dict.fromkeys(each.series for each in found.sources)
    told = [", ".join(titles) or words["no_source"]]
    days = [each.retrieved_on for each in found.sources if each.retrieved_on]
    if days:
        told.append(_filled(words["retrieved"], {"day": str(max(days))}))
    told += dict.fromkeys(each.licence for each in found.sources if each.licence)
    if _is_synthetic(found):
        told.append(words["synthetic"])
    return _filled(words["source"], {"source": "; ".join(told)})


def _points(found: Explanation) -> Iterator[Point]:
    run, before = 0, None
    for each in found.years:
        value = each.fit_value if found.is_gap else each.value
        if value is None:
            if each.value_as_published is not None and not found.is_gap:
                yield Point(each.year, each.value_as_published, "published", None, is_in_fit=False)
            continue
        if before is not None and (each.year != before.year + 1 or each.segment != before.segment):
            run += 1
        before = each
        yield Point(each.year, value, _mark(each), run, is_in_fit=each.is_in_fit)


def _line(found: Explanation) -> Iterator[LinePoint]:
    """The fitted line; none where there is too little to judge by."""
    if found.row["class"] == "insufficient":
        return
    for each in found.years:
        if each.fitted is not None:
            yield LinePoint(each.year, each.fitted, each.low, each.high, each.segment or 0)


def _mark(year: Year) -> str:
    if year.is_restated:
        return "restated_provisional" if year.status == "provisional" else "restated"
    return "provisional" if year.status == "provisional" else "final"


def _references(found: Explanation, words: Mapping[str, str]) -> Iterator[Reference]:
    names = {
        "gemeente_value": _gemeente_name(found, words),
        "nl_value": words["nl"],
        "programme_value": _programme_name(found, words, "programme"),
    }
    for field, name in names.items():
        values = {
            each.year: value for each in found.years if (value := getattr(each, field)) is not None
        }
        if values:
            yield Reference(name, values, field.removesuffix("_value"))


def _reference_name(found: Explanation, words: Mapping[str, str]) -> str:
    if found.choice.axis == "gap_gemeente":
        return _gemeente_name(found, words)
    if found.choice.axis == "gap_nl":
        return words["nl"]
    return _programme_name(found, words, "programme_together")


def _gemeente_name(found: Explanation, words: Mapping[str, str]) -> str:
    name = str(found.area["gemeente_name"] or words["gemeente"])
    return _filled(words["rest_of"], {"name": name}) if "gemeente" in found.without_area else name


def _programme_name(found: Explanation, words: Mapping[str, str], otherwise: str) -> str:
    if group := (found.programme or {}).get("group_name"):
        return str(group)
    return words["other_areas" if "programme" in found.without_area else otherwise]


def _breaks(
    found: Explanation, reasons: Mapping[str, str], words: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    told = (found.comparability or {}).get("breaks") or ""
    breaks = [(int(year), reasons.get(reason, reason)) for year, reason in _BREAK.findall(told)]
    breaks += [(year, words["suspected"]) for year, *_ in found.suspected]
    yield from sorted(breaks)


def _is_synthetic(found: Explanation) -> bool:
    return found.is_synthetic or any(each.is_synthetic for each in found.sources)


def _filled(phrase: str, fields: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda place: fields[place[1]], phrase)
