"""The fingerprint of a catalog is of what it says: only that makes an edition anew."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import wijkpeil
from wijkpeil.catalog import load_catalog
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.edition.build import definition_files

Edit = Callable[[Path], None]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog")
    write_catalog(folder)
    (folder / "herindelingen.csv").write_text(
        "date,old_code,old_name,new_code,new_name,weight,source\n"
        "2019-01-01,GM9998,Oud,GM9901,Wolkenmeer,1,test\n"
        "2020-01-01,GM9997,Ouder,GM9902,Lindervoorde,1,test\n",
        encoding="utf-8",
    )
    return folder


def replace(name: str, old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} holds no {old!r}"
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def append(name: str, text: str) -> Edit:
    def edit(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return edit


def turn_blocks(name: str, head: str) -> Edit:
    """Put the blocks of a kind in the other order."""

    def edit(folder: Path) -> None:
        first, *blocks = (folder / name).read_text(encoding="utf-8").split(f"\n{head}\n")
        blocks = [block.rstrip("\n") + "\n" for block in blocks]
        text = "".join(f"\n{head}\n{block}" for block in reversed(blocks))
        (folder / name).write_text(first + text, encoding="utf-8")

    return edit


def turn_lines(name: str) -> Edit:
    def edit(folder: Path) -> None:
        head, *lines = (folder / name).read_text(encoding="utf-8").splitlines()
        (folder / name).write_text("\n\n".join([head, *reversed(lines), ""]), encoding="utf-8")

    return edit


def of(written: Path, tmp_path: Path, edit: Edit) -> tuple[str, str]:
    """The fingerprint before and after an edit."""
    folder = tmp_path / "edited"
    shutil.copytree(written, folder)
    edit(folder)
    return load_catalog(written).fingerprint, load_catalog(folder).fingerprint


@pytest.mark.parametrize(
    "edit",
    [
        append("cbs.toml", "\n# a comment\n\n\n"),
        append("programmes.toml", "   # another\n"),
        replace("indicators.toml", " = ", "   =   "),
        replace("cbs.toml", "interval_s = 0.0", "interval_s = 0.5"),
        replace("programmes.toml", '"wethouder@voorbeeld.example"', '"raad@voorbeeld.example"'),
        replace("extracts.toml", 'delimiter = ";"\n', 'thousands = ""\ndelimiter = ";"\n'),
        turn_blocks("cbs.toml", "[[table]]"),
        turn_blocks("indicators.toml", "[[indicator]]"),
        turn_blocks("extracts.toml", "[[extract.measure]]"),
        turn_lines("areas/aan_het_water.csv"),
        turn_lines("herindelingen.csv"),
    ],
    ids=lambda edit: edit.__qualname__.split(".")[0],
)
def test_how_it_is_written_makes_no_new_edition(written: Path, tmp_path: Path, edit: Edit) -> None:
    before, after = of(written, tmp_path, edit)
    assert before == after


@pytest.mark.parametrize(
    "edit",
    [
        replace("cbs.toml", 'title = "', 'scale = 2.0\ntitle = "'),
        replace("cbs.toml", "synthetic = true", "synthetic = false"),
        replace("indicators.toml", "per_year = 0", "per_year = 1"),
        replace("programmes.toml", "Wolkenmeer Vooruit", "Wolkenmeer Verder"),
        replace("programmes.toml", '"WK990101"', '"WK990104"'),
        replace("extracts.toml", 'decimal = ","', 'decimal = "."'),
        replace("areas.toml", '"GM9901", "GM9902"', '"GM9901", "GM9903"'),
        replace("areas.toml", 'inhabitants = "inhabitants"', 'inhabitants = "households"'),
        replace("areas/aan_het_water.csv", ",1,", ",0.5,"),
        replace("herindelingen.csv", "2019-01-01", "2018-01-01"),
        # the first programme is the one that an area is shown with
        turn_blocks("programmes.toml", "[[programme]]"),
    ],
    ids=lambda edit: edit.__qualname__.split(".")[0],
)
def test_what_it_says_does(written: Path, tmp_path: Path, edit: Edit) -> None:
    before, after = of(written, tmp_path, edit)
    assert before != after


def test_a_default_that_changes_in_the_code_does_too(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wijkpeil.catalog.blocks import Indicator

    before = load_catalog(written).fingerprint
    monkeypatch.setattr(Indicator.model_fields["window"], "default", 9)
    Indicator.model_rebuild(force=True)
    try:
        assert load_catalog(written).fingerprint != before
    finally:
        monkeypatch.undo()
        Indicator.model_rebuild(force=True)
    assert load_catalog(written).fingerprint == before


def test_an_edition_is_stale_when_any_code_that_decides_it_changed() -> None:
    package = Path(wijkpeil.__file__).parent
    reached: set[Path] = set()
    waiting = [package / "edition" / "build.py", package / "edition" / "checks.py"]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += imported(path, package)
    # sentences of errors, where things are, and how much memory there is
    aside = {package / f"{name}.py" for name in ("errors", "memory", "progress", "settings")}
    left_out = reached - set(definition_files()) - aside - {package / "__init__.py"}
    assert left_out == set()
    assert package / "catalog" / "areas.py" in reached


def imported(path: Path, package: Path) -> list[Path]:
    """The files of the package that a file imports, as modules or out of packages."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "wijkpeil":
            place = package.joinpath(*str(node.module).split(".")[1:])
            names = [place / alias.name for alias in node.names]
            found += [each for part in (place, *names) for each in files_of(part)]
    return found


def files_of(place: Path) -> list[Path]:
    """The file of a module, or that of a package, if it is one."""
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return [each for each in candidates if each.is_file()]
