"""What goes wrong with one programme or picture, and is not to hold the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wijkpeil.alerts.edition import Signal
from wijkpeil.alerts.ledger import AlertKey
from wijkpeil.errors import sentence
from wijkpeil.words import Language

if TYPE_CHECKING:
    from wijkpeil.alerts.letters import Draw, Drawing


@contextmanager
def each_by_itself(programme_id: str, problems: list[str] | None) -> Iterator[None]:
    """Let what goes wrong with this programme join the problems; without those it is raised."""
    try:
        yield
    except Exception as error:
        if problems is None:
            raise
        problems.append(
            f"Of programme '{programme_id}' no message can be made ({_reason(error)}); what is "
            "new of it is told by the first run that can."
        )


class Pictures:
    """Draws for one run, as a mail does where `draw` is None; a picture that cannot be made costs
    only itself."""

    def __init__(self, warehouse: Path, draw: Draw | None) -> None:
        self._warehouse, self._draw = warehouse, draw
        self._failed: dict[AlertKey, str] = {}

    def draw(self, signal: Signal, year: int, language: Language) -> Drawing | None:
        """The picture, or None where it cannot be made."""
        if signal.key in self._failed:
            return None
        try:
            if self._draw is None:
                from wijkpeil.alerts.letters import drawing_from

                self._draw = drawing_from(self._warehouse)
            return self._draw(signal, year, language)
        except Exception as error:  # noqa: BLE001  # told in the warnings
            self._failed[signal.key] = _reason(error)
            return None

    @property
    def warnings(self) -> list[str]:
        """A sentence about those that could not be made."""
        if not self._failed:
            return []
        key, reason = next(iter(self._failed.items()))
        count = len(self._failed)
        pictures = f"{count} pictures" if count > 1 else "1 picture"
        told = f"{pictures} could not be drawn, so mail goes without; the first is of "
        return [f"{told}{key.indicator_id} in {key.area_code} ({reason})."]


def _reason(error: Exception) -> str:
    """What went wrong in one line; of a fault of ours the log has the rest."""
    if (told := sentence(error)) is not None:
        return told.rstrip(".")
    logging.getLogger(__name__).error("A message or picture cannot be made.", exc_info=error)
    return f"{type(error).__name__}: {error}".partition("\n")[0]
