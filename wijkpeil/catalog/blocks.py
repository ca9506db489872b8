"""What a block of the catalog is: one frozen class per kind, which knows its own mistakes."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from wijkpeil.errors import WijkError
from wijkpeil.settings import mail_address

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Year = Annotated[int, Field(ge=1990, le=2100)]
Days = Annotated[int, Field(ge=1, le=366)]
Step = Annotated[float, Field(gt=0, le=1000)]
# of all years, or of these
Years = bool | Annotated[list[Year], Field(min_length=1)]
# how often a source that says it did not change is received whole and compared
COMPARE_EVERY_DAYS = 28
AreaCode = Annotated[str, Field(pattern=r"^(NL00|GM\w{4}|WK\w{6}|BU\w{8})$")]
AreaLevel = Literal["land", "gemeente", "wijk", "buurt"]
# how the codes of each level begin
PREFIX: dict[AreaLevel, str] = {"land": "NL", "gemeente": "GM", "wijk": "WK", "buurt": "BU"}
MissingStatus = Literal["suppressed", "not_yet_published", "not_applicable"]
# what the headline judgement and the alert are about: the figure itself, what it lacks on the
# country or on the gemeente, or the figure and then also what it lacks
Judge = Literal["level", "gap_nl", "gap_gemeente", "both"]
_MONEY = re.compile(r"\beuro|€", re.IGNORECASE)


class Block(BaseModel):
    """A block: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Limits(Block):
    """When a new snapshot of a source is held until a person says yes, against the one in use.

    A publisher that corrects figures moves few of them and little; beyond these limits it is more
    likely a mistake. `smallest_share` of the figures must be there still, of an indicator and
    year, and of the areas; at most `largest_bad_share` may be no possible figure. At most
    `largest_moved_share` of the areas may move by more than a quarter of what parts areas from
    one another, and half of them by no more than `largest_shift` times the yearly change that
    matters (without one: of `largest_relative_shift`). Figures of single areas that change beyond
    all others are published and hold mail, up to `largest_odd_share` of the areas.
    """

    smallest_share: Annotated[float, Field(ge=0, le=1)] = 0.9
    largest_bad_share: Annotated[float, Field(ge=0, le=1)] = 0.02
    largest_moved_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    largest_shift: Annotated[float, Field(gt=0)] = 1.0
    largest_relative_shift: Annotated[float, Field(gt=0)] = 0.1
    largest_odd_share: Annotated[float, Field(ge=0, le=1)] = 0.005


# what a source's block tells about it, without bearing on what is received
DESCRIPTION = dict.fromkeys(
    (
        *("title_nl", "licence", "attribution", "synthetic", "confirmed", "note", "limits"),
        *("max_age_days", "evidence"),
    ),
    True,
)


class Source(Block):
    """What every source tells of itself. Where `cost` is None no run does without it.

    After `max_age_days` without being received or found unchanged it is told to be old: a month
    unless said otherwise, and of what comes once a year a year.
    """

    cost: ClassVar[str | None] = None
    usual_age_days: ClassVar[int] = 31

    id: Id
    title_nl: Text
    licence: Text
    attribution: Text
    synthetic: bool = False
    confirmed: bool = True
    note: Text | None = None
    limits: Limits = Limits()
    max_age_days: Annotated[int, Field(ge=1)] | None = None

    @field_validator("attribution")
    @classmethod
    def _without_label(cls, text: str) -> str:
        """Whom it is of; that this is a source is said where it is told."""
        return re.sub(r"^\s*(?:bron|source)\s*:\s*(?=\S)", "", text, flags=re.IGNORECASE)

    @property
    def age_limit_days(self) -> int:
        """After so many days it is told to be old."""
        return self.max_age_days or self.usual_age_days

    @property
    def kind(self) -> str:
        """`cbs_v3`, `cbs_v4` or `csv`: how its snapshots are read."""
        raise NotImplementedError

    @property
    def request(self) -> dict[str, Any]:
        """The part of the block that decides what is received, as JSON values."""
        raise NotImplementedError


class ExtractMeasure(Block):
    """One column of an extract. `margin_95_column` holds the half-width of a 95% margin.

    `zero_means` names the status that a zero in this column stands for; `absent_years`
    are years for which the file has the column but no figures. Figures are `rounded_to` multiples
    of so much, in the unit of the file, which is noise. Those of the years of `provisional` may
    still be corrected; those that are `provisional_for_good` will not be.
    """

    indicator: Id
    column: Text
    scale: float = 1.0
    margin_95_column: Text | None = None
    zero_means: MissingStatus | None = None
    absent_years: list[Year] = []
    rounded_to: Step | None = None
    provisional: Years = False
    provisional_for_good: bool = False


class Extract(Source):
    """A municipal CSV file: where it is, how it is written, what its columns are.

    `location` is an https address, or a path seen from the catalog folder. `geography_year`
    is the year whose areas the codes mean; without it, each row's own year. Without `encoding`
    or `delimiter` the file tells them.
    """

    publisher: Text
    location: Text
    encoding: Literal["utf-8", "latin-1", "cp1252"] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
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
        keys = {"id", "location", "area_column", "year_column"}
        how = {"encoding": self.encoding or "utf-8", "delimiter": self.delimiter or ","}
        return {**self.model_dump(mode="json", include=keys), **how}

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
        if self.decimal == self.thousands:
            raise ValueError("'decimal' and 'thousands' must differ")
        return self


class MeaningfulChange(Block):
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


class Rate(Block):
    """`per` times numerator over denominator, both indicators of the same area and year.

    `counts` says what the numerator is: `events` (crimes) vary by chance, which widens the
    margin of a trend; a `register` of people only as they come and go, a part of that.
    """

    numerator: Id
    denominator: Id
    per: Annotated[int, Field(gt=0)]
    counts: Literal["events", "register"]


class ExplainedJump(Block):
    """A year in which the figures jumped everywhere, and why that was real."""

    year: Year
    reason: Text


class Indicator(Block):
    """What is measured. Outside `range` a value is impossible, outside `usual` it is reported.

    In the years of `explained_jumps` the figures jumped everywhere and it was real; each is a year,
    or has its reason, for pages to tell. An indicator
    that says the same as another `counts_with` it: together they are one in the count of alerts.
    One that is `told_first` weighs as much in a mail as safety does.

    `judge` says what the headline judgement and the alert are about, with who decided it and why:
    a figure that moves with the country says little of a wijk by its level, and money nothing.
    """

    id: Id
    name_nl: Text
    name_en: Text | None = None
    definition_nl: Text
    theme: Literal["liveability", "safety"]
    unit: Text
    unit_in_words: Text | None = None
    unit_en: Text | None = None
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
    explained_jumps: list[Year | ExplainedJump] = []
    pillar: Text | None = None
    counts_with: Id | None = None
    told_first: bool = False
    judge: Judge = "level"
    judge_owner: Text | None = None
    judge_reason: Text | None = None

    @property
    def is_money(self) -> bool:
        """Whether it is told in euros, of which prices change what one is worth."""
        units = (self.unit, self.unit_in_words, self.unit_en)
        return any(_MONEY.search(unit) for unit in units if unit)

    @property
    def explained_years(self) -> dict[int, str | None]:
        """The years of explained jumps, with the reason where one is given."""
        return {
            each if isinstance(each, int) else each.year: None
            if isinstance(each, int)
            else each.reason
            for each in self.explained_jumps
        }

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

    @model_validator(mode="after")
    def _judged(self) -> Indicator:
        if self.direction == "none":
            if self.judge != "level":
                raise ValueError("'judge' goes with a direction: without one there is no class")
        elif self.is_money and self.judge in ("level", "both"):
            raise ValueError(
                "money is never judged nominally, since prices that rise would pass for progress; "
                "write judge = \"gap_nl\" with 'judge_owner' and 'judge_reason'"
            )
        if self.judge != "level" and None in (self.judge_owner, self.judge_reason):
            raise ValueError(f"judge \"{self.judge}\" needs 'judge_owner' and 'judge_reason'")
        return self


class Target(Block):
    """Where a programme wants an indicator to be at the end of the year `by`: level with a
    comparator (a [[group]], "nl" or "gemeente"), or at a `value`."""

    indicator: Id
    comparator: Id | None = None
    value: float | None = None
    by: Year
    note: Text | None = None

    @model_validator(mode="after")
    def _one_goal(self) -> Target:
        if (self.comparator is None) == (self.value is None):
            raise ValueError("give either 'comparator' or 'value'")
        return self


class ProgrammeChange(MeaningfulChange):
    """A programme's own size of what matters, instead of that of the indicator."""

    indicator: Id


class Programme(Block):
    """A programme: the areas it follows, on which indicators, and who hears of it.

    `areas` are whole CBS areas; areas made of parts stand in `areas/<programme>.csv`. The areas
    that were on the list on `list_as_of` are the group its areas are compared with; without it,
    those on the list today. `comparator` is what the gap of the programme is measured to: that
    group, or a [[group]] of gemeenten. Without a `yearly_note` its recipients do not hear
    of a year that has nothing new.
    """

    id: Id
    name_nl: Text
    areas: list[AreaCode] = []
    list_as_of: date | None = None
    indicators: list[Id] = []
    target: list[Target] = []
    comparator: Id = "programme"
    meaningful_change: list[ProgrammeChange] = []
    recipients: list[str] = []
    contact: str | None = None
    yearly_note: bool = True

    @field_validator("recipients", "contact")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for address in [value] if isinstance(value, str) else value or []:
            try:
                mail_address(address)
            except WijkError as error:
                raise ValueError(str(error)) from error
        return value
