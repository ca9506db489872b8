"""What titles mean: which renamings are the same figure, and which are another."""

from __future__ import annotations

import pytest
import renamings

from wijkpeil.doctor.meaning import clash, same_unit, same_words

SAME = [
    ("Woningvoorraad", "Voorraad woningen"),
    ("Netto arbeidsparticipatie", "Nettoarbeidsparticipatie"),
    ("Gem. gestandaardiseerd inkomen van huish", "Gemiddeld gestandaardiseerd inkomen van huish."),
    ("Ervaren gezondheid (goed/zeer goed)", "Ervaren gezondheid goed / zeer goed"),
    ("Percentage onbewoond", "Onbewoond"),
    ("Aandeel koopwoningen", "KOOPWONINGEN (2026)"),
    ("Ervaart een of meer vormen van overlast", "Ervaart één of meer vormen van overlast"),
    ("40% huishoudens met laagste inkomen", "Huishoudens met laagste inkomen, 40 %"),
    ("Gemiddeld inkomen per inwoner", "Gemiddeld inkomen per inwoner\u00a0"),
    ("Voelt zich vaak onveilig in buurt", "In buurt: voelt zich vaak onveilig"),
]
OTHER = [
    ("Woningvoorraad", "Voorraad huurwoningen"),
    ("Percentage onbewoond", "Percentage bewoond"),
    ("Huishoudens met een laag inkomen", "Huishoudens met laag inkomen"),
    ("40% huishoudens met laagste inkomen", "20% huishoudens met laagste inkomen"),
    ("40% huishoudens met laagste inkomen", "40% personen met laagste inkomen"),
    ("Geboren in Nederland, buiten Europa", "Geboren buiten Nederland, in Europa"),
    ("Personenauto's per huishouden", "Huishoudens per personenauto"),
    ("Bouwjaar voor 2000", "Bouwjaar vanaf 2000"),
    ("Huishoudens met lage koopkracht", "Huishoudens met laagste koopkracht"),
    ("Personen met een AO-uitkering totaal", "Personen met een AOW-uitkering totaal"),
    ("Inwoners vanaf 15 jr tot AOW-leeftijd", "Inwoners vanaf AOW-leeftijd tot 15 jr"),
    ("Huishoudens zonder kinderen", "Huishoudens met kinderen"),
    ("Westers totaal", "Niet-westers totaal"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_figure_under_another_title(one: str, other: str) -> None:
    assert same_words(one, "%", other, "%")


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_figure_with_nearly_the_same_title(one: str, other: str) -> None:
    assert not same_words(one, "%", other, "%")


def test_a_unit_is_one_however_it_is_written() -> None:
    for one, other in (
        ("m³", "m3"), ("x 1 000 euro", "1 000 euro"), ("Getal", "getal"), ("%", "procent"),
        ("schaalscore (0 - 10)", "schaalscore (0-10)"), ("per 1 000 inwoners", "per 1000 inw."),
    ):  # fmt: skip
        assert same_unit(one, other), (one, other)
    for one, other in (
        ("%", "aantal"), ("x 1 000 euro", "euro"), ("%", "% van het aantal inwoners vanaf 15 jaar"),
        ("per 1 000 inwoners", "per 100 inwoners"), ("km", "m"), ("aantal", "x 1 000"),
    ):  # fmt: skip
        assert not same_unit(one, other), (one, other)


@pytest.mark.parametrize(
    ("wanted", "title", "why"),
    [
        ("Percentage onbewoond", "Woningen bewoond", "the opposite"),
        ("Huishoudens met een laag inkomen", "Huishoudens met hoog inkomen", "the opposite"),
        ("Huishoudens in armoede", "Personen in armoede", "of another base"),
        ("Uitkering; Bijstand", "Uitkering; WW", "of another kind"),
        ("Huishoudens tot 110% van minimum", "Huishoudens tot 120% van minimum", "other numbers"),
        ("Percentage onbewoond", "Onbewoonde woningen", None),
        ("Uitkering; WW", "Personen met een WW-uitkering totaal", None),
    ],
)
def test_what_may_not_differ(wanted: str, title: str, why: str | None) -> None:
    assert clash(wanted, "%", title, "%") == why


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_proposal_is_another_figure(seed: int) -> None:
    counts, told = renamings.count(seed, 120)
    assert not [line for line in told if line.startswith("WRONG")]
    kept = [each for kind, each in counts.items() if kind in renamings.KEPT]
    right = sum(each.right for each in kept)
    assert right / sum(each.right + each.none + each.wrong for each in kept) > 0.9
