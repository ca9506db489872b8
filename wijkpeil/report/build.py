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
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.edition.folder import published_path, reading
from wijkpeil.errors import WijkError, nearest
from wijkpeil.memory import bound, spill
from wijkpeil.report.downloads import write_downloads
from wijkpeil.report.feed import write_feed
from wijkpeil.report.integrity import load_checks
from wijkpeil.report.load import Pages, Place
from wijkpeil.report.paths import FOLDERS, path_of
from wijkpeil.report.render import Renderer
from wijkpeil.report.words import TEMPLATES
from wijkpeil.text import clean
from wijkpeil.words import LANGUAGES

_STATE = ".pages.json"
_ASSETS = ("site.css", "site.js")
# from here on a second process pays for its start
_MANY = 400
_BATCH = 25


@dataclass(frozen=True)
class Report:
    """What was made: where it is, how many pages there are, and how many were rendered anew."""

    folder: Path
    pages: int
    rendered: int

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        if not self.rendered:
            return f"Report {self.folder}: nothing changed, {self.pages} pages stand."
        return f"Report {self.folder}: {self.pages} pages, {self.rendered} made anew."


def report_path(warehouse: Path) -> Path:
    """Where readers find the newest site."""
    return warehouse / "report"


def page_path(warehouse: Path, programme: str | None = None) -> Path:
    """The first page, or that of a programme; raises WijkError naming the nearest programmes."""
    folder = report_path(warehouse)
    if programme is None:
        return folder / path_of("start", "start", LANGUAGES[0])
    page = folder / path_of("programme", programme, LANGUAGES[0])
    if not page.is_file():
        known = [
            key.partition(":")[2]
            for key in _state(folder).get("pages", {})
            if key.startswith("programme:")
        ]
        raise WijkError(
            f"No programme '{programme}' in the report; nearest: {nearest(programme, known)}."
        )
    return page


def write_report(
    warehouse: Path, *, keep: int = 3, base_url: str | None = None, workers: int | None = None
) -> Report:
    """Bring the site up to the published edition; `base_url` is where a feed's links lead.

    Raises WijkError when there is no edition, or the disk refuses. What readers see is the old
    site until the new one is whole.
    """
    generator = _generator(base_url)
    with reading(published_path(warehouse)) as connection:
        memory = bound(connection)
        spill(connection, warehouse / "build" / "report-spill")
        found = connection.execute("select edition_id from meta.edition").fetchone()
        if not found:
            raise WijkError(
                f"{published_path(warehouse)} names no edition; publish it anew with "
                "'wijkpeil refresh'."
            )
        old = load_checks(connection, warehouse)
        name = f"{found[0]}-{generator[:8]}"
        if old:
            # a page says so, until they are looked at again
            name += f"-{hashlib.sha256(' '.join(old).encode()).hexdigest()[:8]}"
        target, shown = warehouse / "reports" / name, report_path(warehouse)
        before = _state(shown)
        if before.get("name") == name:
            return Report(shown, len(before["pages"]) * len(LANGUAGES), 0)
        try:
            pages = Pages(connection, warehouse)
            return _build(pages, connection, target, shown, generator, base_url, keep, workers)
        except duckdb.OutOfMemoryException as error:
            raise WijkError(
                f"The report needs more than {memory} of memory, or than this machine has "
                "left; run 'wijkpeil report' when it is less busy. The old report stands."
            ) from error
        except (OSError, duckdb.OperationalError) as error:
            reason = str(error).splitlines()[0]
            raise WijkError(
                f"The report cannot be written in {target.parent} ({reason}); make room or mend "
                "the disk, then run 'wijkpeil report'. The old report stands."
            ) from error


def _build(
    pages: Pages,
    connection: Any,
    target: Path,
    shown: Path,
    generator: str,
    base_url: str | None,
    keep: int,
    workers: int | None,
) -> Report:
    before = _state(shown)
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
    (part / _STATE).write_text(json.dumps({"name": target.name, "pages": hashes}), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    _show(shown, target)
    _forget(target.parent, keep, target)
    return Report(shown, len(hashes) * len(LANGUAGES), rendered)


# what else decides how a page looks
_ALSO = ("text.py", "rounding.py")


def _generator(base_url: str | None) -> str:
    """What the pages look like: a digest of this package, what draws maps, and the templates."""
    digest = hashlib.sha256((base_url or "").encode())
    package = Path(__file__).parents[1]
    folders = (package / "report", package / "sources" / "boundaries", package / "words")
    files = [path for folder in folders for path in folder.rglob("*")]
    for path in sorted([*files, *(package / name for name in _ALSO)]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _state(folder: Path) -> dict[str, Any]:
    """What a site says of its pages; nothing where there is none, or it is no whole one."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and isinstance(state.get("pages"), dict) else {}


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
        if not _state(shown):
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
