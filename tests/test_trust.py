"""The harness of the figures: it finds what is wrong, makes it small and replays it."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

import egcore
from egcore.index import Index
from egcore.templates import Template
from tests import generators
from tests.trust import __main__ as command
from tests.trust import cases, digests, hostility, inputs, matching, sets, table
from tests.trust.figures import Budget, Figure, Tally, Volume, random_of

CYCLE: dict[str, Any] = {"a": [1]}
CYCLE["a"].append((CYCLE, (CYCLE["a"],)))
DEEP: Any = "x"
for _ in range(1500):
    DEEP = [DEEP]


@pytest.fixture(autouse=True)
def _shrink_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults planted here need not be made as small as can be."""
    monkeypatch.setattr(cases, "SHRINK_SECONDS", 0.3)


def run(name: str, chunks: int = 1) -> Tally:
    """Run the first chunks of a figure in this process."""
    tally = Tally()
    for number in range(chunks):
        table.VOLUMES[name].chunk(random_of("test", name, number), tally)
    return tally


@pytest.mark.parametrize("name", table.VOLUMES)
def test_volumes_hold(name: str) -> None:
    """A chunk of each figure holds, does something, and is the same when run again."""
    first = run(name)
    assert first.count > 0
    assert first.failures == []
    assert first == run(name)


@pytest.mark.parametrize("name", ["match", "transform", "batch", "index"])
def test_judges_are_content(name: str) -> None:
    """The volume is of the demanded mixture."""
    assert table.VOLUMES[name].judge(run(name, 3)) == []


@pytest.mark.parametrize("name", ["match", "transform", "batch", "index"])
def test_judges_judge(name: str) -> None:
    """Volume in which nothing of what is demanded occurs does not count."""
    assert table.VOLUMES[name].judge(Tally(count=1000))


# --- Faults that the figures must find ----------------------------------------------------


def found(name: str, chunks: int = 2) -> list[str]:
    """Run some chunks; replay what they found and give what is wrong with each."""
    failures = run(name, chunks).failures
    arguments = [[cases.decode(each) for each in failure["arguments"]] for failure in failures]
    return [table.replay(name, each) or "" for each in arguments]


def test_a_wrong_match_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast path that takes true for 1 differs from the oracle."""
    right = egcore.Filter.matches

    def wrong(self: egcore.Filter, event: egcore.Event) -> bool:
        data = event.members.get("data")
        return right(self, event) != (isinstance(data, dict) and data.get("a") is True)

    monkeypatch.setattr(egcore.Filter, "matches", wrong)
    assert any("they disagree" in each for each in found("match"))


def test_a_wrong_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that gives what matches in another order is no index."""
    right = Index.match
    monkeypatch.setattr(Index, "match", lambda self, members: right(self, members)[::-1])
    assert any("its filters" in each for each in found("index"))


def test_a_breakout_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that inserts into JSON without escaping is found, by whatever it breaks."""
    right = Template.fill

    def wrong(self: Template, values: dict[str, object], limit: int) -> str:
        values = {n: v + '"' if isinstance(v, str) else v for n, v in values.items()}
        return right(self, values, limit).replace('\\"', '"')

    monkeypatch.setattr(Template, "fill", wrong)
    with pytest.raises(json.JSONDecodeError):
        run("transform")


def test_a_forgotten_cap_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies over their limit are found."""
    monkeypatch.setattr("egcore.transforms._within", lambda body, _: body)
    assert "the cap is not held" in found("transform")


@pytest.mark.parametrize("member", ["results", "deliveries", "refused"])
def test_lost_members_are_found(monkeypatch: pytest.MonkeyPatch, member: str) -> None:
    """A lost result, delivery or refusal is found."""
    right = egcore.Router.process

    def wrong(self: egcore.Router, body: bytes) -> egcore.Outcome:
        outcome = right(self, body)
        object.__setattr__(outcome, member, getattr(outcome, member)[:3])
        return outcome

    monkeypatch.setattr(egcore.Router, "process", wrong)
    assert found("batch", 1)


def test_a_foreign_exception_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not ours is reported with the input that brings it out, and not much more."""
    right = egcore.parse_event

    def wrong(source: Any, *, limits: egcore.Limits = egcore.EVENTGRID) -> egcore.Event:
        if isinstance(source, bytes) and b"\\ud" in source:
            raise ZeroDivisionError
        return right(source, limits=limits)

    monkeypatch.setattr(egcore, "parse_event", wrong)
    tally = Tally()
    cases.report(tally.failures, "foreign", hostility.check, "parse_event", b"[1, \\ud800, 2]")
    assert tally.failures[0]["what"] == "ZeroDivisionError left parse_event"
    assert tally.failures[0]["arguments"] == [{"value": "parse_event"}, {"bytes": "\\ud"}]


@pytest.mark.parametrize("error", [AssertionError(), RecursionError(), egcore.errors.host_error()])
def test_exceptions_that_may_not_leave(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Assertions and a full stack are no answers to an input."""

    def wrong(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(egcore, "parse_batch", wrong)
    assert type(error).__name__ in (hostility.check("parse_batch", b"[]") or "")


def test_an_error_that_carries_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error with a context holds the input, which it must not."""

    def wrong(_: object, **__: object) -> None:
        try:
            json.loads("x")
        except ValueError:
            raise egcore.errors.usage("it is no JSON") from None

    monkeypatch.setattr(egcore, "parse_batch", wrong)
    assert hostility.check("parse_batch", b"[]") == "an error carries another one"


def test_hostile_inputs_are_mixed() -> None:
    """Each way in is taken, and of each some inputs are accepted and some refused."""
    assert set(run("foreign", 4).counters) == set(hostility.CALLS)
    larder = inputs.Larder(Random("mix"))
    answers = Counter(
        (call, _answer(call, make(larder))) for _, call, make in inputs.MIX for _ in range(500)
    )
    rare = [(call, each) for call in hostility.CALLS for each in (True, False)]
    assert [each for each in rare if not answers[each]] == []


def _answer(call: str, value: Any) -> bool:
    try:
        hostility.CALLS[call](value)
    except egcore.EgcoreError:
        return False
    return True


def test_a_dependence_on_the_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule set that answers by the order of its rules has another digest."""
    before = [digests.digest("1", order) for order in (0, 1)]
    assert before[0] == before[1]
    right = Index.match
    monkeypatch.setattr(Index, "match", lambda self, members: right(self, members)[:1])
    assert digests.digest("1", 0) != digests.digest("1", 1)


# --- Case files ---------------------------------------------------------------------------

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -0.0, 1e15, 10**700, float("inf"), "é\ud800", b"\xff", bytearray(b"x")),
    *([], {}, [[1, {"a": None}]], {1: 2, None: ("a", [])}, ((), (1, 2)), object, Ellipsis, 1j),
    *(generators.OddString("x"), generators.OddInt(1), generators.OddDict(a=[1]), range(3)),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_cases_hold_any_value(value: Any) -> None:
    """A value goes through a case file and comes back with its types."""
    again = cases.decode(json.loads(json.dumps(cases.encode(value))))
    assert (repr(again), type(again)) == (repr(value), type(value))


def test_cases_hold_views() -> None:
    """A memoryview comes back as one of the same bytes."""
    again = cases.decode(cases.encode(memoryview(b"\xffx")))
    assert type(again) is memoryview
    assert bytes(again) == b"\xffx"


def test_cases_hold_cycles_and_depth() -> None:
    """A value that holds itself, and one that is nested very deeply, come back as they were."""
    again = cases.decode(cases.encode(CYCLE))
    assert again["a"][1][0] is again
    assert again["a"][1][1][0] is again["a"]
    deep, levels = cases.decode(json.loads(json.dumps(cases.encode(DEEP)))), 0
    while isinstance(deep, list):
        (deep,), levels = deep, levels + 1
    assert (deep, levels) == ("x", 1500)


def test_cases_refuse_unknown_values() -> None:
    """What no case file can hold is refused rather than written wrongly."""
    with pytest.raises(ValueError, match="set"):
        cases.encode({1, 2})


def test_shrink_deletes_what_is_not_needed() -> None:
    """Only what the failure needs is left, and the arguments stay arguments."""
    value = {"a": [1, 2, {"x": "abcdef", "y": CYCLE}], "b": 3}
    small = cases.shrink(["call", value], lambda each: "cd" in each[1]["a"][-1]["x"], 5)
    assert small == ["", {"a": [{"x": "cd"}]}]


def test_case_files_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure becomes a file that is named by its figure and that replays."""
    monkeypatch.setattr(cases, "FOLDER", tmp_path)
    arguments = [cases.encode("parse_event"), cases.encode(b"\xff")]
    kept = {"figure": "foreign", "what": "w", "seed": "1/foreign/0", "arguments": arguments}
    text = command._keep(kept)
    (path,) = tmp_path.iterdir()
    assert path.name in text
    assert cases.read(path) == ("foreign", ["parse_event", b"\xff"])
    assert command._keep({"what": "died", "seed": "1/foreign/0"}) == "died (seed 1/foreign/0)"


# --- The command --------------------------------------------------------------------------


def test_the_table_is_complete() -> None:
    """Every figure of volume can be replayed, and every name is known."""
    assert set(table.VOLUMES) == set(table.REPLAYS)
    assert set(table.VOLUMES) < set(table.FIGURES)


class _OneWorker:
    """Runs the chunks here, so that faults planted here are seen."""

    def chunks(self, figure: str, seed: str) -> Any:
        """Yield the tallies of the chunks."""
        number = 0
        while True:
            tally = Tally()
            table.VOLUMES[figure].chunk(random_of(seed, figure, number), tally)
            yield tally
            number += 1


def test_a_figure_stops_at_its_count_or_time() -> None:
    """A figure does its count in CI, and in a deep run what fits into its time."""
    volume = Volume("match", "w", 40_000, matching.chunk)
    kept = Budget("1", _OneWorker(), None, str)  # type: ignore[arg-type]
    assert int(volume(kept).reached.split()[-1].replace(",", "")) >= 40_000
    short = volume(Budget("1", _OneWorker(), 0.001, str))  # type: ignore[arg-type]
    assert int(short.reached.split()[-1].replace(",", "")) < 40_000
    assert (short.verdict, short.target) == ("ok", "0")


def test_a_figure_fails_with_its_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a chunk finds is kept, printed and makes the figure fail."""
    monkeypatch.setattr(matching.oracle, "matches", lambda *_: None)
    kept: list[Any] = []
    budget = Budget("1", _OneWorker(), None, lambda each: kept.append(each) or "kept")  # type: ignore[arg-type,func-returns-value]
    figure = Volume("match", "w", 100, matching.chunk)(budget)
    assert figure.verdict == "FAIL"
    assert kept
    assert set(figure.failures) == {"kept"}


def test_the_command_prints_the_table() -> None:
    """The command runs in processes of its own and exits by what it found."""
    line = [sys.executable, "-m", "tests.trust", "--time", "0.1", "--jobs", "2", "--seed", "7"]
    done = subprocess.run(
        [*line, "--only", "index", "match"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    header, *rows = done.stdout.splitlines()
    assert header.split() == list(command.COLUMNS)
    assert [row.split()[0] for row in rows] == ["index", "match"]
    assert all(row.endswith("ok") for row in rows)


def test_the_command_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A figure that fails fails the run, and what failed is printed below the table."""
    bad = Figure("match", "w", "0", "1 in 5", 1.0, ["it went wrong"])
    monkeypatch.setitem(command.FIGURES, "match", lambda _: bad)
    assert command.main(["--only", "match", "--seed", "3"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "match: it went wrong"


def test_one_chunk_runs_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The seed of a failure names the chunk to be run again."""
    assert command.main(["--chunk", "own limits/3", "--seed", "9"]) == 0
    assert capsys.readouterr().out == "own limits, chunk 3, seed 9: 0 in 1,000\n"


def test_sets_are_of_many_sizes() -> None:
    """A set of one filter and a large one answer alike."""
    r = Random("sizes")
    events = matching.group(r, generators.EVENTGRID, 3)
    for count in (1, 300):
        filters = matching.aimed(r, events, generators.EVENTGRID, count)
        assert sets.check(filters, events[0], generators.EVENTGRID) is None


def test_sets_must_fill_every_structure() -> None:
    """Volume whose sets never came to tables or bitmaps does not count, if it is large."""
    full = Tally(count=100_000)
    full.counters.update(matches=10_000, tables=100, bitmaps=100)
    assert sets.judge(full) == []
    for name in ("tables", "bitmaps"):
        empty = Tally(count=100_000, counters=full.counters.copy())
        empty.counters[name] = 0
        assert [each.split()[0] for each in sets.judge(empty)] == [name]
    assert run("index", 4).counters.keys() >= {"tables", "bitmaps"}
