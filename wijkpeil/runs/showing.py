"""What came of a run's steps, as tables and texts for whoever watches it."""

from __future__ import annotations

from collections.abc import Sequence

from wijkpeil.edition.checks import CheckReport
from wijkpeil.runs.failures import LINES, line_of
from wijkpeil.runs.outcome import Fetched, Outcome
from wijkpeil.runs.runner import Runner


def show_sources(runner: Runner, sources: Sequence[Fetched]) -> None:
    """A row per source, those that failed first: 25 of them at most."""
    failed = [item for item in sources if item.error]
    rows = [_source_row(item) for item in failed[:LINES]]
    title = "Sources of this run"
    if len(failed) > LINES:
        title += f"; {len(failed) - LINES} more failed: see the message of the run"
    rows += [_source_row(item) for item in sources if not item.error]
    runner.show_table("sources", rows, title)


def _source_row(item: Fetched) -> dict[str, object]:
    failure = line_of(item.source_id, item.error or "")
    return {
        "source": item.source_id,
        "state": "failed" if item.error else "new" if item.is_new else "unchanged",
        "rows": item.rows,
        "age in days": "never received" if item.age_days is None else item.age_days,
        "what happened": failure.what or " ".join(item.told),
        "what to do": failure.to_do,
    }


def show_checks(runner: Runner, report: CheckReport) -> None:
    """A row per check, the failed ones first."""
    runner.show_table(
        "checks",
        [
            {
                "table": check.table_name,
                "rule": check.rule,
                "severity": check.severity,
                "passed": check.is_passed,
                "rows failed": check.rows_failed,
                "what is wrong": "" if check.is_passed else check.message,
            }
            for check in sorted(report.checks, key=lambda check: check.is_passed)
        ],
        f"Checks: {report.sentence()}",
    )


def show_alerts(runner: Runner, outcome: Outcome) -> None:
    """What is new, and what became of its mail."""
    if outcome.alerts is None:
        return
    lines = [f"- {signal.sentence_nl}" for signal in outcome.alerts.new] or ["No new alerts."]
    told = [
        *outcome.alerts.problems,
        *outcome.alerts.sentences,
        *(outcome.sent.sentences if outcome.sent else []),
    ]
    runner.show_text(
        "alerts",
        "\n".join(["# New alerts", "", *lines, "", *told]),
        "New alerts of this run, and their mail",
    )
