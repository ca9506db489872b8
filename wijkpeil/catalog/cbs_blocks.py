"""What a block of cbs.toml is: the tables of CBS, their columns, and how each is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from wijkpeil.catalog.blocks import (
    COMPARE_EVERY_DAYS,
    DESCRIPTION,
    AreaLevel,
    Block,
    Days,
    Id,
    Source,
    Step,
    Text,
    Year,
    Years,
)


class Wording(Block):
    """How CBS names a column: title, unit and, where the title stands twice, its group.

    `years` limits it to tables of those years, first and last.
    """

    title: Text
    unit: Text
    parent: Text | None = None
    years: Annotated[list[Year], Field(min_length=2, max_length=2)] | None = None


class Evidence(Block):
    """How something of CBS is known, as long as nobody saw it on the live table.

    `mark`: "D" stands in a real file of data or metadata, "O" on a page of CBS itself, "K" is a
    key in code that ran on the table (the title without its signs, not the unit), "C" was said by
    others, "I" is inferred. `years` are the tables it is about, all where there are none; `where`
    says where to look.
    """

    mark: Literal["D", "O", "K", "C", "I"]
    where: Text
    years: list[Year] = Field(default_factory=list)


def mark_of(evidence: Sequence[Evidence], years: Collection[int]) -> str | None:
    """The first mark that is of one of these years, else the first of all years."""
    own = [each.mark for each in evidence if {*years} & {*each.years}]
    return next(iter([*own, *(each.mark for each in evidence if not each.years)]), None)


class CbsMeasure(Block):
    """One column of a CBS table, named by what CBS calls it, never by its numbered key.

    `alternatives` are other names it has or had; exactly one column in all must bear one of
    them. `codes` are measure codes of a v4 table and go before names. In the years of `absent`
    a table has no such column, which is no error. CBS's figures are `rounded_to` multiples of so
    much, in its own unit, which is noise. `provisional` and `provisional_for_good` are as of its
    table, for this column alone; what CBS's own description says of it goes before.
    """

    indicator: Id
    title: Text
    unit: Text
    parent: Text | None = None
    alternatives: list[Wording] = Field(default_factory=list)
    codes: list[Text] = Field(default_factory=list)
    scale: float = 1.0
    rounded_to: Step | None = None
    where: dict[str, Text] = Field(default_factory=dict)
    absent: list[Year] = Field(default_factory=list)
    provisional: Years | None = None
    provisional_for_good: bool | None = None
    confirmed: bool = True
    evidence: list[Evidence] = Field(default_factory=list)
    note: Text | None = None

    def wordings(self, year: int | None) -> list[Wording]:
        """The names it may have in a table of that year, the usual one first."""
        usual = Wording(title=self.title, unit=self.unit, parent=self.parent)
        fitting = [
            other
            for other in self.alternatives
            if year is None or other.years is None or other.years[0] <= year <= other.years[1]
        ]
        return [usual, *fitting]

    def as_asked(self, year: int | None) -> CbsMeasure:
        """The measure with the names of that year alone: what other years are called, or lack, is
        of no matter to it."""
        names = [name.model_copy(update={"years": None}) for name in self.wordings(year)[1:]]
        return self.model_copy(update={"alternatives": names, "absent": []})


class Margins(Block):
    """The dimension of a survey that tells the figure from the limits of its 95% margin."""

    dimension: Text
    value: Text
    low: Text
    high: Text


class CbsTable(Source):
    """A CBS table: which columns, areas and years of it the monitor uses.

    A table holds either one `year`, or a `period_dimension` from which the periods of `years`
    (first and last) or of exactly `at_years` are taken: those whose code ends in
    `period_suffix`. `geography_year` names the year whose areas the codes mean when that is
    not the year of the figure: police figures are restated. `values` chooses between the typed
    set and the untyped one, which keeps the symbol of a missing figure. `where` chooses one
    code of each other dimension, for all measures that do not choose another.

    `division` holds words with {year} in them, by which the table's own title or description
    tells whose areas its codes mean: those of `geography_year`, else of the one year of its
    figures. `land_code` is the one code that is the country, where there are more that begin with
    NL; codes in `ignored_areas` are not taken. Every `compare_every_days` all of the table is
    received again, also where its date of change is the same. Figures of the years of
    `provisional` may still be corrected; those that are `provisional_for_good` will not be.
    """

    series: Id | None = None
    cbs_id: Annotated[str, Field(pattern=r"^[0-9]{5}[A-Za-z]{0,3}$")]
    api: Literal["v3", "v4"]
    publisher: Literal["cbs", "third_party"] = "cbs"
    area_dimension: Text
    period_dimension: Text | None = None
    period_suffix: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")] = "JJ00"
    year: Year | None = None
    years: Annotated[list[Year], Field(min_length=2, max_length=2)] | None = None
    at_years: Annotated[list[Year], Field(min_length=1)] | None = None
    geography_year: Year | None = None
    division: Text | list[Text] | None = None
    compare_every_days: Days = COMPARE_EVERY_DAYS
    provisional: Years = False
    provisional_for_good: bool = False
    values: Literal["typed", "untyped"] = "typed"
    area_levels: Annotated[list[AreaLevel], Field(min_length=1)]
    area_change: Text | list[Text] | None = None
    land_code: Annotated[str, Field(pattern=r"^NL[0-9]{2}$")] | None = None
    ignored_areas: list[Text] = Field(default_factory=list)
    evidence: list[Evidence] = Field(default_factory=list)
    where: dict[str, Text] = Field(default_factory=dict)
    margins: Margins | None = None
    measure: Annotated[list[CbsMeasure], Field(min_length=1)]

    @property
    def kind(self) -> str:
        """How its snapshots are read."""
        return f"cbs_{self.api}"

    @property
    def request(self) -> dict[str, Any]:
        """What is asked of CBS, without how the answer is named, scaled or placed."""
        beside = (
            *("scale", "rounded_to", "provisional", "provisional_for_good"),
            *("confirmed", "evidence", "note"),
        )
        measure = {"__all__": dict.fromkeys(beside, True)}
        placed = dict.fromkeys(
            (
                *("geography_year", "division", "compare_every_days", "series"),
                *("provisional", "provisional_for_good"),
            ),
            True,
        )
        asked = [each.as_asked(self.year) for each in self.present_measures]
        return self.model_copy(update={"measure": asked}).model_dump(
            mode="json", exclude={**DESCRIPTION, **placed, "measure": measure}
        )

    def provisional_years(self, measure: CbsMeasure) -> list[int]:
        """The years in which the catalog calls this column provisional."""
        declared = self.provisional if measure.provisional is None else measure.provisional
        if isinstance(declared, bool):
            return self.figure_years if declared else []
        return [year for year in self.figure_years if year in declared]

    def is_provisional_for_good(self, measure: CbsMeasure) -> bool:
        """Whether the catalog says that what is provisional of this column stays so."""
        own = measure.provisional_for_good
        return self.provisional_for_good if own is None else own

    @property
    def lists_areas(self) -> bool:
        """Whether this table is the yearly list of areas: it has CBS's change flag."""
        return self.area_change is not None

    @property
    def wanted_years(self) -> list[int]:
        """The years of a table with periods, oldest first."""
        if self.at_years is not None:
            return sorted(self.at_years)
        first, last = self.years or (0, -1)
        return list(range(first, last + 1))

    @property
    def figure_years(self) -> list[int]:
        """The years of its figures, oldest first."""
        return [self.year] if self.year is not None else self.wanted_years

    @property
    def divisions(self) -> list[str]:
        """The wordings of its division; none where that is not looked for."""
        return [self.division] if isinstance(self.division, str) else self.division or []

    @property
    def division_year(self) -> int | None:
        """The year whose areas the codes mean by the catalog, where it is one year."""
        years = self.wanted_years
        own = self.year or (years[0] if len(years) == 1 else None)
        return self.geography_year or own

    @property
    def present_measures(self) -> list[CbsMeasure]:
        """The measures that a table of this year has, by the catalog."""
        return [measure for measure in self.measure if self.year not in measure.absent]

    @model_validator(mode="after")
    def _one_notion_of_time(self) -> CbsTable:
        if (self.year is None) == (self.period_dimension is None):
            raise ValueError("give either 'year' or 'period_dimension'")
        given = [name for name in ("years", "at_years") if getattr(self, name) is not None]
        if len(given) != (self.period_dimension is not None):
            raise ValueError("'period_dimension' goes with either 'years' or 'at_years'")
        if self.years is not None and self.years[0] > self.years[1]:
            raise ValueError("'years' ends before it begins")
        if self.api == "v4" and self.publisher == "third_party":
            raise ValueError("tables of third parties are served by api 'v3' only")
        if self.api == "v4" and (self.lists_areas or self.values == "untyped"):
            raise ValueError("'area_change' and 'values' are for api 'v3'")
        if any(words.count("{year}") != 1 for words in self.divisions):
            raise ValueError("write {year} once in each wording of 'division'")
        if self.divisions and self.division_year is None:
            raise ValueError("'division' goes with 'geography_year', or with figures of one year")
        if not self.present_measures:
            raise ValueError(f"no measure is left: all are absent in {self.year}")
        return self


class Publish(Block):
    """What an edition needs, beside a list of areas with their inhabitants: `least` is the share
    of the sources of figures that must have been received."""

    id: Id = "publish"
    least: Annotated[float, Field(ge=0, le=1)] = 0.0


class CbsService(Block):
    """How politely a CBS service is asked: how many requests at the same time, and the shortest
    time between the starts of two, in seconds."""

    id: Literal["v3", "third_party", "v4"]
    at_once: Annotated[int, Field(ge=1, le=8)] = 2
    interval_s: Annotated[float, Field(ge=0, le=60)] = 0.2
