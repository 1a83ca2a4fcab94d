"""Other engines that Python programs use for such rules, fed the same rules and events.

Each peer says the rules in its own language where it can, takes an event as a dict and
gives the positions of the rules that match. A peer that is not installed raises
``ImportError`` when built, one that cannot say a rule ``InapplicableError``: nothing is bent
to fit. The translations lean on what the workloads promise: no null in events, ``tags`` is
always an array.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

from benchmarks.scenes import Scene, WrongResultError
from benchmarks.workloads import Document

Path = tuple[str, ...]
Match = Callable[[Document], list[int]]

ARRAYS: Final = {("data", "tags")}


class InapplicableError(Exception):
    """The language of a peer cannot say a rule, or not with the same meaning."""


class Leaf(NamedTuple):
    """The conditions on one field; ``combine`` is ``any`` or ``all`` of them."""

    path: Path
    combine: str
    conditions: list[Document]


class Peer(NamedTuple):
    """One engine: the distribution it comes in, how it works, how it is built from filters.

    ``most_rules`` bounds what is tried with it: loops take seconds for an event beyond it.
    An index is tried with as many rules as egcore, a loop with fewer.
    """

    name: str
    distribution: str
    kind: str
    build: Callable[[Sequence[Document]], Match]
    most_rules: int = 100_000

    @property
    def is_index(self) -> bool:
        """Whether it is more than a loop over the rules."""
        return self.kind.startswith("an index")

    @property
    def version(self) -> str | None:
        """The version installed, None when it is not."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None

    def objection(self, shape: str) -> str | None:
        """Say why the peer cannot be measured on a shape, None when it can."""
        if self.version is None:
            return "not installed"
        scene = Scene(shape, 100)
        try:
            scene.check(self.build(scene.filters))
        except ImportError as error:
            return f"installed, but does not import: {error}"
        except InapplicableError as error:
            return str(error)
        except WrongResultError as error:
            return f"its answers are not the oracle's: {error}"
        return None


def leaves(filter_: Document) -> Iterator[Leaf]:
    """Give the fields of a filter document with their conditions, in document order."""
    for name, field in filter_.items():
        if name == "data":
            for member, below in field.items():  # `and` is a field name here (spec section 4)
                yield from _leaves(("data", member), below)
        else:
            yield from _leaves((name,), field)


def _leaves(path: Path, field: Any) -> Iterator[Leaf]:
    if isinstance(field, list):
        yield Leaf(path, "any", field)
    elif set(field) == {"and"}:
        yield Leaf(path, "all", field["and"])
    else:
        for name, below in field.items():
            yield from _leaves((*path, name), below)


# EventBridge patterns: moto and localstack evaluate them one by one


def eventbridge_pattern(filter_: Document) -> Document:
    """Say a filter as an EventBridge pattern.

    >>> eventbridge_pattern({"type": [{"op": "StringStartsWith", "values": ["a.", "b."]}]})
    {'type': [{'prefix': 'a.'}, {'prefix': 'b.'}]}
    """
    pattern: Document = {}
    for path, combine, conditions in leaves(filter_):
        if combine == "all" and len(conditions) > 1:
            raise InapplicableError("EventBridge patterns cannot AND two conditions on one field")
        node = pattern
        for name in path[:-1]:
            node = node.setdefault(name, {})
        node[path[-1]] = [part for each in conditions for part in _pattern_parts(each)]
    return pattern


def _pattern_parts(condition: Document) -> list[Any]:
    op, values, value = condition["op"], condition.get("values", []), condition.get("value")
    if op == "StringIn":
        return list(values)
    if op in _PATTERN_WORDS:
        return [{_PATTERN_WORDS[op]: each} for each in values]
    if op == "NumberInRange":
        return [{"numeric": [">=", low, "<=", high]} for low, high in values]
    if op == "NumberGreaterThan":
        return [{"numeric": [">", value]}]
    if op == "IsNotNull":
        return [{"exists": True}]
    if op == "IsTrue":
        return [True]
    raise InapplicableError("EventBridge's anything-but is false where the field is missing")


_PATTERN_WORDS: Final = {"StringStartsWith": "prefix", "StringEndsWith": "suffix"}


def _moto(filters: Sequence[Document]) -> Match:
    from moto.events.models import EventPattern

    patterns = [EventPattern.load(json.dumps(eventbridge_pattern(each))) for each in filters]

    def match(event: Document) -> list[int]:
        return [place for place, each in enumerate(patterns) if each.matches_event(event)]

    return match


def _localstack(filters: Sequence[Document]) -> Match:
    from localstack.services.events.event_rule_engine import EventRuleEngine

    holds = EventRuleEngine().evaluate_pattern_on_event
    patterns = [eventbridge_pattern(each) for each in filters]

    def match(event: Document) -> list[int]:
        return [place for place, each in enumerate(patterns) if holds(each, event)]

    return match


# rule-engine: one expression a rule, evaluated one by one


def expression(filter_: Document) -> str:
    """Say a filter in the language of rule-engine.

    >>> expression({"type": [{"op": "StringIn", "values": ["t"]}]})
    '(type == "t")'
    """
    return " and ".join(_field_expression(*each) for each in leaves(filter_))


def _field_expression(path: Path, combine: str, conditions: list[Document]) -> str:
    joint = " or " if combine == "any" else " and "
    return "(" + joint.join(_condition_expression(path, each) for each in conditions) + ")"


def _condition_expression(path: Path, condition: Document) -> str:
    op, values, value = condition["op"], condition.get("values", []), condition.get("value")
    name = path[0] + "".join(f"&[{json.dumps(each)}]" for each in path[1:])  # null if missing
    if op.startswith("StringNot"):
        positive = {"op": op.replace("Not", "", 1), "values": values}
        return f"not ({_condition_expression(path, positive)})"
    if op == "StringIn" and path in ARRAYS:
        return " or ".join(f"{json.dumps(each)} in {name}" for each in values)
    if op == "StringIn":
        return " or ".join(f"{name} == {json.dumps(each)}" for each in values)
    if op in _STRING_METHODS:
        holds = " or ".join(f"{name}.{_STRING_METHODS[op]}({json.dumps(each)})" for each in values)
    elif op == "NumberInRange":
        holds = " or ".join(f"({name} >= {low} and {name} <= {high})" for low, high in values)
    elif op == "NumberGreaterThan":
        holds = f"{name} > {value}"
    elif op in ("IsNotNull", "IsTrue"):
        return f"{name} != null" if op == "IsNotNull" else f"{name} == true"
    else:
        raise InapplicableError(f"no workload needed {op} in the language of rule-engine")
    return f"({name} != null and ({holds}))"


_STRING_METHODS: Final = {"StringStartsWith": "starts_with", "StringEndsWith": "ends_with"}


def _rule_engine(filters: Sequence[Document]) -> Match:
    import rule_engine

    context = rule_engine.Context(default_value=None)
    rules = [rule_engine.Rule(expression(each), context=context) for each in filters]

    def match(event: Document) -> list[int]:
        return [place for place, each in enumerate(rules) if each.matches(event)]

    return match


# mokaccino: a percolator in Rust, flat documents of strings


def _mokaccino(filters: Sequence[Document]) -> Match:
    from mokaccino import Document as Flat
    from mokaccino import Percolator, Query

    percolator = Percolator()
    for place, each in enumerate(filters):
        percolator.add_query_id(_query(each, Query), place)
    percolator = percolator.optimized()

    def match(event: Document) -> list[int]:
        flat = Flat()
        for name, text in flat_members(event, ""):
            flat.add_value(name, text)
        found: list[int] = percolator.percolate_list(flat)
        return found

    return match


def flat_members(members: Document, prefix: str) -> Iterator[tuple[str, str]]:
    """Give an object's scalars as texts under dotted names, an array's one by one.

    >>> list(flat_members({"a": {"b": [1, True]}}, ""))
    [('a.b', '1'), ('a.b', 'true')]
    """
    for name, value in members.items():
        if type(value) is dict:
            yield from flat_members(value, f"{prefix}{name}.")
        else:
            for each in value if type(value) is list else (value,):
                text = str(each).lower() if type(each) is bool else str(each)
                yield prefix + name, text


def _query(filter_: Document, query: Any) -> Any:
    fields = []
    for path, combine, conditions in leaves(filter_):
        name = ".".join(path)
        parts = [_condition_query(name, each, query) for each in conditions]
        fields.append(_joined(parts, query.from_or if combine == "any" else query.from_and))
    return _joined(fields, query.from_and)


def _condition_query(name: str, condition: Document, query: Any) -> Any:
    op, values, value = condition["op"], condition.get("values", []), condition.get("value")
    if op.startswith("StringNot"):
        positive = {"op": op.replace("Not", "", 1), "values": values}
        return query.from_not(_condition_query(name, positive, query))
    if op == "StringIn":
        return _joined([query.from_kv(name, each) for each in values], query.from_or)
    if op == "StringStartsWith":
        return _joined([query.from_kprefix(name, each) for each in values], query.from_or)
    if op == "NumberInRange":
        ranges = [
            query.from_and([query.from_kge(name, low), query.from_kle(name, high)])
            for low, high in values
        ]
        return _joined(ranges, query.from_or)
    if op == "NumberGreaterThan":
        return query.from_kgt(name, value)
    if op == "IsNotNull":
        return query.from_kprefix(name, "")
    if op == "IsTrue":
        return query.from_kv(name, "true")
    raise InapplicableError(f"mokaccino's queries have no {op}")


def _joined(queries: list[Any], join: Callable[[list[Any]], Any]) -> Any:
    return queries[0] if len(queries) == 1 else join(queries)


PEERS: Final = (
    Peer("moto", "moto", "a loop over EventBridge patterns", _moto),
    Peer("localstack", "localstack-core", "a loop over EventBridge patterns", _localstack),
    Peer("rule-engine", "rule-engine", "a loop over expressions", _rule_engine, 10_000),
    Peer("mokaccino", "mokaccino", "an index, in Rust", _mokaccino),
)

NEVER: Final = (
    (
        "event-ruler (PyPI)",
        "not AWS's engine: a build of quamina, in Go, made anew for each pattern and event",
    ),
)


# JSONPath libraries


class PathPeer(NamedTuple):
    """A JSONPath library: ``compile`` gives a function from an event to a list of values."""

    name: str
    distribution: str
    compile: Callable[[str], Callable[[Document], list[Any]]]


def _jsonpath_ng(path: str) -> Callable[[Document], list[Any]]:
    from jsonpath_ng import parse

    parsed = parse(path)
    return lambda event: [found.value for found in parsed.find(event)]


def _python_jsonpath(path: str) -> Callable[[Document], list[Any]]:
    import jsonpath

    return jsonpath.compile(path).findall


def _rfc9535(path: str) -> Callable[[Document], list[Any]]:
    import jsonpath_rfc9535

    compiled = jsonpath_rfc9535.compile(path)
    return lambda event: compiled.find(event).values()


PATH_PEERS: Final = (
    PathPeer("jsonpath-ng", "jsonpath-ng", _jsonpath_ng),
    PathPeer("python-jsonpath", "python-jsonpath", _python_jsonpath),
    PathPeer("jsonpath-rfc9535", "jsonpath-rfc9535", _rfc9535),
)
