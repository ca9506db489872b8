"""Surroundings in which Prefect cannot start: a run needs none of them, and says so where it was
asked to use them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import Ran, has_private_mounts
from small_world import SmallWorld, clean_environment

DEAD = "http://127.0.0.1:1/api"


def ran(world: SmallWorld, *words: str, before: tuple[str, ...] = (), **changes: str | None) -> Ran:
    """The command in a process of its own, with these changes to its environment; None takes a
    variable out."""
    environment = clean_environment(world) | changes
    done = subprocess.run(
        [*before, sys.executable, "-m", "wijkpeil.cli", *words],
        env={name: text for name, text in environment.items() if text is not None},
        capture_output=True,
        check=False,
        timeout=200,
    )
    return Ran(done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1"))


def test_what_is_wrong_with_prefect_or_home_stops_no_run(world: SmallWorld, tmp_path: Path) -> None:
    broken = tmp_path / "profiles.toml"
    broken.write_text("active = [broken")
    seen = ran(
        world,
        "refresh",
        HOME=None,
        PREFECT_HOME="/proc/no-such-folder",
        PREFECT_PROFILES_PATH=str(broken),
        PREFECT_PROFILE="no-such-profile",
        PREFECT_API_URL=DEAD,
        WIJK_SERVICE_HOST="10.96.0.12",
        WIJK_PORT="tcp://10.96.0.12:80",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    assert seen.code == 0, seen.err
    assert "Nothing to do: edition" in seen.out and "Traceback" not in seen.err
    told = [line for line in seen.told if "warning" not in line.lower()]
    assert len(told) == 1, seen.err
    assert "does not answer (ConnectionError)" in told[0]
    assert "goes on without Prefect" in told[0]


def test_what_is_asked_for_and_cannot_be_is_one_sentence(world: SmallWorld) -> None:
    assert (
        "start the server or correct"
        in ran(world, "refresh", "--prefect", PREFECT_API_URL=DEAD).sentence
    )


def test_a_flow_without_a_server_has_one_of_its_own(world: SmallWorld, tmp_path: Path) -> None:
    broken = tmp_path / "profiles.toml"
    broken.write_text("active = [broken")
    # the database of another version of Prefect, which a server cannot open
    home = tmp_path / ".prefect"
    home.mkdir()
    (home / "prefect.db").write_bytes(b"of another version")
    seen = ran(
        world,
        *("refresh", "--prefect"),
        HOME=None,
        PREFECT_HOME=str(home),
        PREFECT_PROFILE="no-such-profile",
        PREFECT_PROFILES_PATH=str(broken),
    )
    assert seen.code == 0, seen.err
    assert "Nothing to do: edition" in seen.out


@pytest.mark.skipif(
    not has_private_mounts(), reason="this user may not mount a disk (unshare -rm, mount)"
)
def test_without_shared_memory_and_a_home_that_can_be_written(world: SmallWorld) -> None:
    hide = 'mount -t tmpfs -o ro tmpfs /dev/shm; exec "$@"'
    hide = f"mount -t tmpfs -o size=1m tmpfs /mnt; mount -o remount,ro /mnt; {hide}"
    seen = ran(
        world,
        "refresh",
        before=("unshare", "-rm", "sh", "-c", hide, "sh"),
        HOME="/mnt",
        XDG_CACHE_HOME="/mnt",
    )
    assert seen.code == 0, seen.err


def test_the_demo_uses_nothing_of_the_users(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "wijkpeil.cli", "demo", "--folder", str(tmp_path / "demo")],
        env=environment
        | {
            "PREFECT_API_URL": DEAD,
            "PREFECT_PROFILE": "no-such-profile",
            "WIJK_WAREHOUSE": "/proc/no-such-folder",
            "WIJK_DATA_OWNER": "no address",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "staan stil of gaan achteruit" in done.stdout and "Traceback" not in done.stderr
    assert list((tmp_path / "demo" / "mail").glob("*.eml"))
