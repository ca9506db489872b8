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
from flows.catalog.writing import append_table, toml_value

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
    "append_table",
    "load_catalog",
    "toml_value",
]
