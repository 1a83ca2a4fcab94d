"""Transforms: what loads, every problem of what does not, and the bodies they render."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from egcore import (
    CLOUDEVENTS,
    EVENTGRID,
    EventError,
    HostError,
    Limits,
    RenderError,
    Transform,
    TransformError,
    UsageError,
    codes,
    parse_event,
)
from egcore.errors import Problem, problem
from egcore.transforms import JSON, TEXT, TYPES, TransformCache, read_transform
from tests import generators, oracle
from tests.rules import ORIGINAL, Document, copies, error_of, event, variable

DATA = Path(__file__).parent / "data"
BAD = json.loads((DATA / "bad_transforms.json").read_text(encoding="utf-8"))
VECTORS = json.loads((DATA / "vectors.json").read_text(encoding="utf-8"))


def problems_of(document: Any, limits: Limits = EVENTGRID) -> list[tuple[str, str, str]]:
    """Load a transform that must be refused; return code, pointer and message of each problem."""
    with pytest.raises(TransformError) as caught:
        Transform.from_document(document, limits=limits)
    assert caught.value.__context__ is None
    return [(each.code, each.pointer, each.message) for each in caught.value.problems]


@pytest.mark.parametrize("limits", [EVENTGRID, CLOUDEVENTS], ids=["eventgrid", "cloudevents"])
@pytest.mark.parametrize("row", BAD, ids=lambda row: row["name"])
def test_bad_transform(row: dict[str, Any], limits: Limits) -> None:
    """A bad transform is refused with all of its problems, under both presets alike."""
    document = row.get("document")
    if document is None:
        document = variable(row.get("template", "x"), row["value"])
    found = problems_of(document, limits)
    assert len(found) == len(row["problems"])
    for each, expected in zip(found, row["problems"], strict=True):
        assert list(each[: len(expected)]) == expected  # the message where the row has one


def test_hints() -> None:
    """What can be written instead is told."""

    def hint(document: Document) -> str | None:
        error = error_of(lambda: Transform.from_document(document))
        assert error is not None
        return error.problems[0].hint

    assert hint({"type": "original"}) == "the types are ORIGINAL, CONSTANT, VARIABLE"
    assert hint({}) == "the types are ORIGINAL, CONSTANT, VARIABLE"
    assert hint(variable("${}")) == "write ${name}"
    assert hint(variable("${")) == "write ${name}"
    assert hint(variable("${a}")) == "define it in value"
    assert len(TYPES) == 3


def test_template_is_checked_without_variables() -> None:
    """What is wrong with a template is told although the variables cannot be read."""
    assert [each[:2] for each in problems_of(variable("${a} ${}", "{"))] == [
        (codes.VARIABLES_SHAPE, "/value"),
        (codes.PLACEHOLDER, "/template"),
    ]


# --- Limits: L is accepted, L + 1 refused, under both presets ------------------------------


def _constant(length: int) -> Document:
    return {"type": "CONSTANT", "value": "é" * length}


def _value(length: int) -> Document:
    return variable("x", "{" + " " * (length - 2) + "}")


def _template(length: int) -> Document:
    return variable("é" * length)


def _name(length: int) -> Document:
    return variable("x", json.dumps({"a" * length: 1}))


def _variables(count: int) -> Document:
    return variable("x", json.dumps({str(n): 1 for n in range(count)}, separators=(",", ":")))


@pytest.mark.parametrize("preset", [EVENTGRID, CLOUDEVENTS], ids=["eventgrid", "cloudevents"])
@pytest.mark.parametrize(
    ("field", "most", "make", "code", "pointer"),
    [
        ("transform_value_chars", 1_024, _constant, codes.VALUE_LENGTH, "/value"),
        ("transform_value_chars", 1_024, _value, codes.VALUE_LENGTH, "/value"),
        ("template_chars", 2_048, _template, codes.TEMPLATE_LENGTH, "/template"),
        ("variables", 100, _variables, codes.VARIABLES_COUNT, "/value"),
        ("variable_name_chars", 64, _name, codes.VARIABLE_NAME, "/value"),
    ],
)
def test_limit(field: str, most: int, make: Any, code: str, pointer: str, preset: Limits) -> None:
    """The limit itself is accepted, one more is refused; other limits move the edge."""
    assert getattr(preset, field) == most
    assert Transform.from_document(make(most), limits=preset)
    ((found, place, _),) = problems_of(make(most + 1), preset)
    assert (found, place) == (code, pointer)
    assert Transform.from_document(make(most + 1), limits=replace(preset, **{field: most + 1}))


@pytest.mark.parametrize("expression", ["$.abcdefg", "constant!"])
def test_limit_of_expressions(expression: str) -> None:
    """An expression, path or constant, is as long as its limit at most."""
    document = variable("x", json.dumps({"a": expression}))
    limits = replace(EVENTGRID, expression_chars=9)
    assert Transform.from_document(document, limits=limits)
    ((code, _, message),) = problems_of(document, replace(limits, expression_chars=8))
    assert code == codes.EXPRESSION_LENGTH
    assert message == "the variable 'a' has 9 characters; the limit is 8"


def test_limit_of_paths() -> None:
    """A path has 32 segments at most, and reaches loading through the transform."""
    deepest = "$" + ".a" * 32
    assert Transform.from_document(variable("x", json.dumps({"a": deepest})))
    ((code, pointer, message),) = problems_of(variable("x", json.dumps({"a": deepest + ".a"})))
    assert (code, pointer) == (codes.PATH_LENGTH, "/value")
    assert message.startswith("the variable 'a': ")


def test_limit_of_steps() -> None:
    """All paths of one body share their steps; names of one path count once, unused ones not."""
    value = json.dumps({"a": "$.data[*]", "b": "$.data[*]", "c": "$.data.*", "d": "$..*"})
    given = parse_event(event(data=list(range(10))), limits=CLOUDEVENTS)
    transform = Transform.from_document(
        variable("${a}${b}", value), limits=replace(CLOUDEVENTS, path_steps=12)
    )
    assert transform.render(given) == b"[0,1,2,3,4,5,6,7,8,9]" * 2
    transform = Transform.from_document(
        variable("${a}${c}", value), limits=replace(CLOUDEVENTS, path_steps=12)
    )
    with pytest.raises(RenderError) as caught:
        transform.render(given)
    assert caught.value.problems[0].code == codes.PATH_STEPS


def test_a_transform_is_decoded_under_the_limits_of_the_call() -> None:
    """How deeply a transform, or a constant that is JSON, may nest is for the limits to say."""
    limits = replace(EVENTGRID, nesting=3)
    for form in (dict, json.dumps):
        document = form({**ORIGINAL, "more": [[]]})
        assert Transform.from_document(document, limits=limits)
        with pytest.raises(TransformError):
            Transform.from_document(document, limits=replace(limits, nesting=2))
    for value, content_type in (("[[[]]]", JSON), ("[[[[]]]]", TEXT)):
        constant = Transform.from_document({"type": "CONSTANT", "value": value}, limits=limits)
        assert constant.content_type == content_type


@pytest.mark.parametrize(
    "document",
    [
        {"type": "CONSTANT", "value": "x" * 1_025},
        {"type": "CONSTANT", "value": ""},
        variable("${a}"),
        variable("x" * 2_049),
        variable("x", "[]"),
        variable("x", '{"a": "$.."}'),
        variable("x", '{" ": 1}'),
        variable("", "{}"),
    ],
    ids=lambda document: str(document)[:60],
)
def test_what_has_an_error_is_nothing(document: Document) -> None:
    """Reading gives no transform where it notes an error, whatever was noted before."""
    noted = [problem(codes.TRANSFORM_SHAPE, "before")]
    assert read_transform(document, EVENTGRID, noted) is None
    assert len(noted) == 2


@pytest.mark.parametrize(
    "document",
    [ORIGINAL, {"type": "CONSTANT", "value": "x"}, variable("x"), variable("{${a}", '{"a": 1}')],
    ids=str,
)
def test_errors_before_it_are_not_a_transforms_own(document: Document) -> None:
    """A transform is read, with its own warnings alone, after others that were wrong."""
    noted = [problem(codes.TRANSFORM_SHAPE, "before")]
    transform = read_transform(document, EVENTGRID, noted)
    assert transform == Transform.from_document(document)
    assert transform is not None
    assert transform.problems == tuple(noted[1:])


@pytest.mark.parametrize(("count", "told"), [(60, 60), (100, 100), (101, 100), (1_000, 100)])
def test_reading_ends_with_the_hundredth_variable(count: int, told: int) -> None:
    """Of each transform a hundred bad variables are told, and no more are read."""
    limits = replace(EVENTGRID, variables=10_000, transform_value_chars=100_000)
    noted = [problem(codes.TRANSFORM_SHAPE, "before")] * 60
    document = variable("x", json.dumps({f"{n}": [] for n in range(count)}))
    assert read_transform(document, limits, noted) is None
    assert [each.code for each in noted[60:]] == [codes.EXPRESSION_TYPE] * told


# --- Bodies -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS["transforms"], ids=lambda case: case["name"])
def test_documented_transform(case: dict[str, Any]) -> None:
    """The documented examples render as documented."""
    given = VECTORS["events"][case["event"]]
    body = Transform.from_document(case["transform"]).render(given)
    expected = case["result"]
    assert (body.decode() if isinstance(expected, str) else json.loads(body)) == expected


def test_transforms_agree_with_the_oracle() -> None:
    """Generated transforms render as the oracle does, JSON compared as JSON."""
    r = Random("transforms")
    kinds = set()
    for _ in range(1_500):
        given = generators.events(r)
        document = generators.transforms(r, given)
        transform = Transform.from_document(document)
        parsed = parse_event(given)
        body = transform.render(parsed)
        expected = oracle.render(document, given, parsed.original)
        template = document.get("template") or ""
        if document["type"] == "VARIABLE" and oracle.is_json_template(template):
            assert oracle.same_json(body, expected), document
            assert transform.content_type == JSON
        else:
            assert body == expected, document
        kinds.add((transform.type, transform.content_type))
    assert len(kinds) == 5


def test_hostile_transforms_load_or_raise_transform_errors() -> None:
    """A spoiled transform loads or raises one of two errors; what loads, renders."""
    r = Random("hostile transforms")
    refused = 0
    for _ in range(1_200):
        document = generators.mutate_document(
            r, generators.transforms(r, generators.events(r)), cycles=True
        )
        error = error_of(partial(Transform.from_document, document))
        if error is None:
            Transform.from_document(document).render(generators.events(r))
            continue
        refused += 1
        assert type(error) in (TransformError, UsageError)
        assert error.problems[0].severity == "error"
        assert error.__context__ is None
    assert refused > 600


RAW = '\n {"id":"1", "source":"s","type":"t", "specversion":"1.0","data":{"n":1.00,"b":10e0}} '


@pytest.mark.parametrize(
    "extra", [{}, {"value": None, "template": None}, {"value": "", "template": "${x}"}]
)
def test_original(extra: Document) -> None:
    """ORIGINAL delivers the bytes of the event, every digit, and ignores the other members."""
    transform = Transform.from_document({**ORIGINAL, **extra})
    assert transform.render(RAW) == RAW.strip().encode()
    assert transform.render(event(subject="é")) == (
        '{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"é"}'.encode()
    )
    assert transform.content_type == JSON
    assert transform.document == ORIGINAL


@pytest.mark.parametrize(
    ("value", "content_type"),
    [
        ('{"a":1}', JSON),
        (' [1, 2.50, "é"] ', JSON),
        ('"text"', JSON),
        ("1e999", JSON),
        ('{"a":1,"a":2}', JSON),
        ("1" * 700, JSON),
        ("null", JSON),
        ("plain ${x} é\n", TEXT),
        ("{", TEXT),
        ("NaN", TEXT),
        ("[1,]", TEXT),
        ("\ufeff{}", TEXT),
        ("[" * 65 + "]" * 65, TEXT),
        (" ", TEXT),
    ],
)
def test_constant(value: str, content_type: str) -> None:
    """A constant is delivered verbatim; its content type is JSON exactly if it is JSON."""
    transform = Transform.from_document({"type": "CONSTANT", "value": value, "template": 5})
    assert transform.render(event()) == value.encode()
    assert transform.content_type == content_type
    assert transform.document == {"type": "CONSTANT", "value": value}


def test_content_types() -> None:
    """The content types are those of spec 5."""
    assert JSON == "application/json"
    assert TEXT == "text/plain; charset=utf-8"


def test_bodies_over_the_limit() -> None:
    """Every kind of transform obeys the limit of the body."""
    limits = replace(EVENTGRID, body_bytes=4)
    for document in (ORIGINAL, {"type": "CONSTANT", "value": "ééx"}, variable("12345")):
        transform = Transform.from_document(document, limits=limits)
        with pytest.raises(RenderError) as caught:
            transform.render(event())
        assert caught.value.problems[0].message == "the rendered body has more than 4 bytes"
    for document in ({"type": "CONSTANT", "value": "éé"}, variable("1234")):
        assert len(Transform.from_document(document, limits=limits).render(event())) == 4


def test_constant_variables() -> None:
    """Strings, numbers, booleans and null are constants; only ``$`` starts a path."""
    value = '{"s": " $.id", "n": 1.50, "t": false, "z": null, "p": "$", "e": ""}'
    body = Transform.from_document(variable("[${s},${n},${t},${z},${e}]", value)).render(event())
    assert body == b'[" $.id",1.5,false,null,""]'
    given = event(data={"a": 1})
    assert json.loads(Transform.from_document(variable("${p}", value)).render(given)) == given


def test_events_in_every_form() -> None:
    """An event may be an Event, bytes, str or a dict, parsed under the limits of the call."""
    transform = Transform.from_document(variable("${id}", '{"id": "$.id"}'))
    text = json.dumps(event())
    for given in (parse_event(text), text, text.encode(), event()):
        assert transform.render(given) == b"1"
    with pytest.raises(EventError):
        transform.render(event(data=5))
    assert transform.render(event(data=5), limits=CLOUDEVENTS) == b"1"


def test_full_stack_while_rendering() -> None:
    """A stack that fills up while a body is rendered is a HostError without the event."""

    class Deep:
        content_type = "text/plain"

        def render(self, _: object) -> bytes:
            raise RecursionError

    transform = Transform(("ORIGINAL", None, None), Deep(), EVENTGRID)
    with pytest.raises(HostError) as caught:
        transform.render(parse_event(event()))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "document",
    [ORIGINAL, {"type": "CONSTANT", "value": "x"}, variable("{${a}", '{"a": "$.id"}')],
    ids=lambda document: document["type"],
)
def test_transforms_are_values(document: Document) -> None:
    """Transforms compare by document and limits, hash, copy and pickle with their warnings."""
    limits = replace(EVENTGRID, body_bytes=100)
    loaded = Transform.from_document(document, limits=limits)
    assert loaded == Transform.from_document(json.dumps(document), limits=limits)
    assert loaded != Transform.from_document(document)
    assert loaded != Transform.from_document({"type": "CONSTANT", "value": "y"}, limits=limits)
    assert loaded != document
    assert repr(loaded) == f"<Transform {document['type']}>"
    for again in copies(loaded):
        assert again == loaded
        assert hash(again) == hash(loaded)
        assert again.problems == loaded.problems
        assert again.render(event()) == loaded.render(event())
        assert again.content_type == loaded.content_type


@pytest.mark.parametrize("document", [None, [], 5], ids=repr)
def test_wrong_type_of_document(document: Any) -> None:
    """What is neither dict nor text is a wrong call."""
    with pytest.raises(UsageError, match="a transform is a dict, bytes or str"):
        Transform.from_document(document)


# --- Many transforms ----------------------------------------------------------------------


def _read(cache: TransformCache, document: object) -> tuple[Transform | None, list[str]]:
    problems: list[Problem] = []
    transform = cache.read(document, problems)
    return transform, [each.code for each in problems]


@pytest.mark.parametrize(
    ("document", "others"),
    [
        (ORIGINAL, [{**ORIGINAL, "value": 5, "template": ["x"]}, {**ORIGINAL, "value": ""}]),
        ({"type": "CONSTANT", "value": "x"}, [{"type": "CONSTANT", "value": "x", "template": 5}]),
        (variable("x${a}", '{"a": 1}'), [{**variable("x${a}", '{"a": 1}'), "more": None}]),
    ],
    ids=lambda each: each["type"] if isinstance(each, dict) else "",
)
def test_equal_transforms_are_compiled_once(document: Document, others: list[Document]) -> None:
    """Documents that say the same share one transform, whatever members do not count."""
    cache = TransformCache(CLOUDEVENTS)
    first, problems = _read(cache, document)
    assert first == Transform.from_document(document, limits=CLOUDEVENTS)
    assert problems == []
    for other in (dict(document), *others):
        assert _read(cache, other) == (first, [])
        assert _read(cache, other)[0] is first
    assert first is not None
    assert cache[first.key] is first
    assert cache[first.key].document == first.document


def test_other_transforms_are_not_taken_for_one_that_was_read() -> None:
    """Each member that counts tells two transforms apart; bad ones are refused each time."""
    cache = TransformCache(EVENTGRID)
    good = (
        ORIGINAL,
        {"type": "CONSTANT", "value": "x"},
        {"type": "CONSTANT", "value": "y"},
        variable("x", '{"a": 1}'),
        variable("y", '{"a": 1}'),
        variable("x", '{"a": 2}'),
    )
    found = [_read(cache, each) for each in (*good, *good)]
    assert [problems for _, problems in found] == [[]] * 12
    assert len({id(transform) for transform, _ in found}) == 6
    bad = (
        None,
        [],
        {},
        {"type": "CONSTANT"},
        {"type": []},
        variable("x", "{"),
        {"type": "VARIABLE"},
        {"type": "VARIABLE", "value": {}, "template": "x"},
        {"type": "CONSTANT", "value": ["x"]},
    )
    for each in (*bad, *bad):
        transform, problems = _read(cache, each)
        assert transform is None
        assert problems
        assert all(code in codes.CODES for code in problems)


def test_a_warning_is_given_each_time() -> None:
    """A transform with a warning is not kept: whoever reads it again hears of it again."""
    cache = TransformCache(EVENTGRID)
    document = variable("{${a}", '{"a": 1}')
    found = [_read(cache, document) for _ in range(2)]
    assert [problems for _, problems in found] == [[codes.TEMPLATE_NOT_JSON]] * 2
    assert found[0][0] is not found[1][0]
    # Problems that stood there before are not its own.
    noted = [problem(codes.TRANSFORM_SHAPE, "before")]
    kept = cache.read(ORIGINAL, noted)
    assert cache.read(ORIGINAL, noted) is kept
    assert len(noted) == 1


def test_what_was_not_kept_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache holds so many transforms; the others are there too, under its limits."""
    monkeypatch.setattr(TransformCache, "MOST", 2)
    limits = replace(EVENTGRID, body_bytes=3)
    cache = TransformCache(limits)
    documents = [{"type": "CONSTANT", "value": f"{n}"} for n in range(3)]
    first, second = (_read(cache, each)[0] for each in documents[:2])
    assert [_read(cache, each)[0] for each in documents[:2]] == [first, second]
    assert _read(cache, documents[0])[0] is first
    third = _read(cache, documents[2])[0]  # one more than fits
    assert third is not None
    assert cache[third.key] is third
    assert cache["VARIABLE", "{}", "x"] == Transform.from_document(variable("x"), limits=limits)
    assert cache["ORIGINAL", None, None] == Transform.from_document(ORIGINAL, limits=limits)
    again = cache["CONSTANT", "0", None]
    assert again is not first
    assert again == first
    assert cache["CONSTANT", "0", None] is again
