"""OData query options turned into SQL, with the habits and traps of CBS's v3 and v4."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote

TRUE = "true"
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[\w.]+)|(?P<mark>[(),]))")
_COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_OPTIONS = {"$format", "$filter", "$select", "$top", "$skip", "$skiptoken"}


class BadQuery(ValueError):
    """The query string is no OData that CBS would answer; the text says why."""


@dataclass(frozen=True)
class Query:
    """The options of one request; `top` holds what is wanted on this page and after, `start` the
    number of the row at which a next page begins."""

    is_json: bool
    filter: str | None
    select: tuple[str, ...] | None
    top: int | None
    skip: int
    start: int
    names_skip: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Query:
        """Read the query options; raises BadQuery on an unknown one or a wrong number."""
        for name in options:
            if name not in _OPTIONS:
                raise BadQuery(f"The query option '{name}' is not supported.")
        skip, top, start = _whole(options, "$skip") or 0, _whole(options, "$top"), 0
        if "$skiptoken" in options:
            skip = 0
            start, top = _from_token(options["$skiptoken"])
        names = [name.strip() for name in options.get("$select", "").split(",")]
        return cls(
            is_json=options.get("$format", "").lower() == "json",
            filter=options.get("$filter") or None,
            select=None if names in ([""], ["*"]) else tuple(names),
            top=top,
            skip=skip,
            start=start,
            names_skip="$skip" in options,
        )

    def next_link(self, address: str, start: int, left: int | None) -> str:
        """The address of the page that begins at row `start`, with `left` rows wanted at most."""
        options = {
            "$format": "json" if self.is_json else None,
            "$filter": self.filter,
            "$select": ",".join(self.select) if self.select else None,
            "$skiptoken": _token(start, left),
        }
        kept = [f"{key}={quote(text)}" for key, text in options.items() if text is not None]
        return f"{address}?{'&'.join(kept)}"


def _token(start: int, top: int | None) -> str:
    left = "" if top is None else str(top)
    return base64.urlsafe_b64encode(f"{start}:{left}".encode()).decode().rstrip("=")


def _from_token(token: str) -> tuple[int, int | None]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        start, top = text.split(":")
        return int(start), int(top) if top else None
    except (binascii.Error, ValueError) as error:
        raise BadQuery("The skip token is not valid.") from error


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadQuery(f"Incorrect format for {name} argument '{text}'.")
    return int(text)


@dataclass(frozen=True)
class Filterable:
    """What a `$filter` may test: `columns` can be named; a test works on those in `applied`, an
    order test (`ge`, `lt`, ..) on those in `ordered`. Elsewhere a test is silently true, as with
    CBS's topics, or refused where `is_strict`. `functions` are the names of this OData version.
    """

    columns: Collection[str]
    applied: Collection[str]
    ordered: Collection[str]
    functions: Collection[str] = ("startswith", "substringof")
    is_strict: bool = False


def where(text: str, allowed: Filterable) -> tuple[str, list[str]]:
    """The SQL condition of a `$filter` and its parameters; raises BadQuery on what is no filter."""
    parser = _Filter(text, allowed)
    condition = parser.either()
    if parser.peek() is not None:
        raise BadQuery(f"Syntax error in $filter at '{parser.peek()}'.")
    return condition, parser.parameters


class _Filter:
    """A recursive-descent reader of `$filter`: or, and, parentheses, tests."""

    def __init__(self, text: str, allowed: Filterable) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._allowed = allowed
        self.parameters: list[str] = []

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> str:
        token = self.peek()
        if token is None:
            raise BadQuery("Syntax error in $filter: it ends too early.")
        self._at += 1
        return token

    def _expect(self, wanted: str) -> None:
        token = self._next()
        if token != wanted:
            raise BadQuery(f"Syntax error in $filter: '{wanted}' expected, got '{token}'.")

    def either(self) -> str:
        terms = [self._all()]
        while self.peek() == "or":
            self._next()
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else "(" + " or ".join(terms) + ")"

    def _all(self) -> str:
        terms = [self._test()]
        while self.peek() == "and":
            self._next()
            terms.append(self._test())
        return terms[0] if len(terms) == 1 else "(" + " and ".join(terms) + ")"

    def _test(self) -> str:
        if self.peek() == "(":
            self._next()
            condition = self.either()
            self._expect(")")
            return condition
        word = self._next()
        if word in self._allowed.functions:
            return self._function(word)
        column, operator = self._column(word), self._next()
        if operator not in _COMPARE:
            raise BadQuery(f"Syntax error in $filter: '{operator}' is no comparison.")
        value = self._value()
        works = self._allowed.ordered if operator not in ("eq", "ne") else self._allowed.applied
        return self._condition(column, works, f"{{}} {_COMPARE[operator]} ?", value)

    def _function(self, name: str) -> str:
        self._expect("(")
        if name != "substringof":
            column = self._column(self._next())
            self._expect(",")
            value = self._value()
            sql = "starts_with({}, ?)" if name == "startswith" else "contains({}, ?)"
        else:
            value = self._value()
            self._expect(",")
            column, sql = self._column(self._next()), "contains({}, ?)"
        self._expect(")")
        if self.peek() == "eq":
            self._next()
            self._expect("true")
        return self._condition(column, self._allowed.applied, sql, value)

    def _condition(self, column: str, works: Collection[str], sql: str, value: str) -> str:
        if column not in works and self._allowed.is_strict:
            raise BadQuery(f"A filter on '{column}' is not supported.")
        if column not in works:
            return TRUE
        self.parameters.append(value)
        return sql.format(f"{quoted(column)}::varchar")

    def _column(self, name: str) -> str:
        if name not in self._allowed.columns:
            raise BadQuery(f"Could not find a property named '{name}'.")
        return name

    def _value(self) -> str:
        word = self._next()
        if word in ("(", ")", ","):
            raise BadQuery(f"Syntax error in $filter: a value expected, got '{word}'.")
        return word[1:-1].replace("''", "'") if word.startswith("'") else word


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadQuery(f"Syntax error in $filter at position {at}.")
        tokens.append(match[0].strip() if match["text"] is None else match["text"])
        at = match.end()
    return tokens


def quoted(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
