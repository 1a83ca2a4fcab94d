"""Filter documents: every problem of a bad one with its place, and each limit at its edge."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from egcore import CLOUDEVENTS, EVENTGRID, Filter, FilterError, Limits, Problem
from egcore.codes import INVALID_FILTER
from egcore.filter_documents import nearest, read_filter
from egcore.operators import OPERATORS
from tests.rules import SOURCE, Document

DATA = Path(__file__).parent / "data"
BAD = json.loads((DATA / "bad_filters.json").read_text(encoding="utf-8"))
PRESETS = {"eventgrid": EVENTGRID, "cloudevents": CLOUDEVENTS}
IS_NULL = {"op": "IsNull"}


def problems_of(document: Any, limits: Limits = EVENTGRID) -> list[tuple[str, str, str]]:
    """Load a filter that must be refused; return code, pointer and message of each problem."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document(document, limits=limits)
    assert caught.value.__context__ is None
    return [(each.code, each.pointer, each.message) for each in caught.value.problems]


def _document(row: dict[str, Any]) -> Any:
    document = row["document"]
    if not row.get("text") and document.get("source") == "S":
        return {**document, "source": SOURCE}
    return document


@pytest.mark.parametrize("row", BAD, ids=lambda row: row["name"])
def test_bad_filter(row: dict[str, Any]) -> None:
    """A bad filter is refused with all of its problems, each with code, pointer and message."""
    found = problems_of(_document(row), PRESETS[row.get("preset", "eventgrid")])
    assert [each[:2] for each in found] == [tuple(each[:2]) for each in row["problems"]]
    for each, expected in zip(found, row["problems"], strict=True):
        assert list(each[: len(expected)]) == expected  # the message where the row has one


def test_bad_filters_have_the_code_of_the_service() -> None:
    """Whatever is wrong with a filter itself, the service's code is that for filters."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document(_document(BAD[-1]))
    assert {each.service_code for each in caught.value.problems} == {INVALID_FILTER}


# --- Limits: L is accepted, L + 1 refused -------------------------------------------------


def _conditions(count: int) -> Document:
    return {"source": SOURCE, "type": [IS_NULL] * count}


def _and_form(count: int) -> Document:
    return {"source": SOURCE, "data": {"a": {"and": [IS_NULL] * count}}}


def _fields(count: int) -> Document:
    # Leaves count, wherever they stand.
    data: Document = {"deep": {str(n): [IS_NULL] for n in range(count - 1)}, "a": [IS_NULL]}
    return {"source": SOURCE, "data": data}


def _levels(count: int) -> Document:
    field: Any = [IS_NULL]
    for _ in range(count):
        field = {"a": field}
    return {"source": SOURCE, "data": field}


def _bytes(count: int) -> Document:
    document = {"source": [{"op": "StringIn", "values": ["s", "é"]}]}
    size = len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())
    document["source"][0]["values"][1] += "x" * (count - size)
    return document


LIMITS = [
    ("conditions_per_field", 5, _conditions, "EGC311", "/type"),
    ("conditions_per_field", 5, _and_form, "EGC311", "/data/a/and"),
    ("data_fields", 5, _fields, "EGC312", "/data"),
    ("data_levels", 5, _levels, "EGC313", "/data/a/a/a/a/a/a"),
    ("filter_bytes", 2_048, _bytes, "EGC314", ""),
]


@pytest.mark.parametrize(("field", "most", "make", "code", "pointer"), LIMITS)
def test_limit(field: str, most: int, make: Any, code: str, pointer: str) -> None:
    """The limit itself is accepted, one more refused, and CLOUDEVENTS knows no such limit."""
    assert getattr(EVENTGRID, field) == most
    assert Filter.from_document(make(most)).problems == ()
    ((found, place, message),) = problems_of(make(most + 1))
    assert (found, place) == (code, pointer)
    assert str(most) in message
    assert str(most + 1) in message
    assert Filter.from_document(make(most + 1), limits=CLOUDEVENTS)
    assert Filter.from_document(make(most + 1), limits=replace(EVENTGRID, **{field: most + 1}))
    assert Filter.from_document(make(most * 2), limits=replace(EVENTGRID, **{field: None}))


def test_size_counts_the_compact_filter() -> None:
    """White space in the text and escapes that JSON does not need count for nothing."""
    text = json.dumps(_bytes(2_048), indent=8, ensure_ascii=True)
    assert len(text) > 2_100
    assert Filter.from_document(text).problems == ()


def test_fields_with_bad_conditions_count() -> None:
    """Fields that are wrong by themselves are still counted as match fields."""
    document = {"source": SOURCE, "data": {str(n): [{"op": "Is"}] for n in range(6)}}
    assert problems_of(document)[-1][:2] == ("EGC312", "/data")


# --- Places of the and form ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "field", "path", "combine"),
    [
        (EVENTGRID, {"type": {"and": [IS_NULL]}}, ("type",), "all"),
        (EVENTGRID, {"subject": {"and": [IS_NULL]}}, ("subject",), "all"),
        (EVENTGRID, {"data": {"a": {"and": [IS_NULL]}}}, ("data", "a"), "all"),
        (EVENTGRID, {"data": {"a": {"b": {"and": [IS_NULL]}}}}, ("data", "a", "b"), "all"),
        (EVENTGRID, {"data": {"and": [IS_NULL]}}, ("data", "and"), "any"),
        (EVENTGRID, {"data": {"and": {"and": [IS_NULL]}}}, ("data", "and"), "all"),
        (EVENTGRID, {"data": {"a": {"and": {"b": [IS_NULL]}}}}, ("data", "a", "and", "b"), "any"),
        (CLOUDEVENTS, {"time": {"and": [IS_NULL]}}, ("time",), "all"),
        (CLOUDEVENTS, {"and": [IS_NULL]}, ("and",), "any"),
        (CLOUDEVENTS, {"data": [IS_NULL]}, ("data",), "any"),
        (CLOUDEVENTS, {"data": {"and": [IS_NULL]}}, ("data", "and"), "any"),
    ],
)
def test_and_form(preset: Limits, field: Document, path: tuple[str, ...], combine: str) -> None:
    """``and`` is the form everywhere but directly under data, where it is a field's name."""
    found = Filter.from_document({"source": SOURCE, **field}, limits=preset).fields[1]
    assert (found.path, found.combine) == (path, combine)


def test_and_with_a_neighbour_is_a_field() -> None:
    """Below data, an object with ``and`` and another key holds two fields."""
    data = {"a": {"and": [IS_NULL], "b": [IS_NULL]}}
    loaded = Filter.from_document({"source": SOURCE, "data": data})
    assert [each.path for each in loaded.fields[1:]] == [("data", "a", "and"), ("data", "a", "b")]


def test_fields_keep_the_order_of_the_document() -> None:
    """Fields come in document order, those under data too."""
    data = {"b": [IS_NULL], "a": {"z": [IS_NULL], "c": [IS_NULL]}}
    loaded = Filter.from_document({"data": data, "source": SOURCE, "type": [IS_NULL]})
    assert [each.label for each in loaded.fields] == [
        "data.b",
        "data.a.z",
        "data.a.c",
        "source",
        "type",
    ]


# --- CLOUDEVENTS --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["id", "time", "specversion", "datacontenttype", "dataschema", "a1", "partitionkey"]
)
def test_every_attribute_is_a_field(name: str) -> None:
    """Under CLOUDEVENTS every attribute is a field like type; under EVENTGRID none of these."""
    document = {"source": SOURCE, name: [IS_NULL]}
    assert Filter.from_document(document, limits=CLOUDEVENTS).fields[1].path == (name,)
    assert problems_of(document)[0][:2] == ("EGC302", f"/{name}")


@pytest.mark.parametrize("op", sorted(name for name in OPERATORS if name.startswith("String")))
def test_source_takes_all_string_operators(op: str) -> None:
    """Under CLOUDEVENTS source takes all string operators, under EVENTGRID only StringIn."""
    document = {"source": [{"op": op, "values": ["s"]}]}
    assert Filter.from_document(document, limits=CLOUDEVENTS)
    if op != "StringIn":
        assert problems_of(document)[0][:2] == ("EGC315", "/source/0/op")


# --- Keys that stand twice ----------------------------------------------------------------


def test_last_key_counts_with_a_warning() -> None:
    """Under EVENTGRID the last of two keys counts, and a warning points at it."""
    text = '{"source":[],"source":[{"op":"StringIn","op":"StringIn","values":["s"]}]}'
    loaded = Filter.from_document(text)
    assert loaded.document == {"source": SOURCE}
    assert [(each.severity, each.code, each.pointer) for each in loaded.problems] == [
        ("warning", "EGC318", "/source"),
        ("warning", "EGC318", "/source/0/op"),
    ]


def test_twin_keys_are_refused_by_the_policy() -> None:
    """CLOUDEVENTS refuses what EVENTGRID warns of, at the same places."""
    text = '{"source":[],"source":[{"op":"StringIn","op":"StringIn","values":["s"]}]}'
    assert [each[:2] for each in problems_of(text, CLOUDEVENTS)] == [
        ("EGC318", "/source"),
        ("EGC318", "/source/0/op"),
    ]


# --- Hints and words ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "hint"),
    [
        ("stringin", "did you mean StringIn?"),
        ("StringStartWith", "did you mean StringStartsWith?"),
        ("numberinranges", "did you mean NumberInRange?"),
        ("isnotnull", "did you mean IsNotNull?"),
        ("zzzzqqq", "the reference lists the 18 operators"),
        ("", "the reference lists the 18 operators"),
    ],
)
def test_operator_hints(op: str, hint: str) -> None:
    """An unknown operator comes with the nearest name, whatever its case."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document({"source": [{"op": op, "values": ["s"]}]})
    assert caught.value.problems[0].hint == hint


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ({"op": "StringIn", "values": ["a"], "x": 1}, "StringIn takes values"),
        ({"op": "NumberLessThan", "value": 1, "x": 1}, "NumberLessThan takes value"),
        ({"op": "IsNull", "x": 1}, "IsNull takes no operand"),
    ],
)
def test_member_hints(condition: Document, hint: str) -> None:
    """A member too many comes with what the operator takes."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document({"source": SOURCE, "type": [condition]})
    assert caught.value.problems[0].hint == hint


@pytest.mark.parametrize(
    ("limits", "hint"),
    [
        (EVENTGRID, "the keys are source, type, subject and data; put payload fields under data"),
        (CLOUDEVENTS, "the keys are attribute names of a-z and 0-9, and data"),
    ],
)
def test_key_hints(limits: Limits, hint: str) -> None:
    """An unknown key comes with the keys that there are."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document({"source": SOURCE, "Type": []}, limits=limits)
    assert caught.value.problems[0].hint == hint


def test_what_stood_there_is_told_by_its_kind() -> None:
    """``got`` names the kind of a bad operand or field."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document(
            {"source": SOURCE, "type": [{"op": "StringIn", "values": ["a", 5]}], "data": "x"}
        )
    assert [each.got for each in caught.value.problems] == ["a number", "a string of 1 characters"]


@pytest.mark.parametrize("bound", [2_049, 10_000, None])
def test_only_a_bound_within_the_limit_saves_counting(bound: int | None) -> None:
    """A filter that may be too long is counted; of one that cannot be, nothing is said."""
    problems: list[Problem] = []
    read_filter(_bytes(2_049), EVENTGRID, problems, bound=bound)
    assert [each.code for each in problems] == ["EGC314"]
    problems = []
    read_filter(_bytes(2_048), EVENTGRID, problems, bound=2_048)
    assert problems == []


@pytest.mark.parametrize(
    ("operand", "got"),
    [
        (["a", 1], "an array of 2 elements"),
        ([1, "a"], "an array of 2 elements"),
        ([True, 1], "an array of 2 elements"),
        ([0, True], "an array of 2 elements"),
        ([None, 1], "an array of 2 elements"),
        ([1, None], "an array of 2 elements"),
        (["a", "b"], "an array of 2 elements"),
        ([[1], [2]], "an array of 2 elements"),
        ("ab", "a string of 2 characters"),
    ],
    ids=repr,
)
def test_both_ends_of_a_range_are_numbers(operand: object, got: str) -> None:
    """Neither end may be anything but a number; booleans are none, and nothing is compared."""
    condition = {"op": "NumberInRange", "values": [[1, 2], operand]}
    with pytest.raises(FilterError) as caught:
        Filter.from_document({"source": SOURCE, "type": [condition]})
    (found,) = caught.value.problems
    assert (found.code, found.pointer) == ("EGC309", "/type/0/values/1")
    assert found.got == got


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": 5},
        {"data": 5},
        {"data": {"a": 5}},
        {"type": [5]},
        {"type": [{"op": 5}]},
        {"type": [{"op": "StringIn", "values": 5}]},
        {"type": [{"op": "NumberIn", "values": [True, 5][::-1]}]},
        {"type": [{"op": "NumberLessThan", "value": None}]},
    ],
    ids=repr,
)
def test_the_kind_is_told_wherever_it_is_wrong(wrong: Document) -> None:
    """Every problem about a value of the wrong kind says of which kind it is."""
    with pytest.raises(FilterError) as caught:
        Filter.from_document({"source": SOURCE, **wrong})
    (found,) = caught.value.problems
    assert found.got in ("a number", "a boolean", "null")


def test_reading_ends_with_the_hundredth_problem() -> None:
    """Not only what is raised is capped: nothing behind the hundredth problem is read."""
    problems: list[Problem] = []
    document = {"source": SOURCE, "data": {str(n): 1 for n in range(1_000)}}
    assert read_filter(document, EVENTGRID, problems) == ()
    assert [each.pointer for each in problems] == [f"/data/{n}" for n in range(100)]


def test_nearest_is_bounded() -> None:
    """A word of any length is compared by its start only."""
    assert nearest("a" * 100 + "b" * 1_000, ("a" * 100,)) == "a" * 100
    assert nearest("StringIn" + "x" * 10**6, OPERATORS) is None
    assert nearest("enabled", ("ENABLED", "DISABLED")) == "ENABLED"


def test_problems_are_capped() -> None:
    """An exception carries a hundred problems at most."""
    document = {"source": SOURCE, "data": {str(n): 1 for n in range(1_000)}}
    assert len(problems_of(document)) == 100
