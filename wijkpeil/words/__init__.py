"""Every phrase in every language, a file for each reader that says it."""

from pathlib import Path

PHRASES = Path(__file__).parent
