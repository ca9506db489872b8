"""Every division, root, shift and decimal of the SQL that could end a build says here why it does
not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import expressions as exp

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import Model, read_models

# table → divisor, root, shift or decimal → why no figure can make it nought, negative or out of
# range. A divisor that is a number, or nullif(..., 0), needs none
REASONS = {
    "core.area_step": {
        "beside_strays": "only where it is above 0",
        "of_old": "counts of addresses, of which each row has one at least",
    },
    "core.benchmark": {
        "shared.mass - shared.own_mass": "an own share of nearly 1 is null before it",
    },
    "core.comparator_value": {
        "published.mass - inside.mass": "only where a billionth of the whole is left at least",
        "SQRT(SUM(POWER((weighed.standard_error * weighed.mass), 2)))": "a sum of squares",
    },
    "core.odd_whole": {
        "SQRT(GREATEST(of_wijken.error_squared, 0))": "0 at least",
        "SQRT(POWER(usual.value_error, 2) + POWER(usual.computed_error, 2))": "a sum of squares",
    },
    "core.programme_measured": {
        "SQRT(SUM(POWER((part_error * share), 2)))": "a sum of squares",
        "SQRT(SUM(POWER((part_error * mass), 2)))": "a sum of squares",
    },
    "core.programme_part": {"part.reach": "only where it is the share of one place, 0.9 at least"},
    "core.rate": {
        "denominator_value": "only where it is above 0; the error only where the rate is given",
        "SQRT(CASE WHEN counts = 'events' THEN 1 ELSE 1.0 END * GREATEST(numerator_value, 1)"
        " + POWER(numerator_error, 2)"
        " + POWER((denominator_error * numerator_value / denominator_value), 2))": "squares",
    },
    "core.restated": {
        "SQRT(SUM(POWER((part_error * weight), 2)))": "a sum of squares",
        "SQRT(SUM(POWER((part_error * mass), 2)))": "a sum of squares",
    },
    "core.suspected_break": {"SUM(LENGTH(own_values))": "of no figures the sum above it is null"},
    "core.trend": {
        "course.alerts >> test.edition_number": "editions are 62 at most",
        "course.unbent_alerts >> test.edition_number": "editions are 62 at most",
        "2 << test.edition_number": "editions are 62 at most",
        "course.settled & ((CAST(2 AS BIGINT) << test.edition_number) - 1)"
        " >> CASE WHEN quiet = 0 THEN 0 ELSE LENGTH(BIN(quiet)) END": "editions are 62 at most",
        "course.alerts & ((CAST(1 AS BIGINT) << test.edition_number) - 1)"
        " >> GREATEST(test.edition_number - 1, 0)": "editions are 62 at most",
        "1 << test.edition_number": "editions are 62 at most",
        "size": "never 0: a share of two changes that are not, else 1",
    },
    "core.trend_band": {
        "points": "2 at least",
        "SQRT(GREATEST(year_spread, 0) / points + POWER((year - mean_year), 2))": "0 at least",
    },
    "core.trend_course": {
        "1 << edition_number": "editions are 62 at most",
        "2 << last_edition - first_edition": "editions are 62 at most",
    },
    "core.trend_edition": {
        "entering >> edition_year - first_edition": "editions are 62 at most",
        "assessed >> edition_year - first_edition": "editions are 62 at most",
    },
    "core.trend_fit": {"meaningful_change": "null, or from 1e-60 to 1e60"},
    "core.trend_line": {
        "1 << observation.year - judged.first_seen": "only years of the series, 62 at most",
        "1 << year - series.first_seen": "only years of the series, 62 at most",
    },
    "core.trend_memory": {
        "meaningful_change": "from 1e-60 to 1e60 where there is enough to judge",
        "points": "6 at least",
        "possible": "only where it is above 0",
        "GREATEST(LEAST((beside + 2 / points * total) / NULLIF(usual_variance, 0), 1e9), -1e9)"
        " AS DECIMAL": "a billion at most, either way",
        "LEAST((1 - 4.2 / points) * total / NULLIF(usual_variance, 0), 1e9) AS DECIMAL": (
            "a sum of squares times 0.3 at least, and a billion at most"
        ),
    },
    "core.trend_noise": {
        "9 * degrees": "9 at least where there is enough to judge",
        "degrees * POWER((1 - 2 / (9 * degrees)), 3)": "0.47 at least, with one degree",
    },
    "core.trend_sum": {
        "recent_points": "null, or 4 or 5",
        "2 << edition_number": "editions are 62 at most",
        "1 << GREATEST(edition_number - window_years + 1, 0)": "editions are 62 at most",
        "provisional_years >> last_year - first_seen": "only years of the series, 62 at most",
        "revisable_years >> last_year - first_seen": "only years of the series, 62 at most",
    },
    "core.trend_prior": {"size": "never 0: a share of two changes that are not, else 1"},
    "core.trend_test": {
        "fit.meaningful_change": "null, or from 1e-60 to 1e60",
        "GREATEST(degrees_of_freedom - 1.35, 0.08)": "0.08 at least",
        "SQRT(variance)": "of squares and of noise that is not negative",
        "SQRT(year_spread / NULLIF(recent_spread, 0))": "sums of squares",
        "SQRT(GREATEST(POWER(recent_error, 2) - POWER(slope_error, 2), 0))": "0 at least",
    },
    "core.trend_window": {
        "unit": "the square of null, or of 1e-60 to 1e60",
        "SQRT(GREATEST(spread, 0))": "0 at least",
        "SQRT(GREATEST(gemeente_spread, 0))": "0 at least",
        "SQRT(GREATEST(nl_spread, 0))": "0 at least",
        "SQRT(GREATEST(programme_spread, 0))": "0 at least",
    },
    "core.verdict": {
        "SQRT(GREATEST(placed.year_spread, 0) / NULLIF(placed.points, 0))": "0 at least",
    },
    "marts.comparable": {
        "line.revisable_years >> first_t": "only years of the series, 62 at most",
        "SQRT(GREATEST(spread, 0) / NULLIF(LENGTH(t), 0) + POWER((first_t - middle), 2))": (
            "0 at least"
        ),
        "SQRT(POWER(signal.margin, 2) + POWER(example.margin, 2))": "a sum of squares",
    },
    "marts.target": {"by_year - year": "only where the year is still to come"},
}


def risky(model: Model) -> Iterator[str]:
    """The divisors, roots, shifts and decimals of a model that are not safe by themselves."""
    tree = sqlglot.parse_one(model.sql, read="duckdb")
    for node in tree.find_all(exp.Div):
        divisor = node.expression.unnest()
        if not isinstance(divisor, exp.Nullif) and not _is_number(divisor):
            yield _text(divisor)
    for node in tree.find_all(exp.Sqrt):
        text = _text(node)
        yield "SQRT(variance)" if "pooled_variance" in text else text
    for node in tree.find_all(exp.BitwiseLeftShift, exp.BitwiseRightShift):
        left, right = (side.unnest() for side in (node.this, node.expression))
        base = left.this if isinstance(left, exp.Cast) else left
        sign = "<<" if isinstance(node, exp.BitwiseLeftShift) else ">>"
        yield f"{_text(base)} {sign} {_text(right)}"
    for node in tree.find_all(exp.Cast):
        if node.to.is_type("decimal"):
            yield f"{_text(node.this)} AS DECIMAL"


def _is_number(tree: exp.Expression) -> bool:
    return not any(tree.find_all(exp.Column))


def _text(tree: exp.Expression) -> str:
    return tree.sql("duckdb", comments=False)


@pytest.mark.parametrize("model", read_models(SQL), ids=lambda model: model.name)
def test_what_could_end_a_build_has_a_reason_not_to(model: Model) -> None:
    assert set(risky(model)) == set(REASONS.get(model.name, {}))
