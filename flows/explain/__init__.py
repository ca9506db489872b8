"""What one class rests on: every figure behind it, so that it can be computed again by hand."""

from flows.explain.choosing import AXES
from flows.explain.facts import Explanation, Fit, Year
from flows.explain.gathering import explain
from flows.explain.picturing import as_picture
from flows.explain.telling import account, heading, year_columns, year_tables

__all__ = [
    "AXES",
    "Explanation",
    "Fit",
    "Year",
    "account",
    "as_picture",
    "explain",
    "heading",
    "year_columns",
    "year_tables",
]
