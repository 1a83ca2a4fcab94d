"""Laws: what holds for every event and every rule, with examples made small when it does not."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import egcore
from egcore.operators import OPERATORS
from egcore.paths import UNDEFINED
from tests import generators, oracle, strategies
from tests.strategies import CONDITIONS, FIELDS, FILTERS, OBJECTS, STRINGS, VALUES, Document

EVENTS = strategies.events()
ANYTHING = VALUES | st.just(UNDEFINED)
INPUTS = ANYTHING | strategies.NUMBERS | STRINGS | st.lists(strategies.SCALARS, max_size=3)


def holds(condition: Document, value: object) -> bool:
    """Whether a condition holds on a value, by the table of operators."""
    operand = condition.get("values", condition.get("value"))
    if operand and isinstance(operand, list):
        operand = tuple(tuple(each) if isinstance(each, list) else each for each in operand)
    return OPERATORS[condition["op"]].predicate(operand)(value)


def matches(document: Document, event: Document) -> bool:
    """Whether a filter document matches, by the engine and by the oracle, which agree."""
    found = egcore.matches(document, event)
    assert found == oracle.matches(document, event)
    return found


def with_data(field: Any) -> Document:
    """Give a filter with one field under data."""
    return {"source": [{"op": "StringIn", "values": ["s"]}], "data": {"x": field}}


def event_of(value: Any) -> Document:
    """Give an event with one value under data; none when it is undefined."""
    data = {} if value is UNDEFINED else {"x": value}
    return {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": data}


def permuted(draw: st.DrawFn, value: Any) -> Any:
    """Draw the same value with the members of its objects in another order."""
    if isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        return {key: permuted(draw, value[key]) for key in keys}
    return [permuted(draw, each) for each in value] if isinstance(value, list) else value


# --- Conditions -----------------------------------------------------------------------------

TWINS = {
    "StringNotIn": "StringIn",
    "StringNotStartsWith": "StringStartsWith",
    "StringNotEndsWith": "StringEndsWith",
    "NumberNotIn": "NumberIn",
    "NumberNotInRange": "NumberInRange",
    "IsNotNull": "IsNull",
}
NO_TWINS = {
    "NumberNotLessThan": "NumberLessThan",
    "NumberNotGreaterThan": "NumberGreaterThan",
    "IsNotTrue": "IsTrue",
}


def test_every_negation_is_here() -> None:
    """Each operator whose name says Not is a complement or is listed as none."""
    assert set(TWINS) | set(NO_TWINS) == {op for op in OPERATORS if "Not" in op}


@pytest.mark.parametrize("op", TWINS)
@given(data=st.data(), value=INPUTS)
def test_complements(op: str, data: st.DataObject, value: Any) -> None:
    """Where the spec says so, a negative operator is exactly not its positive twin (rule 3)."""
    negative = data.draw(strategies.condition(op))
    assert holds(negative, value) is not holds({**negative, "op": TWINS[op]}, value)


@pytest.mark.parametrize("op", NO_TWINS)
@pytest.mark.parametrize("value", [UNDEFINED, None, "1", {}, []], ids=repr)
def test_no_complements(op: str, value: Any) -> None:
    """At least, at most and false are positive: with their twins they fail together."""
    for each in (op, NO_TWINS[op]):
        condition = {"op": each} if op == "IsNotTrue" else {"op": each, "value": 1}
        assert not holds(condition, value)


@pytest.mark.parametrize("op", ["NumberNotLessThan", "NumberNotGreaterThan"])
@given(one=strategies.NUMBERS, value=strategies.NUMBERS)
def test_comparisons(op: str, one: Any, value: Any) -> None:
    """On a number the two are opposites; on an array both can hold, by different elements."""
    positive, negative = ({"op": each, "value": one} for each in (NO_TWINS[op], op))
    assert holds(negative, value) is not holds(positive, value)
    both = [one - 1, one, one + 1]
    assume(both[0] < one < both[2])
    assert holds(negative, both)
    assert holds(positive, both)


@given(CONDITIONS, INPUTS)
def test_conditions_are_the_oracles(condition: Document, value: Any) -> None:
    """The table of operators agrees with the naive reading of the spec."""
    undefined = oracle.UNDEFINED if value is UNDEFINED else value
    assert holds(condition, value) is oracle.condition_holds(condition, undefined)


@given(CONDITIONS, st.lists(strategies.SCALARS, max_size=3), strategies.SCALARS)
def test_elements_only_help_positive_conditions(
    condition: Document, array: list[Any], element: Any
) -> None:
    """A further element never takes a match from a positive operator, nor gives a negative one."""
    before, after = holds(condition, array), holds(condition, [*array, element])
    assert before >= after if condition["op"] in TWINS else before <= after


@pytest.mark.parametrize("op", strategies.OPERANDS)
@given(data=st.data(), value=INPUTS)
def test_one_more_value(op: str, data: st.DataObject, value: Any) -> None:
    """A value more never takes a match from a positive list, and never gives one to a negative."""
    condition = data.draw(strategies.condition(op))
    more = data.draw(strategies.OPERANDS[op])
    before = holds(condition, value)
    after = holds({**condition, "values": [*condition["values"], more]}, value)
    assert before >= after if op in TWINS else before <= after


# --- Filters --------------------------------------------------------------------------------


@given(CONDITIONS, INPUTS)
def test_and_of_one(condition: Document, value: Any) -> None:
    """A condition by itself and in ``and`` of one is the same."""
    event = event_of(value)
    alone = matches(with_data([condition]), event)
    assert matches(with_data({"and": [condition]}), event) is alone


@given(st.lists(CONDITIONS, min_size=1, max_size=4), CONDITIONS, INPUTS)
def test_one_more_condition(conditions: list[Document], more: Document, value: Any) -> None:
    """An alternative more never takes a match; in ``and``, one more never gives one."""
    event, all_of = event_of(value), [*conditions, more]
    assert matches(with_data(conditions), event) <= matches(with_data(all_of), event)
    together = matches(with_data({"and": conditions}), event)
    assert together >= matches(with_data({"and": all_of}), event)


@given(FILTERS, FIELDS, EVENTS)
def test_one_more_field(document: Document, field: Any, event: Document) -> None:
    """A field more never gives a match."""
    assume("type" not in document)
    assert matches(document, event) >= matches({**document, "type": field}, event)


@given(st.data(), FILTERS, EVENTS)
def test_order_of_keys(data: st.DataObject, document: Document, event: Document) -> None:
    """The order of keys, in the event and in the filter, changes nothing."""
    found = matches(document, event)
    assert matches(permuted(data.draw, document), event) is found
    assert matches(document, permuted(data.draw, event)) is found


@given(st.data(), st.lists(FILTERS, max_size=5), FILTERS, EVENTS)
def test_unrelated_rules(
    data: st.DataObject, documents: list[Document], more: Document, event: Document
) -> None:
    """A rule more, anywhere in the set, changes nothing about the others."""
    names = list(range(len(documents)))
    place = data.draw(st.integers(0, len(names)))
    filters = dict(zip(names, documents, strict=True))
    without = egcore.Matcher(filters).match(event)
    mixed: dict[Any, Any] = {name: filters[name] for name in names[:place]}
    mixed["more"] = more
    mixed |= {name: filters[name] for name in names[place:]}
    found = egcore.Matcher(mixed)
    assert [name for name in found.match(event) if name != "more"] == without
    assert found.without("more") == egcore.Matcher(filters)


@given(st.data(), strategies.rule_sets(), EVENTS)
def test_order_of_rules(data: st.DataObject, documents: list[Document], event: Document) -> None:
    """The order of the rules is that of what they match, and changes nothing else."""
    order = data.draw(st.permutations(range(len(documents))))
    first = egcore.Router.from_documents(documents).route(event)
    second = egcore.Router.from_documents([documents[n] for n in order]).route(event)
    place = {f"rule-{n}": position for position, n in enumerate(order)}
    wanted = sorted(first, key=lambda each: place[each.subscription])
    assert [_delivered(each) for each in second] == [_delivered(each) for each in wanted]


def _delivered(delivery: egcore.Delivery) -> tuple[str, bytes, str]:
    return delivery.delivery_id, delivery.body, delivery.content_type


# --- Events and requests --------------------------------------------------------------------


@pytest.mark.parametrize("limits", [egcore.EVENTGRID, egcore.CLOUDEVENTS], ids=["service", "any"])
@given(data=st.data())
def test_writing_and_reading(limits: egcore.Limits, data: st.DataObject) -> None:
    """An event that is written and read is the same, whatever it was read from."""
    event = data.draw(strategies.events(OBJECTS if limits.data == "object" else VALUES))
    spaced = json.dumps(event, indent=1)
    for source in (event, spaced, spaced.encode(), json.dumps(event, ensure_ascii=False)):
        parsed = egcore.parse_event(source, limits=limits)
        again = egcore.parse_event(parsed.original, limits=limits)
        assert (again, again.original) == (parsed, parsed.original)
        assert json.dumps(parsed.members) == json.dumps(event)


MEMBERS = EVENTS | st.sampled_from(
    ({}, None, [], 1, {"id": "1"}, {"specversion": "1.0", "id": "x", "source": "s", "type": 1})
)


@given(strategies.rule_sets(), st.lists(MEMBERS, min_size=2, max_size=6), st.data())
def test_splitting_a_request(
    rules: list[Document], members: list[Any], data: st.DataObject
) -> None:
    """Two halves of a request give together what the whole gives."""
    router = egcore.Router.from_documents(rules)
    cut = data.draw(st.integers(1, len(members) - 1))
    whole, first, second = (
        router.process(json.dumps({"events": part}).encode())
        for part in (members, members[:cut], members[cut:])
    )
    moved = tuple(replace(each, index=each.index + cut) for each in second.refused)
    assert whole.results == first.results + second.results
    assert whole.refused == first.refused + moved
    assert whole.deliveries == first.deliveries + second.deliveries
    assert whole.unrouted == first.unrouted + second.unrouted


@given(st.integers(0, 2**32), EVENTS)
@settings(max_examples=50)
def test_loaded_documents_never_raise(seed: int, event: Document) -> None:
    """A document that loads never raises later; a body over a limit is listed as failed."""
    limits = replace(egcore.EVENTGRID, body_bytes=200, path_steps=20)
    documents = generators.subscriptions(Random(seed), 3)
    router = egcore.Router.from_documents(documents, limits=limits)
    outcome = router.process_event(event)
    reached = sum(len(each.targets) for each in router.match(event))
    assert len(outcome.deliveries) + len(outcome.failed) == reached
    assert all(len(each.body) <= 200 for each in outcome.deliveries)


# --- LiveRouter -----------------------------------------------------------------------------

BAD_DOCUMENTS: tuple[Any, ...] = ({}, {"name": "rule-0"}, "{", None, 1, [], {"name": "ü"})
NUMBERS = st.integers(0, 4)


class Reloading(RuleBasedStateMachine):
    """A ``LiveRouter`` under changes, held to a model: a dict of documents and the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.live = egcore.LiveRouter(egcore.Router.from_documents([]))
        self.model: dict[str, Document] = {}
        self.taken: list[tuple[egcore.Router, list[str]]] = []

    @initialize(documents=strategies.rule_sets())
    def start(self, documents: list[Document]) -> None:
        """Begin with a rule set."""
        self.replace(documents)

    @rule(documents=strategies.rule_sets())
    def replace(self, documents: list[Document]) -> None:
        """Put another rule set in place."""
        self.live.replace(documents)
        self.model = {each["name"]: each for each in documents}

    @rule(document=NUMBERS.flatmap(lambda n: strategies.subscription(f"rule-{n}")))
    def add(self, document: Document) -> None:
        """Add a rule, or replace the one of its id, which its name gives it."""
        self.live.add(document)
        self.model[document["name"]] = document

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove a rule."""
        name = data.draw(st.sampled_from(sorted(self.model)))
        del self.model[name]
        (found,) = (each.id for each in self.live.current.subscriptions if each.name == name)
        self.live.remove(found)

    @rule(bad=st.sampled_from(BAD_DOCUMENTS), good=strategies.rule_sets(2))
    def reload_badly(self, bad: Any, good: list[Document]) -> None:
        """A change that does not load changes nothing, good documents around it or not."""
        before = self.live.current
        for change in (
            lambda: self.live.replace([*good, bad]),
            lambda: self.live.replace(bad if bad != [] else None),
            lambda: self.live.replace([*good, *good, {"name": "twin"}]),
            lambda: self.live.add(bad),
            lambda: self.live.remove("unknown"),
        ):
            with pytest.raises((egcore.RuleError, egcore.UsageError)):
                change()
        assert self.live.current is before

    @rule(event=EVENTS, channel=st.none() | st.sampled_from(("c1", "c2")))
    def process(self, event: Document, channel: str | None) -> None:
        """What is delivered is what the model says, in order."""
        outcome = self.live.process({"events": [event]}, channel_id=channel)
        wanted = [
            (name, target["name"])
            for name, document in self.model.items()
            if _routes(document, channel) and oracle.matches(_filter(document), event)
            for target in document["targets"]
        ]
        assert [(each.subscription, each.target) for each in outcome.deliveries] == wanted
        assert outcome.unrouted == (not wanted)

    @rule()
    def keep(self) -> None:
        """Keep the current router, as a reader would that is slow."""
        self.taken.append((self.live.current, list(self.model)))

    @invariant()
    def names_agree(self) -> None:
        """The rules are those of the model, in order; routers that were taken stay as they were."""
        assert [each.name for each in self.live.current.subscriptions] == list(self.model)
        for router, names in self.taken:
            assert [each.name for each in router.subscriptions] == names


def _routes(document: Document, channel: str | None) -> bool:
    enabled = document.get("status", "ENABLED") == "ENABLED"
    return enabled and (channel is None or document.get("channel_id") == channel)


def _filter(document: Document) -> Document:
    found: Document = document["sources"][0]["filter"]
    return found


TestReloading = Reloading.TestCase
TestReloading.settings = settings(max_examples=40, stateful_step_count=20)
