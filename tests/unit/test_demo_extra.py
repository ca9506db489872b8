"""The demo without the packages that only it needs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wijkpeil.cli.run import demo
from wijkpeil.errors import WijkError


def test_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.startswith("wijkpeil.demo")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(WijkError, match=r"trustme is not installed; run `pip install 'wijkpeil"):
        demo(tmp_path)
