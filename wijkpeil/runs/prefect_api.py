"""The Prefect server, without Prefect itself: whether it can be used, and one of our own.

Importing Prefect reads a home folder, profiles and a database of the user, each of which may be
broken. So the server is asked first, by plain HTTP, and a run that needs no server imports none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

PATIENCE_S = 10.0
# how long a run may take from Prefect's word to its own first line
BEGIN_WITHIN = timedelta(minutes=10)
_OURS = ("refresh", "deliver")
# so many runs are looked at, the oldest first: the server gives no more in one answer
_MOST_RUNS = 200


def shown_address(api_url: str) -> str:
    """The address without a login that it may hold."""
    try:
        parts = urlsplit(api_url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}".rstrip("/")


def why_unusable(api_url: str, environment: Mapping[str, str] | None = None) -> str | None:
    """Why the server of PREFECT_API_URL cannot be used, as a sentence with what to do, or None.

    Asks for something that needs the login, with that of PREFECT_API_AUTH_STRING or
    PREFECT_API_KEY; follows no redirect.
    """
    environment = os.environ if environment is None else environment
    where = f"PREFECT_API_URL: {shown_address(api_url)}"
    if not re.match(r"https?://[^/]", api_url):
        return f"{where} is no web address; set it to something like http://127.0.0.1:4200/api."
    try:
        answer = _post(api_url, "/flows/filter", {"limit": 1}, environment)
    except (requests.RequestException, ValueError) as error:
        return (
            f"{where} does not answer ({type(error).__name__}); start the server or correct "
            "PREFECT_API_URL."
        )
    if answer.status_code in {401, 403}:
        return (
            f"{where} wants a login (HTTP {answer.status_code}); set PREFECT_API_AUTH_STRING to "
            "that of the server."
        )
    if answer.status_code != 200 or not _is_list(answer):
        kind = answer.headers.get("Content-Type", "nothing").split(";")[0]
        return (
            f"{where} is no Prefect API (HTTP {answer.status_code}, {kind}); its address ends in "
            "/api, as in http://127.0.0.1:4200/api."
        )
    return None


def count_late_runs(api_url: str, environment: Mapping[str, str] | None = None) -> int:
    """How many runs of any flow are late at this server, which is known to answer; 0 where it
    does not say."""
    environment = os.environ if environment is None else environment
    late = {"flow_runs": {"state": {"name": {"any_": ["Late"]}}}}
    try:
        return int(_post(api_url, "/flow_runs/count", late, environment).json())
    except (requests.RequestException, ValueError, TypeError):
        return 0


def find_dead_runs(
    api_url: str, live: Collection[str], environment: Mapping[str, str] | None = None
) -> list[str]:
    """The names of our runs that this server, which is known to answer, takes to be at work for a
    while and that are not among the ids that `live` works on; none where it does not say."""
    environment = os.environ if environment is None else environment
    wanted = {
        "flows": {"name": {"any_": _OURS}},
        "flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": _MOST_RUNS,
    }
    with suppress(requests.RequestException, ValueError, TypeError, KeyError):
        runs = _post(api_url, "/flow_runs/filter", wanted, environment).json()
        return [str(run["name"]) for run in runs if run["id"] not in live and _is_old(run)]
    return []


def _is_old(run: Mapping[str, Any]) -> bool:
    since = datetime.fromisoformat(run["state"]["timestamp"])
    return since < datetime.now(UTC) - BEGIN_WITHIN


def _post(
    api_url: str, path: str, body: object, environment: Mapping[str, str]
) -> requests.Response:
    login = environment.get("PREFECT_API_AUTH_STRING") or ""
    key = environment.get("PREFECT_API_KEY")
    with requests.Session() as session:
        # no login of a .netrc, which Prefect would not send
        session.trust_env = False
        session.verify = environment.get(
            "PREFECT_API_TLS_INSECURE_SKIP_VERIFY", ""
        ).lower() not in {
            *("1", "true", "yes", "on"),
        } and (
            environment.get("PREFECT_API_SSL_CERT_FILE") or environment.get("SSL_CERT_FILE") or True
        )
        session.proxies.update(requests.utils.get_environ_proxies(api_url))
        if ":" in login:
            user, _, password = login.partition(":")
            session.auth = (user, password)
        elif key:
            session.headers["Authorization"] = f"Bearer {key}"
        return session.post(
            f"{api_url.rstrip('/')}{path}", json=body, timeout=PATIENCE_S, allow_redirects=False
        )


def _is_list(answer: requests.Response) -> bool:
    try:
        return isinstance(answer.json(), list)
    except ValueError:
        return False


@contextmanager
def own_prefect(folder: Path) -> Iterator[None]:
    """An environment in which Prefect knows no server, profile, home or database but its own, in
    `folder`: one per version of Prefect, since a database of another cannot be read."""
    home = folder.absolute() / f"prefect-{version('prefect')}"
    home.mkdir(parents=True, exist_ok=True)
    before = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("PREFECT_")}
    own = {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        # Prefect asks for a home of the user even when it is told where its own is
        "HOME": os.environ.get("HOME") or str(home),
    }
    home_before = os.environ.get("HOME")
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            os.environ.pop(name, None)
        if home_before is not None:
            os.environ["HOME"] = home_before
        os.environ.update(before)
