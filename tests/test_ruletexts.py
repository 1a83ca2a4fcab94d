"""Rule texts: what is wrong in them is told with its place, and duplicates in filters pass."""

import json
from pathlib import Path

import pytest

from egcore import ruletexts
from egcore.errors import RuleError, problem
from egcore.limits import CLOUDEVENTS
from egcore.ruletexts import Finding, Text, decode_rules, place_problems

CASES = json.loads(Path(__file__).with_name("data").joinpath("rule_texts.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_findings(case):
    """Each text of the table has the findings of the table, and a sound one its value."""
    value, findings = decode_rules(Text("f.json", case["text"]))
    found = [(each.problem, *each.position, each.path) for each in findings]
    assert [
        [each.code, each.severity, line, column, each.message] for each, line, column, _ in found
    ] == case["findings"]
    assert {path for *_, path in found} <= {"f.json"}
    if all(each.problem.severity == "warning" for each in findings):
        assert value == json.loads(case["text"])


def test_source_line():
    """A finding shows its line of the text, without the line end, under its number in the file."""
    text = Text("f.jsonl", '{"a":\r\n nul}\r\n', first_line=7)
    _, [found] = decode_rules(text)
    assert (found.position, found.line) == ((8, 2), " nul}")


def test_duplicates_refused_under_cloudevents():
    """Where the limits say so, a duplicate key in a filter is an error like any other."""
    text = Text("f.json", '{"name": "a", "sources": [{"filter": {"id": [], "id": []}}]}')
    _, [found] = decode_rules(text, limits=CLOUDEVENTS)
    assert (found.problem.code, found.problem.severity) == ("EGC318", "error")
    assert found.problem.pointer == "/sources/0/filter/id"


def test_unexplained_refusal(monkeypatch):
    """What the second look does not see is told as the decoder told it, for the whole text."""
    told = problem("EGC102", "no reason given")

    def refuse(*_, **__):
        raise RuleError([told])

    monkeypatch.setattr(ruletexts, "decode", refuse)
    monkeypatch.setattr(ruletexts, "decode_rule", refuse)
    _, findings = decode_rules(Text("f.json", "[]"))
    assert findings == [Finding(told, "f.json", (1, 1), "[]")]


def test_full_stack(monkeypatch):
    """When the stack fills up in the search for the place, the problem is told without it."""

    def overflow(*_):
        raise RecursionError

    monkeypatch.setattr(json.JSONDecoder, "decode", overflow)
    _, [found] = decode_rules(Text("f.json", "[\n1 2]"))
    assert (found.problem.code, found.position) == ("EGC102", (1, 1))


def test_place_problems_by_text():
    """Problems of two texts are found in their own texts, though the texts are equal."""
    one, two = Text("1.json", '{"a": 1}'), Text("2.json", '{"a": 1}')
    told = problem("EGC503", "a is wrong", "/a")
    wanted = [(told, one, "/a"), (told, two, "/a"), (told, one, "")]
    assert place_problems(wanted) == [
        Finding(told, "1.json", (1, 7), '{"a": 1}'),
        Finding(told, "1.json", (1, 1), '{"a": 1}'),
        Finding(told, "2.json", (1, 7), '{"a": 1}'),
    ]
