"""What failed in a run, what its edition lacks and what else there is to see, for a person: a few
sentences, or a table of a few lines and the rest in a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wijkpeil.edition.missing import MissingMeasure
from wijkpeil.text import clean

LINES = 25
# so many reasons, where they are short, are read faster as sentences
FEW = 3
_SHORT = 900
_WIDTHS = (24, 60, 44)


@dataclass(frozen=True)
class Line:
    """What there is to know of one source, or of one step, and what to do about it; `full` is all
    of it in sentences."""

    place: str
    what: str
    to_do: str
    full: str

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


def line_of(place: str, sentence: str) -> Line:
    """The line that a sentence makes: after its last semicolon it says what to do."""
    first, mark, rest = sentence.partition(" Its snapshot of ")
    what, semicolon, to_do = first.rpartition("; ")
    if not semicolon:
        what, to_do = first, ""
    if mark:
        to_do = f"{to_do} Its snapshot of {rest}".strip()
    return Line(place, what.strip(), to_do, sentence)


def lacks_of(missing: Sequence[MissingMeasure], failed: Collection[str]) -> list[Line]:
    """What an edition lacks, a line per source, or for sources that lack the same; without those
    that are known to have failed."""
    by_source: dict[tuple[str, str], dict[str, None]] = {}
    for each in missing:
        if each.source_id not in failed:
            by_source.setdefault((each.source_id, each.status), {})[each.indicator_id] = None
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (source_id, status), names in by_source.items():
        alike.setdefault((status, tuple(names)), []).append(source_id)
    reasons = {(each.source_id, str(each.status)): each.reason for each in missing}
    return [
        _lack(status, names, sources, reasons[sources[0], status])
        for (status, names), sources in alike.items()
    ]


def _lack(status: str, names: Sequence[str], sources: Sequence[str], reason: str) -> Line:
    first, *others = sources
    place = f"{first} and {len(others)} more" if others else first
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    resolved = status == "not_resolved"
    what = f"{'not found in its table' if resolved else 'not received'}: {shown}"
    to_do = f"wijkpeil {'doctor' if resolved else 'refresh'} --only {first}"
    full = f"The edition comes without {', '.join(names)} of {', '.join(sources)}: {reason}"
    return Line(place, what, to_do, f"{full} See `{to_do}`.")


def tell_failures(
    sentences: Sequence[str],
    by_source: Mapping[str, str],
    file: Path,
    others: Sequence[Line] = (),
) -> tuple[str | None, str | None]:
    """What went wrong, and what else there is to see: `by_source` sentences of sources,
    `sentences` of the rest, and `others`.

    A few of each are told as they are. Of more there is a table of at most 25 lines, of all of it
    where something went wrong; where that leaves anything out, `file` holds it in full and is
    named. None where there is nothing to tell.
    """
    places: dict[str, list[str]] = {}
    for source_id, sentence in by_source.items():
        places.setdefault(sentence, []).append(source_id)
    reasons = [*(_named(text, names) for text, names in places.items()), *sentences]
    notice = _few_or_table([*others], "To see in this edition:", file)
    if _are_few(reasons):
        return " ".join(reasons) or None, notice
    lines = [line_of("the run", sentence) for sentence in sentences]
    for sentence, [first, *more] in places.items():
        # sources that failed for one reason are one line
        place = f"{first} and {len(more)} more" if more else first
        lines.append(line_of(place, sentence))
    many = "1 source" if len(by_source) == 1 else f"{len(by_source)} sources"
    head = f"{many} failed" if by_source else "The run failed"
    head += ", and more is wrong:" if by_source and sentences else ":"
    named = [line_of(place, text) for place, text in by_source.items()]
    full = [*(line_of("the run", sentence) for sentence in sentences), *named, *others]
    return _table([*lines, *others], head, file, full), None


def _named(sentence: str, sources: Sequence[str]) -> str:
    """The sentence with the sources it is about, where it does not name them."""
    if any(name in sentence for name in sources):
        return sentence
    many = len(sources) > 1
    return f"Source{'s' if many else ''} {', '.join(sources)}: {sentence}"


def _few_or_table(lines: Sequence[Line], head: str, file: Path) -> str | None:
    texts = [line.full for line in lines]
    return "\n".join(texts) or None if _are_few(texts) else _table(lines, head, file, lines)


def _are_few(texts: Sequence[str]) -> bool:
    return len(texts) <= FEW and sum(map(len, texts)) <= _SHORT


def _table(lines: Sequence[Line], head: str, file: Path, full: Sequence[Line]) -> str:
    shown = lines[:LINES]
    rows = [("source", "what", "what to do"), *(line.cells for line in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if len(shown) < len(lines) or any(line.is_cut for line in shown):
        rest = len(lines) - len(shown)
        more = f"{rest} more, and all in full" if rest else "All in full"
        table.append(f"{more}: {_write(file, full)}")
    return "\n".join([head, *table])


def _write(file: Path, lines: Sequence[Line]) -> str:
    """Write all of it; the name of the file, or why there is none."""
    named = [
        line.full if line.place in {"the run", ""} else f"{line.place}: {line.full}"
        for line in lines
    ]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{clean(text)}\n\n" for text in named), encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written ({error.strerror})"
    return str(file)


def _cut(text: str, width: int) -> str:
    text = clean(text)
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
