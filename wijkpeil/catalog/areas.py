"""What the catalog says of areas: files about them, lists through time, groups, members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from wijkpeil.catalog.blocks import (
    COMPARE_EVERY_DAYS,
    PREFIX,
    AreaCode,
    AreaLevel,
    Block,
    Days,
    Id,
    Source,
    Text,
    Year,
)

GemeenteCode = Annotated[str, Field(pattern=r"^GM\w{4}$")]
Share = Annotated[float, Field(ge=0, le=1)]
AddressPart = Literal["postcode", "number", "buurt", "wijk", "gemeente"]
Certainty = Literal["confirmed", "name_match", "candidate", "too_wide", "open"]
# what is sure enough to count with
USABLE = ("confirmed", "name_match")


class Restating(Block):
    """How series are brought to the areas of the newest area list.

    A place of which at least `same_place_share` of the addresses stay together, and whose
    boundary CBS did not change, is the same place. A figure of which more than
    `largest_moved_share` rests on addresses that lie elsewhere now is not comparable.
    An area made of parts has a share or mean while those without a figure hold no more than
    `largest_missing_share` of what it is weighted by. An area that is more than
    `largest_own_share` of what it is compared with is taken out of it. `inhabitants` is the
    indicator that counts them.
    """

    id: Id = "restating"
    inhabitants: Id | None = None
    same_place_share: Annotated[float, Field(ge=0.9, le=1)] = 0.98
    largest_moved_share: Share = 0.25
    largest_missing_share: Share = 0.05
    largest_own_share: Share = 0.1


class Group(Block):
    """Gemeenten to compare with: named, or all of a size, `without` those of other groups."""

    id: Id
    name_nl: Text
    gemeenten: Annotated[list[GemeenteCode], Field(default_factory=list)]
    inhabitants: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    without: Annotated[list[Id], Field(default_factory=list)]

    @model_validator(mode="after")
    def _one_rule(self) -> Group:
        if bool(self.gemeenten) == (self.inhabitants is not None):
            raise ValueError("give either 'gemeenten' or 'inhabitants' (from and up to)")
        if self.inhabitants and self.inhabitants[0] >= self.inhabitants[1]:
            raise ValueError("'inhabitants' ends before it begins")
        return self


class LocatedFile(Source):
    """A source of one year that lies at an https address, or at a path seen from the catalog
    folder, and that a run can do without: `cost` says what that costs."""

    publisher: Text = "CBS"
    year: Year
    location: Text

    @property
    def is_remote(self) -> bool:
        """Whether `location` is fetched over the network."""
        return "://" in self.location

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.is_remote and not self.location.startswith(
            ("https://", "http://127.0.0.1:", "http://localhost:")
        ):
            raise ValueError("'location' is a path or an https address")
        return self


class AddressFile(LocatedFile):
    """The addresses of one year (PC6 and house number) with the buurt that each lies in.

    `year` is the year whose buurten the codes mean, whatever the file's name says. `location`
    is an https address, or a path seen from the catalog folder: a zip whose largest CSV holds
    the addresses, or that CSV itself. `columns` names those of a file whose header is not known.
    Every `compare_every_days` it is received again, whatever its server says of it.
    """

    cost: ClassVar[str] = "Where a boundary changed, series begin anew without it."
    usual_age_days: ClassVar[int] = 366

    compare_every_days: Days = COMPARE_EVERY_DAYS
    columns: Annotated[Mapping[AddressPart, Text], Field(default_factory=dict)]

    @property
    def kind(self) -> str:
        """How its snapshots are read."""
        return "addresses"

    @property
    def request(self) -> dict[str, Any]:
        """Which bytes are taken, and which columns where the block names them."""
        keys = {"id", "location", *(["columns"] if self.columns else [])}
        return self.model_dump(mode="json", include=keys)


class Boundaries(LocatedFile):
    """The shapes of the wijken of one year, to draw maps of.

    `location` is the https address of the items of a collection (OGC API Features), or a path
    seen from the catalog folder: GeoJSON. `code_property` holds the code of a wijk; of features
    that do not have what `where` says, none is taken. `crs` is what the coordinates are in.
    """

    cost: ClassVar[str] = "Without it the report has tiles and no map."
    usual_age_days: ClassVar[int] = 366

    code_property: Text
    crs: Literal["CRS84", "EPSG:28992"] = "CRS84"
    where: Annotated[dict[str, Text], Field(default_factory=dict)]

    @property
    def kind(self) -> str:
        """How its snapshots are read."""
        return "boundaries"

    @property
    def request(self) -> dict[str, Any]:
        """Which shapes are taken, and how they are read."""
        keys = {"id", "year", "location", "code_property", "crs", "where"}
        return self.model_dump(mode="json", include=keys)


class Member(Block):
    """One row of `areas/<programme>.csv`: a part of a programme area, or an area still open.

    The code means what it means in the area list of `code_year`; `weight` is the share of that
    place that belongs to the area.
    """

    programme_id: Id
    area_id: Id
    name: Text
    gemeente_code: GemeenteCode | None = None
    member_code: AreaCode | None = None
    level: AreaLevel | None = None
    code_year: Year | None = None
    weight: Annotated[float, Field(gt=0, le=1)] | None = None
    valid_from: date
    valid_to: date | None = None
    certainty: Certainty
    source: Text
    note: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Member:
        given = [self.member_code, self.level, self.code_year, self.weight]
        if self.certainty == "open":
            if any(value is not None for value in given[:3]):
                raise ValueError("an open area has no 'member_code', 'level' or 'code_year'")
        elif any(value is None for value in given):
            raise ValueError("give 'member_code', 'level', 'code_year' and 'weight'")
        elif self.member_code and self.level and PREFIX[self.level] != self.member_code[:2]:
            raise ValueError(f"'{self.member_code}' is not the code of a {self.level}")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("'valid_to' is not after 'valid_from'")
        return self


class Step(Block):
    """One row of `lineage/*.csv`: the share of a place of one year that is part of another in a
    later year."""

    from_code: AreaCode
    from_year: Year
    to_code: AreaCode
    to_year: Year
    weight: Annotated[float, Field(gt=0, le=1)]
    source: Text

    @model_validator(mode="after")
    def _forward(self) -> Step:
        if self.to_year <= self.from_year:
            raise ValueError("'to_year' is not after 'from_year'")
        if self.from_code[:2] != self.to_code[:2]:
            raise ValueError("the codes are of two levels")
        return self


class Herindeling(Block):
    """One row of `herindelingen.csv`: a gemeente that ended, and the share of its addresses that
    went to a successor. Without a weight the gemeente was split in unknown parts."""

    date: date
    old_code: GemeenteCode
    old_name: Text
    new_code: GemeenteCode
    new_name: Text
    weight: Annotated[float, Field(gt=0, le=1)] | None = None
    source: Text
