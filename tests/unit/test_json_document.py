"""JSON from outside: what is read, what is refused and why."""

from __future__ import annotations

import json

import pytest

from wijkpeil.sources.json_document import MAX_DEPTH, UnfitJson, parsed


def nested(levels: int, inner: str = "") -> bytes:
    return ("[" * levels + inner + "]" * levels).encode()


@pytest.mark.parametrize(
    "content",
    [
        nested(MAX_DEPTH),
        json.dumps({"naam": "[" * 500 + '"{' + "\\" * 3}).encode(),
        json.dumps([{"naam": '"]}', "rijen": [[]] * 500}] * 500).encode(),
        nested(MAX_DEPTH - 1, '"[{"'),
    ],
)
def test_brackets_in_texts_and_in_a_row_are_no_depth(content: bytes) -> None:
    assert parsed(content) == json.loads(content)


@pytest.mark.parametrize(
    "content",
    [
        nested(MAX_DEPTH + 1),
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        nested(MAX_DEPTH, '{"]]]]": []}'),
    ],
)
def test_a_deep_document_is_refused_before_it_is_parsed(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> object:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(json, "loads", never)
    with pytest.raises(UnfitJson, match="more than 64 levels deep"):
        parsed(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_each_unicode_form_is_read(encoding: str) -> None:
    assert parsed('{"naam": "Poëtenbuurt [𝒳]"}'.encode(encoding)) == {"naam": "Poëtenbuurt [𝒳]"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"a": [1, 2', "not whole JSON"),
        (b"", "not whole JSON"),
        (b"<!DOCTYPE html>", "not whole JSON"),
        (b'{"a": "\xff\xfe\xfa"}', "not whole JSON"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "not whole JSON"),
        (b'{"a": "\\ud83d"}', "half a character"),
        (b'{"a": "\xed\xa0\xbd"}', "not whole JSON"),
    ],
)
def test_what_no_file_can_hold_or_nobody_can_read_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnfitJson, match=why):
        parsed(content)


def test_a_character_written_as_two_halves_is_one() -> None:
    assert parsed(b'"\\ud835\\udcb3"') == "𝒳"
