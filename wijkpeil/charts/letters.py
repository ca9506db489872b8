"""How wide a text is as Arial, or a font of the same widths, draws it; and where it is cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# of a letter of 1, in thousandths
_WIDTHS = (
    (191, "'"),
    (222, "ijl"),
    (278, " !,./:;I[\\]ft\u00a0·"),
    (333, "()-`r²³"),
    (389, "*"),
    (500, "Jcksvxyz"),
    (556, "#$0123456789?L_abdeghnopqu–"),
    (584, "+<=>~−"),
    (611, "FTZ"),
    (667, "&ABEKPSVXY"),
    (722, "CDHNRUw"),
    (778, "GOQ"),
    (833, "Mm"),
    (889, "%"),
    (944, "W"),
)
_WIDTH_OF = {letter: width for width, letters in _WIDTHS for letter in letters}
# of a letter that is not in the table; wide enough for any
_OTHER = 1000
_BOLD = 1.1
ELLIPSIS = "…"


@lru_cache(maxsize=4096)
def _width_of(letter: str) -> int:
    if (width := _WIDTH_OF.get(letter)) is not None:
        return width
    base = unicodedata.normalize("NFD", letter)
    if unicodedata.combining(base[-1]):
        return max((_WIDTH_OF.get(each, 0) for each in base), default=_OTHER) or _OTHER
    return 0 if unicodedata.combining(letter) else _OTHER


def width(text: str, size: float, *, is_bold: bool = False) -> float:
    """The width of a line of letters of that size, in the unit of the size."""
    known = sum(map(_width_of, text)) * size / 1000
    return known * _BOLD if is_bold else known


def cut(text: str, room: float, size: float, *, is_bold: bool = False) -> str:
    """The text, or as much of it as fits, with an ellipsis."""
    if width(text, size, is_bold=is_bold) <= room:
        return text
    while text and width(text + ELLIPSIS, size, is_bold=is_bold) > room:
        text = text[:-1].rstrip()
    return text + ELLIPSIS


def wrapped(text: str, room: float, size: float, *, most: int, is_bold: bool = False) -> list[str]:
    """The text on lines that fit, at `most` so many: what is left out is an ellipsis."""
    lines = [*_lines(text, room, size, is_bold=is_bold)]
    if len(lines) > most:
        lines[most - 1] = cut(" ".join(lines[most - 1 :]), room, size, is_bold=is_bold)
    return [cut(line, room, size, is_bold=is_bold) for line in lines[:most]]


def _lines(text: str, room: float, size: float, *, is_bold: bool) -> Iterator[str]:
    line = ""
    # not at a no-break space, which binds a number and its unit
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width(longer, size, is_bold=is_bold) > room:
            yield line
            longer = word
        line = longer
    if line:
        yield line
