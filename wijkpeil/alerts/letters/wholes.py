"""An area as a whole in three sentences, for who hears of nothing less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.items import AreaItems, Item
from wijkpeil.alerts.letters.certainty import wrong_line
from wijkpeil.alerts.letters.lines import subject_of_item
from wijkpeil.alerts.letters.names import names_of
from wijkpeil.words import Words

_MOST_NAMED = 3


def whole_lines(digest: Digest, words: Words) -> Iterator[str]:
    """Which areas stand still as a whole, or no longer; how sure that is; and what to do."""
    parts = []
    if digest.new:
        does = words.form(f"mail.subject.{digest.threshold}", len(digest.new))
        parts.append(words("mail.whole.new", areas=_named(digest.new, digest, words), does=does))
    over = (("recovered", digest.recovered), ("corrected", digest.corrected))
    lasting = ("lasting", () if digest.has_news else digest.continuing)
    for how, areas in (*over, lasting):
        if areas:
            parts.append(words(f"mail.whole.{how}", areas=_named(areas, digest, words)))
    if not digest.has_news:
        parts.insert(0, note_line(digest, words))
    yield " ".join(parts)
    if digest.new:
        yield wrong_line(digest.wrong_of_new, "these", words)
    yield words("mail.whole.sheet")


def note_line(digest: Digest, words: Words) -> str:
    """That the edition year has nothing new so far, by how many of its figures."""
    return words(
        "mail.opening.note",
        year=str(digest.year),
        count=words.number(digest.basis.with_newest),
        all=words.counted(digest.basis.indicators, "indicator"),
    )


def _named(areas: Sequence[AreaItems], digest: Digest, words: Words) -> str:
    """The areas, each with the themes that it is about."""
    names = names_of(digest)
    told = [
        words(
            "mail.whole.about",
            area=names(area),
            themes=words.listed([_theme(item, words) for item in area.items]),
        )
        for area in areas[:_MOST_NAMED]
    ]
    if len(areas) > _MOST_NAMED:
        told.append(words("word.others", count=words.number(len(areas) - _MOST_NAMED)))
    return words.listed(told)


def _theme(item: Item, words: Words) -> str:
    """The theme, and on how many of its indicators the area stands still, where it does."""
    theme = subject_of_item(item, words)
    if not item.is_alert or item.rollup is None:
        return theme
    return words(
        "mail.whole.count",
        theme=theme,
        count=words.number(item.rollup.alerts),
        all=words.number(item.rollup.conclusive),
    )
