"""Small documents that the tests of the rule modules start from."""

import copy
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

from egcore import EgcoreError

T = TypeVar("T")
Document = dict[str, Any]

SOURCE: list[Document] = [{"op": "StringIn", "values": ["s"]}]
ORIGINAL: Document = {"type": "ORIGINAL"}


def event(**members: Any) -> Document:
    """Make an event from source ``s``; ``data=`` and attributes as given."""
    return {"specversion": "1.0", "id": "1", "source": "s", "type": "t", **members}


def source(**members: Any) -> Document:
    """Make a source ``s`` with a filter that takes all of its events."""
    return {"name": "s", "filter": {"source": SOURCE}, **members}


def target(**members: Any) -> Document:
    """Make a target ``t`` that takes the original event."""
    return {"name": "t", "transform": ORIGINAL, **members}


def subscription(name: str = "sub", **members: Any) -> Document:
    """Make a subscription of source ``s`` with one target."""
    return {"name": name, "sources": [source()], "targets": [target()], **members}


def variable(template: str, value: str = "{}", **members: Any) -> Document:
    """Make a VARIABLE transform; ``value`` is the JSON text of its variables."""
    return {"type": "VARIABLE", "value": value, "template": template, **members}


def error_of(call: Callable[[], object]) -> EgcoreError | None:
    """Return the library's error that a call raises, or None; any other error fails the test."""
    try:
        call()
    except EgcoreError as error:
        return error
    return None


def copies(value: T) -> tuple[T, T, T]:
    """Return a value out of a pickle, and its shallow and its deep copy."""
    again = pickle.loads(pickle.dumps(value))  # noqa: S301 # our own bytes
    return again, copy.copy(value), copy.deepcopy(value)
