"""The naive oracle itself, held against hand-written cases and the shared vectors."""

import json
import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests import oracle

CASES = json.loads((Path(__file__).parent / "data" / "oracle_cases.json").read_text("utf-8"))
SHARED = Path(os.environ.get("EGCORE_SHARED", Path(__file__).parent.parent.parent / "shared"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder is absent")
SOURCE = [{"op": "StringIn", "values": ["s"]}]


def _named(cases: list[dict[str, Any]], key: str) -> list[Any]:
    return [pytest.param(case, id=ascii(case[key])) for case in cases]


def _variable(template: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {"type": "VARIABLE", "value": json.dumps(variables), "template": template}


def test_the_imports_stay_independent() -> None:
    """Neither the oracle nor the generators name the engine they judge in an import."""
    for name in ("oracle.py", "generators.py"):
        source = (Path(__file__).parent / name).read_text("utf-8")
        lines = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
        assert lines
        assert not [line for line in lines if "egcore" in line]


@pytest.mark.parametrize("row", CASES["matrix"]["rows"], ids=lambda row: row[0]["op"])
def test_matrix(row: list[Any]) -> None:
    """Every operator meets every kind of input as the hand-written matrix says."""
    condition, expected = row
    inputs = CASES["matrix"]["inputs"]
    assert len(expected) == len(inputs)
    for (name, data), letter in zip(inputs, expected, strict=True):
        document = {"source": SOURCE, "data": {"x": [condition]}}
        found = oracle.matches(document, {"source": "s", "data": data})
        assert found == (letter == "T"), name


def test_matrix_covers_all_operators() -> None:
    """The matrix has the 18 operators, once each."""
    assert len({row[0]["op"] for row in CASES["matrix"]["rows"]}) == 18


@pytest.mark.parametrize("case", _named(CASES["rules"], "name"))
def test_rules(case: dict[str, Any]) -> None:
    """Each rule of section 4 has cases whose answer was written by hand."""
    document = case.get("filter") or {"source": SOURCE, "data": case["field"]}
    event = case.get("event") or {"source": "s", "data": case["data"]}
    assert oracle.matches(document, event) == case["match"]


def test_all_ten_rules_have_cases() -> None:
    """No rule is left without a case."""
    assert {case["rule"] for case in CASES["rules"]} == set(range(1, 11))


@pytest.mark.parametrize("op", ["StringMatches", "NumberEquals", "Is"])
def test_unknown_operator(op: str) -> None:
    """The oracle stops on an operator that it does not know rather than guess."""
    value: Any = "x" if op.startswith("S") else 1
    condition = {"op": op, "value": value, "values": [value]}
    with pytest.raises(ValueError, match=op):
        oracle.condition_holds(condition, value)


@pytest.mark.parametrize("case", _named(CASES["paths"], "path"))
def test_paths(case: dict[str, Any]) -> None:
    """Paths of the subset give the values written by hand."""
    found = oracle.paths(case["path"], case["event"])
    assert found is oracle.UNDEFINED if "undefined" in case else found == case["value"]


@pytest.mark.parametrize("expression", CASES["bad_paths"], ids=ascii)
def test_bad_paths(expression: str) -> None:
    """What is no path of the subset is refused."""
    with pytest.raises(ValueError):  # noqa: PT011  (only that it is refused matters)
        oracle.parse_path(expression)


def test_too_many_segments() -> None:
    """A path has at most 32 segments."""
    assert len(oracle.parse_path("$" + ".a" * 32)) == 32
    with pytest.raises(ValueError, match="32"):
        oracle.parse_path("$" + ".a" * 33)


@needs_shared
def test_paths_of_the_compliance_suite() -> None:
    """Every valid selector of the public suite that the oracle reads gives its result."""
    suite = json.loads((SHARED / "suites/jsonpath-cts/cts.json").read_text("utf-8"))
    read = 0
    for case in suite["tests"]:
        try:
            segments = oracle.parse_path(case["selector"])
        except ValueError:
            continue
        assert not case.get("invalid_selector"), case["selector"]
        read += 1
        found = oracle.paths(case["selector"], case["document"])
        if all(kind in ("name", "index") and not down for down, kind, _ in segments):
            found = [] if found is oracle.UNDEFINED else [found]
        assert found in case.get("results", [case.get("result")]), case["selector"]
    assert read > 100


@pytest.mark.parametrize("case", _named(CASES["templates"], "template"))
def test_template_kind(case: dict[str, Any]) -> None:
    """Templates are JSON, text or refused as section 5 says."""
    assert oracle.template_kind(case["template"]) == case["kind"]
    assert oracle.is_json_template(case["template"]) == (case["kind"] == "json")


@pytest.mark.parametrize("case", _named(CASES["renders"], "name"))
def test_renders(case: dict[str, Any]) -> None:
    """Values are inserted by their kind and by the place they stand in."""
    transform = _variable(case["template"], case["variables"])
    body = oracle.render(transform, {"data": case["data"]}, b"")
    if "text" in case:
        assert body.decode() == case["text"]
    else:
        assert oracle.same_json(body, json.dumps(case["json"]).encode())
        assert oracle.body_json(transform, {"data": case["data"]}) == case["json"]


@pytest.mark.parametrize(
    ("left", "right"), [(b"1", b"1.0"), (b"1", b"true"), (b"0.0", b"-0.0"), (b"[1]", b"[2]")]
)
def test_same_json_is_strict(left: bytes, right: bytes) -> None:
    """Values that Python calls equal are still different JSON."""
    assert oracle.same_json(left, left + b" ")
    assert not oracle.same_json(left, right)


@needs_shared
def test_vectors() -> None:
    """The documented and decided examples come out as they are printed."""
    cases = json.loads((SHARED / "spec/vectors.json").read_text("utf-8"))
    for case in cases:
        event = case["event"]
        if "filter" in case:
            assert oracle.matches(case["filter"], event) == case["match"], case["name"]
            continue
        body = oracle.render(case["transform"], event, json.dumps(event).encode())
        expected = case["result"]
        found = body.decode() if isinstance(expected, str) else json.loads(body)
        assert found == expected, case["name"]


@needs_shared
def test_hostile_templates() -> None:
    """Hostile inserted values neither expand again nor break out."""
    catalogue = runpy.run_path(str(SHARED / "spec/hostile_cases.py"))
    for name, mode, template, variables, expected in catalogue["template_cases"]():
        if expected is None:  # a limit or a refusal, which the oracle does not judge
            continue
        # Names may not be paths of their own here: the values stand under data.
        definitions = {key: f"$.data.{key}" for key in variables}
        transform = _variable(template, definitions)
        body = oracle.render(transform, {"data": variables}, b"")
        assert oracle.is_json_template(template) == (mode == "json"), name
        if mode == "json":
            assert oracle.same_json(body, json.dumps(expected).encode()), name
        else:
            assert body.decode() == expected, name
