"""Who hears of which areas: the catalog, and the file outside git."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mail_helpers import SENDER, MailHost, Trend, no_picture, publish

from wijkpeil.alerts import (
    Audience,
    Recipients,
    load_recipients,
    load_webhooks,
    preview,
    queue_alerts,
    send_trial,
)
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.catalog import Catalog, Programme, load_catalog
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

HOOK = "https://kanaal.voorbeeld.nl/geheim-adres"
FILE = f"""
[[recipient]]
programme = "zuid"
address = "a@voorbeeld.nl"
areas = ["WK000101", "haven"]
cc = ["b@voorbeeld.nl"]

[[recipient]]
programme = "zuid"
address = "c@voorbeeld.nl"
areas = ["zuid/haven", "WK000101"]

[[recipient]]
programme = "zuid"
address = "d@voorbeeld.nl"
language = "en"
threshold = "structural"

[[webhook]]
name = "team-zuid"
programme = "zuid"
url = "{HOOK}"
"""


def catalog(**changes: Any) -> Catalog:
    """Two programmes, one of which has an area made of parts."""
    zuid = {"areas": ["WK000101", "WK000102"], "recipients": ["allen@voorbeeld.nl"]}
    found = SimpleNamespace(
        programmes=(
            Programme(id="zuid", name_nl="Zuid", **(zuid | changes)),
            Programme(id="noord", name_nl="Noord", areas=["WK000201"]),
        ),
        members=(SimpleNamespace(programme_id="zuid", area_id="haven"),),
    )
    return cast("Catalog", found)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ontvangers.toml"
    path.write_text(FILE, encoding="utf-8")
    path.chmod(0o600)
    return path


def load(path: Path | None, **changes: Any) -> Recipients:
    return load_recipients(Settings(recipients=path), catalog(**changes))


def mistakes(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WijkError) as caught:
        load(path)
    return str(caught.value)


def test_without_a_file_the_catalog_says_who_hears_of_everything() -> None:
    assert load(None).audiences == (Audience("zuid", None, "nl", "all", ("allen@voorbeeld.nl",)),)


def test_those_who_hear_the_same_share_a_message_and_no_others(path: Path) -> None:
    areas = frozenset({"WK000101", "zuid/haven"})
    every, some, english, hook = load(path).audiences
    assert every.to == ("allen@voorbeeld.nl",) and every.areas is None
    assert (some.to, some.cc, some.areas) == (
        ("a@voorbeeld.nl", "c@voorbeeld.nl"),
        ("b@voorbeeld.nl",),
        areas,
    )
    assert (english.to, english.language, english.threshold) == (
        ("d@voorbeeld.nl",),
        "en",
        "structural",
    )
    assert (hook.to, hook.channel) == (("webhook:team-zuid",), "webhook")
    assert len({each.name for each in load(path).audiences}) == 4


def test_two_blocks_of_one_address_are_taken_together(path: Path) -> None:
    path.write_text(
        '[[recipient]]\nprogramme = "zuid"\naddress = "a@voorbeeld.nl"\nareas = ["WK000101"]\n'
        '[[recipient]]\nprogramme = "zuid"\naddress = "A@voorbeeld.nl"\nareas = ["WK000102"]\n'
        'cc = ["a@voorbeeld.nl"]\n'
    )
    (_, both) = load(path).audiences
    assert both.areas == {"WK000101", "WK000102"}
    assert (both.to, both.cc) == (("a@voorbeeld.nl",), ())


def test_who_is_in_copy_of_what_she_hears_anyway_gets_it_once(path: Path) -> None:
    def block(address: str, areas: str, cc: str = "") -> str:
        lines = [f'address = "{address}@voorbeeld.nl"', f"areas = {areas}" if areas else ""]
        lines.append(f'cc = ["{cc}@voorbeeld.nl"]' if cc else "")
        return "\n".join(["[[recipient]]", 'programme = "zuid"', *filter(None, lines), ""])

    path.write_text(
        # a hears of all, and so does w, who has no block of her own and is in copy of three
        block("a", "")
        + block("b", '["WK000101"]', cc="a")
        + block("c", '["WK000102"]', cc="w")
        + block("d", '["WK000101", "WK000102"]', cc="w")
        + block("e", '["haven"]', cc="w")
    )
    found = {each.to[0][0]: [address[0] for address in each.cc] for each in load(path).of("zuid")}
    assert found == {"a": [], "b": [], "c": [], "d": ["w"], "e": ["w"]}


def test_every_mistake_is_told_at_once_with_file_block_key_and_what_is_near(path: Path) -> None:
    told = mistakes(
        path,
        '[[recipient]]\nprogramme = "zuidd"\naddress = "a@voorbeeld.nl"\n'
        '[[recipient]]\nprogramme = "zuid"\naddress = "b@voorbeeld.nl"\nareas = ["WK000201"]\n'
        '[[recipient]]\nprogramme = "zuid"\naddress = "c@voorbeeld.nl\\nBcc: x@y.nl"\n'
        '[[recipient]]\nprogramme = "zuid"\naddress = "d@voorbeeld.nl"\nlanguages = "en"\n'
        '[[recipient]]\nprogramme = "zuid"\naddress = "e@voorbeeld.nl"\nthreshold = "some"\n'
        '[[recipient]]\nprogramme = "zuid"\naddress = "allen@voorbeeld.nl"\nareas = ["haven"]\n'
        '[[webhook]]\nname = "x"\nprogramme = "zuid"\nurl = "http://geheim.voorbeeld.nl/abc"\n',
    )
    assert told.startswith("Recipients: 7 mistakes")
    person = f"{path}, [[recipient]] number"
    assert f"{person} 1, key 'programme': no such programme; nearest: 'zuid'" in told
    assert f"{person} 2, key 'areas.1': programme 'zuid' has no such area; nearest: 'WK0001" in told
    assert f"{person} 3, key 'address': not a mail address" in told
    assert f"{person} 4: an unknown key; the keys are programme, address, areas" in told
    assert f"{person} 5, key 'threshold': input should be 'all', 'area'" in told
    assert f"{person} 6, key 'address': programmes.toml names it for all areas of 'zuid'" in told
    assert "[[webhook]] number 1, key 'url': not a web address" in told
    assert not [word for word in ("voorbeeld.nl", "zuidd", "some'", "languages'") if word in told]


@pytest.mark.parametrize(
    "text",
    [
        '[[webhook]]\nname = "x"\nprogramme = "zuid"\nurl = ["{0}"]\n',
        '[[webhook]]\nname = "{0}"\nprogramme = "zuid"\nurl = "x"\n',
        '[[webhook]]\nname = "x"\nprogramme = "{0}"\nurl = "https://a.nl/b"\n',
        '[[webhook]]\nname = "x"\nprogramme = ["{0}"]\nurl = 3\n',
        '[[webhook]]\nname = "x"\nprogramme = "zuid"\n"{0}" = "url"\n',
        '[[webhook]]\nname = "x"\nprogramme = "zuid"\nareas = ["{0}"]\nurl = "https://a.nl/b"\n',
        '[[webhook]]\nname = "x"\nprogramme = "zuid"\nurl = {0}\n',
        '[[webhook]]\n"{0}" = 1\n"{0}" = 2\n',
        '["{0}"]\n["{0}"]\n',
        '[webhook]\nname = "x"\nprogramme = "zuid"\nurl = "{0}"\n',
        '[["{0}"]]\nname = "x"\n',
        'webhook = ["{0}"]\n',
        '[[recipient]]\nprogramme = "zuid"\naddress = "{0}"\n',
        '[[recipient]]\nprogramme = "zuid"\naddress = "a@b.nl"\nlanguage = "{0}"\n',
    ],
)
def test_a_secret_in_the_wrong_place_is_in_no_error(path: Path, text: str) -> None:
    assert "geheim" not in mistakes(path, text.format(HOOK))
    with pytest.raises(WijkError) as caught:
        load(path)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recipient = 3", "write [[recipient]] with two brackets"),
        ("[[people]]\nx = 1", "1 unknown block or key at the top"),
        ("[[recipient]", "is not TOML (at line 1, column 12)"),
        (
            '[[recipient]]\nprogramme = "zuid"\naddress = "a@b.nl"\n' * 2 + 'language = "en"\n',
            "differs in 'language' or 'threshold'",
        ),
        (
            f'[[webhook]]\nname = "x"\nprogramme = "zuid"\nurl = "{HOOK}"\n' * 2,
            "[[webhook]] number 2, key 'name': an earlier [[webhook]] has this name too",
        ),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_named(path: Path, text: str, told: str) -> None:
    assert told in mistakes(path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WijkError, match=r"ergens\.toml does not exist"):
        load(tmp_path / "ergens.toml")


def test_a_file_that_others_can_read_gives_a_warning(path: Path) -> None:
    assert load(path).warnings == ()
    path.chmod(0o644)
    (warning,) = load(path).warnings
    assert "can be read by others than its owner; run 'chmod 600" in warning


def test_addresses_of_channels_are_read_without_a_catalog_and_shown_nowhere(path: Path) -> None:
    assert load_webhooks(Settings(recipients=path)) == {"team-zuid": HOOK} == load(path).webhooks
    assert load_webhooks(Settings()) == {}


def test_the_example_in_the_documents_is_right(path: Path) -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs" / "alerts.md").read_text(encoding="utf-8")
    path.write_text(text.partition("```toml\n[[recipient]]")[2].partition("```")[0])
    path.write_text("[[recipient]]" + path.read_text().replace("https://...", HOOK))
    some, hook = load_recipients(
        Settings(recipients=path), load_catalog(root / "catalog")
    ).audiences
    assert some.areas == {"nprz/rotterdam_bloemhof"} and some.cc == ("wethouder@gemeente.example",)
    assert hook.to == ("webhook:team-zuid",)


# a channel gets the same news


def test_a_channel_is_queued_beside_the_mail_in_words_that_both_kinds_show(tmp_path: Path) -> None:
    audiences = (
        Audience("zuid", None, "nl", "all", ("a@voorbeeld.nl",)),
        Audience("zuid", None, "nl", "all", ("webhook:team",), channel="webhook"),
    )
    settings = Settings(
        warehouse=tmp_path / "warehouse", mail_from=SENDER, report_url="https://wijk.voorbeeld.nl"
    )
    database = publish(tmp_path, [Trend(area_name="<!channel> [klik](http://x) *wijk*")])
    report = queue_alerts(settings, database, Recipients(audiences), draw=no_picture)
    mail, hook = report.queued
    assert (mail.channel, hook.channel) == ("mail", "webhook")
    content = json.loads(Ledger(settings.warehouse).content(hook).read_text(encoding="utf-8"))
    assert content["type"] == "message"
    text = content["text"]
    assert text.startswith("1 wijk staat stil (Programma Zuid, 2022)\n\nDit is uw eerste")
    assert "■ staat stil ‹!channel› (klik)(http://x) ∗wijk∗: Woninginbraken" in text
    assert not set("<>[]*`") & set(text)
    assert text.endswith("https://wijk.voorbeeld.nl/programma/zuid.html")
    (attachment,) = content["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    told = [block["text"] for block in card["body"]]
    assert told == text.split("\n\n")[:-1] and all(block["wrap"] for block in card["body"])
    assert card["actions"][0]["url"].endswith("/programma/zuid.html")
    assert queue_alerts(settings, database, Recipients(audiences), draw=no_picture).queued == ()


# trying it out


def test_a_preview_writes_one_mail_per_audience_and_claims_nothing(
    path: Path, tmp_path: Path
) -> None:
    settings = Settings(warehouse=tmp_path / "warehouse", mail_from=SENDER)
    database = publish(tmp_path, [Trend()])
    written = preview(settings, database, load(path), tmp_path / "preview", draw=no_picture)
    assert sorted(file.name for file in written) == [
        *("zuid-2.eml", "zuid-2.html", "zuid-2.txt"),
        # who hears of areas as a whole gets the note of the year
        *("zuid-3.eml", "zuid-3.html", "zuid-3.txt", "zuid-4.json"),
        *("zuid.eml", "zuid.html", "zuid.txt"),
    ]
    assert not settings.warehouse.exists()


def test_a_trial_goes_to_one_address_and_leaves_the_ledger_alone(
    path: Path, tmp_path: Path
) -> None:
    database = publish(tmp_path, [Trend()])
    with MailHost(tmp_path) as host:
        settings = host.settings(tmp_path / "warehouse")
        mails = send_trial(settings, database, load(path), "ik@voorbeeld.nl", draw=no_picture)
        received = host.box.mails
    assert len(mails) == len(received) == 3
    for recipients, mail in received:
        assert recipients == ["ik@voorbeeld.nl"]
        assert (mail["To"], mail["Cc"]) == ("ik@voorbeeld.nl", None)
    assert [mail["Subject"].strip() for _, mail in received] == [
        "[proef] Molenwijk staat stil (Programma Zuid, 2022)",
        "[proef] Molenwijk staat stil (Programma Zuid, 2022)",
        "[trial] Nothing new (Programma Zuid, 2022)",
    ]
    assert not settings.warehouse.exists()


def test_a_trial_to_what_is_no_address_is_refused(path: Path, tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path / "warehouse", mail_from=SENDER)
    with pytest.raises(WijkError, match="is not a mail address"):
        send_trial(
            settings, publish(tmp_path, [Trend()]), load(path), "x\nBcc: y@z.nl", draw=no_picture
        )
