"""Files that a Dutch Excel opens by a double click: semicolons, decimal commas, a mark of UTF-8.

A row is an area and indicator, with its judgement, a column per year, and what a reader must know
of the figures: unit, years that are provisional or lacking, source and day. Rounded as on pages.
"""

from __future__ import annotations

from typing import Any

import duckdb

from wijkpeil.text import literal, quoted
from wijkpeil.words import Words, words_of

# a cell that a spreadsheet would take for a formula is marked as text, and so is what it would take
# for a cell where it splits by the sign that this file does not split by
HARMLESS = "regexp_replace({0}, '(^|[,;\t\r\n]\\s*)([=+\\-@\t\r])', '\\1''\\2', 'g')"
# as wijkpeil.rounding.rounded does
_ROUNDED = """
replace(
    format(
        '{:.' || decimals || 'f}',
        round(round(round(figure.value, 8) * 10.0 ** decimals, 6)) / 10.0 ** decimals + 0.0
    ),
    '.', ','
)
"""


def sheets(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Queries of the rows by what they are of: gemeente, programme and indicator, in a column `of`.

    Makes the table `spreadsheet` from `card` and `shown_place`, those of the pages. Words are
    Dutch, as the notation is, and no text can become a formula.
    """
    years = [
        year
        for (year,) in connection.execute(
            "select distinct year from core.figure where value is not null order by year"
        ).fetchall()
    ]
    rows = _rows(years, words_of("nl"))
    connection.execute(f"create or replace temp table spreadsheet as {rows}")
    shown = "spreadsheet.* exclude (gemeente_code, area_code, indicator_id)"
    return {
        "gemeente": f"""select gemeente_code as "of", {shown} from spreadsheet
            where gemeente_code is not null order by all""",
        "programma": f"""select area.programme_id as "of", {shown} from spreadsheet
            join core.programme_area as area using (area_code)
            where area.is_used and area.is_on_list order by all""",
        "indicator": f'select indicator_id as "of", {shown} from spreadsheet order by all',
    }


def _rows(years: list[int], words: Words) -> str:
    tables = words.tables("report")
    table, status = tables["table"], tables["status"]

    def harmless(expression: str) -> str:
        return HARMLESS.format(f"any_value({expression})")

    why = f"year || ' ' || {_cases('status', status)}"
    told = {
        table["area"]: harmless("area_name"),
        table["code"]: "area_code",
        table["indicator"]: harmless("indicator_name"),
        table["unit"]: harmless("figure.unit"),
        table["class"]: f"any_value({_judgement(tables['class'])})",
        **{str(year): f"any_value(told) filter (where year = {year})" for year in years},
        table["provisional_years"]: (
            "string_agg(year, ', ' order by year) filter (where status = 'provisional')"
        ),
        table["missing_years"]: (
            f"string_agg({why}, ', ' order by year) filter (where value is null)"
        ),
        table["source"]: harmless("coalesce(source.attribution, source.title_nl)"),
        table["retrieved"]: "max(figure.retrieved_on)",
    }
    columns = ", ".join(f"{expression} as {quoted(name)}" for name, expression in told.items())
    return f"""
    with figure as (
        select
            figure.*, place.gemeente_code as of_gemeente, card.card.class as class,
            card.card.is_held as is_held, card.card.is_gap as is_gap,
            if(figure.value is null, null, {_ROUNDED}) as told,
        from core.figure as figure
        join catalog.indicator as indicator using (indicator_id)
        join shown_place as place using (area_code)
        left join card using (area_code, indicator_id)
    )
    select any_value(of_gemeente) as gemeente_code, area_code, indicator_id, {columns}
    from figure
    left join meta.source as source using (source_id)
    group by area_code, indicator_id
    """


def _judgement(words: dict[str, Any]) -> str:
    """The class in words, of what it is judged by."""
    key = "if(is_held and class = 'stagnating', 'held', class)"
    plain = {name: word for name, word in words.items() if not name.startswith("gap_")}
    of_gap = {name.removeprefix("gap_"): words[name] for name in words if name.startswith("gap_")}
    return f"coalesce(if(is_gap, {_cases(key, of_gap)}, null), {_cases(key, plain)})"


def _cases(expression: str, words: dict[str, Any]) -> str:
    whens = " ".join(f"when {literal(key)} then {literal(word)}" for key, word in words.items())
    return f"case {expression} {whens} end"
