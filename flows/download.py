"""One HTTP GET, streamed to a file: time-outs always, retries with backoff and jitter.

A try that fails for a reason that may pass (connection lost, time-out, 429, 5xx, a page that
is not what was asked) is repeated; anything else is an error at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

from flows.errors import SourceUnavailable, WijkError
from flows.progress import report_bytes
from flows.settings import Settings
from flows.snapshots import MAX_FILE_BYTES, ReceivedFile, utc_now

CHUNK = 256 * 1024
# a server that asks for more patience than this is asked again in a later run
RETRY_AFTER_MAX_S = 300
KEPT_HEADERS = ("content-type", "date", "last-modified", "etag", "content-encoding", "server")
PASSING = {408, 425, 429, 500, 502, 503, 504}

Check = Callable[[Path], int | None]


class Downloader:
    """Downloads over one connection; use it in `with`, in one thread."""

    def __init__(self, settings: Settings) -> None:
        self._timeout = (min(settings.timeout_s, 30.0), settings.timeout_s)
        self._retries = settings.retries
        contact = settings.data_owner or settings.mail_from
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "wijkpeil/0.1" + (f" ({contact})" if contact else "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def fetch(
        self, url: str, path: Path, *, params: Mapping[str, str], check: Check
    ) -> ReceivedFile:
        """GET `url` into `path`. `check` looks at the file and returns its number of rows;
        a WijkError of type SourceUnavailable from it counts as a failed try.

        Raises SourceUnavailable when all tries failed, WijkError when another try is useless.
        """
        retry = Retry(
            total=self._retries,
            backoff_factor=0.5,
            backoff_jitter=0.5,
            backoff_max=30,
            retry_after_max=RETRY_AFTER_MAX_S,
        )
        while True:
            response: requests.Response | None = None
            try:
                response = self._session.get(
                    url, params=params, stream=True, timeout=self._timeout, allow_redirects=False
                )
                self._refuse(response)
                return self._receive(response, path, check)
            except SourceUnavailable as error:
                reason = error
            except requests.exceptions.SSLError as error:
                raise WijkError(
                    f"{_host(url)}: the TLS certificate is not trusted ({_short(error)}); "
                    "check the address and this machine's certificates. Nothing was fetched."
                ) from error
            except (requests.RequestException, HTTPError) as error:
                reason = SourceUnavailable(
                    f"{url} could not be fetched ({_short(error)}); "
                    "check the connection and whether the service is up, then run again."
                )
            finally:
                if response is not None:
                    response.close()
            try:
                retry = retry.increment(method="GET", url=url, error=HTTPError(str(reason)))
            except (MaxRetryError, HTTPError):
                tries = f" Tried {self._retries + 1} times." if self._retries else ""
                raise SourceUnavailable(f"{reason}{tries}") from None
            retry.sleep(response.raw if response is not None else None)

    @staticmethod
    def _refuse(response: requests.Response) -> None:
        status, url = response.status_code, response.url
        if status == 200:
            return
        if status in PASSING:
            raise SourceUnavailable(
                f"{url} answered HTTP {status}; the service has a fault or is busy, "
                "run again later."
            )
        if 300 <= status < 400:
            target = response.headers.get("location", "nowhere")
            raise WijkError(
                f"{url} redirects to {target!r}, which is not followed; "
                "if the service moved, set its address in the WIJK_ settings."
            )
        raise WijkError(
            f"{url} answered HTTP {status}; check the table id and the address in the catalog."
        )

    @staticmethod
    def _receive(response: requests.Response, path: Path, check: Check) -> ReceivedFile:
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as file:
            for chunk in response.iter_content(CHUNK):
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    raise WijkError(
                        f"{response.url} sends more than {MAX_FILE_BYTES // 2**20} MiB in one "
                        "answer; narrow the years, levels or measures of its catalog block."
                    )
                digest.update(chunk)
                file.write(chunk)
                report_bytes(len(chunk))
        try:
            rows = check(path)
        except WijkError as error:
            raise type(error)(f"{response.url}: {error}") from error
        parts = urlsplit(response.url)
        return ReceivedFile(
            name=path.name,
            url=f"{parts.scheme}://{parts.netloc}{parts.path}",
            query=parts.query,
            status=response.status_code,
            headers={n: response.headers[n] for n in KEPT_HEADERS if n in response.headers},
            sha256=digest.hexdigest(),
            size=size,
            rows=rows,
            retrieved_at=utc_now().isoformat(),
        )


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _short(error: Any) -> str:
    """The innermost reason of a nest of network exceptions, in a few words."""
    seen = error
    while inner := _inside(seen):
        seen = inner
    kind, text = type(seen).__name__, str(seen).rsplit(": ", maxsplit=1)[-1]
    return text if text.startswith(kind) else f"{kind}: {text}" if text else kind


def _inside(error: Any) -> BaseException | None:
    found = [getattr(error, "reason", None), *error.args]
    return next((each for each in found if isinstance(each, BaseException)), None)
