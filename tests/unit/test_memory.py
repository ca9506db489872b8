"""DuckDB may use a share of the machine or its cgroup, and too little memory is a sentence."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from wijkpeil.edition.memory import MIB, bound, memory_limit, spill
from wijkpeil.errors import sentence

GIB = 1024 * MIB


def a_machine(root: Path, total: int, **files: str) -> Path:
    """A root with /proc and /sys of a machine of so many bytes; `__` in a name is a slash."""
    files["proc__meminfo"] = f"MemTotal:       {total // 1024} kB\nMemFree:  1 kB\n"
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_a_machine_without_a_cgroup_gives_half(tmp_path: Path) -> None:
    assert memory_limit(a_machine(tmp_path, 6 * GIB)) == 3 * GIB


def test_no_more_than_is_of_use_and_no_less_than_a_city_needs(tmp_path: Path) -> None:
    assert memory_limit(a_machine(tmp_path / "large", 512 * GIB)) == 8 * GIB
    assert memory_limit(a_machine(tmp_path / "small", 256 * MIB)) == 512 * MIB


def test_where_nothing_is_known_it_is_the_least(tmp_path: Path) -> None:
    assert memory_limit(tmp_path) == 512 * MIB


@pytest.mark.parametrize(
    "files",
    [
        {"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__memory_dot_max": f"{2 * GIB}\n"},
        # seen from the host: the limit is of a cgroup around this one
        {
            "proc__self__cgroup": "0::/job/step\n",
            "sys__fs__cgroup__job__step__memory_dot_max": "max\n",
            "sys__fs__cgroup__job__memory_dot_max": f"{2 * GIB}\n",
            "sys__fs__cgroup__memory_dot_max": "max\n",
        },
        # version 1, as a container sees it: the path is that of the host
        {
            "proc__self__cgroup": "9:name=systemd:/x\n4:cpu,memory:/docker/0a4f\n0::/\n",
            "sys__fs__cgroup__memory__memory_dot_limit_in_bytes": f"{2 * GIB}\n",
        },
    ],
    ids=["container", "nested", "version 1"],
)
def test_a_cgroup_that_has_less_than_the_machine_decides(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert memory_limit(a_machine(tmp_path, 64 * GIB, **files)) == GIB


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", "", "?"])
def test_a_cgroup_without_a_limit_leaves_it_to_the_machine(tmp_path: Path, limit: str) -> None:
    root = a_machine(
        tmp_path,
        4 * GIB,
        proc__self__cgroup="0::/\n",
        sys__fs__cgroup__memory_dot_max=limit,
    )
    assert memory_limit(root) == 2 * GIB


def test_too_little_memory_is_a_sentence_with_how_much_there_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("wijkpeil.edition.memory.memory_limit", lambda: 20 * MIB)
    with duckdb.connect() as connection:
        bound(connection)
        connection.execute("set temp_directory = ''")
        with pytest.raises(duckdb.OutOfMemoryException) as raised:
            connection.execute("create table t as select random() from range(10000000) order by 1")
    told = sentence(raised.value) or ""
    assert told.startswith("DuckDB: the memory that it may use here")
    assert "/20.0 MiB used)" in told
    # with room on the disk it is enough
    with duckdb.connect() as connection:
        bound(connection)
        spill(connection, tmp_path / "spill")
        connection.execute("create table t as select random() from range(4000000) order by 1")


def test_a_full_disk_beside_it_is_told_as_such() -> None:
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '20MiB'; set max_temp_directory_size = '1MB'")
        with pytest.raises(duckdb.OutOfMemoryException) as raised:
            connection.execute("create table t as select random() from range(10000000) order by 1")
    assert "the disk is full" in (sentence(raised.value) or "")


def test_what_a_killed_run_left_on_the_disk_is_removed(tmp_path: Path) -> None:
    (tmp_path / "spill").mkdir()
    (tmp_path / "spill" / "duckdb_temp_storage-0.tmp").write_bytes(b"x")
    with duckdb.connect() as connection:
        spill(connection, tmp_path / "spill")
    assert not (tmp_path / "spill").exists()


def test_python_without_memory_is_a_sentence_too() -> None:
    assert "no memory left" in (sentence(MemoryError()) or "")
