"""Which series is meant: words become one area, indicator, programme, axis and edition."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.edition.folder import edition_with_areas
from wijkpeil.errors import WijkError, nearest

AXES = ("own", "gap_gemeente", "gap_nl", "gap_programme")
# so many letters of a name mean something
_SHORTEST_PART = 4


@dataclass(frozen=True)
class Choice:
    """One row of marts.stagnation; `others` are the programmes that follow the area as well."""

    area_code: str
    indicator_id: str
    programme_id: str | None
    axis: str
    edition_year: int
    others: tuple[str, ...]


def choose(
    connection: duckdb.DuckDBPyConnection,
    area: str,
    indicator: str,
    *,
    programme: str | None,
    axis: str | None,
    edition: int | None,
) -> Choice:
    """The series that these words mean; raises WijkError with the nearest when there is none."""
    if programme is not None:
        known = [row[0] for row in _all(connection, "select programme_id from catalog.programme")]
        if programme not in known:
            raise WijkError(
                f"No programme '{shortened(programme)}'; nearest: {nearest(programme, known)}."
            )
    area_code = _find_area(connection, area, programme)
    indicator_id = _find_indicator(connection, indicator)
    return _find_row(connection, area_code, indicator_id, programme, axis, edition)


def area_called(warehouse: Path, name: str) -> str:
    """The code of the wijk or area that is called so, or has that code; raises WijkError with the
    nearest."""
    with edition_with_areas(warehouse) as connection:
        return _find_area(connection, name, None)


def plain(text: str) -> str:
    """A text without accents, capitals and signs."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return re.sub(r"[^\w]+", " ", letters).strip()


def shortened(text: str, length: int = 80) -> str:
    """What a line can hold of a text from outside."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def _find_area(connection: duckdb.DuckDBPyConnection, wanted: str, programme: str | None) -> str:
    judged: dict[str, tuple[str, str | None]] = {
        code: (name, gemeente)
        for code, name, gemeente in _all(
            connection,
            "select distinct place.area_code, place.area_name, place.gemeente_name "
            "from core.trend_series join core.place as place using (area_code)",
        )
    }
    by_code = {code.casefold(): code for code in judged}
    if wanted.casefold() in by_code:
        return by_code[wanted.casefold()]
    _refuse_other_code(connection, wanted)
    forms: dict[str, set[str]] = {}
    for code, (name, gemeente) in judged.items():
        # the number of a wijk is rarely known, and the gemeente stands in every sentence
        for form in (plain(name), re.sub(r"^wijk \w*\d\w* ", "", plain(name))):
            forms.setdefault(form, set()).add(code)
            forms.setdefault(f"{form} {plain(gemeente or '')}".strip(), set()).add(code)
    found = sorted(forms.get(plain(wanted), ()))
    if len(found) > 1 and programme is not None:
        mine = _all(
            connection,
            "select distinct area_code from core.programme_area where programme_id = ?",
            [programme],
        )
        found = [code for code in found if (code,) in mine] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise WijkError(
            f"{len(found)} areas are called '{shortened(wanted)}': {_named(found[:6], judged)}"
            f"{', ...' if len(found) > 6 else ''}; give the code."
        )
    close = difflib.get_close_matches(plain(wanted)[:200], forms, n=5, cutoff=0.4)
    near = list(dict.fromkeys(code for form in close for code in sorted(forms[form])))
    told = f"nearest: {_named(near[:5], judged)}" if near else "give its code, such as WK990101"
    raise WijkError(f"No wijk or area of a programme is called '{shortened(wanted)}'; {told}.")


def _refuse_other_code(connection: duckdb.DuckDBPyConnection, wanted: str) -> None:
    """Raise WijkError when the code is known but not judged, with why."""
    for code, name, problem in _all(
        connection,
        "select area_code, area_name, problem from core.programme_area "
        "where lower(area_code) = lower(?) and not is_used",
        [wanted],
    ):
        raise WijkError(
            f"{code} ('{shortened(name or code)}') is not counted with"
            f"{': ' + problem if problem else ''}; see `wijkpeil areas show`."
        )
    for code, name, kind, is_listed in _all(
        connection,
        "select area_code, area_name, area_kind, is_listed from core.place "
        "where lower(area_code) = lower(?)",
        [wanted],
    ):
        place = f"{code} ('{shortened(name or code)}')"
        if kind != "wijk":
            raise WijkError(
                f"{place} is a {kind}; only wijken and areas of programmes are judged. "
                "Its figures are in marts.liveability and marts.safety."
            )
        why = "has no figure to judge" if is_listed else "is not in the newest area list"
        raise WijkError(f"{place} {why}, so it has no class; `wijkpeil query` shows its figures.")


def _named(codes: Sequence[str], judged: Mapping[str, tuple[str, str | None]]) -> str:
    return ", ".join(
        f"{code} ('{shortened(judged[code][0], 50)}'"
        f"{', ' + shortened(judged[code][1] or '', 30) if judged[code][1] else ''})"
        for code in codes
    )


def _find_indicator(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    rows = _all(
        connection,
        "select indicator_id, name_nl, name_en, direction from catalog.indicator "
        "order by indicator_id",
    )
    forms: dict[str, list[tuple[str, str, int]]] = {}
    for identifier, name_nl, name_en, direction in rows:
        for form in dict.fromkeys(plain(each) for each in (identifier, name_nl, name_en) if each):
            forms.setdefault(form, []).append((identifier, name_nl, direction))
    found = forms.get(plain(wanted), []) or _holding(plain(wanted), forms)
    if len(found) > 1:
        told = ", ".join(identifier for identifier, _, _ in found)
        raise WijkError(f"'{shortened(wanted)}' may be {told}; give the id.")
    if not found:
        close = difflib.get_close_matches(plain(wanted)[:200], forms, n=5, cutoff=0.4)
        near = dict.fromkeys(each for form in close or list(forms)[:5] for each in forms[form])
        told = ", ".join(f"{identifier} ('{shortened(name, 50)}')" for identifier, name, _ in near)
        raise WijkError(f"No indicator '{shortened(wanted)}'; nearest: {told or 'none'}.")
    [(identifier, name, direction)] = found
    if direction == 0:
        raise WijkError(
            f"{identifier} ('{shortened(name)}') has no direction in the catalog: more of it is "
            "neither better nor worse, so it has no class."
        )
    return identifier


def _holding(
    part: str, forms: Mapping[str, Sequence[tuple[str, str, int]]]
) -> list[tuple[str, str, int]]:
    """The judged indicators with `part` in their name, where it is long enough to mean one."""
    if len(part) < _SHORTEST_PART:
        return []
    held = (each for form, found in forms.items() if part in form for each in found)
    return [each for each in dict.fromkeys(held) if each[2] != 0]


def _find_row(
    connection: duckdb.DuckDBPyConnection,
    area_code: str,
    indicator_id: str,
    programme: str | None,
    axis: str | None,
    edition: int | None,
) -> Choice:
    rows = _all(
        connection,
        """
        select stagnation.programme_id, stagnation.edition_year, stagnation.axis,
            stagnation.is_headline,
        from marts.stagnation as stagnation
        left join catalog.programme as programme using (programme_id)
        where stagnation.area_code = ? and stagnation.indicator_id = ?
        order by programme.position nulls last, stagnation.edition_year
        """,
        [area_code, indicator_id],
    )
    series = f"{area_code}, {indicator_id}"
    if not rows:
        raise WijkError(
            f"{series}: no figure that can be judged; see marts.comparability and core.observation."
        )
    programmes = list(dict.fromkeys(row[0] for row in rows))
    chosen = programme if programme is not None else programmes[0]
    if chosen not in programmes:
        told = ", ".join(each for each in programmes if each) or "none"
        raise WijkError(
            f"{series}: programme '{programme}' does not follow this; programmes that do: {told}."
        )
    mine = [row for row in rows if row[0] == chosen]
    years = sorted({row[1] for row in mine})
    year = years[-1] if edition is None else edition
    if year not in years:
        raise WijkError(f"{series}: no class of {year}; there are {years[0]} to {years[-1]}.")
    if axis is None:
        axis = next(row[2] for row in mine if row[1] == year and row[3])
    axes = [each for each in AXES if each in {row[2] for row in mine if row[1] == year}]
    if axis not in axes:
        raise WijkError(
            f"{series}: nothing to compare with on axis {axis} in {year}; "
            f"axes that are there: {', '.join(axes)}."
        )
    others = tuple(each for each in programmes if each and each != chosen)
    return Choice(area_code, indicator_id, chosen, axis, year, others)


def _all(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(sql, list(parameters)).fetchall()
    return rows
