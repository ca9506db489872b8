"""What is not judged costs the trends next to nothing."""

from __future__ import annotations

from judged_panel import make_panel

from wijkpeil.backtest.run import SQL
from wijkpeil.backtest.simulate import trend_models
from wijkpeil.edition.models import run_models

YEARS = range(2014, 2026)


def test_a_country_of_buurten_leaves_room_for_the_wijken_that_are_judged() -> None:
    """Gathering the series of 40,000 buurten as well takes more than this memory."""
    figures = [
        (f"WK{area:06d}", indicator, year, float(area + year % 3), None)
        for area in range(5)
        for indicator in ("i0", "i1")
        for year in YEARS
    ]
    models = trend_models(SQL)
    with make_panel(":memory:", figures) as connection:
        before = connection.execute("select count(*) from core.trend").fetchone()
        for model in reversed(models):
            connection.execute(f"drop {model.kind} if exists {model.name}")
        connection.execute(
            """
            insert into core.place by name
            select 'BU' || n as area_code, 'buurt' as area_kind, true as is_listed,
            from range(40000) as t(n)
            """
        )
        connection.execute(
            f"""
            insert into core.observation by name
            select area_code, 'i' || i as indicator_id, year::integer as year, 1.0 as value,
                'final' as status, false as is_never_revised, 0 as boundary_segment,
            from core.place
            cross join range(2) as t(i)
            cross join range({YEARS.start}, {YEARS.stop}) as u(year)
            where area_kind = 'buurt'
            """
        )
        connection.execute("set threads = 1; set temp_directory = ''; set memory_limit = '200MB'")
        run_models(connection, models)
        assert connection.execute("select count(*) from core.trend").fetchone() == before
