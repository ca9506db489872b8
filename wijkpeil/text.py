"""Texts from outside, made fit to stand on a line of a mail, a page or a chart, or in SQL."""

from __future__ import annotations

import re
import unicodedata

NAME_LENGTH = 60
# the year of a yearly table, behind which nothing stands but a remark in brackets
_LAST_YEAR = re.compile(r"(?<=\w) +((?:19|20)\d\d)(?=(?: \([^()]*\))?$)")
# what CBS puts before the name of a wijk
_NUMBERED = re.compile(r"^(?:Wijk|Buurt) \d+ +(?=\S)")
# what makes it the end of a range
_RANGE = re.compile(r"(?:\b(?:tot|t/m|tm|en|to|and|until)|\d)$", re.IGNORECASE)


def without_number(name: str) -> str:
    """The name of an area without the number that CBS puts before it."""
    return _NUMBERED.sub("", name)


def clean(text: str) -> str:
    """`text` on one line, without control, format and other invisible characters."""
    # most texts are clean already, and some are paths of a map, which are long
    if text.isprintable():
        return " ".join(text.split())
    shown = (c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(shown).split())


def capital(text: str) -> str:
    """`text` as it begins a line: with a capital."""
    return text[:1].upper() + text[1:]


def without_year(title: str) -> tuple[str, int | None]:
    """The title of a yearly table without its year, and that year: such tables are one source to
    a reader. Only a year that is the last word is one, and not the end of a range."""
    found = _LAST_YEAR.search(title)
    if found is None or _RANGE.search(title[: found.start()]):
        return title, None
    return title[: found.start()] + title[found.end() :], int(found[1])


def short(name: str, length: int = NAME_LENGTH) -> str:
    """What a line can hold of a name from outside."""
    name = clean(name)
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def quoted(identifier: str) -> str:
    """An SQL identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
