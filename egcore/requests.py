"""Requests and batches: many events in one body, each with exactly one result.

``{"events": [...]}`` is the service's request (spec section 3.1), a JSON array the
CloudEvents batch. A bad event is refused by itself; only what spoils the whole body
raises. Size on the wire counts: an event's own span of the request.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from egcore import codes
from egcore.attributes import has_forbidden_character
from egcore.codes import SERVICE_MESSAGES
from egcore.decoding import RAW_TYPES, Decoded, Raw, decode_array, decode_events
from egcore.errors import EventError, Problem, kind, problem, usage
from egcore.events import Event, decode_event, decoded_from, event_from, raw_size
from egcore.limits import EVENTGRID, Limits


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one event, or a whole request, was refused.

    ``index`` counts the events of the request from 0. ``event_id`` and ``event_source``
    are None where the event has no usable one, and for a whole request.
    """

    index: int
    event_id: str | None
    event_source: str | None
    problems: tuple[Problem, ...]

    @property
    def error_code(self) -> str:
        """The service's code for it (spec section 3.1)."""
        return self.problems[0].service_code or codes.INVALID_PARAMETERS

    @property
    def error_msg(self) -> str:
        """The service's message for the code."""
        return SERVICE_MESSAGES[self.error_code]

    def document(self, index: int | None = None) -> dict[str, Any]:
        """Return the refusal as the members of its JSON line, under another index if given."""
        return {
            "index": self.index if index is None else index,
            "event_id": self.event_id,
            "event_source": self.event_source,
            "error_code": self.error_code,
            "error_msg": self.error_msg,
            "problems": [
                {"code": each.code, "message": each.message, "pointer": each.pointer}
                for each in self.problems
            ],
        }

    def to_json(self, index: int | None = None) -> str:
        """Return the refusal as a JSON line without its newline (spec section 6)."""
        return json.dumps(self.document(index), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Request:
    """The members of one request in order: an ``Event`` or the ``Refusal`` of each."""

    members: tuple[Event | Refusal, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The accepted events in request order."""
        return tuple(each for each in self.members if isinstance(each, Event))

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """The refusals in request order."""
        return tuple(each for each in self.members if isinstance(each, Refusal))


def parse_request(body: Raw | dict[str, Any], *, limits: Limits = EVENTGRID) -> Request:
    """Parse ``{"events": [...]}`` and check every event by itself (spec section 3.1).

    Other members of the body are ignored. Raises ``EventError`` when the request as a
    whole is refused (not JSON, no events, too large, too many), ``UsageError`` for
    another type of argument, ``HostError``.

    >>> request = parse_request('{"events": [{"id": "1"}]}')
    >>> [refusal.event_id for refusal in request.refused]
    ['1']
    """
    members: Sequence[Decoded | Refusal] | None
    if type(body) is dict:
        members = _members_from(body.get("events"), limits)
    elif isinstance(body, RAW_TYPES):
        _check_raw_size(body, limits)
        members = decode_events(body, limits=limits)
    else:
        raise usage(f"a request body is bytes, str or dict, not {kind(body)}")
    if not members:
        message = "the body has no events array with at least one event"
        raise EventError([problem(codes.REQUEST_SHAPE, message)])
    return _check_members(members, limits)


def parse_batch(body: Raw, *, limits: Limits = EVENTGRID) -> Request:
    """Parse a CloudEvents batch, a JSON array of events, which may be empty.

    The limits of a request hold. Raises as ``parse_request``.

    >>> parse_batch("[]").members
    ()
    """
    if not isinstance(body, RAW_TYPES):
        raise usage(f"a batch is bytes or str, not {kind(body)}")
    _check_raw_size(body, limits)
    members = decode_array(body, limits=limits)
    if members is None:
        raise EventError([problem(codes.REQUEST_SHAPE, "a batch is a JSON array of events")])
    return _check_members(members, limits)


def _check_raw_size(body: Raw, limits: Limits) -> None:
    if raw_size(body) > limits.raw_request_bytes:
        message = f"the body has more than {limits.raw_request_bytes} bytes"
        raise EventError([problem(codes.RAW_SIZE, message)])


def _members_from(events: object, limits: Limits) -> list[Decoded | Refusal] | None:
    """Give events that come as Python objects their texts; refuse the ones that are not JSON."""
    if type(events) is not list:
        return None
    members: list[Decoded | Refusal] = []
    for index, event in enumerate(events):
        try:
            members.append(decoded_from(event, limits))
        except EventError as error:
            members.append(refusal(error, index, event))
    return members


def _check_members(members: Sequence[Decoded | Refusal], limits: Limits) -> Request:
    """Check what concerns the request, its size first, and then each event by itself."""
    texts = [member.text for member in members if isinstance(member, Decoded)]
    # A character takes at most four bytes: most requests need no exact sum.
    if sum(map(len, texts)) * 4 > limits.request_bytes:
        size = sum(len(text.encode()) for text in texts)
        if size > limits.request_bytes:
            message = f"all events together have {size} bytes; the limit is {limits.request_bytes}"
            raise EventError([problem(codes.REQUEST_SIZE, message)])
    most = limits.request_events
    if most is not None and len(members) > most:
        message = f"the request has {len(members)} events; the limit is {most}"
        raise EventError([problem(codes.REQUEST_COUNT, message)])
    return Request(tuple(_check_member(*each, limits) for each in enumerate(members)))


def check_event(source: Event | Raw | dict[str, Any], limits: Limits) -> Event | Refusal:
    """Return one bare event as a request of its own would have it: accepted or refused."""
    if isinstance(source, Event):
        return source
    try:
        decoded = decode_event(source, limits)
    except EventError as error:
        return refusal(error, 0, source)
    return _check_member(0, decoded, limits)


def _check_member(index: int, member: Decoded | Refusal, limits: Limits) -> Event | Refusal:
    if isinstance(member, Refusal):
        return member
    try:
        return event_from(member, limits)
    except EventError as error:
        return refusal(error, index, member.value)


def refusal(error: EventError, index: int = 0, members: object = None) -> Refusal:
    """Make the refusal of one event, or of a whole request, from what was wrong with it."""
    named = members if type(members) is dict else {}
    return Refusal(index, _usable(named.get("id")), _usable(named.get("source")), error.problems)


def _usable(value: object) -> str | None:
    """Return an id or source that a result may name: a good attribute, or None."""
    is_good = type(value) is str and value and not has_forbidden_character(value)
    return value if is_good else None  # type: ignore[return-value] # a str, as tested
