"""Shapes and layouts: what filters have in common, compiled once for all of them."""

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, Final, NamedTuple

from egcore.index.generated import (
    Probe,
    Verify,
    make_probe,
    make_verifier,
    plain_probe,
)
from egcore.index.plan import Path, Step
from egcore.index.steps import STEPS, Narrow, Row
from egcore.paths import Getter, field_getter

Shape = tuple[tuple[Path, str, int], ...]
Signature = tuple[Path, ...]

MAX_COMPILED: Final = 512  # layouts, and shapes: code beyond that costs more than it saves
MAX_UNROLLED: Final = 64  # groups of a layout: the code of more is too long
NO_STEPS: Final = 0  # the number of the shape of filters that their keys say all about


class Test(NamedTuple):
    """One step of a shape, ready to run on rows: ``at`` is its first column."""

    path: Path
    kind: str
    at: int
    get: Getter
    narrow: Narrow


class Verifier(NamedTuple):
    """The steps of a shape, one by one and all at once."""

    tests: tuple[Test, ...]
    verify: Verify

    def without(self, place: int) -> "Verifier":
        """Return the verifier of all steps but one."""
        return make(self.tests[:place] + self.tests[place + 1 :])


def make(tests: tuple[Test, ...], *, compiled: bool = True) -> Verifier:
    """Compile some steps."""

    def slow(rows: Sequence[Row], members: dict[str, Any]) -> list[int]:
        for test in tests:
            rows = test.narrow(rows, test.at, test.get(members))
        return [row[0] for row in rows]

    if not compiled:
        return Verifier(tests, slow)
    return Verifier(tests, make_verifier([(each.path, each.kind, each.at) for each in tests], slow))


class Layout(NamedTuple):
    """How the values of an event are looked up in the tables of a partition.

    ``groups`` are the places of each table's key fields among all key fields.
    """

    groups: tuple[tuple[int, ...], ...]
    probe: Probe


def _lay_out(signatures: tuple[Signature, ...], *, compiled: bool) -> Layout:
    paths = tuple(dict.fromkeys(path for signature in signatures for path in signature))
    groups = tuple(tuple(map(paths.index, signature)) for signature in signatures)
    return Layout(groups, (make_probe if compiled else plain_probe)(paths, groups))


class Shapes:
    """The shapes of an index by number. Only ever grows, so snapshots may share it."""

    __slots__ = ("_growing", "_layouts", "_numbers", "verifiers", "verify")

    def __init__(self) -> None:
        self._numbers: dict[Shape, int] = {}
        self._layouts: dict[tuple[Signature, ...], Layout] = {}
        self._growing = Lock()
        self.verifiers: list[Verifier] = []
        self.verify: list[Verify] = []
        self.number(())  # NO_STEPS

    def layout(self, signatures: tuple[Signature, ...]) -> Layout:
        """Return the look-up of partitions with these signatures."""
        found = self._layouts.get(signatures)
        if found is None:
            compiled = len(self._layouts) < MAX_COMPILED and len(signatures) <= MAX_UNROLLED
            found = self._layouts[signatures] = _lay_out(signatures, compiled=compiled)
        return found

    def number(self, steps: Iterable[Step]) -> int:
        """Return the number of the shape of some steps."""
        shape = tuple((step.path, step.kind, len(step.columns)) for step in steps)
        found = self._numbers.get(shape)
        if found is None:
            with self._growing:
                found = self._numbers.get(shape)
                if found is None:
                    found = len(self.verifiers)
                    compiled = found < MAX_COMPILED
                    self.verifiers.append(make(_tests(shape), compiled=compiled))
                    self.verify.append(self.verifiers[-1].verify)
                    self._numbers[shape] = found
        return found


def _tests(shape: Shape) -> tuple[Test, ...]:
    tests: list[Test] = []
    at = 1
    for path, kind, width in shape:
        tests.append(Test(path, kind, at, field_getter(path), STEPS[kind].narrow))
        at += width
    return tuple(tests)
