"""Wijken as squares, and a map service on loopback that gives them as OGC API Features."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wijkpeil.catalog import Boundaries
from wijkpeil.settings import Settings

QUICK = Settings(timeout_s=5.0, retries=0)
PATH = "/cbs/ogc/v1/collections/wijken/items"
Document = dict[str, Any]


def block(location: str, **more: Any) -> Boundaries:
    given = {
        "id": "wijken_2025",
        "title_nl": "Wijken 2025",
        "licence": "CC0 1.0",
        "attribution": "Verzonnen voor de tests",
        "synthetic": True,
        "year": 2025,
        "location": location,
        "code_property": "statcode",
        **more,
    }
    return Boundaries.model_validate(given)


def square(west: float, south: float, size: float = 0.01) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code: str, *rings: list[list[float]], **properties: object) -> Document:
    return {
        "type": "Feature",
        "properties": {"statcode": code, "statnaam": f"Wijk {code}", **properties},
        "geometry": {"type": "Polygon", "coordinates": list(rings)},
    }


def row_of_wijken(number: int, gemeente: str = "9901") -> list[Document]:
    """Squares beside each other, each with a side in common with the next."""
    return [
        feature(f"WK{gemeente}{place:02d}", square(round(4 + place * 0.01, 6), 52))
        for place in range(1, number + 1)
    ]


def collection(features: Sequence[Document], **more: Any) -> Document:
    return {"type": "FeatureCollection", "features": list(features), **more}


class MapService:
    """It gives `features`, at most `most` a page, and stamps each answer with another moment.

    `spoil` may change the answer to a request, from the page's number and the document.
    """

    def __init__(self, features: Sequence[Document], most: int) -> None:
        self.features = list(features)
        self.most = most
        self.counts = True
        self.spoil: Callable[[int, Document], Document | bytes] = lambda _page, document: document
        self.status = 200
        self.root = ""
        self.asked: list[Mapping[str, str]] = []
        self._moments = count()

    @property
    def location(self) -> str:
        return f"{self.root}{PATH}"

    def answer(self, params: Mapping[str, str]) -> bytes:
        start = int(params.get("cursor", "0"))
        size = min(self.most, int(params.get("limit", "10")))
        shown = self.features[start : start + size]
        links = [{"rel": "self", "href": self.location}]
        if start + size < len(self.features):
            kept = "".join(f"&{key}={params[key]}" for key in params if key != "cursor")
            href = f"{self.location}?cursor={start + size}{kept}"
            # a page for people, and the one for programs
            links += [
                {"rel": "next", "type": "text/html", "href": href.replace("f=json", "f=html")},
                {"rel": "next", "type": "application/geo+json", "href": href},
            ]
        document = collection(
            shown,
            links=links,
            numberReturned=len(shown),
            timeStamp=f"2026-01-01T00:00:{next(self._moments):02d}Z",
        )
        if self.counts:
            document["numberMatched"] = len(self.features)
        spoiled = self.spoil(start // max(size, 1) + 1, document)
        return spoiled if isinstance(spoiled, bytes) else json.dumps(spoiled).encode()


@contextmanager
def map_service(features: Sequence[Document], *, most: int = 1000) -> Iterator[MapService]:
    service = MapService(features, most)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {key: values[0] for key, values in parse_qs(parts.query).items()}
            service.asked.append(params)
            content = service.answer(params)
            self.send_response(service.status if parts.path == PATH else 404)
            self.send_header("Content-Type", "application/geo+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.root = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
