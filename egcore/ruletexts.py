"""A rule text: decoded strictly, and what is wrong with it shown by line and column.

The strict decoder goes first. Only when it refuses is the text looked at a second
time, to say where, and to let the one laxness pass that the service has: in a filter
the last of two equal keys counts (spec section 4).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any, Final, NamedTuple

from egcore import codes
from egcore.decoding import decode
from egcore.errors import Problem, RuleError, escape_pointer, host_error, problem, shorten
from egcore.limits import EVENTGRID, Limits
from egcore.positions import Position, locate_all, position, tokens

START: Final = Position(1, 1)


class Text(NamedTuple):
    """A JSON text in a file: the whole of a .json file, or one line of a .jsonl file."""

    path: str
    text: str
    first_line: int = 1


class Finding(NamedTuple):
    """A problem and the place of a file where it stands.

    ``position`` and ``line``, the source line, are None for a problem of the whole file.
    """

    problem: Problem
    path: str
    position: Position | None = None
    line: str | None = None


def finding(found: Problem, text: Text, place: Position) -> Finding:
    """Make the finding of a place in a text, which may start on a later line of its file."""
    line = text.text.split("\n", place.line)[place.line - 1].removesuffix("\r")
    in_file = Position(text.first_line + place.line - 1, place.column)
    return Finding(found, text.path, in_file, line)


def place_problems(wanted: Iterable[tuple[Problem, Text, str]]) -> list[Finding]:
    """Find the places of problems, each with its text and its pointer into that text.

    They come text by text; each text is scanned once, however many problems it has.
    """
    by_text: dict[int, list[tuple[Problem, Text, str]]] = {}
    for each in wanted:
        by_text.setdefault(id(each[1]), []).append(each)
    findings = []
    for group in by_text.values():
        places = locate_all(group[0][1].text, [pointer for _, _, pointer in group])
        findings += [
            finding(found, text, at) for (found, text, _), at in zip(group, places, strict=True)
        ]
    return findings


def decode_rules(text: Text, *, limits: Limits = EVENTGRID) -> tuple[Any, list[Finding]]:
    """Decode a rule text; return its value and what is wrong with it.

    The value is of use only when no finding is an error. Duplicate keys in a filter
    are a warning under ``limits.filter_duplicate_keys="last"``. Raises ``HostError``.
    """
    try:
        return decode(text.text, limits=limits, error=RuleError).value, []
    except RuleError as error:
        found = error.problems[0]
    if found.code in (codes.ENCODING, codes.NESTING):
        return None, [finding(found, text, START)]
    return _decode_again(found, text, limits)


def _decode_again(found: Problem, text: Text, limits: Limits) -> tuple[Any, list[Finding]]:
    """Decode a text that was refused, to tell where, and whether it has to be refused."""
    doubled: list[tuple[dict[str, Any], str]] = []
    try:
        value = _lax_decoder(doubled, limits).decode(text.text)
    except json.JSONDecodeError as error:
        wrong = problem(codes.SYNTAX, f"not JSON: {error.msg[0].lower()}{error.msg[1:]}")
        return None, [finding(wrong, text, Position(error.lineno, error.colno))]
    except RecursionError:
        pass
    else:
        findings = _bad_tokens(text, limits) + _duplicates(value, doubled, text, limits)
        return value, findings or [finding(found, text, START)]
    raise host_error()


def _lax_decoder(doubled: list[tuple[dict[str, Any], str]], limits: Limits) -> json.JSONDecoder:
    """Make a decoder that notes duplicate keys, lets the last count, and judges no number."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            doubled.extend((value, key) for key, count in counts.items() if count > 1)
        return value

    def integer(digits: str) -> int:
        return int(digits) if len(digits) <= limits.number_digits else 0

    return json.JSONDecoder(object_pairs_hook=members, parse_int=integer)


# --- Strings and numbers -----------------------------------------------------------


def _bad_tokens(text: Text, limits: Limits) -> list[Finding]:
    """Find the strings and numbers that Python's json lets pass and we do not."""
    findings = []
    for offset, token in tokens(text.text):
        found = _judge_token(token, limits)
        if found is not None:
            findings.append(finding(found, text, position(text.text, offset)))
    return findings


def _judge_token(token: str, limits: Limits) -> Problem | None:
    """Judge one string, number or constant (spec section 3, JSON)."""
    if token[0] == '"':
        if not _has_surrogate(token):
            return None
        return problem(codes.SURROGATE, "a string holds half of a surrogate pair")
    if token in ("NaN", "Infinity", "-Infinity"):
        return problem(codes.NUMBER_RANGE, f"{token} is not JSON")
    if token[0] not in "-0123456789":
        return None
    if sum(map(str.isdecimal, token)) > limits.number_digits:
        message = f"a number has more than {limits.number_digits} digits"
        return problem(codes.NUMBER_LENGTH, message)
    # Without fraction and exponent it is an integer, and exact at any size.
    if not token.removeprefix("-").isdecimal() and not isfinite(float(token)):
        return problem(codes.NUMBER_RANGE, "a number overflows a double")
    return None


def _has_surrogate(token: str) -> bool:
    """Whether a string has an escape that is only half of a character."""
    if "\\u" not in token:
        return False
    try:
        json.loads(token).encode()
    except UnicodeEncodeError:
        return True
    return False


# --- Duplicate keys ----------------------------------------------------------------

Path = tuple[str | int, ...]


def _duplicates(
    value: Any, doubled: list[tuple[dict[str, Any], str]], text: Text, limits: Limits
) -> list[Finding]:
    """Place and judge the keys that stand twice."""
    keys: dict[int, list[str]] = {}
    for owner, key in doubled:
        keys.setdefault(id(owner), []).append(key)
    found = [
        _duplicate(value, path, key, limits)
        for path, each in _objects(value)
        for key in keys.get(id(each), ())
    ]
    return place_problems((each, text, each.pointer) for each in found)


def _objects(value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Walk over the objects in a value, each with its path; without recursion."""
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, each = pending.pop()
        if type(each) is dict:
            yield path, each
            pending += [((*path, key), member) for key, member in each.items()]
        elif type(each) is list:
            pending += [((*path, index), element) for index, element in enumerate(each)]


def _duplicate(value: Any, path: Path, key: str, limits: Limits) -> Problem:
    """Judge one key that stands twice: in a filter the service lets the last one count."""
    pointer = "".join(f"/{escape_pointer(str(each))}" for each in (*path, key))
    start = _document_depth(value)
    said = f"{_name(value, path[:start])}the key {shorten(json.dumps(key))} stands twice"
    inner = path[start:]
    in_filter = inner[:1] == ("sources",) and inner[2:3] == ("filter",)
    if in_filter and limits.filter_duplicate_keys == "last":
        return problem(codes.FILTER_DUPLICATE_KEY, f"{said}; the last one counts", pointer)
    return problem(codes.DUPLICATE_KEY, f"{said} in one object", pointer)


def _document_depth(value: Any) -> int:
    """Count the keys that lead to a document: of a file with one, an array, or a wrapped array."""
    if type(value) is list:
        return 1
    return 2 if "subscriptions" in value else 0


def _name(value: Any, path: Path) -> str:
    """Return the name of the subscription at a path, with a colon, or nothing."""
    for key in path:
        value = value[key]
    name = value.get("name") if type(value) is dict else None
    return f"{shorten(name)}: " if type(name) is str and name else ""
