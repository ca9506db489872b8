"""Where each page of the report lies: for the report itself, and for what leads to it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
# where the pages of a language lie, seen from the site's root; Dutch is the first
FOLDERS = {"nl": "", "en": "en/"}
_PLACES = {
    "start": "index.html",
    "method": "methode.html",
    "quality": "kwaliteit.html",
    "areas": "gebieden.html",
    "programme": "programma/{}.html",
    "gemeente": "gemeente/{}.html",
    "area": "gebied/{}.html",
    "indicator": "indicator/{}.html",
}
_LONGEST = 150


def slug(page_id: str) -> str:
    """`page_id` as a file name of its own: letters, digits and `-_.`, never empty or hidden."""
    text = unicodedata.normalize("NFKD", page_id.replace("/", "--"))
    safe = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"_{ord(found[0]):x}", text)
    if not safe or safe[0] in ".-":
        safe = f"_{safe}"
    if len(safe) <= _LONGEST:
        return safe
    # what is cut off still tells two long ids apart
    digest = hashlib.sha256(page_id.encode()).hexdigest()[:12]
    return f"{safe[: _LONGEST - 13]}-{digest}"


def path_of(kind: str, page_id: str, language: str) -> str:
    """Where the page lies, seen from the site's root."""
    return FOLDERS[language] + _PLACES[kind].format(slug(page_id))


def address_of(report_url: str | None, kind: str, page_id: str, language: str) -> str:
    """The page's web address, or nothing where no setting says where the report is."""
    return f"{report_url.rstrip('/')}/{path_of(kind, page_id, language)}" if report_url else ""
