"""The catalog: what is accepted, and how each mistake is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wijkpeil.catalog import load_catalog
from wijkpeil.errors import WijkError

REAL = Path(__file__).parents[1] / "real" / "catalog"
NAMES = ("cbs.toml", "extracts.toml", "indicators.toml", "programmes.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalog without mistakes, to make one in."""
    for name in NAMES:
        (tmp_path / name).write_text((REAL / name).read_text())
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def mistakes(folder: Path) -> str:
    with pytest.raises(WijkError) as caught:
        load_catalog(folder)
    return str(caught.value)


def test_a_catalog_without_mistakes_is_read(folder: Path) -> None:
    catalog = load_catalog(folder)
    assert [source.id for source in catalog.sources] == ["kwb_2020", "denhaag_elan"]
    assert catalog.source("kwb_2020").kind == "cbs_v3"
    assert [each.recipients for each in catalog.programmes] == [["programma@voorbeeld.example"]]


def test_the_shipped_catalog_is_read_and_says_what_is_not_confirmed() -> None:
    catalog = load_catalog(Path(__file__).parents[2] / "catalog")
    directed = [i.theme for i in catalog.indicators if i.direction != "none"]
    assert directed.count("liveability") >= 25
    assert directed.count("safety") >= 12
    for source in catalog.sources:
        assert source.confirmed or source.note, source.id
        assert "{" not in source.title_nl + source.attribution, source.id


def test_of_all_that_is_shipped_it_is_said_how_it_is_known() -> None:
    strength = "DOKCI"
    for table in load_catalog(Path(__file__).parents[2] / "catalog").tables:
        if table.confirmed:
            continue
        year = table.year or (table.wanted_years[0] if len(table.wanted_years) == 1 else None)
        for owner in (table, *table.present_measures):
            name = (table.id, getattr(owner, "indicator", None))
            marks = [strength.index(each.mark) for each in owner.evidence]
            assert marks == sorted(marks), name
            known = [each for each in owner.evidence if not each.years or year in each.years]
            assert known, name


def test_a_table_of_one_year_is_titled_by_it_also_where_it_has_periods() -> None:
    tables = {each.id: each for each in load_catalog(Path(__file__).parents[2] / "catalog").tables}
    benefits = tables["benefits_2023"]
    assert benefits.title_nl.endswith("soort uitkering, wijken en buurten 2023")
    assert "2023 (85586NED)" in benefits.attribution
    assert not any("{" in each.title_nl + each.attribution for each in tables.values())


def test_a_wording_of_one_year_is_that_of_no_other_measure_in_it() -> None:
    for table in load_catalog(Path(__file__).parents[2] / "catalog").tables:
        owners: dict[tuple[str, str, str], str] = {}
        for measure in table.present_measures:
            for each in measure.wordings(table.year):
                name = (each.title, each.unit, str(measure.where))
                assert owners.setdefault(name, measure.indicator) == measure.indicator
    by_id = {each.id: each for each in load_catalog(Path(__file__).parents[2] / "catalog").tables}
    old = {each.indicator: each for each in by_id["kwb_2013"].present_measures}
    assert "vacancy_share" not in old
    assert "low_income_share" not in old
    titles = [each.title for each in old["lowest_income_households_share"].wordings(2013)]
    assert titles == ["40% huishoudens met laagste inkomen", "Huishoudens met laag inkomen"]
    later = {each.indicator: each for each in by_id["kwb_2014"].present_measures}
    titles = [each.title for each in later["lowest_income_households_share"].wordings(2014)]
    assert titles == ["40% huishoudens met laagste inkomen"]


def test_all_mistakes_are_told_together_with_file_block_and_key(folder: Path) -> None:
    change(folder / "cbs.toml", 'api = "v3"', 'api = "v3"\nareas = 1')
    change(folder / "indicators.toml", "range = [0, 20000000]", "range = [9, 1]")
    change(folder / "programmes.toml", '"welfare_share"', '"welfare"')
    text = mistakes(folder)
    assert "3 mistakes" in text
    assert "cbs.toml, [[table]] kwb_2020: unknown key 'areas'; nearest:" in text
    assert "indicators.toml, [[indicator]] inwoners: key 'range': the first limit, 9, is" in text
    assert "programmes.toml, [[programme]] den_haag_proef, key 'indicators': no indicator" in text
    assert "nearest: 'welfare_share'" in text


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("cbs.toml", 'id = "kwb_2020"', 'id = "denhaag_elan"', "id is used more than once"),
        ("cbs.toml", 'cbs_id = "84799NED"', 'cbs_id = "../84799NED"', "key 'cbs_id'"),
        ("cbs.toml", "year = 2020", 'year = "2020"', "key 'year'"),
        ("cbs.toml", "year = 2020\n", "", "give either 'year' or 'period_dimension'"),
        (
            "cbs.toml",
            "year = 2020\n",
            'period_dimension = "Perioden"\n',
            "'period_dimension' goes with either 'years' or 'at_years'",
        ),
        ("cbs.toml", 'api = "v3"', 'api = "v5"', "key 'api'"),
        ("cbs.toml", 'indicator = "inwoners"', 'indicator = "inwoner"', "nearest: 'inwoners'"),
        ("cbs.toml", 'title = "Aantal inwoners"\n', "", "'measure.1.title' is missing"),
        ("cbs.toml", "[[table]]", "[table]", "write [[table]] with two brackets"),
        ("cbs.toml", "[[table]]", "[[tabel]]", "unknown block 'tabel'"),
        ("extracts.toml", 'id = "denhaag_elan"', 'id = "Den Haag"', "key 'id'"),
        ("extracts.toml", "scale = 100", 'scale = "x"', "key 'measure.2.scale'"),
        (
            "extracts.toml",
            'location = "elan',
            'location = "http://data.example/elan',
            "'location' is a path or an https address",
        ),
        (
            "extracts.toml",
            "scale = 100",
            "rounded_to = 0",
            "rounded_to': input should be greater than 0",
        ),
        ("indicators.toml", "[[indicator]]", "[[indicator]", "is not TOML"),
        ("indicators.toml", "relative = 0.05,", "relative = 5.0,", "less than 1"),
        (
            "indicators.toml",
            'direction = "higher_is_better"',
            'direction = "none"',
            "'meaningful_change' goes with a direction",
        ),
        ("indicators.toml", 'numerator = "bij', 'numerator = "by', "'rate.numerator'"),
        ("indicators.toml", 'judge = "gap_nl"', 'judge = "gap"', "key 'judge'"),
        ("indicators.toml", 'judge = "gap_nl"', 'judge = "level"', "money is never judged"),
        ("indicators.toml", 'judge = "gap_nl"', 'judge = "both"', "money is never judged"),
        ("indicators.toml", 'judge = "gap_nl"\n', "", "money is never judged"),
        ("indicators.toml", 'judge_owner = "test"\n', "", "needs 'judge_owner'"),
        ("indicators.toml", 'unit = "inwoners"', 'unit = "x"\njudge = "both"', "with a direction"),
        ("programmes.toml", "WK051827", "0518-27", "key 'areas.1'"),
        (
            "programmes.toml",
            "programma@voorbeeld.example",
            "a@b.example\\nBcc: x@y.example",
            "is not a mail address",
        ),
    ],
)
def test_a_mistake_is_told(folder: Path, name: str, old: str, new: str, told: str) -> None:
    change(folder / name, old, new)
    text = mistakes(folder)
    assert told in text
    assert name in text


def test_money_is_known_by_its_words_too_and_no_shipped_euro_is_judged_nominally(
    folder: Path,
) -> None:
    change(folder / "indicators.toml", 'unit = "duizend euro"', 'unit = "keur"')
    woz = {indicator.id: indicator for indicator in load_catalog(folder).indicators}["woz_value"]
    assert not woz.is_money
    change(folder / "indicators.toml", 'unit = "keur"', 'unit = "keur"\nunit_in_words = "Euro"')
    change(folder / "indicators.toml", 'judge = "gap_nl"', 'judge = "level"')
    assert "money is never judged nominally" in mistakes(folder)
    shipped = load_catalog(Path(__file__).parents[2] / "catalog").indicators
    judged = {each.judge for each in shipped if each.is_money and each.direction != "none"}
    assert judged == {"gap_nl"}


@pytest.mark.parametrize("window", [4, 16])
def test_an_impossible_window_is_told(folder: Path, window: int) -> None:
    change(folder / "indicators.toml", 'id = "woz_value"', f'id = "woz_value"\nwindow = {window}')
    assert "key 'window'" in mistakes(folder)


def test_missing_files_are_told_together(tmp_path: Path) -> None:
    text = mistakes(tmp_path)
    assert all(f"{tmp_path / name} does not exist" in text for name in NAMES)


def test_wording_does_not_change_what_is_asked(folder: Path) -> None:
    before = load_catalog(folder).sources
    change(folder / "cbs.toml", 'title_nl = "Kern', 'title_nl = "De Kern')
    change(folder / "extracts.toml", "scale = 100", "scale = 10\nrounded_to = 0.1")
    change(folder / "cbs.toml", 'indicator = "inwoners"', 'indicator = "inwoners"\nrounded_to = 5')
    for old, new in zip(before, load_catalog(folder).sources, strict=True):
        assert old.request == new.request
    change(folder / "cbs.toml", 'title = "Aantal inwoners"', 'title = "Inwoners"')
    assert before[0].request != load_catalog(folder).tables[0].request


NEXT_YEAR = """
[[table]]
id = "kwb_2027"
series = "kwb"
cbs_id = "86999NED"
year = 2027
confirmed = false
note = "Nog niet getoetst aan de tabel van CBS."
"""


def test_next_year_of_a_series_is_one_small_block(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "catalog", tmp_path / "catalog")
    path = tmp_path / "catalog" / "cbs.toml"
    path.write_text(path.read_text(encoding="utf-8") + NEXT_YEAR, encoding="utf-8")
    assert len(NEXT_YEAR.split("\n")) - 2 <= 8
    tables = {table.id: table for table in load_catalog(tmp_path / "catalog").tables}
    new, old = tables["kwb_2027"], tables["kwb_2026"]
    assert new.title_nl == "Kerncijfers wijken en buurten 2027"
    assert new.attribution == "CBS, Kerncijfers wijken en buurten 2027 (86999NED), CC BY 4.0"
    assert new.lists_areas
    assert {m.indicator for m in old.present_measures} <= {m.indicator for m in new.measure}


SERIES = """
[[series]]
id = "yearly"
api = "v3"
title_nl = "Tabel {year}"
licence = "CC BY 4.0"
attribution = "Bron: {cbs_id}"
area_dimension = "WijkenEnBuurten"
area_levels = ["wijk"]

[[series.measure]]
indicator = "inwoners"
title = "Aantal inwoners"
unit = "aantal"

[[table]]
id = "a"
series = "yearly"
cbs_id = "80001NED"
year = 2019

[[table]]
id = "b"
series = "yearly"
cbs_id = "80002NED"
year = 2020
area_dimension = "RegioS"

[[table.measure]]
indicator = "inwoners"
title = "Inwoners"
unit = "aantal"
"""


def with_series(tmp_path: Path, old: str = "", new: str = "") -> Path:
    folder = tmp_path / "catalog"
    shutil.copytree(REAL, folder)
    assert old in SERIES
    (folder / "cbs.toml").write_text(SERIES.replace(old, new, 1) if old else SERIES)
    return folder


def test_a_table_takes_over_its_series_and_its_own_keys_win(tmp_path: Path) -> None:
    a, b = load_catalog(with_series(tmp_path)).tables
    assert (a.title_nl, a.attribution, a.area_dimension) == (
        "Tabel 2019",
        "80001NED",
        "WijkenEnBuurten",
    )
    assert b.area_dimension == "RegioS"
    assert [(m.indicator, m.title) for m in a.measure] == [("inwoners", "Aantal inwoners")]
    assert [(m.indicator, m.title) for m in b.measure] == [("inwoners", "Inwoners")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'licence = "CC BY 4.0"',
            'licens = "CC BY 4.0"',
            "[[series]] yearly: unknown key 'licens'",
        ),
        ('series = "yearly"', 'series = "yearli"', "no series 'yearli'; nearest: 'yearly'"),
        ('api = "v3"', 'api = "v3"\nyear = 2020', "[[series]] yearly: 'year' is for a [[table]]"),
        ('title = "Aantal inwoners"', "title = 3", "[[series]] yearly: key 'measure.1.title'"),
    ],
)
def test_a_mistake_in_a_series_is_told_once(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert mistakes(with_series(tmp_path, old, new)).count(told) == 1


BOUNDARIES = """
[[boundaries]]
id = "wijken_{year}"
title_nl = "Wijken"
licence = "CC BY 4.0"
attribution = "Bron: niemand"
year = {year}
location = "wijken.geojson"
code_property = "statcode"
"""


def test_boundaries_are_a_source_and_their_mistakes_are_told(folder: Path) -> None:
    path = folder / "areas.toml"
    path.write_text(BOUNDARIES.format(year=2025) + BOUNDARIES.format(year=2024))
    catalog = load_catalog(folder)
    assert [block.year for block in catalog.boundaries] == [2025, 2024]
    assert catalog.source("wijken_2025").kind == "boundaries"
    path.write_text(
        BOUNDARIES.format(year=2025).replace("wijken_2025", "kwb_2020")
        + BOUNDARIES.format(year=2025)
        + BOUNDARIES.format(year=2023).replace('"wijken.geojson"', '"http://kaart.example/items"')
        + BOUNDARIES.format(year=2022).replace("code_property", "property")
        + BOUNDARIES.format(year=2021)
        + 'crs = "EPSG:4326"\n'
    )
    text = mistakes(folder)
    assert "[[boundaries]] kwb_2020: this id is used more than once" in text
    assert "two [[boundaries]] blocks are of 2025" in text
    assert "[[boundaries]] wijken_2023: 'location' is a path or an https address" in text
    assert "[[boundaries]] wijken_2022: unknown key 'property'; nearest: 'code_property'" in text
    assert "[[boundaries]] wijken_2021: key 'crs'" in text


def test_a_source_may_not_be_called_as_an_edition_is(folder: Path) -> None:
    change(folder / "cbs.toml", 'id = "kwb_2020"', 'id = "edition"')
    assert "[[table]] edition: this id is that of an edition as a whole" in mistakes(folder)


def test_an_explained_jump_is_a_year_or_has_its_reason(folder: Path) -> None:
    change(
        folder / "indicators.toml",
        'id = "woz_value"',
        'id = "woz_value"\nexplained_jumps = [2019, { year = 2020, reason = "Corona." }]',
    )
    (found,) = [each for each in load_catalog(folder).indicators if each.id == "woz_value"]
    assert found.explained_years == {2019: None, 2020: "Corona."}


@pytest.mark.parametrize("given", ["true", "[2019, 2020]", "false"])
def test_a_measure_may_be_provisional_in_all_years_or_in_some(folder: Path, given: str) -> None:
    change(
        folder / "cbs.toml",
        'indicator = "inwoners"',
        f'indicator = "inwoners"\nprovisional = {given}',
    )
    table = load_catalog(folder).tables[0]
    (measure,) = [each for each in table.measure if each.indicator == "inwoners"]
    years = {"true": table.figure_years, "false": []}.get(given, [])
    assert table.provisional_years(measure) == [
        year for year in table.figure_years if year in years or str(year) in given
    ]


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        ({"woz_value": "woz_value"}, "names the indicator itself"),
        (
            {"bijstand_per_1000": "woz_value", "woz_value": "welfare_share"},
            "'woz_value' itself counts with 'welfare_share'; write 'welfare_share' here too",
        ),
        ({"suspect_share": "woz_value"}, "name one of its own theme"),
    ],
)
def test_what_counts_as_one_has_one_name_and_one_theme(
    folder: Path, heads: dict[str, str], told: str
) -> None:
    for name, head in heads.items():
        path = folder / "indicators.toml"
        change(path, f'id = "{name}"', f'id = "{name}"\ncounts_with = "{head}"')
    assert told in mistakes(folder)
