"""The demo's published edition, made once per session by the functions that the flow calls."""

from __future__ import annotations

from pathlib import Path

from flows.addresses import fetch_addresses
from flows.boundaries import fetch_boundaries
from flows.build import SUITES, build, find_inputs
from flows.catalog import AddressFile, Boundaries, CbsTable, load_catalog
from flows.cbs import fetch_table
from flows.checks import run_checks
from flows.demo import demo_world
from flows.extracts import fetch_extract
from flows.publish import publish
from flows.settings import Settings


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
