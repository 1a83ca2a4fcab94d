"""Subscriptions: who wants which events, and what is delivered where.

A loaded subscription keeps its document as compact text and, of its targets, only what
routing needs: a hundred thousand of them are loaded at once. Sources and targets are
read from the text again when somebody asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from egcore.conditions import Field
from egcore.decoding import Raw, compact_json, decode, decode_rule
from egcore.errors import Problem, SubscriptionError, raise_errors, with_stack
from egcore.filters import Filter
from egcore.limits import EVENTGRID, Limits
from egcore.subscription_documents import (
    Route,
    SourceDraft,
    SubscriptionDraft,
    duplicate,
    named,
    read_subscription,
)
from egcore.transforms import Transform, TransformCache


@dataclass(frozen=True, slots=True)
class Source:
    """Where a subscription's events come from. ``filter`` is None for SCHEDULED ones."""

    id: str
    name: str
    filter: Filter | None


@dataclass(frozen=True, slots=True)
class Target:
    """Where deliveries go, and what they carry."""

    id: str
    name: str
    transform: Transform


class Subscription:
    """A checked subscription. Equal when id and document are. Not to be changed.

    ``text`` is the document as compact JSON; ``problems`` the warnings that loading
    found, ``limits`` what it was loaded under. ``routes`` is what routing needs of the
    targets: id, name, and the key of the transform.
    """

    __match_args__ = (
        "id",
        "name",
        "type",
        "status",
        "channel_id",
        "routes",
        "text",
        "problems",
        "limits",
    )
    __slots__ = __match_args__

    id: str
    name: str
    type: str
    status: str
    channel_id: str | None
    routes: tuple[Route, ...]
    text: str
    problems: tuple[Problem, ...]
    limits: Limits

    def __init__(
        self,
        draft: SubscriptionDraft,
        text: str,
        problems: tuple[Problem, ...],
        limits: Limits,
    ) -> None:
        values = (*draft[:5], draft.routes, text, problems, limits)
        for name, value in zip(self.__match_args__, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a subscription is immutable; {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a subscription is immutable; {name} cannot be deleted")

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any] | Raw, *, limits: Limits = EVENTGRID
    ) -> "Subscription":
        """Load a subscription document, a dict or JSON text (spec section 6).

        Ids that are absent are derived from the name, so equal documents have equal ids.
        Raises ``SubscriptionError`` with every problem, ``UsageError``, ``HostError``.
        """
        return load_subscription(document, TransformCache(limits))[0]

    @property
    def is_routing(self) -> bool:
        """Whether events are routed by it at all: ENABLED, and of type EVENT."""
        return self.status == "ENABLED" and self.type == "EVENT"

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources, read from the document. Raises ``HostError``."""
        return with_stack(lambda: tuple(map(_source, self._read_again().sources)))

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets. Raises ``HostError``."""
        transforms = TransformCache(self.limits)
        return with_stack(
            lambda: tuple(Target(of, name, transforms[key]) for of, name, key in self.routes)
        )

    def _read_again(self) -> SubscriptionDraft:
        return read_subscription(self.document, self.text, TransformCache(self.limits), [])

    def filters(self) -> list[tuple[Field, ...]]:
        """Return the fields of each source's filter, read from the document."""
        sources = self._read_again().sources
        return [source.fields for source in sources if source.filter is not None]

    def receives(self, source: str) -> bool:
        """Whether a ``source`` condition of it holds for a source's name; others do not count."""
        return any(_receives(fields, source) for fields in self.filters())

    def __eq__(self, other: object) -> bool:
        if type(other) is not Subscription:
            return NotImplemented
        return self.id == other.id and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<Subscription {self.name}>"  # never the text: its details hold secrets

    def __reduce__(self) -> tuple[object, tuple[str, Limits]]:
        return _restore, (self.text, self.limits)

    @property
    def document(self) -> dict[str, Any]:
        """A new copy of the document, unknown members included. Raises ``HostError``."""
        return decode(self.text).value  # type: ignore[no-any-return] # an object, as loaded


def _restore(text: str, limits: Limits) -> Subscription:
    """Load a subscription again that was loaded before."""
    return Subscription.from_document(text, limits=limits)


def load_subscription(
    document: Mapping[str, Any] | Raw, transforms: TransformCache
) -> tuple[Subscription, list[tuple[Field, ...]]]:
    """Load a document; return the subscription and the fields of its filters, for an index.

    Raises as ``Subscription.from_document``; the limits are those of ``transforms``.
    """
    limits = transforms.limits
    rule = decode_rule(document, "a subscription", limits=limits, error=SubscriptionError)
    found = [duplicate(pointer, limits) for pointer in rule.twice]
    draft = with_stack(read_subscription, rule.value, rule.text, transforms, found)
    if found:
        found = named(found, rule.value)
        raise_errors(found, SubscriptionError)
    subscription = Subscription(draft, rule.text, tuple(found), limits)
    return subscription, [each.fields for each in draft.sources if each.filter is not None]


def _source(draft: SourceDraft) -> Source:
    if draft.filter is None:
        return Source(draft.id, draft.name, None)
    loaded = Filter(draft.fields, compact_json(draft.filter), draft.problems)
    return Source(draft.id, draft.name, loaded)


def _receives(fields: tuple[Field, ...], source: str) -> bool:
    return all(field.predicate()(source) for field in fields if field.path == ("source",))
