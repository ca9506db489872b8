"""One table from CBS to a snapshot: date of change, metadata, question, pages, proof.

What was received is proved complete before it becomes a snapshot: rows against the server's own
count, each row once, every listed area there, the date of change the same before and after.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from wijkpeil.catalog import CbsTable
from wijkpeil.errors import SourceUnavailable, Unreadable, WijkError, short
from wijkpeil.progress import report_rows, report_total
from wijkpeil.sources.cbs.columns import normal
from wijkpeil.sources.cbs.division import Division, find_division
from wijkpeil.sources.cbs.likeness import is_alike
from wijkpeil.sources.cbs.odata_v3 import OdataV3
from wijkpeil.sources.cbs.odata_v4 import OdataV4
from wijkpeil.sources.cbs.pages import NotProved
from wijkpeil.sources.cbs.query import About, Metadata, Question, any_of, ask
from wijkpeil.sources.cbs.stamps import is_before, same_moment
from wijkpeil.sources.cells import prove_cells
from wijkpeil.sources.compared import compared_at, is_due, keep_compared
from wijkpeil.sources.snapshots import Origin, Received, Receiving, Snapshot, newest, utc_now

# how often a table that changes under our hands is begun anew in one run
BEGINNINGS = 3
Api = OdataV3 | OdataV4


@dataclass(frozen=True)
class Answer:
    """What one combination of categories brought: rows, how many of them filled, and whether
    the server's own count confirmed it."""

    category: str
    rows: int
    filled: Counter[str]
    is_counted: bool


def fetch(
    api: Api,
    warehouse: Path,
    *,
    listed: str | None = None,
    area_years: Collection[int] | None = None,
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the table, and whether it was fetched just now.

    `listed` is the date of change that the service's catalog gives, where it was asked: when it
    is that of the last snapshot and the question is the same, nothing is asked here, unless all
    of it is to be compared. What is the same then costs no new snapshot. `area_years` are the
    years that have an area list, to hold the table's division against.
    """
    table = api.table
    known = newest(warehouse, table.id)
    if known is not None and known.origin.request != table.request:
        known = None
    to_compare = known is not None and is_due(known, table.compare_every_days)
    if known and not to_compare and listed and same_moment(known.origin.modified, listed):
        return known, False
    for attempt in range(1, BEGINNINGS + 1):
        with _scratch(warehouse, table.id) as before:
            about = api.about(before, "table_infos")
            is_dated = known is not None and same_moment(known.origin.modified, about.modified)
            if known and is_dated and about.modified and not to_compare:
                return known, False
            asked = json.dumps([table.request, about.modified])
            key = hashlib.sha256(asked.encode()).hexdigest()[:32]
            receiving = Receiving(warehouse, table.id, key)
            receiving.take(before)
        is_resumed = receiving.is_resumed
        try:
            metadata = api.metadata(receiving)
            division = _division(api, about, metadata, known, area_years)
            question, answers = _receive(api, receiving, metadata)
        except NotProved:
            receiving.discard()
            if attempt == BEGINNINGS:
                raise
            continue
        except WijkError as error:
            if isinstance(error, SourceUnavailable):
                raise  # what came in whole is kept for the next run
            receiving.discard()
            if is_resumed and attempt < BEGINNINGS:
                continue  # a link of an earlier run may have lapsed
            raise
        with _scratch(warehouse, table.id) as after:
            again = api.about(after, "table_infos_after")
            if again == about:
                receiving.take(after)
                break
        receiving.discard()
    else:
        raise NotProved(
            f"{api.where} was republished while it was fetched, {BEGINNINGS} times "
            f"(now {again.modified}); run again when CBS is done."
        )
    layout = _layout(question, answers, division)
    if known and is_dated and is_alike(known, receiving.folder, receiving.files, layout):
        receiving.discard()
        keep_compared(known)
        return known, False
    layout["told"] = [
        *_of_dates(api, known, about, is_dated=is_dated),
        *division.told,
        *question.told,
        *_of_lost(known, question),
    ]
    origin = _origin(table, about.modified, receiving, answers, layout)
    try:
        return receiving.finish(origin, read=partial(prove_cells, table)), True
    except Unreadable as error:
        receiving.discard()
        raise NotProved(
            f"{api.where}: what was received is as asked, but {error}; run again later, and tell "
            "the maintainers if it stays."
        ) from error


def _division(
    api: Api,
    about: About,
    metadata: Metadata,
    known: Snapshot | None,
    area_years: Collection[int] | None,
) -> Division:
    layout = known.origin.layout if known else {}
    return find_division(
        api.table,
        about.texts,
        metadata.map_years.get(api.table.area_dimension),
        where=api.where,
        area_years=area_years,
        before=Division(layout.get("division"), layout.get("division_basis")),
    )


def _of_dates(api: Api, known: Snapshot | None, about: About, *, is_dated: bool) -> Iterator[str]:
    """What is to be told of a date of change that does not tell of the change."""
    if known and is_dated and about.modified:
        yield (
            f"{api.where} has other figures than on {compared_at(known):%Y-%m-%d} under the same "
            f"date of change ({about.modified}); they are taken."
        )
    elif known and is_before(about.modified, known.origin.modified):
        yield (
            f"{api.where} was put back from its version of {known.origin.modified} to that of "
            f"{about.modified}, which is taken."
        )


def _of_lost(known: Snapshot | None, question: Question) -> Iterator[str]:
    """What is to be told of measures that had a column in the last snapshot, and have none now."""
    had = {each["indicator"] for each in known.origin.layout["measures"]} if known else set()
    for name, why in question.unresolved.items():
        if name in had:
            yield f"Measure '{name}' has no column any more: {why}"


def _receive(api: Api, receiving: Receiving, metadata: Metadata) -> tuple[Question, list[Answer]]:
    question = ask(api.table, metadata, api.where)
    jobs: list[Callable[[], Answer]] = [
        _job(api, receiving, question, category, number)
        for number, category in enumerate(question.categories)
    ]
    workers = min(api.place.downloader.at_once, len(jobs))
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(copy_context().run, job) for job in jobs]
        try:
            return question, [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _job(
    api: Api, receiving: Receiving, question: Question, category: tuple[str, ...], number: int
) -> Callable[[], Answer]:
    stem = f"data-{number:04d}"

    def job() -> Answer:
        options = api.options(question, category)
        total = api.place.count(
            receiving, api.entity, options.get("$filter"), f"count-{number:04d}"
        )
        report_total(total)
        rows, filled = 0, Counter[str]()
        seen = set[Any]()
        names = api.identity(question)
        identity = itemgetter(*names)
        codes = {name: set[Any]() for name in names}
        for page in api.place.follow(
            receiving, api.entity, options, stem, columns=api.columns(question)
        ):
            seen.update(map(identity, page.rows))
            for name in names:
                codes[name].update(map(itemgetter(name), page.rows))
            filled.update(api.filled(question, page.rows))
            rows += len(page.rows)
            report_rows(len(page.rows))
        if rows == 0 and not total:
            _may_be_empty(api, receiving, question, options, number)
        _only_what_was_asked(api, question, category, codes)
        areas = set(map(str, codes[question.area_dimension]))
        _prove(api, question, areas, total=total, rows=rows, distinct=len(seen))
        key = "|".join(normal(code) for code in category)
        return Answer(key, rows, filled, total is not None)

    return job


def _only_what_was_asked(
    api: Api, question: Question, category: tuple[str, ...], codes: Mapping[str, set[Any]]
) -> None:
    """Raise WijkError when rows came that the filter excludes: months among years, say."""
    asked: dict[str, Iterable[str]] = {
        question.area_dimension: question.areas,
        "Measure": question.columns,
        **dict(zip(question.others, ([code] for code in category), strict=True)),
    }
    if question.period_dimension:
        asked[question.period_dimension] = question.periods
    for name, came in codes.items():
        strange = sorted(set(map(normal, came)) - set(map(normal, asked[name])))
        if strange:
            raise WijkError(
                f"{api.where}: {name} has {len(strange)} codes that were not asked (first: "
                f"'{strange[0]}'); the service ignored the filter, tell the maintainers."
            )


def _prove(
    api: Api, question: Question, areas: set[str], *, total: int | None, rows: int, distinct: int
) -> None:
    if distinct != rows:
        raise NotProved(f"{api.where}: {rows - distinct} of {rows} rows came twice; run again.")
    if total is not None and rows != total:
        raise NotProved(
            f"{api.where}: {rows} rows came, where the server itself counts {total}; run again."
        )
    is_dense = api.table.api == "v3" and not (question.period_dimension or question.others)
    missing = sorted(question.areas - areas) if is_dense else []
    if missing:
        raise NotProved(
            f"{api.where}: {len(missing)} of {len(question.areas)} areas of its code list have "
            f"no row (first: {missing[0].strip()}); run again."
        )


def _may_be_empty(
    api: Api, receiving: Receiving, question: Question, options: dict[str, str], number: int
) -> None:
    """Raise WijkError unless the service confirms that it has no such figure anywhere."""
    if api.table.api == "v4":
        measures = any_of("Measure", question.columns)
        if api.place.count(receiving, api.entity, measures, f"count-all-{number:04d}") == 0:
            return
    raise WijkError(
        f"{api.where}: the answer to '{short(options.get('$filter'))}' is empty, which it cannot "
        "be; the code width or the years are wrong."
    )


def _layout(question: Question, answers: list[Answer], division: Division) -> dict[str, Any]:
    """How the build reads the answer, and what is known of it."""
    filled = {answer.category: answer.filled for answer in answers}
    empty = [
        measure.indicator
        for measure in question.measures
        if not filled[measure.category_key][measure.column_key]
    ]
    return {
        **question.layout,
        "empty": empty,
        "is_counted": all(answer.is_counted for answer in answers),
        "division": division.year,
        "division_basis": division.basis,
    }


def _origin(
    table: CbsTable,
    modified: str,
    receiving: Receiving,
    answers: list[Answer],
    layout: dict[str, Any],
) -> Origin:
    files = [receiving.files[name] for name in sorted(receiving.files)]
    rows = sum(answer.rows for answer in answers)
    told = Origin.of(table, files, rows=rows, layout=layout)
    return replace(told, retrieved_at=utc_now().isoformat(), modified=modified or None)


@contextmanager
def _scratch(warehouse: Path, source_id: str) -> Iterator[Received]:
    """Files on the warehouse's disk that become part of a snapshot or nothing. One at a time for
    a source, so what a killed run left is removed."""
    folder = warehouse / "snapshots" / source_id / ".asking"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Received(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
