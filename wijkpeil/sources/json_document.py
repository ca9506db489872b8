"""JSON from outside: parsed within bounds, and only where each text in it can be written again."""

from __future__ import annotations

import json
import re
from typing import Any

# GeoJSON of areas is eight deep, OData six
MAX_DEPTH = 64
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
# JSON may write a character outside the first plane as two halves; one alone is no character
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


class UnfitJson(ValueError):
    """What arrived is no JSON that can be used; the text says why, to stand behind a colon."""


def parsed(content: bytes, encoding: str | None = None) -> Any:
    """The value of one JSON document, in `encoding` or the Unicode form it shows itself.

    Raises UnfitJson when it is none, is more than 64 levels deep (refused before it is parsed: a
    parser that runs out of stack leaves what else happens then undone), or holds half a character.
    """
    try:
        text = content.decode(encoding or json.detect_encoding(content))
    except ValueError as error:
        raise UnfitJson(f"it is not whole JSON ({error})") from error
    plain = text.encode("utf-8", "surrogatepass")
    if _is_deep(plain) and _is_deep(_TEXT.sub(b"", plain)):
        raise UnfitJson(f"it is more than {MAX_DEPTH} levels deep")
    try:
        document = json.loads(text)
        if _HALF.search(plain):
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UnfitJson(
            "it holds half a character (a surrogate on its own), which no file can"
        ) from error
    except ValueError as error:
        raise UnfitJson(f"it is not whole JSON ({error})") from error
    return document


def _is_deep(content: bytes) -> bool:
    """Whether more brackets than MAX_DEPTH are open at once, those in texts counted too."""
    depth = 0
    for bracket in content.translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
