"""JSONPath: read once when a rule loads, run once per event.

The subset of RFC 9535 that spec 5 lists: names, indexes, slices, wildcards and one
descendant segment, without white space. Everything else is refused when the rule
loads. A path that can select one value only is *definite* and becomes a plain
getter. All others run segment by segment over lists of nodes; every value they
look at is paid for from ``Steps`` before it is kept, which bounds time and memory
alike, and nothing recurses over event data.
"""

import re
import warnings
from collections.abc import Callable, Sequence, ValuesView
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from egcore import codes
from egcore.errors import (
    EgcoreError,
    RenderError,
    TransformError,
    host_error,
    problem,
    shorten,
)
from egcore.limits import EVENTGRID, Limits
from egcore.paths import UNDEFINED, Getter, Value, field_getter

if TYPE_CHECKING:
    from jsonpath_ng.jsonpath import JSONPath

MAX_INDEX: Final = 2**53 - 1
"""The largest magnitude of an index or slice bound (RFC 9535 section 2.1, spec 5)."""


class Steps:
    """How many values the paths of one body may still look at; made anew for each body.

    >>> steps = Steps(2)
    >>> steps.spend(2)
    >>> steps.left
    0
    """

    __slots__ = ("left",)

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, count: int) -> None:
        """Take ``count`` steps. Raises ``RenderError`` when there are not as many left."""
        self.left -= count
        if self.left < 0:
            message = "the paths of one body look at more values than Limits.path_steps"
            raise RenderError([problem(codes.PATH_STEPS, message)])


# --- The parser -------------------------------------------------------------------


class _Wildcard:
    """The selector ``*``."""


_WILDCARD: Final = _Wildcard()

_Selector = str | int | slice | _Wildcard


class _Segment(NamedTuple):
    selector: _Selector
    descendant: bool


# RFC 9535 section 2.5.1.1, member-name-shorthand; section 2.3.1.1, string literals.
# Classes of large ranges take 10 ms to compile, so these name the ASCII characters that do
# not belong. Nor do surrogates, looked for apart in the rare text that is not ASCII.
_NAME: Final = re.compile("[^\x00-@\\[-^`{-\x7f][^\x00-/:-@\\[-^`{-\x7f]*")
_PLAIN: Final = {
    "'": re.compile("[^'\\\\\x00-\x1f]*"),
    '"': re.compile('[^"\\\\\x00-\x1f]*'),
}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UNIT: Final = re.compile(r"\\u(?![dD][89a-fA-F])([0-9a-fA-F]{4})")
_PAIR: Final = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_ESCAPES: Final = {
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "/": "/",
    "\\": "\\",
}
# Section 2.3.3.1: no leading zeros, no minus zero; 16 digits hold MAX_INDEX.
_NUMBER: Final = re.compile("-?[0-9]+")
_INTEGER: Final = re.compile("0|-?[1-9][0-9]{0,15}")

_WHITE_SPACE: Final = "white space is not supported outside quotes"
_FILTER: Final = "filters are not supported"
_SUBSET: Final = "supported: .name, ['name'], [0], [-1], [1:5], [*], .* and one '..'"
_HINTS: Final = {
    " ": _WHITE_SPACE,
    "\t": _WHITE_SPACE,
    "\n": _WHITE_SPACE,
    "\r": _WHITE_SPACE,
    "?": _FILTER,
    "@": _FILTER,
    ",": "unions are not supported: write one path for each selector",
    "(": "functions and script expressions are not supported",
    "-": "a name with other characters than letters, digits and '_' is written ['my-name']",
}


def _refusal(text: str, at: int, expected: str) -> TransformError:
    """Make the error for a text that cannot be read on from index ``at``."""
    found = "it ends" if at >= len(text) else f"{text[at]!r} stands"
    message = f"the JSONPath is not supported: {found} at column {at + 1} instead of {expected}"
    hint = _HINTS.get(text[at : at + 1], _SUBSET)
    return TransformError([problem(codes.PATH_SYNTAX, message, got=shorten(text), hint=hint)])


def _too_long(text: str, message: str, hint: str) -> TransformError:
    return TransformError([problem(codes.PATH_LENGTH, message, got=shorten(text), hint=hint)])


class _Parser:
    """Reads one text from left to right; ``at`` is the index of the next character."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def segments(self, most: int) -> list[_Segment]:
        """Read the text, or its first ``most`` segments."""
        self.expect("$", "'$'")
        found: list[_Segment] = []
        while self.at < len(self.text) and len(found) < most:
            found.append(self.segment())
        return found

    def segment(self) -> _Segment:
        descendant = self.take("..")
        if self.take("["):
            selector = self.bracketed()
            self.expect("]", "']'")
        elif descendant or self.take("."):
            selector = self.shorthand()
        else:
            raise self.refuse("'.', '..' or '['")
        return _Segment(selector, descendant)

    def shorthand(self) -> _Selector:
        if self.take("*"):
            return _WILDCARD
        name = self.characters(_NAME)
        if not name:
            raise self.refuse("a name or '*'")
        return name

    def bracketed(self) -> _Selector:
        if self.take("*"):
            return _WILDCARD
        for quote in _PLAIN:
            if self.take(quote):
                return self.quoted(quote)
        start = self.integer()
        if self.take(":"):
            return self.slice_from(start)
        if start is None:
            raise self.refuse("a quoted name, an index, a slice or '*'")
        return start

    def slice_from(self, start: int | None) -> slice:
        stop = self.integer()
        step = self.integer() if self.take(":") else None
        # Section 2.3.4.2.2: step 0 selects nothing. All other slices are Python's own.
        return slice(0, 0) if step == 0 else slice(start, stop, step)

    def integer(self) -> int | None:
        start = self.at
        number = self.match(_NUMBER)
        if not number:
            return None
        if not _INTEGER.fullmatch(number) or abs(int(number)) > MAX_INDEX:
            self.at = start
            raise self.refuse("a whole number up to 2^53-1 without leading zeros")
        return int(number)

    def quoted(self, quote: str) -> str:
        parts: list[str] = []
        while True:
            parts.append(self.characters(_PLAIN[quote]))
            if self.take(quote):
                return "".join(parts)
            parts.append(self.escaped(quote))

    def escaped(self, quote: str) -> str:
        if pair := _PAIR.match(self.text, self.at):
            self.at = pair.end()
            high, low = (int(half, 16) & 0x3FF for half in pair.groups())
            return chr(0x10000 + (high << 10) + low)
        if unit := _UNIT.match(self.text, self.at):
            self.at = unit.end()
            return chr(int(unit[1], 16))
        if not self.text.startswith("\\", self.at):
            raise self.refuse(f"the end of the name, {quote}")
        letter = self.text[self.at + 1 : self.at + 2]
        character = quote if letter == quote else _ESCAPES.get(letter)
        if character is None:
            raise self.refuse("an escape of JSON")
        self.at += 2
        return character

    def match(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here; "" when it does not."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def characters(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here, up to the first surrogate."""
        start = self.at
        found = self.match(pattern)
        if found.isascii() or not (surrogate := _SURROGATE.search(found)):
            return found
        self.at = start + surrogate.start()
        return found[: surrogate.start()]

    def take(self, token: str) -> bool:
        """Read the token if it stands here."""
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def expect(self, token: str, name: str) -> None:
        if not self.take(token):
            raise self.refuse(name)

    def refuse(self, expected: str) -> TransformError:
        return _refusal(self.text, self.at, expected)


# --- The evaluator ------------------------------------------------------------------
#
# A selector is a function that appends to `found` what it selects from one node. A
# segment maps a list of nodes to the list of nodes that its selector selects from
# each of them or, when it is a descendant segment, from each of them and from all
# below, parents first, members and elements as they stand (RFC 9535 section
# 2.5.2.2). So `$..*` on {"a": {"x": 1}, "b": 2} gives {"x": 1}, 2, 1.
#
# One step is paid for each node a segment begins with, for each value below it that
# a descendant segment comes by, and for each value that a wildcard or a slice takes.

_Select = Callable[[object, list[object], Steps], None]
_Find = Callable[[object, Steps], list[object]]


def _selector(selector: _Selector) -> _Select:
    if isinstance(selector, str):
        return _select_name(selector)
    if isinstance(selector, int):
        return _select_index(selector)
    if isinstance(selector, slice):
        return _select_slice(selector)
    return _select_all


def _select_name(name: str) -> _Select:
    def select(node: object, found: list[object], _: Steps) -> None:
        if type(node) is dict and name in node:
            found.append(node[name])

    return select


def _select_index(index: int) -> _Select:
    def select(node: object, found: list[object], _: Steps) -> None:
        if type(node) is list and -len(node) <= index < len(node):
            found.append(node[index])

    return select


def _select_slice(bounds: slice) -> _Select:
    def select(node: object, found: list[object], steps: Steps) -> None:
        if type(node) is list:
            steps.spend(len(range(len(node))[bounds]))
            found.extend(node[bounds])

    return select


def _select_all(node: object, found: list[object], steps: Steps) -> None:
    children = _children(node)
    steps.spend(len(children))
    found.extend(children)


def _children(node: object) -> ValuesView[object] | Sequence[object]:
    """Return the elements or member values of a node; none for a scalar."""
    if type(node) is dict:
        return node.values()
    return node if type(node) is list else ()


def _visit(nodes: list[object], select: _Select, steps: Steps) -> list[object]:
    found: list[object] = []
    for node in nodes:
        select(node, found, steps)
    return found


def _visit_below(nodes: list[object], select: _Select, steps: Steps) -> list[object]:
    found: list[object] = []
    # Scalars have nothing below them and nothing to select.
    stack = [node for node in reversed(nodes) if type(node) in _CONTAINERS]
    while stack:
        node: Any = stack.pop()
        if node:
            children = node.values() if type(node) is dict else node
            steps.left -= len(children)  # written out: a call for each node is a third of it
            if steps.left < 0:
                steps.spend(0)
            select(node, found, steps)
            for child in reversed(children):
                if type(child) in _CONTAINERS:
                    stack.append(child)  # noqa: PERF401 # twice as fast as a list where it is one
    return found


_CONTAINERS: Final = (dict, list)


def _finder(segments: list[_Segment]) -> _Find:
    plan = [(_visit_below if s.descendant else _visit, _selector(s.selector)) for s in segments]

    def find(root: object, steps: Steps) -> list[object]:
        nodes = [root]
        for visit, select in plan:
            steps.spend(len(nodes))
            nodes = visit(nodes, select, steps)
        return nodes

    return find


# --- Paths -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Path:
    """A JSONPath, ready to run. Made by ``parse_path``.

    ``text`` is the path as written; ``wide`` says that jsonpath-ng runs it.
    ``definite``: it can select one value only, and ``getter`` is the function from
    the root to that value or ``UNDEFINED``, without step counting. Two paths are
    equal when text and ``wide`` are; a path pickles as its text.
    """

    text: str
    wide: bool
    definite: bool = field(compare=False)
    getter: Getter | None = field(compare=False, repr=False)
    _find: Callable[[object, Steps], Value] = field(compare=False, repr=False)

    def find(self, root: object, steps: Steps) -> Value:
        """Return what the path selects from ``root``.

        The value or ``UNDEFINED`` when the path is definite; else a new list of the
        values found, in the order of RFC 9535, empty when there is none. Raises
        ``RenderError`` when ``steps`` run out.

        >>> parse_path("$..*").find({"a": {"x": 1}, "b": 2}, Steps(100))
        [{'x': 1}, 2, 1]
        """
        return self._find(root, steps)

    def __reduce__(self) -> tuple[Callable[[str, bool], "Path"], tuple[str, bool]]:
        return _restore, (self.text, self.wide)


def parse_path(text: str, limits: Limits = EVENTGRID) -> Path:
    """Read a JSONPath of the subset (spec 5); linear in the length of the text.

    With ``limits.jsonpath == "wide"`` jsonpath-ng runs what lies beyond the subset,
    more descendant segments than ``path_descendants`` included; ``path_segments``
    holds there too. Raises ``TransformError`` with one problem: ``EGC412`` for a
    text that is not of the subset, ``EGC413`` for one with too many segments.

    >>> parse_path("$.data.name").getter({"data": {"name": "test01"}})
    'test01'
    """
    try:
        segments = _Parser(text).segments(limits.path_segments + 1)
    except TransformError as error:
        refusal = error
    else:
        if len(segments) > limits.path_segments:
            message = f"the JSONPath has more than {limits.path_segments} segments"
            raise _too_long(text, message, "see Limits.path_segments")
        descendants = sum(segment.descendant for segment in segments)
        if descendants <= limits.path_descendants:
            return _compile(text, segments)
        message = f"the JSONPath has {descendants} '..'; the limit is {limits.path_descendants}"
        refusal = _too_long(text, message, "see Limits.path_descendants")
    if limits.jsonpath == "wide" and _jsonpath_ng_reads(text):
        return _parse_wide(text, refusal)
    raise refusal


def _compile(text: str, segments: list[_Segment]) -> Path:
    keys = tuple(
        segment.selector
        for segment in segments
        if isinstance(segment.selector, (str, int)) and not segment.descendant
    )
    if len(keys) < len(segments):
        return Path(text, wide=False, definite=False, getter=None, _find=_finder(segments))
    getter = _definite_getter(keys)
    find = _counted(getter, len(keys))
    return Path(text, wide=False, definite=True, getter=getter, _find=find)


def _definite_getter(keys: tuple[str | int, ...]) -> Getter:
    names = tuple(key for key in keys if isinstance(key, str))
    return field_getter(names) if len(names) == len(keys) else _keys_and_indexes(keys)


def _keys_and_indexes(keys: tuple[str | int, ...]) -> Getter:
    def get(root: object) -> Value:
        value = root
        for key in keys:
            if type(key) is str:
                if type(value) is not dict:
                    return UNDEFINED
                value = value.get(key, UNDEFINED)
            elif type(key) is int and type(value) is list and -len(value) <= key < len(value):
                value = value[key]
            else:
                return UNDEFINED
        return value

    return get


def _counted(getter: Getter, cost: int) -> Callable[[object, Steps], Value]:
    """Make the step-counting twin of a getter: one step for each of its segments."""

    def find(root: object, steps: Steps) -> Value:
        steps.spend(cost)
        return getter(root)

    return find


def _restore(text: str, wide: bool) -> Path:  # noqa: FBT001 - called by pickle, positionally
    """Make a path again that was accepted before, under whatever limits."""
    if wide:
        return _parse_wide(text, _refusal(text, 0, "a path that jsonpath-ng reads"))
    return _compile(text, _Parser(text).segments(len(text)))


# --- Wide paths: jsonpath-ng, for trusted rule authors only (spec 5) -----------------------

# Entering and leaving catch_warnings in two threads at once could leave the filter behind.
_WARNINGS: Final = Lock()


def _jsonpath_ng_reads(text: str) -> bool:
    """Whether jsonpath-ng may be asked about a text that the subset refuses.

    Not without a '$', where it reads any word as a name; and not about escapes, of
    which it drops the backslash: it takes an escaped line feed for an "n".
    """
    return text.startswith("$") and "\\" not in text


def _parse_wide(text: str, refusal: TransformError) -> Path:
    """Read a path with the core grammar of jsonpath-ng. Raises ``refusal`` when it cannot."""
    from jsonpath_ng.parser import parse  # noqa: PLC0415 - on first use: it costs 30 ms

    error: EgcoreError = refusal
    try:
        with _WARNINGS, warnings.catch_warnings():
            # Of the core grammar, 1.16 deprecates the operators | and & (gone in 2.0).
            warnings.filterwarnings("ignore", "The `[|&]` ", DeprecationWarning)
            compiled = parse(text)
    except RecursionError:
        error = host_error()
    except Exception:  # noqa: BLE001, S110 - foreign code: whatever it raises, it cannot read it
        pass
    else:
        find = _wide_finder(compiled)
        return Path(text, wide=True, definite=False, getter=None, _find=find)
    raise error


def _wide_finder(compiled: "JSONPath") -> _Find:
    def find(root: object, steps: Steps) -> list[object]:
        error: EgcoreError
        try:
            values = [match.value for match in compiled.find(root)]
        except RecursionError:
            error = host_error()
        except Exception:  # noqa: BLE001 - foreign code over event data: none of it may leave
            message = "jsonpath-ng cannot evaluate the path on this event"
            error = RenderError([problem(codes.PATH_STEPS, message)])
        else:
            steps.spend(len(values))
            return values
        raise error

    return find
