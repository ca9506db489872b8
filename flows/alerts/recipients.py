"""Who hears of which areas: `recipients` of a programme's block, and the file of WIJK_RECIPIENTS.

The file stands outside git, since it holds addresses of people and secret addresses of channels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from flows.alerts.digest import Threshold
from flows.alerts.words import Language
from flows.catalog import Block, Catalog, block_rows, read_text, validated
from flows.errors import WijkError, nearest
from flows.settings import Settings, mail_address, web_address

Areas = Annotated[list[str], Field(min_length=1)] | None


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
            except WijkError as error:
                raise ValueError(str(error)) from error
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
        try:
            web_address(value)
        except WijkError:
            # the address is the key to the channel, so it is not shown
            raise ValueError("not a web address; give https://host/path") from None
        return value


@dataclass(frozen=True)
class Audience:
    """Those who get one message: they hear of the same areas (None: all), alike."""

    programme_id: str
    areas: frozenset[str] | None
    language: Language
    threshold: Threshold
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    channel: str = "mail"

    @property
    def name(self) -> str:
        """A word for it, the same as long as it hears the same."""
        areas = "all"
        if self.areas is not None:
            areas = hashlib.sha256("\n".join(sorted(self.areas)).encode()).hexdigest()[:8]
        return f"{self.channel}/{self.language}/{self.threshold}/{areas}"


@dataclass(frozen=True)
class Recipients:
    """Every audience, the addresses of webhooks by name, the programmes that want a yearly note,
    and a sentence for what is not as it should be."""

    audiences: tuple[Audience, ...] = ()
    webhooks: Mapping[str, str] = field(default_factory=dict)
    yearly_notes: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    def of(self, programme_id: str) -> list[Audience]:
        """The audiences of a programme, those of mail first."""
        return [each for each in self.audiences if each.programme_id == programme_id]


def load_recipients(settings: Settings, catalog: Catalog) -> Recipients:
    """Who hears of what; raises WijkError that tells every mistake with file, block and key."""
    mistakes: list[str] = []
    people, hooks = _read_file(settings, mistakes)
    path = settings.recipients
    if path is not None:
        mistakes += _between(path, people, hooks, catalog)
    _demand_none(mistakes)
    areas = {programme.id: _areas_of(catalog, programme.id) for programme in catalog.programmes}
    told = [
        RecipientBlock(programme=programme.id, address=address)
        for programme in catalog.programmes
        for address in programme.recipients
    ]
    return Recipients(
        audiences=(*_grouped([*told, *people], areas), *_channels(hooks, areas)),
        webhooks={hook.name: hook.url for hook in hooks},
        yearly_notes=frozenset(each.id for each in catalog.programmes if each.yearly_note),
        warnings=() if path is None else tuple(_open_to_others(path)),
    )


def load_webhooks(settings: Settings) -> dict[str, str]:
    """The secret addresses of channels by name, for sending what was queued; asks no catalog."""
    mistakes: list[str] = []
    _, hooks = _read_file(settings, mistakes)
    _demand_none(mistakes)
    return {hook.name: hook.url for hook in hooks}


def _read_file(
    settings: Settings, mistakes: list[str]
) -> tuple[list[RecipientBlock], list[WebhookBlock]]:
    path = settings.recipients
    if path is None:
        return [], []
    kinds: dict[str, type[Block]] = {"recipient": RecipientBlock, "webhook": WebhookBlock}
    rows = block_rows(path, read_text(path, mistakes), kinds, mistakes)
    return (
        list(validated(path, rows["recipient"], "recipient", RecipientBlock, mistakes)),
        list(validated(path, rows["webhook"], "webhook", WebhookBlock, mistakes)),
    )


def _demand_none(mistakes: list[str]) -> None:
    if mistakes:
        count = f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}"
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise WijkError(f"Recipients: {count}; correct and run again.{lines}")


def _areas_of(catalog: Catalog, programme_id: str) -> dict[str, str]:
    """The area codes of a programme by what they may be called: code, or id in its list."""
    codes = {
        code: code
        for programme in catalog.programmes
        if programme.id == programme_id
        for code in programme.areas
    }
    for member in catalog.members:
        if member.programme_id == programme_id:
            code = f"{programme_id}/{member.area_id}"
            codes |= {member.area_id: code, code: code}
    return codes


def _between(
    path: Path, people: list[RecipientBlock], hooks: list[WebhookBlock], catalog: Catalog
) -> Iterator[str]:
    """Mistakes that show only beside other blocks and the catalog."""
    programmes = {programme.id: programme for programme in catalog.programmes}
    labelled: list[tuple[str, RecipientBlock | WebhookBlock]] = [
        (f"{path}, [[recipient]] {each.address}", each) for each in people
    ]
    labelled += [(f"{path}, [[webhook]] {each.name}", each) for each in hooks]
    for where, each in labelled:
        if each.programme not in programmes:
            known = nearest(each.programme, programmes)
            yield f"{where}, key 'programme': no '{each.programme}'; nearest: {known}."
            continue
        areas = _areas_of(catalog, each.programme)
        for name in each.areas or []:
            if name not in areas:
                known = nearest(name, areas)
                yield (
                    f"{where}, key 'areas': programme '{each.programme}' has no area '{name}'; "
                    f"nearest: {known}."
                )
    for name in sorted({hook.name for hook in hooks}):
        if sum(hook.name == name for hook in hooks) > 1:
            yield f"{path}, [[webhook]] {name}: this name is used more than once."
    heard: dict[tuple[str, str], RecipientBlock] = {}
    for each in people:
        where = f"{path}, [[recipient]] {each.address}"
        of_catalog = programmes[each.programme].recipients if each.programme in programmes else []
        if each.address.casefold() in {address.casefold() for address in of_catalog}:
            yield (
                f"{where}: programmes.toml names it for all areas of '{each.programme}' as well; "
                "keep one of the two."
            )
        first = heard.setdefault((each.programme, each.address.casefold()), each)
        if (first.language, first.threshold) != (each.language, each.threshold):
            yield (
                f"{where}: two blocks for programme '{each.programme}' differ in 'language' or "
                "'threshold'; give both the same."
            )


def _open_to_others(path: Path) -> Iterator[str]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise WijkError(f"WIJK_RECIPIENTS: {path} cannot be read ({error}).") from error
    if mode & 0o077:
        yield f"{path} can be read by others than its owner; run 'chmod 600 {path}'."


def _grouped(
    people: list[RecipientBlock], areas: Mapping[str, Mapping[str, str]]
) -> Iterator[Audience]:
    """One audience for those who hear the same; blocks of one address are taken together."""
    codes: dict[tuple[str, str], frozenset[str] | None] = {}
    copies: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], RecipientBlock] = {}
    for each in people:
        key = (each.programme, each.address.casefold())
        own = _codes(each.areas, areas[each.programme])
        before = codes.get(key, frozenset())
        codes[key] = None if own is None or before is None else before | own
        copies.setdefault(key, []).extend(each.cc)
        first.setdefault(key, each)
    groups: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    for key, each in first.items():
        group = (each.programme, codes[key], each.language, each.threshold)
        groups.setdefault(group, []).append(key)
    for (programme_id, own, language, threshold), keys in groups.items():
        to = tuple(first[key].address for key in keys)
        taken = {address.casefold() for address in to}
        cc = {a.casefold(): a for key in keys for a in copies[key] if a.casefold() not in taken}
        yield Audience(programme_id, own, language, threshold, to, tuple(cc.values()))


def _channels(
    hooks: list[WebhookBlock], areas: Mapping[str, Mapping[str, str]]
) -> Iterator[Audience]:
    for hook in hooks:
        yield Audience(
            hook.programme,
            _codes(hook.areas, areas[hook.programme]),
            hook.language,
            "all",
            (f"webhook:{hook.name}",),
            channel="webhook",
        )


def _codes(names: list[str] | None, areas: Mapping[str, str]) -> frozenset[str] | None:
    return None if names is None else frozenset(areas[name] for name in names)
