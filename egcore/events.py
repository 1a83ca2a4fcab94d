"""One CloudEvent: the immutable ``Event`` and how it is parsed or built.

An event keeps its members (attributes and data, null attributes dropped: null is
absent) and its own text. The text is what ORIGINAL delivers and what pickling keeps,
so every digit survives; members are what filters and paths look at.
"""

from binascii import a2b_base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, Self

from egcore import codes
from egcore.attributes import CORE, PAYLOAD, check_attributes
from egcore.decoding import (
    RAW_TYPES,
    Decoded,
    Raw,
    check_value,
    compact_json,
    decode,
    view_size,
)
from egcore.errors import (
    EventError,
    Problem,
    escape_pointer,
    host_error,
    kind,
    problem,
    shorten,
    usage,
)
from egcore.limits import EVENTGRID, Limits


class Event:
    """A checked CloudEvent. Made by ``parse_event`` or ``Event.new``, never changed.

    Equal events have equal attributes and data, whatever their bytes. An event pickles
    from its bytes and copies as itself. ``members`` is the event object as filters and
    paths see it, null attributes dropped; ``text`` the JSON it was received in, or
    compact JSON. Data is shared, not copied: changing it
    afterwards is undefined (spec section 3).
    """

    __slots__ = ("members", "text")

    members: dict[str, Any]
    text: str

    def __init__(self, members: dict[str, Any], text: str) -> None:
        _set_members(self, members)
        _set_text(self, text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an event is immutable; {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an event is immutable; {name} cannot be deleted")

    @staticmethod
    def new(
        *,
        id: str,  # noqa: A002 # the attribute's name
        source: str,
        type: str,  # noqa: A002 # the attribute's name
        time: str | None = None,
        subject: str | None = None,
        datacontenttype: str | None = None,
        dataschema: str | None = None,
        data: Any = None,
        extensions: Mapping[str, str | bool | int] = MappingProxyType({}),
        limits: Limits = EVENTGRID,
    ) -> "Event":
        """Build an event from its attributes. Id and time are arguments; nothing is invented.

        None leaves an attribute, or the data, out; for data that is null, parse a dict.
        Raises ``EventError`` with every problem, ``UsageError`` when the extensions
        are no mapping.

        >>> Event.new(id="1", source="orders", type="order.paid", data={"amount": 5}).type
        'order.paid'
        """
        if not isinstance(extensions, Mapping):
            raise usage(f"extensions are a mapping, not {kind(extensions)}")
        members: dict[str, Any] = {
            **extensions,
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": type,
            "time": time,
            "subject": subject,
            "datacontenttype": datacontenttype,
            "dataschema": dataschema,
            "data": data,
        }
        if not extensions.keys().isdisjoint(CORE.union(PAYLOAD)):
            message = "an attribute of the specification is given as an extension"
            raise EventError([problem(codes.EXTENSION_NAME, message)])
        present = {name: value for name, value in members.items() if value is not None}
        return parse_event(present, limits=limits)

    @property
    def id(self) -> str:
        """The event's id, unique within its source."""
        return self.members["id"]  # type: ignore[no-any-return] # checked

    @property
    def source(self) -> str:
        """Where the event came from."""
        return self.members["source"]  # type: ignore[no-any-return] # checked

    @property
    def type(self) -> str:
        """What kind of thing happened."""
        return self.members["type"]  # type: ignore[no-any-return] # checked

    @property
    def subject(self) -> str | None:
        """What it happened to, or None."""
        return self.members.get("subject")

    @property
    def time(self) -> str | None:
        """When it happened, as received (RFC 3339), or None."""
        return self.members.get("time")

    @property
    def datacontenttype(self) -> str | None:
        """The media type of the data, or None."""
        return self.members.get("datacontenttype")

    @property
    def dataschema(self) -> str | None:
        """The schema that the data follows, or None."""
        return self.members.get("dataschema")

    @property
    def data(self) -> Any:
        """The payload: a dict under EVENTGRID, None when there is none.

        Under CLOUDEVENTS any JSON value, or bytes where the event has ``data_base64``;
        ``"data" in event.members`` tells null from absent.
        """
        if "data_base64" in self.members:
            return a2b_base64(self.members["data_base64"])
        return self.members.get("data")

    @property
    def attributes(self) -> dict[str, str | bool | int]:
        """A new dict of all attributes, extensions included, without the payload."""
        return {name: value for name, value in self.members.items() if name not in PAYLOAD}

    @property
    def extensions(self) -> dict[str, str | bool | int]:
        """A new dict of the extension attributes."""
        return {name: value for name, value in self.attributes.items() if name not in CORE}

    @property
    def original(self) -> bytes:
        """The event as bytes: what an ORIGINAL transform delivers."""
        return self.text.encode()

    @property
    def size(self) -> int:
        """The event's size in bytes as its limit counts it (spec section 3)."""
        return len(self.text) if self.text.isascii() else len(self.text.encode())

    def __eq__(self, other: object) -> bool:
        if type(other) is not Event:
            return NotImplemented
        return _is_same(self.members, other.members)

    def __hash__(self) -> int:
        return hash((self.source, self.id))

    def __repr__(self) -> str:
        return f"<Event of {self.size} bytes>"  # never the data: reprs end up in logs

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return _restore, (self.original,)


# The slots of an event, which its own __setattr__ refuses to set: for __init__ alone.
_set_members: Final[Callable[[Event, dict[str, Any]], None]] = vars(Event)["members"].__set__
_set_text: Final[Callable[[Event, str], None]] = vars(Event)["text"].__set__


def _restore(original: bytes) -> Event:
    """Make an event again from the bytes of one that was checked before."""
    value, text = decode(original)
    return Event(_present(value), text)


def _is_same(left: object, right: object) -> bool:
    """Whether two JSON values are equal. In Python ``True == 1``, in JSON it does not.

    Without recursion, which the ``==`` of nested containers is: equal from any caller.
    """
    pairs = [(left, right)]
    while pairs:
        a, b = pairs.pop()
        if type(a) is dict and type(b) is dict:
            if a.keys() != b.keys():
                return False
            pairs.extend((a[key], b[key]) for key in a)
        elif type(a) is list and type(b) is list:
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif a != b or (type(a) is bool) is not (type(b) is bool):
            return False
    return True


def parse_event(source: Raw | dict[str, Any], *, limits: Limits = EVENTGRID) -> Event:
    """Parse and check one event: bytes, str or a dict (spec section 3).

    Raises ``EventError`` with every problem found, ``UsageError`` for another type of
    argument, ``HostError`` when the caller's stack is nearly full.

    >>> parse_event('{"specversion":"1.0","id":"1","source":"orders","type":"t"}').source
    'orders'
    """
    return event_from(decode_event(source, limits), limits)


def decode_event(source: Raw | dict[str, Any], limits: Limits) -> Decoded:
    """Decode the input of one event, which need not be a good one. Raises as ``parse_event``."""
    if type(source) is dict:
        return decoded_from(source, limits)
    if not isinstance(source, RAW_TYPES):
        raise usage(f"an event is bytes, str or dict, not {kind(source)}")
    if raw_size(source) > limits.raw_event_bytes:
        raise EventError([raw_too_large(limits)])
    return decode(source, limits=limits)


def as_event(source: Event | Raw | dict[str, Any], limits: Limits) -> Event:
    """Return an event as it is, and parse anything else."""
    return source if isinstance(source, Event) else parse_event(source, limits=limits)


def raw_size(raw: Raw) -> int:
    """Return the bytes of raw input, for str those of its UTF-8: one answer for both."""
    if isinstance(raw, str):
        return len(raw) if raw.isascii() else len(raw.encode("utf-8", "surrogatepass"))
    return view_size(raw) if isinstance(raw, memoryview) else len(raw)


def raw_too_large(limits: Limits) -> Problem:
    """Say that the input of one event is too large to be parsed."""
    return Problem(
        codes.RAW_SIZE,
        f"the input has more than {limits.raw_event_bytes} bytes",
        service_code=codes.EVENT_TOO_LARGE,
    )


def event_from(decoded: Decoded, limits: Limits) -> Event:
    """Check a decoded event, which keeps its own text."""
    if type(decoded.value) is not dict:
        message = "an event must be a JSON object"
        raise EventError([problem(codes.EVENT_SHAPE, message, got=kind(decoded.value))])
    event = Event(_present(decoded.value), decoded.text)
    problems = check_attributes(event.members, limits)
    # A character takes at most four bytes: most events need no exact count.
    if len(decoded.text) * 4 > limits.event_bytes and event.size > limits.event_bytes:
        problems.insert(0, _too_large(limits))
    if problems:
        raise EventError(problems)
    return event


def decoded_from(members: object, limits: Limits) -> Decoded:
    """Give a value that comes as Python objects its text (spec section 3, "From a dict").

    Raises ``EventError`` when it is not JSON or, being shared many times over, far too large.
    """
    found: Problem | None = None
    decoded = None
    try:
        found = check_value(members, limits, max_values=limits.event_bytes)
        if found is None:
            decoded = Decoded(members, compact_json(members))
        else:
            found = _not_json(members, found, limits)
    except RecursionError:
        found = None
    if found is not None:
        raise EventError([found])
    if decoded is None:
        raise host_error()
    return decoded


def _not_json(members: object, found: Problem, limits: Limits) -> Problem:
    """Say which member of an event is not JSON, and no more of it than that."""
    pointer = ""
    for name, value in members.items() if type(members) is dict else ():
        below = check_value(value, limits, limits.event_bytes) if type(name) is str else None
        if below is not None:
            found, pointer = below, "/" + escape_pointer(shorten(name))
            break
    if found.code == codes.RAW_SIZE:
        return _too_large(limits)
    return replace(found, pointer=pointer, service_code=codes.INVALID_PARAMETERS)


def _too_large(limits: Limits) -> Problem:
    return problem(codes.EVENT_SIZE, f"an event has more than {limits.event_bytes} bytes")


def _present(members: dict[str, Any]) -> dict[str, Any]:
    """Drop null attributes, which are absent ones; a null ``data`` is the limits' matter."""
    if None not in members.values():
        return members
    return {name: value for name, value in members.items() if value is not None or name == "data"}
