"""What the live tables say of themselves, for a file that mends the catalog of everybody.

Metadata only: ids, titles, units, keys, groups, measure codes, numbers of codes and dates. No
figure, no path, no setting and nothing of whoever ran it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wijkpeil.doctor.findings import Diagnosis, SourceState
from wijkpeil.doctor.gathering import Seen
from wijkpeil.errors import WijkError


def metadata_of(seen: Seen, state: SourceState) -> dict[str, Any]:
    """One table: what it has, and which of it the catalog's measures mean."""
    table, metadata = seen.table, seen.metadata
    told: dict[str, Any] = {
        "source": table.id,
        "cbs_id": table.cbs_id,
        "is_answered": metadata is not None,
    }
    if metadata is None:
        return told
    return told | {
        "title": seen.about.texts.get("Title", ""),
        "modified": seen.about.modified,
        "years": list(state.years or ()),
        "dimensions": [
            {
                "key": name,
                # the first rows do not tell how many areas there are
                "codes": len(codes) if seen.is_whole else None,
                "map_year": metadata.map_years.get(name),
            }
            for name, codes in metadata.codes.items()
        ],
        "land_codes": sorted(
            {code.strip() for code in metadata.codes.get(table.area_dimension, ())
             if code.startswith("NL")}
        ),
        "change_flag": state.change_column,
        "columns": [
            {
                "key": topic.key,
                "title": topic.title,
                "unit": topic.unit,
                "groups": list(topic.parents),
                "code": seen.codes.get(topic.key),
            }
            for topic in metadata.columns
        ],
        "measures": [
            {
                "indicator": measure.indicator,
                "wanted": measure.wanted,
                "column": measure.column,
                "evidence": measure.evidence,
            }
            for measure in state.measures
        ],
    }  # fmt: skip


def write_report(diagnosis: Diagnosis, path: Path) -> None:
    """Write the metadata of all tables that were asked to `path`; raises WijkError."""
    document: Mapping[str, Any] = {"tables": list(diagnosis.metadata)}
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise WijkError(
            f"{path} cannot be written ({error.strerror}); name a file in a folder that can."
        ) from error
