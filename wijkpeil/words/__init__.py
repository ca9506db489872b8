"""Every phrase, name and unit once, a file for each language, and how a language writes."""

from wijkpeil.words.language import BARE_UNITS, LANGUAGES, Language, Words, words_of
from wijkpeil.words.phrases import FOLDER, fill, read_phrases

__all__ = [
    "BARE_UNITS",
    "FOLDER",
    "LANGUAGES",
    "Language",
    "Words",
    "fill",
    "read_phrases",
    "words_of",
]
