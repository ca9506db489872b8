"""How sure a digest is: how many of its signals are wrong, and how much it does not see."""

from __future__ import annotations

from collections.abc import Iterator

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.expected import Expected
from wijkpeil.alerts.items import items_of
from wijkpeil.rounding import rounded
from wijkpeil.words import Words


def certainty_lines(digest: Digest, words: Words) -> Iterator[str]:
    """On what is told first: what of it may be wrong; then what may be missed."""
    signals = [signal for area in digest.new for signal in area.signals]
    held = sum(signal.is_held for signal in signals)
    if signals:
        if held:
            which = "all" if held == len(signals) else "some"
            yield words(f"mail.sure.held_{which}", held=words.number(held))
        yield wrong_line(digest.wrong_of_new, "these", words)
    elif digest.recovered or digest.corrected or digest.ended:
        yield from _over(digest, words)
    else:
        indicators = words.counted(digest.basis.indicators, "indicator")
        areas = words.areas(digest.basis.area_codes)
        yield words("mail.sure.assessed", areas=areas, indicators=indicators)
    yield from _unseen(digest, words)


def _over(digest: Digest, words: Words) -> Iterator[str]:
    if digest.corrected:
        yield words("mail.sure.corrected")
    if classes := {item.trend_class for item in items_of(digest.recovered)}:
        sure = "both" if len(classes) > 1 else classes.pop()
        yield words(f"mail.sure.recovered_{sure}")
    if digest.ended:
        yield words("mail.sure.ended")


def wrong_line(expected: Expected, which: str, words: Words) -> str:
    """Of these signals, or of all that are open, how many are wrong by expectation."""
    if expected.signals == 1:
        percent = 100 * expected.wrong
        told = percent >= 1
        share = f"{words.number(percent)}%" if told else words("mail.sure.under_one_percent")
        return words("mail.sure.wrong_one", share=share)
    by = "" if expected.causes == expected.signals else "_causes"
    return words(
        f"mail.sure.wrong_{which}{by}",
        signals=words.counted(expected.signals, "signal"),
        causes=words.counted(expected.causes, "cause"),
        wrong=_about(expected.wrong, words),
    )


def _unseen(digest: Digest, words: Words) -> Iterator[str]:
    standing, unseen = digest.unseen.standing_still, digest.unseen.unseen
    # of less than one no number can be told
    if rounded(standing, 0) >= 1:
        yield words(
            "mail.sure.unseen",
            standing=words.number(standing),
            unseen=_about(unseen, words),
        )


def _about(number: float, words: Words) -> str:
    """A whole number, or that it is under one."""
    if rounded(number, 0) < 1:
        return words("mail.sure.under_one")
    return words("mail.sure.about", count=words.number(number))
