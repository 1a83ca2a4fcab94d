"""The generators: valid where they promise it, balanced, and the same for the same seed."""

import copy
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from unicodedata import normalize

import pytest

from tests import generators, oracle

PAIRS = 20_000
PRESETS = (generators.EVENTGRID, generators.CLOUDEVENTS)
EXTENSION = re.compile("[a-z0-9]+")
VARIABLE = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CORPUS = [b'{"id":"1","data":{"a":[1,2,"x"]}}', b"[]", b'{"events":[{"id":"1"}]}']


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _leaves(field: Any, level: int, *, is_data: bool = False) -> list[tuple[int, Any]]:
    """Every leaf with its level below data, by the form rules of section 4."""
    if isinstance(field, list):
        return [(level, field)]
    form = list(field) == ["and"] and isinstance(field["and"], list)
    if form and not is_data:
        return [(level, field["and"])]
    assert field, "an empty object is refused"
    return [leaf for sub in field.values() for leaf in _leaves(sub, level + 1)]


def _check_condition(condition: dict[str, Any]) -> None:
    op = condition["op"]
    assert op in generators.OPERATORS
    if op.startswith("Is"):
        assert set(condition) == {"op"}
    elif op in generators.COMPARISONS:
        assert set(condition) == {"op", "value"}
        assert type(condition["value"]) in (int, float)
    else:
        assert set(condition) == {"op", "values"}
        assert condition["values"]
        for value in condition["values"]:
            _check_operand(op, value)


def _check_operand(op: str, value: Any) -> None:
    if op.startswith("String"):
        assert type(value) is str
    elif op.endswith("InRange"):
        low, high = value
        assert {type(low), type(high)} <= {int, float}
        assert low <= high
    else:
        assert type(value) in (int, float)


def _check_filter(document: dict[str, Any], preset: str) -> None:
    service = preset == generators.EVENTGRID
    assert document
    for key, field in document.items():
        leaves = _leaves(field, 0, is_data=key == "data")
        for _, conditions in leaves:
            assert conditions
            for condition in conditions:
                _check_condition(condition)
        if service:
            assert key in ("source", "type", "subject", "data")
            assert len(leaves) <= (5 if key == "data" else 1)
            assert all(level <= 5 and len(found) <= 5 for level, found in leaves)
        else:
            assert EXTENSION.fullmatch(key)
    source = document.get("source", [])
    assert isinstance(source, list)
    assert {condition["op"] for condition in source} <= set(generators.STRING_OPERATORS)
    if service:
        assert {condition["op"] for condition in source} == {"StringIn"}
        assert isinstance(document.get("data", {}), dict)
        assert len(_compact(document).encode()) <= 2_048


def _check_event(event: dict[str, Any], preset: str) -> None:
    assert event["specversion"] == "1.0"
    assert all(event[name] and type(event[name]) is str for name in ("id", "source", "type"))
    assert _depth(event) <= 64
    assert len(_compact(event).encode()) <= 65_536
    assert json.loads(_compact(event)) == event
    for name, value in event.items():
        if name != "data":
            assert value is None or type(value) in (str, bool, int)
            assert not isinstance(value, int) or -(2**31) <= value < 2**31
        assert EXTENSION.fullmatch(name) or name == "data_base64"
    if preset == generators.EVENTGRID:
        assert isinstance(event.get("data", {}), dict)
        assert "data_base64" not in event
        assert all(len(name) <= 20 for name in event)


@pytest.mark.parametrize("preset", PRESETS)
def test_pairs_are_valid_and_balanced(preset: str) -> None:
    """Over many pairs every operator has its share, and neither verdict is rare."""
    r = Random(20250101)
    shares: Counter[str] = Counter()
    matched = 0
    for _ in range(PAIRS):
        document, event = generators.pair(r, preset)
        _check_filter(document, preset)
        _check_event(event, preset)
        text = _compact(document)
        shares.update(op for op in generators.OPERATORS if f'"op":"{op}"' in text)
        matched += oracle.matches(document, event)
    assert 0.2 <= matched / PAIRS <= 0.8
    assert {op for op in generators.OPERATORS if shares[op] < 0.01 * PAIRS} == set()


def _met(field: Any, value: Any) -> list[tuple[dict[str, Any], Any]]:
    """Every condition with the value it looks at; a field named ``and`` is taken for the form."""
    conditions = field.get("and") if isinstance(field, dict) else field
    if isinstance(conditions, list):
        return [(condition, value) for condition in conditions]
    known = value if isinstance(value, dict) else {}
    return [pair for name, sub in field.items() for pair in _met(sub, known.get(name))]


def test_each_operator_decides() -> None:
    """On the values that filters are aimed at, each operator both holds and fails often."""
    r = Random(3)
    verdicts: Counter[tuple[str, bool]] = Counter()
    for _ in range(10_000):
        for condition, value in _met(*generators.pair(r)):
            verdicts[condition["op"], oracle.condition_holds(condition, value)] += 1
    possible = [(op, holds) for op in generators.OPERATORS for holds in (True, False)]
    assert [verdict for verdict in possible if verdicts[verdict] < 100] == []


_MEMBER, _FIELD = oracle._member, oracle._field_holds
_HOLDS, _SATISFIES = oracle.condition_holds, oracle._scalar_satisfies


def _entered(value: Any, name: str) -> Any:
    """Wrong: arrays on the path are entered."""
    if isinstance(value, list):
        found = [_MEMBER(element, name) for element in value]
        return [element for element in found if element is not oracle.UNDEFINED]
    return _MEMBER(value, name)


def _split(value: Any, name: str) -> Any:
    """Wrong: a dotted key reaches in."""
    for part in name.split("."):
        value = _MEMBER(value, part)
    return value


def _every_element(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: all elements of an array must satisfy."""
    if isinstance(value, list) and value and not condition["op"].startswith("Is"):
        return all(_HOLDS(condition, element) for element in value)
    return _HOLDS(condition, value)


def _elements_of_booleans(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: IsTrue and IsNotTrue look into arrays."""
    if isinstance(value, list) and condition["op"] in generators.BOOLEAN_OPERATORS:
        return any(_HOLDS(condition, element) for element in value)
    return _HOLDS(condition, value)


def _complement_of(op: str, twin: str) -> Any:
    """Wrong: an operator is exactly not its twin, though the spec says otherwise."""

    def holds(condition: dict[str, Any], value: Any) -> bool:
        if condition["op"] == op:
            return not _HOLDS({**condition, "op": twin}, value)
        return _HOLDS(condition, value)

    return holds


def _undefined_never_holds(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: negative conditions are false on undefined."""
    if (value is None or value is oracle.UNDEFINED) and condition["op"] != "IsNull":
        return False
    return _HOLDS(condition, value)


def _null_is_a_value(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: null is not undefined for IsNotNull."""
    return (condition["op"] == "IsNotNull" and value is None) or _HOLDS(condition, value)


def _nested(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: nested arrays are entered."""
    if isinstance(value, list):
        return any(_nested(condition, element) for element in value)
    return _SATISFIES(condition, value)


def _doubles(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: integers are compared as doubles."""
    large = isinstance(value, int) and value is not True and 2**53 < abs(value) < 2**64
    return _SATISFIES(condition, float(value) if large else value)


def _folded(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: strings are compared without case."""
    if not condition["op"].startswith("String") or not isinstance(value, str):
        return _SATISFIES(condition, value)
    values = [wanted.lower() for wanted in condition["values"]]
    return _SATISFIES({**condition, "values": values}, value.lower())


def _composed(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: strings are normalized first."""
    return _SATISFIES(condition, normalize("NFC", value) if isinstance(value, str) else value)


def _texts(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: scalars are compared as strings."""
    is_text = condition["op"].startswith("String") and isinstance(value, (int, float))
    return _SATISFIES(condition, json.dumps(value) if is_text else value)


def _empty_never(condition: dict[str, Any], value: Any) -> bool:
    """Wrong: the empty string is no prefix."""
    if condition["op"].startswith("String"):
        condition = {**condition, "values": [wanted for wanted in condition["values"] if wanted]}
    return _SATISFIES(condition, value)


def _boolean_is_number(value: Any) -> bool:
    """Wrong: true is one."""
    return isinstance(value, (int, float))


def _same_element(field: Any, value: Any) -> bool:
    """Wrong: one element must satisfy all conditions of ``and``."""
    form = isinstance(field, dict) and list(field) == ["and"] and isinstance(field["and"], list)
    if form and isinstance(value, list) and value:
        return any(_FIELD(field, [element]) for element in value)
    return _FIELD(field, value)


MISTAKES = [
    ("_field_holds", _same_element),
    ("_member", _entered),
    ("_member", _split),
    ("condition_holds", _every_element),
    ("condition_holds", _elements_of_booleans),
    ("condition_holds", _complement_of("IsNotTrue", "IsTrue")),
    ("condition_holds", _complement_of("NumberNotLessThan", "NumberLessThan")),
    ("condition_holds", _complement_of("NumberNotGreaterThan", "NumberGreaterThan")),
    ("condition_holds", _undefined_never_holds),
    ("condition_holds", _null_is_a_value),
    ("_scalar_satisfies", _nested),
    ("_scalar_satisfies", _doubles),
    ("_scalar_satisfies", _folded),
    ("_scalar_satisfies", _composed),
    ("_scalar_satisfies", _texts),
    ("_scalar_satisfies", _empty_never),
    ("_is_number", _boolean_is_number),
]


@pytest.fixture(scope="module")
def judged() -> list[tuple[dict[str, Any], dict[str, Any], bool]]:
    """Pairs with their right verdicts."""
    r = Random(14)
    pairs = [generators.pair(r) for _ in range(PAIRS)]
    return [(document, event, oracle.matches(document, event)) for document, event in pairs]


@pytest.mark.parametrize(("part", "wrong"), MISTAKES)
def test_pairs_tell_mistakes(
    judged: list[tuple[dict[str, Any], dict[str, Any], bool]],
    part: str,
    wrong: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A matcher with one plausible mistake is told apart by several of 20,000 pairs."""
    monkeypatch.setattr(oracle, part, wrong)
    found = sum(oracle.matches(document, event) != verdict for document, event, verdict in judged)
    assert found >= 5


@pytest.mark.parametrize("preset", PRESETS)
def test_variants_are_valid_and_different(preset: str) -> None:
    """A variant is as valid as its event and mostly another one; filters aim at both."""
    r = Random("variants")
    others = 0
    for _ in range(2_000):
        event = generators.events(r, preset)
        before = _compact(event)
        other = generators.variant(r, event)
        _check_event(other, preset)
        _check_filter(generators.aimed_filter(r, other, preset), preset)
        assert _compact(event) == before
        others += _compact(other) != before
    assert others > 1_000


@pytest.mark.parametrize("preset", PRESETS)
def test_events_hold_the_odd_things(preset: str) -> None:
    """Every odd value and key that the rules of section 4 speak of turns up."""
    r = Random(4)
    events = [generators.events(r, preset) for _ in range(10_000)]
    text = "\n".join(map(_compact, events))
    for odd in ("9007199254740993", "-0.0", "1e+308", "1.0", "true", '"1"', "[]", "null", '""'):
        assert f":{odd}" in text, odd
    for key in ("", "a.b", "and", "__proto__", "é", "e\u0301", "😀"):
        assert f'"{key}":' in text, key
    assert str(generators.HUGE) in text
    assert "[[[[" in text or '{"a":{"a":' in text
    kinds = {type(event.get("data", ...)) for event in events}
    service = {dict, type(...)}
    others = {type(None), bool, int, float, str, list}
    assert kinds == (service if preset == generators.EVENTGRID else service | others)
    assert ("data_base64" in text) == (preset == generators.CLOUDEVENTS)


def test_filters_alone() -> None:
    """``filters`` gives valid documents of every form."""
    r = Random(5)
    documents = [generators.filters(r) for _ in range(2_000)]
    for document in documents:
        _check_filter(document, generators.EVENTGRID)
    fields = [field for document in documents for field in document.get("data", {}).values()]
    assert any(isinstance(field, dict) and "and" in field for field in fields)
    assert any("and" in document.get("data", {}) for document in documents)
    assert any(len(_leaves(document["data"], 0, is_data=True)) == 5 for document in documents
               if "data" in document)  # fmt: skip
    assert any(level == 5 for field in fields for level, _ in _leaves(field, 1))


def test_too_long_filters_are_shortened() -> None:
    """A filter beyond the service's size loses fields from the end."""
    leaf = [{"op": "StringIn", "values": ["é" * 600]}]
    document = {"source": leaf, "type": leaf, "data": {"a": leaf}}
    generators._shorten(document)
    assert list(document) == ["source"]


def test_transforms_are_valid() -> None:
    """Transforms are within the limits, name only what they define, and render."""
    r = Random(6)
    kinds: Counter[str] = Counter()
    reached = 0
    for _ in range(5_000):
        event = generators.events(r)
        document = generators.transforms(r, event)
        kinds[document["type"]] += 1
        body = oracle.render(document, event, b"the original")
        if document["type"] != "VARIABLE":
            assert body == b"the original" or body.decode() == document["value"] != ""
            continue
        template, value = document["template"], document["value"]
        assert len(value) <= 1_024
        assert 0 < len(template) <= 2_048
        assert len(body) <= 262_144
        variables = json.loads(value)
        assert set(re.findall(r"\$\{([^}]*)\}", template)) <= set(variables)
        for name, expression in variables.items():
            assert VARIABLE.fullmatch(name)
            assert not isinstance(expression, (dict, list))
            if isinstance(expression, str) and expression.startswith("$"):
                found = oracle.paths(expression, event)
                reached += found is not oracle.UNDEFINED and found != []
        kind = oracle.template_kind(template)
        kinds[kind] += 1
        if kind == "json":
            json.loads(body)
    assert kinds["ORIGINAL"] > 250
    assert kinds["CONSTANT"] > 250
    assert min(kinds["json"], kinds["text"]) > 1_000
    assert reached > 5_000
    assert not kinds["refused"]


def test_paths_use_the_whole_subset() -> None:
    """Each selector of the subset is generated, in each of its spellings."""
    r = Random(7)
    text = "\n".join(generators._path(r, generators.events(r)) for _ in range(10_000))
    for part in ("..*", "..a", "..[0]", "[*]", ".*", "['", '["', "[-1]", "[0]", "::-1]", "\\u00"):
        assert part in text, part


def test_subscriptions_are_valid() -> None:
    """Names and ids are unique, counts and lengths within the service's."""
    documents = generators.subscriptions(Random(8), 500)
    assert len({document["name"] for document in documents}) == 500
    ids = [document["id"] for document in documents if "id" in document]
    assert len(set(ids)) == len(ids) > 50
    for document in documents:
        (source,) = document["sources"]
        _check_filter(source["filter"], generators.EVENTGRID)
        assert 1 <= len(document["targets"]) <= 5
        for holder in (source, *document["targets"]):
            assert re.fullmatch("[a-z0-9][a-z0-9-]{31,63}", holder.get("id", "0" * 32))
        for target in document["targets"]:
            assert target["transform"]["type"] in ("ORIGINAL", "CONSTANT", "VARIABLE")
            assert len(target.get("connection_id", "")) <= 64
        assert len(document.get("description", "")) <= 255


def test_mutated_bytes_are_mostly_broken() -> None:
    """Mutants differ from the corpus, and both readable and unreadable ones turn up."""
    r = Random(9)
    mutants = [generators.mutate_bytes(r, CORPUS) for _ in range(5_000)]
    readable = 0
    for mutant in mutants:
        try:
            json.loads(mutant)
        except (ValueError, RecursionError):
            continue
        readable += 1
    assert 250 < readable < 4_000
    assert len(set(mutants)) > 2_500
    assert any(b"\xed\xa0\x80" in mutant for mutant in mutants)
    assert any(b"NaN" in mutant for mutant in mutants)


def test_mutated_documents_leave_the_original() -> None:
    """A mutant is a changed copy: neither the document nor the odd values change."""
    r = Random(10)
    odd_values = repr(generators.ODD_VALUES)
    changed = 0
    for _ in range(3_000):
        document = generators.filters(r)
        before = copy.deepcopy(document)
        mutant = generators.mutate_document(r, document)
        assert document == before
        changed += mutant != before
    assert changed > 2_500
    assert repr(generators.ODD_VALUES) == odd_values


def _shape(document: Any) -> str:
    try:
        json.dumps(document, default=str, skipkeys=True)
    except RecursionError:
        return "deep"
    except ValueError:  # "Circular reference detected"
        return "cyclic"
    return "plain"


def test_mutated_documents_of_every_kind() -> None:
    """Odd types, deep nesting and, when asked for, cycles turn up."""
    r = Random(11)
    document = {"source": [{"op": "StringIn", "values": ["x"]}], "data": {"a": [{"op": "IsNull"}]}}
    types: set[type] = set()
    deep = cyclic = 0
    for number in range(3_000):
        mutant = generators.mutate_document(r, document, cycles=number % 2 == 1)
        values = [container[key] for container, key in generators._places([mutant])]
        types |= set(map(type, values))
        shape = _shape(mutant)
        assert number % 2 == 1 or shape != "cyclic"
        # How deep json goes differs by version; a long chain of places does not.
        deep += shape == "deep" or len(values) > 1_000
        cyclic += shape == "cyclic"
    assert {tuple, bytes, frozenset, complex, generators.OddString, generators.OddDict} <= types
    assert deep > 5
    assert cyclic > 20


@pytest.mark.parametrize("document", [None, 1, [], {}, [1], {"a": 1}], ids=repr)
def test_small_documents_mutate(document: Any) -> None:
    """Documents with nothing in them, and no documents at all, mutate too."""
    r = Random(12)
    mutants = [generators.mutate_document(r, document, cycles=True) for _ in range(300)]
    assert len({type(mutant) for mutant in mutants}) > 3


def test_hostile_requests() -> None:
    """The body is JSON within the sizes, and the list says which members are good."""
    r = Random(13)
    counts: Counter[int] = Counter()
    verdicts: Counter[bool] = Counter()
    large = 0
    for _ in range(2_000):
        body, good = generators.hostile_requests(r)
        members = json.loads(body)["events"]
        assert len(members) == len(good)
        assert len(body) <= 327_680
        counts[len(good)] += 1
        verdicts.update(good)
        for member, is_good in zip(members, good, strict=True):
            size = len(_compact(member).encode())
            large += size > 65_536
            if is_good:
                _check_event(member, generators.EVENTGRID)
        assert sum(len(_compact(member).encode()) for member in members) <= 262_144
    assert min(counts[count] for count in range(21)) > 20
    assert sum(counts[count] for count in range(21, 26)) > 20
    assert min(verdicts.values()) > 3_000
    assert large > 5


def _digest() -> str:
    """Draw from every generator with one seed, as a digest of what came out."""
    r = Random(99)
    drawn: list[Any] = []
    for _ in range(50):
        drawn += [generators.pair(r, preset) for preset in PRESETS]
        drawn.append(generators.transforms(r, generators.events(r)))
        drawn += [generators.mutate_bytes(r, CORPUS), generators.hostile_requests(r)]
        drawn.append(generators.filters(r))
        generators.mutate_document(r, drawn[0][0])
    drawn += [generators.subscriptions(r, 20), r.random()]
    return hashlib.sha256(repr(drawn).encode("utf-8", "surrogatepass")).hexdigest()


def test_same_seed_same_values() -> None:
    """A seed alone decides what is drawn, whatever the hash seed of the process."""
    expected = _digest()
    assert _digest() == expected
    for hash_seed in ("0", "1"):
        found = subprocess.run(
            [sys.executable, "-c", "from tests import test_generators as t; print(t._digest())"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == expected
