"""The catalog: what is monitored, read from TOML; all mistakes reported together.

Four files, one block per thing: `cbs.toml` ([[table]]), `extracts.toml` ([[extract]]),
`indicators.toml` ([[indicator]]) and `programmes.toml` ([[programme]]).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from flows.errors import WijkError, nearest
from flows.settings import mail_address

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Year = Annotated[int, Field(ge=1990, le=2100)]
AreaCode = Annotated[str, Field(pattern=r"^(NL00|GM\w{4}|WK\w{6}|BU\w{8})$")]
AreaLevel = Literal["land", "gemeente", "wijk", "buurt"]
MissingStatus = Literal["suppressed", "not_yet_published", "not_applicable"]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CbsMeasure(_Block):
    """One column of a CBS table, named by what CBS calls it, never by its numbered key."""

    indicator: Id
    title: Text
    unit: Text
    parent: Text | None = None
    scale: float = 1.0
    where: dict[str, Text] = {}


# what a source's block tells about it, without bearing on what is received
_DESCRIPTION = dict.fromkeys(
    ("title_nl", "licence", "attribution", "synthetic", "confirmed", "note"), True
)


class _Source(_Block):
    id: Id
    title_nl: Text
    licence: Text
    attribution: Text
    synthetic: bool = False
    confirmed: bool = True
    note: Text | None = None

    @property
    def kind(self) -> str:
        """`cbs_v3` or `csv`: how its snapshots are read."""
        raise NotImplementedError

    @property
    def request(self) -> dict[str, Any]:
        """The part of the block that decides what is received, as JSON values."""
        raise NotImplementedError


class CbsTable(_Source):
    """A CBS table: which columns, areas and years of it the monitor uses.

    A table holds either one `year`, or a `period_dimension` from which the yearly periods
    (`2020JJ00`) within `years` are taken. `geography_year` names the year whose areas the
    codes mean when that is not the year of the figure: police figures are restated.
    """

    cbs_id: Annotated[str, Field(pattern=r"^[0-9]{5}[A-Za-z]{0,3}$")]
    api: Literal["v3"]
    publisher: Literal["cbs", "third_party"] = "cbs"
    area_dimension: Text
    period_dimension: Text | None = None
    year: Year | None = None
    years: Annotated[list[Year], Field(min_length=2, max_length=2)] | None = None
    geography_year: Year | None = None
    provisional: bool = False
    area_levels: Annotated[list[AreaLevel], Field(min_length=1)]
    area_change: Text | None = None
    measure: Annotated[list[CbsMeasure], Field(min_length=1)]

    @property
    def kind(self) -> str:
        """How its snapshots are read."""
        return f"cbs_{self.api}"

    @property
    def request(self) -> dict[str, Any]:
        """What is asked of CBS, without how the answer is named, scaled or placed."""
        measure = {"__all__": {"scale"}}
        placed = dict.fromkeys(("geography_year", "provisional"), True)
        return self.model_dump(mode="json", exclude={**_DESCRIPTION, **placed, "measure": measure})

    @property
    def lists_areas(self) -> bool:
        """Whether this table is the yearly list of areas: it has CBS's change flag."""
        return self.area_change is not None

    @model_validator(mode="after")
    def _one_notion_of_time(self) -> CbsTable:
        if (self.year is None) == (self.period_dimension is None):
            raise ValueError("give either 'year' or 'period_dimension'")
        if (self.period_dimension is None) != (self.years is None):
            raise ValueError("'years' goes with 'period_dimension', and the reverse")
        if self.years is not None and self.years[0] > self.years[1]:
            raise ValueError("'years' ends before it begins")
        if self.lists_areas and self.year is None:
            raise ValueError("'area_change' needs a table of one 'year'")
        return self


class ExtractMeasure(_Block):
    """One column of an extract. `margin_95_column` holds the half-width of a 95% margin.

    `zero_means` names the status that a zero in this column stands for; `absent_years`
    are years for which the file has the column but no figures.
    """

    indicator: Id
    column: Text
    scale: float = 1.0
    margin_95_column: Text | None = None
    zero_means: MissingStatus | None = None
    absent_years: list[Year] = []


class Extract(_Source):
    """A municipal CSV file: where it is, how it is written, what its columns are.

    `location` is an https address, or a path seen from the catalog folder. `geography_year`
    is the year whose areas the codes mean; without it, each row's own year.
    """

    publisher: Text
    location: Text
    encoding: Literal["utf-8", "latin-1", "cp1252"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " "] = ""
    missing: list[str] = [""]
    area_column: Text
    year_column: Text
    geography_year: Year | None = None
    ignored_columns: list[Text] = []
    ignored_areas: list[Text] = []
    measure: Annotated[list[ExtractMeasure], Field(min_length=1)]

    @property
    def kind(self) -> str:
        """How its snapshots are read."""
        return "csv"

    @property
    def request(self) -> dict[str, Any]:
        """Which bytes are taken, and whether their header is the one expected."""
        keys = {"id", "location", "encoding", "delimiter", "area_column", "year_column"}
        return self.model_dump(mode="json", include=keys)

    @property
    def is_remote(self) -> bool:
        """Whether `location` is fetched over the network."""
        return "://" in self.location

    @model_validator(mode="after")
    def _readable(self) -> Extract:
        if self.is_remote and not self.location.startswith(
            ("https://", "http://127.0.0.1:", "http://localhost:")
        ):
            raise ValueError("'location' is a path or an https address")
        if self.decimal in {self.delimiter, self.thousands}:
            raise ValueError("'delimiter', 'decimal' and 'thousands' must differ")
        return self


class MeaningfulChange(_Block):
    """The yearly improvement that matters: `per_year` in the indicator's unit, or `relative`,
    a share of the area's own mean over the window. Decided by people, with a date and a reason."""

    per_year: Annotated[float, Field(gt=0)] | None = None
    relative: Annotated[float, Field(gt=0, lt=1)] | None = None
    owner: Text
    decided_on: date
    reason: Text

    @model_validator(mode="after")
    def _one_size(self) -> MeaningfulChange:
        if (self.per_year is None) == (self.relative is None):
            raise ValueError("give either 'per_year' or 'relative'")
        return self


class Rate(_Block):
    """`per` times numerator over denominator, both indicators of the same area and year.

    `counts` says what the numerator is: `events` (crimes) vary by chance, which widens the
    margin of a trend; a `register` of people does not.
    """

    numerator: Id
    denominator: Id
    per: Annotated[int, Field(gt=0)]
    counts: Literal["events", "register"]


class Indicator(_Block):
    """What is measured. Outside `range` a value is impossible, outside `usual` it is reported."""

    id: Id
    name_nl: Text
    definition_nl: Text
    theme: Literal["liveability", "safety"]
    unit: Text
    decimals: Annotated[int, Field(ge=0, le=4)] = 1
    direction: Literal["higher_is_better", "lower_is_better", "none"]
    range: Annotated[list[float], Field(min_length=2, max_length=2)]
    usual: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    aggregation: Literal["sum", "weighted_mean", "rate"]
    denominator: Id | None = None
    rate: Rate | None = None
    meaningful_change: MeaningfulChange | None = None
    window: Annotated[int, Field(ge=5, le=15)] = 8
    breaks: list[Year] = []

    @field_validator("range", "usual")
    @classmethod
    def _low_before_high(cls, limits: list[float] | None) -> list[float] | None:
        if limits is not None and not limits[0] < limits[1]:
            raise ValueError(f"the first limit, {limits[0]:g}, is not below the second")
        return limits

    @model_validator(mode="after")
    def _whole(self) -> Indicator:
        if self.usual and not self.range[0] <= self.usual[0] < self.usual[1] <= self.range[1]:
            raise ValueError("'usual' lies outside 'range'")
        if (self.direction == "none") != (self.meaningful_change is None):
            raise ValueError("'meaningful_change' goes with a direction, and the reverse")
        if (self.aggregation == "rate") != (self.rate is not None):
            raise ValueError("aggregation 'rate' goes with a 'rate' block, and the reverse")
        if (self.aggregation == "weighted_mean") != (self.denominator is not None):
            raise ValueError("'denominator' goes with aggregation 'weighted_mean', and the reverse")
        return self


class Programme(_Block):
    """A programme: the areas it follows, on which indicators, and who hears of it."""

    id: Id
    name_nl: Text
    areas: Annotated[list[AreaCode], Field(min_length=1)]
    indicators: list[Id] = []
    recipients: list[str] = []
    contact: str | None = None

    @field_validator("recipients", "contact")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for address in [value] if isinstance(value, str) else value or []:
            try:
                mail_address(address)
            except WijkError as error:
                raise ValueError(str(error)) from error
        return value


class Catalog(BaseModel):
    """Everything in the catalog folder, validated as a whole."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    folder: Path
    tables: tuple[CbsTable, ...]
    extracts: tuple[Extract, ...]
    indicators: tuple[Indicator, ...]
    programmes: tuple[Programme, ...]
    fingerprint: str

    @property
    def sources(self) -> tuple[CbsTable | Extract, ...]:
        """Every source, CBS tables first."""
        return (*self.tables, *self.extracts)

    @property
    def recipients(self) -> dict[str, list[str]]:
        """The mail addresses of each programme. They stay out of the published warehouse."""
        return {programme.id: programme.recipients for programme in self.programmes}

    def source(self, source_id: str) -> CbsTable | Extract:
        """The source of that id; raises WijkError naming the nearest ids."""
        for source in self.sources:
            if source.id == source_id:
                return source
        known = nearest(source_id, [source.id for source in self.sources])
        raise WijkError(f"{self.folder}: no source '{source_id}'; nearest: {known}.")


# file, name of its blocks, what a block is
_FILES: tuple[tuple[str, str, type[_Block]], ...] = (
    ("cbs.toml", "table", CbsTable),
    ("extracts.toml", "extract", Extract),
    ("indicators.toml", "indicator", Indicator),
    ("programmes.toml", "programme", Programme),
)


def load_catalog(folder: Path) -> Catalog:
    """Read and validate the catalog; raises one WijkError that lists every mistake."""
    blocks: dict[str, list[Any]] = {}
    mistakes: list[str] = []
    declared: set[str] = set()
    digest = hashlib.sha256()
    for name, kind, model in _FILES:
        text = _read(folder / name, mistakes)
        digest.update(f"{name}\n{text}\n".encode())
        rows = _rows(folder / name, text, kind, mistakes)
        if kind == "indicator":
            # also those with a mistake: their users are not wrong too
            declared = {str(row.get("id")) for row in rows}
        blocks[kind] = list(_validated(folder / name, rows, kind, model, mistakes))
    mistakes += _cross_check(blocks, declared, folder)
    if mistakes:
        count = f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}"
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise WijkError(f"Catalog {folder}: {count}; correct and run again.{lines}")
    return Catalog(
        folder=folder,
        tables=tuple(blocks["table"]),
        extracts=tuple(blocks["extract"]),
        indicators=tuple(blocks["indicator"]),
        programmes=tuple(blocks["programme"]),
        fingerprint=digest.hexdigest(),
    )


def _read(path: Path, mistakes: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        mistakes.append(f"{path} does not exist; make it, or point WIJK_CATALOG elsewhere.")
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(f"{path} cannot be read as UTF-8 text ({error}).")
    return ""


def _rows(path: Path, text: str, kind: str, mistakes: list[str]) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{path} is not TOML: {error}.")
        return []
    mistakes += [
        f"{path}: unknown block '{key}'; this file holds [[{kind}]] blocks."
        for key in document
        if key != kind
    ]
    rows = document.get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        mistakes.append(f"{path}: write [[{kind}]] with two brackets.")
        return []
    return rows


def _validated(
    path: Path, rows: list[dict[str, Any]], kind: str, model: type[_Block], mistakes: list[str]
) -> Iterator[_Block]:
    for number, row in enumerate(rows, start=1):
        label = f"[[{kind}]] {row.get('id') or f'number {number}'}"
        try:
            yield model.model_validate(row)
        except ValidationError as error:
            mistakes += [f"{path}, {label}: {_sentence(item, model)}" for item in error.errors()]


def _sentence(item: Any, model: type[_Block]) -> str:
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


def _model_at(model: type[_Block], path: tuple[int | str, ...]) -> type[_Block]:
    nested: dict[tuple[type[_Block], str], type[_Block]] = {
        (CbsTable, "measure"): CbsMeasure,
        (Extract, "measure"): ExtractMeasure,
        (Indicator, "rate"): Rate,
        (Indicator, "meaningful_change"): MeaningfulChange,
    }
    for part in path:
        if isinstance(part, str):
            model = nested.get((model, part), model)
    return model


def _cross_check(blocks: dict[str, list[Any]], declared: set[str], folder: Path) -> Iterator[str]:
    """Mistakes that show only between blocks; `declared` are the ids of all indicators."""
    file_of = {kind: folder / name for name, kind, _ in _FILES}
    kinds = {"table": "source", "extract": "source"}
    ids = Counter((kinds.get(kind, kind), block.id) for kind in blocks for block in blocks[kind])
    for kind, rows in blocks.items():
        for block_id in sorted({row.id for row in rows if ids[kinds.get(kind, kind), row.id] > 1}):
            yield f"{file_of[kind]}, [[{kind}]] {block_id}: this id is used more than once."
    rates = {indicator.id for indicator in blocks["indicator"] if indicator.rate is not None}

    def unknown(kind: str, block_id: str, key: str, name: str) -> str:
        return (
            f"{file_of[kind]}, [[{kind}]] {block_id}, key '{key}': no indicator '{name}' in "
            f"indicators.toml; nearest: {nearest(name, declared)}."
        )

    for kind in ("table", "extract"):
        for source in blocks[kind]:
            for measure in source.measure:
                where = f"{file_of[kind]}, [[{kind}]] {source.id}, measure '{measure.indicator}'"
                if measure.indicator not in declared:
                    yield unknown(kind, source.id, "measure.indicator", measure.indicator)
                elif measure.indicator in rates:
                    yield f"{where}: this indicator is a declared rate and cannot be fetched too."
            twice = Counter(measure.indicator for measure in source.measure)
            for name in sorted(name for name, times in twice.items() if times > 1):
                yield f"{file_of[kind]}, [[{kind}]] {source.id}: two measures for '{name}'."
    for indicator in blocks["indicator"]:
        uses = {"denominator": indicator.denominator}
        if indicator.rate is not None:
            uses["rate.numerator"] = indicator.rate.numerator
            uses["rate.denominator"] = indicator.rate.denominator
        for key, name in uses.items():
            if name is not None and name not in declared:
                yield unknown("indicator", indicator.id, key, name)
    for programme in blocks["programme"]:
        for name in programme.indicators:
            if name not in declared:
                yield unknown("programme", programme.id, "indicators", name)
