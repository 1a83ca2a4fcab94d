"""The figure led by coverage: its corpus, its inputs, and what becomes of what it finds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import egcore
from tests.trust import __main__ as command
from tests.trust import cases, corpus, fuzz_inputs, fuzzing, table
from tests.trust.figures import Budget
from tests.trust.fuzz_inputs import read, written

LOG = """INFO: Loaded 1 modules
#2\tINITED cov: 1700 ft: 5000 corp: 90/2Kb exec/s: 0 rss: 60Mb
#900\tREDUCE cov: 1710 ft: 5100 corp: 95/2Kb lim: 4096 exec/s: 450 rss: 61Mb L: 3/9 MS: 1
#1234\tDONE   cov: 1720 ft: 5200 corp: 99/2Kb lim: 4096 exec/s: 400 rss: 61Mb
"""
EVENT = b'{"id":"1","source":"s","type":"t","specversion":"1.0"}'
FILTER = b'{"source":[{"op":"StringIn","values":["s"]}]}'


class _TwoWorkers:
    """As much of the pool as the figure asks for."""

    jobs = 2


def budget(kept: list[Any], seconds: float | None = 1) -> Budget:
    """Make a budget that keeps failures in a list."""
    return Budget("1", _TwoWorkers(), seconds, lambda each: kept.append(each) or each["what"])  # type: ignore[arg-type,func-returns-value]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the processes leave it; planted faults need not be made very small."""
    monkeypatch.setattr(cases, "SHRINK_SECONDS", 0.3)
    for name in ("found", "ended"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture(name="wrong_parser")
def _wrong_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that lets a foreign exception out."""
    right = egcore.parse_event

    def wrong(source: Any, *, limits: egcore.Limits = egcore.EVENTGRID) -> egcore.Event:
        if isinstance(source, bytes) and b"\\ud" in source:
            raise ZeroDivisionError
        return right(source, limits=limits)

    monkeypatch.setattr(egcore, "parse_event", wrong)


# --- Inputs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "parts", "arguments"),
    [
        ("parse_event", [b"a", b"b"], ["parse_event", b"a\xffb"]),
        ("filter as text", [b"\xc3\xa9\xe2"], ["filter", "é\udce2"]),
        ("router as value", [b'[1,"x"]'], ["router", [1, "x"]]),
        ("new as value", [b'{"data":1}'], ["new", {"data": 1}]),
        ("parse_http", [b"a", b"1", b"", b"x", b"y"], ["parse_http", ([["a", "1"]], b"x\xffy")]),
        ("constant", [b"x"], ["transform", {"type": "CONSTANT", "value": "x"}]),
        (
            "variable",
            [b"t", b"a", b"$.id", b"b"],
            ["transform", {"type": "VARIABLE", "value": '{"a": "$.id"}', "template": "t"}],
        ),
        ("rule set", [b"{}", b"[]"], ["router", [b"{}", b"[]"]]),
        ("filter set", [b"{}", b"[]"], ["matcher", {0: b"{}", 1: b"[]"}]),
    ],
)
def test_hostile_kinds(kind: str, parts: list[bytes], arguments: list[Any]) -> None:
    """Each kind of input reaches its way in as the type that it says."""
    assert read(written(kind, *parts)) == ("foreign", arguments)


def test_pairs_are_for_the_oracle() -> None:
    """A good filter or transform with a good event goes to the judges that compare."""
    event = json.loads(EVENT)
    found = read(written("match", FILTER, EVENT))
    assert found == ("match", [json.loads(FILTER), event, "eventgrid"])
    figure, arguments = read(written("render", EVENT, b"${a}", b"a", b"$.id")) or ("", [])
    assert (figure, arguments[1:]) == ("transform", [event, fuzz_inputs.CAP])
    assert fuzz_inputs.judge(figure, arguments) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        written("router as value", b"{"),
        written("router as value", b"[" * 60_000),
        written("limits as value", b"[]"),
        written("match", b"[]", EVENT),
        written("match", FILTER, b"{}"),
        written("render", EVENT, b"${"),
    ],
    ids=["nothing", "no JSON", "deep", "no object", "bad filter", "bad event", "bad template"],
)
def test_bytes_that_stand_for_no_case(data: bytes) -> None:
    """Where a judge needs a good document, a bad one is no case."""
    assert read(data) is None


def test_every_byte_names_a_kind() -> None:
    """Whatever the first byte is, the input is of some kind, and each kind is named."""
    found = {str(read(bytes([number]) + b"{}")) for number in range(256)}
    named = {str(read(written(kind, b"{}"))) for kind in fuzz_inputs.kinds()}
    assert found == named


def test_an_exception_of_a_judge_is_a_fault() -> None:
    """A judge that raises says what left it."""
    assert fuzz_inputs.judge("match", [{}, {}, "none"]) == "KeyError left the judge of 'match'"


def test_the_dictionary_is_of_quoted_words() -> None:
    """Every word stands once on a line of its own, with no byte that libFuzzer misreads."""
    lines = fuzz_inputs.dictionary().splitlines()
    assert len(lines) == len(set(fuzz_inputs.WORDS)) == len(set(lines))
    assert '"\\x4E\\x61\\x4E"' in lines
    assert all(set(line[1:-1]) <= set("\\x0123456789ABCDEF") for line in lines)


# --- Corpus -------------------------------------------------------------------------------


def test_the_corpus_is_of_every_kind(tmp_path: Path) -> None:
    """Each kind of input has examples; all are short enough, and each is laid out once."""
    seeds = corpus.seeds()
    assert {fuzz_inputs.kinds()[each[0]] for each in seeds} == set(fuzz_inputs.kinds())
    assert max(map(len, seeds)) <= corpus.MOST_BYTES
    assert corpus.lay_out(tmp_path) == len(seeds) == len(list(tmp_path.iterdir()))


def test_the_corpus_holds_the_promise() -> None:
    """What the fuzzer begins with has no fault, and most of it is a case."""
    found = [read(each) for each in corpus.seeds()]
    judged = [fuzz_inputs.judge(*each) for each in found if each is not None]
    assert set(judged) == {None}
    assert len(judged) > 0.9 * len(found)


def test_the_corpus_takes_the_suite_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The JSON test suite is taken from beside the clone; without it there is the rest."""
    monkeypatch.setattr(corpus, "SUITE", tmp_path / "absent")
    before = set(corpus.seeds())
    monkeypatch.setattr(corpus, "SUITE", tmp_path)
    (tmp_path / "n_x.json").write_bytes(b"[unheard of]")
    assert set(corpus.seeds()) - before == {written("parse_event", b"[unheard of]")}


# --- What is found ------------------------------------------------------------------------


@pytest.mark.usefixtures("wrong_parser")
def test_faults_become_small_cases(folder: Path) -> None:
    """Inputs that a judge did not like are made small, and each fault is told once."""
    for number, text in enumerate((b"[1, \\ud800]", b"[22, \\udc00]")):
        (folder / "found" / str(number)).write_bytes(written("parse_event", text))
    (failure,) = fuzzing.collect(folder)
    assert failure["what"] == "ZeroDivisionError left parse_event"
    assert failure["arguments"] == [{"value": "parse_event"}, {"bytes": "\\ud"}]


@pytest.mark.usefixtures("wrong_parser")
def test_cases_of_the_figure_replay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault goes into a case file that the tests replay without a fuzzer."""
    (folder / "found" / "0").write_bytes(written("parse_event", b"\\ud"))
    monkeypatch.setattr(cases, "FOLDER", folder)
    (failure,) = fuzzing.collect(folder)
    command._keep({"seed": "1/fuzz", **failure})
    (path,) = folder.glob("*.json")
    assert table.replay(*cases.read(path)) == "ZeroDivisionError left parse_event"


def test_inputs_that_end_the_process_are_kept_as_they_are(folder: Path) -> None:
    """They are not run again where they would end this process, too."""
    (folder / "ended" / "timeout-1").write_bytes(written("parse_event", b"[[["))
    (folder / "ended" / "oom-1").write_bytes(written("match", FILTER, EVENT))
    (folder / "ended" / "crash-1").write_bytes(b"")
    found = {each["what"]: each.get("arguments") for each in fuzzing.collect(folder)}
    assert found.keys() == {
        "timeout in parse_event",
        "oom in match",
        "crash by an input that stands for no case",
    }
    assert found["timeout in parse_event"] == [{"value": "parse_event"}, {"bytes": "[[["}]


def test_progress_is_read_from_the_log() -> None:
    """Executions and edges are those that libFuzzer printed; of a silent process, none."""
    done = fuzzing.progress(LOG)
    assert done == (1234, 1700, 1720)
    assert fuzzing.progress("nothing") == (0, 0, 0)
    assert fuzzing.summary([done, done._replace(edges=1800)]) == "2,468, edges 1,700 to 1,800"


# --- The figure ---------------------------------------------------------------------------


def test_it_is_skipped_without_atheris(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the fuzzer the row says so, and the run does not fail."""
    monkeypatch.setattr(fuzzing.importlib.util, "find_spec", lambda _: None)
    figure = fuzzing.figure(budget([]))
    assert figure.reached == "skipped: atheris is not installed"
    assert (figure.verdict, figure.failures) == ("skipped", [])


def _pretend(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Take atheris for installed, and start other processes in its place."""

    def start(folder: Path, _seed: str, _seconds: float, number: int) -> Any:
        (folder / f"log-{number}").write_text(LOG)
        return subprocess.Popen([sys.executable, "-c", code], cwd=folder)

    monkeypatch.setattr(fuzzing.importlib.util, "find_spec", lambda _: True)
    monkeypatch.setattr(fuzzing, "_start", start)


def test_it_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row has the executions of all processes and the growth of coverage."""
    _pretend(monkeypatch, "pass")
    figure = fuzzing.figure(budget([]))
    assert figure.reached == "0 in 2,468, edges 1,700 to 1,720"
    assert figure.verdict == "ok"


def test_it_fails_with_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is kept with the seed of the run; the codes of the processes are then no news."""
    _pretend(monkeypatch, "open('ended/crash-1', 'wb').write(b'\\0{}'); raise SystemExit(77)")
    kept: list[Any] = []
    figure = fuzzing.figure(budget(kept))
    assert (figure.verdict, figure.failures) == ("FAIL", ["crash in parse_event"])
    assert kept[0]["seed"] == "1/fuzz"


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import time; time.sleep(60)"])
def test_a_process_that_ends_badly_is_a_failure(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """A process that failed with no input to show, or that never ended, fails the figure."""
    monkeypatch.setattr(fuzzing, "GRACE_SECONDS", 2 if "System" in code else -0.9)
    _pretend(monkeypatch, code)
    figure = fuzzing.figure(budget([]))
    assert [each[:20] for each in figure.failures] == ["a fuzzer ended with "] * 2


def test_it_is_of_a_deep_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of fixed counts leaves it out, unless it is named."""
    ran: list[tuple[str, float | None]] = []

    def figure(name: str) -> Any:
        def run(given: Budget) -> Any:
            ran.append((name, given.seconds))
            return fuzzing.Figure(name, "w", "0", "0", 0.0, [])

        return run

    monkeypatch.setattr(command, "FIGURES", {name: figure(name) for name in command.FIGURES})
    command.main(["--ci"])
    assert "fuzz" not in dict(ran)
    command.main(["--only", "fuzz"])
    assert ran[-1] == ("fuzz", None)
    command.main(["--time", "100"])
    assert 5 < (dict(ran)["fuzz"] or 0) < 50


def test_it_fuzzes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With atheris, a second of it executes inputs and reaches edges of the library."""
    pytest.importorskip("atheris", reason="atheris is not installed: pip install '.[fuzz]'")
    monkeypatch.setattr(
        corpus, "lay_out", lambda folder: (folder / "0").write_bytes(written("route", EVENT))
    )
    figure = fuzzing.figure(budget([]))
    assert figure.failures == []
    executions, edges = figure.reached.removeprefix("0 in ").split(", edges ")
    assert int(executions.replace(",", "")) > 100
    assert int(edges.split()[-1].replace(",", "")) > 300
