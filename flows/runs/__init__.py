"""A run in plain Python: its steps, their order, its outcome. Who runs the steps is a choice."""

from flows.runs.delivery import Delivered, run_deliver
from flows.runs.orchestration import run_refresh
from flows.runs.outcome import Fetched, Outcome
from flows.runs.runner import PlainRunner, Runner

__all__ = [
    "Delivered",
    "Fetched",
    "Outcome",
    "PlainRunner",
    "Runner",
    "run_deliver",
    "run_refresh",
]
