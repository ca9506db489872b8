"""The file of WIJK_RECIPIENTS: its blocks, and its mistakes told without what stands in it.

Whoever has the address of a channel can post there, and it may stand in the wrong place. So no
value, name or unknown key of this file is in an error: a block is called by its number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, field_validator

from wijkpeil.alerts.digest import Threshold
from wijkpeil.catalog import Block, read_text
from wijkpeil.errors import WijkError
from wijkpeil.settings import mail_address, web_address
from wijkpeil.words import Language

Areas = Annotated[list[str], Field(min_length=1)] | None
_Model = TypeVar("_Model", bound=Block)


def _web_address(value: str) -> str:
    try:
        web_address(value)
    except WijkError:
        raise ValueError("not a web address; give https://host/path") from None
    return value


class RecipientBlock(Block):
    """One person or mailbox: which areas of a programme, in which language, from which threshold.

    `all` is every alert, `area` an area that stands still as a whole, `structural` one that has
    done so for three editions.
    """

    programme: str
    address: str
    areas: Areas = None
    cc: list[str] = Field(default_factory=list)
    language: Language = "nl"
    threshold: Threshold = "all"

    @field_validator("address", "cc")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for address in [value] if isinstance(value, str) else value:
            try:
                mail_address(address)
            except WijkError:
                raise ValueError("not a mail address; write name@example.nl") from None
        return value


class WebhookBlock(Block):
    """A channel of Teams or Slack that is told of a programme."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
    programme: str
    url: str
    areas: Areas = None
    language: Language = "nl"

    @field_validator("url")
    @classmethod
    def _secret_address(cls, value: str) -> str:
        return _web_address(value)


class DataOwnerBlock(Block):
    """Where the data owner is told of what cannot be mailed to WIJK_DATA_OWNER."""

    webhook: str

    @field_validator("webhook")
    @classmethod
    def _secret_address(cls, value: str) -> str:
        return _web_address(value)


@dataclass(frozen=True)
class RecipientsFile:
    """The blocks that are right, each by where it stands, and the data owner's webhook."""

    people: Mapping[str, RecipientBlock] = field(default_factory=dict)
    hooks: Mapping[str, WebhookBlock] = field(default_factory=dict)
    owner_webhook: str | None = None


def read_file(path: Path | None, mistakes: list[str]) -> RecipientsFile:
    """The file, or one without blocks where there is no path; its mistakes join the others."""
    if path is None:
        return RecipientsFile()
    try:
        document = tomllib.loads(read_text(path, mistakes))
    except tomllib.TOMLDecodeError as error:
        # what the error quotes may be an address
        place = re.search(r" \(at [^()]*\)$", str(error))
        mistakes.append(f"{path} is not TOML{place[0] if place else ''}.")
        return RecipientsFile()
    if unknown := len(document.keys() - {"recipient", "webhook", "data_owner"}):
        mistakes.append(
            f"{path}: {unknown} unknown block or key at the top; this file holds [[recipient]] and "
            "[[webhook]] blocks, and [data_owner]."
        )
    return RecipientsFile(
        people=_blocks(path, document, "recipient", RecipientBlock, mistakes),
        hooks=_blocks(path, document, "webhook", WebhookBlock, mistakes),
        owner_webhook=_owner_webhook(path, document, mistakes),
    )


def _owner_webhook(path: Path, document: Mapping[str, Any], mistakes: list[str]) -> str | None:
    row = document.get("data_owner")
    if row is None:
        return None
    if not isinstance(row, dict):
        mistakes.append(f"{path}: write [data_owner] with one bracket.")
        return None
    try:
        return DataOwnerBlock.model_validate(row).webhook
    except ValidationError as error:
        mistakes += [
            f"{path}, [data_owner]{_told(item, DataOwnerBlock)}" for item in error.errors()
        ]
        return None


def _blocks(
    path: Path, document: Mapping[str, Any], kind: str, model: type[_Model], mistakes: list[str]
) -> dict[str, _Model]:
    rows = document.get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        mistakes.append(f"{path}: write [[{kind}]] with two brackets.")
        return {}
    found = {}
    for number, row in enumerate(rows, start=1):
        where = f"{path}, [[{kind}]] number {number}"
        try:
            found[where] = model.model_validate(row)
        except ValidationError as error:
            mistakes += [f"{where}{_told(item, model)}" for item in error.errors()]
    return found


def _told(item: Any, model: type[Block]) -> str:
    """What is wrong at a key of the block, in words that hold nothing of the file."""
    if item["type"] == "extra_forbidden":
        return f": an unknown key; the keys are {', '.join(model.model_fields)}."
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in item["loc"])
    if item["type"] == "missing":
        return f": key '{key}' is missing."
    if item["type"] == "value_error":
        return f", key '{key}': {item['ctx']['error']}."
    return f", key '{key}': {item['msg'].lower()}."
