"""The second evaluator of transforms: tables, hostile templates, limits, equal to render."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from egcore import codes
from egcore.errors import RenderError, TransformError
from egcore.events import parse_event
from egcore.explain import explain_transform
from egcore.explain_transforms import _find
from egcore.explanations import TargetExplanation
from egcore.jsonpath import Steps
from egcore.limits import CLOUDEVENTS, EVENTGRID, Limits
from egcore.paths import UNDEFINED
from egcore.transforms import JSON, TEXT, Transform
from tests import generators, hostile_cases
from tests.shared_folder import ROOT

DATA = ROOT / "tests" / "data"
VECTORS = json.loads((DATA / "vectors.json").read_text(encoding="utf-8"))
PATHS = json.loads((DATA / "jsonpath.json").read_text(encoding="utf-8"))
WIDE = replace(EVENTGRID, jsonpath="wide")
EVENT: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
DOCUMENTS = 12_000


def variable(template: str, **variables: Any) -> dict[str, str]:
    """Make a VARIABLE transform document."""
    return {"type": "VARIABLE", "value": json.dumps(variables), "template": template}


def exactly(value: object) -> str:
    """Write a value so that true, 1 and 1.0 differ and member order counts."""
    return "undefined" if value is UNDEFINED else json.dumps(value)


def check_against_render(
    document: dict[str, Any], event: dict[str, Any], limits: Limits
) -> TargetExplanation:
    """Hold body, problem and content type to those of the fast path."""
    parsed = parse_event(event, limits=limits)
    transform = Transform.from_document(document, limits=limits)
    body, problem = None, None
    try:
        body = transform.render(parsed)
    except RenderError as error:
        problem = error.problems[0]
    explained = explain_transform(document, parsed, limits=limits)
    assert (explained.body, explained.problem) == (body, problem), (document, event)
    assert explained.content_type == transform.content_type, document
    return explained


# --- Paths ----------------------------------------------------------------------


@pytest.mark.parametrize("row", PATHS["definite"], ids=lambda row: ascii(row["path"]))
def test_definite_path(row: dict[str, Any]) -> None:
    """A definite path gives the value or undefined."""
    found = _find(row["path"], row["document"], Steps(100))
    assert exactly(found) == exactly(row.get("value", UNDEFINED))


@pytest.mark.parametrize("row", PATHS["lists"], ids=lambda row: ascii(row["path"]))
def test_path_that_gives_a_list(row: dict[str, Any]) -> None:
    """A path with a wildcard, slice or descendant segment gives all values, in order."""
    assert exactly(_find(row["path"], row["document"], Steps(100))) == exactly(row["values"])


def test_deep_values_are_walked_without_recursion() -> None:
    """A descendant segment goes far below what the stack could hold."""
    depth = 50_000
    root: dict[str, Any] = {}
    for _ in range(depth):
        root = {"a": root}
    assert len(_find("$..a", root, Steps(10 * depth))) == depth


# --- Transforms ----------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS["transforms"], ids=lambda case: case["name"])
def test_documented_transform(case: dict[str, Any]) -> None:
    """The documented examples give the documented bodies."""
    explained = explain_transform(case["transform"], VECTORS["events"][case["event"]])
    assert explained.body is not None
    assert explained.problem is None
    if isinstance(case["result"], str):
        assert explained.body.decode() == case["result"]
    else:
        assert json.loads(explained.body) == case["result"]
        assert explained.content_type == JSON


HOSTILE = [case for case in hostile_cases.template_cases() if case.name != "unterminated"]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_hostile_template(case: hostile_cases.TemplateCase) -> None:
    """No value of an event breaks out of its place, and what is too large is a problem."""
    paths = {name: f"$.data.{name}" for name in case.variables}
    event = {**EVENT, "data": case.variables}
    explained = check_against_render(variable(case.template, **paths), event, EVENTGRID)
    if case.expected is None:
        assert explained.problem is not None
        assert explained.problem.code == codes.BODY_SIZE
        assert explained.body is None
    else:
        assert explained.body is not None
        body = explained.body.decode()
        assert (json.loads(body) if case.mode == "json" else body) == case.expected


@pytest.mark.parametrize(
    ("template", "is_json"),
    [
        ('{"a": ${x}}', True),
        ('{"a": "${x}-${x}"}', True),
        (' \t\n["${x}", ${x}]', True),
        ('"${x}"', True),
        ("[7, 77, 7e7, 7.7, -0, ${x}]", True),
        ('{"a": 1, "a": ${x}}', True),
        ("[1e999, ${x}]", True),
        ("[]", True),
        ("${x}", False),
        ("12", False),
        ("\u00a0[${x}]", False),
        ("[${x}${x}]", False),
        ("[1${x}]", False),
        ("[${x}1]", False),
        ("[${x}.5]", False),
        ("[-${x}]", False),
        ("[7${x}]", False),
        ("[NaN, ${x}]", False),
        ("[tru${x}]", False),
        ("{${x}: 1}", False),
        ('{"a": ${x}', False),
        ('"${x}', False),
        ('["a" ${x}]', False),
        ('["a\n${x}"]', False),
    ],
)
def test_what_a_json_template_is(template: str, is_json: bool) -> None:
    """A template is JSON with every placeholder inside a string or a whole value."""
    event = {**EVENT, "data": {"x": 'q"\n'}}
    explained = check_against_render(variable(template, x="$.data.x"), event, EVENTGRID)
    assert explained.content_type == (JSON if is_json else TEXT)


@pytest.mark.parametrize(
    ("value", "content_type"),
    [("{}", JSON), (" 1 ", JSON), ("test", TEXT), ("NaN", TEXT), ("[" * 65 + "]" * 65, TEXT)],
)
def test_content_type_of_a_constant(value: str, content_type: str) -> None:
    """A constant that is JSON is labelled so, unless it nests too deeply."""
    explained = check_against_render({"type": "CONSTANT", "value": value}, EVENT, EVENTGRID)
    assert (explained.body, explained.content_type) == (value.encode(), content_type)


def test_variables_tell_expression_and_value() -> None:
    """Each variable that the template uses is shown; undefined is not null."""
    document = variable(
        "${a}${b}${c}${d}", a="$.data.a", b="$.data.b", c=None, d="$.data.*", unused="$.id"
    )
    explained = explain_transform(document, {**EVENT, "data": {"a": None, "z": 1}})
    assert explained.variables == {
        "a": ("$.data.a", None),
        "b": ("$.data.b", UNDEFINED),
        "c": (None, None),
        "d": ("$.data.*", [None, 1]),
    }
    assert (explained.type, explained.body, explained.notes) == ("VARIABLE", b"[null,1]", ())


def test_undefined_in_each_place_of_a_json_template() -> None:
    """Undefined is null as a value, and nothing inside a string."""
    explained = check_against_render(
        variable('{"a":${x},"b":"<${x}>"}', x="$.data.x"), EVENT, EVENTGRID
    )
    assert explained.body == b'{"a":null,"b":"<>"}'


@pytest.mark.parametrize(
    "document",
    [{"type": "ORIGINAL"}, {"type": "CONSTANT", "value": "x" * 11}, variable("${x}", x="é" * 6)],
)
def test_a_body_over_its_limit(document: dict[str, str]) -> None:
    """Every kind of body is held to the limit in bytes; there is never a part of one."""
    explained = check_against_render(document, EVENT, replace(EVENTGRID, body_bytes=10))
    assert explained.body is None
    assert explained.problem is not None
    assert explained.problem.code == codes.BODY_SIZE


def test_a_body_just_within_its_limit() -> None:
    """As many bytes as the limit are not too many."""
    document = variable("${x}", x="é" * 5)
    assert check_against_render(document, EVENT, replace(EVENTGRID, body_bytes=10)).body


def test_steps_run_out_where_the_engine_says() -> None:
    """Just enough steps give the body, one less the problem and the variables before it."""
    paths = {"a": "$.data.a", "s": "$.data.a[1:]", "d": "$..*", "d2": "$..*"}
    document = variable("${c}${a}${s}${d}${d2}", c=1, **paths)
    event = {**EVENT, "data": {"a": [1, 2, [3]]}}
    # $.data.a takes 2 steps, $.data.a[1:] 3 and the 2 elements. $..* takes 1, then each value
    # below the root twice, to come by it and to take it: 5 members, 1 in data, 3 and 1 in a.
    # The second $..* is not evaluated again.
    enough = 2 + (3 + 2) + 1 + 2 * (5 + 1 + 3 + 1)
    assert check_against_render(document, event, replace(EVENTGRID, path_steps=enough)).body
    explained = check_against_render(document, event, replace(EVENTGRID, path_steps=enough - 1))
    assert explained.problem is not None
    assert explained.problem.code == codes.PATH_STEPS
    assert list(explained.variables) == ["c", "a", "s"]


def test_equal_to_the_fast_path_over_transforms() -> None:
    """Over many documents of both presets, under wide and narrow limits, bodies are equal."""
    r = Random(20250303)
    presets = (("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS))
    failed = json_bodies = 0
    for number in range(DOCUMENTS):
        preset, limits = presets[number % 2]
        event = generators.events(r, preset)
        if number % 3 == 0:
            steps, size = int(r.random() * 30), int(r.random() * 200)
            limits = replace(limits, path_steps=steps, body_bytes=size)
        explained = check_against_render(generators.transforms(r, event), event, limits)
        failed += explained.problem is not None
        json_bodies += explained.body is not None and explained.content_type == JSON
    assert failed > DOCUMENTS / 20
    assert json_bodies > DOCUMENTS / 4


# --- Wide paths ----------------------------------------------------------------------


def test_a_wide_path_is_delegated_and_noted() -> None:
    """Beyond the subset jsonpath-ng evaluates here too, and the explanation says so."""
    document = variable("${a} ${b}", a="$.data['x','y']", b="$.data.x")
    event = {**EVENT, "data": {"x": 1, "y": 2}}
    explained = check_against_render(document, event, WIDE)
    assert explained.body == b"[1,2] 1"
    assert explained.notes == ("a: the path is wide; jsonpath-ng evaluated it",)


def test_a_wide_path_that_fails() -> None:
    """What jsonpath-ng cannot evaluate is the explanation's problem, as it is render's."""
    document = variable("${a}", a="$.data['x','y']")
    event = {**EVENT, "data": {"x": 1, "y": 2}}
    explained = check_against_render(document, event, replace(WIDE, path_steps=1))
    assert explained.problem is not None
    assert explained.notes


def test_bad_documents_are_refused() -> None:
    """What is explained is checked first, by the engine's own reader."""
    with pytest.raises(TransformError):
        explain_transform({"type": "CONSTANT"}, EVENT)
