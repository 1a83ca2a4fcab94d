"""Shapes and layouts: what filters have in common, compiled once for all of them."""

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, Final, NamedTuple
from weakref import WeakValueDictionary

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

MAX_COMPILED: Final = 512  # shapes: code for more of them costs more than it saves
MAX_PROBED: Final = 2_048  # tables that compiled look-ups may have, all together
MAX_UNROLLED: Final = 64  # groups of a layout: the code of more is too long
NO_STEPS: Final = 0  # the number of the shape of filters that their keys say all about


class Test(NamedTuple):
    """One step of a shape, ready to run on rows: ``at`` is its first column."""

    path: Path
    kind: str
    at: int
    get: Getter
    narrow: Narrow


class Verifier:
    """The steps of a shape, one by one and all at once; compiled, or plain where that is enough."""

    __slots__ = ("_compiled", "_rests", "tests", "verify")

    def __init__(self, tests: tuple[Test, ...], *, compiled: bool = True) -> None:
        self.tests = tests
        self._compiled = compiled
        self._rests: dict[int, Verify] = {}
        self.verify = _verify(tests, compiled=compiled)

    def without(self, place: int) -> Verify:
        """Return the test of all steps but one, which all tables over that one share."""
        found = self._rests.get(place)
        if found is None:
            rest = self.tests[:place] + self.tests[place + 1 :]
            found = self._rests[place] = _verify(rest, compiled=self._compiled)
        return found


def _verify(tests: tuple[Test, ...], *, compiled: bool) -> Verify:
    def slow(rows: Sequence[Row], members: dict[str, Any]) -> list[int]:
        for test in tests:
            rows = test.narrow(rows, test.at, test.get(members))
        return [row[0] for row in rows]

    if not compiled:
        return slow
    return make_verifier([(each.path, each.kind, each.at) for each in tests], slow)


def _lay_out(signatures: tuple[Signature, ...], *, compiled: bool) -> Probe:
    """Make the look-up of an event's values in tables with these key fields."""
    paths = tuple(dict.fromkeys(path for signature in signatures for path in signature))
    places = {path: place for place, path in enumerate(paths)}
    groups = tuple(tuple(places[path] for path in signature) for signature in signatures)
    return (make_probe if compiled else plain_probe)(paths, groups)


class Shapes:
    """The shapes of an index by number. Only ever grows, so snapshots may share it."""

    __slots__ = ("_growing", "_numbers", "_probed", "_probes", "verifiers", "verify")

    def __init__(self) -> None:
        self._numbers: dict[Shape, int] = {}
        self._probed = 0
        self._probes: WeakValueDictionary[tuple[Signature, ...], Probe] = WeakValueDictionary()
        self._growing = Lock()
        self.verifiers: list[Verifier] = []
        self.verify: list[Verify] = []
        self.number(())  # NO_STEPS

    def probe(self, signatures: tuple[Signature, ...]) -> Probe:
        """Return the look-up of partitions with these signatures."""
        found = self._probes.get(signatures)
        if found is None:
            self._probed += len(signatures)
            found = _lay_out(signatures, compiled=self._probed <= MAX_PROBED)
            self._probes[signatures] = found
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
                    self.verifiers.append(Verifier(_tests(shape), compiled=compiled))
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
