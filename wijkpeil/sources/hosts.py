"""Which hosts can be reached: asked once for all sources of a run, before any of them waits.

A host that cannot be reached is one fault, however many sources lie there. Each is looked up and
connected to, at the same time as the others; nothing is asked of it. Where a proxy leads there,
the proxy is what is connected to.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)

from wijkpeil.errors import HostError, Unreachable

# patience with a connection, and with a host in all: a name server may be what is silent
CONNECT_S = 4.0
IN_ALL_S = 10.0
# between two tries, for a host that is just being started again
PAUSE_S = 1.0
_PORTS = {"https": 443, "http": 80}
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def host_of(url: str) -> str:
    """The host and port of an address, as a sentence names them."""
    return urlsplit(url).netloc.rpartition("@")[2]


def find_unreachable(
    urls: Iterable[str], *, tries: int = 2, patience_s: float = CONNECT_S
) -> dict[str, Unreachable]:
    """The hosts of these addresses that cannot be reached, with what is wrong, by host."""
    by_host = {host_of(url): url for url in urls}
    verdicts: dict[str, Unreachable | None] = {}

    def look(host: str, url: str) -> None:
        verdicts[host] = _connect(url, tries, patience_s)

    # daemons: a name server that never answers must not hold the run, nor its end
    threads = [threading.Thread(target=look, args=pair, daemon=True) for pair in by_host.items()]
    for thread in threads:
        thread.start()
    end = time.monotonic() + IN_ALL_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    silent = f"nothing answers within {IN_ALL_S:g} seconds"
    return {
        host: verdict
        for host, url in by_host.items()
        if (verdict := verdicts.get(host, _unreachable(url, silent, _NETWORK))) is not None
    }


class Outages:
    """The hosts that stopped answering while a run is on; nothing is noted outside a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs = 0
        self._down: dict[str, HostError] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A run: within it, what could not be reached once is not asked again."""
        with self._lock:
            self._runs += 1
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1
                if not self._runs:
                    self._down.clear()

    def note(self, error: HostError) -> None:
        """What is wrong with a host, however often it was tried."""
        with self._lock:
            if self._runs:
                self._down[error.host] = error

    def refuse(self, url: str) -> None:
        """Raises what is wrong with the host of this address, where that is known."""
        with self._lock:
            error = self._down.get(host_of(url))
        if error is not None:
            raise type(error)(str(error), error.host)


OUTAGES = Outages()


def why_unreachable(error: BaseException, url: str) -> Unreachable | None:
    """What an error of a request says of the host as a whole; None where it says nothing of it.

    A connection that was made and then lost is no such error: the next may hold.
    """
    chain = list(_chain(error))
    if any(isinstance(each, ProxyError) for each in chain):
        reason = _last(chain[-1])
        proxy = _proxy_of(url)
        named = f"the proxy {host_of(proxy)}" if proxy else "the proxy"
        return _unreachable(url, f"{named} does not lead there ({reason})", _PROXY)
    for each in chain:
        if isinstance(each, NameResolutionError | socket.gaierror):
            return _unreachable(url, "its name is not known here (DNS)", _NETWORK)
    for each in chain:
        if isinstance(each, ConnectionRefusedError):
            return _unreachable(url, "it refuses the connection", _SERVICE)
        if isinstance(each, OSError) and each.errno in _NO_ROUTE:
            return _unreachable(url, "there is no way to it from this machine", _NETWORK)
    if any(type(each) is ConnectTimeoutError for each in chain):
        return _unreachable(url, "it does not answer in time", _NETWORK)
    if any(isinstance(each, NewConnectionError) for each in chain):
        return _unreachable(url, f"no connection ({_last(chain[-1])})", _NETWORK)
    return None


_NETWORK = "check this machine's network, then run again"
_SERVICE = "the service is down or its address is wrong; run again later, or correct the address"
_PROXY = "check HTTPS_PROXY and NO_PROXY, then run again"


def _unreachable(url: str, reason: str, advice: str) -> Unreachable:
    host = host_of(url)
    return Unreachable(f"{host} cannot be reached: {reason}; {advice}.", host)


def _connect(url: str, tries: int, patience_s: float) -> Unreachable | None:
    proxy = _proxy_of(url)
    to = urlsplit(proxy or url)
    verdict: Unreachable | None = None
    for number in range(tries):
        if number:
            time.sleep(PAUSE_S)
        try:
            where = (to.hostname or "", to.port or _PORTS.get(to.scheme, 443))
            with socket.create_connection(where, timeout=patience_s):
                return None
        except TimeoutError:
            verdict = _unreachable(url, "it does not answer in time", _NETWORK)
        except (OSError, UnicodeError) as error:
            found = why_unreachable(error, url)
            verdict = found or _unreachable(url, f"no connection ({error})", _NETWORK)
        if proxy:
            reason = f"the proxy {host_of(proxy)} cannot be reached"
            verdict = _unreachable(url, reason, _PROXY)
    return verdict


def _proxy_of(url: str) -> str | None:
    """The proxy by which requests asks for this address, if any."""
    found: Mapping[str, str] = get_environ_proxies(url)
    proxy = select_proxy(url, dict(found))
    return None if proxy is None else proxy if "://" in proxy else f"http://{proxy}"


def _chain(error: Any) -> Iterator[BaseException]:
    """An error and those it was made of, outermost first."""
    while isinstance(error, BaseException):
        yield error
        inside = [getattr(error, "reason", None), getattr(error, "original_error", None)]
        inside += [*error.args, error.__cause__]
        error = next((each for each in inside if isinstance(each, BaseException)), None)


def _last(error: BaseException) -> str:
    return str(error).rsplit(": ", maxsplit=1)[-1][:160] or type(error).__name__
