"""Depth bombs against every public call: ``python -m tests.bombs thread|deep|full [all]``.

Run in a process of its own, for what a bomb ends is the process. ``thread`` calls in a
thread with a stack of 256 KiB, ``deep`` from a caller 900 frames deep, ``full`` from
callers that leave 20 to 140 frames. A call may return, refuse, or say that the stack is
too full (``HostError``); whatever else it raises is printed and is exit status 1. Needs
nothing but the library.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Final

from egcore import CLOUDEVENTS, EVENTGRID, EgcoreError, HostError
from tests.public_calls import object_calls, text_calls
from tests.stack import call_below, call_in_thread, free_frames

FEW: Final = (0, 1, 64, 65, 65_536)
ALL: Final = (
    *FEW,
    2,
    3,
    31,
    32,
    60,
    61,
    62,
    63,
    66,
    100,
    200,
    330,
    500,
    993,
    1_000,
    1_497,
    9_998,
    30_000,
)
DEEP_CALLER: Final = 900

# Sizes do not stand between the bombs and the parser.
_WITHOUT_SIZES: Final[dict[str, Any]] = {
    "event_bytes": 10**7,
    "request_bytes": 10**7,
    "raw_event_bytes": 10**7,
    "raw_request_bytes": 10**7,
    "transform_value_chars": 10**7,
    "template_chars": 10**7,
    "expression_chars": 10**7,
    "detail_bytes": None,
}
LIMITS: Final = (
    EVENTGRID,
    replace(CLOUDEVENTS, **_WITHOUT_SIZES, path_segments=10**6),
)

SHAPES: Final[dict[str, Callable[[int], str]]] = {
    "arrays": lambda depth: "[" * depth + "]" * depth,
    "arrays, open": lambda depth: "[" * depth,
    "objects": lambda depth: '{"a":' * depth + "0" + "}" * depth,
    "objects, open": lambda depth: '{"a":' * depth,
    "mixed": lambda depth: '[{"":' * (depth // 2) + "0" + "}]" * (depth // 2),
    "closing": lambda depth: "]" * depth,
    "in a string": lambda depth: '"' + "[" * depth + '"',
    "behind an escape": lambda depth: '{"\\"":' + "[" * depth + "]" * depth + "}",
    "strings left open": lambda depth: '["' * depth,
    "in a template": lambda depth: '{"a":[' * (depth // 2) + "${a}" + "]}" * (depth // 2),
    "path": lambda depth: ".a[0]" * (depth // 2) + "..*",
    "indexes": lambda depth: "[0]" * depth,
    "variables": lambda depth: json.dumps({"a": "$" + "['a']" * depth}),
}


def _nested_objects(depth: int) -> Iterator[tuple[int, Any]]:
    """Nest Python objects without recursion."""
    value: Any = 0
    for _ in range(depth):
        value = [value]
    yield depth, value
    value = [{"op": "IsNull"}]
    for _ in range(depth):
        value = {"data": value}
    yield depth, value


def _cyclic_object() -> Any:
    value: dict[str, Any] = {}
    value["sources"] = value["events"] = value["a"] = [value]
    return value


# Made here, hence freed by the main thread: in a small stack CPython 3.13 does not survive
# that it frees a list 10,000 levels deep, whoever made it.
OBJECTS: Final = [(0, _cyclic_object())]
OBJECTS.extend(chain.from_iterable(map(_nested_objects, ALL)))


Bomb = tuple[str, Callable[[], object]]


def bombs(depths: tuple[int, ...]) -> Iterator[Bomb]:
    """Give each bomb with its name, as a call without arguments."""
    for number, limits in enumerate(LIMITS):
        texts = [
            (f"{shape} {depth}", make(depth)) for shape, make in SHAPES.items() for depth in depths
        ]
        for name, call in text_calls(limits).items():
            for label, text in texts:
                yield f"{name}: {label}, limits {number}", partial(call, text)
    for name, take in object_calls().items():
        for depth, value in OBJECTS:
            if depth in depths:
                yield f"{name}: objects {depth}", partial(take, value)


def throw(thrown: list[Bomb], found: Counter[str]) -> None:
    """Make every call; count what came of them and print what should not have come."""
    for name, call in thrown:
        try:
            call()
        except HostError:
            found["host errors"] += 1
        except EgcoreError:
            found["refusals"] += 1
        except BaseException as error:  # noqa: BLE001 # this is what is looked for
            found["foreign"] += 1
            print(f"{name}: {type(error).__name__}")  # noqa: T201 # its report
        else:
            found["results"] += 1


def main(arguments: list[str]) -> int:
    """Throw the bombs in the way that the first argument names."""
    way, *more = arguments
    depths = ALL if more == ["all"] else FEW
    found: Counter[str] = Counter()
    if way == "thread":
        call_in_thread(partial(throw, list(bombs(depths)), found))
    elif way == "deep":
        call_below(DEEP_CALLER, partial(throw, list(bombs(depths)), found))
    else:
        thrown = list(bombs((1, 64)))
        for left in range(20, 145, 10 if more else 40):
            call_below(free_frames() - left, partial(throw, thrown, found))
    print(json.dumps(found))  # noqa: T201 # its report
    return 1 if found["foreign"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
