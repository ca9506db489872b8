"""A reader who joins later, and looks first at what she would get."""

from __future__ import annotations

from pathlib import Path

from command import Wijkpeil
from small_world import SmallWorld, wijk_code

SHE = "nieuw@voorbeeld.example"
_SUBJECT = "Niets nieuws (Testdam Vooruit (fictief), 2025) [synthetische cijfers]"


def test_a_new_reader_looks_first_and_then_gets_it_once(
    world: SmallWorld, wijkpeil: Wijkpeil, tmp_path: Path
) -> None:
    file = tmp_path / "readers.toml"
    file.write_text(
        f'[[recipient]]\nprogramme = "vooruit"\naddress = "{SHE}"\nareas = ["{wijk_code(0)}"]\n'
    )
    file.chmod(0o600)
    settings = {"WIJK_RECIPIENTS": str(file), "WIJK_REPORT_URL": "https://wijk.voorbeeld.example"}

    folder = tmp_path / "preview"
    ran = wijkpeil("alerts", "preview", "--folder", str(folder), **settings)
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in folder.iterdir()) == [
        *("vooruit.eml", "vooruit.html", "vooruit.txt")
    ]
    text = (folder / "vooruit.txt").read_text(encoding="utf-8")
    assert "■ staat stil  Wijk 00 Testdam: leegstand" in text
    assert "https://wijk.voorbeeld.example/programma/vooruit.html" in text

    ran = wijkpeil("alerts", "send", "--to", "ik@voorbeeld.example", **settings)
    assert ran.out.strip() == f"Sent '[proef] {_SUBJECT}' to ik@voorbeeld.example."
    (trial,) = world.mail.messages
    assert (trial["To"], trial["Subject"]) == ("ik@voorbeeld.example", f"[proef] {_SUBJECT}")

    assert wijkpeil("refresh", "--offline", **settings).code == 0
    assert [mail["To"] for mail in world.mail.messages[1:]] == [SHE]
    ran = wijkpeil("alerts", "preview", "--folder", str(folder), **settings)
    assert ran.out.strip() == "No new alerts, so no mail."


def test_a_mistake_in_who_hears_of_what_is_told_before_any_request(
    world: SmallWorld, wijkpeil: Wijkpeil, tmp_path: Path
) -> None:
    file = tmp_path / "readers.toml"
    file.write_text(
        f'[[recipient]]\nprogramme = "vooruit"\naddress = "{SHE}"\nareas = ["WK990199"]\n'
    )
    ran = wijkpeil("refresh", WIJK_RECIPIENTS=str(file))
    assert ran.code == 1
    assert "programme 'vooruit' has no such area; nearest: " in ran.err
    assert world.cbs.requests == []
