"""Editions to make a report of: the demo's, changed by hand, and what its pages hold."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import duckdb

HOSTILE = (
    '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
    "\n=cmd|' /C calc'!A0 \u202e\u0007&amp;\"'" + "lang " * 60
)


def changed_edition(edition: Path, warehouse: Path, *statements: str) -> Path:
    """A warehouse with the edition as these statements change it, under an id of its own."""
    warehouse.mkdir(exist_ok=True)
    file = warehouse / "wijken.duckdb"
    file.unlink(missing_ok=True)
    shutil.copyfile(edition, file)
    file.chmod(0o644)
    if not (warehouse / "snapshots").exists():
        # the boundaries for its maps
        (warehouse / "snapshots").symlink_to(edition.parent / "snapshots")
    with duckdb.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("update meta.edition set edition_id = edition_id || 'x'")
    return warehouse


def hostile_edition(edition: Path, warehouse: Path) -> Path:
    """Every text of the edition that people write is hostile."""
    text = "'" + HOSTILE.replace("'", "''") + "'"
    return changed_edition(
        edition,
        warehouse,
        f"update core.place set area_name = {text} || area_code, "
        f"gemeente_name = {text} where area_kind <> 'land'",
        f"update core.programme_area set area_name = {text}, gemeente_name = {text}, "
        f"codes = {text}, problem = {text}",
        f"update catalog.programme set name_nl = {text}, contact = {text}",
        f"update catalog.indicator set name_nl = {text} || indicator_id, name_en = {text}, "
        f"definition_nl = {text}, unit = {text}, change_owner = {text}, change_reason = {text}",
        f"insert into catalog.explained_jump select indicator_id, 2021, {text} "
        "from catalog.indicator",
        f"update meta.source set title_nl = {text}, attribution = {text}, licence = {text}, "
        f"last_fetch_error = {text}",
        f"update marts.stagnation set area_name = {text}, sentence_nl = {text}, "
        f"sentence_en = {text}",
        f"update marts.area_alert set area_name = {text}, sentence_nl = {text}, "
        f"sentence_en = {text}",
        f"update core.figure set area_name = {text}, gemeente_name = {text}, unit = {text}",
        f'update meta."check" set message = {text}, is_passed = false',
    )


def emptied_edition(edition: Path, warehouse: Path) -> Path:
    """An edition in which hardly anything is known."""
    return changed_edition(
        edition,
        warehouse,
        *(
            f"delete from {table}"
            for table in (
                *("marts.stagnation", "marts.area_alert", "marts.comparability", "marts.target"),
                *("core.trend_window", "core.figure", "core.observation", "core.programme_area"),
                *("catalog.programme", "meta.source", 'meta."check"', "catalog.area_group"),
            )
        ),
    )


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


class Outline(HTMLParser):
    """Links, anchors, text and tags of a page; fails where tags do not nest."""

    VOID = ("meta", "link", "input", "circle", "rect", "line", "polyline", "polygon", "br", "path")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.headings: list[int] = []
        self.feed(text)
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"{tag} has an attribute twice"
        assert not any(name.startswith("on") or name == "style" for name in given)
        self.links += [text for name in ("href", "src") if (text := given.get(name))]
        self.ids += [given["id"]] if given.get("id") else []
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())
