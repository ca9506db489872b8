"""The areas of programmes: which are counted with, on what they rest, and whether codes hold."""

from wijkpeil.areas.codes import MemberCode, check_codes, demand_codes_hold, in_words
from wijkpeil.areas.listing import (
    COLUMNS,
    ListedArea,
    Listing,
    areas_of_catalog,
    areas_of_edition,
    list_areas,
)

__all__ = [
    "COLUMNS",
    "ListedArea",
    "Listing",
    "MemberCode",
    "areas_of_catalog",
    "areas_of_edition",
    "check_codes",
    "demand_codes_hold",
    "in_words",
    "list_areas",
]
