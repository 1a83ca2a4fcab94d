"""Strict JSON: bytes to values with their spans, and values to compact text.

The standard library's parser does the work, fenced on every side where it is lax
(reliability, threats 1 to 6). In order:

1. UTF-8, no byte order mark;
2. nesting, counted on the bytes in linear time *before* the parser sees them: nine
   kilobytes of "[" can end the process once it does;
3. the parser, with hooks for duplicate keys, constants, overflow and long numbers;
4. lone surrogates, looked for only where an escape could have made one.

The C parser recurses once a level. With ``Limits.nesting`` of 64 it needs about 140
free frames of the caller's stack; with fewer it stops, and that is a ``HostError``.
"""

import json
import re
from collections.abc import Callable, Collection
from functools import cache
from itertools import accumulate, chain
from math import isfinite
from typing import Any, Final, NamedTuple, Never

from egcore import codes
from egcore.errors import (
    EgcoreError,
    EventError,
    Problem,
    escape_pointer,
    host_error,
    kind,
    problem,
    usage,
)
from egcore.limits import EVENTGRID, Limits

Raw = bytes | bytearray | memoryview | str
RAW_TYPES: Final = (bytes, bytearray, memoryview, str)

Scan = Callable[[str, int], tuple[Any, int]]


class Decoded(NamedTuple):
    """A decoded value and its own text, without surrounding white space."""

    value: Any
    text: str


class Rule(NamedTuple):
    """A decoded rule document, its compact text, and pointers to keys that stand twice in it."""

    value: Any
    text: str
    twice: list[str]


class _StrictError(Exception):
    """The code and the sentence of what is wrong, on its way out of the parser's hooks."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.problem = problem(code, message)


# --- Bytes to text -----------------------------------------------------------


def read_raw(raw: Raw) -> tuple[bytes, str]:
    """Return the input as bytes and as text; refuse what is not UTF-8 (spec section 3, JSON)."""
    if isinstance(raw, str):
        raw = str.__str__(raw)  # a subclass must not answer for its own characters
        try:
            return raw.encode(), raw if not raw.startswith("\ufeff") else _refuse_bom()
        except UnicodeEncodeError:
            pass
        raise _StrictError(codes.SURROGATE, "the text holds half of a surrogate pair")
    data = bytes(raw)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        position = error.start
    else:
        return data, text if not text.startswith("\ufeff") else _refuse_bom()
    raise _StrictError(codes.ENCODING, f"byte {position} is not part of valid UTF-8")


def view_size(view: memoryview) -> int:
    """Return the bytes of a memoryview. Raises ``UsageError`` when it was released."""
    try:
        return view.nbytes
    except ValueError:
        pass
    raise usage("the memoryview was released")


def _refuse_bom() -> Never:
    raise _StrictError(codes.ENCODING, "the text starts with a byte order mark")


# --- Nesting ---------------------------------------------------------------------

_TO_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_STEP: Final = {ord("["): 1, ord("]"): -1}


def check_nesting(data: bytes, levels: int) -> None:
    """Refuse JSON bytes with more than ``levels`` objects and arrays inside each other.

    Linear, and skipped where the brackets are too few to be too deep. Escaped pairs
    are removed, then everything but quotes and brackets, then pairs of neighbouring
    quotes: what they enclosed held no bracket, and removing two quotes leaves every
    other character on its side of them. Brackets that still stand between quotes
    belong to strings. Text that is not JSON is judged by the same count: the parser
    reads no deeper than that before it stops.
    """
    if data.count(b"[") + data.count(b"{") <= levels:
        return
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = data.translate(_TO_SQUARE, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in marks:
        marks = b"".join(marks.split(b'"')[::2])
    if not _closes_within(marks, levels) and _is_deeper(marks, levels):
        raise _StrictError(codes.NESTING, f"nested more than {levels} levels deep")


def _closes_within(marks: bytes, levels: int) -> bool:
    """Whether removing empty pairs, the innermost level each round, leaves nothing."""
    too_deep = b"[" * (levels + 1)
    for _ in range(levels):
        shorter = marks.replace(b"[]", b"")
        if len(shorter) == len(marks) or too_deep in shorter:
            break
        marks = shorter
    return not marks


def _is_deeper(marks: bytes, levels: int) -> bool:
    """Count the levels one bracket at a time, for text that does not close, up to the excess."""
    return any(depth > levels for depth in accumulate(_STEP[mark] for mark in marks))


# --- The parser --------------------------------------------------------------------


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _StrictError(codes.DUPLICATE_KEY, "a key stands twice in one object")
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise _StrictError(codes.NUMBER_RANGE, "a number overflows a double")
    return number


def _constant(name: str) -> Never:
    raise _StrictError(codes.NUMBER_RANGE, f"{name} is not JSON")


def _counted(convert: Callable[[str], Any], limit: int) -> Callable[[str], Any]:
    """Fence a number's conversion by the digits it is written with."""

    def counted(digits: str) -> Any:
        if sum(map(str.isdecimal, digits)) > limit:
            raise _StrictError(codes.NUMBER_LENGTH, f"a number has more than {limit} digits")
        return convert(digits)

    return counted


def _scanner(
    digits: int | None = None, pairs: Callable[[list[tuple[str, Any]]], Any] = _unique
) -> Scan:
    """Make the parser of one value; with ``digits``, one that counts those of each number."""
    hooks: dict[str, Any] = {"parse_float": _finite}
    if digits is not None:
        hooks = {"parse_float": _counted(_finite, digits), "parse_int": _counted(int, digits)}
    decoder: Any = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=_constant, **hooks)
    scan: Scan = decoder.scan_once  # raw_decode without its Python frame
    return scan


_scan_short_numbers: Final = _scanner()
_grammar: Final[Any] = json.JSONDecoder(parse_constant=_constant, parse_float=str, parse_int=str)
_scan_grammar: Final[Scan] = _grammar.scan_once
_NUMBER_RUNS: Final = bytes(
    ord("0") if mark in b"0123456789+-.eE" else ord(" ") for mark in range(256)
)


def _choose_scanner(data: bytes, digits: int) -> Scan:
    """Return the plain parser where no number can be over-long, which one pass can tell."""
    if len(data) <= digits or b"0" * (digits + 1) not in data.translate(_NUMBER_RUNS):
        return _scan_short_numbers
    return _scanner(digits)


_SPACE: Final = re.compile(r"[ \t\n\r]*")
_SPACES: Final = frozenset(" \t\n\r")
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class _Reader:
    """One text on its way to values: what stands where, read left to right."""

    __slots__ = ("_scan", "text")

    def __init__(self, text: str, scan: Scan) -> None:
        self.text = text
        self._scan = scan

    def skip_space(self, position: int) -> int:
        """Return the position of the next character that is not white space."""
        if self.text[position : position + 1] in _SPACES:
            return _SPACE.match(self.text, position).end()  # type: ignore[union-attr] # matches ""
        return position

    def value(self, position: int) -> tuple[Any, int]:
        """Read the value that starts here; return it and the position behind it."""
        try:
            return self._scan(self.text, position)
        except StopIteration as stop:
            position = stop.value
        except json.JSONDecodeError as error:
            # From 3.13 on, a trailing comma is told where it stands, not by what follows it.
            trailing = error.msg.startswith("Illegal trailing comma")
            position = self.skip_space(error.pos + 1) if trailing else error.pos
        raise self.refused(position)

    def decoded(self, position: int) -> tuple[Decoded, int]:
        """Read the value that starts here with its text."""
        value, end = self.value(position)
        return Decoded(value, self.text[position:end]), end

    def take(self, position: int, mark: str) -> int:
        """Step over one structural character and the white space behind it."""
        if self.text[position : position + 1] != mark:
            raise self.refused(position)
        return self.skip_space(position + 1)

    def at(self, position: int, mark: str) -> bool:
        """Whether the character stands here."""
        return self.text[position : position + 1] == mark

    def finish(self, position: int) -> None:
        """Refuse anything but white space up to the end."""
        position = self.skip_space(position)
        if position != len(self.text):
            raise self.refused(position)

    def items(self, position: int, brackets: str, read: Callable[[int], int]) -> int:
        """Read the items between two brackets, each by ``read``; return the position behind."""
        position = self.take(position, brackets[0])
        if not self.at(position, brackets[1]):
            position = self.skip_space(read(position))
            while self.at(position, ","):
                position = self.skip_space(read(self.take(position, ",")))
        return self.take(position, brackets[1])

    def refused(self, position: int) -> _StrictError:
        """Say where the text stops being JSON."""
        line = self.text.count("\n", 0, position) + 1
        column = position - self.text.rfind("\n", 0, position)
        return _StrictError(codes.SYNTAX, f"not JSON at line {line}, column {column}")


def _check_surrogates(text: str, value: Any) -> None:
    """Refuse lone surrogates; only an escape can have made one, since the bytes were UTF-8."""
    if "\\u" in text and _SURROGATE_ESCAPE.search(text) and not _is_encodable(value):
        raise _StrictError(codes.SURROGATE, "a string holds half of a surrogate pair")


# --- What to read --------------------------------------------------------------------


def _read_value(raw: Raw, levels: int, digits: int) -> Decoded:
    return _read_short(raw, levels, digits) or _read_any(raw, levels, digits)


def _read_short(raw: Raw, levels: int, digits: int) -> Decoded | None:
    """Read the usual case with fewer calls: short, flat enough, no escaped code points.

    Whatever is wrong with the text is left for ``_read_any`` to say.
    """
    if (
        type(raw) is not bytes
        or len(raw) > digits
        or raw.count(b"[") + raw.count(b"{") > levels
        or b"\\u" in raw
    ):
        return None
    try:
        text = raw.decode()
        value, end = _scan_short_numbers(text, 0)
    except (StopIteration, ValueError):
        return None
    return Decoded(value, text) if end == len(text) else None


def _read_any(raw: Raw, levels: int, digits: int) -> Decoded:
    data, text = read_raw(raw)
    check_nesting(data, levels)
    reader = _Reader(text, _choose_scanner(data, digits))
    decoded, end = reader.decoded(reader.skip_space(0))
    reader.finish(end)
    _check_surrogates(text, decoded.value)
    return decoded


def _read_array(raw: Raw, levels: int, digits: int) -> list[Decoded] | None:
    """Read the elements of an array with their texts; None for any other value."""
    data, text = read_raw(raw)
    check_nesting(data, levels + 1)
    reader = _Reader(text, _choose_scanner(data, digits))
    start = reader.skip_space(0)
    elements: list[Decoded] | None = None
    if reader.at(start, "["):
        elements, end = _elements(reader, start)
    else:
        _, end = reader.value(start)
    reader.finish(end)
    _check_surrogates(text, elements)
    return elements


def _read_events(raw: Raw, levels: int, digits: int) -> list[Decoded] | None:
    """Read the array under ``events`` of an object, with the elements' texts; None without it."""
    data, text = read_raw(raw)
    check_nesting(data, levels + 2)
    reader = _Reader(text, _choose_scanner(data, digits))
    start = reader.skip_space(0)
    found: dict[str, Any] = {}

    def member(position: int) -> int:
        key, end = reader.value(position)
        if type(key) is not str:
            raise reader.refused(position)
        if key in found:
            raise _StrictError(codes.DUPLICATE_KEY, "a key stands twice in one object")
        position = reader.take(reader.skip_space(end), ":")
        if key == "events" and reader.at(position, "["):
            found[key], end = _elements(reader, position)
        else:
            found[key], end = reader.value(position)
        return end

    if reader.at(start, "{"):
        end = reader.items(start, "{}", member)
    else:
        _, end = reader.value(start)
    reader.finish(end)
    _check_surrogates(text, found)
    events = found.get("events")
    return events if type(events) is list else None


def _elements(reader: _Reader, position: int) -> tuple[list[Decoded], int]:
    """Read an array whose bracket stands here; a loop of its own, for it runs once an event."""
    text = reader.text
    elements: list[Decoded] = []
    position = reader.take(position, "[")
    if reader.at(position, "]"):
        return elements, reader.take(position, "]")
    while True:
        value, end = reader.value(position)
        elements.append(Decoded(value, text[position:end]))
        if text[end : end + 1] != ",":
            end = reader.skip_space(end)
            if text[end : end + 1] != ",":
                return elements, reader.take(end, "]")
        position = end + 1
        if text[position : position + 1] in _SPACES:
            position = reader.skip_space(position)


def _fenced(
    error: type[EgcoreError], read: Callable[..., Any], raw: object, levels: int, digits: int
) -> Any:
    """Call ``read``; turn what it refuses into ``error``, a full stack into ``HostError``.

    Raised outside the handlers: the parser's own exceptions hold the whole text.
    """
    try:
        return read(raw, levels, digits)
    except _StrictError as refused:
        found = refused.problem
    except RecursionError:
        found = None
    raise host_error() if found is None else error([found])


def decode(
    raw: Raw,
    *,
    limits: Limits = EVENTGRID,
    error: type[EgcoreError] = EventError,
    inside: int = 0,
) -> Decoded:
    """Decode one JSON value strictly, with its own text (spec section 3, JSON).

    ``inside`` counts the levels that will stand around the value and spend of the
    nesting it may have. The length of the input is the caller's to bound. Raises
    ``error`` with one problem (EGC101 to EGC107), and ``HostError``.
    """
    levels = limits.nesting - inside
    return _fenced(error, _read_value, raw, levels, limits.number_digits)  # type: ignore[no-any-return]


def decode_array(raw: Raw, *, limits: Limits = EVENTGRID) -> list[Decoded] | None:
    """Decode an array and keep the text of each element; None for another kind of value.

    Nesting counts from the elements. Raises as ``decode``.
    """
    return _fenced(EventError, _read_array, raw, limits.nesting, limits.number_digits)  # type: ignore[no-any-return]


def decode_events(raw: Raw, *, limits: Limits = EVENTGRID) -> list[Decoded] | None:
    """Decode a request body and keep the text of each event; None without an ``events`` array.

    Nesting counts from the events: the wrapper is free. Raises as ``decode``.
    """
    return _fenced(EventError, _read_events, raw, limits.nesting, limits.number_digits)  # type: ignore[no-any-return]


# --- Values that come as Python objects --------------------------------------------------

_encode: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False
).encode


def compact_json(value: Any) -> str:
    """Write a checked value as compact JSON, non-ASCII characters as themselves."""
    return _encode(value)


def _is_encodable(value: Any) -> bool:
    try:
        _encode(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def check_value(value: object, limits: Limits, max_values: int) -> Problem | None:
    """Find what makes a Python value not strict JSON, or None (spec section 3, "From a dict").

    Walks level by level, without recursion; a container that holds itself is too deep,
    and one that is shared again and again runs into ``max_values``.
    """
    level: list[object] = [value]
    values = depth = 0
    while level:
        code, containers = _check_level(level, _least_too_long(limits.number_digits))
        depth += bool(containers)
        values += sum(map(len, containers))
        if code is None and depth > limits.nesting:
            code = codes.NESTING
        if code is None and values > max_values:
            code = codes.RAW_SIZE
        if code is not None:
            return problem(code, _SENTENCES[code])
        level = list(chain.from_iterable(containers))
    if not _is_encodable(value):
        return problem(codes.SURROGATE, _SENTENCES[codes.SURROGATE])
    return None


_SENTENCES: Final = {
    codes.NOT_JSON_TYPE: "only dict, list, str, int, float, bool and None with str keys are JSON",
    codes.NUMBER_LENGTH: "a number has too many digits",
    codes.NUMBER_RANGE: "a number is not finite",
    codes.NESTING: "nested too deeply, or an object or array holds itself",
    codes.RAW_SIZE: "it holds too many values",
    codes.SURROGATE: "a string holds half of a surrogate pair",
}


_STRINGS: Final = frozenset([str])


@cache
def _least_too_long(digits: int) -> int:
    return 10**digits  # type: ignore[no-any-return] # an int: digits are not negative


def _check_level(level: list[object], too_long: int) -> tuple[str | None, list[Collection[object]]]:
    """Check the values of one level; return the first problem's code and what is below."""
    containers: list[Collection[object]] = []
    for item in level:
        if type(item) is str or item is None or type(item) is bool:
            continue
        if type(item) is int:
            if not -too_long < item < too_long:
                return codes.NUMBER_LENGTH, []
        elif type(item) is float:
            if not isfinite(item):
                return codes.NUMBER_RANGE, []
        elif type(item) is list:
            containers.append(item)
        elif type(item) is dict and _STRINGS.issuperset(map(type, item)):
            containers.append(item.values())
        else:
            return codes.NOT_JSON_TYPE, []
    return None, containers


# --- Rule documents ----------------------------------------------------------------------

MAX_RULE_VALUES: Final = 1_000_000  # ours: a shared container could otherwise stand for 2**64


class _Twice(dict[str, Any]):
    """An object in which keys stand twice: the last one of each, and which they are."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.keys_twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value] # adds


def _last_counts(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Twice(pairs)


def decode_rule(
    document: object, what: str, *, limits: Limits = EVENTGRID, error: type[EgcoreError]
) -> Rule:
    """Decode a rule document: a dict, or JSON text in which the last of two keys counts.

    What to say of keys that stand twice depends on where they do (spec section 4), so
    their pointers are returned. Raises ``error`` with one problem (EGC101 to EGC108),
    ``UsageError`` for another type than dict, bytes or str, ``HostError``.
    """
    if isinstance(document, RAW_TYPES):
        if isinstance(document, memoryview):
            view_size(document)
        return _fenced(error, _read_rule, document, limits.nesting, limits.number_digits)  # type: ignore[no-any-return]
    if not isinstance(document, dict):
        raise usage(f"{what} is a dict, bytes or str, not {kind(document)}")
    text = found = None
    try:
        found = check_value(document, limits, MAX_RULE_VALUES)
        text = None if found else compact_json(document)
    except RecursionError:
        pass
    if found is not None:
        raise error([found])
    if text is None:
        raise host_error()
    return Rule(document, text, [])


def _read_rule(raw: Raw, levels: int, digits: int) -> Rule:
    data, text = read_raw(raw)
    check_nesting(data, levels)
    reader = _Reader(text, _scanner(digits, _last_counts))
    value, end = reader.value(reader.skip_space(0))
    reader.finish(end)
    _check_surrogates(text, value)
    value, twice = _settle(value)
    return Rule(value, compact_json(value), twice)


def _settle(value: Any) -> tuple[Any, list[str]]:
    """Make plain dicts of the objects with keys that stand twice; return pointers to those."""
    root = [value]
    twice: list[str] = []
    waiting: list[tuple[Any, Any, str]] = [(root, 0, "")]
    while waiting:
        container, key, pointer = waiting.pop()
        item = container[key]
        if isinstance(item, _Twice):
            twice += [f"{pointer}/{escape_pointer(each)}" for each in item.keys_twice]
            container[key] = item = dict(item)
        if type(item) is dict:
            waiting += [(item, each, f"{pointer}/{escape_pointer(each)}") for each in item]
        elif type(item) is list:
            waiting += [(item, index, f"{pointer}/{index}") for index in range(len(item))]
    return root[0], sorted(twice)


def is_json(
    text: str, *, limits: Limits = EVENTGRID, error: type[EgcoreError] = EventError
) -> bool:
    """Whether a text is JSON by its grammar (RFC 8259): long numbers and twin keys are.

    Half of a surrogate pair is not: no reader can write what it stands for (spec 3).

    Raises ``error`` when it is nested more deeply than the limits allow, ``HostError``.
    """
    return _fenced(error, _read_grammar, text, limits.nesting, 0)  # type: ignore[no-any-return]


def _read_grammar(raw: Raw, levels: int, _: int) -> bool:
    data, text = read_raw(raw)
    check_nesting(data, levels)
    reader = _Reader(text, _scan_grammar)
    try:
        value, end = reader.value(reader.skip_space(0))
        reader.finish(end)
        _check_surrogates(text, value)
    except _StrictError:
        return False
    return True
