"""What routing gives back: deliveries, failures, and the outcome of a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from egcore import codes
from egcore.decoding import compact_json
from egcore.digests import sha256_hex
from egcore.errors import EgcoreError, EventError, Problem, RenderError, problem
from egcore.events import Event
from egcore.requests import Refusal, refusal
from egcore.subscription_documents import Route
from egcore.subscriptions import Subscription
from egcore.transforms import TransformCache

ERROR_DETAILS_CHARS: Final = 1_024  # doc
REQUEST_ID_CHARS: Final = 128  # doc


class Delivery:
    """One body for one target. Compares and pickles by value.

    ``subscription`` and ``target`` are names; ``body`` is bytes. ``delivery_id`` is
    equal for equal event, subscription and target, in every process: receivers tell
    repeated deliveries by it (spec section 6). It and ``rules_digest`` are computed on
    first use.
    """

    __slots__ = (
        "_delivery_id",
        "_digest",
        "body",
        "content_type",
        "event_id",
        "event_source",
        "subscription",
        "subscription_id",
        "target",
        "target_id",
    )

    def __init__(
        self,
        event: Event,
        subscription: Subscription,
        route: Route,
        content_type: str,
        body: bytes,
        digest: Callable[[], str],
    ) -> None:
        self.subscription_id = subscription.id
        self.subscription = subscription.name
        self.target_id = route[0]
        self.target = route[1]
        self.event_id = event.members["id"]
        self.event_source = event.members["source"]
        self.content_type = content_type
        self.body = body
        self._digest = digest
        self._delivery_id: str | None = None

    @property
    def delivery_id(self) -> str:
        """SHA-256 (hex) of the JSON array [source, event id, subscription id, target id]."""
        if self._delivery_id is None:
            parts = [self.event_source, self.event_id, self.subscription_id, self.target_id]
            self._delivery_id = sha256_hex(compact_json(parts).encode())
        return self._delivery_id

    @property
    def rules_digest(self) -> str:
        """The digest of the rule set that made it: ``Router.rules_digest``."""
        return self._digest()

    def document(self) -> dict[str, str]:
        """Return the delivery as the members of its JSON line."""
        return {
            "delivery_id": self.delivery_id,
            "subscription_id": self.subscription_id,
            "subscription": self.subscription,
            "target_id": self.target_id,
            "target": self.target,
            "event_id": self.event_id,
            "event_source": self.event_source,
            "content_type": self.content_type,
            "body": self.body.decode(),
            "rules_digest": self.rules_digest,
        }

    def to_json(self) -> str:
        """Return the delivery as a JSON line without its newline (spec section 6)."""
        return compact_json(self.document())

    def __eq__(self, other: object) -> bool:
        if type(other) is not Delivery:
            return NotImplemented
        return self.document() == other.document()

    def __hash__(self) -> int:
        return hash(self.delivery_id)

    def __repr__(self) -> str:
        return f"<Delivery to {self.subscription} {self.target} of {len(self.body)} bytes>"

    def __reduce__(self) -> tuple[object, tuple[dict[str, str]]]:
        return _restore, (self.document(),)


def _restore(document: dict[str, str]) -> Delivery:
    """Make a delivery again from its document."""
    delivery = Delivery.__new__(Delivery)
    digest = document["rules_digest"]
    delivery.subscription_id = document["subscription_id"]
    delivery.subscription = document["subscription"]
    delivery.target_id = document["target_id"]
    delivery.target = document["target"]
    delivery.event_id = document["event_id"]
    delivery.event_source = document["event_source"]
    delivery.content_type = document["content_type"]
    delivery.body = document["body"].encode()
    delivery._delivery_id = document["delivery_id"]  # noqa: SLF001 # its own class
    delivery._digest = lambda: digest  # noqa: SLF001 # its own class
    return delivery


@dataclass(frozen=True, slots=True)
class Failure:
    """A target that was reached and got nothing: a body went over a limit.

    ``delivery`` says which one it would have been; its body is empty, never truncated.
    ``index`` is that of the event in its request.
    """

    delivery: Delivery
    problem: Problem
    index: int = 0

    def document(self, index: int | None = None) -> dict[str, Any]:
        """Return the failure as the members of its JSON line, under another index if given."""
        delivery = self.delivery
        return {
            "index": self.index if index is None else index,
            "event_id": delivery.event_id,
            "event_source": delivery.event_source,
            "error_code": self.problem.service_code,
            "error_msg": None,
            "problems": [
                {"code": self.problem.code, "message": self.problem.message, "pointer": ""}
            ],
            "subscription_id": delivery.subscription_id,
            "target_id": delivery.target_id,
            "delivery_id": delivery.delivery_id,
        }

    def to_json(self, index: int | None = None) -> str:
        """Return the failure as a JSON line without its newline (spec section 6)."""
        return compact_json(self.document(index))


class Result(NamedTuple):
    """What the service answers for one event; code and message are None when accepted."""

    event_id: str | None
    error_code: str | None
    error_msg: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that came of one request (spec section 3.1).

    ``results`` holds one ``Result`` for every event in request order, none when the
    request was refused as a whole: then ``error`` is its refusal. ``unrouted`` counts
    accepted events that no subscription wanted.
    """

    results: tuple[Result, ...]
    refused: tuple[Refusal, ...]
    deliveries: tuple[Delivery, ...]
    failed: tuple[Failure, ...]
    unrouted: int
    error: Refusal | None = None

    @property
    def received(self) -> int:
        """How many events were submitted; a request refused as a whole counts as one."""
        return len(self.results) if self.error is None else 1

    @property
    def accepted(self) -> int:
        """How many events were accepted: received less refused."""
        return self.received - len(self.refused)

    @property
    def status(self) -> int:
        """The HTTP status: 200 when every event was accepted, else 400."""
        return 400 if self.refused else 200

    def document(self, request_id: str | None = None) -> dict[str, Any]:
        """Return what the service would answer (spec section 3.1)."""
        if self.error is not None:
            return _error_document(self.error, request_id)
        return {
            "failed_count": len(self.refused),
            "events": [result._asdict() for result in self.results],
        }


def _error_document(error: Refusal, request_id: str | None) -> dict[str, str]:
    document = {"error_code": error.error_code, "error_msg": error.error_msg}
    details = "; ".join(each.message for each in error.problems)
    if details:
        document["error_details"] = cut(details, ERROR_DETAILS_CHARS)
    if request_id:
        document["request_id"] = cut(request_id, REQUEST_ID_CHARS)
    return document


def cut(text: str, limit: int) -> str:
    """Shorten a text to the service's limit, the cut marked with an ellipsis (spec section 2)."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def refused_request(error: EventError) -> Outcome:
    """Return the outcome of a request that was refused as a whole."""
    found = refusal(error)
    return Outcome((), (found,), (), (), 0, found)


class Bookkeeper:
    """Books each event of a request once, and its targets; ``close`` checks the sums."""

    def __init__(self, transforms: TransformCache, digest: Callable[[], str]) -> None:
        self._transforms = transforms
        self._digest = digest
        self._results: list[Result] = []
        self._refused: list[Refusal] = []
        self._deliveries: list[Delivery] = []
        self._failed: list[Failure] = []
        self._unrouted = 0
        self._reached = 0

    def refuse(self, found: Refusal) -> None:
        """Book a refused event."""
        self._refused.append(found)
        self._results.append(Result(found.event_id, found.error_code, found.error_msg))

    def accept(self, index: int, event: Event, matched: list[Subscription]) -> None:
        """Book an accepted event and render a body for each target of what it matched."""
        self._results.append(Result(event.id, None, None))
        self._unrouted += not matched
        for subscription in matched:
            for route in subscription.routes:
                self._reached += 1
                self._deliver(index, event, subscription, route)

    def _deliver(self, index: int, event: Event, subscription: Subscription, route: Route) -> None:
        transform = self._transforms[route[2]]
        content_type = transform.content_type
        try:
            body = transform.render(event)
        except RenderError as error:
            empty = Delivery(event, subscription, route, content_type, b"", self._digest)
            self._failed.append(Failure(empty, error.problems[0], index))
        else:
            delivery = Delivery(event, subscription, route, content_type, body, self._digest)
            self._deliveries.append(delivery)

    def close(self, received: int) -> Outcome:
        """Return the outcome. Nothing is lost and nothing doubled, or this raises."""
        delivered = len(self._deliveries) + len(self._failed)
        if len(self._results) != received or delivered != self._reached:
            raise EgcoreError([problem(codes.INTERNAL, "the books do not balance")])
        return Outcome(
            tuple(self._results),
            tuple(self._refused),
            tuple(self._deliveries),
            tuple(self._failed),
            self._unrouted,
        )
