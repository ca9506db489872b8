"""What failed in a run, for a person: a sentence, or a table of a few lines and the rest in a
file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wijkpeil.text import clean

LINES = 25
# so many reasons, where they are short, are read faster as sentences
FEW = 3
_WIDTHS = (24, 90, 60)


@dataclass(frozen=True)
class Failure:
    """What is wrong at one source, or in one step, and what to do about it."""

    place: str
    what: str
    to_do: str

    @property
    def cells(self) -> tuple[str, str, str]:
        """Each on one line, cut to the width of its column."""
        return (
            _cut(self.place, _WIDTHS[0]),
            _cut(self.what, _WIDTHS[1]),
            _cut(self.to_do, _WIDTHS[2]),
        )

    @property
    def is_cut(self) -> bool:
        """Whether its line says less than there is to say."""
        return self.cells != (clean(self.place), clean(self.what), clean(self.to_do))


def failure_of(place: str, sentence: str) -> Failure:
    """The failure that a sentence tells: after its last semicolon it says what to do."""
    first, mark, rest = sentence.partition(" Its snapshot of ")
    what, semicolon, to_do = first.rpartition("; ")
    if not semicolon:
        what, to_do = first, ""
    if mark:
        to_do = f"{to_do} Its snapshot of {rest}".strip()
    return Failure(place, what.strip(), to_do)


def tell_failures(sentences: Sequence[str], by_source: Mapping[str, str], file: Path) -> str | None:
    """All that went wrong: `by_source` sentences of sources, and `sentences` of the rest.

    A few reasons are told as they are. Of more there is a table of at most 25 lines; where that
    leaves anything out, `file` holds all of it in full and is named. None where all went well.
    """
    places: dict[str, list[str]] = {}
    for source_id, sentence in by_source.items():
        places.setdefault(sentence, []).append(source_id)
    reasons = [*places, *sentences]
    if len(reasons) <= FEW and sum(map(len, reasons)) <= FEW * 300:
        return " ".join(reasons) or None
    failures = [failure_of("the run", sentence) for sentence in sentences]
    for sentence, [first, *others] in places.items():
        # sources that failed for one reason are one line
        place = f"{first} and {len(others)} more" if others else first
        failures.append(failure_of(place, sentence))
    shown = failures[:LINES]
    many = "1 source" if len(by_source) == 1 else f"{len(by_source)} sources"
    sources = f"{many} failed" if by_source else "The run failed"
    lines = [f"{sources}:" if not sentences else f"{sources}, and more is wrong:"]
    table = [("source", "what", "what to do"), *(failure.cells for failure in shown)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    if len(shown) < len(failures) or any(failure.is_cut for failure in shown):
        rest = len(failures) - len(shown)
        more = f"{rest} more, and all in full" if rest else "All in full"
        lines.append(f"{more}: {_write(file, sentences, by_source)}")
    return "\n".join(lines)


def _write(file: Path, sentences: Sequence[str], by_source: Mapping[str, str]) -> str:
    """Write all of it; the name of the file, or why there is none."""
    named = [*sentences, *(f"{place}: {text}" for place, text in by_source.items())]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{clean(text)}\n\n" for text in named), encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written ({error.strerror})"
    return str(file)


def _cut(text: str, width: int) -> str:
    text = clean(text)
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
