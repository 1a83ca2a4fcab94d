"""Reports: diagnostics with a caret, lines of refusals in order, counts that add up."""

import json
from types import SimpleNamespace

import pytest

from egcore.errors import problem
from egcore.positions import Position
from egcore.reporters import (
    Tally,
    delivery_lines,
    diagnostic,
    diagnostics,
    internal_error,
    number,
    refusal_lines,
    summary,
    unnumbered_refusals,
)
from egcore.requests import parse_request
from egcore.ruletexts import Finding


def test_diagnostic():
    """Place, code, severity and message, then the source line, the caret and the hint."""
    told = problem("EGC304", "a: data.size: unknown operator Foo", hint="did you mean IsNull?")
    assert diagnostic(Finding(told, "r.json", Position(3, 8), '\t{"op": "Foo"}')) == (
        "r.json:3:8: EGC304 error: a: data.size: unknown operator Foo\n"
        '   {"op": "Foo"}\n'
        "         ^\n"
        "hint: did you mean IsNull?"
    )


def test_diagnostic_of_a_file():
    """A problem of the whole file has neither place nor source line; a warning says so."""
    told = problem("EGC318", "a: the key twice")
    assert diagnostic(Finding(told, "r.json")) == "r.json: EGC318 warning: a: the key twice"


@pytest.mark.parametrize("column", [1, 61, 62, 5_000, 9_961, 10_001])
def test_long_source_line(column):
    """Of a long line a window is shown, and the caret stands under its column."""
    line = "".join(f"{number:5}" for number in range(2_000))
    told = problem("EGC102", "not JSON")
    _, shown, caret = diagnostic(Finding(told, "r.json", Position(1, column), line)).split("\n")
    at = caret.index("^")
    assert len(shown) <= 102
    assert shown[at:] == line[column - 1 :][: len(shown) - at]
    assert shown[2:at] == line[: column - 1][-(at - 2) :] if at > 2 else column == 1


def test_diagnostic_does_not_steer_the_terminal():
    """Control characters of a file or its name are replaced one by one."""
    told = problem("EGC304", "a: \x1b[2J")
    assert diagnostic(Finding(told, "r\n.json", Position(1, 2), "\x1b\u202ex")) == (
        "r\ufffd.json:1:2: EGC304 error: a: \ufffd[2J\n  \ufffd\ufffdx\n   ^"
    )


def test_diagnostics_are_in_order():
    """Problems come by file and place, those of whole files first."""
    told = problem("EGC304", "x")
    places = [("b", (1, 1)), ("a", (10, 1)), ("a", (9, 5)), ("a", None), ("a", (9, 4))]
    text = diagnostics(Finding(told, path, place and Position(*place)) for path, place in places)
    assert [line.split(" ")[0] for line in text.splitlines()] == [
        "a:",
        "a:9:4:",
        "a:9:5:",
        "a:10:1:",
        "b:1:1:",
    ]
    assert diagnostics([]) == ""


class Line(SimpleNamespace):
    """A delivery, refusal or failure, as far as reports look at one."""

    def to_json(self, index=None):
        """Return what tells the line and the index it was given, the index first."""
        named = {"name": self.name}
        return json.dumps(
            named if index is None else {"index": index} | named, separators=(",", ":")
        )


def outcome(**members):
    """Make an outcome, as far as reports look at it."""
    empty = {"received": 0, "accepted": 0, "unrouted": 0}
    return SimpleNamespace(**empty | {"refused": (), "deliveries": (), "failed": ()} | members)


def test_delivery_lines():
    """Each delivery is a line."""
    deliveries = [Line(name="one"), Line(name="two")]
    assert delivery_lines(outcome(deliveries=deliveries)) == '{"name":"one"}\n{"name":"two"}\n'


def test_refusal_lines():
    """Refusals and failures come in the order of their events, counted over the whole input."""
    refused = [Line(name="r0", index=0), Line(name="r3", index=3)]
    failed = [Line(name="f1 first", index=1), Line(name="f1 then", index=1)]
    lines = refusal_lines(outcome(refused=refused, failed=failed), 40).splitlines()
    assert [(line["index"], line["name"]) for line in map(json.loads, lines)] == [
        (40, "r0"),
        (41, "f1 first"),
        (41, "f1 then"),
        (43, "r3"),
    ]
    assert refusal_lines(outcome(), 40) == ""


def test_numbering_later():
    """A line that is numbered later is the one that the refusal itself would have written."""
    refused = parse_request({"events": [{"id": "1"}, {"index": 0, "id": '"index":0'}]}).refused
    assert len(refused) == 2
    found = unnumbered_refusals(outcome(refused=refused), 10)
    assert [index for index, _ in found] == [10, 11]
    expected = "".join(f"{each.to_json(110 + each.index)}\n" for each in refused)
    assert number(found, 100) == expected
    assert unnumbered_refusals(outcome(), 10) == []


def to(subscription_id, target_id):
    """Make a delivery to a target."""
    return SimpleNamespace(subscription_id=subscription_id, target_id=target_id)


def test_summary():
    """Every subscription has its row, events are counted once over several targets."""
    tally = Tally()
    both = [to("1", "t"), to("1", "u")]
    tally.add(outcome(received=3, accepted=2, refused=["r"], unrouted=1, deliveries=both))
    failure = SimpleNamespace(delivery=to("1", "u"))
    tally.add(outcome(received=1, accepted=1, deliveries=[to("1", "t")], failed=[failure]))
    rows = [("1", "orders-eu"), ("2", "all")]
    subscriptions = [SimpleNamespace(id=id_, name=name) for id_, name in rows]
    assert summary(tally, subscriptions) == (
        "subscription  matched  deliveries  failed\n"
        "orders-eu           2           3       1\n"
        "all                 0           0       0\n"
        "\n"
        "received 4  accepted 3  refused 1  unrouted 1  deliveries 3  failed 1\n"
    )
    assert tally.not_done == 2


def test_summary_without_subscriptions():
    """An empty rule set has a table without rows."""
    assert summary(Tally(), []).startswith("subscription  matched  deliveries  failed\n\n")


@pytest.mark.parametrize(("accepted", "refused", "balanced"), [(2, 1, True), (2, 2, False)])
def test_balance(accepted, refused, balanced):
    """What was received must be what was accepted and refused together."""
    tally = Tally()
    tally.add(outcome(received=3, accepted=accepted, refused=["r"] * refused))
    assert tally.is_balanced is balanced


def test_merge():
    """Tallies of parts, merged, are the tally of the whole."""
    first = outcome(received=3, accepted=2, refused=["r"], unrouted=1, deliveries=[to("1", "t")])
    failure = SimpleNamespace(delivery=to("1", "u"))
    second = outcome(received=2, accepted=2, deliveries=[to("1", "t")], failed=[failure])
    whole, merged = Tally(), Tally()
    for each in (first, second):
        part = Tally()
        part.add(each)
        merged.merge(part)
        whole.add(each)
    assert merged == whole
    assert merged.delivered.total() == 2


def test_internal_error():
    """An error of our own is its type and place; one that was never raised has no place."""
    assert internal_error(ValueError("x")) == "internal error: ValueError; please report it"
    try:
        json.loads("{")
    except ValueError as error:
        told = internal_error(error)
    assert told.startswith("internal error: JSONDecodeError in decoder.py:")
    assert told.endswith("; please report it")
