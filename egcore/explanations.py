"""What ``egcore.explain`` answers: values that tell, level by level, what was seen and decided.

Each value compares and pickles; ``str()`` gives a readable indented tree, ``document()``
a dict that is JSON. They show event data: that is their job. In the tree long values are
cut and every value stays on its line; ``document()`` holds all of them whole.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from egcore.decoding import compact_json
from egcore.errors import Problem, shorten
from egcore.events import Event
from egcore.paths import UNDEFINED
from egcore.subscriptions import Source, Subscription, Target

VALUE_CHARS: Final = 60
BODY_CHARS: Final = 200

# Named tuples: a dataclass each would make importing this module five times as slow.


class ConditionExplanation(NamedTuple):
    """One condition, judged on the whole value of its field (spec 4 rule 9).

    ``operand`` is as in the document, None when the operator takes none. ``element`` is
    the index of the array element that decided, or None. ``because`` is one sentence.
    """

    op: str
    operand: Any
    holds: bool
    element: int | None
    because: str

    def document(self) -> dict[str, Any]:
        """Return the condition with its verdict as JSON."""
        operand = {} if self.operand is None else {"operand": self.operand}
        verdict = {"holds": self.holds, "element": self.element, "because": self.because}
        return {"op": self.op, **operand, **verdict}


class FieldExplanation(NamedTuple):
    """One field of a filter: what stood there, and what each condition made of it.

    ``value`` is the value that was seen, ``UNDEFINED`` when there is none.
    ``undefined_because`` says why the field is undefined, null included (spec 4 rule 1);
    None when it is not. ``combine`` is "any" for a list, "all" for the ``and`` form.
    """

    path: tuple[str, ...]
    combine: Literal["any", "all"]
    value: Any
    undefined_because: str | None
    holds: bool
    conditions: tuple[ConditionExplanation, ...]

    @property
    def label(self) -> str:
        """The path as messages show it."""
        return ".".join(self.path)

    def document(self) -> dict[str, Any]:
        """Return the field as JSON; ``value`` is left out when there is none."""
        return {
            "field": self.label,
            "path": list(self.path),
            "combine": self.combine,
            **_unless_undefined(self.value),
            "undefined_because": self.undefined_because,
            "holds": self.holds,
            "conditions": [each.document() for each in self.conditions],
        }


class FilterExplanation(NamedTuple):
    """One filter: it holds when every field does.

    ``source`` is the source that it belongs to, None for a filter alone. A source without
    a filter (a SCHEDULED subscription) has no fields and does not hold.
    """

    holds: bool
    fields: tuple[FieldExplanation, ...]
    source: Source | None = None

    def document(self) -> dict[str, Any]:
        """Return the filter as JSON, with id and name of its source."""
        source = {} if self.source is None else {"id": self.source.id, "name": self.source.name}
        fields = [each.document() for each in self.fields]
        return {**source, "holds": self.holds, "fields": fields}

    def __str__(self) -> str:
        return "\n".join(_filter_lines(self))


class TargetExplanation(NamedTuple):
    """One target's body, and where each part of it came from.

    ``target`` is None for a transform alone. ``variables`` maps each variable that the
    template uses to its expression and its value, ``UNDEFINED`` when a path found none.
    ``notes`` say what was not evaluated independently. ``body`` is None when ``problem``,
    the output or step limit, stands in its way.
    """

    type: str
    variables: dict[str, tuple[Any, Any]]
    notes: tuple[str, ...]
    body: bytes | None
    content_type: str
    problem: Problem | None
    target: Target | None = None

    def document(self) -> dict[str, Any]:
        """Return the target as JSON, ``body`` being a string."""
        target = {} if self.target is None else {"id": self.target.id, "name": self.target.name}
        return {
            **target,
            "type": self.type,
            "variables": {
                name: {"expression": expression, **_unless_undefined(value)}
                for name, (expression, value) in self.variables.items()
            },
            "notes": list(self.notes),
            "body": None if self.body is None else self.body.decode(),
            "content_type": self.content_type,
            "problem": None if self.problem is None else _problem_document(self.problem),
        }

    def __str__(self) -> str:
        return "\n".join(_target_lines(self))


class SubscriptionExplanation(NamedTuple):
    """One subscription: whether the event reaches it, and why not.

    ``reasons`` is empty exactly when it matched. ``sources`` are explained in any case,
    ``targets`` only when it matched.
    """

    subscription: Subscription
    matched: bool
    reasons: tuple[str, ...]
    sources: tuple[FilterExplanation, ...]
    targets: tuple[TargetExplanation, ...]

    def document(self) -> dict[str, Any]:
        """Return the subscription as JSON."""
        return {
            "id": self.subscription.id,
            "name": self.subscription.name,
            "matched": self.matched,
            "reasons": list(self.reasons),
            "sources": [each.document() for each in self.sources],
            "targets": [each.document() for each in self.targets],
        }


class Explanation(NamedTuple):
    """One event against subscriptions, in their order: what was seen and decided."""

    event: Event
    subscriptions: tuple[SubscriptionExplanation, ...]

    @property
    def matched(self) -> tuple[Subscription, ...]:
        """The subscriptions that the event reaches: what the router's ``match`` gives."""
        return tuple(each.subscription for each in self.subscriptions if each.matched)

    def document(self) -> dict[str, Any]:
        """Return everything as JSON; ``matched`` lists subscription ids."""
        return {
            "event_id": self.event.id,
            "event_source": self.event.source,
            "matched": [each.id for each in self.matched],
            "subscriptions": [each.document() for each in self.subscriptions],
        }

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _unless_undefined(value: object) -> dict[str, object]:
    """The member ``value``, or none: undefined has no JSON."""
    return {} if value is UNDEFINED else {"value": value}


def _problem_document(found: Problem) -> dict[str, str]:
    return {"code": found.code, "message": found.message, "pointer": found.pointer}


# --- The tree ------------------------------------------------------------------------------


def _lines(explanation: Explanation) -> Iterator[str]:
    event = explanation.event
    of = f"{len(explanation.matched)} of {len(explanation.subscriptions)} subscriptions match"
    yield f"event {shorten(event.id)} from {shorten(event.source)}: {of}"
    for each in explanation.subscriptions:
        yield from _below(_subscription_lines(each))


def _subscription_lines(explanation: SubscriptionExplanation) -> Iterator[str]:
    verdict = "matches" if explanation.matched else "does not match"
    yield f"subscription {explanation.subscription.name}: {verdict}"
    yield from _below(f"because {reason}" for reason in explanation.reasons)
    for source in explanation.sources:
        yield from _below(_filter_lines(source))
    for target in explanation.targets:
        yield from _below(_target_lines(target))


def _filter_lines(explanation: FilterExplanation) -> Iterator[str]:
    source = explanation.source
    name = "filter" if source is None else f"source {shorten(source.name)}"
    yield f"{name}: {_verdict(explanation.holds)}"
    for field in explanation.fields:
        yield from _below(_field_lines(field))


def _field_lines(field: FieldExplanation) -> Iterator[str]:
    every = ", every condition counts" if field.combine == "all" else ""
    yield f"{shorten(field.label)} = {_shown(field.value)}{every}: {_verdict(field.holds)}"
    for each in field.conditions:
        operand = "" if each.operand is None else f" {_shown(each.operand)}"
        yield f"  {each.op}{operand}: {_verdict(each.holds)}, {each.because}"


def _target_lines(explanation: TargetExplanation) -> Iterator[str]:
    target = explanation.target
    name = "transform" if target is None else f"target {shorten(target.name)}"
    yield f"{name}: {explanation.type}, {explanation.content_type}"
    for variable, (expression, value) in explanation.variables.items():
        origin = f"{_shown(expression)} gives " if _is_path(expression) else ""
        yield f"  ${{{variable}}}: {origin}{_shown(value)}"
    yield from _below(explanation.notes)
    if explanation.problem is not None:
        yield f"  no body: {explanation.problem}"
    if explanation.body is not None:
        shown = shorten(explanation.body[: 4 * BODY_CHARS + 4].decode(errors="ignore"), BODY_CHARS)
        yield f"  body, {len(explanation.body)} bytes: {shown}"


def _below(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _verdict(holds: bool) -> str:  # noqa: FBT001 # a verdict is all that there is to say
    return "holds" if holds else "fails"


def _shown(value: object) -> str:
    return "undefined" if value is UNDEFINED else shorten(compact_json(value), VALUE_CHARS)


def _is_path(expression: object) -> bool:
    return type(expression) is str and expression.startswith("$")
