"""Where the report's pages are, as far as a setting says where readers find the report."""

from __future__ import annotations

from urllib.parse import quote

from flows.alerts.words import Language

# Dutch is the report's first language
_FOLDERS: dict[Language, str] = {"nl": "", "en": "en/"}


def programme_page(report_url: str | None, programme_id: str, language: Language) -> str:
    """The page of a programme, or nothing."""
    return _page(report_url, f"programma/{quote(programme_id, safe='')}.html", language)


def area_page(report_url: str | None, area_code: str, language: Language) -> str:
    """The page of an area, or nothing."""
    name = quote(area_code.replace("/", "--"), safe="")
    return _page(report_url, f"gebied/{name}.html", language)


def _page(report_url: str | None, path: str, language: Language) -> str:
    return f"{report_url}/{_FOLDERS[language]}{path}" if report_url else ""
