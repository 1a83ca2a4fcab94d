"""The router: documents in, deliveries out. Sends nothing, keeps nothing.

``Router`` is an immutable snapshot of a rule set; ``LiveRouter`` holds the current one
and swaps it whole, so that no reader ever sees half a change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from json import JSONEncoder
from threading import Lock
from types import NoneType
from typing import Any, Final, Self

from egcore import codes
from egcore.conditions import Field
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
from egcore.index.slots import Slots
from egcore.index.statistics import Statistics
from egcore.limits import EVENTGRID, Limits
from egcore.requests import Refusal, check_event, parse_request
from egcore.subscriptions import Subscription, load_subscription
from egcore.transforms import TransformCache

AnyEvent = Event | Raw | dict[str, Any]
AnySubscription = Subscription | Mapping[str, Any] | Raw
Loaded = tuple[Subscription, list[tuple[Field, ...]]]

_MAX_RECEIVERS: Final = 4_096  # sources whose receiver a router remembers


class Router:
    """An immutable rule set that routes events. Equal when limits and documents are.

    ``subscriptions`` holds all loaded ones in load order; only ENABLED ones of type EVENT
    route.
    """

    __slots__ = ("_digest", "_index", "_names", "_receivers", "_slots", "_transforms", "limits")

    def __init__(self, loaded: Iterable[Loaded], transforms: TransformCache) -> None:
        self.limits = transforms.limits
        self._transforms = transforms
        self._digest: str | None = None
        self._receivers: dict[tuple[str, str | None], Subscription] = {}
        self._slots: Slots[Subscription] = Slots()
        self._names: Slots[str] = Slots()
        self._index = Index(self._file(loaded))

    def _file(self, loaded: Iterable[Loaded]) -> Iterator[tuple[int, tuple[Field, ...]]]:
        """Take subscriptions in, and give the index those that route."""
        for number, (subscription, filters) in enumerate(loaded):
            self._slots.add(subscription.id, subscription)
            self._names.add(subscription.name, subscription.id)
            if subscription.is_routing:
                for fields in filters:
                    yield number, fields

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
        transforms = TransformCache(limits)
        loader = _Loader(transforms)
        router = cls(loader.load(documents), transforms)
        raise_errors(loader.problems, SubscriptionError)
        return router

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All loaded subscriptions in load order; only some of them route events."""
        return tuple(self._slots)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The warnings that loading found, pointers starting with the document's index."""
        each_of = enumerate(self._slots)
        return tuple(found for index, each in each_of for found in _placed(each.problems, index))

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
        book = Bookkeeper(self._transforms, self._digest_now)
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
        if type(event) is not Event:
            event = as_event(event, self.limits)
        items: Any = self._slots.items
        matched = [items[number] for number in self._index.match(event.members)]
        if channel_id is None:
            return matched
        return [each for each in matched if each.channel_id == channel_id]

    def route(self, event: AnyEvent, *, channel_id: str | None = None) -> list[Delivery]:
        """Return the deliveries of an event: subscriptions in load order, then targets.

        Raises ``RenderError`` when a body goes over a limit (``process`` lists that in
        ``failed``), and as ``match``.
        """
        checked = as_event(event, self.limits)
        deliveries: list[Delivery] = []
        for each in self.match(checked, channel_id=channel_id):
            for route in each.routes:
                transform = self._transforms[route[2]]
                body = transform.render(checked)
                deliveries.append(
                    Delivery(checked, each, route, transform.content_type, body, self._digest_now)
                )
        return deliveries

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
        """Return the first routing subscription whose ``source`` condition holds for a name.

        Raises ``UsageError`` when the name, or the channel if any, is no str.
        """
        if not isinstance(source, str) or not isinstance(channel_id, (str, NoneType)):
            raise usage("a receiver is found by the name of a source, and the id of a channel")
        found = self._receivers.get((source, channel_id))
        if found is None:
            found = self._find_receiver(source, channel_id)
            # Sources are the events' own choice: not all of them can be kept.
            if found is not None and len(self._receivers) < _MAX_RECEIVERS:
                self._receivers[source, channel_id] = found
        return found

    def _find_receiver(self, source: str, channel_id: str | None) -> Subscription | None:
        items: Any = self._slots.items
        listing, others = self._index.filed_under(source)
        receiving = [items[number] for number in listing]
        receiving += [each for each in map(items.__getitem__, others) if each.receives(source)]
        places = {each.id: self._slots.number(each.id) or 0 for each in receiving}
        inside = (each for each in receiving if _is_in(each, channel_id))
        return min(inside, key=lambda each: places[each.id], default=None)

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

    def stats(self) -> Statistics:
        """Tell how the filters of routing subscriptions are filed, and which cost most.

        Filters are named by their subscriptions. Looks at everything: takes time and
        memory in proportion to them.

        >>> Router.from_documents([]).stats().filters
        0
        """
        items: Any = self._slots.items
        return self._index.stats(lambda number: items[number].name)

    def with_subscription(self, document: AnySubscription) -> "Router":
        """Return a router with one more subscription, last in order. Raises as ``from_documents``.

        One with the id of a loaded subscription takes that one's place. The two routers
        share all but a little.
        """
        added, filters = _load_one(document, self._transforms)
        twin = self._names.number(added.name)
        if twin is not None and self._names.items[twin] != added.id:
            first = [each.name for each in self._slots].index(added.name)
            message = f"{shorten(added.name)}: the name is that of document {first} too"
            found = problem(codes.SUBSCRIPTION_TWICE, message, f"/{len(self._slots)}/name")
            raise SubscriptionError([found])
        names, index = self._names, self._index
        taken = self._slots.number(added.id)
        if taken is not None:
            names, index = self._names_and_index_without(taken)
        slots, number = self._slots.plus(added.id, added)
        names, _ = names.plus(added.name, added.id)
        if added.is_routing:
            index = index.plus(number, filters)
        return self._changed(slots, names, index)

    def without(self, id: str) -> "Router":  # noqa: A002 # the service's word
        """Return a router without a subscription. Raises ``UsageError`` for an unknown id."""
        number = self._slots.number(id) if isinstance(id, str) else None
        if number is None:
            raise usage("the router has no subscription of that id")
        slots = self._slots.minus(id)
        if slots.is_sparse:
            return Router.from_documents(slots, limits=self.limits)
        return self._changed(slots, *self._names_and_index_without(number))

    def _names_and_index_without(self, number: int) -> tuple[Slots[str], Index]:
        removed: Any = self._slots.items[number]
        index = self._index
        if removed.is_routing:
            index = index.minus(number, removed.filters())
        return self._names.minus(removed.name), index

    def _changed(self, slots: Slots[Subscription], names: Slots[str], index: Index) -> "Router":
        if names.is_sparse:  # replaced subscriptions leave their names' numbers unused
            names = Slots()
            for each in slots:
                names.add(each.name, each.id)
        changed = object.__new__(Router)
        changed.limits, changed._transforms = self.limits, self._transforms
        changed._slots, changed._names, changed._index = slots, names, index
        changed._digest, changed._receivers = None, {}
        return changed

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


class _Loader:
    """Loads the documents of a rule set one by one, collecting the problems of all."""

    def __init__(self, transforms: TransformCache) -> None:
        self._transforms = transforms
        self._seen: dict[tuple[str, str], int] = {}
        self.problems: list[Problem] = []

    def load(self, documents: Iterable[AnySubscription]) -> Iterator[Loaded]:
        """Give each subscription that is good and has an id and name of its own."""
        for index, document in enumerate(documents):
            try:
                loaded = _load_one(document, self._transforms)
            except SubscriptionError as error:
                self.problems += _placed(error.problems, index)
                continue
            subscription = loaded[0]
            self.problems += _placed(subscription.problems, index)
            if not self._has_twin(subscription, index):
                yield loaded

    def _has_twin(self, subscription: Subscription, index: int) -> bool:
        """Report a subscription whose id or name an earlier one has (spec section 6)."""
        twin = False
        for member, value in (("id", subscription.id), ("name", subscription.name)):
            first = self._seen.setdefault((member, value), index)
            if first != index:
                twin = True
                name = shorten(subscription.name)
                message = f"{name}: the {member} is that of document {first} too"
                found = problem(codes.SUBSCRIPTION_TWICE, message, f"/{index}/{member}")
                self.problems.append(found)
        return twin


def _placed(problems: Iterable[Problem], index: int) -> list[Problem]:
    """Give problems of a document their place in the rule set."""
    return [replace(each, pointer=f"/{index}{each.pointer}") for each in problems]


def _load_one(document: AnySubscription, transforms: TransformCache) -> Loaded:
    """Load a document, and again what was loaded under other limits: their effect differs."""
    if isinstance(document, Subscription):
        if document.limits is transforms.limits or document.limits == transforms.limits:
            return document, document.filters()
        document = document.text
    return load_subscription(document, transforms)


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
