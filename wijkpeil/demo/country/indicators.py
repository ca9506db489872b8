"""The indicators of the demo, as their blocks in the catalog."""

from __future__ import annotations

from typing import NamedTuple

from wijkpeil.demo.country.blocks import HEAD, pairs
from wijkpeil.text import capital

# what the police counts: in Dutch, in English
CRIMES = {
    "burglary": ("woninginbraken", "burglaries of homes"),
    "bicycle_theft": ("fiets- en bromfietsdiefstallen", "thefts of bicycles and mopeds"),
    "assault": ("mishandelingen", "assaults"),
    "vandalism": ("vernielingen", "cases of vandalism"),
}


class _Mean(NamedTuple):
    """A share or a mean, as its block in the catalog needs it."""

    id: str
    name: str
    name_en: str
    definition: str
    unit: str
    decimals: int
    limits: tuple[float, float]
    weight: str
    better: str
    change: str = ""


# fmt: off
_MEANS = (
    _Mean(
        "woz_value_keur", "gemiddelde WOZ-waarde", "mean assessed value of homes",
        "Gemiddelde WOZ-waarde van woningen", "x 1.000 euro", 0, (20.0, 5000.0),
        "dwellings", "none",
    ),
    _Mean(
        "gas_use_m3", "gasverbruik van appartementen", "gas use of flats",
        "Gemiddeld aardgasverbruik van appartementen", "m³", 0, (0.0, 10000.0),
        "dwellings", "lower", "2%",
    ),
    _Mean(
        "income_per_inhabitant_keur", "gemiddeld inkomen per inwoner",
        "mean income per inhabitant",
        "Gemiddeld inkomen per inwoner", "x 1.000 euro", 1, (2.0, 300.0),
        "inhabitants", "higher", "2%",
    ),
    _Mean(
        "low_income_share", "aandeel huishoudens met een laag inkomen",
        "share of households on a low income",
        "Huishoudens met een laag inkomen", "%", 1, (0.0, 100.0),
        "households", "lower", "0.2",
    ),
    _Mean(
        "participation_share", "netto arbeidsparticipatie", "net labour participation",
        "Werkenden onder de bevolking van 15 tot 75 jaar", "%", 0, (0.0, 100.0),
        "inhabitants", "higher", "0.5",
    ),
    _Mean(
        "vacancy_share", "aandeel woningen dat leegstaat", "share of homes that stand empty",
        "Woningen waar niemand woont", "%", 0, (0.0, 100.0),
        "dwellings", "lower", "0.25",
    ),
    _Mean(
        "youth_care_share", "aandeel jongeren met jeugdzorg",
        "share of young people in youth care",
        "Jongeren met jeugdzorg in natura", "%", 1, (0.0, 100.0),
        "inhabitants", "lower", "0.25",
    ),
    _Mean(
        "safety_grade", "rapportcijfer voor de veiligheid", "grade for safety",
        "Rapportcijfer voor de veiligheid in de buurt, uit de enquête", "cijfer", 2, (0.0, 10.0),
        "inhabitants", "higher", "0.05",
    ),
    _Mean(
        "often_unsafe_share", "aandeel inwoners dat zich vaak onveilig voelt",
        "share of inhabitants who often feel unsafe",
        "Inwoners die zich vaak onveilig voelen, uit de enquête", "%", 1, (0.0, 100.0),
        "inhabitants", "lower", "0.5",
    ),
)
# fmt: on
_COUNTS = {
    "inhabitants": ("aantal inwoners", "Aantal inwoners op 1 januari"),
    "households": ("aantal huishoudens", "Aantal particuliere huishoudens op 1 januari"),
    "dwellings": ("aantal woningen", "Aantal woningen op 1 januari"),
    "welfare_recipients": ("aantal personen met bijstand", "Aantal personen met bijstand"),
}
_IN_WORDS = {"x 1.000 euro": "duizend euro", "m³": "kubieke meter"}
_IN_ENGLISH = {
    "x 1.000 euro": "euros",
    "m³": "cubic metres",
    "per 1.000 inwoners": "per 1,000 inhabitants",
}
# what people have to live on
_TOLD_FIRST = ("income_per_inhabitant_keur", "low_income_share")
_SURVEYED = ("safety_grade", "often_unsafe_share")
_MARKET = "Volgt in het hele land de prijzen: alleen de verhouding tot Nederland zegt iets."
_WAVES = "Beweegt in golven door het hele land: pas een signaal als de wijk ook niet inloopt."
# what is judged, and why, where that is not the level
_JUDGED = {
    "gas_use_m3": ("gap_nl", _MARKET),
    "income_per_inhabitant_keur": ("gap_nl", _MARKET),
    **{f"{crime}_per_1000": ("both", _WAVES) for crime in CRIMES},
}


def indicators_toml() -> str:
    """Ten indicators of liveability and six of safety, and the counts behind their rates."""
    blocks = [_count(name, *texts, "liveability") for name, texts in _COUNTS.items()]
    for mean in _MEANS:
        blocks.append(
            _indicator(
                mean.id,
                mean.name,
                mean.definition,
                "safety" if mean.id in _SURVEYED else "liveability",
                name_en=mean.name_en,
                unit=mean.unit,
                decimals=mean.decimals,
                limits=list(mean.limits),
                aggregation="weighted_mean",
                denominator=mean.weight,
                better=mean.better,
                change=_change(mean.change),
            )
        )
    blocks.append(
        _rate(
            "welfare_per_1000",
            "personen met bijstand",
            "people on welfare",
            "welfare_recipients",
            "liveability",
            _change("1.0"),
        )
    )
    for crime, (title, title_en) in CRIMES.items():
        definition = f"{capital(title)} volgens aangifte of vaststelling door de politie"
        blocks.append(_count(f"{crime}_count", f"aantal {title}", definition, "safety"))
        blocks.append(
            _rate(f"{crime}_per_1000", title, title_en, f"{crime}_count", "safety", _change("5%"))
        )
    return HEAD + "".join(blocks)


def _count(name: str, title: str, definition: str, theme: str) -> str:
    return _indicator(
        name,
        title,
        definition,
        theme,
        unit="aantal",
        decimals=0,
        limits=[0.0, 2e7],
        aggregation="sum",
    )


def _indicator(
    name: str,
    title: str,
    definition: str,
    theme: str,
    *,
    name_en: str | None = None,
    unit: str,
    decimals: int,
    limits: list[float],
    aggregation: str,
    denominator: str | None = None,
    better: str = "none",
    change: str = "",
    rate: str = "",
) -> str:
    judge, why = _JUDGED.get(name, (None, None))
    return (
        "\n[[indicator]]\n"
        + pairs(
            id=name,
            name_nl=title,
            name_en=name_en,
            definition_nl=f"{definition} (synthetisch).",
            theme=theme,
            told_first=True if name in _TOLD_FIRST else None,
            unit=unit,
            unit_in_words=_IN_WORDS.get(unit),
            unit_en=_IN_ENGLISH.get(unit),
            decimals=decimals,
            direction=better if better == "none" else f"{better}_is_better",
            range=limits,
            aggregation=aggregation,
            denominator=denominator,
            judge=judge,
            judge_owner=judge and "demo",
            judge_reason=why,
        )
        + rate
        + change
    )


def _rate(name: str, title: str, title_en: str, numerator: str, theme: str, change: str) -> str:
    counts = "register" if numerator == "welfare_recipients" else "events"
    rate = (
        f'rate = {{ numerator = "{numerator}", denominator = "inhabitants", per = 1000, '
        f'counts = "{counts}" }}\n'
    )
    return _indicator(
        name,
        f"{title} per 1.000 inwoners",
        f"{capital(title)} per 1.000 inwoners",
        theme,
        name_en=f"{title_en} per 1,000 inhabitants",
        unit="per 1.000 inwoners",
        decimals=1,
        limits=[0.0, 5000.0],
        aggregation="rate",
        better="lower",
        change=change,
        rate=rate,
    )


def _change(size: str) -> str:
    """The block of a meaningful change, none when empty: a number in the indicator's unit, or
    a percentage of the area's own mean."""
    if not size:
        return ""
    is_relative = size.endswith("%")
    value = f"relative = {int(size[:-1]) / 100}" if is_relative else f"per_year = {size}"
    return (
        f'\n[indicator.meaningful_change]\n{value}\nowner = "demo"\ndecided_on = 2026-01-15\n'
        'reason = "Gekozen voor de demo: groot genoeg om in tien jaar verschil te maken."\n'
    )
