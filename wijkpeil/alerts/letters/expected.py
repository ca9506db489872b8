"""How many signals are wrong and how much is not seen, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.expected import Expected
from wijkpeil.rounding import rounded
from wijkpeil.words import Words


def wrong_line(expected: Expected, which: str, words: Words) -> str:
    """Of these signals, or of all that are open, how many are wrong by expectation."""
    if expected.signals == 1:
        percent = 100 * expected.wrong
        told = percent >= 1
        share = f"{words.number(percent)}%" if told else words("mail.lead.under_one_percent")
        return words("mail.lead.wrong_one", share=share)
    by = "" if expected.causes == expected.signals else "_causes"
    return words(
        f"mail.lead.wrong_{which}{by}",
        signals=words.counted(expected.signals, "signal"),
        causes=words.counted(expected.causes, "cause"),
        wrong=_about(expected.wrong, words),
    )


def expected_lines(digest: Digest, words: Words) -> Iterator[str]:
    """Of all that is open, where that is more than what is new; and of what is judged."""
    if digest.wrong_of_all.signals > digest.wrong_of_new.signals:
        yield wrong_line(digest.wrong_of_all, "all", words)
    standing, unseen = digest.unseen.standing_still, digest.unseen.unseen
    # of less than one no number of subjects can be told
    if rounded(standing, 0) >= 1:
        yield words(
            "mail.line.unseen",
            standing=words.number(standing),
            all=words.number(digest.unseen.causes),
            unseen=_about(unseen, words),
            are=words.form("mail.line.are_unseen", 1 if rounded(unseen, 0) <= 1 else 2),
        )


def _about(number: float, words: Words) -> str:
    """A whole number, or that it is under one."""
    if rounded(number, 0) < 1:
        return words("mail.lead.under_one")
    return words("mail.lead.about", count=words.number(number))
