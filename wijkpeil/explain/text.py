"""The figures behind a class as lines for a person with a calculator."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from wijkpeil.explain.arithmetic import about_fit, tests
from wijkpeil.explain.form import indented, number, one_line, yes
from wijkpeil.explain.model import Explanation, Fit, Source, Year
from wijkpeil.rounding import percent

_AXES = {
    "own": "own (the level of the area itself)",
    "gap_gemeente": "gap_gemeente (the gap to the gemeente)",
    "gap_nl": "gap_nl (the gap to the Netherlands)",
    "gap_programme": "gap_programme (the gap to what the programme compares with)",
}


def heading(found: Explanation, language: str) -> Iterator[str]:
    """What is explained, and the sentence about it."""
    area, choice = found.area, found.choice
    gemeente = f", {area['gemeente_name']}" if area["gemeente_name"] else ""
    yield one_line(f"{area['area_name']} ({choice.area_code}{gemeente})")
    yield one_line(
        f"{found.indicator['name_nl']} ({choice.indicator_id}), in {found.indicator['unit']}, "
        f"{'higher' if found.fit.direction > 0 else 'lower'} is better"
    )
    if found.programme is None:
        yield "Programme: none follows this series; judged by the sizes of the catalog."
    else:
        others = f"; also followed by {', '.join(choice.others)}" if choice.others else ""
        name = found.programme["name_nl"]
        yield one_line(f"Programme: {choice.programme_id} ({name}){others}")
    yield f"Axis: {_AXES[choice.axis]}. Edition year: {choice.edition_year}."
    if found.is_synthetic or any(source.is_synthetic for source in found.sources):
        yield "SYNTHETIC: these figures are made up and say nothing of a real place."
    yield ""
    yield one_line(found.row[f"sentence_{language}"] or "There is no sentence for this row.")
    yield ""


def year_tables(found: Explanation, width: int) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Columns and rows of the series, in as many tables as it takes to fit in `width` signs."""
    table, taken = ["year"], 8
    columns = year_columns(found)
    for name, cells in list(columns.items())[1:]:
        # a cell has a space at each side and a line at one
        wide = max(map(len, [name, *cells])) + 3
        if taken + wide > width and len(table) > 1:
            yield _table(table, columns)
            table, taken = ["year"], 8
        table.append(name)
        taken += wide
    yield _table(table, columns)


def _table(names: list[str], columns: dict[str, list[str]]) -> tuple[list[str], list[list[str]]]:
    return names, [list(row) for row in zip(*(columns[name] for name in names), strict=True)]


def year_columns(found: Explanation) -> dict[str, list[str]]:
    """A cell per year under each name; what no year has is left out, and told by `account`."""
    columns: dict[str, list[str]] = {
        "year": [str(each.year) for each in found.years],
        "value": [number(each.value) for each in found.years],
        "status": [each.status for each in found.years],
    }
    if any(_differs(each) for each in found.years):
        columns["published"] = [
            number(each.value_as_published) if _differs(each) else "same" for each in found.years
        ]
    if any(each.is_restated for each in found.years):
        columns["restated (moved)"] = [
            f"yes ({percent(each.moved_share or 0, 1)})" if each.is_restated else "no"
            for each in found.years
        ]
    if any(each.standard_error for each in found.years):
        columns["std error"] = [number(each.standard_error) for each in found.years]
    columns["gemeente"] = [number(each.gemeente_value) for each in found.years]
    columns["nl"] = [number(each.nl_value) for each in found.years]
    if any(each.programme_value is not None for each in found.years):
        columns["programme"] = [number(each.programme_value) for each in found.years]
    if found.is_gap:
        columns["compared"] = [number(each.compared) for each in found.years]
        columns["lead"] = [number(each.fit_value) for each in found.years]
    columns["in fit"] = [_in_fit(each, found) for each in found.years]
    columns["line"] = [number(each.fitted) for each in found.years]
    return columns


def account(found: Explanation) -> Iterator[str]:
    """All that follows the table: the fit, the tests, the class, and what it rests on."""
    yield from _about_series(found)
    yield ""
    yield "Fit"
    yield from indented(about_fit(found))
    yield ""
    rule = found.rule
    yield f"Tests (95% at {rule.margin_errors:g}, 98% at {rule.mail_errors:g})"
    yield from indented(tests(found))
    yield ""
    yield "Class"
    yield from indented(_about_class(found))
    yield ""
    yield "Comparability"
    yield from indented(_about_comparability(found))
    yield ""
    yield "Sources"
    yield from indented(_about_sources(found))


def _about_series(found: Explanation) -> Iterator[str]:
    years = found.years
    if all(each.value is None for each in years):
        yield "No year has a value."
    elif not any(_differs(each) for each in years):
        yield "Every value is as published."
    if not any(each.is_restated for each in years):
        yield "No year is restated."
    if not any(each.standard_error for each in years):
        yield "No year has a standard error."
    if found.programme is not None and not any(each.programme_value is not None for each in years):
        yield "The programme's comparator has no figure in any year."
    if found.is_gap:
        better = "" if found.fit.direction > 0 else ", signs turned since lower is better"
        yield (
            f"compared = {number(found.fit.scale)} x the reference"
            f"{_why_scaled(found.fit)}; lead = value - compared{better}. Below 0 is behind."
        )
    yield "The line has one slope and steps where the segment changes."
    yield "Not in the fit: outside the window, without a value, or alone in its segment."


def _why_scaled(fit: Fit) -> str:
    if fit.change_relative is None:
        return ""
    return ", which brings its mean over the window to that of the area"


def _about_class(found: Explanation) -> Iterator[str]:
    row, trend = found.row, found.trend
    yield f"class              {row['class']}"
    if row["class"] == "ahead":
        yield f"line by itself     {row['line_class']}; there is no gap to close, so no alert"
    elif row["class"] != row["line_class"]:
        yield f"line by itself     {row['line_class']}; {_held_against(row)}"
    headline = "" if row["is_headline"] else ", another axis is what is judged"
    yield f"headline           {yes(row['is_headline'])}{headline}"
    yield f"alert              {yes(row['is_alert'])}"
    held = ", an earlier alert of which recovery is not shown" if row["is_held"] else ""
    yield f"held               {yes(row['is_held'])}{held}"
    yield f"editions in a row  {row['editions_in_a_row']}"
    share = trend["entering_share"]
    told = (
        "none could be assessed"
        if share is None
        else f"{percent(share, 1)} of those assessed enter"
    )
    yield f"new alert allowed  {yes(row['is_new_alert_allowed'])} ({told})"
    yield f"suspected breaks   {_suspected(found)}"
    yield f"at half the size   {row['class_at_half']}"
    yield f"at double the size {row['class_at_double']}"
    yield f"every edition      {_runs(found.past)}"
    axes = ", ".join(f"{axis} {name}" for axis, name in found.other_axes.items())
    yield f"other axes         {axes or 'none to compare with'}"


def _held_against(row: dict[str, Any]) -> str:
    """Why a headline is not what its line says by itself."""
    axis = row["against_axis"]
    match row["phrase"]:
        case "no_reference":
            return f"what is judged is {axis}, and there is nothing to compare with"
        case "at_level_reference":
            return f"on {axis} the last figure is no worse, so no alert"
        case "turned_stagnating" | "turned_deteriorating" if row["is_alert"]:
            return "its last years go up; the alert that was up lasts until the whole line does"
        case "turned_stagnating" | "turned_deteriorating":
            return "its last years go up, so no new alert"
        case "flattened":
            return "its last years may no longer go up enough, which is no alert"
        case "inconclusive" if row["against_axis"] is None:
            return "its alert would have begun while the last years went up, and was none"
        case "at_level_room":
            return "the bound of the range is nearer than the window's improvement, so no alert"
    return f"held against {axis or row['axis']}, so no alert"


def _suspected(found: Explanation) -> str:
    if not found.suspected:
        return "none in the window"
    return "; ".join(
        f"{year}: the median wijk moved {number(jump)} meaningful changes, usually {number(usual)}"
        for year, jump, usual in found.suspected
    )


def _runs(past: Sequence[tuple[int, str]]) -> str:
    runs = []
    for name, group in itertools.groupby(past, key=lambda each: each[1]):
        years = [year for year, _ in group]
        shown = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
        runs.append(f"{shown} {name}")
    return "; ".join(runs)


def _about_comparability(found: Explanation) -> Iterator[str]:
    row = found.comparability
    if row is None:
        yield "marts.comparability has no row of this series."
        return
    if row["comparable_years"]:
        span = f"{row['comparable_from']} to {row['comparable_to']}"
        years = "year" if row["comparable_years"] == 1 else "years"
        yield f"{row['comparable_years']} comparable {years}, {span}."
    else:
        yield "No year can be compared."
    yield f"Breaks: {row['breaks'] or 'none known'}."
    if row["restated_years"]:
        share = percent(row["largest_moved_share"] or 0.0, 1)
        yield f"Restated: {row['restated_years']}; the largest share that moved is {share}."
    for name, told in (
        ("not_comparable_years", "Not comparable"),
        ("suppressed_years", "Suppressed"),
        ("quarantined_years", "Left out because something is wrong"),
        ("missing_years", "Not found in the source, or not received"),
        ("not_yet_published_years", "Not yet published"),
    ):
        if row[name]:
            yield f"{told}: {row[name]}."


def _about_sources(found: Explanation) -> Iterator[str]:
    if not found.sources:
        yield "No source is recorded for these figures."
    series: dict[tuple[object, ...], list[Source]] = {}
    for source in found.sources:
        alike = (source.series, source.retrieved_on, source.licence, source.attribution)
        series.setdefault((*alike, source.is_synthetic), []).append(source)
    for (title, day, licence, attribution, is_synthetic), sources in series.items():
        years = _span(sorted(year for source in sources for year in source.years))
        ids = ", ".join(source.source_id for source in sources)
        if len(sources) > 3:
            ids = f"{sources[0].source_id} to {sources[-1].source_id}"
        notes = [
            f"{years}: {title} ({ids})",
            f"retrieved on {day or 'an unknown day'}",
            f"licence {licence or 'unknown'}",
            str(attribution or "no attribution given"),
        ]
        if is_synthetic:
            notes.append("synthetic")
        yield one_line("; ".join(notes) + ".")
    yield f"Edition {found.edition_id} of the warehouse."


def _span(years: Sequence[int]) -> str:
    if len(years) > 1 and years[-1] - years[0] == len(years) - 1:
        return f"{years[0]}-{years[-1]}"
    return " ".join(map(str, years))


def _differs(year: Year) -> bool:
    return year.value_as_published != year.value


def _in_fit(year: Year, found: Explanation) -> str:
    edition = found.choice.edition_year
    if year.is_in_fit:
        return "yes"
    if not edition - found.fit.window_years < year.year <= edition:
        return "no: outside"
    if year.fit_value is not None:
        return "no: alone"
    return "no: no reference" if year.value is not None else "no: no value"
