"""A workload made ready to be timed, and the check that its results are right.

Every timed result is first compared, on a sample of events, with ``tests/oracle.py``:
the specification once more, slow and obvious.
"""

import json
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Final

from benchmarks.workloads import BATCH_EVENTS, Document, make
from egcore import Event, Matcher, Outcome, Router, parse_event
from tests import oracle

SEED: Final = 1
EVENTS: Final = 200
SAMPLE: Final = 4

_compact: Final = json.JSONEncoder(separators=(",", ":")).encode


class WrongResultError(AssertionError):
    """A subject to be timed does not give what the oracle gives."""


class Scene:
    """One shape with so many rules: events as dicts, bytes and ``Event``; matcher, router."""

    def __init__(self, shape: str, rules: int, seed: int = SEED) -> None:
        self.shape, self.rules = shape, rules
        workload = make(shape, rules, EVENTS, seed)
        self.documents = workload.subscriptions
        self.members = workload.events
        self.texts = [_compact(event).encode() for event in self.members]
        self.bodies = [_compact(body).encode() for body in workload.batches()]

    @cached_property
    def filters(self) -> list[Document]:
        """The filter documents in order; a rule's name in the matchers is its position."""
        return [document["sources"][0]["filter"] for document in self.documents]

    @cached_property
    def events(self) -> list[Event]:
        """The events, parsed and checked."""
        return [parse_event(text) for text in self.texts]

    @cached_property
    def matcher(self) -> Matcher[int]:
        """All filters in one matcher, checked against the oracle."""
        matcher = Matcher(dict(enumerate(self.filters)))
        self.check(matcher.match)
        return matcher

    @cached_property
    def router(self) -> Router:
        """All subscriptions in one router."""
        return Router.from_documents(self.documents)

    @cached_property
    def expected(self) -> list[list[int]]:
        """What the oracle says of the sample: positions of matching filters for each event."""
        return [_oracle(self.filters, event) for event in self.members[:SAMPLE]]

    @cached_property
    def matches(self) -> float:
        """How many filters match one event on average."""
        return sum(len(self.matcher.match(event)) for event in self.events) / len(self.events)

    def check(self, match: Callable[[dict[str, Any]], Iterable[int]]) -> None:
        """Raise ``WrongResultError`` unless ``match`` agrees with the oracle on the sample."""
        for event, expected in zip(self.members, self.expected, strict=False):
            found = sorted(match(event))
            if found != expected:
                raise WrongResultError(
                    f"{self.shape} with {self.rules} rules: {len(found)} matches, "
                    f"the oracle has {len(expected)}"
                )

    def check_outcome(self, outcome: Outcome, body: bytes) -> None:
        """Raise ``WrongResultError`` unless every delivery of a request is the oracle's."""
        expected = []
        for event in json.loads(body)["events"]:
            for position in _oracle(self.filters, event):
                document = self.documents[position]
                transform = document["targets"][0]["transform"]
                original = _compact(event).encode()
                rendered = oracle.render(transform, event, original)
                expected.append((event["id"], document["id"], rendered))
        found = [(each.event_id, each.subscription_id, each.body) for each in outcome.deliveries]
        if found != expected:
            raise WrongResultError(
                f"{self.shape} with {self.rules} rules: {len(found)} deliveries, not those "
                f"{len(expected)} of the oracle"
            )


_last: dict[tuple[str, int], Scene] = {}


def scene(shape: str, rules: int) -> Scene:
    """Return a scene. The last one is kept, no more: a large one takes a while, and gigabytes."""
    if (shape, rules) not in _last:
        _last.clear()
        _last[shape, rules] = Scene(shape, rules)
    return _last[shape, rules]


def _oracle(filters: list[Document], event: Document) -> list[int]:
    return [place for place, each in enumerate(filters) if oracle.matches(each, event)]


def sized_event(size: int) -> bytes:
    """Return an event of about ``size`` bytes: orders with many lines, as shops send them."""
    lines: list[Document] = []
    event: Document = {
        "id": "b25e1c4f-7a0d-4c0e-9a83-000000000000",
        "specversion": "1.0",
        "source": "shop",
        "type": "com.example.order.paid",
        "datacontenttype": "application/json",
        "subject": "/users/123/items/4567",
        "time": "2025-01-02T03:04:05.678Z",
        "data": {"name": "test01", "amount": 250, "paid": True, "lines": lines},
    }
    while len(_compact(event)) < size:
        number = len(lines)
        lines.append({"id": f"line-{number}", "price": number * 1.25, "count": number % 7})
    return _compact(event).encode()


def request_of(event: bytes, count: int = BATCH_EVENTS) -> bytes:
    """Return a request body that holds the same event ``count`` times."""
    return b'{"events":[' + b",".join([event] * count) + b"]}"
