"""The catalog: what is accepted, and how each mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.catalog import load_catalog
from flows.errors import WijkError

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
    assert catalog.recipients == {"den_haag_proef": ["programma@voorbeeld.example"]}


def test_the_shipped_catalog_is_read() -> None:
    load_catalog(Path(__file__).parents[2] / "catalog")


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
        ("indicators.toml", "[[indicator]]", "[[indicator]", "is not TOML"),
        ("indicators.toml", "relative = 0.05,", "relative = 5.0,", "less than 1"),
        (
            "indicators.toml",
            'direction = "higher_is_better"',
            'direction = "none"',
            "'meaningful_change' goes with a direction",
        ),
        ("indicators.toml", 'numerator = "bij', 'numerator = "by', "'rate.numerator'"),
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
    change(folder / "extracts.toml", "scale = 100", "scale = 10")
    for old, new in zip(before, load_catalog(folder).sources, strict=True):
        assert old.request == new.request
    change(folder / "cbs.toml", 'title = "Aantal inwoners"', 'title = "Inwoners"')
    assert before[0].request != load_catalog(folder).tables[0].request
