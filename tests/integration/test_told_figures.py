"""What sentences and pages say of figures: rounded once, and in the direction that they move."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.rule import filled
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.report.figures import trend
from wijkpeil.rounding import rounded
from wijkpeil.words import words_of

NL = words_of("nl")


def cards(pages: Any) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Of each area and indicator: its card, and its newest year."""
    for (kind, name), data in pages[1].items():
        for each in data["cards"] if kind == "area" else ():
            valued = [year for year in each["years"] if year["value"] is not None]
            if valued:
                yield name, each["card"], valued[-1]


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def text(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


# rounding


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        *((3.650442, 1, 3.7), (0.85034, 1, 0.9), (3.94958, 1, 3.9), (0.845034, 1, 0.8)),
        *((0.25, 1, 0.3), (-0.25, 1, -0.3), (2.5, 0, 3.0), (1.005, 2, 1.01), (-0.04, 1, 0.0)),
        *((0.1 + 0.2, 1, 0.3), (0.15 - 1e-17, 1, 0.2), (1e12 + 0.5, 0, 1e12 + 1)),
    ],
)
def test_a_figure_is_rounded_once_and_halves_away_from_zero(
    value: float, decimals: int, expected: float
) -> None:
    assert rounded(value, decimals) == expected


def test_a_sentence_and_a_page_round_alike() -> None:
    chance = random.Random(12)
    values = [chance.randint(-(10**6), 10**6) / 10 ** chance.randint(1, 6) for _ in range(4000)]
    values += [chance.uniform(-400, 400) for _ in range(2000)]
    values += [total / parts for total in range(1, 60) for parts in (3, 7, 16, 40, 64, 1000)]
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        make_sentences(connection)
        for decimals in range(5):
            told = connection.execute(
                f"select number_nl(value, {decimals}) "
                "from (select unnest($values) as value, unnest(range(len($values))) as place) "
                "order by place",
                {"values": values},
            ).fetchall()
            shown = [NL.number(value, decimals) for value in values]
            assert [one for (one,) in told] == shown


def test_every_figure_of_a_page_is_that_of_its_sentence(pages: Any) -> None:
    compared = 0
    for name, card, newest in cards(pages):
        sentence = card["sentence_nl"] or ""
        known = pages[0].indicators[card["indicator"]]
        if known["unit"].startswith("x 1.000"):  # told in euros
            continue
        moved = re.search(
            r"(steeg|daalde) het cijfer gemiddeld met (\S+)\s.*?\(marge (\S+) tot (\S+)\)",
            # of the whole window, not of the last years of a line that bent
            sentence.partition(", en van ")[0],
        )
        if moved:
            told = trend(card, known["decimals"], NL)
            low, high = moved[3], moved[4]
            if moved[1] == "daalde":
                low, high = _turned(high), _turned(low)
            sign = "−" if moved[1] == "daalde" else ""
            assert told == f"{sign}{moved[2]} ({low} tot {high})", (name, sentence)
            compared += 1
        if level := re.search(rf"In {newest['year']} was het cijfer ([\d.,−]+)", sentence):
            shown = NL.number(newest["value"], known["decimals"])
            assert level[1].rstrip(".,") == shown, (name, sentence)
            compared += 1
    assert compared > 300


def _turned(told: str) -> str:
    """The number with its other sign."""
    if not told.strip("0,.−"):
        return told.removeprefix("−")
    return told.removeprefix("−") if told.startswith("−") else f"−{told}"


# movements


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_margin_contains_the_movement_it_is_of(
    edition: duckdb.DuckDBPyConnection, language: str
) -> None:
    pattern = {
        "nl": r"(?:gemiddeld met|per jaar gemiddeld) ([\d.,]+)\s[^()]*\(marge (\S+) tot (\S+)\)",
        "en": r"average (?:by )?([\d.,]+)\s[^()]*\(margin (\S+) to (\S+)\)",
    }[language]
    found = 0
    for (sentence,) in rows(
        edition, f"select sentence_{language} from marts.stagnation where sentence_nl is not null"
    ):
        if told := re.search(pattern, sentence):
            texts = [each.replace("." if language == "nl" else ",", "") for each in told.groups()]
            movement, low, high = (
                float(each.replace(",", ".").replace("−", "-")) for each in texts
            )
            assert low <= movement <= high, sentence
            assert movement > 0, sentence
            found += 1
    assert found > 4000


def test_a_gap_that_does_not_narrow_is_never_told_as_narrowing(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    own = rows(
        edition,
        """
        select own.sentence_nl, gap.sentence_nl, gap.slope, gap.is_held
        from marts.stagnation as own
        join marts.stagnation as gap
            using (area_code, indicator_id, programme_id, edition_year)
        where own.axis = 'own' and gap.class = 'stagnating'
            and (gap.axis = 'gap_gemeente' or gap.axis = 'gap_nl' and not exists (
                from marts.stagnation as nearer
                where nearer.axis = 'gap_gemeente' and nearer.class not in ('ahead', 'insufficient')
                    and nearer.area_code = own.area_code
                    and nearer.indicator_id = own.indicator_id
                    and nearer.edition_year = own.edition_year
            ))
            and own.sentence_nl like '%De achterstand op%'
        """,
    )
    widening = [row for row in own if row[2] <= 0 and not row[3]]
    assert len(widening) > 50
    for told, of_gap, _, _ in widening:
        assert "wordt niet genoeg kleiner" not in told
        assert "wordt niet genoeg kleiner" not in of_gap
        assert "wordt niet kleiner" in of_gap
    assert any("wordt niet genoeg kleiner" in row[0] for row in own if row[2] > 0)


def test_a_relative_gap_is_told_in_percent_of_what_it_is_compared_with(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    """The told movement has the sign of the line through the relative difference itself."""
    found = rows(
        edition,
        """
        with ratio as (
            select trend.area_code, trend.indicator_id, trend.edition_year,
                regr_slope(100 * (point.value / point.nl_value - 1), point.year) as moved,
                any_value(trend.gap) as gap,
            from core.trend as trend
            join core.trend_point as point using (series_id, line)
            join catalog.indicator as indicator using (indicator_id)
            where trend.axis = 'gap_nl' and trend.programme_id is null and trend.segments = 1
                and trend.class <> 'insufficient' and indicator.change_relative is not null
                and point.year between trend.first_year and trend.last_year
            group by all
        )
        select stagnation.sentence_nl, ratio.moved, direction * ratio.gap,
            stagnation.last_value / stagnation.reference_value
        from ratio
        join marts.stagnation as stagnation using (area_code, indicator_id, edition_year)
        join catalog.indicator using (indicator_id)
        where stagnation.axis = 'gap_nl' and stagnation.sentence_nl is not null
        """,
    )
    wrong, seen = 0, 0
    for sentence, moved, raw, share in found:
        told = re.search(
            r"in verhouding per jaar gemiddeld ([\d,]+)\s\S+ (kleiner|groter)", sentence
        )
        if told is None:
            assert "verschil in verhouding gemiddeld gelijk" in sentence
            continue
        grows = (moved > 0) == (raw >= 0)
        seen += 1
        # both are straight lines, but not of quite the same figures: near nothing they may differ
        wrong += grows != (told[2] == "groter") and float(told[1].replace(",", ".")) > 0.5
        assert re.search(rf"{NL.number(100 * share, 1)}% van (dat van|Nederland)", sentence)
    assert seen > 200
    assert wrong == 0


# classes


def test_an_area_that_is_ahead_has_no_alert_on_that_gap(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    ahead = "axis <> 'own' and class <> 'insufficient' and gap >= 0"
    assert rows(
        edition, f"select distinct class, is_alert from marts.stagnation where {ahead}"
    ) == [("ahead", False)]
    assert rows(
        edition,
        f"select count(*) from marts.stagnation where ({ahead}) and ("
        "sentence_nl like '%signaal%' or is_held or is_new_alert_allowed or editions_in_a_row > 0)",
    ) == [(0,)]
    assert rows(
        edition, "select count(*) from marts.stagnation where class = 'ahead' and axis = 'own'"
    ) == [(0,)]
    # how a lead moves is kept
    kinds = "select distinct line_class from marts.stagnation where class = 'ahead'"
    assert len(rows(edition, kinds)) == 4


def test_a_run_of_alerts_is_as_long_as_it_is_told(edition: duckdb.DuckDBPyConnection) -> None:
    wrong = rows(
        edition,
        """
        with numbered as (
            select *, edition_year - coalesce(max(if(is_alert, null, edition_year)) over (
                partition by area_code, indicator_id, programme_id, axis order by edition_year
            ), min(edition_year) over (
                partition by area_code, indicator_id, programme_id, axis
            ) - 1) as run
            from marts.stagnation
        )
        from numbered where editions_in_a_row <> run
        """,
    )
    assert wrong == []


def test_only_an_area_that_stands_still_does_so_structurally(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    few = "lasting >= 1 and not is_alert"
    assert rows(edition, f"select count(*) from marts.area_alert where {few}")[0][0] > 0
    assert rows(edition, "from marts.area_alert where is_structural and not is_alert") == []


def test_an_example_began_and_ended_where_its_charts_draw_its_line(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    drawn = """
        select count(*), count(*) filter (
            where abs(band.fitted - comparable_start_level) > 1e-9
            or abs(last_band.fitted - comparable_end_level) > 1e-9
        )
        from marts.comparable
        join core.trend_series as series
            on series.area_code = comparable_code
            and series.indicator_id = comparable.indicator_id
            and series.programme_id is null
        join core.trend_band as band
            on band.series_id = series.series_id
            and band.axis = comparable.axis
            and band.edition_year = comparable.edition_year
            and band.year = comparable.first_year
        join core.trend_band as last_band
            on last_band.series_id = series.series_id
            and last_band.axis = comparable.axis
            and last_band.edition_year = comparable.edition_year
            and last_band.year = comparable.last_year
        where level_form = 'figure'
    """
    [(examples, wrong)] = rows(edition, drawn)
    [(all_of_them,)] = rows(
        edition, "select count(*) from marts.comparable where level_form = 'figure'"
    )
    assert (examples, wrong) == (all_of_them, 0)
    assert examples > 0


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (["insufficient"], "voor de enige indicator zijn er niet genoeg gegevens"),
        (["insufficient"] * 2, "voor geen van de 2 indicatoren"),
        (["inconclusive"], "de enige beoordeelde indicator geeft geen uitsluitsel"),
        (["inconclusive"] * 2, "geen van de 2 beoordeelde indicatoren"),
        (["improving"], "de enige vast te stellen indicator"),
    ],
)
def test_one_indicator_is_told_in_the_singular(classes: list[str], expected: str) -> None:
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        make_sentences(connection)
        connection.execute(
            """
            create schema catalog; create schema marts;
            create table catalog.indicator as
            select 'i' || g as indicator_id, 'i' || g as counts_with, 'safety' as theme,
                null as pillar
            from range(?) t(g);
            """,
            [len(classes)],
        )
        connection.execute(
            "create table core.place as select 'WK000001' as area_code, 'Dam' as gemeente_name"
        )
        connection.execute(
            """
            create table marts.stagnation as
            select 2025 as edition_year, 'WK000001' as area_code, 'Wijk' as area_name,
                null as programme_id, 'own' as axis, 'i' || place as indicator_id, class,
                false as is_alert, 0 as editions_in_a_row, true as is_headline
            from (select unnest($classes) as class, unnest(range(len($classes))) as place)
            """,
            {"classes": classes},
        )
        sql = filled(SQL / "marts" / "area_alert.sql", SQL)
        [(dutch, english)] = rows(connection, f"select sentence_nl, sentence_en from ({sql}\n)")
    assert expected in dutch
    assert not re.search(r"\b1 (beoordeelde )?indicatoren|none of the 1 ", dutch + english)


# pages


def test_the_method_tells_the_margin_of_the_rule(pages: Any) -> None:
    renderer, data = pages
    margin = NL.number(renderer.site["rule"]["margin_errors"], 2)
    assert f"{margin} standaardfouten" in renderer.render("method", "", data["method", ""])


def test_a_ranking_is_of_the_newest_figures_of_wijken(pages: Any) -> None:
    renderer, data = pages
    page = data["indicator", "low_income_share"]
    wijken = [each for each in page["areas"] if each["rank"] and each["code"].startswith("WK")]
    values = [each["value"] for each in wijken]
    assert values == sorted(values) and None not in values
    assert len({each["year"] for each in wijken}) == 1
    # too few years for a trend, and a figure
    assert any(each["class"] == "insufficient" for each in wijken)
    for each in page["areas"]:
        better = sum(value < each["value"] for value in values) if each["rank"] else None
        assert each["rank"] == (None if better is None else better + 1), each["name"]
    # an area of a programme is mostly a wijk that is counted already
    assert page["spread"]["areas"] == 40
    assert page["spread"]["valued"] == len(page["spread"]["values"]) == 37
    shown = text(renderer.render("indicator", "low_income_share", page))
    assert "wijken van Nederland" not in shown
    assert "Oordelen over 40 wijken" in shown and "de 37 wijken met een cijfer over 2025" in shown


def test_the_column_of_a_difference_shows_the_difference(pages: Any) -> None:
    renderer, data = pages
    compared = 0
    for (kind, name), page in data.items():
        if kind != "area":
            continue
        sheet = re.search(
            r'<table class="factsheet">.*?</table>', renderer.render(kind, name, page), re.DOTALL
        )
        for each in page["cards"] if sheet else ():
            card = each["card"]
            known = renderer.indicators[card["indicator"]]
            for gap in card["gaps"]:
                if gap["reference"] is None or gap["class"] == "insufficient":
                    continue
                shown = renderer._difference_of(gap, card)
                value, reference = (
                    rounded(gap[end], known["decimals"]) for end in ("value", "reference")
                )
                if shown.endswith("hoger"):
                    assert gap["value"] > gap["reference"]
                elif shown.endswith("lager"):
                    assert gap["value"] < gap["reference"]
                if not card["is_relative"]:
                    off = NL.number(abs(value - reference), known["decimals"])
                    assert shown == "gelijk" or shown.startswith(off)
                compared += 1
    assert compared > 500
    sheet_of = text(renderer.render("area", "WK990104", data["area", "WK990104"]))
    assert re.search(r"wordt groter 7,5\s%-punt hoger \(7,9%\)", sheet_of)


def test_a_wijk_that_is_ahead_is_never_shown_as_failing(pages: Any) -> None:
    renderer, data = pages
    page = renderer.render("area", "WK990101", data["area", "WK990101"])
    sheet = re.search(r'<table class="factsheet">.*?</table>', page, re.DOTALL)
    assert sheet
    cells = re.findall(r'<td class="gap">(.*?)</td>', sheet[0], re.DOTALL)
    assert sum("c-ahead" in cell for cell in cells) > 10
    for cell in cells:
        if "voorsprong" in cell:
            assert "c-stagnating" not in cell and "c-deteriorating" not in cell


@pytest.mark.parametrize("document", ["README.md", "docs/report.md"])
def test_a_shown_sheet_is_that_of_the_demo(pages: Any, document: str) -> None:
    shown = (SQL.parent / document).read_text(encoding="utf-8")
    lines = re.findall(r"^(\S.+?) {2,}(\S \w+) +(\S+) .*?(\S+ \(\S+ tot \S+?\))", shown, re.M)
    renderer, data = pages
    page = text(renderer.render("area", "WK990203", data["area", "WK990203"]))
    assert len(lines) == 3
    for name, class_, value, pace in lines:
        _, _, row = page.partition(f"{name.removesuffix(' ...')} ")
        assert all(told in row[:300] for told in (class_[2:], value, pace)), (name, row[:300])
