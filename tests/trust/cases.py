"""Case files: failures made small, written as JSON, and replayed for ever.

A case is the name of a figure and the arguments of its replay function. Arguments are
any values the generators make, hostile ones too: cycles, deep nesting, odd types. So
they are flattened into a list of nodes that name each other by number; what is plain
JSON is written as itself, to be read by people.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, Final

from tests import generators

FOLDER: Final = Path(__file__).parent.parent / "regressions"
Nodes = list[list[Any]]
"""[kind, payload] each; the payload of a container holds numbers of other nodes."""

_KINDS: Final[dict[str, type]] = {
    each.__name__: each
    for each in (
        *(dict, list, tuple, str, int, float, bytes, bytearray, memoryview),
        *(generators.OddDict, generators.OddString, generators.OddInt),
    )
}
_PLAIN_DEPTH: Final = 50


# --- Values to nodes and back -----------------------------------------------------------


def flatten(value: object) -> Nodes:
    """Give the nodes of a value, itself first; shared and cyclic containers stand once."""
    nodes: Nodes = []
    numbers: dict[int, int] = {}
    waiting: list[tuple[object, list[Any], int]] = [(value, [0], 0)]
    while waiting:
        item, edges, place = waiting.pop()
        number = numbers.get(id(item)) if isinstance(item, (dict, list, tuple)) else None
        if number is None:
            number = len(nodes)
            nodes.append(_node(item, waiting))
            if isinstance(item, (dict, list, tuple)):
                numbers[id(item)] = number
        edges[place] = number
    return nodes


def _node(item: Any, waiting: list[tuple[object, list[Any], int]]) -> list[Any]:
    name = type(item).__name__
    if name not in _KINDS:
        return ["constant", _constant_name(item)]
    if isinstance(item, dict):
        pairs = [[0, 0] for _ in item]
        for pair, (key, member) in zip(pairs, item.items(), strict=True):
            waiting += [(key, pair, 0), (member, pair, 1)]
        return [name, pairs]
    if isinstance(item, (list, tuple)):
        edges = [0] * len(item)
        waiting += [(member, edges, place) for place, member in enumerate(item)]
        return [name, edges]
    if isinstance(item, int):
        return [name, hex(item)]
    if isinstance(item, float):
        return [name, item.hex()]
    return [name, str(item) if isinstance(item, str) else bytes(item).decode("latin-1")]


def _constant_name(item: object) -> str:
    """Name a value that is no container by its place among the known odd ones."""
    known = (None, True, False, *generators.ODD_VALUES)
    for place, each in enumerate(known):
        if type(each) is type(item) and each == item:
            return str(place)
    raise ValueError(f"no case file can hold a {type(item).__name__}")


def unflatten(nodes: Nodes) -> Any:
    """Make the value of nodes again."""
    made: dict[int, Any] = {}
    for number, (name, payload) in enumerate(nodes):
        if name == "constant":
            made[number] = (None, True, False, *generators.ODD_VALUES)[int(payload)]
        elif name in ("dict", "OddDict", "list"):
            made[number] = _KINDS[name]()
        elif name != "tuple":
            made[number] = _leaf(name, payload)
    for number, (name, _) in enumerate(nodes):
        if name == "tuple":
            _make_tuple(number, nodes, made)
    for number, (name, payload) in enumerate(nodes):
        if name == "list":
            made[number] += [made[edge] for edge in payload]
        elif name in ("dict", "OddDict"):
            made[number].update((made[key], made[member]) for key, member in payload)
    return made[0]


def _make_tuple(number: int, nodes: Nodes, made: dict[int, Any]) -> Any:
    """Make a tuple after the tuples in it; only a list or object can close a cycle."""
    if number not in made:
        made[number] = tuple(_make_tuple(edge, nodes, made) for edge in nodes[number][1])
    return made[number]


def _leaf(name: str, payload: str) -> Any:
    kind = _KINDS[name]
    if issubclass(kind, str):
        return kind(payload)
    if kind in (bytes, bytearray, memoryview):
        return kind(payload.encode("latin-1"))
    return kind(int(payload, 16)) if issubclass(kind, int) else float.fromhex(payload)


# --- Case files -------------------------------------------------------------------------


def encode(value: object) -> dict[str, Any]:
    """Give one argument as JSON: plain values as themselves, all else as text or nodes."""
    if type(value) is bytes:
        return {"bytes": value.decode("latin-1")}
    return {"value": value} if _is_plain(value) else {"nodes": flatten(value)}


def decode(document: dict[str, Any]) -> Any:
    """Make the argument again."""
    if "bytes" in document:
        return document["bytes"].encode("latin-1")
    return document["value"] if "value" in document else unflatten(document["nodes"])


def _is_plain(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(_PLAIN_DEPTH):
        below: list[object] = []
        for item in level:
            if type(item) is list:
                below += item
            elif type(item) is dict and all(type(key) is str for key in item):
                below += item.values()
            elif type(item) is float:
                if not isfinite(item):
                    return False
            elif item is not None and type(item) not in (str, int, bool):
                return False
        level = below
        if not level:
            return True
    return False


def write(figure: str, what: str, seed: str, arguments: list[dict[str, Any]]) -> Path:
    """Write a case file; its name is that of the figure with a hash of the arguments."""
    text = json.dumps(arguments, sort_keys=True)
    name = f"{figure.replace(' ', '-')}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    document = {"figure": figure, "what": what, "seed": seed, "arguments": arguments}
    path = FOLDER / name
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return path


def read(path: Path) -> tuple[str, list[Any]]:
    """Read a case file: the figure and the arguments of its replay function."""
    document = json.loads(path.read_text("utf-8"))
    return document["figure"], [decode(each) for each in document["arguments"]]


# --- Smaller ones -----------------------------------------------------------------------


def shrink(arguments: list[Any], fails: Callable[[list[Any]], bool], seconds: float) -> list[Any]:
    """Delete greedily what the failure does not need, for a few seconds."""
    best = flatten(arguments)
    deadline = time.monotonic() + seconds
    shrunk = True
    while shrunk and time.monotonic() < deadline:
        shrunk = False
        for candidate in _smaller(best):
            if time.monotonic() > deadline:
                break
            if _still_fails(candidate, fails):
                best, shrunk = _reached(candidate), True
                break
    return unflatten(best)  # type: ignore[no-any-return] # a list, as given


def _still_fails(nodes: Nodes, fails: Callable[[list[Any]], bool]) -> bool:
    try:
        return fails(unflatten(nodes))
    except Exception:  # noqa: BLE001 # a candidate that is no case at all
        return False


def _smaller(nodes: Nodes) -> Iterator[Nodes]:
    """Each way to drop a part of a container or of a text, large parts first."""
    for number, (name, payload) in enumerate(nodes):
        if number == 0 or name in ("constant", "int", "OddInt", "float"):
            continue  # the arguments themselves stay, and numbers as they are
        size = len(payload)
        step = size
        while step:
            for start in range(0, size, step):
                rest = payload[:start] + payload[start + step :]
                yield [*nodes[:number], [name, rest], *nodes[number + 1 :]]
            step //= 2


def _reached(nodes: Nodes) -> Nodes:
    """Drop the nodes that nothing names any more."""
    return flatten(unflatten(nodes))


# --- Reports ----------------------------------------------------------------------------

REPORTS_PER_CHUNK: Final = 3
SHRINK_SECONDS: Final = 5.0


def report(
    failures: list[dict[str, Any]],
    figure: str,
    check: Callable[..., str | None],
    *arguments: Any,
) -> None:
    """Add a failure, made small, to a chunk's list. ``check`` says what is wrong, or None."""
    if len(failures) >= REPORTS_PER_CHUNK:
        return
    what = check(*arguments) or "it fails in its chunk only, not by itself"
    small = shrink(list(arguments), lambda candidate: check(*candidate) == what, SHRINK_SECONDS)
    failures.append(
        {
            "figure": figure,
            "what": what,
            "arguments": [encode(each) for each in small],
        }
    )
