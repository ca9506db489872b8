"""The subject and the first lines of a digest: what and where, how sure, what else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import Signal
from wijkpeil.alerts.items import AreaItems, items_of
from wijkpeil.alerts.letters.area import found_on, over_on, told_before
from wijkpeil.alerts.letters.expected import wrong_line
from wijkpeil.alerts.ranking import weightiest
from wijkpeil.text import short
from wijkpeil.words import Words

# so many areas are named in a subject, when their names fit in what a phone shows of it
_MOST_IN_SUBJECT, _NAME_IN_SUBJECT = 2, 30
# three lines fit on a phone; of each, names that fit in some two of its lines
_MOST_IN_LEAD, _MOST_NAMES, _NAMES_LENGTH = 3, 3, 50
# of more, how many of how many says more than their names
_FEW = 2


def subject_of(digest: Digest, words: Words) -> str:
    """What is new where, then what is over, and for whom."""
    parts = []
    if digest.new:
        parts.append(_new_in_subject(digest, words))
    for name, areas in _over(digest):
        if count := len(items_of(areas)):
            phrase = f"word.{name}" if parts else f"mail.subject.{name}_alone"
            fields = {"count": words.number(count), "signals": words.counted(count, "signal")}
            parts.append(words(phrase, **fields))
    if not parts:
        parts.append(words("mail.subject.note", year=str(digest.year)))
    tail = words("mail.subject.synthetic") if digest.is_synthetic else ""
    return f"{', '.join(parts)}: {short(digest.programme.name_nl, 80)}{tail}"


def _over(digest: Digest) -> tuple[tuple[str, Sequence[AreaItems]], ...]:
    """What is over, by how."""
    return (
        ("recovered", digest.recovered),
        ("corrected", digest.corrected),
        ("ended", digest.ended),
    )


def _new_in_subject(digest: Digest, words: Words) -> str:
    names = _called(digest.new)
    by = "" if digest.threshold == "all" else f"_{digest.threshold}"
    count = len(items_of(digest.new))
    if names:
        kinds = "_".join(sorted({s.trend_class for area in digest.new for s in area.signals}))
        found = words.form(f"mail.subject.does{by or f'_{kinds}'}", len(names))
        signals = words.counted(count, "signal")
        phrase = "mail.subject.named_area" if by else "mail.subject.named"
        return words(phrase, areas=words.listed(names), found=found, signals=signals)
    fields = {
        "signals": words.counted(count, "signal" if digest.is_first else "new_signal"),
        "areas": words.areas([area.area_code for area in digest.new]),
    }
    return words(f"mail.subject.new{by}", **fields)


def _called(areas: Sequence[AreaItems]) -> list[str]:
    """The names for a subject, without the number that CBS puts before them; none where they
    would not fit."""
    if len(areas) > _MOST_IN_SUBJECT:
        return []
    whole = [short(area.area_name) for area in areas]
    plain = [re.sub(r"^(?:Wijk|Buurt) \d+ (?=\S)", "", name) for name in whole]
    places = [short(area.gemeente_name or "") for area in areas]
    is_plain = len({*plain}) == len(plain) and not {*plain} & {*places}
    names = plain if is_plain else whole
    return names if all(0 < len(name) <= _NAME_IN_SUBJECT for name in names) else []


def lead_of(digest: Digest, words: Words) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each label with its lines; the first has a line for each area."""
    yield words("mail.lead.where"), tuple(_where(digest, words))
    yield words("mail.lead.sure"), (_how_sure(digest, words),)
    yield words("mail.lead.more"), (_more(digest, words),)


def _where(digest: Digest, words: Words) -> Iterator[str]:
    """Which areas, on what: the first few, and how many more."""
    told = [(area, _weighed(area, digest, words)) for area in digest.new]
    told += [(area, over_on(area, "corrected", words)) for area in digest.corrected]
    told += [(area, over_on(area, "recovered", words)) for area in digest.recovered]
    told += [(area, over_on(area, "ended", words)) for area in digest.ended]
    if not told:
        yield words("mail.lead.note", year=str(digest.year))
        yield words("mail.lead.note_means")
    for area, found in told[:_MOST_IN_LEAD]:
        yield f"{words('mail.lead.of_area', area=short(area.area_name), found=found)}."
    if rest := [area.area_code for area, _ in told[_MOST_IN_LEAD:]]:
        count = words.counted(len(rest), words.kind(rest))
        yield words("mail.item.more_areas", areas=count)


def _weighed(area: AreaItems, digest: Digest, words: Words) -> str:
    """On how many of what can be told, and what weighs most of that."""
    before = told_before(area.area_code, digest)
    signals = weightiest(area.signals)
    every = {signal.key: signal for signal in [*signals, *before]}.values()
    if len(every) <= _FEW or any(item.rollup for item in area.items):
        return found_on(area, words)
    kinds = "_".join(sorted({signal.trend_class for signal in every}))
    names = _fitting(signals, words)
    among = "among_new" if before else "among" if len(names) < len(every) else "all"
    return words(
        "mail.lead.many",
        does=words.form(f"mail.subject.does_{kinds}", 1),
        count=words.number(len(every)),
        all=words.number(
            sum(n for (code, _), n in digest.conclusive.items() if code == area.area_code)
        ),
        among=words(f"mail.lead.{among}", indicators=words.listed(names)),
    )


def _fitting(signals: Sequence[Signal], words: Words) -> list[str]:
    names = [short(s.indicator(words.language)) for s in signals[:_MOST_NAMES]]
    while len(names) > _FEW and sum(map(len, names)) > _NAMES_LENGTH:
        names.pop()
    return names


def _how_sure(digest: Digest, words: Words) -> str:
    signals = [s for area in digest.new for s in area.signals]
    held = sum(signal.is_held for signal in signals)
    if signals and held == len(signals):
        return f"{words('mail.lead.held')} {wrong_line(digest.wrong_of_new, 'these', words)}"
    if signals:
        worse = [
            area.area_name
            for area in digest.new
            if any(signal.said() == "class.deteriorating" for signal in area.signals)
        ]
        is_gap = any(signal.judged_axis != "own" for signal in signals)
        told = [words("mail.lead.excluded_gap" if is_gap else "mail.lead.excluded")]
        if held:
            count = words.counted(len(signals) - held, "signal")
            told = [words("mail.lead.excluded_some", count=count, held=words.number(held))]
        told.append(wrong_line(digest.wrong_of_new, "these", words))
        if worse:
            told.append(words("mail.lead.worse", areas=words.some(worse, 3)))
        return " ".join(told)
    parts = [words("mail.lead.corrected_sure")] if digest.corrected else []
    if classes := {item.trend_class for item in items_of(digest.recovered)}:
        sure = "both" if len(classes) > 1 else classes.pop()
        parts.append(words(f"mail.lead.recovered_sure_{sure}"))
    if digest.ended:
        parts.append(words("mail.lead.ended_sure"))
    if parts:
        return " ".join(parts)
    indicators = words.counted(digest.basis.indicators, "indicator")
    return words(
        "mail.lead.assessed", areas=words.areas(digest.basis.area_codes), indicators=indicators
    )


def _more(digest: Digest, words: Words) -> str:
    parts = []
    if digest.continuing:
        count = len(items_of(digest.continuing))
        signals = words.counted(count, "signal")
        hold = words.form("mail.lead.holds", count)
        areas = words.areas([area.area_code for area in digest.continuing])
        parts.append(words("mail.lead.continuing", signals=signals, hold=hold, areas=areas))
    if digest.new:
        for name, over in _over(digest):
            if over:
                parts.append(words(f"word.{name}", count=words.number(len(items_of(over)))))
    return f"{words.listed(parts)}." if parts else words("mail.lead.nothing_more")
