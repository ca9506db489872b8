"""Errors that reach a person: one sentence saying what, where and what to do next."""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Iterable

# of a name that came from outside an error shows so many characters
_LONG = 120


class WijkError(Exception):
    """Something a colleague can mend. `str(error)` is the whole message; it survives pickling.

    Half a surrogate pair, which no file or terminal takes, stands in it as its escape.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message.encode("utf-8", "backslashreplace").decode("utf-8"))


class SourceUnavailable(WijkError):
    """A server or file that may well answer later: worth another try."""


class HostError(WijkError):
    """What is wrong with a host as a whole, whatever is asked of it: `host` names it."""

    def __init__(self, message: str, host: str = "") -> None:
        super().__init__(message)
        self.host = host


class Unreachable(HostError, SourceUnavailable):
    """A host that no connection can be made to now."""


class Untrusted(HostError):
    """A host whose certificate is not that of the host we mean."""


class Unreadable(WijkError):
    """Bytes that were received and that the build's own reader cannot read."""


class StillToCome(WijkError):
    """Figures that their publisher has not published yet, of a table that is there: no mistake."""


class Refused(WijkError):
    """A server that will not give it to us, however often it is asked."""


def nearest(word: str, known: Iterable[str], *, count: int = 5) -> str:
    """The known words most like `word`, quoted and joined; `none` when there is nothing to name."""
    # a name of thousands of characters is like no word, and comparing it takes long
    candidates = sorted({short(name) for name in known})
    close = difflib.get_close_matches(word[:_LONG], candidates, n=count, cutoff=0.3)
    return ", ".join(f"'{name}'" for name in close or candidates[:count]) or "none"


def short(text: object, *, most: int = _LONG) -> str:
    """A text that came from outside as an error names it: on one line, signs that do not print
    as their escape, cut off after `most` characters."""
    line = " ".join(str(text)[: 2 * most].split())
    line = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)
    return line if len(line) <= most else f"{line[: most - 1]}…"


_HAD = re.compile(r"\(([^()/]+/[^()]+ used)\)")
_DISK = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EFBIG: "a file grew over the limit set for this user; raise the limit",
    errno.EROFS: "the disk is read-only; make it writable or set WIJK_WAREHOUSE elsewhere",
    errno.EACCES: "this user may not write there; change the rights or set WIJK_WAREHOUSE",
    errno.EPERM: "this user may not write there; change the rights or set WIJK_WAREHOUSE",
}


def sentence(error: BaseException) -> str | None:
    """The one sentence for an error that a person can mend, or None for a fault of ours.

    Knows WijkError, and what disks do: full, read-only, forbidden, also when DuckDB says it.
    """
    if isinstance(error, WijkError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _DISK:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{_DISK[error.errno]}, then run again."
    if isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    ):
        return "This machine, or its container, has no memory left; give it more, then run again."
    if type(error).__module__.split(".")[0] in {"duckdb", "_duckdb"}:
        text = " ".join(str(error).split())
        if type(error).__name__ == "OutOfMemoryException":
            if "max_temp_directory_size" in text:
                return f"DuckDB: {_DISK[errno.ENOSPC]}, then run again. ({_how_much(text)})"
            return (
                "DuckDB: the memory that it may use here (half of what this machine or its "
                "container has, from 0.5 to 8 GiB) is not enough; give it more, or take sources "
                f"from the catalog, then run again. ({_how_much(text)})"
            )
        for number, words in (
            (errno.ENOSPC, "No space left on device"),
            (errno.ENOSPC, "Could not write all bytes"),
            (errno.EFBIG, "File too large"),
            (errno.EROFS, "Read-only file system"),
            (errno.EACCES, "Permission denied"),
        ):
            if words in text:
                return f"DuckDB: {_DISK[number]}, then run again. ({text[:200]})"
    return None


def _how_much(text: str) -> str:
    """What DuckDB says of how much it had and used: `3.7 GiB/3.7 GiB used`."""
    found = _HAD.search(text)
    return found[1] if found else text[:200]
