"""One page as HTML: its data and the site's, laid out by the template of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import jinja2
from markupsafe import Markup

from wijkpeil.edition.comparable import comparable_of, told
from wijkpeil.report import chart_svg, map_svg
from wijkpeil.report.figures import day, difference, exact, trend
from wijkpeil.report.paths import TEMPLATES, path_of, slug
from wijkpeil.rounding import change_decimals
from wijkpeil.text import capital, clean
from wijkpeil.words import NOTHING, SHARE, Language, fill, stands_apart, words_of

MARKS = {
    "improving": "▲",
    "stagnating": "■",
    "deteriorating": "▼",
    "at_level": "=",
    "follows": "≈",
    "falls_behind": "▽",
    "catching_up": "△",
    "turned": "↗",
    "flattened": "→",
    "ahead": "○",
    "inconclusive": "?",
    "insufficient": "–",
}


def cleaned(data: Any) -> Any:
    """All texts of a page's data cleaned."""
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, list):
        return [cleaned(each) for each in data]
    if isinstance(data, dict):
        return {key: cleaned(value) for key, value in data.items()}
    return data


class Renderer:
    """Pages of one site in one language. `site` is the row of `queries/site.sql`."""

    def __init__(self, site: Mapping[str, Any], language: Language) -> None:
        self.language = language
        self.site = cleaned(dict(site))
        self.indicators = {each["id"]: each for each in self.site["indicators"]}
        self.programmes = {each["id"]: each["name"] for each in self.site["programmes"]}
        self.groups = {each["id"]: each["name"] for each in self.site["groups"]}
        self.words = words_of(language)
        self.tables = self.words.tables("report")
        # a gap of which nothing can be told is called as a level is
        self.tables["gap_short"] = self.tables["class"] | self.tables["gap_short"]

    def render(self, kind: str, page_id: str, data: Mapping[str, Any]) -> str:
        """The page; every text in it is escaped."""
        path = path_of(kind, page_id, self.language)
        root = "../" * path.count("/")
        other = "en" if self.language == "nl" else "nl"
        page = cleaned({"map": None, "slug": slug(page_id), **data})
        if page.get("gemeente_code"):
            page["gemeente_slug"] = slug(page["gemeente_code"])
        return self.render_text(
            f"{kind}.html.j2",
            page=page,
            kind=kind,
            root=root,
            elsewhere=root + path_of(kind, page_id, other),
            link=lambda kind, page_id="": root + path_of(kind, page_id, self.language),
        )

    def render_text(self, template: str, **context: Any) -> str:
        """A template with what all pages of this language know."""
        return (
            _environment()
            .get_template(template)
            .render(
                site=self.site,
                w=self.tables,
                lang=self.language,
                slug=slug,
                indicators=self.indicators,
                programmes=self.programmes,
                groups=self.groups,
                marks=MARKS,
                name_of=self._name_of,
                title_of=self._title_of,
                number=self.words.number,
                value_of=self._value_of,
                short_of=self._short_of,
                difference_of=self._difference_of,
                change_of=self._change_of,
                breaks_of=self._breaks_of,
                examples_of=self._examples_of,
                example_of=self._example_of,
                exact=partial(exact, words=self.words),
                day=partial(day, words=self.words),
                comparators=self._comparators,
                trend_of=self._trend_of,
                stands_apart=stands_apart,
                slope_unit=self.words.step,
                sentence=lambda row: row.get(f"sentence_{self.language}") or "",
                finding=self._finding,
                said=self._said,
                trend_chart=self._trend_chart,
                gap_chart=self._gap_chart,
                sparkline=chart_svg.sparkline,
                distribution=self._distribution,
                filled=fill,
                darkness_of_wijk=map_svg.darkness_of_wijk,
                darkness_of_gemeente=map_svg.darkness_of_gemeente,
                map_of_wijken=partial(map_svg.map_of_wijken, words=self.tables["map"]),
                map_of_gemeenten=partial(map_svg.map_of_gemeenten, words=self.tables["map"]),
                **context,
            )
        )

    def _examples_of(self, card: Mapping[str, Any]) -> list[str]:
        """A sentence for each area that began alike and improved, and what they do not say."""
        found = [comparable_of(each) for each in card["examples"]]
        return told(found, self.words) if found and card["is_alert"] else []

    def _example_of(self, card: Mapping[str, Any]) -> str:
        """The first of them in short, where there is one."""
        found = card["examples"] if card["is_alert"] else []
        return comparable_of(found[0]).brief(self.words) if found else ""

    def _name_of(self, indicator_id: str) -> str:
        known = self.indicators.get(indicator_id)
        return str(known[f"name_{self.language}"]) if known else indicator_id

    def _title_of(self, indicator_id: str) -> str:
        """The name as it begins a line."""
        return capital(self._name_of(indicator_id))

    def _value_of(self, value: float | None, indicator_id: str) -> str:
        known = self.indicators[indicator_id]
        return self.words.value(value, known["decimals"], known["unit"])

    def _short_of(self, value: float | None, indicator_id: str) -> str:
        """The value where the unit stands beside it already."""
        known = self.indicators[indicator_id]
        unit = SHARE if known["unit"] == SHARE else ""
        return self.words.value(value, known["decimals"], unit)

    def _difference_of(self, gap: Mapping[str, Any], card: Mapping[str, Any]) -> str:
        """How much the figure differs from what it is compared with."""
        known = self.indicators[card["indicator"]]
        return difference(
            *(gap, known["decimals"], known["unit"], self.words),
            is_relative=card["is_relative"],
        )

    def _change_of(self, card: Mapping[str, Any]) -> str:
        """The change that matters, as the sentence has it."""
        decimals = self.indicators[card["indicator"]]["decimals"]
        digits = change_decimals(decimals, card["meaningful"], is_relative=card["is_relative"])
        return self.words.number(card["meaningful"], digits)

    def _breaks_of(self, card: Mapping[str, Any]) -> str:
        reasons = self.tables["break"]
        return "; ".join(f"{each['year']}: {reasons[each['reason']]}" for each in card["breaks"])

    def _comparators(
        self, page: Mapping[str, Any], figures: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """The names of what the area is compared with; of figures, each without the area where
        that is a large part of it."""
        names = {"gemeente": page["gemeente_name"], "nl": None, "programme": page["group_name"]}
        own = {"gemeente": bool(page["gemeente_name"]), "programme": bool(page["programmes"])}
        return {
            kind: self.words.comparator(
                kind, name, is_rest=bool(figures and figures.get(f"is_rest_of_{kind}"))
            )
            for kind, name in names.items()
            if own.get(kind, True)
        }

    def _trend_of(self, card: Mapping[str, Any]) -> str:
        if card["class"] == "insufficient":
            return NOTHING
        return trend(card, self.indicators[card["indicator"]]["decimals"], self.words)

    def _finding(self, area_name: str, card: Mapping[str, Any]) -> str:
        """What the class says, as short as a headline."""
        table, key = "finding", card["class"]
        if card["is_gap"] and key not in ("follows", "falls_behind"):
            table, key = "chart.ahead" if key == "ahead" else "chart.behind", card["phrase"]
        elif key == "stagnating" and card["is_held"]:
            key = "held"
        reference = ""
        if card["is_gap"]:
            kind = card["axis"].removeprefix("gap_")
            reference = self.words.comparator(kind, None, form="reference")
        name = self._name_of(card["indicator"])
        return self.words(f"{table}.{key}", area=area_name, indicator=name, reference=reference)

    def _said(self, trend_class: str, *, is_held: bool = False, is_gap: bool = False) -> str:
        """The class in words, of what it is judged by."""
        key = "held" if is_held and trend_class == "stagnating" else trend_class
        found = self.tables["class"]
        return str(found.get(f"gap_{key}", found[key]) if is_gap else found[key])

    def _trend_chart(
        self,
        card: Mapping[str, Any],
        years: list[Mapping[str, Any]],
        names: Mapping[str, str],
        area: str,
        label: str,
    ) -> Markup:
        """The figures with their trend; `label` says the finding."""
        indicator, words = self.indicators[card["indicator"]], self.words
        more = {"area": area, "names": names, "indicator": indicator, "words": words}
        return chart_svg.chart(chart_svg.trend_picture(card, years, **more), label)

    def _gap_chart(
        self,
        card: Mapping[str, Any],
        years: list[Mapping[str, Any]],
        names: Mapping[str, str],
        area: str,
        label: str,
    ) -> Markup:
        """How much better than its comparators the area is; `label` says it."""
        indicator, words = self.indicators[card["indicator"]], self.words
        more = {"area": area, "names": names, "indicator": indicator, "words": words}
        return chart_svg.chart(chart_svg.gap_picture(card, years, **more), label)

    def _distribution(self, indicator_id: str, page: Mapping[str, Any], label: str) -> Markup:
        return chart_svg.distribution(
            page["spread"]["values"] or [] if page["spread"] else [],
            [a["value"] for a in page["areas"] if a["programmes"] and a["value"] is not None],
            label=label,
            decimals=self.indicators[indicator_id]["decimals"],
            language=self.language,
        )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
