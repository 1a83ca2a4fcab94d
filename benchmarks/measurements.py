"""What a run measured: plain records that tables, plots and targets are made from.

Everything here is pure, so that a report can be made again from its JSON.
"""

import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

SELF: Final = "egcore"
YARD: Final = "json.loads"


class Measurement(NamedTuple):
    """One figure: ``value`` in ``unit`` for one event, body, document or process.

    ``ratio`` is the value over that of json.loads of the same bytes, in the same rounds,
    None where there are no such bytes. ``standard`` is a time in seconds on the machine of the
    targets, as far as json.loads of one event tells. ``rules`` is 0 and ``shape`` empty where
    they play no part. ``matches`` counts matches, or deliveries, for one item.
    """

    question: str
    subject: str
    shape: str
    rules: int
    value: float
    unit: str = "s"
    ratio: float | None = None
    matches: float | None = None
    standard: float | None = None


class LeftOut(NamedTuple):
    """A subject that was not measured, and why."""

    name: str
    why: str


class Run(NamedTuple):
    """All measurements of one run of the report, with what it ran on and what was left out."""

    header: Mapping[str, str]
    measurements: Sequence[Measurement]
    left_out: Sequence[LeftOut] = ()

    @property
    def scale(self) -> str:
        """The name of the scale that the run was made at."""
        return self.header["scale"]

    @property
    def slowness(self) -> float:
        """How much slower the machine was than that of the targets, in the middle of the run."""
        found = [each.value / each.standard for each in self.measurements if each.standard]
        return median(found) if found else 1.0

    def find(
        self, question: str, subject: str = SELF, shape: str = "", rules: int = 0
    ) -> Measurement | None:
        """Return the one measurement of these names, None when it was not made."""
        wanted = (question, subject, shape, rules)
        return next((each for each in self.measurements if each[:4] == wanted), None)

    def series(self, question: str, subject: str = SELF, shape: str = "") -> list[Measurement]:
        """Return the measurements that differ in the number of rules alone, by that number."""
        wanted = (question, subject, shape)
        found = [each for each in self.measurements if each[:3] == wanted]
        return sorted(found, key=lambda each: each.rules)

    def subjects(self, question: str) -> list[str]:
        """Return what was measured for a question, in the order of measurement."""
        return list(dict.fromkeys(m.subject for m in self.measurements if m.question == question))


def to_json(run: Run) -> str:
    """Write a run as JSON, one measurement a line."""
    lines = ",\n".join(f"  {json.dumps(each._asdict())}" for each in run.measurements)
    header = json.dumps(dict(run.header), indent=1)
    left_out = json.dumps([list(each) for each in run.left_out])
    return f'{{"header": {header},\n"left_out": {left_out},\n"measurements": [\n{lines}\n]}}\n'


def from_json(text: str) -> Run:
    """Read back what ``to_json`` wrote."""
    document: dict[str, Any] = json.loads(text)
    return Run(
        document["header"],
        [Measurement(**each) for each in document["measurements"]],
        [LeftOut(*each) for each in document["left_out"]],
    )
