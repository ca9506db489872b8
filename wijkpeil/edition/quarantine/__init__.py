"""The sieve between fetch and build: which snapshot of each source is used, and what is doubted.

A snapshot that cannot be read, or that differs from the one in use beyond what a publisher
corrects, is held until a person says yes; the one in use stays. All of it is a function of the
snapshots, the catalog and what people said, so a rebuild gives the same answer.
"""

from wijkpeil.edition.quarantine.decisions import Decision, read_decisions, record_decision
from wijkpeil.edition.quarantine.findings import Finding
from wijkpeil.edition.quarantine.left_out import LeftOut, find_left_out
from wijkpeil.edition.quarantine.loading import load_sifted
from wijkpeil.edition.quarantine.sieve import Doubt, Hold, Sifted, sift
from wijkpeil.edition.quarantine.standing import Waiting, find_waiting, release

__all__ = [
    "Decision",
    "Doubt",
    "Finding",
    "Hold",
    "LeftOut",
    "Sifted",
    "Waiting",
    "find_left_out",
    "find_waiting",
    "load_sifted",
    "read_decisions",
    "record_decision",
    "release",
    "sift",
]
