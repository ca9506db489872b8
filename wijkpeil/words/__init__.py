"""Every phrase, name and unit once, a file for each language, and how a language writes."""

from wijkpeil.words.language import LANGUAGES, MINUS, NO_BREAK, NOTHING, Language, Words, words_of
from wijkpeil.words.phrases import FOLDER, fill, read_phrases
from wijkpeil.words.units import SHARE, said_unit, stands_apart

__all__ = [
    "FOLDER",
    "LANGUAGES",
    "MINUS",
    "NOTHING",
    "NO_BREAK",
    "SHARE",
    "Language",
    "Words",
    "fill",
    "read_phrases",
    "said_unit",
    "stands_apart",
    "words_of",
]
