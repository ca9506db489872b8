"""What a fault leaves of an answer; faults of the connection leave it whole."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from typing import Any

from wijkpeil.demo.cbs.faults import Fault
from wijkpeil.demo.cbs.response import Answer

_HTML = "text/html; charset=utf-8"


def spoil(answer: Answer, fault: Fault, address: str) -> Answer:
    """The answer to a request for `address` as the fault leaves it.

    A fault of rows or of the next page leaves what is no list of rows as it is.
    """
    match fault.kind:
        case "status":
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            page = _for_people(fault.status, "De dienst is tijdelijk niet beschikbaar.")
            return Answer(fault.status, _HTML, page, headers)
        case "html" | "no_count":
            return Answer(200, _HTML, _for_people(200, "Er wordt onderhoud gepleegd."))
        case "redirect":
            return Answer(302, _HTML, b"", {"Location": fault.location})
        case "truncated_json":
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case "broken_gzip":
            return replace(
                answer,
                body=_damaged(gzip.compress(answer.body, 1, mtime=0)),
                headers={**answer.headers, "Content-Encoding": "gzip"},
            )
        case "wrong_count" if answer.status == 200:
            number = int(answer.body.decode("utf-8-sig")) + 1
            mark = b"\xef\xbb\xbf" if answer.body.startswith(b"\xef\xbb\xbf") else b""
            return replace(answer, body=mark + str(number).encode())
        case "foreign_next_link":
            return _rewritten(answer, next_link="http://other.invalid/volgende")
        case "loop":
            return _rewritten(answer, next_link=address)
        case "empty":
            return _rewritten(answer, rows=lambda _: [], next_link=None)
        case "duplicate_rows":
            return _rewritten(answer, rows=_repeated)
    return answer


def _rewritten(answer: Answer, **changes: Any) -> Answer:
    """The answer with its rows changed by the function `rows`, and with another `next_link`."""
    if answer.status != 200 or not answer.body.startswith(b"{"):
        return answer
    document = json.loads(answer.body)
    if "value" not in document:
        return answer
    key = "@odata.nextLink" if "@odata.context" in document else "odata.nextLink"
    if "rows" in changes:
        document["value"] = changes["rows"](document["value"])
    if "next_link" in changes:
        document.pop(key, None)
        if changes["next_link"] is not None:
            document[key] = changes["next_link"]
    return replace(answer, body=json.dumps(document, ensure_ascii=False).encode())


def _repeated(rows: list[Any]) -> list[Any]:
    """The rows with the first tenth again in place of the last one."""
    some = min(max(1, len(rows) // 10), len(rows) // 2)
    return rows[: len(rows) - some] + rows[:some]


def _damaged(zipped: bytes) -> bytes:
    """Half of it turned over; where an unpacker would not notice, its check sum only."""
    half, tail = (
        zipped[:start] + bytes(byte ^ 0xFF for byte in zipped[start:])
        for start in (len(zipped) // 2, len(zipped) - 8)
    )
    try:
        zlib.decompressobj(wbits=31).decompress(half)
    except zlib.error:
        return half
    return tail


def _for_people(status: int, text: str) -> bytes:
    """The HTML that a proxy or web server puts in place of an answer."""
    return (
        "<!DOCTYPE html><html><head><title>Storing</title></head>"
        f"<body><h1>{status}</h1><p>{text}</p></body></html>"
    ).encode()
