"""Where in a JSON text a pointer leads: the line and column that a message shows.

Problems carry RFC 6901 pointers, which cost nothing while all is well. Only when
there is a problem to show is the text looked at a second time. The scan is one
pass of a linear regular expression and one stack, whatever the text: it never
recurses and never raises, also on text that is not JSON.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

# A string, a structural character, or a run of anything else: a number or a word. The
# quantifiers are possessive and the closing quote optional, so nothing is tried twice.
_TOKEN: Final = re.compile(
    r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},:]|[^\[\]{},:" \t\r\n]++',
    re.DOTALL,
)


class Position(NamedTuple):
    """A place in a text: ``line`` and ``column`` count from 1, the column in characters."""

    line: int
    column: int


def locate(text: str, pointer: str) -> Position:
    """Return where the value at an RFC 6901 pointer starts.

    When the pointer leads nowhere, the nearest ancestor that exists is taken; of
    duplicate keys the last, as in Python's ``json``.

    >>> locate('{"a": [1, 2]}', "/a/1")
    Position(line=1, column=11)
    """
    return locate_all(text, [pointer])[0]


def locate_all(text: str, pointers: Iterable[str]) -> list[Position]:
    """Return the position of each pointer, in their order, by a single scan of the text."""
    wanted = [_split(pointer) for pointer in pointers]
    root = _Node()
    for keys in wanted:
        root.grow(keys)
    _scan(text, root)
    return [position(text, root.nearest(keys)) for keys in wanted]


def tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and spelling of each string, number, word and structural character.

    Text that is not JSON is cut in pieces all the same; a string may lack its end.
    """
    return ((match.start(), match[0]) for match in _TOKEN.finditer(text))


def blot(text: str, keys: Collection[str]) -> str:
    """Return the text with the values of some keys blotted out, each character by an "x".

    Line feeds stay, so every place in the text is what it was. Also for text that is not
    JSON: a value that does not end is blotted out to the end.

    >>> blot('{"detail": {"url": "u"}, "a": 1}', ["detail"])
    '{"detail": xxxxxxxxxxxx, "a": 1}'
    """
    parts: list[str] = []
    kept = depth = 0
    start: int | None = None
    key = before = ""
    for offset, lexeme in tokens(text):
        if start is None and before == ":" and key in keys:
            parts.append(text[kept:offset])
            start, depth = offset, 0
        if start is not None:
            depth += (lexeme in ("[", "{")) - (lexeme in ("]", "}"))
            if depth <= 0:
                kept = offset + len(lexeme)
                parts.append(_blotted(text[start:kept]))
                start = None
        key, before = (_key(before) if lexeme == ":" else key), lexeme
    return "".join(parts) + (text[kept:] if start is None else _blotted(text[start:]))


def _blotted(text: str) -> str:
    return "\n".join("x" * len(line) for line in text.split("\n"))


def position(text: str, offset: int) -> Position:
    """Return the line and column of a character offset."""
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _split(pointer: str) -> list[str]:
    """Split a pointer into its unescaped keys (RFC 6901 section 4)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


class _Node:
    """One value that somebody asks for, or an ancestor of such a value."""

    __slots__ = ("children", "offset")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.offset: int | None = None

    def grow(self, keys: list[str]) -> None:
        """Add the nodes of one pointer."""
        node = self
        for key in keys:
            node = node.children.setdefault(key, _Node())

    def found(self, offset: int) -> None:
        """Note where the value starts; what was found below an earlier duplicate is void."""
        if self.offset is not None:
            pending = [self]
            while pending:
                node = pending.pop()
                node.offset = None
                pending.extend(node.children.values())
        self.offset = offset

    def nearest(self, keys: list[str]) -> int:
        """Return the offset of the deepest existing value on a pointer's way."""
        offset = self.offset or 0
        node = self
        for key in keys:
            node = node.children[key]
            if node.offset is None:
                break
            offset = node.offset
        return offset


class _Open:
    """An array or object that the scan is inside of; ``node`` is None when nobody asks for it."""

    __slots__ = ("at_key", "index", "is_object", "key", "node")

    def __init__(self, node: _Node | None, *, is_object: bool) -> None:
        self.node = node
        self.is_object = is_object
        self.at_key = is_object
        self.index = 0
        self.key = ""

    def comma(self) -> None:
        """Go on to the next element or member."""
        self.index += 1
        self.at_key = self.is_object

    def child(self) -> _Node | None:
        """Return the node of the value that comes next."""
        if self.node is None:
            return None
        return self.node.children.get(self.key if self.is_object else str(self.index))


def _scan(text: str, root: _Node) -> None:
    """Walk over the tokens of a JSON text and note in the nodes where their values start."""
    stack: list[_Open] = []
    for offset, lexeme in tokens(text):
        inside = stack[-1] if stack else None
        if lexeme in "]}":
            del stack[-1:]
        elif lexeme == ":":
            continue
        elif lexeme == ",":
            if inside is not None:
                inside.comma()
        elif inside is not None and inside.at_key:
            inside.key = _key(lexeme)
            inside.at_key = False
        else:
            node = root if inside is None else inside.child()
            if node is not None:
                node.found(offset)
            if lexeme in "[{":
                stack.append(_Open(node, is_object=lexeme == "{"))


def _key(lexeme: str) -> str:
    """Return the key that a string lexeme spells."""
    if "\\" not in lexeme:
        return lexeme[1:-1]
    try:
        key = json.loads(lexeme, strict=False)
    except ValueError:  # not JSON: nobody can ask for this key
        return lexeme
    return str(key)
