"""A run in plain Python: its steps, their order, its outcome. Who runs the steps is a choice."""

from wijkpeil.runs.delivery import Delivered, run_deliver
from wijkpeil.runs.orchestration import run_refresh
from wijkpeil.runs.outcome import Fetched, Outcome
from wijkpeil.runs.runner import PlainRunner, Runner

__all__ = [
    "Delivered",
    "Fetched",
    "Outcome",
    "PlainRunner",
    "Runner",
    "run_deliver",
    "run_refresh",
]
