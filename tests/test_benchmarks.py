"""The benchmarks' pure parts: timing in turns, targets, tables, pictures, pages, translations."""

import doctest
import json
from importlib import import_module, util
from xml.etree import ElementTree

import pytest

from benchmarks import clock, measure, pages, peers, plots, report, tables
from benchmarks.cited import CITED, EVENT_RULER, cited
from benchmarks.clock import REFERENCE_EVENT, REFERENCE_SECONDS, Subject, side_by_side
from benchmarks.measurements import SELF, YARD, LeftOut, Measurement, Run, from_json, to_json
from benchmarks.scales import SCALES
from benchmarks.scenes import Scene, WrongResultError, request_of, sized_event
from benchmarks.targets import MET, MISSED, NOT_MEASURED, NOTED, ROWS, evaluate
from benchmarks.workloads import SHAPES
from egcore import parse_event, parse_request

HEADER = {
    "scale": "full",
    "cpu": "2 × A Processor",
    "python": "3.11.7 (CPython)",
    "commit": "0123456789",
    "workload": "benchmarks/workloads.py, 200 events, seed 1",
    "date": "2025-01-02",
}
LOOPS = ("moto", "localstack", "rule-engine")
SIZES = (1, 100, 1_000, 10_000, 100_000)
INDEX = "the index of it"


def timed(question, subject, shape, rules, ratio, matches=None, yard=REFERENCE_SECONDS):
    """Make a measurement of so many L."""
    standard = ratio * (20 if question == "process" else 1) * REFERENCE_SECONDS
    return Measurement(question, subject, shape, rules, ratio * yard, "s", ratio, matches, standard)


def canned(ratio=0.3, times=1.0, slowness=1.0):
    """Make a full run: matching at ``ratio`` L, all other figures ``times`` a good one."""
    yard = REFERENCE_SECONDS * slowness
    found = []
    for shape in SHAPES:
        for rules in SIZES:
            found.append(timed("match text", YARD, shape, rules, 1.0, yard=yard))
            for entry, extra in (("event", 0), ("dict", 3), ("text", 1.5)):
                found.append(timed(f"match {entry}", SELF, shape, rules, ratio + extra, 2.0, yard))
    for rules, slower in ((1, 10), (10_000, 2_000)):
        for subject, cost in ((SELF, 3.0), (f"{SELF}, Event", 1.0)):
            found.append(timed("peers", subject, "selective", rules, cost * times, yard=yard))
        found += [timed("peers", name, "selective", rules, 3 * slower) for name in LOOPS]
    for name, cost in ((YARD, 1.0), (SELF, 1.6 * times), ("orjson", 0.3)):
        found.append(timed("decode", name, "324 bytes", 0, cost, yard=yard))
    for shape in ("selective", "mixed"):
        found.append(timed("process", SELF, shape, 10_000, 4 * times, 20.0, 20 * yard))
    plain = [
        ("transform", "VARIABLE, 3 scalars", "324 bytes", 0, 1.2e-6),
        ("transform", "ORIGINAL", "324 bytes", 0, 2e-7),
        ("transform", "ORIGINAL", "56000 bytes", 0, 1e-6),
        ("load", SELF, "selective", 100_000, 40e-6),
        ("load", INDEX, "selective", 100_000, 8e-6),
        ("load", YARD, "selective", 100_000, 8e-6),
        ("collection", "collection", "selective", 100_000, 0.02),
        ("change", "one more", "selective", 100_000, 9e-4),
        ("change", "one less", "selective", 100_000, 9e-4),
        ("import", SELF, "", 0, 0.03),
    ]
    for question, subject, shape, rules, value in plain:
        spent, ratio_of = value * times, 0.1 if question == "transform" else None
        found.append(
            Measurement(
                question, subject, shape, rules, spent * slowness, "s", ratio_of, None, spent
            )
        )
    for name, value in (("p50", 1e-3), ("p90", 1e-3), ("p99", 2e-3), ("worst", 9e-3)):
        found.append(Measurement("latency", name, "selective", 100_000, value))
    found.append(Measurement("latency", "p99.9", "selective", 100_000, 4e-3 * times))
    for name, weight in ((SELF, 2_900), (INDEX, 900)):
        found.append(Measurement("memory", name, "selective", 100_000, weight * times, "bytes"))
    return Run(HEADER, found, [LeftOut("moto on hostile", "its language cannot say them")])


def verdicts(run):
    """Give the verdict of each row by its name."""
    return {row.name: reached.verdict for row, reached in evaluate(run)}


# --- Timing -----------------------------------------------------------------------------


def test_subjects_take_turns():
    """Each round times every subject before the next round begins."""
    calls = []
    subjects = {name: Subject(lambda name=name: calls.append(name)) for name in "ab"}
    timings = side_by_side(subjects, "a", seconds=0.0, rounds=3)
    # One call of each to find out how long it takes; the slow take part in one round.
    assert calls == ["a", "b", "a", "b", "a", "a"]
    assert timings["a"].ratio == 1.0


class Watch:
    """A clock that only the subjects move: ``takes(seconds)`` gives something that takes them."""

    def __init__(self):
        self.now = 0.0

    def read(self):
        """Return the time."""
        return self.now

    def takes(self, seconds):
        """Return a function that moves the clock."""

        def run():
            self.now += seconds

        return run


@pytest.fixture
def watch(monkeypatch):
    """Time by a clock of our own, on a machine half as fast as that of the targets."""
    watch = Watch()
    monkeypatch.setattr(clock, "process_time", watch.read)
    monkeypatch.setattr(clock, "_read_reference", watch.takes(2 * REFERENCE_SECONDS))
    return watch


def test_times_ratios_and_standard_times(watch):
    """A subject of many items is divided by their number, and scaled to the targets' machine."""
    subjects = {"it": Subject(watch.takes(0.5)), "ten": Subject(watch.takes(1.0), items=10)}
    timings = side_by_side(subjects, "it", seconds=10.0, rounds=5)
    assert timings["it"] == pytest.approx((0.5, 1.0, 0.25))
    assert timings["ten"] == pytest.approx((0.1, 0.2, 0.05))


def test_a_slow_subject_takes_part_in_fewer_rounds(watch):
    """What takes longer than its share is timed less often, at least once."""
    calls = []

    def slow():
        calls.append(1)
        watch.now += 40.0

    subjects = {"it": Subject(watch.takes(0.001)), "slow": Subject(slow)}
    assert side_by_side(subjects, "it", seconds=10.0, rounds=5)["slow"].seconds == pytest.approx(40)
    assert len(calls) == 2  # once to find out, once in a round


def test_the_reference_event_is_as_long_as_they_say():
    """The yardstick of the targets is an event of 324 bytes that egcore accepts."""
    assert len(REFERENCE_EVENT) == 324
    assert parse_event(REFERENCE_EVENT).type == "com.example.d7.thing107.changed"


# --- Scenes -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_a_wrong_matcher_is_not_timed(shape):
    """A matcher that forgets a match is found out before anything is measured."""
    scene = Scene(shape, 20)
    scene.check(scene.matcher.match)
    with pytest.raises(WrongResultError, match=f"{shape} with 20 rules"):
        scene.check(lambda event: scene.matcher.match(event)[1:])


def test_a_wrong_delivery_is_not_timed():
    """The deliveries of a request are compared with the oracle's, body by body."""
    scene = Scene("mixed", 20)
    first, second = scene.bodies[:2]
    scene.check_outcome(scene.router.process(first), first)
    with pytest.raises(WrongResultError, match="deliveries"):
        scene.check_outcome(scene.router.process(second), first)


@pytest.mark.parametrize("size", [324, 1_800, 56_000])
def test_sized_events(size):
    """Events of a size are near it, and legal, alone and in a request."""
    event = sized_event(size)
    assert size <= len(event) < size + 100
    assert len(parse_request(request_of(event, 3)).events) == 3


# --- Peers ------------------------------------------------------------------------------

FILTER = {
    "source": [{"op": "StringIn", "values": ["s"]}],
    "subject": [{"op": "StringEndsWith", "values": [".gz", ".xz"]}],
    "data": {"user": {"age": [{"op": "NumberInRange", "values": [[1, 5]]}]}},
}


def test_eventbridge_patterns():
    """A filter is said as a pattern of nested objects."""
    assert peers.eventbridge_pattern(FILTER) == {
        "source": ["s"],
        "subject": [{"suffix": ".gz"}, {"suffix": ".xz"}],
        "data": {"user": {"age": [{"numeric": [">=", 1, "<=", 5]}]}},
    }


@pytest.mark.parametrize("shape", ["service", "hostile"])
def test_what_patterns_cannot_say(shape):
    """A rule that EventBridge patterns cannot say with the same meaning is refused, not bent."""
    filters = Scene(shape, 100).filters
    with pytest.raises(peers.InapplicableError, match="EventBridge"):
        list(map(peers.eventbridge_pattern, filters))


def test_expressions():
    """A filter is said as one expression; a missing field is null, and no error."""
    assert peers.expression(FILTER) == (
        '(source == "s") and '
        '((subject != null and (subject.ends_with(".gz") or subject.ends_with(".xz")))) and '
        '((data&["user"]&["age"] != null and '
        '((data&["user"]&["age"] >= 1 and data&["user"]&["age"] <= 5))))'
    )


def test_a_peer_that_is_not_there_says_so():
    """A peer without its package is named as absent and never built."""
    absent = peers.Peer("nobody", "no-such-distribution", "a loop", pytest.fail)
    assert absent.objection("wide") == "not installed"


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda _: lambda _: [], "its answers are not the oracle's"),
        (lambda _: import_module("no_such_module"), "installed, but does not import"),
        (lambda filters: list(map(peers.eventbridge_pattern, filters)), "anything-but"),
    ],
)
def test_a_peer_that_cannot_be_measured_says_why(build, reason):
    """A peer that is installed is left out where it cannot run, say the rules, or be right."""
    peer = peers.Peer("somebody", "pytest", "a loop", build)
    assert reason in peer.objection("hostile")


def test_a_peer_that_is_wrong_is_not_timed(monkeypatch):
    """A peer that is right at first and wrong among more rules is left out there, by name."""

    def build(filters):
        match = Scene("mixed", 100).matcher.match
        return match if len(filters) == 100 else lambda _: []

    peer = peers.Peer("somebody", "pytest", "an index", build)
    monkeypatch.setattr(peers, "PEERS", (peer,))
    monkeypatch.setattr(measure, "SHAPES", ("mixed",))
    found = list(measure.match_peers(SCALES["life"]))
    left_out = [each for each in found if isinstance(each, LeftOut)]
    assert left_out
    assert "wrong answers: mixed with" in left_out[0].why
    assert "somebody" not in {each.subject for each in found if not isinstance(each, LeftOut)}


# --- Measurements -----------------------------------------------------------------------


def test_a_run_survives_json():
    """A report can be made again from its JSON."""
    run = canned()
    again = from_json(to_json(run))
    assert again == run
    assert json.loads(to_json(run))["measurements"][0]["question"] == "match text"


def test_slowness():
    """Slowness is the times as they were over those on the machine of the targets."""
    assert canned(slowness=2.0).slowness == pytest.approx(2.0)
    assert Run(HEADER, []).slowness == 1.0


# --- Targets ----------------------------------------------------------------------------


def test_a_good_run_meets_every_row():
    """At figures just within the targets every row is met, but the one without a limit."""
    found = verdicts(canned())
    assert found.pop("original") == NOTED
    assert set(found.values()) == {MET}


def test_a_slow_machine_changes_no_verdict():
    """Rows look at ratios and at standard times: twice as slow a machine reaches the same."""
    assert verdicts(canned(slowness=2.0)) == verdicts(canned())


def test_a_bad_run_misses_every_row():
    """At figures well beyond the targets every row is missed: none can only be met."""
    found = verdicts(canned(ratio=2_000, times=40.0))
    assert found.pop("growth") == MET  # equally bad at every size
    assert found.pop("original") == NOTED
    assert set(found.values()) == {MISSED}


def test_growth():
    """The growth row compares 100 with 100,000 rules."""
    run = canned()
    slower = [
        each._replace(ratio=each.ratio * 3)
        if each[:4] == ("match event", SELF, "selective", 100_000)
        else each
        for each in run.measurements
    ]
    assert verdicts(run._replace(measurements=slower))["growth"] == MISSED


def test_an_empty_run_says_nothing():
    """What was not measured is called so, never met."""
    assert set(verdicts(Run(HEADER, [])).values()) == {NOT_MEASURED}


def test_a_quick_run_promises_nothing_it_did_not_measure():
    """Rows about 100,000 rules are not met by a run that went to 10,000, yet can be missed."""
    run = canned()
    small = [each for each in run.measurements if each.rules < 100_000]
    found = verdicts(run._replace(measurements=small))
    assert found["selective"] == found["memory"] == found["latency"] == NOT_MEASURED
    assert found["service-1000"] == MET
    worse = [each for each in canned(ratio=0.9).measurements if each.rules < 100_000]
    assert verdicts(run._replace(measurements=worse))["selective"] == MISSED


def test_matches_are_allowed_for():
    """The rows with a price for each match allow for it, on a slow machine more."""
    many = [timed("match event", SELF, "hostile", rules, 3.9, 100.0) for rules in SIZES]
    assert verdicts(Run(HEADER, many))["hostile"] == MET
    few = [each._replace(matches=10.0) for each in many]
    assert verdicts(Run(HEADER, few))["hostile"] == MISSED


def test_rows_have_names_of_their_own_and_commands():
    """Every row is named once, and says how to measure it."""
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row.question for row in ROWS} <= set(report.QUESTIONS)
    assert ROWS[0].command == "python -m benchmarks.report --scale full --only match"


def test_cited_figures():
    """A cited figure is found by engine, shape and number of rules, or is None."""
    assert cited(EVENT_RULER, "selective", 100_000) == 44
    assert cited(EVENT_RULER, "selective", 7) is None
    assert cited(EVENT_RULER, "hostile", 1) is None


# --- The report -------------------------------------------------------------------------


def test_the_report_names_everything():
    """Header, every row, every measurement, every cited figure and what was left out."""
    run = canned()
    text = tables.report(run, ["time.svg"])
    for value in HEADER.values():
        assert value in text
    for row in ROWS:
        assert row.what in text
    for each in CITED:
        assert each.engine in text
    assert "![time.svg](time.svg)" in text
    assert "- moto on hostile: its language cannot say them" in text
    assert text.count("### ") == len({each.question for each in run.measurements})


def test_tables_are_whole():
    """Every row of every table has as many cells as its head, and a figure keeps its place."""
    text = tables.report(canned(), [])
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") - line.count(r"\|") for line in block.splitlines()}) == 1
    assert "| selective | egcore | 0.3 L (0.84 µs) | 0.3 L (0.84 µs) |" in text


def test_equal_runs_give_equal_reports():
    """A report holds nothing that was not measured: no clock, no order of a set."""
    assert tables.report(canned(), ["a.svg"]) == tables.report(canned(), ["a.svg"])


def test_the_page_is_generated_between_its_markers():
    """The page keeps its prose and says the scale of its figures; a second time changes nothing."""
    page = f"before\n\n{pages.BEGIN}\nold\n{pages.END}\n\nafter\n"
    written = pages.with_section(page, canned())
    assert written.startswith("before\n\n")
    assert written.endswith("\n\nafter\n")
    assert "old" not in written
    assert "scale **full**." in written
    assert pages.with_section(written, canned()) == written
    with pytest.raises(ValueError, match="markers"):
        pages.with_section("no markers", canned())


def test_the_page_in_the_docs_has_figures_and_says_their_scale():
    """The documentation has a place for the figures, and says of which scale they are."""
    assert "of scale **" in report.PAGE.read_text(encoding="utf-8").partition(pages.BEGIN)[2]


def test_the_command_writes_a_report_from_json(tmp_path, capsys):
    """``--from`` makes Markdown and JSON again without measuring."""
    source = tmp_path / "old.json"
    source.write_text(to_json(canned()), encoding="utf-8")
    out = tmp_path / "out"
    assert report.main(["--from", str(source), "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out / "report.md")
    assert (out / "report.json").read_text(encoding="utf-8") == to_json(canned())
    assert "# egcore, measured" in (out / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["peers", "tables", "targets", "workloads"])
def test_docstring_examples(name):
    """The examples in the benchmarks' docstrings give what they show."""
    assert doctest.testmod(import_module(f"benchmarks.{name}")).failed == 0


# --- Pictures ---------------------------------------------------------------------------


def test_lines_of_the_main_picture():
    """Cited lines are dashed, called cited, and scaled to the run's machine."""
    lines = {
        label: (points, style)
        for label, points, style in plots.time_lines(canned(slowness=2.0), "mixed")
    }
    points, style = lines["event-ruler (Java), text in: CITED"]
    assert points == [(10_000, pytest.approx(29 / 2.8)), (100_000, pytest.approx(198 / 2.8))]
    assert style["linestyle"] == "--"
    assert lines["egcore, parsed Event in"][0] == [(rules, 0.3) for rules in SIZES]


def test_bars_of_throughput():
    """The bars go from reading to whole requests, every shape among them."""
    bars = dict(plots.throughputs(canned()))
    assert bars["json.loads: read one event of 324 bytes"] == pytest.approx(1 / REFERENCE_SECONDS)
    for shape in SHAPES:
        label = f"egcore: bytes to names, {shape}, 100,000 rules, 2.0 matches"
        assert bars[label] == pytest.approx(1 / (1.8 * REFERENCE_SECONDS))
    label = "egcore: process, mixed, 10,000 rules, 1.0 deliveries"
    assert bars[label] == pytest.approx(1 / (4 * REFERENCE_SECONDS))


def test_titles_say_how_much_matches():
    """A panel says how much matches, since that is what costs in some shapes."""
    assert plots.shape_title(canned(), "hostile") == "hostile (2.0 matches at 100,000)"
    assert plots.shape_title(Run(HEADER, []), "hostile") == "hostile"


@pytest.mark.skipif(not util.find_spec("matplotlib"), reason="matplotlib is of the extra bench")
def test_pictures_are_xml_and_tell_their_origin(tmp_path):
    """Every picture parses, says where it is from, and is the same for the same run."""
    names = plots.draw(canned(), tmp_path)
    assert names == list(plots.PICTURES)
    for name in names:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 # ours
        for expected in ("scale full", "A Processor", "commit 0123456789", "slowness 1.00"):
            assert expected in text, name
    first = (tmp_path / "time.svg").read_bytes()
    for shape in SHAPES:
        assert f"{shape} (2.0 matches".encode() in first
    assert b"CITED" in first
    plots.draw(canned(), tmp_path)
    assert (tmp_path / "time.svg").read_bytes() == first


@pytest.mark.skipif(not util.find_spec("matplotlib"), reason="matplotlib is of the extra bench")
def test_only_what_was_measured_is_drawn(tmp_path):
    """A run of one question gives the pictures of that question."""
    run = canned()
    few = [each for each in run.measurements if each.question == "load"]
    assert plots.draw(run._replace(measurements=few), tmp_path) == ["load.svg"]
