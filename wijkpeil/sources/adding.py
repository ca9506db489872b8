"""Adding a source to the catalog: a drafted block, to its file, to another or to be shown."""

from __future__ import annotations

from pathlib import Path

from wijkpeil.catalog import Catalog, append_table
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.draft import draft_table, refuse_known


def add_cbs_table(
    cbs_id: str,
    catalog: Catalog,
    settings: Settings,
    *,
    api: str = "v3",
    publisher: str = "cbs",
    year: int | None = None,
    to: Path | None = None,
) -> str:
    """Write the block of a table and tell where; with `to` as `-` the block itself is returned.

    Without `to` it goes to the end of cbs.toml, with `to` into a new file. Raises WijkError, and
    then nothing was written.
    """
    if to is None:
        refuse_known(cbs_id, catalog)
    draft = draft_table(cbs_id, catalog, settings, api=api, publisher=publisher, year=year)
    if to == Path("-"):
        return draft.text
    path = _write_new(to, draft.text) if to else append_table(catalog.folder, draft.text)
    if not draft.indicators:
        return (
            f"{path}: '{draft.source_id}' is there as a comment, for none of its {draft.columns} "
            "columns is a known indicator. Give one an indicator and uncomment what you need.\n"
        )
    return (
        f"{path}: '{draft.source_id}', {draft.title}; {len(draft.indicators)} of {draft.columns} "
        "columns are known indicators, the others are comments.\n"
        f"Next: trim it, then wijkpeil doctor --only {draft.source_id}\n"
    )


def _write_new(path: Path, text: str) -> Path:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise WijkError(f"{path} exists already; name a new file, or '--to -' to print.") from None
    except OSError as error:
        raise WijkError(f"{path} cannot be written ({error.strerror}); name another.") from error
    return path
