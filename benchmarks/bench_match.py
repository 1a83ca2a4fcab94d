"""How long does one event take against many filters? Beside json.loads of the same bytes."""

import json

import pytest

from benchmarks.scenes import scene
from benchmarks.workloads import SHAPES
from egcore import parse_event

shapes = pytest.mark.parametrize("shape", SHAPES)


@shapes
def test_yard(benchmark, shape, rules):
    """json.loads of the events: the unit of the others."""
    benchmark.group = f"match {shape} {rules}"
    texts = scene(shape, rules).texts
    assert len(benchmark(lambda: [json.loads(text) for text in texts])) == len(texts)


@shapes
def test_event_in(benchmark, shape, rules):
    """Match parsed events."""
    benchmark.group = f"match {shape} {rules}"
    stage = scene(shape, rules)
    matcher, events = stage.matcher, stage.events
    found = benchmark(lambda: [matcher.match(event) for event in events])
    assert found[: len(stage.expected)] == stage.expected


@shapes
def test_text_in(benchmark, shape, rules):
    """Parse events from bytes, check them, match them."""
    benchmark.group = f"match {shape} {rules}"
    stage = scene(shape, rules)
    matcher, texts = stage.matcher, stage.texts
    found = benchmark(lambda: [matcher.match(text) for text in texts])
    assert found[: len(stage.expected)] == stage.expected
    assert [matcher.match(parse_event(text)) for text in texts] == found
