"""Make the site: only pages whose data changed are rendered, and readers see the old or the new.

`warehouse/reports/<edition>-<generator>/` holds a whole site; `warehouse/report` leads to the
newest. A page that did not change is the same file in both. Old sites stay as long as
`WIJK_KEEP_REPORTS` says.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from wijkpeil.charts.colours import class_rules
from wijkpeil.charts.svg import script, style
from wijkpeil.errors import WijkError
from wijkpeil.report.downloads import write_downloads
from wijkpeil.report.feed import write_feed
from wijkpeil.report.load import Pages, Place
from wijkpeil.report.paths import FOLDERS, TEMPLATES, path_of
from wijkpeil.report.render import Renderer
from wijkpeil.report.state import state_of, write_state
from wijkpeil.text import clean
from wijkpeil.words import LANGUAGES

_ASSETS = ("icon.svg", "site.css", "site.js")
# from here on a second process pays for its start
_MANY = 400
_BATCH = 25


def build_site(
    connection: Any,
    warehouse: Path,
    target: Path,
    shown: Path,
    generator: str,
    base_url: str | None,
    keep: int,
    workers: int | None,
) -> tuple[int, int]:
    """Make the site `target` of the edition in `connection` and show it to readers: how many pages
    it has, and how many were rendered anew."""
    pages = Pages(connection, warehouse)
    before = state_of(shown)
    common = hashlib.sha256(
        f"{generator}{json.dumps(pages.site, sort_keys=True)}".encode()
    ).hexdigest()[:16]
    hashes = {
        f"{kind}:{page_id}": f"{digest}{common}"
        for (kind, page_id), digest in pages.hashes().items()
    }
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    changed = [
        key
        for key, digest in hashes.items()
        if before.get("pages", {}).get(key) != digest or not _link(shown, part, key)
    ]
    wanted = [(kind, page_id) for kind, _, page_id in (key.partition(":") for key in changed)]
    rendered = _render(pages, wanted, part, workers)
    _write_assets(part, pages.places)
    for language in LANGUAGES:
        write_feed(part / FOLDERS[language] / "feed.xml", pages, language, base_url)
    write_downloads(connection, part / "data")
    write_state(part, target.name, hashes)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    _show(shown, target)
    _forget(target.parent, keep, target)
    return len(hashes) * len(LANGUAGES), rendered


def _link(old: Path, new: Path, key: str) -> bool:
    """Let the new site have the page of the old one; False when that is not there."""
    kind, _, page_id = key.partition(":")
    for language in LANGUAGES:
        path = path_of(kind, page_id, language)
        source, place = old / path, new / path
        if not source.is_file():
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, place)
        except OSError:
            # some network disks know no links
            shutil.copyfile(source, place)
    return True


def _render(
    pages: Pages, wanted: Sequence[tuple[str, str]], folder: Path, workers: int | None
) -> int:
    for kind, page_id in wanted:
        for language in LANGUAGES:
            (folder / path_of(kind, page_id, language)).parent.mkdir(parents=True, exist_ok=True)
    batches = _batched(pages.data(wanted), _BATCH)
    processes = workers or (min(os.cpu_count() or 1, 8) if len(wanted) > _MANY else 1)
    if processes == 1:
        _prepare(pages.site, folder)
        return sum(_write_batch(batch) for batch in batches)
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_prepare,
        initargs=(pages.site, folder),
    ) as pool:
        # no more pages in memory than are about to be written
        running = {pool.submit(_write_batch, batch) for batch in islice(batches, 2 * processes)}
        rendered = 0
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            rendered += sum(each.result() for each in done)
            running |= {pool.submit(_write_batch, batch) for batch in islice(batches, len(done))}
        return rendered


_HERE: dict[str, Any] = {}


def _prepare(site: Mapping[str, Any], folder: Path) -> None:
    _HERE["folder"] = folder
    _HERE["renderers"] = [Renderer(site, language) for language in LANGUAGES]


def _write_batch(batch: Sequence[tuple[str, str, str]]) -> int:
    for kind, page_id, data in batch:
        for renderer in _HERE["renderers"]:
            path = _HERE["folder"] / path_of(kind, page_id, renderer.language)
            path.write_text(renderer.render(kind, page_id, json.loads(data)), encoding="utf-8")
    return len(batch) * len(_HERE["renderers"])


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch


def _write_assets(folder: Path, places: Sequence[Place]) -> None:
    assets = folder / "assets"
    assets.mkdir()
    for name in _ASSETS:
        shutil.copyfile(TEMPLATES / name, assets / name)
    (assets / "chart.css").write_text(class_rules() + style(), encoding="utf-8")
    (assets / "chart.js").write_text(script(), encoding="utf-8")
    rows = [
        (clean(place.name), clean(place.beside), path_of(place.kind, place.code, LANGUAGES[0]))
        for place in places
    ]
    # nothing in it may end the script, wherever it is pasted
    text = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    (assets / "places.js").write_text(f"window.wijkpeilPlaces={text};\n", encoding="ascii")


def _show(shown: Path, target: Path) -> None:
    """Make the new site the one that readers find, by one rename."""
    staged = shown.with_name(".report.new")
    staged.unlink(missing_ok=True)
    staged.symlink_to(Path("reports") / target.name, target_is_directory=True)
    if shown.is_dir() and not shown.is_symlink():
        # a copy of a warehouse has the site itself where the original leads to it
        if not state_of(shown):
            staged.unlink()
            raise WijkError(
                f"{shown} is a folder of its own; move it away and run 'wijkpeil report' again."
            )
        shutil.rmtree(shown)
    staged.replace(shown)


def _forget(folder: Path, keep: int, newest: Path) -> None:
    """Keep the newest sites; what was left half made goes too."""
    sites = sorted((each for each in folder.iterdir() if each.is_dir()), key=lambda p: p.name)
    whole = [each for each in sites if not each.name.endswith(".part") and each != newest]
    for each in sites:
        if each != newest and each not in whole[max(0, len(whole) - max(keep, 0)) :]:
            shutil.rmtree(each)
