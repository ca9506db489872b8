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
from wijkpeil.catalog.between import EDITION
from wijkpeil.catalog.blocks import (
    PREFIX,
    Block,
    Extract,
    Indicator,
    MeaningfulChange,
    Programme,
    Source,
)
from wijkpeil.catalog.cbs_blocks import CbsMeasure, CbsService, CbsTable, Evidence, Wording, mark_of
from wijkpeil.catalog.reading import Catalog, load_catalog, read_text
from wijkpeil.catalog.writing import (
    append_table,
    read_cbs_file,
    replace_cbs_file,
    toml_value,
    try_cbs_file,
)

__all__ = [
    "EDITION",
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
    "mark_of",
    "read_cbs_file",
    "read_text",
    "replace_cbs_file",
    "toml_value",
    "try_cbs_file",
]
