"""The short run between two refreshes: send what waits, and see whether another run died."""

from __future__ import annotations

from dataclasses import dataclass

from wijkpeil.alerts import load_webhooks, tell_of_mail
from wijkpeil.alerts.delivery import SendReport, send_outbox
from wijkpeil.runs.keeping import Ending, kept, tell_of_long_runs
from wijkpeil.runs.notices import tell_notices
from wijkpeil.runs.records import Record, at_work, settle_dead_runs
from wijkpeil.runs.runner import Runner
from wijkpeil.settings import Settings


@dataclass(frozen=True)
class Delivered:
    """What was sent, the runs that were found dead, those that work for too long, and how telling
    the data owner went of what was kept for her."""

    report: SendReport
    died: tuple[Record, ...] = ()
    long: tuple[str, ...] = ()
    notice: str | None = None

    @property
    def sentences(self) -> list[str]:
        """All of it for a person, the worst first."""
        died = [record.message for record in self.died if record.message]
        notice = [self.notice] if self.notice else []
        return [*died, *self.long, *notice, *self.report.sentences]


def run_deliver(runner: Runner) -> Delivered:
    """Send queued mail that is due. Trouble with a server is in the report; anything else that
    goes wrong is raised, kept as a record and told to the data owner."""
    ending = Ending("deliver", runner.prefect_run, is_kept_when_well=False)
    with kept(ending):
        settings = Settings.from_environment()
        warehouse = settings.warehouse
        died = settle_dead_runs(warehouse)
        with at_work(warehouse, ending.run_id, flow="deliver", prefect_run=runner.prefect_run):
            died += runner.settle(warehouse)
            long = tell_of_long_runs(settings)
            report = send_outbox(settings, webhooks=load_webhooks(settings), only_due=True)
            report = tell_of_mail(settings, report)
            notice = tell_notices(settings)
        found = Delivered(report, tuple(died), tuple(long), notice)
        runner.show_text(
            "outbox", "\n\n".join(found.sentences) or "Nothing waits.", "The outbox after this run"
        )
    return found
