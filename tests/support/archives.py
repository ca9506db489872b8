"""Archives in memory, as programs save them."""

from __future__ import annotations

import io
import zipfile


def workbook(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            is_kind = name == "mimetype"
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet" * is_kind)
    return content.getvalue()
