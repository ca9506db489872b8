"""What stands still in the current edition year, in Dutch lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wijkpeil.edition.folder import edition_with_areas
from wijkpeil.rounding import slope_decimals
from wijkpeil.words import said_unit, words_of


def standing_still(warehouse: Path) -> Iterator[str]:
    """A heading, then per area that stands still its indicators with slope and margin."""
    heading, rows = _read(warehouse)
    yield f"\n{heading}:"
    yield from _told(rows)


def in_brief(warehouse: Path) -> tuple[str, str | None]:
    """The heading alone, and the code of the area with most signals; None where there is none."""
    heading, rows = _read(warehouse)
    return heading, rows[0][1] if rows else None


def _read(warehouse: Path) -> tuple[str, list[tuple[Any, ...]]]:
    """The heading, and a row for each signal, those of the areas with most of them first."""
    with edition_with_areas(warehouse) as connection:
        year, is_synthetic = connection.execute(
            "select max(edition_year), (select is_synthetic from meta.edition) "
            "from marts.stagnation"
        ).fetchone() or (None, False)
        rows = connection.execute(
            """
            select distinct
                stagnation.area_name,
                stagnation.area_code,
                stagnation.class,
                stagnation.axis,
                indicator.name_nl,
                stagnation.slope,
                stagnation.slope_low,
                stagnation.slope_high,
                stagnation.editions_in_a_row,
                indicator.unit,
                indicator.unit_in_words,
                indicator.decimals,
                stagnation.meaningful_change,
                bool_or(coalesce(area.certainty = 'name_match', false))
                    over (partition by stagnation.area_code),
                count(distinct stagnation.indicator_id) over (partition by stagnation.area_code)
                    as signals,
            from marts.stagnation as stagnation
            join catalog.indicator as indicator using (indicator_id)
            left join core.programme_area as area using (programme_id, area_code)
            where stagnation.is_alert
                and stagnation.is_headline
                and stagnation.edition_year = ?
                and stagnation.programme_id is not null
            order by
                signals desc,
                stagnation.area_code,
                stagnation.class = 'deteriorating' desc,
                indicator.name_nl
            """,
            [year],
        ).fetchall()
    words = words_of("nl")
    areas = len({row[1] for row in rows})
    heading = words(
        "terminal.standing",
        areas=words.counted(areas, "area"),
        does=words.form("terminal.does", areas),
        year=year,
        synthetic=f", {words('word.synthetic')}" if is_synthetic else "",
    )
    return heading, rows


def _told(rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    words = words_of("nl")
    last = None
    for (
        name,
        code,
        found,
        axis,
        indicator,
        *trend,
        unit,
        in_words,
        decimals,
        meaningful,
        by_name,
        _,
    ) in rows:
        if code != last:
            unconfirmed = words("terminal.unconfirmed") if by_name else ""
            yield f"\n{name} ({code}{unconfirmed})"
            last = code
        digits = slope_decimals(decimals, meaningful)
        slope, low, high, editions = trend
        kind = axis.removeprefix("gap_")
        yield words(
            "terminal.signal" if axis == "own" else "terminal.gap_signal",
            found=f"{words(f'class.{found}' if axis == 'own' else f'class.gap_{found}'):12}",
            reference="" if axis == "own" else words.comparator(kind, None, form="reference"),
            indicator=indicator,
            slope=words.value(slope, digits, words.step(said_unit(unit, in_words))),
            low=words.number(low, digits),
            high=words.number(high, digits),
            lasting=words("word.run", n=editions) if editions > 1 else words("word.new"),
        )
