"""What failed in a run, and what its edition lacks, for a person: a sentence, or a table of a few
lines and the rest in a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wijkpeil.edition.missing import MissingMeasure
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


def lacks_of(missing: Sequence[MissingMeasure], failed: Collection[str]) -> list[Failure]:
    """What an edition lacks, a line per source, or for sources that lack the same; without those
    that are known to have failed."""
    by_source: dict[tuple[str, str], dict[str, None]] = {}
    for each in missing:
        if each.source_id not in failed:
            by_source.setdefault((each.source_id, each.status), {})[each.indicator_id] = None
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (source_id, status), names in by_source.items():
        alike.setdefault((status, tuple(names)), []).append(source_id)
    return [_lack(status, names, sources) for (status, names), sources in alike.items()]


def _lack(status: str, names: Sequence[str], sources: Sequence[str]) -> Failure:
    first, *others = sources
    place = f"{first} and {len(others)} more" if others else first
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    if status == "not_resolved":
        return Failure(place, f"not found in its table: {shown}", f"wijkpeil doctor --only {first}")
    return Failure(place, f"not received: {shown}", f"wijkpeil refresh --only {first}")


def tell_failures(
    sentences: Sequence[str],
    by_source: Mapping[str, str],
    file: Path,
    lacks: Sequence[Failure] = (),
) -> str | None:
    """All that went wrong: `by_source` sentences of sources, `sentences` of the rest, and what the
    edition `lacks`.

    A few reasons are told as they are. Of more there is a table of at most 25 lines; where that
    leaves anything out, `file` holds all of it in full and is named. None where all went well.
    """
    places: dict[str, list[str]] = {}
    for source_id, sentence in by_source.items():
        places.setdefault(sentence, []).append(source_id)
    lines_of_lacks = [f"{each.place} comes with less, {each.what}; {each.to_do}." for each in lacks]
    reasons = [*places, *sentences, *lines_of_lacks]
    if len(reasons) <= FEW and sum(map(len, reasons)) <= FEW * 300:
        return " ".join(reasons) or None
    failures = [failure_of("the run", sentence) for sentence in sentences]
    for sentence, [first, *others] in places.items():
        # sources that failed for one reason are one line
        place = f"{first} and {len(others)} more" if others else first
        failures.append(failure_of(place, sentence))
    failures += lacks
    shown = failures[:LINES]
    many = "1 source" if len(by_source) == 1 else f"{len(by_source)} sources"
    lines = [_head(f"{many} failed" if by_source else "", bool(sentences), bool(lacks))]
    table = [("source", "what", "what to do"), *(failure.cells for failure in shown)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    if len(shown) < len(failures) or any(failure.is_cut for failure in shown):
        rest = len(failures) - len(shown)
        more = f"{rest} more, and all in full" if rest else "All in full"
        lines.append(f"{more}: {_write(file, sentences, by_source, lines_of_lacks)}")
    return "\n".join(lines)


def _head(failed: str, is_more_wrong: bool, is_lacking: bool) -> str:
    if not failed and not is_more_wrong:
        return "The edition comes without figures of these:"
    head = failed or "The run failed"
    more = [", and more is wrong"] if failed and is_more_wrong else []
    return "".join([head, *more, ", and the edition lacks more" * is_lacking, ":"])


def _write(
    file: Path,
    sentences: Sequence[str],
    by_source: Mapping[str, str],
    lacks: Sequence[str],
) -> str:
    """Write all of it; the name of the file, or why there is none."""
    named = [*sentences, *(f"{place}: {text}" for place, text in by_source.items()), *lacks]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{clean(text)}\n\n" for text in named), encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written ({error.strerror})"
    return str(file)


def _cut(text: str, width: int) -> str:
    text = clean(text)
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
