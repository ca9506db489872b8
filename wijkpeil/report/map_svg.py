"""The map of a page: places coloured by what stands still, each a link to the page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from wijkpeil.words import fill

Link = Callable[[str, str], str]
Row = Mapping[str, Any]


class Spot(NamedTuple):
    """What a map says of a place: how dark it is (0 to 4, or unclear), in words, and the link."""

    darkness: int | str
    words: str
    link: str


def darkness_of_wijk(area: Row) -> int | str:
    """From nothing that stands still to a theme that does so for some editions; `unclear` where
    nothing stands still and less than half can be told."""
    if not area["alerts"] and 2 * area["conclusive"] < area["assessed"]:
        return "unclear"
    if area["is_structural"]:
        return 4
    return 3 if area["is_alert"] else 1 if area["alerts"] else 0


def darkness_of_gemeente(gemeente: Row) -> int:
    """By the share of its wijken that stand still on a theme."""
    if not gemeente["standing"]:
        return 0
    share = float(gemeente["standing"] / gemeente["wijken"])
    return 1 + sum(share >= limit for limit in (0.1, 0.25, 0.5))


def map_of_wijken(page: Row, wijken: Sequence[Row], link: Link, words: Row) -> Markup:
    """The wijken of a gemeente; of some that have a judgement there may be no shape."""
    spots = {
        area["code"]: Spot(
            darkness_of_wijk(area), fill(words["wijk"], **area), link("area", area["code"])
        )
        for area in wijken
    }
    standing = sum(area["is_alert"] for area in wijken)
    label = fill(words["wijken"], name=page["name"], standing=standing, wijken=len(wijken))
    return _figure(page["map"], spots, label, "wijken", words)


def map_of_gemeenten(page: Row, link: Link, words: Row) -> Markup:
    """All gemeenten with a wijk that has a judgement."""
    gemeenten = page["gemeenten"] or []
    spots = {
        each["code"]: Spot(
            darkness_of_gemeente(each),
            fill(words["gemeente"], **each),
            link("gemeente", each["code"]),
        )
        for each in gemeenten
    }
    standing = sum(each["standing"] > 0 for each in gemeenten)
    label = fill(words["gemeenten"], standing=standing, gemeenten=len(gemeenten))
    return _figure(page["map"], spots, label, "gemeenten", words)


def _figure(drawing: Row, spots: Mapping[str, Spot], label: str, places: str, words: Row) -> Markup:
    """The map with its source. Its links are not stopped at by the keyboard, for the tiles beneath
    have the same; a place without a judgement is left white."""
    years = {key: drawing[key] for key in ("year", "area_year")}
    told = [
        words[f"dark_{places}"],
        fill(words["source"], attribution=drawing["attribution"].rstrip("."), **years),
    ]
    if drawing["year"] != drawing["area_year"]:
        told.append(fill(words["other_year"], **years))
    missing = len(spots.keys() - {shape["code"] for shape in drawing["shapes"]})
    if missing:
        told.append(fill(words[f"missing_{places}"], missing=missing, all=len(spots), **years))
    return Markup(
        '<figure class="map"><svg class="map" viewBox="{}" role="group" aria-label="{}">{}</svg>'
        "<figcaption>{}</figcaption></figure>"
    ).format(
        drawing["view"],
        label,
        Markup("").join(_places(drawing["shapes"], spots)),
        " ".join(told),
    )


def _places(shapes: Sequence[Row], spots: Mapping[str, Spot]) -> Iterator[Markup]:
    for shape in shapes:
        spot = spots.get(shape["code"])
        if spot is None:
            yield Markup('<path d="{}"/>').format(shape["path"])
        else:
            yield Markup(
                '<a href="{}" tabindex="-1"><title>{}</title><path class="s-{}" d="{}"/></a>'
            ).format(spot.link, spot.words, spot.darkness, shape["path"])
