"""The slow, obvious second evaluator: why a filter holds or not, and where a body comes from.

It is independent of the fast path: it walks documents and events by itself, in the words
of spec sections 4 to 6, and shares with the engine only how values are read and written.
Tests hold the two equal, so it is the reference as well as the explanation. Documents
are checked by the engine's loaders first; here they are known to be valid. Nothing
recurses over event data.

The exception are wide JSONPaths (``Limits.jsonpath == "wide"``), which jsonpath-ng runs
here as there: the explanation notes them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, Final, Literal, NamedTuple, TypeVar

from egcore.decoding import Raw, compact_json
from egcore.errors import host_error, shorten
from egcore.events import Event, as_event
from egcore.explain_transforms import transform_explanation
from egcore.explanations import (
    ConditionExplanation,
    Explanation,
    FieldExplanation,
    FilterExplanation,
    SubscriptionExplanation,
    TargetExplanation,
)
from egcore.filters import Filter
from egcore.limits import EVENTGRID, Limits
from egcore.paths import UNDEFINED
from egcore.subscriptions import Source, Subscription
from egcore.transforms import Transform

Rule = Mapping[str, Any] | Raw
AnyEvent = Event | Raw | dict[str, Any]


def explain(
    subscriptions: Iterable[Subscription],
    event: AnyEvent,
    *,
    channel_id: str | None = None,
    limits: Limits = EVENTGRID,
) -> Explanation:
    """Explain one event against subscriptions, in their order (spec sections 4 to 6).

    With ``channel_id``, subscriptions of other channels, and of none, do not match.
    ``limits`` are those that the subscriptions were loaded under. Raises as
    ``parse_event``; ``TransformError`` for a path that these limits refuse; ``HostError``.

    >>> document = {
    ...     "name": "orders",
    ...     "sources": [{"name": "s", "filter": {"source": [{"op": "StringIn", "values": ["s"]}]}}],
    ...     "targets": [{"name": "t", "transform": {"type": "CONSTANT", "value": "hello"}}],
    ... }
    >>> event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    >>> print(explain([Subscription.from_document(document)], event))
    event 1 from s: 1 of 1 subscriptions match
      subscription orders: matches
        source s: holds
          source = "s": holds
            StringIn ["s"]: holds, equals 's'
        target t: CONSTANT, text/plain; charset=utf-8
          body, 5 bytes: hello
    """
    seen = as_event(event, limits)
    return _fenced(
        lambda: Explanation(
            seen, tuple(_subscription(each, seen, channel_id, limits) for each in subscriptions)
        )
    )


def explain_filter(
    document: Rule, event: AnyEvent, *, limits: Limits = EVENTGRID
) -> FilterExplanation:
    """Explain one filter document against one event (spec section 4).

    Raises as ``Filter.from_document`` and ``parse_event``.

    >>> event = {"specversion": "1.0", "id": "1", "source": "refunds", "type": "t"}
    >>> print(explain_filter({"source": [{"op": "StringIn", "values": ["orders"]}]}, event))
    filter: fails
      source = "refunds": fails
        StringIn ["orders"]: fails, does not equal 'orders'
    """
    checked = Filter.from_document(document, limits=limits)
    seen = as_event(event, limits)
    return _fenced(lambda: _filter(checked.document, seen, None))


def explain_transform(
    document: Rule, event: AnyEvent, *, limits: Limits = EVENTGRID
) -> TargetExplanation:
    """Explain one transform document for one event (spec section 5).

    Raises as ``Transform.from_document`` and ``parse_event``, never ``RenderError``:
    that is the explanation's ``problem``.

    >>> event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "you"}
    >>> document = {"type": "VARIABLE", "value": '{"who": "$.subject"}', "template": "Hi ${who}"}
    >>> print(explain_transform(document, event))
    transform: VARIABLE, text/plain; charset=utf-8
      ${who}: "$.subject" gives "you"
      body, 6 bytes: Hi you
    """
    checked = Transform.from_document(document, limits=limits)
    seen = as_event(event, limits)
    return _fenced(lambda: transform_explanation(checked.document, seen, limits))


_Result = TypeVar("_Result")


def _fenced(work: Callable[[], _Result]) -> _Result:
    """Do the work; a full stack is the host's matter."""
    try:
        return work()
    except RecursionError:
        pass
    raise host_error()


# --- Subscriptions (spec section 6) ------------------------------------------------------------


def _subscription(
    subscription: Subscription, event: Event, channel_id: str | None, limits: Limits
) -> SubscriptionExplanation:
    document = subscription.document
    sources = tuple(
        _filter(each.get("filter"), event, source)
        for each, source in zip(document["sources"], subscription.sources, strict=True)
    )
    reasons = (*_not_routing(document, channel_id), *_not_holding(subscription.sources, sources))
    targets: tuple[TargetExplanation, ...] = ()
    if not reasons:
        targets = tuple(
            transform_explanation(each["transform"], event, limits, target)
            for each, target in zip(document["targets"], subscription.targets, strict=True)
        )
    return SubscriptionExplanation(subscription, not reasons, reasons, sources, targets)


def _not_routing(document: dict[str, Any], channel_id: str | None) -> Iterator[str]:
    """Say why the subscription gets no events, whatever its filter."""
    # "Missing status means ENABLED, missing type EVENT"; null is absent.
    status = document.get("status") or "ENABLED"
    if status != "ENABLED":
        yield f"it is not routing: its status is {status}"
    of_type = document.get("type") or "EVENT"
    if of_type != "EVENT":
        yield f"it is not routing: its type is {of_type}"
    # "every routing subscription of the channel (None: of all)"
    own = document.get("channel_id")
    if channel_id is not None and own != channel_id:
        yield f"its channel is {_quoted(own)}" if own else "it has no channel"


def _not_holding(
    sources: tuple[Source, ...], filters: tuple[FilterExplanation, ...]
) -> Iterator[str]:
    """Say which fields fail, unless the filter of any source holds."""
    if any(each.holds for each in filters):
        return
    for source, explained in zip(sources, filters, strict=True):
        failing = [shorten(field.label) for field in explained.fields if not field.holds]
        fails = f"fails at {', '.join(failing)}" if failing else "has no filter"
        yield f"source {shorten(source.name)} {fails}"


# --- Filters (spec section 4) ------------------------------------------------------------------


def _filter(
    document: dict[str, Any] | None, event: Event, source: Source | None
) -> FilterExplanation:
    """Judge every field, also behind one that fails."""
    if document is None:
        return FilterExplanation(holds=False, fields=(), source=source)
    fields = tuple(_field(path, leaf, event.members) for path, leaf in _leaves(document))
    # "Different fields are ANDed"
    return FilterExplanation(all(field.holds for field in fields), fields, source)


def _leaves(document: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give each leaf of the document with its path, in document order."""
    waiting: list[tuple[tuple[str, ...], Any]]
    waiting = [((key,), below) for key, below in reversed(document.items())]
    while waiting:
        path, item = waiting.pop()
        # "Directly under data the key and is a field name; elsewhere an object whose only
        # key is and with a list is always the form"
        if type(item) is list or (path != ("data",) and _is_and_form(item)):
            yield path, item
        else:
            waiting += [((*path, key), below) for key, below in reversed(item.items())]


def _is_and_form(item: dict[str, Any]) -> bool:
    return list(item) == ["and"] and type(item["and"]) is list


def _field(path: tuple[str, ...], leaf: Any, members: dict[str, Any]) -> FieldExplanation:
    value, undefined = _walk(path, members)
    combine: Literal["any", "all"] = "any" if type(leaf) is list else "all"
    documents = leaf if combine == "any" else leaf["and"]
    # Rule 9: each condition looks at the whole field by itself, inside `and` too.
    conditions = tuple(_condition(each, value, undefined) for each in documents)
    # "A leaf is a list (OR), or {"and": [...]}, all of which must hold"
    verdicts = [each.holds for each in conditions]
    holds = any(verdicts) if combine == "any" else all(verdicts)
    return FieldExplanation(path, combine, value, undefined, holds, conditions)


_KINDS: Final[Mapping[type, str]] = {
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",  # rule 6: booleans are not numbers
    list: "an array",
    dict: "an object",
    NoneType: "null",
}


def _walk(path: tuple[str, ...], members: dict[str, Any]) -> tuple[Any, str | None]:
    """Find the value of a field, and say why it is undefined if it is."""
    value: Any = members
    for depth, key in enumerate(path):  # rule 7: keys are literal
        # Rule 1: undefined when "something on the path is not an object. Arrays on the
        # path are not entered."
        if type(value) is list:
            return UNDEFINED, f"{_label(path[:depth])} is an array"
        if type(value) is not dict:
            return UNDEFINED, f"{_label(path[:depth])} is {_KINDS[type(value)]}, not an object"
        # Rule 1: "when a key on its path is missing"
        if key not in value:
            return UNDEFINED, f"{_label(path[: depth + 1])} is missing"
        value = value[key]
    # Rule 1: "null counts as undefined for every operator"
    return value, f"{_label(path)} is null" if value is None else None


def _label(path: tuple[str, ...]) -> str:
    return shorten(".".join(path))


# Rule 3: these "are exactly not their positive twin".
_POSITIVE_TWIN: Final = {
    "StringNotIn": "StringIn",
    "StringNotStartsWith": "StringStartsWith",
    "StringNotEndsWith": "StringEndsWith",
    "NumberNotIn": "NumberIn",
    "NumberNotInRange": "NumberInRange",
}


class _Test(NamedTuple):
    """How a positive operator tests one value of the right kind against one entry."""

    kind: str
    satisfies: Callable[[Any, Any], bool]
    yes: str
    no: str


# Rule 5: strings code point by code point. Rule 8: every string starts and ends with "".
# Rule 6: Python compares int and float by mathematical value. Rule 3: ...NotLessThan and
# ...NotGreaterThan "are ≥ and ≤, hence positive".
_TESTS: Final = {
    "StringIn": _Test("a string", lambda x, y: x == y, "equals", "does not equal"),
    "StringStartsWith": _Test(
        "a string", lambda x, y: x[: len(y)] == y, "starts with", "does not start with"
    ),
    "StringEndsWith": _Test(
        "a string", lambda x, y: x[max(len(x) - len(y), 0) :] == y, "ends with", "does not end with"
    ),
    "NumberIn": _Test("a number", lambda x, y: x == y, "equals", "does not equal"),
    "NumberInRange": _Test("a number", lambda x, y: y[0] <= x <= y[1], "is in", "is not in"),
    "NumberLessThan": _Test("a number", lambda x, y: x < y, "is less than", "is not less than"),
    "NumberNotLessThan": _Test("a number", lambda x, y: x >= y, "is at least", "is less than"),
    "NumberGreaterThan": _Test(
        "a number", lambda x, y: x > y, "is greater than", "is not greater than"
    ),
    "NumberNotGreaterThan": _Test("a number", lambda x, y: x <= y, "is at most", "is greater than"),
}


class _Verdict(NamedTuple):
    """Whether a condition holds and why; ``surprising`` where the value is not even comparable."""

    holds: bool
    because: str
    element: int | None = None
    surprising: bool = False


def _condition(document: dict[str, Any], value: Any, undefined: str | None) -> ConditionExplanation:
    op = document["op"]
    operand = document.get("values", document.get("value"))
    if op in ("IsNull", "IsNotNull"):
        verdict = _null(op, value, undefined)
    elif op in ("IsTrue", "IsNotTrue"):
        verdict = _boolean(op, value, undefined)
    else:
        entries = operand if type(operand) is list else [operand]
        verdict = _positive(_TESTS[_POSITIVE_TWIN.get(op, op)], entries, value, undefined)
        if op in _POSITIVE_TWIN:
            verdict = _negated(verdict)
    return ConditionExplanation(op, operand, verdict.holds, verdict.element, verdict.because)


def _null(op: str, value: Any, undefined: str | None) -> _Verdict:
    """IsNull: "is null or undefined"; IsNotNull: "is neither"."""
    if undefined is None:
        return _Verdict(op == "IsNotNull", f"is {_KINDS[type(value)]}, not null")
    because = "is null" if value is None else f"undefined: {undefined}"
    return _Verdict(op == "IsNull", because)


def _boolean(op: str, value: Any, undefined: str | None) -> _Verdict:
    """Rule 4: JSON booleans only; "both are false on anything else, arrays included"."""
    if undefined is not None:
        return _Verdict(holds=False, because=f"undefined: {undefined}")
    if type(value) is not bool:
        return _Verdict(holds=False, because=f"is {_KINDS[type(value)]}, not a boolean")
    return _Verdict(value is (op == "IsTrue"), "is true" if value else "is false")


def _positive(test: _Test, entries: list[Any], value: Any, undefined: str | None) -> _Verdict:
    """Rule 2: "false on undefined, on a wrong type, on an empty array"."""
    if undefined is not None:
        return _Verdict(holds=False, because=f"undefined: {undefined}", surprising=True)
    if type(value) is list:
        return _positive_over(test, entries, value)
    kind = _KINDS[type(value)]
    if kind != test.kind:
        return _Verdict(holds=False, because=f"is {kind}, not {test.kind}", surprising=True)
    because = _satisfied(test, entries, value)
    return _Verdict(because is not None, because or _unsatisfied(test, entries))


def _positive_over(test: _Test, entries: list[Any], array: list[Any]) -> _Verdict:
    """Rule 2: "any element of the right type satisfies them (… nested arrays … never do)"."""
    comparable = 0
    for index, element in enumerate(array):
        if _KINDS[type(element)] != test.kind:
            continue
        comparable += 1
        because = _satisfied(test, entries, element)
        if because is not None:
            return _Verdict(holds=True, because=f"element {index} {because}", element=index)
    if comparable:
        return _Verdict(holds=False, because=f"no element {test.yes} {_any_of(entries)}")
    because = f"no element is {test.kind}" if array else "the array is empty"
    return _Verdict(holds=False, because=because, surprising=True)


def _negated(positive: _Verdict) -> _Verdict:
    """Rule 3: exactly not; true where the value is undefined or of a wrong type."""
    more = ", so the negative condition holds" if positive.surprising else ""
    return _Verdict(not positive.holds, positive.because + more, positive.element)


def _satisfied(test: _Test, entries: list[Any], value: Any) -> str | None:
    """Name the first entry that the value satisfies."""
    for entry in entries:
        if test.satisfies(value, entry):
            return f"{test.yes} {_quoted(entry)}"
    return None


def _unsatisfied(test: _Test, entries: list[Any]) -> str:
    if len(entries) == 1:
        return f"{test.no} {_quoted(entries[0])}"
    return f"{test.yes} none of the {_counted(entries)}"


def _any_of(entries: list[Any]) -> str:
    return _quoted(entries[0]) if len(entries) == 1 else f"any of the {_counted(entries)}"


def _counted(entries: list[Any]) -> str:
    return f"{len(entries)} {'ranges' if type(entries[0]) is list else 'values'}"


def _quoted(entry: Any) -> str:
    """Write an entry of an operand into a sentence."""
    if type(entry) is list:
        low, high = entry
        return f"{_quoted(low)} to {_quoted(high)}"
    return shorten(repr(entry) if type(entry) is str else compact_json(entry))
