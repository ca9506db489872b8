"""The figures behind a class as lines for a person with a calculator."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from wijkpeil.explain.model import Explanation, Fit, Source, Year
from wijkpeil.explain.refit import own_degrees, point_variance
from wijkpeil.explain.resolve import shortened
from wijkpeil.words import words_of

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
    yield _line(f"{area['area_name']} ({choice.area_code}{gemeente})")
    yield _line(
        f"{found.indicator['name_nl']} ({choice.indicator_id}), in {found.indicator['unit']}, "
        f"{'higher' if found.fit.direction > 0 else 'lower'} is better"
    )
    if found.programme is None:
        yield "Programme: none follows this series; judged by the sizes of the catalog."
    else:
        others = f"; also followed by {', '.join(choice.others)}" if choice.others else ""
        name = found.programme["name_nl"]
        yield _line(f"Programme: {choice.programme_id} ({name}){others}")
    yield f"Axis: {_AXES[choice.axis]}. Edition year: {choice.edition_year}."
    if found.is_synthetic or any(source.is_synthetic for source in found.sources):
        yield "SYNTHETIC: these figures are made up and say nothing of a real place."
    yield ""
    yield _line(found.row[f"sentence_{language}"] or "There is no sentence for this row.")
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
            f"yes ({each.moved_share or 0:.1%})" if each.is_restated else "no"
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
    yield from _indented(_about_fit(found))
    yield ""
    rule = found.rule
    yield f"Tests (95% at {rule.margin_errors:g}, 98% at {rule.mail_errors:g})"
    yield from _indented(_tests(found))
    yield ""
    yield "Class"
    yield from _indented(_about_class(found))
    yield ""
    yield "Comparability"
    yield from _indented(_about_comparability(found))
    yield ""
    yield "Sources"
    yield from _indented(_about_sources(found))


def number(value: float | None) -> str:
    """Seven digits, enough to compute again with; `none` when there is no number."""
    return "none" if value is None else f"{value + 0.0:.7g}"


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


def _about_fit(found: Explanation) -> Iterator[str]:
    fit, edition = found.fit, found.choice.edition_year
    yield f"window             {edition - fit.window_years + 1}-{edition}, {fit.window_years} years"
    used = [each for each in found.years if each.is_in_fit]
    span = f" from {fit.first_year} to {fit.last_year}" if fit.points else ""
    yield f"points             {fit.points}{span}"
    yield f"segments           {_segments(used, fit)}"
    yield f"meaningful change  {_size(found)}"
    owner, day = fit.change_owner or "nobody named", fit.change_decided_on or "no date given"
    level = "of the programme" if fit.is_own_change else "of the catalog"
    yield f"decided by         {_line(owner)}, {day} ({level})"
    yield f"reason             {_line(fit.change_reason or 'none given')}"
    if fit.slope is None:
        yield "slope              none: no line can be drawn through these points"
        return
    margin = "no margin: no noise could be pooled"
    if fit.slope_low is not None:
        margin = f"margin {number(fit.slope_low)} to {number(fit.slope_high)}"
    yield f"slope b'           {number(fit.slope)} {_unit(found)} a year, {margin}"
    if fit.meaningful_change is None:
        yield "score slope        none: there is no meaningful change to divide by"
        return
    sign = "" if found.is_gap or fit.direction > 0 else "-1 x "
    yield (
        f"score slope b      {sign}{number(fit.slope)} / {number(fit.meaningful_change)} "
        f"= {number(fit.score)}"
    )
    yield f"residual sum RSS   {number(fit.residual_sum)} (in squared meaningful changes, as below)"
    yield f"sampling e2        {number(fit.sampling_variance)}"
    yield f"pooled noise tau2  {_noise(fit)}"
    yield f"df                 {fit.points} - {fit.segments} - 1 = {fit.degrees_of_freedom}"
    yield f"Sxx                {number(fit.year_spread)}"
    if fit.is_whole:
        yield from _error(found)
        errors = f"{found.rule.margin_errors:g}"
        yield (
            f"margin             b' -/+ {errors} x {number(fit.slope_error)} x "
            f"{number(fit.meaningful_change)} = {number(fit.slope_low)} to {number(fit.slope_high)}"
        )
        yield (
            f"band in a chart    line -/+ {errors} x {number(fit.error_per_point)} x "
            "sqrt(1 / n + (year - mean year)^2 / Sxx), n and mean year of the segment"
        )
    yield _recomputed(found)


def _segments(used: Sequence[Year], fit: Fit) -> str:
    parts = [
        f"{part[0].year}-{part[-1].year}"
        for part in (
            list(group) for _, group in itertools.groupby(used, key=lambda each: each.segment)
        )
    ]
    return f"{fit.segments}{' (' + ', '.join(parts) + ')' if parts else ''}"


def _size(found: Explanation) -> str:
    fit, unit = found.fit, _unit(found)
    if fit.change_relative is None:
        return f"{number(fit.meaningful_change)} {unit} a year"
    if fit.mean_value is None or fit.meaningful_change is None:
        return f"{number(fit.change_relative)} of the mean a year; there is no mean in this window"
    return (
        f"{number(fit.change_relative)} x |{number(fit.mean_value)}| (the mean of the points) = "
        f"{number(fit.meaningful_change)} {unit} a year"
    )


def _unit(found: Explanation) -> str:
    """The unit of a change."""
    return words_of("en").step(str(found.indicator["unit"]))


def _noise(fit: Fit) -> str:
    if fit.noise_variance is None:
        return "none: no series of this indicator had enough points to pool"
    return f"{number(fit.noise_variance)}, pooled over {fit.pool or 'series that are not kept'}"


def _error(found: Explanation) -> Iterator[str]:
    """How the slope error follows: from the pooled noise, or from the area's own."""
    fit, rule = found.fit, found.rule
    weight, ratio = rule.pool_weight, rule.own_noise_ratio
    usual = (fit.sampling_variance or 0.0) + (fit.noise_variance or 0.0)
    residual, degrees = fit.residual_sum or 0.0, fit.degrees_of_freedom or 0
    _, pooled = point_variance(usual, residual, degrees, rule)
    yield (
        f"own noise          {_yes(fit.has_own_noise)}: "
        f"({weight} x (e2 + tau2) + RSS) / ({weight} + df) = "
        f"{number(pooled)} is {'' if fit.has_own_noise else 'not '}above "
        f"{ratio} x (e2 + tau2) = {number(ratio * usual)}"
    )
    if fit.has_own_noise:
        yield "                   so far beyond the pool that the margin is of its own points alone"
        yield (
            f"slope error s      sqrt(RSS / d / Sxx), d = df - {rule.own_noise_fewer_degrees:g}, "
            f"at least {rule.own_noise_least_degrees:g}"
        )
        own = number(own_degrees(degrees, rule))
        yield (f"                   = sqrt({number(residual)} / {own} / {number(fit.year_spread)})")
    else:
        yield (f"slope error s      sqrt(({weight} x (e2 + tau2) + RSS) / ({weight} + df) / Sxx)")
        yield (
            f"                   = sqrt(({weight} x ({number(fit.sampling_variance)} + "
            f"{number(fit.noise_variance)}) + {number(residual)}) / "
            f"({weight} + {degrees}) / {number(fit.year_spread)})"
        )
    yield f"                   = {number(fit.slope_error)}"


def _recomputed(found: Explanation) -> str:
    if found.recomputed is None:
        return "recomputed         no line goes through the points above"
    slope, residual, error = (number(each) for each in found.recomputed)
    verdict = (
        "as the warehouse has it"
        if found.is_recomputed_alike
        else "NOT as the warehouse has it; do not rely on this class, and report it"
    )
    return f"recomputed         from the table: b' {slope}, RSS {residual}, s {error}: {verdict}"


def _tests(found: Explanation) -> Iterator[str]:
    fit, trend, edition, rule = found.fit, found.trend, found.choice.edition_year, found.rule
    span = (fit.last_year or 0) - (fit.first_year or 0)
    age = None if fit.last_year is None else edition - fit.last_year
    degrees = fit.degrees_of_freedom
    yield "insufficient when one of these fails:"
    yield _test(
        f"points >= {rule.least_points}", str(fit.points), holds=fit.points >= rule.least_points
    )
    yield _test(
        f"last - first year >= {rule.least_span_years}",
        str(span),
        holds=span >= rule.least_span_years,
    )
    yield _test(
        f"edition - last year <= {rule.oldest_years}",
        "no last year" if age is None else str(age),
        holds=age is not None and age <= rule.oldest_years,
    )
    yield _test(
        "df >= 1",
        "none" if degrees is None else str(degrees),
        holds=degrees is not None and degrees >= 1,
    )
    yield _test(
        "meaningful change > 0",
        number(fit.meaningful_change),
        holds=fit.meaningful_change is not None and fit.meaningful_change > 0,
    )
    share = fit.suppressed_share or 0.0
    most = rule.largest_suppressed_share
    yield _test(f"suppressed <= {most:.0%}", f"{share:.0%}", holds=share <= most)
    if found.row["class"] == "insufficient" or not fit.is_whole or fit.score is None:
        yield "so the slope is not tested."
        return
    errors = rule.margin_errors
    upper, lower = fit.above(errors), fit.above(-errors)
    yield "deteriorating when both hold:"
    yield _test("b <= -1", number(fit.score), holds=fit.score <= -1)
    yield _test(f"b + {errors:g} s < 0", number(upper), holds=upper < 0)
    yield "improving when both hold:"
    yield _test("b >= 1", number(fit.score), holds=fit.score >= 1)
    yield _test(f"b - {errors:g} s > 0", number(lower), holds=lower > 0)
    yield "else stagnating when the first holds, or an alert was up and the second holds:"
    enough = trend["entry_errors"]
    entry = _test(f"b + {enough:g} s < 1", number(fit.above(enough)), holds=fit.above(enough) < 1)
    yield entry
    lasting = fit.above(rule.kept_errors)
    yield _test(f"b + {rule.kept_errors:g} s < 1", number(lasting), holds=lasting < 1)
    yield "else inconclusive. A new alert may be mailed when all hold:"
    entering = trend["entering_share"]
    yield entry
    yield _test(
        "last figure is final",
        "provisional" if trend["is_last_provisional"] else "not provisional",
        holds=not trend["is_last_provisional"],
    )
    yield _test(
        "no suspected break",
        trend["suspected_breaks"] or "none",
        holds=trend["suspected_breaks"] is None,
    )
    strictly = fit.above(rule.mail_errors)
    is_common = entering is not None and entering >= rule.common_share
    yield _test(
        f"share entering >= {rule.common_share:.0%}, or b + {rule.mail_errors:g} s < 1",
        f"{'no share' if entering is None else format(entering, '.1%')}; {number(strictly)}",
        holds=is_common or strictly < 1,
    )


def _test(rule: str, value: str, *, holds: bool) -> str:
    return f"  {rule:42} {value:>24}   {'yes' if holds else 'no'}"


def _about_class(found: Explanation) -> Iterator[str]:
    row, trend = found.row, found.trend
    yield f"class              {row['class']}"
    if row["class"] == "ahead":
        yield f"line by itself     {row['line_class']}; there is no gap to close, so no alert"
    yield f"alert              {_yes(row['is_alert'])}"
    held = ", an earlier alert of which recovery is not shown" if row["is_held"] else ""
    yield f"held               {_yes(row['is_held'])}{held}"
    yield f"editions in a row  {row['editions_in_a_row']}"
    share = trend["entering_share"]
    told = "none could be assessed" if share is None else f"{share:.1%} of those assessed enter"
    yield f"new alert allowed  {_yes(row['is_new_alert_allowed'])} ({told})"
    yield f"suspected breaks   {_suspected(found)}"
    yield f"at half the size   {row['class_at_half']}"
    yield f"at double the size {row['class_at_double']}"
    yield f"every edition      {_runs(found.past)}"
    axes = ", ".join(f"{axis} {name}" for axis, name in found.other_axes.items())
    yield f"other axes         {axes or 'none to compare with'}"


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
        yield f"{row['comparable_years']} comparable years, {span}."
    else:
        yield "No year can be compared."
    yield f"Breaks: {row['breaks'] or 'none known'}."
    if row["restated_years"]:
        share = row["largest_moved_share"] or 0.0
        yield f"Restated: {row['restated_years']}; the largest share that moved is {share:.1%}."
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
        yield _line("; ".join(notes) + ".")
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


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {line}"


def _line(text: str) -> str:
    """A line from outside: no signs that move the cursor, and not without end."""
    return shortened(re.sub(r"\s+", " ", text), 1500)
