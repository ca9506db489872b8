"""The areas of programmes, the address files that tell what became of them, and boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wijkpeil.areas import ListedArea, Listing, areas_of_catalog, areas_of_edition, in_words
from wijkpeil.catalog import AddressFile, Boundaries, Catalog
from wijkpeil.delimited import kind_of
from wijkpeil.doctor.cbs_tables import readable_snapshot
from wijkpeil.doctor.findings import Finding, Level
from wijkpeil.edition.folder import edition_with_areas, published_path
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

# so many are named; `wijkpeil areas show` names all
NAMED = 3


def look_at_areas(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """Per programme how many areas are used, on what they rest, and which are not."""
    for programme_id, listing in _listings(catalog, settings).items():
        yield from _of_programme(programme_id, listing)


def look_at_address_files(files: Sequence[AddressFile], settings: Settings) -> Iterator[Finding]:
    """Which of these were received, and what it costs that the others were not."""
    if not files:
        return
    for file in files:
        yield from _of_another_kind(file, settings)
    missing = [file for file in files if readable_snapshot(file.id, settings) is None]
    told = f"{len(files) - len(missing)} of {len(files)} received"
    if not missing:
        yield Finding("areas", "address files", "ok", told)
        return
    years = sorted(file.year for file in missing)
    told += f"; not those of {in_words(years, range(years[0], years[-1] + 1))}"
    by_hand = [file for file in missing if not file.is_remote]
    how = "`wijkpeil refresh` asks for them"
    if by_hand:
        how += f"; put {', '.join(file.location for file in by_hand)} there by hand"
    yield Finding(
        "areas", "address files", "unknown",
        f"{told}, so areas whose boundary changed there are not comparable with what they were. "
        f"{how}",
    )  # fmt: skip


def look_at_boundaries(blocks: Sequence[Boundaries], settings: Settings) -> Iterator[Finding]:
    """Which of these were received; without any the report has no map."""
    for block in blocks:
        yield from _of_another_kind(block, settings)
        snapshot = readable_snapshot(block.id, settings)
        if snapshot is not None:
            told = f"{snapshot.origin.rows} wijken of {block.year}"
            yield Finding("areas", block.id, "ok", told)
            continue
        how = "`wijkpeil refresh` asks for it"
        if not block.is_remote:
            how += f"; put {block.location} there by hand"
        yield Finding(
            "areas", block.id, "unknown", f"not received, so the report has tiles and no map. {how}"
        )


def _of_another_kind(block: AddressFile | Boundaries, settings: Settings) -> Iterator[Finding]:
    """A file put there by hand that fetching will refuse for what it is."""
    path = settings.catalog / block.location
    kind = kind_of(path) if not block.is_remote and path.is_file() else None
    wanted = "a zip" if isinstance(block, AddressFile) else "JSON"
    if kind is not None and not kind.name.startswith(wanted):
        what = "the addresses" if isinstance(block, AddressFile) else "GeoJSON"
        yield Finding(
            "areas", block.id, "error", f"{path} is {kind.name}, not {what}; correct 'location'."
        )


def _listings(catalog: Catalog, settings: Settings) -> dict[str, Listing]:
    """Each programme's areas as the published edition has them, else as the catalog."""
    listings = {each.id: areas_of_catalog(each.id, catalog) for each in catalog.programmes}
    if published_path(settings.warehouse).exists():
        try:
            with edition_with_areas(settings.warehouse) as connection:
                for programme_id in listings:
                    found = areas_of_edition(programme_id, connection)
                    if found.areas:
                        listings[programme_id] = found
        except WijkError:
            # that the edition cannot be read is told where editions are looked at
            pass
    return listings


def _of_programme(programme_id: str, listing: Listing) -> Iterator[Finding]:
    used = listing.used
    word = "used" if listing.edition_id else "to be used, no edition has tried them"
    parts = [f"{len(used)} of {len(listing.areas)} areas {word}"]
    level: Level = "ok"
    on_name = [area for area in used if area.certainty == "name_match"]
    if on_name:
        parts.append(f"{len(on_name)} by codes found by name, not confirmed")
    for certainty in ("candidate", "too_wide", "open"):
        left = [area for area in listing.areas if area.certainty == certainty]
        if left:
            parts.append(f"{len(left)} left out as {certainty}: {_named(left)}")
    if len(parts) > 1:
        level = "unknown"
    yield Finding("areas", programme_id, level, "; ".join(parts))
    failing = [area for area in listing.areas if area.is_sure and area.is_used is False]
    if failing:
        reasons = "; ".join(f"{area.name}: {area.problem}" for area in failing[:NAMED])
        more = f"; and {len(failing) - NAMED} more" if len(failing) > NAMED else ""
        count = "1 area" if len(failing) == 1 else f"{len(failing)} areas"
        yield Finding(
            "areas", programme_id, "warning",
            f"{count} with a code cannot be used: {reasons}{more}. See `wijkpeil areas show "
            f"{programme_id}`, and `wijkpeil areas check` for the codes.",
        )  # fmt: skip


def _named(areas: Sequence[ListedArea]) -> str:
    names = ", ".join(area.name for area in areas[:NAMED])
    return f"{names} and {len(areas) - NAMED} more" if len(areas) > NAMED else names
