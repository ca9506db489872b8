"""The demo's published edition, made once per session by the functions that the flow calls."""

from __future__ import annotations

from pathlib import Path

from wijkpeil.catalog import AddressFile, Boundaries, CbsTable, load_catalog
from wijkpeil.demo import demo_world
from wijkpeil.edition.build import SUITES, build, find_inputs
from wijkpeil.edition.checks import run_checks
from wijkpeil.edition.publish import publish
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.extracts import fetch_extract


def publish_demo(folder: Path) -> Path:
    """Fetch, build, check and publish the demo in `folder`; the warehouse."""
    with demo_world(folder) as world:
        settings = Settings.from_environment(world.environment)
        catalog = load_catalog(settings.catalog)
        for source in catalog.sources:
            if isinstance(source, CbsTable):
                fetch_table(source, settings, settings.warehouse, services=catalog.services)
            elif isinstance(source, AddressFile):
                fetch_addresses(source, settings, catalog.folder, settings.warehouse)
            elif isinstance(source, Boundaries):
                fetch_boundaries(source, settings, catalog.folder, settings.warehouse)
            else:
                fetch_extract(source, settings, catalog.folder, settings.warehouse)
    candidate = build(catalog, settings.warehouse, find_inputs(catalog, settings.warehouse))
    assert run_checks(candidate, SUITES).is_publishable
    publish(settings.warehouse)
    return settings.warehouse
