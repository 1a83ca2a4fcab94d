"""Templates: what stands where, in one pass, within bounds, and never out of its place."""

import json
import time
import tracemalloc
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from egcore import EVENTGRID, UNDEFINED, RenderError, Transform, TransformError, codes
from egcore.templates import (
    Slot,
    Template,
    as_json_value,
    as_text,
    body_too_large,
    inside_json_string,
)
from egcore.transforms import JSON, TEXT
from tests import generators, hostile_cases, oracle
from tests.rules import error_of, event, variable
from tests.slowest import PATIENCE

DATA = Path(__file__).parent / "data"
TABLE = json.loads((DATA / "templates.json").read_text(encoding="utf-8"))
NAMES = (*TABLE["values"], "missing")
VALUE = json.dumps({name: f"$.data.{name}" for name in NAMES})


def _transform(template: str, names: Any = NAMES, **limits: Any) -> Transform:
    value = json.dumps({name: f"$.data.{name}" for name in names})
    return Transform.from_document(variable(template, value), limits=replace(EVENTGRID, **limits))


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_template(case: dict[str, Any]) -> None:
    """A template is JSON or text by its own form, and renders to exactly the body."""
    transform = _transform(case["template"])
    assert transform.render(event(data=TABLE["values"])) == case["body"].encode()
    assert transform.content_type == (JSON if case["json"] else TEXT)
    warnings = [(each.code, each.severity, each.pointer) for each in transform.problems]
    expected = [(codes.TEMPLATE_NOT_JSON, "warning", "/template")] if case.get("warns") else []
    assert warnings == expected


@pytest.mark.parametrize("case", hostile_cases.template_cases(), ids=lambda case: case.name)
def test_hostile_template(case: hostile_cases.TemplateCase) -> None:
    """No value breaks out of a template, is looked at again, or grows the body past its limit."""
    if case.name == "unterminated":
        with pytest.raises(ValueError, match="no closing brace"):
            _transform(case.template, case.variables)
        return
    transform = _transform(case.template, case.variables)
    if case.expected is None:
        with pytest.raises(RenderError):
            transform.render(event(data=case.variables))
        return
    body = transform.render(event(data=case.variables)).decode()
    assert (json.loads(body) if case.mode == "json" else body) == case.expected
    assert transform.content_type == (JSON if case.mode == "json" else TEXT)


@pytest.mark.parametrize("value", generators.HOSTILE)
def test_no_value_breaks_out(value: str) -> None:
    """Whatever a string holds, a JSON body has the author's structure around it, unchanged."""
    transform = _transform('{"a": "<${v}>", "b": ${v}, "c": ["${v}${v}"]}', ["v"])
    body = json.loads(transform.render(event(data={"v": value})))
    assert body == {"a": f"<{value}>", "b": value, "c": [value + value]}
    assert _transform("<${v}>", ["v"]).render(event(data={"v": value})) == f"<{value}>".encode()


@pytest.mark.parametrize(
    ("value", "text", "inside", "whole"),
    [
        ('a"\\\n', 'a"\\\n', 'a\\"\\\\\\n', '"a\\"\\\\\\n"'),
        ("", "", "", '""'),
        (None, "", "", "null"),
        (UNDEFINED, "", "", "null"),
        (True, "true", "true", "true"),
        (0, "0", "0", "0"),
        (-0.0, "-0.0", "-0.0", "-0.0"),
        ([1, "é"], '[1,"é"]', '[1,\\"é\\"]', '[1,"é"]'),
        (10**639, str(10**639), str(10**639), str(10**639)),
    ],
)
def test_formats(value: object, text: str, inside: str, whole: str) -> None:
    """A value is written for the place where it stands."""
    assert as_text(value) == text
    assert inside_json_string(value) == inside
    assert as_json_value(value) == whole


def test_deep_json_template_is_refused() -> None:
    """A JSON template may nest as deeply as the limits allow, and no deeper."""
    deepest = "[" * 64 + "${n}" + "]" * 64
    assert _transform(deepest, ["n"]).content_type == JSON
    with pytest.raises(ValueError, match="nested more than 64 levels deep") as caught:
        _transform(f"[{deepest}]", ["n"])
    assert [(each.code, each.pointer) for each in caught.value.problems] == [
        (codes.NESTING, "/template")
    ]


@pytest.mark.parametrize("levels", [1, 3, 63])
def test_the_levels_of_a_template_are_those_of_the_call(levels: int) -> None:
    """How deeply a JSON template may nest is for the given limits to say."""
    deepest = "[" * levels + "${n}" + "]" * levels
    assert _transform(deepest, ["n"], nesting=levels).content_type == JSON
    with pytest.raises(TransformError, match=f"more than {levels} levels"):
        _transform(f"[{deepest}]", ["n"], nesting=levels)


def test_limit_of_the_body() -> None:
    """A body of as many bytes as the limit is rendered; one more byte raises, never truncates."""
    transform = _transform("${s}é", ["s"], body_bytes=100)
    assert len(transform.render(event(data={"s": "x" * 98}))) == 100
    for text in ("x" * 99, "é" * 50, "x" * 1_000):
        with pytest.raises(RenderError) as caught:
            transform.render(event(data={"s": text}))
        assert caught.value.problems == (body_too_large(100),)
        assert caught.value.problems[0].code == codes.BODY_SIZE


def test_amplification_stops() -> None:
    """A template that asks for 33 MB stops at the limit, in little time and memory."""
    transform = _transform("${a}" * 512, ["a"])
    given = event(data={"a": "x" * 65_000})
    tracemalloc.start()
    before = time.process_time()
    try:
        with pytest.raises(RenderError):
            transform.render(given)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - before < 1 * PATIENCE
    assert peak < 2_000_000


def test_templates_are_judged_as_the_oracle_does() -> None:
    """Generated templates with one character spoiled are JSON, text or refused as by the oracle."""
    kinds = set()
    for seed in range(1_500):
        r = Random(f"templates {seed}")
        template = generators.transforms(r, event()).get("template") or "{}"
        place = int(r.random() * len(template))
        template = template[:place] + '"}\\,:]x'[int(r.random() * 7)] + template[place + 1 :]
        names = {each.partition("}")[0] for each in template.split("${")[1:]}
        if not names <= set(generators.VARIABLE_NAMES) or "ud" in template:
            continue  # a spoiled placeholder; half of a pair, which the oracle calls no JSON
        document = variable(template, json.dumps(dict.fromkeys(names, 1)))
        error = error_of(partial(Transform.from_document, document))
        found = "refused"
        if error is None:
            is_json = Transform.from_document(document).content_type == JSON
            found = "json" if is_json else "text"
        assert found == oracle.template_kind(template), template
        kinds.add(found)
    assert kinds == {"json", "text", "refused"}


def test_a_slot_is_written_once_within_the_limit() -> None:
    """What is inserted counts each time it stands there, but is written only once."""
    written: list[object] = []

    def format_and_note(value: object) -> str:
        written.append(value)
        return str(value)

    slot = Slot("a", format_and_note)
    template = Template(("<", "|", "", ">"), (slot,) * 3, is_json=False)
    assert template.fill({"a": "xy"}, 6) == "<xy|xyxy>"
    assert written == ["xy"]
    with pytest.raises(RenderError):
        template.fill({"a": "xy"}, 5)
