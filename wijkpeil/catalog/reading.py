"""Reading the catalog folder: TOML files and CSV lists, every mistake reported together.

`cbs.toml` ([[publish]], [[service]], [[series]], [[table]]), `extracts.toml` ([[extract]]),
`indicators.toml` ([[indicator]]), `programmes.toml` ([[programme]]); and where they are there
`areas.toml` ([[restating]], [[group]], [[address_file]], [[boundaries]]), `areas/<programme>.csv`,
`lineage/*.csv` and `herindelingen.csv`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from wijkpeil.catalog.areas import (
    AddressFile,
    Boundaries,
    Group,
    Herindeling,
    Member,
    Restating,
    Step,
)
from wijkpeil.catalog.between import check_places, cross_check
from wijkpeil.catalog.blocks import (
    Block,
    Extract,
    ExtractMeasure,
    Indicator,
    MeaningfulChange,
    Programme,
    ProgrammeChange,
    Rate,
    Target,
)
from wijkpeil.catalog.cbs_blocks import (
    CbsMeasure,
    CbsService,
    CbsTable,
    Evidence,
    Margins,
    Publish,
    Wording,
)
from wijkpeil.catalog.fingerprint import fingerprint
from wijkpeil.catalog.lists import read_list, whole_lists
from wijkpeil.delimited import kind_of, text_of
from wijkpeil.errors import WijkError, nearest

_Model = TypeVar("_Model", bound=Block)


class Catalog(BaseModel):
    """Everything in the catalog folder, validated as a whole."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    folder: Path
    publish: Publish = Publish()
    services: tuple[CbsService, ...]
    tables: tuple[CbsTable, ...]
    extracts: tuple[Extract, ...]
    indicators: tuple[Indicator, ...]
    programmes: tuple[Programme, ...]
    restating: Restating
    groups: tuple[Group, ...]
    address_files: tuple[AddressFile, ...]
    boundaries: tuple[Boundaries, ...]
    members: tuple[Member, ...]
    steps: tuple[Step, ...]
    herindelingen: tuple[Herindeling, ...]
    fingerprint: str

    @property
    def sources(self) -> tuple[CbsTable | Extract | AddressFile | Boundaries, ...]:
        """Every source, CBS tables first."""
        return (*self.figure_sources, *self.address_files, *self.boundaries)

    @property
    def figure_sources(self) -> tuple[CbsTable | Extract, ...]:
        """The sources of figures."""
        return (*self.tables, *self.extracts)

    @property
    def listed_years(self) -> set[int]:
        """The years that have a list of areas."""
        tables = [table for table in self.tables if table.lists_areas]
        own = {table.year for table in tables if table.year is not None}
        return own.union(*(table.wanted_years for table in tables if table.year is None))

    def source(self, source_id: str) -> CbsTable | Extract | AddressFile | Boundaries:
        """The source of that id; raises WijkError naming the nearest ids."""
        for source in self.sources:
            if source.id == source_id:
                return source
        known = nearest(source_id, [source.id for source in self.sources])
        raise WijkError(f"{self.folder}: no source '{source_id}'; nearest: {known}.")


# file, and the kinds of block it holds
_FILES: dict[str, dict[str, type[Block]]] = {
    "cbs.toml": {"publish": Publish, "service": CbsService, "series": Block, "table": CbsTable},
    "extracts.toml": {"extract": Extract},
    "indicators.toml": {"indicator": Indicator},
    "programmes.toml": {"programme": Programme},
    "areas.toml": {
        "restating": Restating,
        "group": Group,
        "address_file": AddressFile,
        "boundaries": Boundaries,
    },
}
_OPTIONAL = {"areas.toml"}
# what a table cannot have in common with others
_OWN_KEYS = {"id", "series", "cbs_id", "year"}


def load_catalog(folder: Path) -> Catalog:
    """Read and validate the catalog; raises one WijkError that lists every mistake."""
    blocks: dict[str, list[Any]] = {}
    mistakes: list[str] = []
    declared: set[str] = set()
    for name, kinds in _FILES.items():
        path = folder / name
        is_there = name not in _OPTIONAL or path.exists()
        text = read_text(path, mistakes) if is_there else ""
        rows = block_rows(path, text, kinds, mistakes)
        if "series" in rows:
            rows["table"] = list(_with_series(path, rows.pop("series"), rows["table"], mistakes))
        if "indicator" in rows:
            # also those with a mistake: their users are not wrong too
            declared = {str(row.get("id")) for row in rows["indicator"]}
        for kind, found in rows.items():
            blocks[kind] = list(validated(path, found, kind, kinds[kind], mistakes))
    lists: dict[type[Block], list[Any]] = {Member: [], Step: [], Herindeling: []}
    for path, model, extra in list_files(folder):
        lists[model] += read_list(path, model, extra, mistakes)
    file_of = {kind: folder / name for name, kinds in _FILES.items() for kind in kinds}
    mistakes += cross_check(blocks, declared, file_of)
    mistakes += check_places(blocks, lists[Member], declared, folder)
    mistakes += whole_lists(folder, lists[Member], lists[Step], lists[Herindeling])
    # what a series gets wrong, each of its tables gets wrong
    mistakes = list(dict.fromkeys(mistakes))
    if mistakes:
        count = f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}"
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise WijkError(f"Catalog {folder}: {count}; correct and run again.{lines}")
    return Catalog(
        folder=folder,
        publish=next(iter(blocks["publish"]), Publish()),
        services=tuple(blocks["service"]),
        tables=tuple(blocks["table"]),
        extracts=tuple(blocks["extract"]),
        indicators=tuple(blocks["indicator"]),
        programmes=tuple(blocks["programme"]),
        restating=next(iter(blocks["restating"]), Restating()),
        groups=tuple(blocks["group"]),
        address_files=tuple(blocks["address_file"]),
        boundaries=tuple(blocks["boundaries"]),
        members=tuple(lists[Member]),
        steps=tuple(lists[Step]),
        herindelingen=tuple(lists[Herindeling]),
        fingerprint=fingerprint(
            {
                **blocks,
                **{model.__name__: rows for model, rows in lists.items()},
            }
        ),
    )


def list_files(folder: Path) -> Iterator[tuple[Path, type[Block], dict[str, str]]]:
    """The CSV lists that are there, what their rows are, and what the file's name adds to each."""
    for path in sorted((folder / "areas").glob("*.csv")):
        yield path, Member, {"programme_id": path.stem}
    for path in sorted((folder / "lineage").glob("*.csv")):
        yield path, Step, {}
    if (folder / "herindelingen.csv").exists():
        yield folder / "herindelingen.csv", Herindeling, {}


class _OfSeries(dict[str, Any]):
    """A table's block with what its series gives it: these keys, and so many measures."""

    inherited: set[str]
    measures: int

    def is_own(self, location: tuple[int | str, ...]) -> bool:
        """Whether the key at this place was written in the table's own block."""
        if location[:1] == ("measure",) and len(location) > 1:
            return int(location[1]) >= self.measures
        return not location or location[0] not in self.inherited


def _with_series(
    path: Path, series: list[dict[str, Any]], tables: list[dict[str, Any]], mistakes: list[str]
) -> Iterator[dict[str, Any]]:
    """The tables with what their series gives them; a table's own key or measure goes first."""
    by_id = {str(row.get("id")): row for row in series}
    if len(by_id) < len(series):
        mistakes.append(f"{path}: two [[series]] blocks have the same id.")
    for series_id, row in by_id.items():
        own = sorted(_OWN_KEYS & row.keys() - {"id"})
        mistakes += [f"{path}, [[series]] {series_id}: '{key}' is for a [[table]]." for key in own]
    for table in tables:
        name = table.get("series")
        if name is None:
            yield _filled_in(table)
            continue
        if name not in by_id:
            known = nearest(str(name), by_id)
            mistakes.append(
                f"{path}, [[table]] {table.get('id')}: no series '{name}'; nearest: {known}."
            )
            continue
        shared = {key: value for key, value in by_id[name].items() if key not in _OWN_KEYS}
        own = table.get("measure", [])
        replaced = {row.get("indicator") for row in own}
        inherited = [m for m in shared.get("measure", []) if m.get("indicator") not in replaced]
        merged = _OfSeries({**shared, **table, "measure": [*inherited, *own]})
        merged.inherited = shared.keys() - table.keys()
        merged.measures = len(inherited)
        yield _filled_in(merged)


def read_text(path: Path, mistakes: list[str]) -> str:
    """The text of a file, as any editor saves it; what is wrong with it joins the mistakes."""
    try:
        kind = kind_of(path)
        if kind is None or kind.is_maybe_text:
            return text_of(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
        mistakes.append(f"{path} is {kind.name}, not text; save it as UTF-8 text.")
    except FileNotFoundError:
        mistakes.append(f"{path} does not exist; make it, or point WIJK_CATALOG elsewhere.")
    except OSError as error:
        mistakes.append(f"{path} cannot be read ({error}); correct its rights.")
    except WijkError as error:
        mistakes.append(f"{path} is {error}; save it as UTF-8.")
    return ""


def block_rows(
    path: Path, text: str, kinds: dict[str, type[Block]], mistakes: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """The blocks of a file by kind; a kind that is not there has none."""
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{path} is not TOML: {error}.")
        return rows
    known = ", ".join(f"[[{kind}]]" for kind in kinds)
    for kind, found in document.items():
        if kind not in kinds:
            mistakes.append(f"{path}: unknown block '{kind}'; this file holds {known} blocks.")
        elif not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            mistakes.append(f"{path}: write [[{kind}]] with two brackets.")
        else:
            rows[kind] = found
    return rows


def _filled_in(table: dict[str, Any]) -> dict[str, Any]:
    """The block with {year} and {cbs_id} filled in where a table's texts name them; the year of a
    table with periods is that of its `years`, where they are one."""
    years = table.get("years")
    one = years[0] if isinstance(years, list) and len(set(map(str, years))) == 1 else ""
    words = {"year": table.get("year", one), "cbs_id": table.get("cbs_id", "")}
    for key in ("title_nl", "attribution", "note"):
        if isinstance(table.get(key), str):
            for word, text in words.items():
                table[key] = table[key].replace(f"{{{word}}}", str(text))
    return table


def validated(
    path: Path, rows: list[dict[str, Any]], kind: str, model: type[_Model], mistakes: list[str]
) -> Iterator[_Model]:
    """The blocks that are right; of the others each mistake is told with file, block and key."""
    for number, row in enumerate(rows, start=1):
        name = next((row[key] for key in ("id", "address", "name") if row.get(key)), None)
        label = f"[[{kind}]] {name or f'number {number}'}"
        try:
            yield model.model_validate(row)
        except ValidationError as error:
            for item in error.errors():
                place = label
                if isinstance(row, _OfSeries) and not row.is_own(item["loc"]):
                    place = f"[[series]] {row['series']}"
                mistakes.append(f"{path}, {place}: {_sentence(item, model)}")


def _sentence(item: Any, model: type[Block]) -> str:
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in item["loc"])
    if item["type"] == "extra_forbidden":
        owner = _model_at(model, item["loc"][:-1])
        return f"unknown key '{key}'; nearest: {nearest(str(item['loc'][-1]), owner.model_fields)}."
    if item["type"] == "missing":
        return f"key '{key}' is missing."
    if item["type"] == "value_error":
        message = str(item["ctx"]["error"])
        return f"key '{key}': {message}." if key else f"{message}."
    return f"key '{key}': {item['msg'].lower()}, got {item['input']!r}."


def _model_at(model: type[Block], path: tuple[int | str, ...]) -> type[Block]:
    nested: dict[tuple[type[Block], str], type[Block]] = {
        (CbsTable, "measure"): CbsMeasure,
        (CbsTable, "margins"): Margins,
        (CbsMeasure, "alternatives"): Wording,
        (CbsMeasure, "evidence"): Evidence,
        (CbsTable, "evidence"): Evidence,
        (Extract, "measure"): ExtractMeasure,
        (Indicator, "rate"): Rate,
        (Indicator, "meaningful_change"): MeaningfulChange,
        (Programme, "target"): Target,
        (Programme, "meaningful_change"): ProgrammeChange,
    }
    for part in path:
        if isinstance(part, str):
            model = nested.get((model, part), model)
    return model
