"""The fit of a line and the tests of its class, as lines to compute again; and the line computed
again, from the points that an explanation shows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from wijkpeil.edition.rule import Rule
from wijkpeil.explain.form import number, one_line, yes
from wijkpeil.explain.model import Explanation, Fit, Year
from wijkpeil.rounding import percent
from wijkpeil.words import words_of


def about_fit(found: Explanation) -> Iterator[str]:
    """The window, the size, the slope, its error and margin."""
    fit, edition = found.fit, found.choice.edition_year
    yield f"window             {edition - fit.window_years + 1}-{edition}, {fit.window_years} years"
    used = [each for each in found.years if each.is_in_fit]
    span = f" from {fit.first_year} to {fit.last_year}" if fit.points else ""
    yield f"points             {fit.points}{span}"
    yield f"segments           {_segments(used, fit)}"
    yield f"meaningful change  {_size(found)}"
    owner, day = fit.change_owner or "nobody named", fit.change_decided_on or "no date given"
    level = "of the programme" if fit.is_own_change else "of the catalog"
    yield f"decided by         {one_line(owner)}, {day} ({level})"
    yield f"reason             {one_line(fit.change_reason or 'none given')}"
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
    _, pooled = _point_variance(usual, residual, degrees, rule)
    yield (
        f"own noise          {yes(fit.has_own_noise)}: "
        f"({weight} x (e2 + tau2) + RSS) / ({weight} + df) = "
        f"{number(pooled)} is {'' if fit.has_own_noise else 'not '}above "
        f"{ratio} x (e2 + tau2) = {number(ratio * usual)}"
    )
    memory = number(_memory_inflation(fit.autocorrelation))
    if fit.autocorrelation is None:
        yield f"memory m           {memory}: too few wijken tell whether errors of years are alike"
    else:
        yield (
            f"memory m           (1 + r) / (1 - r) = {memory}, r = {number(fit.autocorrelation)}: "
            "how far a year's error resembles that of the year before, over the same pool"
        )
    if fit.has_own_noise:
        yield "                   so far beyond the pool that the margin is of its own points alone"
        yield (
            "slope error s      sqrt(m x RSS / d / Sxx), d = df - "
            f"{rule.own_noise_fewer_degrees:g}, at least {rule.own_noise_least_degrees:g}"
        )
        own = number(_own_degrees(degrees, rule))
        yield (
            f"                   = sqrt({memory} x {number(residual)} / {own} / "
            f"{number(fit.year_spread)})"
        )
    else:
        yield f"slope error s      sqrt(m x ({weight} x (e2 + tau2) + RSS) / ({weight} + df) / Sxx)"
        yield (
            f"                   = sqrt({memory} x ({weight} x ({number(fit.sampling_variance)} + "
            f"{number(fit.noise_variance)}) + {number(residual)}) / "
            f"({weight} + {degrees}) / {number(fit.year_spread)})"
        )
    yield f"                   = {number(fit.slope_error)}"
    if fit.recent_score is None:
        yield f"last {rule.bend_years} years       not enough figures to look for a bend"
    else:
        bends = {"up": "it has turned up", "down": "it has flattened", None: "no bend is told"}
        yield (
            f"last {rule.bend_years} years       {number(fit.recent_slope)} a year: score "
            f"{number(fit.recent_score)}, error {number(fit.recent_error)}; {bends[fit.bend]}"
        )


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


def tests(found: Explanation) -> Iterator[str]:
    """Each condition of a class and of a mail, with its figure and whether it holds."""
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
    yield _test(f"suppressed <= {percent(most)}", percent(share), holds=share <= most)
    if found.row["class"] == "insufficient" or not fit.is_whole or fit.score is None:
        yield "so the slope is not tested."
        return
    errors = rule.margin_errors
    upper, lower = fit.above(errors), fit.above(-errors)
    is_worse = fit.score <= -1 and upper < 0
    yield "deteriorating when both hold:"
    yield _test("b <= -1", number(fit.score), holds=fit.score <= -1)
    yield _test(f"b + {errors:g} s < 0", number(upper), holds=upper < 0)
    yield "improving when both hold:"
    yield _test("b >= 1", number(fit.score), holds=fit.score >= 1)
    yield _test(f"b - {errors:g} s > 0", number(lower), holds=lower > 0)
    yield "else stagnating when the first holds, or an alert was up and the second holds:"
    enough = trend["entry_errors"]
    highest = fit.above(enough)
    yield _test(f"b + {enough:g} s < 1", number(highest), holds=highest < 1)
    lasting = fit.above(rule.kept_errors)
    yield _test(f"b + {rule.kept_errors:g} s < 1", number(lasting), holds=lasting < 1)
    yield "else inconclusive. A new alert may be mailed when all hold:"
    entering = trend["entering_share"]
    yield _test(
        f"deteriorating, or b + {enough:g} s < 1", number(highest), holds=is_worse or highest < 1
    )
    yield _test(
        "last figure is settled, or was in this run",
        "provisional" if trend["is_last_provisional"] else "not provisional",
        holds=trend["is_settled"],
    )
    yield _test(
        "no suspected break",
        trend["suspected_breaks"] or "none",
        holds=trend["suspected_breaks"] is None,
    )
    yield _test(
        f"last {rule.bend_years} years < {rule.turn_size:g}, or <= b + {rule.turn_beyond_line:g}",
        number(fit.recent_score),
        holds=fit.recent_score is None
        or fit.recent_score < rule.turn_size
        or fit.recent_score - fit.score <= rule.turn_beyond_line,
    )
    strictly = fit.above(rule.mail_errors)
    is_common = entering is not None and entering >= rule.common_share
    yield _test(
        f"share entering >= {percent(rule.common_share)}, or b + {rule.mail_errors:g} s < 1",
        f"{'no share' if entering is None else percent(entering, 1)}; {number(strictly)}",
        holds=is_common or strictly < 1,
    )


def _test(rule: str, value: str, *, holds: bool) -> str:
    return f"  {rule:42} {value:>24}   {'yes' if holds else 'no'}"


def recomputed(
    years: Sequence[Year], fit: Fit, rule: Rule
) -> tuple[float, float | None, float | None] | None:
    """Slope, residual sum and error from the points; None where no line goes through them."""
    parts: dict[int, list[Year]] = {}
    for year in years:
        if year.is_in_fit and year.segment is not None:
            parts.setdefault(year.segment, []).append(year)
    middles = {
        segment: (
            sum(each.year for each in part) / len(part),
            sum(each.fit_value or 0.0 for each in part) / len(part),
        )
        for segment, part in parts.items()
    }
    moved = [
        (each.year - middles[segment][0], (each.fit_value or 0.0) - middles[segment][1])
        for segment, part in parts.items()
        for each in part
    ]
    spread = sum(t * t for t, _ in moved)
    if not spread:
        return None
    slope = sum(t * y for t, y in moved) / spread
    residual = error = None
    if fit.meaningful_change:
        left = sum((y - slope * t) ** 2 for t, y in moved)
        residual = left / fit.meaningful_change**2
    sampling, pooled = fit.sampling_variance, fit.noise_variance
    if residual is not None and sampling is not None and pooled is not None:
        degrees = len(moved) - len(parts) - 1
        variance, _ = _point_variance(sampling + pooled, residual, degrees, rule)
        error = math.sqrt(variance * _memory_inflation(fit.autocorrelation) / spread)
    return slope, residual, error


def _point_variance(usual: float, residual: float, degrees: int, rule: Rule) -> tuple[float, float]:
    """The variance of a point around its line, and the same as the pool alone would have it.

    `usual` is e2 + tau2; an area that scatters far beyond it is taken by its own residuals.
    """
    pooled = (rule.pool_weight * usual + residual) / (rule.pool_weight + degrees)
    if round(pooled - rule.own_noise_ratio * usual, rule.score_decimals) > 0:
        return residual / _own_degrees(degrees, rule), pooled
    return pooled, pooled


def _memory_inflation(autocorrelation: float | None) -> float:
    """How much wider errors that remember the year before make the variance of a slope; not at all
    where it is not known."""
    autocorrelation = autocorrelation or 0.0
    return (1 + autocorrelation) / (1 - autocorrelation)


def _own_degrees(degrees: int, rule: Rule) -> float:
    """The degrees of freedom that a noise of its own leaves an area."""
    return max(degrees - rule.own_noise_fewer_degrees, rule.own_noise_least_degrees)
