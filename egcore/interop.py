"""Where egcore meets two other packages: the CloudEvents SDK and JSON Schema.

An edge module: the core never imports it, and it imports either package on first use.
The SDK is a type to convert from and to, never the parser: it invents required
attributes that are missing and raises exceptions of its own on hostile input. Schemas
are an opt-in check of event data, for rule authors who are trusted.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from egcore import codes
from egcore.attributes import PAYLOAD
from egcore.decoding import Raw, Rule, compact_json, decode, decode_rule
from egcore.errors import (
    MAX_PROBLEMS,
    EventError,
    Problem,
    RuleError,
    escape_pointer,
    host_error,
    kind,
    missing_extra,
    problem,
    shorten,
    usage,
)
from egcore.events import Event, as_event, parse_event
from egcore.http import is_json_media_type
from egcore.limits import EVENTGRID, Limits

if TYPE_CHECKING:
    from cloudevents.core.v1.event import CloudEvent
    from jsonschema.exceptions import ValidationError

# --- The CloudEvents SDK ---------------------------------------------------------


class SdkEvent(Protocol):
    """What every event type of the SDK offers, 2.x, its ``cloudevents.v1`` and 1.x alike."""

    def get_attributes(self) -> Mapping[str, Any]:
        """Return the attributes, extensions included."""

    def get_data(self) -> Any:
        """Return the payload, None when there is none."""


def to_sdk(event: Event) -> "CloudEvent":
    """Make the SDK's CloudEvent 1.0 (``cloudevents.core.v1.event``) of an event.

    Every attribute goes over as it is but ``time``, which becomes a datetime: digits
    behind the microsecond are cut. No time stays no time, although the SDK's own
    constructor would take the clock's. ``data_base64`` becomes bytes. Data is shared, not
    copied. ``from_sdk(to_sdk(event)) == event``, under the limits of the event, but for
    the text of ``time``: it comes back with no fraction, three or six digits, the fewest
    that are exact, in upper case, and with ``Z`` for an offset of zero.

    Raises ``EventError`` with every thing that the SDK cannot hold: an empty ``subject``
    or ``dataschema``; a leap second and the year 0000; data that is null, a number, a
    boolean or an array (it takes null for no data, and would send the others as Python
    text). Raises ``UsageError`` for what is no event, and for an event that the
    installed SDK refuses by a rule of its own; ``MissingExtraError`` without the SDK.

    >>> to_sdk(Event.new(id="1", source="orders", type="order.paid")).get_attributes()
    {'specversion': '1.0', 'id': '1', 'source': 'orders', 'type': 'order.paid'}
    """
    if not isinstance(event, Event):
        raise usage(f"to_sdk takes an Event, not {kind(event)}")
    make = _sdk_class()
    attributes: dict[str, Any] = event.attributes
    problems = [
        problem(codes.ATTRIBUTE_EMPTY, f"the SDK takes no empty {name}", f"/{name}")
        for name in ("subject", "dataschema")
        if attributes.get(name) == ""
    ]
    attributes["time"] = _moment(event.time)
    if attributes["time"] is None:
        message = "time is an instant that a datetime, the SDK's type, cannot hold"
        problems.append(problem(codes.TIME, message, "/time"))
    data = event.members.get("data", {})
    if type(data) not in {dict, str}:
        message = "the SDK takes an object, a string or bytes as data"
        problems.append(problem(codes.DATA_TYPE, message, "/data", got=kind(data)))
    if problems:
        raise EventError(problems)
    return _make(make, attributes, event)


def _sdk_class() -> type["CloudEvent"]:
    try:
        from cloudevents.core.v1.event import CloudEvent  # noqa: PLC0415 - an extra, on first use
    except ImportError:
        pass
    else:
        return CloudEvent
    raise missing_extra("cloudevents 2.2 or later", "cloudevents")


_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(time: str | None) -> datetime | None:
    """Read a checked time, a stand-in where there is none; None when a datetime cannot hold it."""
    if time is None:
        return _NO_TIME
    try:
        return datetime.fromisoformat(time.upper())
    except ValueError:
        return None


def _make(make: type["CloudEvent"], attributes: dict[str, Any], event: Event) -> "CloudEvent":
    """Call the SDK, which invents a time where there is none: give it one, then take it away."""
    try:
        made = make(attributes, event.data)
    except Exception:  # noqa: BLE001 - whatever a later SDK raises for a rule that we do not know
        made = None
    if made is None:
        hint = "its rules are narrower than the limits that the event was checked with"
        raise usage("the CloudEvents SDK refuses this event", hint=hint)
    if event.time is None:
        del made.get_attributes()["time"]
    return made


def from_sdk(sdk_event: SdkEvent, *, limits: Limits = EVENTGRID) -> Event:
    """Make an event of one of the SDK's, through the same checks as ``parse_event``.

    Takes whatever has ``get_attributes()`` and ``get_data()``: the SDK's 2.x events, those
    of ``cloudevents.v1`` and of SDK 1.x; it does not need the SDK. A ``time`` that is a
    datetime becomes RFC 3339 text with the same offset: no fraction, three or six digits,
    and ``Z`` for UTC. Data that is bytes becomes ``data_base64``, whatever the content
    type, as the SDK's own JSON format has it (EVENTGRID refuses it: give a dict, or the
    message to ``parse_http``); None is no data; all else is ``data``, which only
    CLOUDEVENTS takes when it is no dict. Data is shared, not copied.

    ``to_sdk(from_sdk(e))`` has the attributes and data of the SDK 2.x event ``e``, but
    for attributes that are None (absent here), for the name of a time zone (only its
    offset is kept; one that is no whole number of minutes becomes UTC, the same
    instant), and for bytearrays, which become bytes.

    Raises ``EventError`` with every problem (a datetime without an offset is one),
    ``UsageError`` for what is no SDK event, ``HostError``.

    >>> from types import SimpleNamespace
    >>> attributes = {"specversion": "1.0", "id": "1", "source": "orders", "type": "t"}
    >>> sdk_event = SimpleNamespace(get_attributes=lambda: attributes, get_data=lambda: None)
    >>> from_sdk(sdk_event).source
    'orders'
    """
    members, data = _read_sdk(sdk_event)
    if not members.keys().isdisjoint(PAYLOAD):
        message = "an attribute has the name of the payload"
        raise EventError([problem(codes.EXTENSION_NAME, message)])
    if isinstance(members.get("time"), datetime):
        members["time"] = _rfc3339(members["time"])
    if isinstance(data, bytes | bytearray):
        members["data_base64"] = b64encode(data).decode()
    elif data is not None:
        members["data"] = data
    return parse_event(members, limits=limits)


def _read_sdk(sdk_event: SdkEvent) -> tuple[dict[str, Any], Any]:
    """Ask an event of a foreign type for its parts."""
    error: Exception
    try:
        return dict(sdk_event.get_attributes()), sdk_event.get_data()
    except RecursionError:
        error = host_error()
    except Exception:  # noqa: BLE001 - code of somebody else's, or no SDK event at all
        error = usage(f"from_sdk takes an event of the CloudEvents SDK, not {kind(sdk_event)}")
    raise error


def _rfc3339(moment: datetime) -> str:
    """Write a datetime as RFC 3339; text that the attribute check refuses where it cannot be.

    The methods are datetime's own: a subclass may write itself in another way.
    """
    try:
        offset = datetime.utcoffset(moment)
        if offset is not None and offset % timedelta(minutes=1):
            moment = datetime.astimezone(moment, UTC)
        exact = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
        text = datetime.isoformat(moment, timespec=exact if moment.microsecond else "seconds")
    except Exception:  # noqa: BLE001 - a tzinfo is code of somebody else's
        return ""
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


# --- Data against JSON Schemas ------------------------------------------------------

Key = tuple[str | None, str | None]

STEPS: Final = 250_000
"""How many keywords one check may evaluate (ours): an event of full size needs about 100,000."""


class DataSchemas:
    """JSON Schemas for event data, by source and type. Immutable; compares and pickles.

    Of the schemas that apply to an event the most specific one is used, alone: first the
    one for its source and type, then for its source, then for its type, then the one for
    all. Needs the extra ``schema``. Schemas are rules: take them from authors you
    trust, for their patterns are run as Python regular expressions.
    """

    __slots__ = ("_checks", "_limits", "_texts")

    def __init__(
        self, texts: tuple[str, ...], checks: Mapping[Key, "_Check"], limits: Limits
    ) -> None:
        self._texts = texts
        self._checks = checks
        self._limits = limits

    @classmethod
    def from_documents(
        cls, documents: Iterable[Mapping[str, Any] | Raw], *, limits: Limits = EVENTGRID
    ) -> "DataSchemas":
        """Load documents of ``source``, ``type`` (exact; absent means any) and ``schema``.

        A schema is of draft 2020-12, or of 2019-09, 7 or 6 where its ``$schema`` says so.
        ``format`` is an annotation only. References stay inside the schema
        (``#/$defs/x``, ``#anchor``) and nothing is ever fetched; ``$id`` and ``$schema``
        stand at its root only, and none of these names may be given a string elsewhere,
        in ``const`` and ``enum`` neither. Raises ``RuleError`` with every problem,
        ``UsageError``, ``HostError``, ``MissingExtraError``.

        >>> schema = {"required": ["amount"], "properties": {"amount": {"minimum": 0}}}
        >>> schemas = DataSchemas.from_documents([{"source": "orders", "schema": schema}])
        >>> event = Event.new(id="1", source="orders", type="t", data={"amount": -5})
        >>> print(*schemas.check(event))
        EGC222 error at /data/amount: the value must be at least 0 (minimum)
        """
        if isinstance(documents, Mapping | str | bytes) or not isinstance(documents, Iterable):
            raise usage(f"data schemas are a list of documents, not {kind(documents)}")
        dialects = _dialects()
        texts: list[str] = []
        checks: dict[Key, _Check] = {}
        problems: list[Problem] = []
        for index, document in enumerate(documents):
            found: tuple[Problem, ...] = ()
            try:
                text, key, check = _load(document, dialects, limits)
            except RuleError as error:
                found = error.problems
            else:
                if key in checks:
                    found = (_unusable("another schema has the same source and type"),)
                texts.append(text)
                checks[key] = check
            problems += (replace(each, pointer=f"/{index}{each.pointer}") for each in found)
        if problems:
            raise RuleError(problems)
        return cls(tuple(texts), checks, limits)

    def check(self, event: Event | Raw | dict[str, Any]) -> tuple[Problem, ...]:
        """Find where the data of an event does not fit its schema; empty when it fits.

        Only JSON data is checked: an event without data, with ``data_base64`` or with a
        ``datacontenttype`` that is not JSON fits any schema, as does one that no schema
        applies to. At most 100 problems (EGC222), ordered by place. Pointers are whole:
        below ``/data`` they are made of the event's own keys. Messages name the keyword
        and what the schema says, never a value of the event. A check that takes more
        than ``STEPS`` keywords, or that would never end, has this as its one problem.

        Raises ``EventError`` for bytes, str or a dict that is no event; ``HostError`` when
        the stack is nearly full.
        """
        event = as_event(event, self._limits)
        check = self._find(event)
        if check is None or "data" not in event.members or not _has_json_data(event):
            return ()
        return check(event.members["data"])

    def _find(self, event: Event) -> "_Check | None":
        keys: tuple[Key, ...] = (
            (event.source, event.type),
            (event.source, None),
            (None, event.type),
            (None, None),
        )
        return next((self._checks[key] for key in keys if key in self._checks), None)

    def __eq__(self, other: object) -> bool:
        if type(other) is not DataSchemas:
            return NotImplemented
        return self._texts == other._texts and self._limits == other._limits

    def __hash__(self) -> int:
        return hash(self._texts)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _restore, (self._texts, self._limits)


def _restore(texts: tuple[str, ...], limits: Limits) -> DataSchemas:
    return DataSchemas.from_documents(texts, limits=limits)


def _has_json_data(event: Event) -> bool:
    content_type = event.datacontenttype or ""
    return is_json_media_type(content_type.partition(";")[0].strip(" \t").lower())


def _unusable(message: str, pointer: str = "") -> Problem:
    return problem(codes.SCHEMA_DOCUMENT, message, pointer)


# Loading


class _Dialect(NamedTuple):
    """One draft: how its schemas are checked, how data is checked by them, what refers where."""

    check_schema: Callable[[Any], Iterator["ValidationError"]]
    validator: Callable[[Any], Any]
    resolver: Callable[[Any], Any]


@cache
def _dialects() -> dict[str, _Dialect]:
    """Import jsonschema and prepare the drafts, by their URI without the empty fragment."""
    try:
        from jsonschema import validators  # noqa: PLC0415 - an extra, on first use
    except ImportError:
        pass
    else:
        return {
            draft.META_SCHEMA["$id"].removesuffix("#"): _dialect(draft)
            for draft in (
                validators.Draft202012Validator,
                validators.Draft201909Validator,
                validators.Draft7Validator,
                validators.Draft6Validator,
            )
        }
    raise missing_extra("jsonschema", "schema")


_LATEST: Final = "https://json-schema.org/draft/2020-12/schema"


def _dialect(draft: Any) -> _Dialect:
    """Prepare one draft: no fetching, counted keywords, and three of them written anew."""
    from jsonschema import FormatChecker, validators  # noqa: PLC0415 - an extra, on first use
    from referencing import Registry  # noqa: PLC0415 - comes with jsonschema
    from referencing.jsonschema import specification_with  # noqa: PLC0415 - the same

    nothing: Any = Registry()
    regexes = FormatChecker(["regex"])
    specification = specification_with(draft.META_SCHEMA["$id"])
    keywords = {**draft.VALIDATORS, **_KEYWORDS}
    keywords |= {name: _ending(keywords[name]) for name in _REFERENCES if name in keywords}
    counted = {name: _counted(run) for name, run in keywords.items()}
    extend: Any = validators.extend
    own = extend(draft, counted)
    meta = draft(draft.META_SCHEMA, format_checker=regexes, registry=nothing)
    return _Dialect(
        meta.iter_errors,
        lambda schema: own(schema, registry=nothing),
        lambda schema: nothing.resolver_with_root(specification.create_resource(schema)),
    )


def _load(
    document: Mapping[str, Any] | Raw, dialects: Mapping[str, _Dialect], limits: Limits
) -> tuple[str, Key, "_Check"]:
    """Load one document; return its text, what it applies to, and its check."""
    rule = decode_rule(document, "a data schema document", limits=limits, error=RuleError)
    problems = _check_shape(rule)
    if problems:
        raise RuleError(problems)
    # A copy: nobody else can change it.
    members = decode(rule.text, limits=limits, error=RuleError).value
    check = _load_schema(members["schema"], dialects)
    return rule.text, (members.get("source"), members.get("type")), check


def _check_shape(rule: Rule) -> list[Problem]:
    """Find what is wrong with a document around its schema."""
    members = rule.value
    if type(members) is not dict:
        return [_unusable(f"a data schema document is an object, not {kind(members)}")]
    problems = [_unusable("a key stands twice", pointer) for pointer in rule.twice]
    problems += [
        _unusable("the members are source, type and schema", "/" + escape_pointer(shorten(name)))
        for name in members
        if name not in {"source", "type", "schema"}
    ]
    problems += [
        _unusable(f"{name} must be a string that is not empty", f"/{name}")
        for name in ("source", "type")
        if name in members and (type(members[name]) is not str or not members[name])
    ]
    if type(members.get("schema")) not in {dict, bool}:
        problems.append(_unusable("schema must be an object or a boolean", "/schema"))
    return problems


def _load_schema(schema: Any, dialects: Mapping[str, _Dialect]) -> "_Check":
    """Check a schema against its draft and prepare it.

    The root's ``$id`` and ``$schema`` are taken off: with them jsonschema would look up
    references, and switch drafts, by global tables.
    """
    name = _LATEST
    if type(schema) is dict:
        name = schema.get("$schema", _LATEST)
        schema = {key: value for key, value in schema.items() if key not in _ROOT_ONLY}
    dialect = dialects.get(name.removesuffix("#")) if type(name) is str else None
    if dialect is None:
        known = ", ".join(dialects)
        raise RuleError([_unusable(f"$schema must be one of {known}", "/schema/$schema")])
    problems = _guarded(lambda: _find_schema_problems(schema, dialect))
    if problems is None:
        problems = [_unusable("jsonschema cannot read the schema", "/schema")]
    if problems:
        raise RuleError(problems)
    return _Check(dialect.validator(schema))


def _guarded(run: Callable[[], list[Problem]]) -> list[Problem] | None:
    """Run jsonschema; None when it fails with an exception of whatever kind.

    On a full stack its compiled part, rpds, panics: not even an ``Exception``.
    """
    try:
        return run()
    except RecursionError:
        pass
    except Exception:  # noqa: BLE001 - keywords raise what Python's operators and re raise
        return None
    except BaseException as error:  # an interrupt passes, a panic does not
        if type(error).__module__ != "pyo3_runtime":
            raise
    raise host_error()


def _find_schema_problems(schema: Any, dialect: _Dialect) -> list[Problem]:
    """Find where a schema breaks its draft, then where it leaves itself."""
    problems = _describe(codes.SCHEMA_DOCUMENT, "/schema", dialect.check_schema(schema))
    if problems:
        return problems
    resolver = dialect.resolver(schema)
    for place, name, text in _named_strings(schema):
        if name in _ROOT_ONLY:
            problems.append(_unusable(f"{name} must stand at the root", place))
        elif not text.startswith("#"):
            message = f"{name} {shorten(text)} leaves the document; nothing is fetched"
            problems.append(_unusable(message, place))
        else:
            problems += _check_target(resolver, text, place, dialect)
    return problems


_ROOT_ONLY: Final = ("$id", "$schema")
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


def _named_strings(schema: Any) -> list[tuple[str, str, str]]:
    """List the references and identities of a schema: pointer, keyword, text; by pointer.

    Every string under one of these names, since a reference can make a schema of any place.
    """
    found: list[tuple[str, str, str]] = []
    waiting: list[tuple[str, Any]] = [("/schema", schema)]
    while waiting:
        pointer, item = waiting.pop()
        pairs = enumerate(item) if type(item) is list else ()
        for key, value in item.items() if type(item) is dict else pairs:
            place = f"{pointer}/{escape_pointer(str(key))}"
            if type(value) is not str:
                waiting.append((place, value))
            elif key in _ROOT_ONLY + _REFERENCES:
                found.append((place, key, value))
    return sorted(found)


def _check_target(resolver: Any, text: str, place: str, dialect: _Dialect) -> list[Problem]:
    """Hold what a reference names to the draft: it may stand where no schema is looked for."""
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - comes with jsonschema

    try:
        target = resolver.lookup(text).contents
    except Unresolvable:
        return [_unusable(f"{shorten(text)} is not in the document", place)]
    if next(iter(dialect.check_schema(target)), None) is not None:
        return [_unusable(f"{shorten(text)} is not a schema", place)]
    return []


# Checking


class _StoppedError(Exception):
    """A check that goes on for too long, or for ever; the argument says which."""


class _Progress:
    """How far one check has come: the keywords it may still evaluate, the references it is in."""

    __slots__ = ("inside", "steps_left")

    def __init__(self) -> None:
        self.steps_left = STEPS
        self.inside: set[tuple[str, int]] = set()


_progress: ContextVar[_Progress] = ContextVar("progress")


class _Check:
    """The check of data by one schema."""

    __slots__ = ("_validator",)

    def __init__(self, validator: Any) -> None:
        self._validator = validator

    def __call__(self, data: object) -> tuple[Problem, ...]:
        problems = _guarded(lambda: self._find_problems(data))
        if problems is None:
            problems = [problem(codes.DATA_SCHEMA, "data cannot be checked", "/data")]
        return tuple(problems)

    def _find_problems(self, data: object) -> list[Problem]:
        before = _progress.set(_Progress())
        try:
            return _describe(codes.DATA_SCHEMA, "/data", self._validator.iter_errors(data))
        except _StoppedError as stopped:
            return [problem(codes.DATA_SCHEMA, str(stopped), "/data")]
        finally:
            _progress.reset(before)


def _counted(keyword: Callable[..., Any]) -> Callable[..., Any]:
    """Count a keyword's evaluations: schemas in schemas can ask for 2**n of them."""

    def run(validator: Any, rule: Any, instance: Any, schema: Any) -> Any:
        progress = _progress.get()
        progress.steps_left -= 1
        if progress.steps_left < 0:
            raise _StoppedError(f"the check takes more than {STEPS} steps")
        return keyword(validator, rule, instance, schema)

    return run


def _ending(keyword: Callable[..., Any]) -> Callable[..., Any]:
    """Stop a reference that leads back to itself without going deeper into the data.

    The errors are listed at once: a generator left half-way would stay inside.
    """

    def run(validator: Any, rule: Any, instance: Any, schema: Any) -> list["ValidationError"]:
        inside = _progress.get().inside
        place = (rule, id(instance))
        if place in inside:
            raise _StoppedError("the schema refers to itself without end")
        inside.add(place)
        try:
            return list(keyword(validator, rule, instance, schema))
        finally:
            inside.remove(place)

    return run


def _violation(**details: Any) -> "ValidationError":
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - an extra, on first use

    return ValidationError("", **details)


def _required(_v: Any, names: Any, instance: Any, _s: Any) -> Iterator["ValidationError"]:
    """Report the missing members together: jsonschema's error for each does not name it."""
    if type(instance) is dict:
        missing = [name for name in names if name not in instance]
        if missing:
            yield _violation(validator_value=missing)


def _additional(
    validator: Any, rule: Any, instance: Any, schema: Any
) -> Iterator["ValidationError"]:
    """Check the members without a schema of their own, in their order: jsonschema has a set's."""
    if type(instance) is not dict:
        return
    known, patterns = schema.get("properties", ()), schema.get("patternProperties", ())
    for name, value in instance.items():
        if name in known or any(re.search(pattern, name) for pattern in patterns):
            continue
        if rule is False:
            yield _violation(path=[name], instance=value)
        else:
            yield from validator.descend(value, rule, path=name)


def _multiple(_v: Any, divisor: Any, instance: Any, _s: Any) -> Iterator["ValidationError"]:
    """Divide exactly, by decimal digits: doubles overflow, and miss that 0.1 divides 0.3."""
    if type(instance) not in {int, float}:
        return
    if (Fraction(str(instance)) / Fraction(str(divisor))).denominator != 1:
        yield _violation()


def _unique(_v: Any, rule: Any, instance: Any, _s: Any) -> Iterator["ValidationError"]:
    """Compare in linear time: jsonschema takes 20 s for an event full of small objects."""
    if rule and type(instance) is list and len(set(map(_identity, instance))) < len(instance):
        yield _violation()


def _identity(value: object) -> tuple[object, ...]:
    """Flatten a value so that equal tuples are equal JSON: 1 is 1.0, and true is neither."""
    marks: list[object] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            names = sorted(item)
            marks.append(("{", *names))
            waiting += (item[name] for name in names)
        elif isinstance(item, list):
            marks.append(("[", len(item)))
            waiting += item
        else:
            marks.append((type(item) is bool, item))
    return tuple(marks)


_KEYWORDS: Final = {
    "required": _required,
    "additionalProperties": _additional,
    "multipleOf": _multiple,
    "uniqueItems": _unique,
}


# Saying what is wrong: jsonschema's own messages hold the values of the event.

# What a value must do, and whether the schema's own value completes the sentence.
_SENTENCES: Final[dict[str | None, tuple[str, bool]]] = {
    None: ("be absent: its schema is false", False),
    "type": ("be of type", True),
    "enum": ("be one of the listed values", False),
    "const": ("be the one value given", False),
    "minimum": ("be at least", True),
    "maximum": ("be at most", True),
    "exclusiveMinimum": ("be greater than", True),
    "exclusiveMaximum": ("be less than", True),
    "multipleOf": ("be a multiple of", True),
    "minLength": ("have a length of at least", True),
    "maxLength": ("have a length of at most", True),
    "pattern": ("match", True),
    "format": ("have the format", True),
    "minItems": ("have a length of at least", True),
    "maxItems": ("have a length of at most", True),
    "uniqueItems": ("hold no element twice", False),
    "contains": ("hold a fitting element", False),
    "minContains": ("hold at least so many fitting elements:", True),
    "maxContains": ("hold at most so many fitting elements:", True),
    "items": ("hold no further elements", False),
    "additionalItems": ("hold no further elements", False),
    "unevaluatedItems": ("hold no further elements", False),
    "minProperties": ("have at least so many members:", True),
    "maxProperties": ("have at most so many members:", True),
    "required": ("have the missing members", True),
    "additionalProperties": ("be absent: no further members are allowed", False),
    "unevaluatedProperties": ("have no further members", False),
    "dependentRequired": ("have the members that others ask for", False),
    "dependencies": ("have the members that others ask for", False),
    "anyOf": ("fit at least one of the alternatives", False),
    "oneOf": ("fit exactly one of the alternatives", False),
    "not": ("not fit the schema that is ruled out", False),
}


def _describe(code: str, root: str, errors: Iterable["ValidationError"]) -> list[Problem]:
    """Make problems of jsonschema's errors: the first ones by place, then by sentence."""
    found = ((_place(error), _sentence(error), kind(error.instance)) for error in errors)
    return [
        problem(code, message, root + _pointer(place), got=got)
        for place, message, got in nsmallest(MAX_PROBLEMS, found)
    ]


def _place(error: "ValidationError") -> tuple[tuple[bool, Any], ...]:
    """Return the path to the value, fit for sorting: indexes by number, before names."""
    return tuple((type(part) is str, part) for part in error.absolute_path)


def _pointer(place: tuple[tuple[bool, Any], ...]) -> str:
    return "".join(f"/{escape_pointer(str(part))}" for _, part in place)


def _sentence(error: "ValidationError") -> str:
    """Say what the schema asks for; rule text may be shown, values of the event may not."""
    keyword: Any = error.validator  # None for a schema that is false
    subject = "a member's name" if "propertyNames" in error.absolute_schema_path else "the value"
    phrase, shows_rule = _SENTENCES.get(keyword, ("fit the schema", False))
    rule = f" {shorten(compact_json(error.validator_value))}" if shows_rule else ""
    return f"{subject} must {phrase}{rule} ({keyword or 'false'})"
