"""OData v3 query options turned into SQL, with CBS's own habits and traps."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

TRUE = "true"
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[\w.]+)|(?P<mark>[(),]))")
_COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_OPTIONS = {"$format", "$filter", "$select", "$top", "$skip", "$skiptoken"}


class BadQuery(ValueError):
    """The query string is no OData that CBS would answer; the text says why."""


@dataclass(frozen=True)
class Query:
    """The options of one request; `skip` and `top` hold what is left on this page and after."""

    is_json: bool
    filter: str | None
    select: tuple[str, ...] | None
    top: int | None
    skip: int
    names_skip: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Query:
        """Read the query options; raises BadQuery on an unknown one or a wrong number."""
        for name in options:
            if name not in _OPTIONS:
                raise BadQuery(f"The query option '{name}' is not supported.")
        skip, top = _whole(options, "$skip") or 0, _whole(options, "$top")
        if "$skiptoken" in options:
            skip, top = _from_token(options["$skiptoken"])
        names = [name.strip() for name in options.get("$select", "").split(",")]
        return cls(
            is_json=options.get("$format", "").lower() == "json",
            filter=options.get("$filter") or None,
            select=None if names in ([""], ["*"]) else tuple(names),
            top=top,
            skip=skip,
            names_skip="$skip" in options,
        )


def skip_token(skip: int, top: int | None) -> str:
    """The opaque token of a next page: `skip` rows done, `top` still wanted at most."""
    left = "" if top is None else str(top)
    return base64.urlsafe_b64encode(f"{skip}:{left}".encode()).decode().rstrip("=")


def _from_token(token: str) -> tuple[int, int | None]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        skip, top = text.split(":")
        return int(skip), int(top) if top else None
    except (binascii.Error, ValueError) as error:
        raise BadQuery("The skip token is not valid.") from error


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadQuery(f"Incorrect format for {name} argument '{text}'.")
    return int(text)


def where(
    text: str, *, columns: Collection[str], applied: Collection[str], ordered: Collection[str]
) -> tuple[str, list[str]]:
    """The SQL condition of a `$filter` and its parameters.

    A test on a column outside `applied` is silently true, as CBS does with topics; an order
    test (`ge`, `lt`, ..) works on the columns in `ordered` only. Raises BadQuery otherwise.
    """
    parser = _Filter(text, columns=columns, applied=applied, ordered=ordered)
    condition = parser.either()
    if parser.peek() is not None:
        raise BadQuery(f"Syntax error in $filter at '{parser.peek()}'.")
    return condition, parser.parameters


class _Filter:
    """A recursive-descent reader of `$filter`: or, and, parentheses, tests."""

    def __init__(
        self,
        text: str,
        *,
        columns: Collection[str],
        applied: Collection[str],
        ordered: Collection[str],
    ) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._columns, self._applied, self._ordered = set(columns), set(applied), set(ordered)
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
        if word in ("startswith", "substringof"):
            return self._function(word)
        column, operator = self._column(word), self._next()
        if operator not in _COMPARE:
            raise BadQuery(f"Syntax error in $filter: '{operator}' is no comparison.")
        value = self._value()
        works = self._ordered if operator not in ("eq", "ne") else self._applied
        return self._condition(column, works, f"{{}} {_COMPARE[operator]} ?", value)

    def _function(self, name: str) -> str:
        self._expect("(")
        if name == "startswith":
            column = self._column(self._next())
            self._expect(",")
            value, sql = self._value(), "starts_with({}, ?)"
        else:
            value = self._value()
            self._expect(",")
            column, sql = self._column(self._next()), "contains({}, ?)"
        self._expect(")")
        if self.peek() == "eq":
            self._next()
            self._expect("true")
        return self._condition(column, self._applied, sql, value)

    def _condition(self, column: str, works: set[str], sql: str, value: str) -> str:
        if column not in works:
            return TRUE
        self.parameters.append(value)
        return sql.format(f"{quoted(column)}::varchar")

    def _column(self, name: str) -> str:
        if name not in self._columns:
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
