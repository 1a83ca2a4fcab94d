"""The test data are complete, and agree with the specification folder where there is one."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests import hostile_cases, make_operator_table
from tests.shared_folder import ROOT, shared

DATA = ROOT / "tests" / "data"
SAMPLES = ROOT / "docs" / "samples"


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _module(path: Path) -> ModuleType:
    spec = spec_from_file_location("shared_module", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_operator_table_is_current() -> None:
    """The table in the repository is the one that its script writes."""
    assert make_operator_table.TABLE.read_text(encoding="ascii") == make_operator_table.render()


def test_operator_table_has_both_answers_for_every_operator() -> None:
    """All 18 operators stand in the table, and each block holds true and false answers."""
    table = _json(DATA / "operator_table.json")
    assert len({block["op"] for block in table}) == 18
    for block in table:
        assert {case["holds"] for case in block["cases"]} == {True, False}, block["op"]


def test_vectors_name_known_events() -> None:
    """Every documented example has a name of its own and an event that is there."""
    vectors = _json(DATA / "vectors.json")
    cases = vectors["filters"] + vectors["transforms"]
    assert len({case["name"] for case in cases}) == len(cases) == 35
    assert {case["event"] for case in cases} == set(vectors["events"])


def test_vectors_lose_nothing() -> None:
    """The documented examples are those of the specification, each with its whole event."""
    vectors = _json(DATA / "vectors.json")
    ours = [
        {**case, "event": vectors["events"][case["event"]]}
        for case in vectors["filters"] + vectors["transforms"]
    ]
    assert ours == _json(shared("spec/vectors.json"))


@pytest.mark.parametrize(
    "layer", ["parse_cases", "event_cases", "timestamp_cases", "template_cases"]
)
def test_hostile_cases_lose_nothing(layer: str) -> None:
    """The hostile cases have the names, inputs and verdicts of the specification."""
    original = getattr(_module(shared("spec/hostile_cases.py")), layer)()
    assert sorted(map(repr, map(tuple, getattr(hostile_cases, layer)()))) == sorted(
        map(repr, original)
    )


def test_hostile_cases_have_names_of_their_own() -> None:
    """No two hostile cases of one layer share a name, so a failure names one input."""
    for cases in (hostile_cases.parse_cases(), hostile_cases.template_cases()):
        names = [case.name for case in cases]
        assert len(set(names)) == len(names)
    events = [case.name for case in hostile_cases.event_cases()]
    assert len(set(events)) == len(events)


def test_sample_subscriptions_show_every_transform() -> None:
    """The README's subscriptions leave ids out and use all three transform types."""
    subscriptions = _lines(SAMPLES / "subscriptions.jsonl")
    targets = [target for document in subscriptions for target in document["targets"]]
    assert not any("id" in document for document in subscriptions + targets)
    assert {target["transform"]["type"] for target in targets} == {
        "ORIGINAL",
        "CONSTANT",
        "VARIABLE",
    }


def test_sample_events_have_ids_of_their_own() -> None:
    """The README's events hold one request, and no two events share source and id."""
    lines = _lines(SAMPLES / "events.jsonl")
    events = [event for line in lines for event in line.get("events", [line])]
    assert len(events) > len(lines)
    assert len({(event["source"], event["id"]) for event in events}) == len(events)
