"""Writing TOML for a person to trim: texts as TOML has them, and a block added to a file."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from wijkpeil.catalog.reading import list_files, load_catalog, read_text
from wijkpeil.errors import WijkError

CBS_FILE = "cbs.toml"


def toml_value(value: str | int | float | bool | list[int] | list[str] | dict[str, str]) -> str:
    """A value on one line of TOML; a text that came from outside stays one text."""
    if isinstance(value, list):
        return f"[{', '.join(toml_value(each) for each in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{toml_value(key)} = {toml_value(each)}" for key, each in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, str):
        # JSON writes a string as TOML does, but for DEL and halves of surrogate pairs
        text = value.encode("utf-8", "replace").decode().replace("\x7f", "\ufffd")
        return json.dumps(text, ensure_ascii=False)
    return json.dumps(value)


def append_table(folder: Path, block: str) -> Path:
    """Add a [[table]] block to the end of cbs.toml, by one rename, and return that file.

    The catalog is read with the block in it first; raises WijkError, with the file as it was,
    when it has a mistake.
    """
    text = read_cbs_file(folder)
    try:
        return replace_cbs_file(folder, f"{text.rstrip()}\n\n{block.rstrip()}\n")
    except WijkError as error:
        raise WijkError(f"{error} Look at the new block with '--to -'.") from error


def read_cbs_file(folder: Path) -> str:
    """The text of cbs.toml; raises WijkError."""
    mistakes: list[str] = []
    text = read_text((folder / CBS_FILE).resolve(), mistakes)
    if mistakes:
        raise WijkError(f"{mistakes[0]} Nothing was written.")
    return text


def replace_cbs_file(folder: Path, text: str) -> Path:
    """Write cbs.toml anew, by one rename, and return that file.

    The catalog is read with the new text first; raises WijkError, with the file as it was, when it
    has a mistake.
    """
    path = (folder / CBS_FILE).resolve()
    try_cbs_file(folder, text)
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(path, new)
    new.replace(path)
    return path


def try_cbs_file(folder: Path, text: str) -> None:
    """Read the catalog as it would be with this text; raises WijkError when it has a mistake."""
    with tempfile.TemporaryDirectory() as trial:
        for other in (*folder.glob("*.toml"), *(path for path, _, _ in list_files(folder))):
            copy = Path(trial) / other.relative_to(folder)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(other, copy)
        (Path(trial) / CBS_FILE).write_text(text, encoding="utf-8")
        try:
            load_catalog(Path(trial))
        except WijkError as error:
            raise WijkError(
                f"{(folder / CBS_FILE).resolve()} would have a mistake with the new lines, so "
                f"nothing was written. {error}"
            ) from error
