"""Subscription documents: JSON values to what a subscription is made of.

Documents use the service's names (spec section 6); unknown members are let be. Every
problem is reported at once, each with its pointer into the document.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NamedTuple

from egcore import codes
from egcore.conditions import Field
from egcore.decoding import compact_json
from egcore.digests import sha256_hex
from egcore.errors import MAX_PROBLEMS, EnoughError, Problem, kind, problem, shorten
from egcore.filter_documents import duplicate_key as duplicate_filter_key
from egcore.filter_documents import nearest, read_filter
from egcore.limits import Limits
from egcore.transforms import JSON, Transform, TransformCache, TransformKey, duplicate_key

SUBSCRIPTION_TYPES: Final = ("EVENT", "SCHEDULED")
STATUSES: Final = ("CREATED", "ENABLED", "DISABLED", "FROZEN", "ERROR")
PROVIDER_TYPES: Final = ("OFFICIAL", "CUSTOM", "PARTNER")
DETAILS: Final = ("detail", "kafka_detail", "smn_detail", "eg_detail", "apigw_detail")
SECRET_MEMBERS: Final = frozenset({*DETAILS, "connection_id", "dead_letter_queue"})
"""What tells how to reach a target: never shown, wherever it stands in a document."""

FUNCTION_TARGET: Final = "HC.FunctionGraph"

_NAME: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
_RESOURCE_ID: Final = re.compile("[a-z0-9][a-z0-9-]*")

# A target as routing needs it: id, name, and the transform's key. A plain tuple of strings,
# which the garbage collector forgets: 100,000 subscriptions must not slow it down.
Route = tuple[str, str, TransformKey]


class SourceDraft(NamedTuple):
    """A source as it was read: its filter's document and fields, and what is odd about them."""

    id: str
    name: str
    filter: dict[str, Any] | None
    fields: tuple[Field, ...]
    problems: tuple[Problem, ...]


class SubscriptionDraft(NamedTuple):
    """A subscription as it was read."""

    id: str
    name: str
    type: str
    status: str
    channel_id: str | None
    sources: tuple[SourceDraft, ...]
    routes: tuple[Route, ...]


def named(problems: list[Problem], document: object) -> list[Problem]:
    """Put the subscription's name first in each message, where there is one."""
    name = document.get("name") if isinstance(document, dict) else None
    if type(name) is not str or not name:
        return problems
    return [replace(each, message=f"{shorten(name)}: {each.message}") for each in problems]


def derived_id(*parts: str | int) -> str:
    """Return the id of something that has none: SHA-256 of the compact JSON array, in hex."""
    return sha256_hex(compact_json(list(parts)).encode())


_IN_FILTER: Final = re.compile("/sources/[0-9]+/filter/")


def duplicate(pointer: str, limits: Limits) -> Problem:
    """Judge a key that stands twice: inside a filter the last one may count (spec section 4)."""
    if _IN_FILTER.match(pointer):
        return duplicate_filter_key(pointer, limits)
    return duplicate_key(pointer)


_NO_DRAFT: Final = SubscriptionDraft("", "", "", "", None, (), ())


def read_subscription(
    document: object, text: str, transforms: TransformCache, problems: list[Problem]
) -> SubscriptionDraft:
    """Read a decoded document, given with its compact text; append what is wrong to ``problems``.

    The result counts only if no problem is an error; of those, ``MAX_PROBLEMS`` end the
    reading.
    """
    # No part of a document is longer than the whole: most parts need no measuring.
    bound = len(text) if text.isascii() else 4 * len(text)
    with suppress(EnoughError):
        return _Reader(transforms, problems, bound).read(document)
    return _NO_DRAFT


class _Reader:
    """Reads one subscription document, collecting problems; ``at`` is the place it reads."""

    def __init__(self, transforms: TransformCache, problems: list[Problem], bound: int) -> None:
        self.bound = bound
        self.limits = transforms.limits
        self.transforms = transforms
        self.problems = problems
        self.errors = 0

    def report(self, code: str, at: str, message: str, **extra: str | None) -> None:
        self.add([problem(code, message, at, **extra)])

    def add(self, found: Iterable[Problem]) -> None:
        """Note problems; ``MAX_PROBLEMS`` errors end the reading."""
        before = len(self.problems)
        self.problems += found
        self.errors += sum(each.severity == "error" for each in self.problems[before:])
        if self.errors >= MAX_PROBLEMS:
            raise EnoughError

    def read(self, document: object) -> SubscriptionDraft:
        """Read a decoded document. The result counts only if no problem is an error."""
        if type(document) is not dict:
            message = "a subscription must be an object"
            self.report(codes.DOCUMENT_SHAPE, "", message, got=kind(document))
            return _NO_DRAFT
        name = self.name(document)
        self.description(document)
        of_type = self.word(document, "type", "", SUBSCRIPTION_TYPES) or "EVENT"
        status = self.word(document, "status", "", STATUSES) or "ENABLED"
        channel_id = self.string(document, "channel_id", "")
        for member in ("channel_name", "created_time", "updated_time"):
            self.string(document, member, "")
        given = self.string(document, "id", "")
        own_id = given if given is not None else derived_id("sub", name)
        sources = self.sources(document, own_id, of_type)
        routes = self.targets(document, own_id)
        return SubscriptionDraft(own_id, name, of_type, status, channel_id, sources, routes)

    # Members

    def string(
        self, document: dict[str, Any], member: str, at: str, *, required: bool = False
    ) -> str | None:
        """Read a string that is not empty; null is absent."""
        value = document.get(member)
        if type(value) is str and value:
            return value
        if value is None:
            if required:
                self.report(codes.MEMBER_MISSING, at, f"{_where(at)}{member} is missing")
            return None
        empty_allowed = member in _MAY_BE_EMPTY and value == ""
        if not empty_allowed:
            message = f"{_where(at)}{member} must be a string that is not empty"
            self.report(codes.MEMBER_TYPE, f"{at}/{member}", message, got=kind(value))
        return None

    def word(
        self, document: dict[str, Any], member: str, at: str, words: tuple[str, ...]
    ) -> str | None:
        """Read one of a fixed set of words."""
        value = self.string(document, member, at)
        if value is not None and value not in words:
            near = nearest(value, words)
            message = f"{_where(at)}{member} is one of {', '.join(words)}"
            hint = f"did you mean {near}?" if near else None
            self.report(codes.ENUM, f"{at}/{member}", message, got=shorten(value), hint=hint)
        return value

    def name(self, document: dict[str, Any]) -> str:
        value = self.string(document, "name", "", required=True) or ""
        most = self.limits.subscription_name_chars
        if value and not _NAME.fullmatch(value):
            message = (
                "a name holds letters, digits, '.', '_' and '-' and starts with a letter or digit"
            )
            self.report(codes.NAME, "/name", message, got=shorten(value))
        elif most is not None and len(value) > most:
            message = f"the name has {len(value)} characters; the limit is {most}"
            self.report(codes.NAME, "/name", message)
        return value

    def description(self, document: dict[str, Any]) -> None:
        value = self.string(document, "description", "") or ""
        most = self.limits.description_chars
        if most is not None and len(value) > most:
            message = f"the description has {len(value)} characters; the limit is {most}"
            self.report(codes.DESCRIPTION_LENGTH, "/description", message)

    def resource_id(self, document: dict[str, Any], at: str, *derivation: str | int) -> str:
        """Read the id of a source or target; derive it when it is absent."""
        value = self.string(document, "id", at)
        if value is None:
            return derived_id(*derivation)
        least = self.limits.resource_id_min_chars or 1
        most = self.limits.resource_id_max_chars or len(value)
        if not _RESOURCE_ID.fullmatch(value) or not least <= len(value) <= most:
            message = f"{_where(at)}id must be lower-case letters, digits and '-'"
            if self.limits.resource_id_max_chars:
                message += f", {least} to {most} of them"
            self.report(codes.RESOURCE_ID, f"{at}/id", message, got=shorten(value))
        return value

    def items(self, document: dict[str, Any], member: str) -> list[tuple[str, dict[str, Any]]]:
        """Read a list of objects with their pointers."""
        value = document.get(member)
        if type(value) is not list:
            code = codes.MEMBER_MISSING if value is None else codes.MEMBER_TYPE
            at = f"/{member}" if member in document else ""
            self.report(code, at, f"{member} must be a list of objects", got=kind(value))
            return []
        found = []
        for index, item in enumerate(value):
            at = f"/{member}/{index}"
            if type(item) is dict:
                found.append((at, item))
            else:
                message = f"{_where(at)}must be an object"
                self.report(codes.DOCUMENT_SHAPE, at, message, got=kind(item))
        return found

    # Sources

    def sources(
        self, document: dict[str, Any], own_id: str, of_type: str
    ) -> tuple[SourceDraft, ...]:
        items = self.items(document, "sources")
        exactly = self.limits.subscription_sources
        count = len(document["sources"]) if type(document.get("sources")) is list else None
        if count is not None and count != exactly and (exactly is not None or count == 0):
            message = f"sources holds {count}; it must hold {exactly or 'at least 1'}"
            self.report(codes.SOURCES_COUNT, "/sources", message)
        return tuple(
            self.source(item, at, own_id, index, of_type) for index, (at, item) in enumerate(items)
        )

    def source(
        self, document: dict[str, Any], at: str, own_id: str, index: int, of_type: str
    ) -> SourceDraft:
        source_id = self.resource_id(document, at, "source", own_id, index)
        name = self.string(document, "name", at, required=True) or ""
        self.word(document, "provider_type", at, PROVIDER_TYPES)
        self.details(document, at)
        fields, found = self.filter(document, at, name, of_type)
        return SourceDraft(source_id, name, document.get("filter"), fields, tuple(found))

    def filter(
        self, document: dict[str, Any], at: str, name: str, of_type: str
    ) -> tuple[tuple[Field, ...], list[Problem]]:
        value = document.get("filter")
        if value is None:
            if of_type != "SCHEDULED":
                self.report(codes.MEMBER_MISSING, at, f"{_where(at)}filter is missing")
            return (), []
        found: list[Problem] = []
        fields = read_filter(value, self.limits, found, bound=self.bound)
        if found:
            self.add(replace(each, pointer=f"{at}/filter{each.pointer}") for each in found)
        else:
            self.check_source_name(fields, at, name)
        return fields, found

    def check_source_name(self, fields: tuple[Field, ...], at: str, name: str) -> None:
        """Warn when the filter lists sources and the source's own name is not among them."""
        for field in fields:
            listed = [each for each in field.conditions if each.op == "StringIn"]
            if field.path != ("source",) or len(listed) < len(field.conditions):
                continue
            if name and all(name not in each.operand for each in listed):
                message = f"{_where(at)}name is not among the sources of the filter"
                self.report(codes.SOURCE_NAME, f"{at}/name", message, got=shorten(name))

    # Targets

    def targets(self, document: dict[str, Any], own_id: str) -> tuple[Route, ...]:
        items = self.items(document, "targets")
        most = self.limits.subscription_targets
        count = len(document["targets"]) if type(document.get("targets")) is list else None
        if count is not None and (count == 0 or (most is not None and count > most)):
            message = f"targets holds {count}; it must hold 1 to {most or 'any number'}"
            self.report(codes.TARGETS_COUNT, "/targets", message)
        routes: list[Route] = []
        seen: set[str] = set()
        for index, (at, item) in enumerate(items):
            route = self.target(item, at, own_id, index)
            if route is None:
                continue
            if route[0] in seen:
                message = f"{_where(at)}id is that of another target"
                self.report(codes.TARGET_TWICE, f"{at}/id", message)
            seen.add(route[0])
            routes.append(route)
        return tuple(routes)

    def target(self, document: dict[str, Any], at: str, own_id: str, index: int) -> Route | None:
        target_id = self.resource_id(document, at, "target", own_id, index)
        name = self.string(document, "name", at, required=True) or ""
        self.word(document, "provider_type", at, PROVIDER_TYPES)
        self.connection_id(document, at)
        self.details(document, at)
        self.delivery_settings(document, at)
        transform = self.transform(document, at, name)
        return None if transform is None else (target_id, name, transform.key)

    def connection_id(self, document: dict[str, Any], at: str) -> None:
        value = self.string(document, "connection_id", at)
        most = self.limits.connection_id_chars
        if value is not None and most is not None and len(value) > most:
            message = f"{_where(at)}connection_id has {len(value)} characters; the limit is {most}"
            self.report(codes.CONNECTION_ID, f"{at}/connection_id", message)

    def details(self, document: dict[str, Any], at: str) -> None:
        """Check the detail objects by size only; their content is the target's, and secret."""
        most = self.limits.detail_bytes
        for member in DETAILS:
            value = document.get(member)
            if value is None:
                continue
            if type(value) is not dict:
                message = f"{_where(at)}{member} must be an object"
                self.report(codes.MEMBER_TYPE, f"{at}/{member}", message, got=kind(value))
            elif most is not None and self.bound > most and _size(value) > most:
                message = f"{_where(at)}{member} has more than {most} bytes"
                self.report(codes.DETAIL_SIZE, f"{at}/{member}", message)

    def delivery_settings(self, document: dict[str, Any], at: str) -> None:
        for member, is_right, what in _DELIVERY_SETTINGS:
            value = document.get(member)
            if value is not None and not is_right(value):
                message = f"{_where(at)}{member} must be {what}"
                self.report(codes.MEMBER_TYPE, f"{at}/{member}", message, got=kind(value))

    def transform(self, document: dict[str, Any], at: str, name: str) -> Transform | None:
        value = document.get("transform")
        if value is None:
            self.report(codes.MEMBER_MISSING, at, f"{_where(at)}transform is missing")
            return None
        found: list[Problem] = []
        transform = self.transforms.read(value, found)
        self.add(
            replace(
                each,
                pointer=f"{at}/transform{each.pointer}",
                message=f"{_where(at)}{each.message}",
            )
            for each in found
        )
        if transform is not None and name == FUNCTION_TARGET and transform.content_type != JSON:
            self.function_needs_json(at)
        return transform

    def function_needs_json(self, at: str) -> None:
        message = f"{_where(at)}{FUNCTION_TARGET} needs a JSON body; this transform renders text"
        found = problem(codes.FUNCTION_NEEDS_JSON, message, f"{at}/transform")
        if self.limits.function_needs_json:
            found = replace(found, severity="error")
        self.add([found])


_MAY_BE_EMPTY: Final = ("description", "channel_name", "connection_id")
_DELIVERY_SETTINGS: Final[tuple[tuple[str, Callable[[object], bool], str], ...]] = (
    ("retry_times", lambda value: type(value) is int and value >= 0, "a whole number"),
    ("dead_letter_queue", lambda value: type(value) is dict, "an object"),
)


def _size(value: dict[str, Any]) -> int:
    return len(compact_json(value).encode())


def _where(at: str) -> str:
    """Name a source or target in a message by its pointer: "targets/0: "."""
    return f"{at[1:]}: " if at else ""
