"""What CBS's real metadata say of the status of their figures: KWB 2017 on v4, 2020 on v3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from kwb_2020 import NEEDS_THE_TABLE, TABLE

from wijkpeil.sources.cbs import FigureStatus, figure_statuses

OF_2017 = TABLE.parent / "83765NED"


def rows(path: Path, *columns: str) -> list[dict[str, Any]]:
    names = ", ".join(f'"{name}"' for name in columns)
    found = duckdb.sql(f"select {names} from '{path}'").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def statuses(folder: Path, **files: Any) -> dict[str, FigureStatus]:
    for name, document in files.items():
        (folder / f"{name}-00001.json").write_text(json.dumps(document), encoding="utf-8")
    return figure_statuses(folder, [path.name for path in folder.iterdir()])


def provisional(told: dict[str, FigureStatus], year: int) -> set[str]:
    return {key for key, status in told.items() if status.provisional_years([year], [])}


@NEEDS_THE_TABLE
def test_of_2020_the_topics_that_are_called_provisional_are(tmp_path: Path) -> None:
    columns = ("ID", "ParentID", "Type", "Key", "Description")
    told = statuses(
        tmp_path,
        data_properties={"value": rows(TABLE / "DataProperties.parquet", *columns)},
        table_infos={"value": [json.loads((TABLE / "TableInfos.json").read_text("utf-8"))]},
    )
    found = provisional(told, 2020)
    assert len(found) == 31
    # benefits, incomes, education, labour and businesses; the WOZ-waarde only names the word
    assert {"PersonenPerSoortUitkeringBijstand_83", "GemiddeldInkomenPerInwoner_72"} <= found
    assert {"OpleidingsniveauLaag_64", "NettoArbeidsparticipatie_67"} <= found
    assert not {"AantalInwoners_5", "GemiddeldeWoningwaarde_35", "WmoClienten_89"} & found
    assert not any(status.is_closed for status in told.values())


@NEEDS_THE_TABLE
def test_of_2017_only_businesses_stayed_provisional_and_the_table_is_closed(tmp_path: Path) -> None:
    measures = rows(OF_2017 / "MeasureCodes.parquet", "Identifier", "Description", "MeasureGroupId")
    told = statuses(
        tmp_path,
        measure_codes={"value": measures},
        measure_groups={
            "value": rows(OF_2017 / "MeasureGroups.parquet", "Id", "Description", "ParentId")
        },
        table_infos=json.loads((OF_2017 / "Properties.json").read_text("utf-8")),
    )
    found = provisional(told, 2017)
    assert "M000200_2" in found and len(found) == 8
    assert not {"D006842", "M000224"} & found
    assert all(status.is_closed for status in told.values())
