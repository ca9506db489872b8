"""The subject of a mail: which areas, what happens there, and in which programme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.items import AreaItems
from wijkpeil.alerts.letters.names import KINDS, is_better, kind_of, names_of
from wijkpeil.text import short
from wijkpeil.words import Words

# so many areas are named, when their names are no longer than this
_MOST_NAMED, _NAME_LENGTH, _PROGRAMME_LENGTH = 3, 30, 60


def subject_of(digest: Digest, words: Words) -> str:
    """What is new where, worst first, then what is over, or that nothing is; and for whom."""
    programme = short(digest.programme.name_nl, _PROGRAMME_LENGTH)
    about = words("mail.subject.about", programme=programme, year=str(digest.year))
    tail = words("mail.subject.synthetic") if digest.is_synthetic else ""
    return f"{headline_of(digest, words)} ({about}){tail}"


def headline_of(digest: Digest, words: Words) -> str:
    """The same without the programme."""
    return ", ".join(_parts(digest, words)) or words("mail.subject.note")


def _parts(digest: Digest, words: Words) -> Iterator[str]:
    names = names_of(digest).by_code
    named: set[str] = set()
    told: set[str] = set()
    for key, areas in _groups(digest):
        # once, also where it is over in two ways
        new = [code for code in dict.fromkeys(a.area_code for a in areas) if code not in told]
        told |= {*new}
        if not new:
            continue
        shown = [names[code] for code in new][: _MOST_NAMED - len(named)]
        if any(len(name) > _NAME_LENGTH for name in shown):
            shown = []
        named |= {*shown}
        if rest := new[len(shown) :]:
            count = words.counted(len(rest), words.kind(rest))
            shown.append(words("mail.subject.more", areas=count) if shown else count)
        does = words.form(f"mail.subject.{key}", len(new))
        yield words("mail.subject.does", areas=words.listed(shown), does=does)


def _groups(digest: Digest) -> Iterator[tuple[str, Sequence[AreaItems]]]:
    """What is new by what it says, worst first, and then what is over by how."""
    if digest.threshold != "all":
        yield digest.threshold, digest.new
        yield "moving", digest.recovered
        yield "corrected", digest.corrected
        return
    for kind in KINDS:
        yield kind, [area for area in digest.new if kind_of(area.signals) == kind]
    yield "recovered", [area for area in digest.recovered if is_better(area)]
    yield "corrected", digest.corrected
    yield "ended", [*(area for area in digest.recovered if not is_better(area)), *digest.ended]
