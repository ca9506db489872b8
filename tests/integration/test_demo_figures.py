"""The demo's figures: they add up, they never change, and what was planted is found by the
bounded-trend rule (in plain Python, for one axis)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter, defaultdict
from functools import cache
from math import fsum, sqrt
from pathlib import Path
from typing import Any

import pytest
from rule_by_hand import Line, class_of, judged, line_through, memory_of, noise_of

from wijkpeil.catalog import Catalog, Indicator, load_catalog
from wijkpeil.demo import PLANTED, demo_world
from wijkpeil.demo.country.address_files import FILE_YEARS
from wijkpeil.demo.country.areas import GEMEENTEN, MOVED_IN, RECODED_IN, YEARS, areas
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.demo.country.kwb_tables import cbs_tables
from wijkpeil.demo.country.survey import survey_csv
from wijkpeil.settings import Settings

ALERTS = ("stagnating", "deteriorating")
Series = dict[int, tuple[float, float]]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The demo's catalog, as a user's flow reads it."""
    folder = tmp_path_factory.mktemp("catalog")
    write_catalog(folder)
    return load_catalog(folder)


def rows_of(cbs_id: str) -> list[dict[str, Any]]:
    table = next(table for table in cbs_tables() if table.cbs_id == cbs_id)
    assert not isinstance(table.data, Path)
    return [dict(row) for row in table.data]


def column_of(cbs_id: str, title: str, unit: str, parent: str | None = None) -> str:
    table = next(table for table in cbs_tables() if table.cbs_id == cbs_id)
    by_id = {row["ID"]: row for row in table.data_properties}
    found = [
        row["Key"]
        for row in table.data_properties
        if (row["Title"].strip(), row["Unit"]) == (title, unit)
        and (parent is None or by_id[row["ParentID"]]["Title"] == parent)
    ]
    assert len(found) == 1, f"{cbs_id} '{title}': {found}"
    return str(found[0])


@cache
def published(folder: Path) -> dict[str, dict[str, Series]]:
    """Indicator, area, year: value and standard error, for everything the catalog names."""
    catalog = load_catalog(folder)
    found: dict[str, dict[str, Series]] = defaultdict(lambda: defaultdict(dict))
    for table in catalog.tables:
        for measure in table.measure:
            key = column_of(table.cbs_id, measure.title, measure.unit, measure.parent)
            for row in rows_of(table.cbs_id):
                period = row.get("Perioden", f"{table.year}JJ00")
                crime = measure.where.get("SoortMisdrijf")
                is_asked = crime is None or row["SoortMisdrijf"].strip() == crime
                if row[key] is not None and period.endswith("JJ00") and is_asked:
                    area = row["WijkenEnBuurten"].strip()
                    found[measure.indicator][area][int(period[:4])] = (float(row[key]), 0.0)
    (extract,) = catalog.extracts
    text = (folder / extract.location).read_bytes().decode(extract.encoding)
    for row in csv.DictReader(io.StringIO(text), delimiter=extract.delimiter):
        for measure in extract.measure:
            area, year, cell = row[extract.area_column], int(row["Jaar"]), row[measure.column]
            if area in extract.ignored_areas or year in measure.absent_years:
                continue
            if cell not in extract.missing:
                margin = row[measure.margin_95_column] if measure.margin_95_column else "0"
                found[measure.indicator][area][year] = (
                    float(cell.replace(",", ".")),
                    float(margin.replace(",", ".")) / 1.96,
                )
    for indicator in catalog.indicators:
        if indicator.rate is not None:
            rate = indicator.rate
            for area, series in found[rate.numerator].items():
                for year, (count, _) in series.items():
                    people = found[rate.denominator][area].get(year, (0.0, 0.0))[0]
                    if people:
                        chance = 1 if rate.counts == "events" else 0.7
                        se = rate.per * sqrt(chance * max(count, 1)) / people
                        found[indicator.id][area][year] = (rate.per * count / people, se)
    return found


def classes(
    indicator: Indicator, wijken: dict[str, Series], editions: range
) -> dict[str, dict[int, str]]:
    """Class per wijk and edition: section 4 of the stagnation method, own axis, no breaks."""
    assert indicator.meaningful_change is not None
    found: dict[str, dict[int, str]] = defaultdict(dict)
    memory = memory_in_newest(indicator, wijken)
    for edition in editions:
        fits = {code: fit(indicator, wijken[code], edition) for code in wijken}
        noise = pool(fits)
        for code, line in fits.items():
            was_alert = found[code].get(edition - 1, "") in ALERTS
            found[code][edition] = (
                "insufficient"
                if line is None
                else class_of(line.slope, judged(line, noise, memory), was_alert=was_alert)
            )
    return found


def pool(fits: dict[str, Line | None]) -> float:
    lines = [line for line in fits.values() if line is not None]
    return noise_of(lines) if lines else 0.0


def memory_in_newest(indicator: Indicator, wijken: dict[str, Series]) -> float | None:
    """How far the errors of one year resemble those of the year before, each series by its newest
    window beside the noise of that edition."""
    newest: dict[int, list[str]] = defaultdict(list)
    for code, series in wijken.items():
        if series:
            newest[max(series)].append(code)
    told = []
    for edition, codes in newest.items():
        fits = {code: fit(indicator, wijken[code], edition) for code in wijken}
        noise = pool(fits)
        told += [(line, noise) for code in codes if (line := fits[code]) is not None]
    return memory_of(told)


def fit(indicator: Indicator, series: Series, edition: int) -> Line | None:
    """In meaningful changes; None where there are too few figures."""
    change = indicator.meaningful_change
    assert change is not None
    years = [year for year in range(edition - indicator.window + 1, edition + 1) if year in series]
    if len(years) < 4 or years[-1] - years[0] < 3 or years[-1] < edition - 2:
        return None
    values = [series[year][0] for year in years]
    size = change.per_year or (change.relative or 0) * fsum(values) / len(values)
    sign = 1 if indicator.direction == "higher_is_better" else -1
    e2 = fsum((series[year][1] / size) ** 2 for year in years) / len(years)
    return line_through({y: sign * v / size for y, v in zip(years, values, strict=True)}, e2)


@pytest.fixture(scope="module")
def found(catalog: Catalog) -> dict[str, dict[str, dict[str, dict[int, str]]]]:
    """Theme, wijk, indicator, edition: the class the rule gives."""
    values = published(catalog.folder)
    wijken = [area.code for area in areas(YEARS[-1]) if area.level == "wijk"]
    result: dict[str, dict[str, dict[str, dict[int, str]]]] = defaultdict(lambda: defaultdict(dict))
    for indicator in catalog.indicators:
        if indicator.direction != "none":
            series = {code: values[indicator.id][code] for code in wijken}
            for code, named_by_edition in classes(indicator, series, range(2018, 2026)).items():
                result[indicator.theme][code][indicator.id] = named_by_edition
    return result


def is_alert(by_indicator: dict[str, dict[int, str]], edition: int) -> bool:
    """The roll-up of section 4: enough alerts among the conclusive indicators of a theme."""
    last = [by_edition[edition] for by_edition in by_indicator.values()]
    alerts = sum(name in ALERTS for name in last)
    conclusive = alerts + last.count("improving")
    if conclusive >= 5:
        return alerts >= 3 and 3 * alerts >= conclusive
    return conclusive >= 3 and alerts >= 2


def named_now(by_indicator: dict[str, dict[int, str]]) -> Counter[str]:
    return Counter(by_edition[YEARS[-1]] for by_edition in by_indicator.values())


def of_kind(*kinds: str) -> list[str]:
    return [code for code, kind in PLANTED.items() if kind in kinds]


def test_the_wijken_that_stand_still_are_the_planted_ones(found: Any) -> None:
    for theme in ("liveability", "safety"):
        alerts = {code for code, named in found[theme].items() if is_alert(named, YEARS[-1])}
        assert alerts == set(of_kind(*ALERTS)), theme
    assert len(of_kind(*ALERTS)) == 6


@pytest.mark.parametrize("theme", ["liveability", "safety"])
def test_planted_classes_are_found_on_most_indicators(found: Any, theme: str) -> None:
    for code in of_kind("stagnating"):
        assert named_now(found[theme][code])["stagnating"] >= 4, code
    for code in of_kind("deteriorating"):
        assert named_now(found[theme][code])["deteriorating"] >= 4, code
    for code in of_kind("noisy"):
        now = named_now(found[theme][code])
        assert now["inconclusive"] + now["insufficient"] >= 4, code
        assert now["deteriorating"] == 0, "their noise is ten times that of the others"


def test_improving_wijken_are_never_flagged_in_any_edition(found: Any) -> None:
    for by_wijk in found.values():
        for code in of_kind("improving"):
            for indicator, by_edition in by_wijk[code].items():
                assert not set(by_edition.values()) & set(ALERTS), (code, indicator)


def test_a_boundary_change_looks_like_standing_still_to_who_overlooks_it(found: Any) -> None:
    assert found["liveability"]["WK990306"]["low_income_share"][YEARS[-1]] in ALERTS


def test_a_wijk_that_stalls_later_is_flagged_only_after_some_years(found: Any) -> None:
    late = found["liveability"]["WK990302"]
    assert not is_alert(late, 2020)
    assert is_alert(late, 2023)


def test_buurten_add_up_to_wijken_and_those_to_gemeenten_and_the_country() -> None:
    counts = ["Aantal inwoners", "Huishoudens totaal", "Woningvoorraad", "Mannen", "Vrouwen"]
    counts.append("Personen per soort uitkering; Bijstand")
    for table in cbs_tables()[:-1]:
        rows = {row["WijkenEnBuurten"].strip(): row for row in rows_of(table.cbs_id)}
        for title in counts:
            key = column_of(table.cbs_id, title, "aantal")
            for whole, parts in parts_of(rows).items():
                assert rows[whole][key] == sum(rows[part][key] for part in parts), (whole, title)
                assert title != "Aantal inwoners" or rows[whole][key] % 5 == 0


def parts_of(codes: Any) -> dict[str, list[str]]:
    """Each area that has parts, with its parts one level down."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        if code != "NL00":
            above = {"GM": "NL00", "WK": f"GM{code[2:6]}", "BU": f"WK{code[2:8]}"}
            found[above[code[:2]]].append(code)
    return found


@pytest.mark.parametrize("year", [2014, 2020, 2025])
def test_means_of_gemeenten_are_weighted_means_of_their_wijken(catalog: Catalog, year: int) -> None:
    values = published(catalog.folder)
    checked = 0
    for indicator in catalog.indicators:
        if indicator.denominator is None:
            continue
        series, weights = values[indicator.id], values[indicator.denominator]
        wijken = [area.code for area in areas(year) if area.level == "wijk"]
        for gemeente in GEMEENTEN:
            parts = [code for code in wijken if code[2:6] == gemeente[2:]]
            shown = [code for code in parts if year in series[code]]
            hidden = fsum(weights[code][year][0] for code in set(parts) - set(shown))
            if year not in series[gemeente] or hidden > 1000:
                continue
            total = fsum(weights[code][year][0] for code in shown)
            mean = fsum(series[code][year][0] * weights[code][year][0] for code in shown) / total
            # both sides are rounded; the few withheld wijken are small
            slack = 1.1 * 10.0**-indicator.decimals
            assert abs(mean - series[gemeente][year][0]) <= slack, (indicator.id, gemeente)
            checked += 1
    assert checked >= 15


def test_police_counts_add_up_and_are_restated_to_the_last_years_areas() -> None:
    by_cell: dict[tuple[str, str], dict[str, int | None]] = defaultdict(dict)
    for row in rows_of("90099DEM"):
        key = (row["SoortMisdrijf"], row["Perioden"])
        by_cell[key][row["WijkenEnBuurten"].strip()] = row["GeregistreerdeMisdrijven_1"]
    for (crime, period), cells in by_cell.items():
        assert set(cells) == {area.code for area in areas(YEARS[-1])}
        if period.endswith("JJ00"):
            total = by_cell["0.0.0 ", period]
            wijken = [count for code, count in cells.items() if code.startswith("WK")]
            assert cells["NL00"] == sum(count or 0 for count in wijken), (crime, period)
            assert total["NL00"] >= cells["NL00"]
    assert {len(crime) for crime, _ in by_cell} == {6}
    assert any(period[4:6] == "MM" for _, period in by_cell)
    assert any(count is None for cells in by_cell.values() for count in cells.values())


def test_what_goes_wrong_with_real_figures_is_in_these() -> None:
    def cells(year: int, title: str, unit: str) -> dict[str, Any]:
        cbs_id = f"900{year - 2000}DEM"
        key = column_of(cbs_id, title, unit)
        return {row["WijkenEnBuurten"].strip(): row[key] for row in rows_of(cbs_id)}

    income = "Gemiddeld inkomen per inwoner", "x 1 000 euro"
    assert set(cells(2025, *income).values()) == {None}, "the late indicator"
    assert cells(2024, *income)["NL00"] > 20
    assert [cells(year, *income)["WK990112"] for year in range(2019, 2023)] == [None] * 4
    assert cells(2023, *income)["WK990112"] is not None

    change = "Indelingswijziging wijken en buurten", "code"
    before, after = cells(RECODED_IN - 1, *change), cells(RECODED_IN, *change)
    assert "WK990211" in before
    assert "WK990211" not in after
    assert after["WK990231"] == "2"
    moved = cells(MOVED_IN, *change)
    assert {code for code, flag in moved.items() if flag == "3"} == {"WK990305", "WK990306"}
    assert moved["BU99030606"] == "2"
    assert "BU99030504" not in moved
    assert {moved["NL00"], moved["GM9901"]} == {"."}


def test_keys_shift_between_years_and_titles_repeat_and_end_in_blanks() -> None:
    gas = {year: column_of(f"900{year - 2000}DEM", "Appartement", "m³") for year in YEARS}
    assert len(set(gas.values())) > 1
    properties = cbs_tables()[0].data_properties
    titles = Counter(row["Title"] for row in properties if row["Type"] == "Topic")
    assert titles["Appartement"] == titles["Percentage onbewoond"] == 2
    assert any(title != title.strip() for title in titles)
    assert {row["Key"] for row in properties if row["Type"] == "TopicGroup"} == {""}
    assert properties[0]["Type"] == "GeoDetail"


def test_the_survey_has_the_traps_of_a_municipal_file() -> None:
    text = survey_csv().decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        survey_csv().decode("utf-8")
    assert "Poëtenbuurt" in text and "€" in text
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert {len(row) for row in rows} == {8}
    cells = {cell for row in rows for cell in row}
    assert {".", "x", "n.n.b.", "WK9902--"} <= cells
    assert {row[5] for row in rows if row[2] in ("2014", "2015")} == {"0,0"}


def test_the_same_bytes_on_every_run_and_every_machine() -> None:
    """A change of these figures is a change of the demo's text and pictures: do it on purpose."""
    digest = hashlib.sha256(survey_csv())
    for table in cbs_tables():
        parts = [table.table_infos, table.data_properties, table.code_lists, table.data]
        digest.update(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode())
    assert digest.hexdigest() == "fd05022f3927d511b1718dee69036865d8f23e45506f950f7633c6841e0c8fc5"


def test_another_seed_gives_other_figures() -> None:
    assert survey_csv(1) != survey_csv(2)


def test_everything_is_said_to_be_synthetic(catalog: Catalog) -> None:
    assert len(catalog.figure_sources) == len(YEARS) + 2
    assert len(catalog.address_files) == len(FILE_YEARS)
    for source in catalog.sources:
        assert source.synthetic
        assert "synthetisch" in source.title_nl
        assert "geen statistiek" in source.attribution
    assert all("synthetisch" in indicator.definition_nl for indicator in catalog.indicators)
    assert all("fictief" in programme.name_nl for programme in catalog.programmes)
    assert all("synthetisch" in table.table_infos["Title"] for table in cbs_tables())


def test_ten_liveability_and_six_safety_indicators(catalog: Catalog) -> None:
    behind_rates = {i.rate.numerator for i in catalog.indicators if i.rate} | {"households"}
    shown = Counter(i.theme for i in catalog.indicators if i.id not in behind_rates)
    assert shown == {"liveability": 10, "safety": 6}


def test_programmes_follow_areas_that_exist(catalog: Catalog) -> None:
    now = {area.code for area in areas(YEARS[-1])}
    followed = {code for programme in catalog.programmes for code in programme.areas}
    assert followed <= now
    assert set(PLANTED) <= followed


def test_the_world_gives_settings_that_are_accepted_and_leaves_right_files_alone(
    tmp_path: Path,
) -> None:
    with demo_world(tmp_path) as world:
        settings = Settings.from_environment(world.environment)
        assert settings.smtp_password() == world.mail.password
        assert settings.mail_server().tls_context()
        assert (settings.smtp_password_file or tmp_path).stat().st_mode & 0o777 == 0o600
        assert settings.warehouse == tmp_path / "warehouse"
        first = load_catalog(settings.catalog).fingerprint
        stamps = {path: path.stat().st_mtime_ns for path in settings.catalog.iterdir()}
    with demo_world(tmp_path) as world:
        catalog = Settings.from_environment(world.environment).catalog
        assert load_catalog(catalog).fingerprint == first
        assert {path: path.stat().st_mtime_ns for path in catalog.iterdir()} == stamps
