"""What one class rests on: every figure behind it, so that it can be computed again by hand."""

from wijkpeil.explain.chart import as_picture
from wijkpeil.explain.load import explain
from wijkpeil.explain.model import Explanation, Fit, Year
from wijkpeil.explain.resolve import AXES, area_called
from wijkpeil.explain.text import account, heading, year_columns, year_tables

__all__ = [
    "AXES",
    "Explanation",
    "Fit",
    "Year",
    "account",
    "area_called",
    "as_picture",
    "explain",
    "heading",
    "year_columns",
    "year_tables",
]
