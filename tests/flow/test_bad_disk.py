"""A disk that is full or read-only: real ones, mounted where only the command sees them.

One disk goes from full to nearly full to read-only to mended, with a run at each, because a run
in its own process costs seconds. A user without the right to mount skips this.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Ran, has_private_mounts
from small_world import SmallWorld, clean_environment, small_world

pytestmark = pytest.mark.skipif(
    not has_private_mounts(), reason="this user may not mount a disk (unshare -rm, mount)"
)

_STEPS = """
set -eu
warehouse=$1 first_edition=$2 seen=$3 python=$4
mkdir -p "$warehouse"
mount -t tmpfs -o size=200m tmpfs "$warehouse"
cp -a "$first_edition/." "$warehouse"
spare() {
    set -- $1 $(df -k --output=used "$warehouse")
    mount -o "remount,size=$(($3 + $1))k" "$warehouse"
}
look() { sha256sum < "$warehouse/wijken.duckdb" > "$seen/$1.sha256"; }
run() {
    code=0
    "$python" -m wijkpeil.cli refresh > "$seen/$1.out" 2> "$seen/$1.err" || code=$?
    echo $code > "$seen/$1.code"
    look "$1"
}
look before
spare 8
run full
spare 1500
run full_in_build
mount -o remount,ro,size=200m "$warehouse"
run read_only
mount -o remount,rw,size=200m "$warehouse"
run mended
"""


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, first_edition: Path
) -> Iterator[tuple[Path, SmallWorld]]:
    """What each run said, as files."""
    folder, seen = tmp_path_factory.mktemp("world"), tmp_path_factory.mktemp("seen")
    with small_world(folder) as world:
        world.revise(vacant=7)
        words = [world.warehouse, first_edition, seen, sys.executable]
        subprocess.run(
            ["unshare", "-rm", "bash", "-c", _STEPS, "bash", *map(str, words)],
            env=clean_environment(world),
            check=True,
            timeout=200,
        )
        yield seen, world


def ran(seen: Path, step: str) -> Ran:
    """What the command said in this step."""
    out, err, code = (
        (seen / f"{step}.{kind}").read_text(encoding="utf-8") for kind in ("out", "err", "code")
    )
    return Ran(int(code), out, err)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("full", "the disk is full; free some space, then run again."),
        ("full_in_build", "the disk is full; free some space, then run again."),
        ("read_only", "the disk is read-only; make it writable or set WIJK_WAREHOUSE elsewhere"),
    ],
)
def test_the_disk_takes_nothing(seen: tuple[Path, SmallWorld], step: str, told: str) -> None:
    folder, _ = seen
    assert told in ran(folder, step).sentence
    assert (folder / f"{step}.sha256").read_text() == (folder / "before.sha256").read_text()


def test_the_mended_disk(seen: tuple[Path, SmallWorld]) -> None:
    folder, world = seen
    mended = ran(folder, "mended")
    assert mended.code == 0, mended.err
    assert "Published edition" in mended.out
    assert (folder / "mended.sha256").read_text() != (folder / "before.sha256").read_text()
    assert len(world.mail.messages) == 1
