"""A line with a badge for each area: what stands still or gets worse first, then the good news."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import Signal
from wijkpeil.alerts.items import AreaItems, Item
from wijkpeil.alerts.letters.names import (
    KINDS,
    Names,
    indicators_of,
    is_better,
    kind_of,
    names_of,
    theme_name,
)
from wijkpeil.rounding import rounded
from wijkpeil.words import Words

# the class whose colours a badge has; what is none of these three has those of the last
Tone = Literal["deteriorating", "stagnating", "improving", "inconclusive"]
# below so many inhabitants a handful of people moves a share by whole points
SMALL_AREA = 1000
# with a picture and what to do they fit on two screens of a phone
_MOST_LINES, _MOST_OVER, _MOST_NAMED = 5, 4, 8
_MOST_NEW, _MOST_LASTING = 3, 2
# a list of more letters is for the warehouse, and more than a channel takes
_MOST_LETTERS = 6000


@dataclass(frozen=True)
class AreaLine:
    """An area in a line; `new` is told for the first time, and `rest` is not. A line on several
    areas has no name."""

    tone: Tone
    badge: str
    name: str
    area_code: str = ""
    new: str = ""
    rest: str = ""

    @property
    def said(self) -> str:
        """What is said of it."""
        return "; ".join(filter(None, (self.new, self.rest)))


def area_lines(digest: Digest, words: Words) -> list[AreaLine]:
    """The areas with a signal, worst first; those with news go before others where not all fit,
    and the last line names the rest."""
    names = names_of(digest)
    new = {area.area_code: area for area in digest.new}
    lasting = {area.area_code: area for area in digest.continuing}
    found = [
        (_order(code, new, lasting), _line(code, new, lasting, digest, names, words))
        for code in dict.fromkeys([*new, *lasting])
    ]
    first = sorted(found, key=lambda each: (each[1].area_code not in new, each[0]))[:_MOST_LINES]
    shown = [line for _, line in sorted(first, key=lambda each: each[0])]
    rest = [line for _, line in sorted(found, key=lambda each: each[0]) if line not in shown]
    if rest:
        told = words.some([line.name for line in rest], _MOST_NAMED)
        count = words.counted(len(rest), words.kind([line.area_code for line in rest]))
        phrase = "mail.line.rest_new" if any(line.new for line in rest) else "mail.line.rest"
        shown.append(AreaLine("inconclusive", count, "", rest=words(phrase, areas=told)))
    return shown


def full_lines(digest: Digest, lines: Sequence[AreaLine], words: Words) -> Iterator[str]:
    """Every new signal by name, an area a line, worst first: of areas whose own line of `lines`
    does not name them all."""
    names = names_of(digest)
    lined = {line.area_code for line in lines}
    # one more than that is named too, instead of counted
    most = (_MOST_LASTING if digest.is_first else _MOST_NEW) + 1
    new = {
        area.area_code: area
        for area in digest.new
        if area.area_code not in lined or len(area.signals) > most
    }
    told = [
        words(
            "mail.full.area",
            area=names(new[code]),
            indicators=indicators_of(new[code].signals, words, most=len(new[code].signals)),
        )
        for code in sorted(new, key=lambda code: _order(code, new, {}))
    ]
    ends = [*accumulate(map(len, told))]
    shown = sum(end <= _MOST_LETTERS for end in ends)
    yield from told[:shown]
    if rest := [*new][shown:]:
        yield words("mail.full.rest", areas=words.counted(len(rest), words.kind(rest)))


def _order(
    code: str, new: dict[str, AreaItems], lasting: dict[str, AreaItems]
) -> tuple[int, int, str]:
    areas = [found[code] for found in (new, lasting) if code in found]
    signals = [signal for area in areas for signal in area.signals]
    return KINDS.index(kind_of(signals)), -len(signals), areas[0].area_name


def _line(
    code: str,
    new: dict[str, AreaItems],
    lasting: dict[str, AreaItems],
    digest: Digest,
    names: Names,
    words: Words,
) -> AreaLine:
    fresh = new[code].signals if code in new else []
    old = lasting[code].signals if code in lasting else []
    kind = kind_of([*fresh, *old])
    line = AreaLine(
        "deteriorating" if "deteriorating" in kind else "stagnating",
        words(f"mail.badge.{kind}"),
        names(new.get(code) or lasting[code]),
        code,
    )
    parts = [_small(code, digest, words)]
    if fresh and old and not digest.is_first:
        told = indicators_of(old, words, most=_MOST_LASTING)
        parts.insert(0, words("mail.line.lasting", indicators=told))
    else:
        parts.insert(0, _lasts([*fresh, *old], words))
    is_news = fresh and not digest.is_first
    most = _MOST_NEW if is_news else _MOST_LASTING
    told = indicators_of(fresh or old, words, most=most)
    if is_news:
        line = replace(line, new=words("mail.line.new", indicators=told))
    else:
        parts.insert(0, told)
    return replace(line, rest="; ".join(filter(None, parts)))


def _lasts(signals: Sequence[Signal], words: Words) -> str:
    """For how long, of what lasts longest."""
    years = [signal.editions_in_a_row for signal in signals if signal.is_lasting]
    if not years:
        return ""
    is_all = len(years) == len(signals) and len({*years}) == 1
    phrase = "mail.line.lasts" if is_all else "mail.line.lasts_longest"
    return words(phrase, years=words.number(max(years)))


def _small(code: str, digest: Digest, words: Words) -> str:
    place = digest.places.get(code)
    if place is None or place.inhabitants is None or place.inhabitants >= SMALL_AREA:
        return ""
    people = words.counted(int(rounded(place.inhabitants, 0)), "inhabitant")
    return words("mail.line.small", people=people)


def over_lines(digest: Digest, words: Words) -> list[AreaLine]:
    """What recovered and what gets better, then what was corrected and what is no signal now."""
    names = names_of(digest)
    recovered = list(_over(digest.recovered, "recovered", names, words))
    better = [line for line in recovered if line.tone == "improving"]
    return [
        *better,
        *_improving(digest, names, words),
        *(line for line in recovered if line.tone != "improving"),
        *_over(digest.corrected, "corrected", names, words),
        *_over(digest.ended, "ended", names, words),
    ]


def _over(areas: Sequence[AreaItems], how: str, names: Names, words: Words) -> Iterator[AreaLine]:
    areas = sorted(areas, key=is_better, reverse=True)
    for area in areas[:_MOST_OVER]:
        is_good = how == "recovered" and is_better(area)
        badge = words(f"mail.badge.{how if is_good or how != 'recovered' else 'ended'}")
        told = "; ".join(_ended(area, how, words))
        tone: Tone = "improving" if is_good else "inconclusive"
        yield AreaLine(tone, badge, names(area), area.area_code, new=told)
    if rest := areas[_MOST_OVER:]:
        named = words.some([names(area) for area in rest], _MOST_NAMED)
        is_good = how != "recovered" or all(map(is_better, rest))
        badge = words(f"mail.badge.{how if is_good else 'ended'}")
        yield AreaLine("inconclusive", badge, "", new=named)


def _ended(area: AreaItems, how: str, words: Words) -> Iterator[str]:
    """What was told, and what that is now; the same of several indicators once."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for item in area.items:
        told = item.told.trend_class if item.told else None
        # an old ledger did not keep which class it was
        was = words(f"class.{told}") if told else words.form("noun.signal", 1)
        key = (
            str(item.told.edition_year if item.told else ""),
            was,
            _said(item, (item.then or item.trend_class) if how == "corrected" else None, words),
        )
        if how == "corrected" and item.then not in (None, item.trend_class):
            now = words("mail.line.and_now", now=_said(item, None, words))
            key = (*key[:2], f"{key[2]}{now}")
        groups.setdefault(key, []).append(subject_of_item(item, words))
    for (year, was, now), indicators in groups.items():
        told = words.some(indicators, _MOST_NEW)
        yield words(f"mail.line.{how}", indicators=told, year=year, was=was, now=now)


def _said(item: Item, trend_class: str | None, words: Words) -> str:
    """A class of an alert, or of an area as a whole, in words."""
    found = trend_class or item.trend_class
    return words(item.signals[0].said(found) if item.rollup is None else f"class.{found}")


def subject_of_item(item: Item, words: Words) -> str:
    """What an alert is about: an indicator, or a theme."""
    if item.rollup is None:
        return item.signals[0].indicator(words.language)
    return theme_name(item.rollup.theme, words)


def _improving(digest: Digest, names: Names, words: Words) -> Iterator[AreaLine]:
    """On how many of what can be told it gets better, and where most of all."""
    counts = {code: marks["improving"] for code, marks in digest.marks.items()}
    judged = sum(
        n for marks in digest.marks.values() for mark, n in marks.items() if mark != "unknown"
    )
    better = sum(counts.values())
    if not better:
        return
    most = [code for code in sorted(counts, key=lambda code: (-counts[code], code)) if counts[code]]
    told = [names.by_code.get(code, code) for code in most[:2]]
    yield AreaLine(
        "improving",
        words("mail.badge.improving"),
        "",
        rest=words(
            "mail.line.improving",
            count=words.number(better),
            all=words.number(judged),
            areas=words.listed(told),
        ),
    )
