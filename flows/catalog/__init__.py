"""The catalog: what is monitored, read from TOML; all mistakes reported together."""

from flows.catalog.blocks import (
    PREFIX,
    CbsMeasure,
    CbsService,
    CbsTable,
    Extract,
    Indicator,
    Programme,
    Wording,
)
from flows.catalog.reading import Catalog, load_catalog

__all__ = [
    "PREFIX",
    "Catalog",
    "CbsMeasure",
    "CbsService",
    "CbsTable",
    "Extract",
    "Indicator",
    "Programme",
    "Wording",
    "load_catalog",
]
