"""Memory: how many bytes an index holds, each object counted once."""

from collections.abc import Iterator
from gc import get_referents
from sys import getsizeof
from types import CellType, CodeType, FunctionType
from typing import Any, Final

from egcore.index.steps import STEPS

_OWN: Final = "egcore.index"

# Functions that are there whatever is indexed.
_LIBRARY: Final = frozenset(id(kind.narrow) for kind in STEPS.values())


def bytes_of(root: object) -> int:
    """Return the bytes of an index: containers, values, generated code, closures.

    What the interpreter says of each object (``sys.getsizeof``), every object once.
    Modules and the library's own functions are not counted, nor is what the allocator
    wastes. Takes time and memory in proportion to the number of objects.
    """
    total = 0
    seen = set(_LIBRARY)
    left = [root]
    while left:
        each = left.pop()
        if id(each) not in seen:
            seen.add(id(each))
            if not _is_shared(each):
                total += getsizeof(each)
                left += _parts(each)
    return total


def _is_shared(value: object) -> bool:
    """Whether it belongs to the program and not to an index: classes, modules' functions."""
    if type(value) is FunctionType:
        return value.__closure__ is None and not _is_generated(value)
    return isinstance(value, type)


def _is_generated(function: FunctionType) -> bool:
    # The functions of a module share its names; one that was generated has its own.
    return "__name__" not in function.__globals__


def _parts(value: Any) -> Iterator[object]:
    """Give what an object holds, so far as it is the index's."""
    kind = type(value)
    if kind is dict:
        # In one go, since other threads may add shapes meanwhile.
        yield from tuple(value)
        yield from tuple(value.values())
    elif isinstance(value, (tuple, list, frozenset)):
        yield from tuple(value)
    elif kind is FunctionType:
        yield from value.__closure__ or ()
        if _is_generated(value):
            yield value.__code__
            names = value.__globals__
            yield from (names[name] for name in tuple(names) if name != "__builtins__")
    elif kind is CellType:
        yield value.cell_contents
    elif kind is CodeType:
        yield from (value.co_consts, value.co_names, value.co_linetable)
    elif kind.__module__.startswith(_OWN):
        yield from get_referents(value)  # of what has slots: what stands in them
