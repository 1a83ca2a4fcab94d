"""The router: documents in, deliveries out. Sends nothing, keeps nothing.

``Router`` is an immutable snapshot of a rule set; ``LiveRouter`` holds the current one
and swaps it whole, so that no reader ever sees half a change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from json import JSONEncoder
from threading import Lock
from typing import Any, Final, Self

from egcore import codes
from egcore.decoding import Raw
from egcore.deliveries import Bookkeeper, Delivery, Outcome, refused_request
from egcore.digests import sha256_of
from egcore.errors import (
    EventError,
    Problem,
    RuleError,
    SubscriptionError,
    kind,
    problem,
    raise_errors,
    shorten,
    usage,
    with_stack,
)
from egcore.events import Event, as_event
from egcore.explain import explain
from egcore.explanations import Explanation
from egcore.index import Index
from egcore.limits import EVENTGRID, Limits
from egcore.requests import Refusal, check_event, parse_request
from egcore.subscriptions import Subscription

AnyEvent = Event | Raw | dict[str, Any]
AnySubscription = Subscription | Mapping[str, Any] | Raw


class Router:
    """An immutable rule set that routes events. Equal when limits and documents are.

    ``subscriptions`` holds all loaded ones in load order; only ENABLED ones of type EVENT
    route. ``problems`` holds the warnings that loading found, pointers starting with the
    document's index.
    """

    __slots__ = ("_digest", "_index", "limits", "problems", "subscriptions")

    def __init__(
        self,
        subscriptions: tuple[Subscription, ...],
        limits: Limits = EVENTGRID,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        self.subscriptions = subscriptions
        self.limits = limits
        self.problems = problems
        self._digest: str | None = None
        self._index = Index(
            (each, source.filter)
            for each in subscriptions
            if each.is_routing
            for source in each.sources
            if source.filter is not None
        )

    @classmethod
    def from_documents(
        cls, documents: Iterable[AnySubscription], *, limits: Limits = EVENTGRID
    ) -> Self:
        """Load subscription documents: dicts, JSON texts, or loaded subscriptions.

        Raises ``SubscriptionError`` with every problem of every document, pointers
        starting with the document's index; ``UsageError``, ``HostError``.

        >>> Router.from_documents([]).subscriptions
        ()
        """
        if isinstance(documents, (Mapping, str, bytes)) or not isinstance(documents, Iterable):
            raise usage(f"a router takes a list of subscription documents, not {kind(documents)}")
        loaded, problems = _load(documents, limits)
        problems += _find_twins(loaded)
        raise_errors(problems, SubscriptionError)
        return cls(tuple(each for _, each in loaded), limits, tuple(problems))

    # Requests

    def process(self, body: Raw | dict[str, Any], *, channel_id: str | None = None) -> Outcome:
        """Check, match and transform a request ``{"events": [...]}`` (spec section 3.1).

        Every submitted event gets exactly one result. Never raises for a body; raises
        ``UsageError`` for what is no body and ``HostError`` for a full stack.
        """
        try:
            members = parse_request(body, limits=self.limits).members
        except EventError as error:
            return refused_request(error)
        return with_stack(self._outcome, members, channel_id)

    def process_event(self, event: AnyEvent, *, channel_id: str | None = None) -> Outcome:
        """Do as ``process`` for one bare event; bytes that are no event are refused as one."""
        members = [check_event(event, self.limits)]
        return with_stack(self._outcome, members, channel_id)

    def _outcome(self, members: Sequence[Event | Refusal], channel_id: str | None) -> Outcome:
        book = Bookkeeper(self._digest_now)
        for index, member in enumerate(members):
            admitted = self._admit(member, index, channel_id)
            if isinstance(admitted, Refusal):
                book.refuse(admitted)
            else:
                book.accept(index, admitted, self.match(admitted, channel_id=channel_id))
        return book.close(len(members))

    def _admit(
        self, member: Event | Refusal, index: int, channel_id: str | None
    ) -> Event | Refusal:
        """Refuse an event whose source nobody subscribes to, where the limits ask for that."""
        if isinstance(member, Refusal) or not self.limits.require_subscription:
            return member
        if self.receiver(member.source, channel_id) is not None:
            return member
        found = problem(codes.NO_SUBSCRIPTION, "no subscription receives the source")
        return Refusal(index, member.id, member.source, (found,))

    # Events

    def match(self, event: AnyEvent, *, channel_id: str | None = None) -> list[Subscription]:
        """Return the routing subscriptions whose filter matches, in load order.

        ``channel_id`` keeps those of one channel; None takes all. Bytes, str or a dict
        are parsed first; raises as ``parse_event`` then.
        """
        matched = self._index.match(as_event(event, self.limits).members)
        if len(matched) > 1:
            matched = list(dict.fromkeys(matched))  # one with several sources stands once
        if channel_id is None:
            return matched
        return [each for each in matched if each.channel_id == channel_id]

    def route(self, event: AnyEvent, *, channel_id: str | None = None) -> list[Delivery]:
        """Return the deliveries of an event: subscriptions in load order, then targets.

        Raises ``RenderError`` when a body goes over a limit (``process`` lists that in
        ``failed``), and as ``match``.
        """
        checked = as_event(event, self.limits)
        return [
            Delivery(checked, each, target, target.transform.render(checked), self._digest_now)
            for each in self.match(checked, channel_id=channel_id)
            for target in each.targets
        ]

    def route_many(
        self, events: Iterable[AnyEvent], *, channel_id: str | None = None
    ) -> list[list[Delivery]]:
        """Return the deliveries of each event. Raises as ``route``."""
        if isinstance(events, (Mapping, str, bytes)) or not isinstance(events, Iterable):
            raise usage(f"route_many takes a list of events, not {kind(events)}")
        return [self.route(event, channel_id=channel_id) for event in events]

    def explain(self, event: AnyEvent, *, channel_id: str | None = None) -> Explanation:
        """Tell for every subscription why it does or does not get the event.

        A second, slow evaluator that shares nothing with the fast path; its ``matched``
        equals ``match``. Raises as ``match``.
        """
        checked = as_event(event, self.limits)
        return explain(self.subscriptions, checked, channel_id=channel_id, limits=self.limits)

    # Sources

    def precheck(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Answer whether events of given sources could be received (spec section 6).

        ``{"sources": [{"channel_id", "source_name"}]}``; a source without a channel is
        looked for in all. Only the ``source`` conditions count. Raises ``RuleError`` for
        a bad document.

        >>> Router.from_documents([]).precheck({})
        {'failed_count': 0, 'sources': []}
        """
        results = [self._precheck(*each) for each in _precheck_sources(document)]
        failed = sum(not result["check_result"] for result in results)
        return {"failed_count": failed, "sources": results}

    def _precheck(self, channel_id: str | None, source: str) -> dict[str, Any]:
        found = self.receiver(source, channel_id)
        if found is not None:
            detail = f"received by the subscription {found.name}"
        elif any(each.is_routing and _is_in(each, channel_id) for each in self.subscriptions):
            detail = "no enabled subscription of the channel receives this source"
        else:
            detail = "the channel has no enabled subscription"
        return {
            "channel_id": channel_id,
            "source_name": source,
            "check_result": found is not None,
            "check_detail": detail,
        }

    def receiver(self, source: str, channel_id: str | None = None) -> Subscription | None:
        """Return the first routing subscription whose ``source`` condition holds for a name."""
        for each in self.subscriptions:
            if each.is_routing and _is_in(each, channel_id) and each.receives(source):
                return each
        return None

    # Rule sets

    @property
    def rules_digest(self) -> str:
        """SHA-256 (hex) of limits and documents: equal digests mean equal deliveries.

        Over the limits, then each loaded document in order, as canonical JSON (keys
        sorted, compact, UTF-8), each after a line feed. Computed on first use.
        """
        if self._digest is None:
            self._digest = with_stack(self._compute_digest)
        return self._digest

    def _compute_digest(self) -> str:
        documents = (b"\n" + _canonical(each.document) for each in self.subscriptions)
        return sha256_of(chain([_canonical(asdict(self.limits))], documents))

    def _digest_now(self) -> str:
        return self.rules_digest

    def with_subscription(self, document: AnySubscription) -> "Router":
        """Return a router with one more subscription, last in order. Raises as ``from_documents``.

        One with the id of a loaded subscription takes that one's place.
        """
        added = _as_subscription(document, self.limits)
        kept = {each.id: each for each in self.subscriptions}
        kept[added.id] = added
        return Router.from_documents(kept.values(), limits=self.limits)

    def without(self, id: str) -> "Router":  # noqa: A002 # the service's word
        """Return a router without a subscription. Raises ``UsageError`` for an unknown id."""
        rest = [each for each in self.subscriptions if each.id != id]
        if len(rest) == len(self.subscriptions):
            raise usage("the router has no subscription of that id")
        return Router.from_documents(rest, limits=self.limits)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Router:
            return NotImplemented
        return self.limits == other.limits and self.subscriptions == other.subscriptions

    def __hash__(self) -> int:
        return hash((self.limits, self.subscriptions))

    def __repr__(self) -> str:
        return f"<Router of {len(self.subscriptions)} subscriptions>"

    def __reduce__(self) -> tuple[object, tuple[list[str], Limits]]:
        return _restore, ([each.text for each in self.subscriptions], self.limits)


def _restore(documents: list[str], limits: Limits) -> Router:
    return Router.from_documents(documents, limits=limits)


class LiveRouter:
    """The current router of a program, swapped whole while others read it.

    ``current`` is one attribute: readers take it once and never lock. Writers wait for
    each other. A change that does not load raises and leaves ``current`` as it was.
    """

    __slots__ = ("_writing", "current")

    def __init__(self, router: Router) -> None:
        if not isinstance(router, Router):
            raise usage(f"a live router starts with a Router, not {kind(router)}")
        self.current = router
        self._writing = Lock()

    def replace(self, documents: Iterable[AnySubscription]) -> None:
        """Put another rule set in place. Raises as ``Router.from_documents``."""
        with self._writing:
            self.current = Router.from_documents(documents, limits=self.current.limits)

    def add(self, document: AnySubscription) -> None:
        """Add or replace one subscription. Raises as ``Router.with_subscription``."""
        with self._writing:
            self.current = self.current.with_subscription(document)

    def remove(self, id: str) -> None:  # noqa: A002 # the service's word
        """Remove one subscription. Raises ``UsageError`` for an unknown id."""
        with self._writing:
            self.current = self.current.without(id)

    def process(self, body: Raw | dict[str, Any], *, channel_id: str | None = None) -> Outcome:
        """Do as ``Router.process`` of the current router."""
        return self.current.process(body, channel_id=channel_id)

    def process_event(self, event: AnyEvent, *, channel_id: str | None = None) -> Outcome:
        """Do as ``Router.process_event`` of the current router."""
        return self.current.process_event(event, channel_id=channel_id)

    def match(self, event: AnyEvent, *, channel_id: str | None = None) -> list[Subscription]:
        """Do as ``Router.match`` of the current router."""
        return self.current.match(event, channel_id=channel_id)

    def route(self, event: AnyEvent, *, channel_id: str | None = None) -> list[Delivery]:
        """Do as ``Router.route`` of the current router."""
        return self.current.route(event, channel_id=channel_id)

    def route_many(
        self, events: Iterable[AnyEvent], *, channel_id: str | None = None
    ) -> list[list[Delivery]]:
        """Do as ``Router.route_many``; all the events see the same rules."""
        return self.current.route_many(events, channel_id=channel_id)

    def explain(self, event: AnyEvent, *, channel_id: str | None = None) -> Explanation:
        """Do as ``Router.explain`` of the current router."""
        return self.current.explain(event, channel_id=channel_id)

    def precheck(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Do as ``Router.precheck`` of the current router."""
        return self.current.precheck(document)

    def __reduce__(self) -> tuple[object, tuple[Router]]:
        return LiveRouter, (self.current,)


# --- Loading -------------------------------------------------------------------------------


def _load(
    documents: Iterable[AnySubscription], limits: Limits
) -> tuple[list[tuple[int, Subscription]], list[Problem]]:
    """Load each document; return those that are good with their index, and all problems."""
    loaded: list[tuple[int, Subscription]] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        found: Iterable[Problem]
        try:
            subscription = _as_subscription(document, limits)
        except SubscriptionError as error:
            found = error.problems
        else:
            loaded.append((index, subscription))
            found = subscription.problems
        problems += (replace(each, pointer=f"/{index}{each.pointer}") for each in found)
    return loaded, problems


def _as_subscription(document: AnySubscription, limits: Limits) -> Subscription:
    """Load a document, and again what was loaded under other limits: their effect differs."""
    if isinstance(document, Subscription):
        if document.limits is limits or document.limits == limits:
            return document
        document = document.text
    return Subscription.from_document(document, limits=limits)


def _find_twins(loaded: list[tuple[int, Subscription]]) -> list[Problem]:
    """Report every subscription whose id or name an earlier one has (spec section 6)."""
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    for index, each in loaded:
        for member, value in (("id", each.id), ("name", each.name)):
            first = seen.setdefault((member, value), index)
            if first != index:
                message = f"{shorten(each.name)}: the {member} is that of document {first} too"
                problems.append(problem(codes.SUBSCRIPTION_TWICE, message, f"/{index}/{member}"))
    return problems


_canonical_encoder: Final = JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _canonical(document: Any) -> bytes:
    return _canonical_encoder.encode(document).encode()


# --- Precheck ----------------------------------------------------------------------------------


def _is_in(subscription: Subscription, channel_id: str | None) -> bool:
    return channel_id is None or subscription.channel_id == channel_id


def _precheck_sources(document: object) -> list[tuple[str | None, str]]:
    """Read (channel_id, source_name) pairs; raise ``RuleError`` with every problem."""
    if not isinstance(document, dict):
        message = "a precheck must be an object"
        raise RuleError([problem(codes.DOCUMENT_SHAPE, message, got=kind(document))])
    sources = document.get("sources")
    if sources is None:
        return []
    if type(sources) is not list:
        message = "sources must be a list"
        raise RuleError([problem(codes.MEMBER_TYPE, message, "/sources", got=kind(sources))])
    pairs: list[tuple[str | None, str]] = []
    problems: list[Problem] = []
    for index, item in enumerate(sources):
        channel_id, source = (
            (item.get("channel_id"), item.get("source_name")) if type(item) is dict else (0, 0)
        )
        if type(source) is not str or not (channel_id is None or type(channel_id) is str):
            message = "a source needs source_name, and channel_id if any, as strings"
            problems.append(problem(codes.MEMBER_TYPE, message, f"/sources/{index}"))
        else:
            pairs.append((channel_id, source))
    if problems:
        raise RuleError(problems)
    return pairs
