"""What stands still in the current edition year, in Dutch lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wijkpeil.areas import edition_with_areas
from wijkpeil.rounding import rounded, slope_decimals


def standing_still(warehouse: Path) -> Iterator[str]:
    """A heading, then per area that stands still its indicators with slope and margin."""
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
                if(stagnation.class = 'deteriorating', 'verslechtert', 'stagneert'),
                indicator.name_nl,
                stagnation.slope,
                stagnation.slope_low,
                stagnation.slope_high,
                stagnation.editions_in_a_row,
                case
                    when indicator.unit = '%' then ' procentpunt'
                    when indicator.unit in ('cijfer', 'rapportcijfer') then ' punt'
                    when ends_with(indicator.name_nl, ' ' || indicator.unit) then ''
                    else ' ' || coalesce(indicator.unit_in_words, indicator.unit)
                end,
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
                and stagnation.axis = 'own'
                and stagnation.edition_year = ?
                and stagnation.programme_id is not null
            order by signals desc, stagnation.area_code, 3 desc, indicator.name_nl
            """,
            [year],
        ).fetchall()
    note = ", synthetische cijfers" if is_synthetic else ""
    areas = len({row[1] for row in rows})
    yield f"\n{areas} gebieden staan stil of gaan achteruit (peiljaar {year}{note}):"
    last = None
    for (
        name,
        code,
        trend_class,
        indicator,
        slope,
        low,
        high,
        editions,
        unit,
        decimals,
        meaningful,
        *more,
    ) in rows:
        if code != last:
            unconfirmed = "; CBS-codes gevonden op naam, niet bevestigd" if more[0] else ""
            yield f"\n{name} ({code}{unconfirmed})"
            last = code
        lasting = f"{editions} peiljaren op rij" if editions > 1 else "nieuw"
        digits = slope_decimals(decimals, meaningful)
        numbers = [_dutch(number, digits) for number in (slope, low, high)]
        yield (
            f"  {trend_class:12}  {indicator}: {numbers[0]}{unit} per jaar "
            f"(marge {numbers[1]} tot {numbers[2]}), {lasting}"
        )


def _dutch(number: float, decimals: int) -> str:
    return f"{rounded(number, decimals):.{decimals}f}".replace(".", ",")
