"""Titles, units, ids and signs as CBS writes them, read as what they mean."""

from __future__ import annotations

import pytest

from wijkpeil.catalog import CbsMeasure
from wijkpeil.sources.cbs.columns import Topic, is_figure, is_same_id, normal, resolve


@pytest.mark.parametrize(
    "written",
    [
        "Gemiddeld inkomen per inwoner",
        "Gemiddeld inkomen per inwoner ",
        "Gemiddeld inkomen per inwoner\u00a0",
        "\ufeffGemiddeld  inkomen per\u00a0inwoner \u200b",
        "Gemiddeld inkomen\r\nper inwoner",
    ],
)
def test_a_title_and_a_unit_are_read_without_blanks_that_nobody_sees(written: str) -> None:
    topic = Topic("Key_78", normal(written), normal("x\u00a01 000 euro "), ())
    measure = CbsMeasure(
        indicator="income", title="Gemiddeld inkomen per inwoner", unit="x 1 000 euro"
    )
    assert resolve([topic], measure, year=2024, where="CBS 1") is topic


@pytest.mark.parametrize("sign", [None, "", "    ", ".", "       .", "x", " x", "-", ".\u00a0"])
def test_a_sign_for_missing_is_no_figure(sign: str | None) -> None:
    assert not is_figure(sign)


@pytest.mark.parametrize("value", [0, 0.0, "0", "  0", "-1", -0.7, "x1", False])
def test_what_is_no_such_sign_is_a_figure(value: object) -> None:
    assert is_figure(value)


def test_an_id_in_small_letters_is_the_same_id() -> None:
    assert is_same_id("70904ned ", "70904NED")
    assert is_same_id("84799NED", "84799ned")
    assert not is_same_id("70904NED", "70905NED")
    assert not is_same_id(None, "70904NED")
