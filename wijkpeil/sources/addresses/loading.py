"""Which addresses of one year's buurten lie in which buurt of another year.

What is read from a snapshot never changes, so it is kept as parquet in `<warehouse>/lineage/`,
named after the snapshots, and made again where it is gone. Codes there have no 'BU' yet.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from wijkpeil.catalog import AddressFile
from wijkpeil.errors import Unreadable, WijkError, sentence, short
from wijkpeil.sources.addresses.files import Layout, unpack, where_of
from wijkpeil.sources.snapshots import PARTIAL, Snapshot
from wijkpeil.text import literal

# of the rows of a file, so many may be left out because they cannot be read
MAX_BAD_SHARE = 1 / 1000
# raised when other things are read from the same file, so that what is kept is made again
FORM = 1
_COLUMNS = ("postcode", "number", "buurt", "wijk", "gemeente")
# a file that was received is read on its own, and what does not fit lies on disk
PROOF_MEMORY = "1GB"
_ONE_PROOF = threading.Lock()


def load_addresses(
    connection: duckdb.DuckDBPyConnection,
    received: Sequence[tuple[AddressFile, Snapshot]],
    warehouse: Path,
    target_year: int,
) -> None:
    """Fills raw.address_pair, raw.address_count and raw.address_problem.

    A pair is a year before the newest one that is not after `target_year`, and that one; it
    counts the addresses that both have. Raises WijkError when a file has too many bad rows.
    """
    kept = _Kept(warehouse / "lineage", received)
    base = max((block.year for block, _ in received if block.year <= target_year), default=None)
    pairs = [(year, base) for year in sorted(kept.files) if base is not None and year < base]
    new_pairs = [pair for pair in pairs if not kept.pair(*pair).exists()]
    needed = {year for pair in new_pairs for year in pair}
    new_files = [
        year
        for year in sorted(kept.files)
        if not kept.counts(year).exists() or (year in needed and not kept.addresses(year).exists())
    ]
    if new_files or new_pairs:
        with (
            _workbench(connection, kept.folder) as bench,
            closing(_unpacked(kept, new_files)) as unpacked,
        ):
            for year, csv in unpacked:
                block, snapshot = kept.files[year]
                with _told(where_of(block), "mend the file, or take its block from the catalog"):
                    _read(bench, block, csv, _layout(snapshot), kept)
            if base is not None and new_pairs:
                with _told(str(kept.folder), "remove that folder and run again"):
                    _cross(bench, [year for year, _ in new_pairs], base, kept)
    with _told(str(kept.folder), "remove that folder and run again"):
        _insert(connection, kept, pairs)


def _insert(
    connection: duckdb.DuckDBPyConnection, kept: _Kept, pairs: Sequence[tuple[int, int]]
) -> None:
    """One statement a table: each is a commit, and a commit waits for the disk."""
    counts = [
        f"select {year} as year, {literal(block.id)} as source_id, * "
        f"from read_parquet({literal(str(kept.counts(year)))})"
        for year, (block, _) in kept.files.items()
    ]
    crosses = [
        f"select {old} as from_year, {new} as to_year, * "
        f"from read_parquet({literal(str(kept.pair(old, new)))})"
        for old, new in pairs
    ]
    if counts:
        connection.execute(
            "insert into raw.address_count select year, source_id, 'BU' || buurt, rows "
            f"from ({' union all '.join(counts)}) where problem is null"
        )
        connection.execute(
            "insert into raw.address_problem select source_id, year, problem, rows "
            f"from ({' union all '.join(counts)}) where problem is not null"
        )
    if crosses:
        connection.execute(
            "insert into raw.address_pair select from_year, to_year, 'BU' || from_buurt, "
            f"'BU' || to_buurt, addresses from ({' union all '.join(crosses)})"
        )


class _Kept:
    """What is kept of the files received, by year; the rest of the folder is removed."""

    def __init__(self, folder: Path, received: Sequence[tuple[AddressFile, Snapshot]]) -> None:
        self.folder = folder
        self.files: Mapping[int, tuple[AddressFile, Snapshot]] = {
            block.year: (block, snapshot) for block, snapshot in received
        }
        self._names = {
            year: f"{block.id}-{snapshot.snapshot_id}"
            for year, (block, snapshot) in self.files.items()
        }
        folder.mkdir(parents=True, exist_ok=True)
        for entry in folder.iterdir():
            names, _, end = entry.name.partition(".")
            is_whole = end in {f"{what}{FORM}.parquet" for what in ("addresses", "counts", "pair")}
            if not is_whole or not set(names.split("--")) <= set(self._names.values()):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def addresses(self, year: int) -> Path:
        """Each address, packed into one number, with its buurt."""
        return self.folder / f"{self._names[year]}.addresses{FORM}.parquet"

    def counts(self, year: int) -> Path:
        """The addresses of each buurt, and the rows left out by problem."""
        return self.folder / f"{self._names[year]}.counts{FORM}.parquet"

    def pair(self, old: int, new: int) -> Path:
        """The addresses that both years have, by buurt in each."""
        return self.folder / f"{self._names[old]}--{self._names[new]}.pair{FORM}.parquet"


@contextmanager
def _workbench(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory within the limits of `connection`, so that its file stays small.

    What does not fit, and the CSV that is read, lies in a folder that is removed at the end.
    """
    limits = connection.execute(
        "select current_setting('memory_limit'), current_setting('threads')"
    ).fetchone()
    memory, threads = limits or ("4GB", 2)
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as scratch,
        duckdb.connect(
            config={"memory_limit": memory, "threads": threads, "temp_directory": scratch}
        ) as bench,
    ):
        yield bench


@contextmanager
def _told(where: str, advice: str) -> Iterator[None]:
    """An error of DuckDB, as a sentence."""
    try:
        yield
    except duckdb.Error as error:
        told = sentence(error)
        if told is not None or isinstance(error, duckdb.OutOfMemoryException):
            raise WijkError(
                told or f"{where}: {short(error, most=240)}; close programs."
            ) from error
        text = short(error, most=240)
        raise Unreadable(f"{where}: the addresses cannot be read ({text}); {advice}.") from error


def prove_addresses(block: AddressFile, snapshot: Snapshot) -> None:
    """Read an address file as the build will, for nothing but the proof.

    Raises Unreadable, with a whole sentence, when it cannot be read or has too many bad rows.
    """
    layout, where = _layout(snapshot), where_of(block)
    with (
        _ONE_PROOF,
        tempfile.TemporaryDirectory(dir=snapshot.folder.parent, prefix=PARTIAL) as folder,
        duckdb.connect(
            config={"memory_limit": PROOF_MEMORY, "threads": 1, "temp_directory": folder}
        ) as bench,
        _told(where, "give the file as CBS publishes it"),
    ):
        source = snapshot.folder / snapshot.origin.layout["file"]
        csv = unpack(source, layout.member, Path(folder) / "addresses.csv", where)
        _judge(bench, block, csv, layout)


def _unpacked(kept: _Kept, years: Sequence[int]) -> Generator[tuple[int, Path], None, None]:
    """The CSV of each year; the next is unpacked while one is read, and each is removed after."""
    with (
        tempfile.TemporaryDirectory(dir=kept.folder, prefix="scratch-") as folder,
        ThreadPoolExecutor(1) as ahead,
    ):

        def unpacked(year: int) -> Path:
            block, snapshot = kept.files[year]
            snapshot.verify()
            source = snapshot.folder / snapshot.origin.layout["file"]
            target = Path(folder) / f"{year}.csv"
            return unpack(source, _layout(snapshot).member, target, where_of(block))

        coming = [ahead.submit(unpacked, year) for year in years[:1]]
        for place, year in enumerate(years):
            path = coming.pop().result()
            coming += [ahead.submit(unpacked, after) for after in years[place + 1 : place + 2]]
            yield year, path
            (Path(folder) / f"{year}.csv").unlink(missing_ok=True)


def _layout(snapshot: Snapshot) -> Layout:
    return Layout(**{k: v for k, v in snapshot.origin.layout.items() if k != "file"})


def _read(
    bench: duckdb.DuckDBPyConnection, block: AddressFile, csv: Path, layout: Layout, kept: _Kept
) -> None:
    """Keep the addresses of a file and their counts."""
    bench.execute("drop view if exists address")
    for table in ("line", "place", "problem", "twice"):
        bench.execute(f"drop table if exists {table}")
    _judge(bench, block, csv, layout)
    bench.execute(_ADDRESS)
    is_in_order = bench.execute(_IS_IN_ORDER).fetchone() == (True,)
    bench.execute(_TWICE.format(back=_SIDE_BY_SIDE if is_in_order else _ANYWHERE))
    _write(bench, _ONCE, kept.addresses(block.year))
    addresses = f"read_parquet({literal(str(kept.addresses(block.year)))})"
    _write(
        bench,
        f"""
        select null as problem, buurt, count(*) as rows from {addresses} group by buurt
        union all
        select problem, null, sum(rows)::bigint from problem group by problem
        union all
        select 'two buurten', null, sum(rows)::bigint from twice where lowest <> highest
        having sum(rows) > 0
        """,
        kept.counts(block.year),
    )


def _judge(bench: duckdb.DuckDBPyConnection, block: AddressFile, csv: Path, layout: Layout) -> None:
    """Read every row, and say which are left out; raises Unreadable when those are too many."""
    rows = _rows(csv, layout)
    bench.execute(f"create table line as select key, buurt, wijk, gemeente from ({rows})")
    bench.execute(_place(layout))
    bench.execute(_PROBLEM)
    if bench.execute("select count(*) > count(key) from line").fetchone() == (True,):
        bench.execute(_UNKEYED.replace("{rows}", rows))
    _refuse_bad(bench, block, layout)


def _rows(path: Path, layout: Layout) -> str:
    """The SELECT of the five columns as text, one that the file lacks empty, and of the key: the
    address as one number, or null where the postcode or the house number is none."""
    types = ", ".join(f"'c{place}': 'varchar'" for place in range(len(layout.columns)))
    wanted = {name: getattr(layout, name) for name in _COLUMNS}
    chosen = ", ".join(
        f"c{layout.columns.index(column)} as {name}" if column else f"'' as {name}"
        for name, column in wanted.items()
    )
    return f"""
        select *, {_KEY} as key
        from (
            select {chosen}
            from read_csv({literal(str(path))}, header = true, auto_detect = false,
                delim = {literal(layout.delimiter)}, quote = '"', escape = '"',
                columns = {{{types}}}, strict_mode = true)
        )
    """


def _refuse_bad(bench: duckdb.DuckDBPyConnection, block: AddressFile, layout: Layout) -> None:
    found = bench.execute(
        """
        select problem, sum(rows)::bigint, first(value order by rows desc, value),
            (select count(*) from line),
        from problem
        group by problem
        order by 2 desc, 1
        """
    ).fetchall()
    if not found or sum(count for _, count, _, _ in found) <= found[0][3] * MAX_BAD_SHARE:
        return
    problem, count, value, rows = found[0]
    raise Unreadable(
        f"{where_of(block)}: {count:,} of {rows:,} rows have no usable {problem} in column "
        f"'{getattr(layout, problem)}', such as '{short(value)}'; at most 1 in "
        f"{1 / MAX_BAD_SHARE:,.0f} may be left out. Give the file as CBS publishes it."
    )


def _cross(bench: duckdb.DuckDBPyConnection, years: Sequence[int], base: int, kept: _Kept) -> None:
    """Keep the pairs of `years` with the base: all in one pass over the addresses of the base."""
    each = " union all ".join(
        f"select {year} as year, key, buurt from read_parquet({literal(str(kept.addresses(year)))})"
        for year in years
    )
    bench.execute(
        f"""
        create or replace table crossed as
        select old.year, old.buurt as from_buurt, new.buurt as to_buurt, count(*) as addresses
        from ({each}) as old
        join read_parquet({literal(str(kept.addresses(base)))}) as new using (key)
        group by all
        """
    )
    for year in years:
        _write(
            bench,
            f"select * exclude (year) from crossed where year = {year} order by all",
            kept.pair(year, base),
        )


def _write(bench: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    part = path.with_suffix(".part")
    bench.execute(f"copy ({select}) to {literal(str(part))} (format parquet, parquet_version v2)")
    part.replace(path)


def _place(layout: Layout) -> str:
    """The statement that judges each place once: zeros that a spreadsheet took are put back, and
    a wijk is a whole code or its own two characters."""
    wijk = """
        (length(w) <= 6 and lpad(w, 6, '0') = left(code, 6))
        or (length(w) <= 2 and lpad(w, 2, '0') = code[5:6])
    """
    gemeente = "length(g) <= 4 and lpad(g, 4, '0') = left(code, 4)"
    return f"""
        create table place as
        with seen as (
            select buurt, wijk, gemeente, count(*) as rows
            from line
            group by buurt, wijk, gemeente
        ),
        padded as (
            select
                *,
                regexp_replace(upper(trim(buurt)), '^BU', '') as b,
                regexp_replace(upper(trim(wijk)), '^WK', '') as w,
                regexp_replace(upper(trim(gemeente)), '^GM', '') as g,
                if(length(b) <= 8, lpad(b, 8, '0'), b) as code,
            from seen
        )
        select
            buurt, wijk, gemeente, rows, code,
            case
                when coalesce(not regexp_full_match(code, '[0-9]{{4}}[0-9A-Z]{{4}}'), true)
                    or starts_with(code, '0000') then 'buurt'
                when not coalesce({wijk if layout.wijk else "true"}, false) then 'wijk'
                when not coalesce({gemeente if layout.gemeente else "true"}, false)
                    then 'gemeente'
            end as problem,
        from padded
    """


def _packed(pc6: str) -> str:
    letters = f"ascii(right({pc6}, 2)) - 65) * 26 + ascii(right({pc6}, 1)) - 65"
    place = f"(try_cast(left({pc6}, 4) as bigint) * 26 + {letters}"
    return f"({place}) * 100000 + try_cast(number as bigint)"


_TIDY = "upper(trim(postcode))"
_IS_POSTCODE = f"regexp_full_match({_TIDY}, '[1-9][0-9]{{3}} ?[A-Z]{{2}}')"
_IS_NUMBER = "regexp_full_match(number, ' *0{0,5}[1-9][0-9]{0,4} *')"
# most postcodes are tidy already, and tidying eight million of them takes a while
_KEY = f"""
case
    when not {_IS_NUMBER} then null
    when regexp_full_match(postcode, '[1-9][0-9]{{3}}[A-Z]{{2}}') then {_packed("postcode")}
    when {_IS_POSTCODE} then {_packed(_TIDY)}
end
"""
_PROBLEM = """
create table problem as
select
    problem,
    coalesce(case problem when 'buurt' then buurt when 'wijk' then wijk else gemeente end, '')
        as value,
    rows,
from place
where problem is not null
"""
_UNKEYED = f"""
insert into problem
select
    if(coalesce({_IS_POSTCODE}, false), 'number', 'postcode') as problem,
    coalesce(if(problem = 'number', number, postcode), '') as value,
    count(*),
from ({{rows}})
where key is null
group by all
"""
_ADDRESS = """
create view address as
select key, code as buurt
from line
join (select * from place where problem is null) using (buurt, wijk, gemeente)
where key is not null
"""
# the addresses that come back; in a file that is in order, as CBS gives it, side by side
_IS_IN_ORDER = """
select count(*) = 0
from (select key, lag(key) over () as before from line where key is not null)
where key < before
"""
_SIDE_BY_SIDE = """
select distinct key
from (select key, lag(key) over () as before from line where key is not null)
where key = before
"""
_ANYWHERE = "select key from line group by key having count(*) > 1"
_TWICE = """
create table twice as
with line as materialized (
    select line.* from line semi join ({back}) using (key)
)
select key, min(code) as lowest, max(code) as highest, count(*) as rows,
from line
join (select * from place where problem is null) using (buurt, wijk, gemeente)
group by key
"""
_ONCE = """
select key, buurt from address anti join twice using (key)
union all
select key, lowest from twice where lowest = highest
"""
