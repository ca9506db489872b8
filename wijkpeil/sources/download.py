"""One HTTP GET, streamed to a file: time-outs always, retries with backoff and jitter.

Each host has a line: so many requests at once, so much time between two. Where a name has an
IPv6 and an IPv4 address, one that does not answer costs `CONNECT_S` and then the other is used.

A try that fails for a reason that may pass (connection lost, time-out, 429, 5xx, a page that
is not what was asked) is repeated; anything else is an error at once.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError
from urllib3.util import Retry

from wijkpeil.errors import Refused, SourceUnavailable, Unreachable, Untrusted, WijkError, short
from wijkpeil.progress import report_bytes
from wijkpeil.settings import LOOPBACK, Settings
from wijkpeil.sources.hosts import OUTAGES, host_of, why_unreachable
from wijkpeil.sources.snapshots import MAX_FILE_BYTES, ReceivedFile, utc_now

CHUNK = 256 * 1024
# a server that asks for more patience than this is asked again in a later run
RETRY_AFTER_MAX_S = 300
KEPT_HEADERS = ("content-type", "date", "last-modified", "etag", "content-encoding", "server")
PASSING = {408, 425, 429}
# what a server has never heard of it does not learn by being asked again
LASTING_FAULTS = {501, 505, 511}
_LOGIN = re.compile(r"log-?in|log-?on|sign-?in|oauth|saml|adfs|/sso|/auth\b", re.IGNORECASE)

# patience with one address of a host, seconds
CONNECT_S = 8.0
# a body may take this many times the patience with a silent server
DRIP_TIMES = 10

T = TypeVar("T")


@dataclass(frozen=True)
class Advice:
    """What a person can do about an address, in words that fit behind a semicolon.

    `correct` where nothing of use is there, `moved` where it leads elsewhere, `narrow` where it
    sends too much, `by_hand` where a program may not have it, `unasked` where the question is not
    understood. `where` begins each sentence, when it is not empty.
    """

    correct: str
    moved: str
    narrow: str
    by_hand: str
    unasked: str
    where: str = ""

    @classmethod
    def of_location(cls, where: str, narrow: str) -> Self:
        """For a file or collection that a block of the catalog names by its 'location'."""
        correct = "correct 'location'"
        by_hand = (
            "download it in a browser, put it in the catalog's folder and give its name as "
            "'location'"
        )
        moved = "give the address that it moved to as 'location'"
        return cls(correct, moved, narrow, by_hand, correct, where)

    @classmethod
    def of_service(cls, setting: str, *, is_table: bool) -> Self:
        """For a service whose address is a setting: a table that is asked by its id, or what the
        service says of all."""
        return cls(
            correct=f"check the table id, and {setting}" if is_table else f"check {setting}",
            moved=f"if the service moved, set {setting} to its new address",
            narrow="narrow the years, levels or measures of its catalog block",
            by_hand=f"ask who runs it whether this machine is blocked, and check {setting}",
            unasked="the service changed or the question is too long; tell the maintainers",
        )


_PLAIN = Advice.of_location("", "correct 'location'")


class Line:
    """Who may ask a host now: `at_once` requests at the same time, starts `interval_s` apart."""

    def __init__(self, at_once: int, interval_s: float) -> None:
        self.at_once = at_once
        self._interval = interval_s
        self._places = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._next = 0.0

    def __enter__(self) -> None:
        self._places.acquire()
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + self._interval
        time.sleep(start - now)

    def __exit__(self, *_: object) -> None:
        self._places.release()


class Downloader:
    """Downloads, from any number of threads, each over a connection of its own; use it in `with`.

    All requests stand in `line`; without one they are not held up. `advice` ends the sentences.
    """

    def __init__(
        self, settings: Settings, line: Line | None = None, advice: Advice = _PLAIN
    ) -> None:
        self._timeout = (min(settings.timeout_s, CONNECT_S), settings.timeout_s)
        self._retries = settings.retries
        self._contact = settings.data_owner or settings.mail_from
        self._line = line
        self._advice = advice
        self._own = threading.local()
        self._sessions: list[requests.Session] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions:
            session.close()

    @property
    def at_once(self) -> int:
        """How many requests make sense at the same time."""
        return self._line.at_once if self._line else 1

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            session = requests.Session()
            contact = f" ({self._contact})" if self._contact else ""
            session.headers["User-Agent"] = f"wijkpeil/0.1{contact}"
            self._own.session = session
            self._sessions.append(session)
        own: requests.Session = self._own.session
        return own

    def fetch(
        self,
        url: str,
        path: Path,
        *,
        params: Mapping[str, str],
        parse: Callable[[Path], T],
        limit: int = MAX_FILE_BYTES,
    ) -> tuple[ReceivedFile, T]:
        """GET `url` into `path`, at most `limit` bytes: the file, and what `parse` reads of it. A
        WijkError of type SourceUnavailable from `parse` counts as a failed try.

        Raises SourceUnavailable when all tries failed (Unreachable when no connection could be
        made to its host), WijkError when another try is useless (Refused when the server knows
        the file and will not give it).
        """
        retry = Retry(
            total=self._retries,
            backoff_factor=0.5,
            backoff_jitter=0.5,
            backoff_max=30,
        )
        while True:
            OUTAGES.refuse(url)
            response: requests.Response | None = None
            try:
                with self._line or nullcontext():
                    response = self._session.get(
                        url,
                        params=params,
                        stream=True,
                        timeout=self._timeout,
                        allow_redirects=False,
                    )
                    if response.status_code != 200:
                        raise refusal(
                            response.status_code,
                            response.url,
                            response.headers.get("location"),
                            self._advice,
                        )
                    return self._receive(response, path, parse, limit)
            except SourceUnavailable as error:
                reason: SourceUnavailable = error
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
                told = short(_short(error))
                raise WijkError(
                    f"{short(url)} is no address ({told}); {self._advice.correct}."
                ) from error
            except (requests.RequestException, HTTPError) as error:
                if isinstance(_innermost(error), ssl.SSLCertVerificationError):
                    untrusted = Untrusted(
                        f"{host_of(url)}: the TLS certificate is not trusted ({_short(error)}); "
                        "check the address and this machine's certificates. Nothing was fetched.",
                        host_of(url),
                    )
                    OUTAGES.note(untrusted)
                    raise untrusted from error
                reason = why_unreachable(error, url) or SourceUnavailable(
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
                if isinstance(reason, Unreachable):
                    lost = Unreachable(f"{reason}{tries}", reason.host)
                    OUTAGES.note(lost)
                    raise lost from None
                raise SourceUnavailable(f"{reason}{tries}") from None
            patience = _patience(retry, response)
            if patience > RETRY_AFTER_MAX_S:
                raise SourceUnavailable(
                    f"{reason} It asks to wait more than {RETRY_AFTER_MAX_S} seconds."
                )
            if patience:
                time.sleep(patience)
            else:
                retry.sleep()

    def head(self, url: str) -> dict[str, str]:
        """What the server says of `url` without sending it, by header in lower case.

        Asked once; nothing where it does not answer, or refuses.
        """
        try:
            with (
                self._line or nullcontext(),
                self._session.head(url, timeout=self._timeout, allow_redirects=False) as response,
            ):
                if response.status_code != 200:
                    return {}
                return {name.lower(): value for name, value in response.headers.items()}
        except (requests.RequestException, HTTPError):
            return {}

    def _receive(
        self, response: requests.Response, path: Path, parse: Callable[[Path], T], limit: int
    ) -> tuple[ReceivedFile, T]:
        digest, size = hashlib.sha256(), 0
        deadline = time.monotonic() + DRIP_TIMES * self._timeout[1]
        with path.open("wb") as file:
            # read1 returns what is there; a full chunk may take a slow server for ever
            while chunk := response.raw.read1(CHUNK, decode_content=True):
                size += len(chunk)
                if size > limit:
                    raise WijkError(
                        f"{_named(response.url)} sends more than {limit / 2**20:,.0f} MiB in one "
                        f"answer; {self._advice.narrow}."
                    )
                if time.monotonic() > deadline:
                    raise SourceUnavailable(
                        f"{_named(response.url)} sent only {size:,} bytes in {DRIP_TIMES} times "
                        "WIJK_TIMEOUT_S; run again later, or raise that setting."
                    )
                digest.update(chunk)
                file.write(chunk)
                report_bytes(len(chunk))
        try:
            parsed = parse(path)
        except WijkError as error:
            raise type(error)(f"{_named(response.url)}: {error}") from error
        parts = urlsplit(response.url)
        received = ReceivedFile(
            name=path.name,
            url=f"{parts.scheme}://{parts.netloc}{parts.path}",
            query=parts.query,
            status=response.status_code,
            headers={n: response.headers[n] for n in KEPT_HEADERS if n in response.headers},
            sha256=digest.hexdigest(),
            size=size,
            rows=None,
            retrieved_at=utc_now().isoformat(),
        )
        return received, parsed


def refusal(status: int, url: str, target: str | None, advice: Advice) -> WijkError:
    """What an answer other than 200 means, as the error to raise; `target` is its Location.

    SourceUnavailable where another try may help, Refused where the server will not give it.
    """
    asked = f"{advice.where}: {_named(url)}" if advice.where else _named(url)
    told = f"{asked} answered HTTP {status}"
    if status in PASSING or (status >= 500 and status not in LASTING_FAULTS):
        return SourceUnavailable(f"{told}; the service has a fault or is busy, run again later.")
    if 300 <= status < 400 and status != 304:
        return WijkError(_redirected(asked, url, target, advice))
    match status:
        case 202:
            return SourceUnavailable(f"{told}: it is still making the answer; run again later.")
        case 206 | 304:
            what = "a part" if status == 206 else "'not changed'"
            return SourceUnavailable(f"{told} ({what}), which was not asked; run again later.")
        case 204 | 205:
            return WijkError(f"{told}: an answer with nothing in it; {advice.correct}.")
        case 401:
            return Refused(f"{told}: it asks for a login, which cannot be given; {advice.by_hand}.")
        case 403 | 451:
            return Refused(f"{told}: it refuses; {advice.by_hand}.")
        case 407 | 511:
            return WijkError(
                f"{told}: the network asks for a login; ask who runs it to let this machine "
                "through, or give the proxy with its login in HTTPS_PROXY."
            )
        case 400 | 413 | 414 | 431:
            return WijkError(f"{told}: it does not take the question; {advice.unasked}.")
        case 410:
            return WijkError(f"{told}: it was there and is taken away; {advice.correct}.")
    return WijkError(f"{told}; {advice.correct}.")


def _redirected(asked: str, url: str, target: str | None, advice: Advice) -> str:
    if not target:
        return f"{asked} redirects to nowhere; {advice.correct}."
    try:
        there = urljoin(url, target)
        parts = urlsplit(there)
        host = parts.hostname or ""
    except ValueError:
        return f"{asked} redirects to '{short(target)}', which is no address; {advice.correct}."
    # what stands before the @ or behind the ? may be a key
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    told = f"{asked} redirects to '{short(shown)}', which is not followed"
    if _LOGIN.search(f"{host}{parts.path}"):
        return f"{told}: that is a page to log in; {advice.by_hand}."
    if parts.scheme != "https" and host not in LOOPBACK:
        return f"{told} and has no TLS; {advice.by_hand}."
    return f"{told}; {advice.moved}."


def _named(url: str) -> str:
    """The address as a sentence names it: without its query, which the origin of a file keeps."""
    return url.split("?", maxsplit=1)[0]


def _patience(retry: Retry, response: requests.Response | None) -> float:
    """The seconds of a Retry-After header; 0 without one, or where it cannot be read."""
    try:
        return (retry.get_retry_after(response.raw) if response is not None else None) or 0
    except (InvalidHeader, ValueError, OverflowError):
        return 0


def _innermost(error: Any) -> Any:
    """The innermost reason of a nest of network exceptions."""
    while inner := _inside(error):
        error = inner
    return error


def _short(error: Any) -> str:
    """The innermost reason of a nest of network exceptions, in a few words."""
    seen = _innermost(error)
    kind, text = type(seen).__name__, str(seen).rsplit(": ", maxsplit=1)[-1]
    return text if text.startswith(kind) else f"{kind}: {text}" if text else kind


def _inside(error: Any) -> BaseException | None:
    found = [getattr(error, "reason", None), *error.args]
    return next((each for each in found if isinstance(each, BaseException)), None)
