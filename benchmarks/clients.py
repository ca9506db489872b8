"""Which DuckDB clients read a published warehouse: each in an environment of its own, from PyPI.

    .venv/bin/python benchmarks/clients.py warehouse/demo/warehouse/wijken.duckdb [VERSION]...

Every table and view is read in three ways: from the file itself, from the file attached to another
database, and after `use`. Ends with exit code 1 where a version that docs/warehouse.md names cannot
read one of them, and 2 where its wheel cannot be had, so that nothing was tried.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

# the oldest that opens the file, and the newest of each series since; 1.0.0 cannot
VERSIONS = ("1.1.3", "1.2.2", "1.3.2", "1.4.4")
# views of an attached file look in the wrong place before this one, unless it is the one in use
FIRST_TO_ATTACH = (1, 2)
_TRY = """
import json, sys, duckdb
path = sys.argv[1]
inside = duckdb.connect(path, read_only=True)
names = [row[0] for row in inside.execute(
    "select format('{}.\\\"{}\\\"', schema_name, table_name) from duckdb_tables() union all "
    "select format('{}.\\\"{}\\\"', schema_name, view_name) from duckdb_views() where not internal"
).fetchall()]
beside = duckdb.connect()
beside.execute("attach '" + path.replace("'", "''") + "' as w (read_only)")
def fails(connection, prefix):
    found = []
    for name in names:
        try:
            connection.execute("select * from " + prefix + name + " limit 5").fetchall()
        except duckdb.Error as error:
            found.append(name + ": " + str(error).splitlines()[0])
    return found
answer = {"tables": len(names), "open": fails(inside, ""), "attach": fails(beside, "w.")}
beside.execute("use w")
answer["use"] = fails(beside, "")
print(json.dumps(answer))
"""


def tried(version: str, database: Path, folder: Path) -> dict[str, object] | None:
    """What that version says of the file; None where it cannot be installed."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # times with a zone need pytz
    if subprocess.run([*command, f"duckdb=={version}", "pytz"], check=False).returncode:
        return None
    done = subprocess.run(
        [python, "-c", _TRY, database], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"tables": 0, "open": [done.stderr.strip().splitlines()[-1]]}
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def main(arguments: list[str]) -> int:
    """Try each version and print a line for it; the exit code."""
    if not arguments:
        print(__doc__)
        return 2
    database, worst = Path(arguments[0]).resolve(), 0
    for version in arguments[1:] or VERSIONS:
        with tempfile.TemporaryDirectory() as folder:
            answer = tried(version, database, Path(folder) / "venv")
        if answer is None:
            print(f"{version}: not tried, since PyPI gave no wheel for this machine")
            worst = max(worst, 2)
            continue
        may_fail = {"attach"} if tuple(map(int, version.split(".")[:2])) < FIRST_TO_ATTACH else {""}
        told = []
        for way in ("open", "attach", "use"):
            failures = answer.get(way)
            told.append(f"{way} {'reads all' if failures == [] else f'fails: {failures}'}")
            if failures != [] and way not in may_fail:
                worst = max(worst, 1)
        print(f"{version}: {answer['tables']} tables and views; {'; '.join(told)}")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
