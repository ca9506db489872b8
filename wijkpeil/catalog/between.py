"""Mistakes that show only between blocks: ids that are used twice, or that nothing has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wijkpeil.catalog.areas import Member
from wijkpeil.errors import nearest

# what of an edition as a whole waits for a person is named by it, as a source by its id
EDITION = "edition"


def cross_check(
    blocks: dict[str, list[Any]], declared: set[str], file_of: Mapping[str, Path]
) -> Iterator[str]:
    """Mistakes in ids; `declared` has those of all indicators, `file_of` the file of each kind."""
    spaces = dict.fromkeys(("table", "extract", "address_file", "boundaries"), "source")
    ids = Counter((spaces.get(kind, kind), block.id) for kind in blocks for block in blocks[kind])
    for kind in spaces:
        if any(block.id == EDITION for block in blocks[kind]):
            yield (
                f"{file_of[kind]}, [[{kind}]] {EDITION}: this id is that of an edition as a whole "
                "(`wijkpeil quarantine`); give it another."
            )
    for kind, rows in blocks.items():
        for block_id in sorted({row.id for row in rows if ids[spaces.get(kind, kind), row.id] > 1}):
            yield f"{file_of[kind]}, [[{kind}]] {block_id}: this id is used more than once."
    rates = {indicator.id for indicator in blocks["indicator"] if indicator.rate is not None}

    def unknown(kind: str, block_id: str, key: str, name: str) -> str:
        return (
            f"{file_of[kind]}, [[{kind}]] {block_id}, key '{key}': no indicator '{name}' in "
            f"indicators.toml; nearest: {nearest(name, declared)}."
        )

    for kind in ("table", "extract"):
        for source in blocks[kind]:
            for measure in source.measure:
                where = f"{file_of[kind]}, [[{kind}]] {source.id}, measure '{measure.indicator}'"
                if measure.indicator not in declared:
                    yield unknown(kind, source.id, "measure.indicator", measure.indicator)
                elif measure.indicator in rates:
                    yield f"{where}: this indicator is a declared rate and cannot be fetched too."
            twice = Counter(measure.indicator for measure in source.measure)
            for name in sorted(name for name, times in twice.items() if times > 1):
                yield f"{file_of[kind]}, [[{kind}]] {source.id}: two measures for '{name}'."
    for indicator in blocks["indicator"]:
        uses = {"denominator": indicator.denominator, "counts_with": indicator.counts_with}
        if indicator.rate is not None:
            uses["rate.numerator"] = indicator.rate.numerator
            uses["rate.denominator"] = indicator.rate.denominator
        for key, name in uses.items():
            if name is not None and name not in declared:
                yield unknown("indicator", indicator.id, key, name)
    yield from _causes(blocks["indicator"], file_of["indicator"])
    for programme in blocks["programme"]:
        for name in programme.indicators:
            if name not in declared:
                yield unknown("programme", programme.id, "indicators", name)


def _causes(indicators: list[Any], path: Path) -> Iterator[str]:
    """Mistakes in what counts as one: alerts are counted by theme, and by one name for each."""
    by_id = {indicator.id: indicator for indicator in indicators}
    for indicator in indicators:
        head = by_id.get(indicator.counts_with or "")
        if head is None:
            continue
        where = f"{path}, [[indicator]] {indicator.id}, key 'counts_with'"
        if head.id == indicator.id:
            yield f"{where}: names the indicator itself; leave the key out."
        elif head.counts_with is not None:
            yield (
                f"{where}: '{head.id}' itself counts with '{head.counts_with}'; "
                f"write '{head.counts_with}' here too."
            )
        elif head.theme != indicator.theme:
            yield (
                f"{where}: '{head.id}' has theme '{head.theme}', this one '{indicator.theme}', "
                "and alerts are counted by theme; name one of its own theme."
            )


def check_places(
    blocks: dict[str, list[Any]], members: list[Member], declared: set[str], folder: Path
) -> Iterator[str]:
    """Mistakes between programmes, their areas, groups, address files and boundaries."""
    with_list = {member.programme_id for member in members}
    groups = {group.id for group in blocks["group"]}
    comparators = groups | {"nl", "gemeente"}
    path = folder / "programmes.toml"
    for programme in blocks["programme"]:
        if not programme.areas and programme.id not in with_list:
            yield (
                f"{path}, [[programme]] {programme.id}: key 'areas' is missing, and there is no "
                f"areas/{programme.id}.csv with its areas."
            )
        if programme.comparator not in groups | {"programme"}:
            known = nearest(programme.comparator, groups | {"programme"})
            yield (
                f"{path}, [[programme]] {programme.id}: no comparator '{programme.comparator}'; "
                f"nearest: {known}."
            )
        for change in programme.meaningful_change:
            if change.indicator not in declared:
                known = nearest(change.indicator, declared)
                yield (
                    f"{path}, [[programme]] {programme.id}, meaningful_change: no indicator "
                    f"'{change.indicator}'; nearest: {known}."
                )
        for target in programme.target:
            where = f"{path}, [[programme]] {programme.id}, target '{target.indicator}'"
            if target.indicator not in declared:
                known = nearest(target.indicator, declared)
                yield f"{where}: no such indicator in indicators.toml; nearest: {known}."
            if target.comparator is not None and target.comparator not in comparators:
                known = nearest(target.comparator, comparators)
                yield f"{where}: no comparator '{target.comparator}'; nearest: {known}."
    programmes = {programme.id for programme in blocks["programme"]}
    for name in sorted(with_list - programmes):
        known = nearest(name, programmes)
        yield (
            f"{folder / 'areas' / name}.csv: no [[programme]] '{name}' in programmes.toml; "
            f"nearest: {known}."
        )
    path = folder / "areas.toml"
    for group in blocks["group"]:
        for name in group.without:
            if name not in groups - {group.id}:
                known = nearest(name, groups - {group.id})
                yield f"{path}, [[group]] {group.id}: no group '{name}'; nearest: {known}."
    for rules in blocks["restating"]:
        if rules.inhabitants is not None and rules.inhabitants not in declared:
            known = nearest(rules.inhabitants, declared)
            yield f"{path}, [[restating]]: no indicator '{rules.inhabitants}'; nearest: {known}."
    for kind in ("address_file", "boundaries"):
        years = Counter(file.year for file in blocks[kind])
        for year in sorted(year for year, times in years.items() if times > 1):
            yield f"{path}: two [[{kind}]] blocks are of {year}."
