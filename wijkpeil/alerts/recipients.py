"""Who hears of which areas: `recipients` of a programme's block, and the file of WIJK_RECIPIENTS.

The file stands outside git, since it holds addresses of people and secret addresses of channels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wijkpeil.alerts.digest import Threshold
from wijkpeil.alerts.recipients_file import RecipientBlock, RecipientsFile, WebhookBlock, read_file
from wijkpeil.catalog import Catalog
from wijkpeil.errors import WijkError, nearest
from wijkpeil.settings import Settings
from wijkpeil.words import Language


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
    path = settings.recipients
    found = read_file(path, mistakes)
    people, hooks = found.people, found.hooks
    mistakes += _between(found, catalog)
    _demand_none(mistakes)
    areas = {programme.id: _areas_of(catalog, programme.id) for programme in catalog.programmes}
    told = [
        RecipientBlock(programme=programme.id, address=address)
        for programme in catalog.programmes
        for address in programme.recipients
    ]
    return Recipients(
        audiences=(
            *_grouped([*told, *people.values()], areas),
            *_channels(hooks.values(), areas),
        ),
        webhooks={hook.name: hook.url for hook in hooks.values()},
        yearly_notes=frozenset(each.id for each in catalog.programmes if each.yearly_note),
        warnings=() if path is None else tuple(_open_to_others(path)),
    )


def load_webhooks(settings: Settings) -> dict[str, str]:
    """The secret addresses of channels by name, for sending what was queued; asks no catalog."""
    mistakes: list[str] = []
    hooks = read_file(settings.recipients, mistakes).hooks
    _demand_none(mistakes)
    return {hook.name: hook.url for hook in hooks.values()}


def owner_webhook(settings: Settings) -> str | None:
    """The secret address of the data owner's channel, None where there is none to read: whoever
    asks has worse to tell than a mistake in that file."""
    return read_file(settings.recipients, []).owner_webhook


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


def _between(found: RecipientsFile, catalog: Catalog) -> Iterator[str]:
    """Mistakes that show only beside other blocks and the catalog."""
    programmes = {programme.id: programme for programme in catalog.programmes}
    labelled: dict[str, RecipientBlock | WebhookBlock] = {**found.people, **found.hooks}
    for where, each in labelled.items():
        if each.programme not in programmes:
            known = nearest(each.programme, programmes)
            yield f"{where}, key 'programme': no such programme; nearest: {known}."
            continue
        areas = _areas_of(catalog, each.programme)
        for number, name in enumerate(each.areas or [], start=1):
            if name not in areas:
                known = nearest(name, areas)
                yield (
                    f"{where}, key 'areas.{number}': programme '{each.programme}' has no such "
                    f"area; nearest: {known}."
                )
    names: dict[str, str] = {}
    for where, hook in found.hooks.items():
        if names.setdefault(hook.name, where) != where:
            yield f"{where}, key 'name': an earlier [[webhook]] has this name too."
    heard: dict[tuple[str, str], RecipientBlock] = {}
    for where, person in found.people.items():
        programme = programmes.get(person.programme)
        of_catalog = programme.recipients if programme else []
        if person.address.casefold() in {address.casefold() for address in of_catalog}:
            yield (
                f"{where}, key 'address': programmes.toml names it for all areas of "
                f"'{person.programme}' as well; keep one of the two."
            )
        first = heard.setdefault((person.programme, person.address.casefold()), person)
        if (first.language, first.threshold) != (person.language, person.threshold):
            yield (
                f"{where}: an earlier block of this address and programme differs in 'language' "
                "or 'threshold'; give both the same."
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
    made = []
    for (programme_id, own, language, threshold), keys in groups.items():
        to = tuple(first[key].address for key in keys)
        taken = {address.casefold() for address in to}
        cc = {a.casefold(): a for key in keys for a in copies[key] if a.casefold() not in taken}
        made.append(Audience(programme_id, own, language, threshold, to, tuple(cc.values())))
    for audience in made:
        others = [other for other in made if other is not audience]
        left = (a for a in audience.cc if not any(_hears_by(each, a, audience) for each in others))
        yield replace(audience, cc=tuple(left))


def _hears_by(other: Audience, address: str, audience: Audience) -> bool:
    """Whether who is in copy of this audience hears all of it by that other one, so that the copy
    would tell the same twice. Of two audiences that hear the same one keeps its copy."""
    if address.casefold() in {each.casefold() for each in other.to}:
        return _covers(other, audience)
    if address.casefold() not in {each.casefold() for each in other.cc}:
        return False
    return _covers(other, audience) and (
        not _covers(audience, other)
        or (other.language, other.to) < (audience.language, audience.to)
    )


def _covers(wide: Audience, narrow: Audience) -> bool:
    """Whether the one hears of all that the other hears of."""
    if (wide.programme_id, wide.threshold) != (narrow.programme_id, narrow.threshold):
        return False
    return wide.areas is None or (narrow.areas is not None and narrow.areas <= wide.areas)


def _channels(
    hooks: Iterable[WebhookBlock], areas: Mapping[str, Mapping[str, str]]
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
