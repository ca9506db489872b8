"""The catalog: what is monitored, read from TOML and CSV; all mistakes reported together."""

from wijkpeil.catalog.areas import (
    USABLE,
    AddressFile,
    AddressPart,
    Boundaries,
    Group,
    Herindeling,
    Member,
    Restating,
    Step,
)
from wijkpeil.catalog.blocks import (
    PREFIX,
    Block,
    CbsMeasure,
    CbsService,
    CbsTable,
    Evidence,
    Extract,
    Indicator,
    MeaningfulChange,
    Programme,
    Source,
    Wording,
)
from wijkpeil.catalog.reading import Catalog, load_catalog, read_text
from wijkpeil.catalog.writing import append_table, toml_value

__all__ = [
    "PREFIX",
    "USABLE",
    "AddressFile",
    "AddressPart",
    "Block",
    "Boundaries",
    "Catalog",
    "CbsMeasure",
    "CbsService",
    "CbsTable",
    "Evidence",
    "Extract",
    "Group",
    "Herindeling",
    "Indicator",
    "MeaningfulChange",
    "Member",
    "Programme",
    "Restating",
    "Source",
    "Step",
    "Wording",
    "append_table",
    "load_catalog",
    "read_text",
    "toml_value",
]
