"""Routing among processes: the same bytes in the same order, and nobody left behind."""

import io
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.workloads import make, write
from egcore import chunks, cli, parallel
from egcore.chunks import Lines, Waiting
from egcore.errors import EgcoreError, HostError
from egcore.limits import EVENTGRID
from egcore.parallel import Crew, Job, route_chunk, route_parts, serve, work
from egcore.reporters import number
from egcore.router import Router
from tests.odd_chunks import Dying, Leaving, Raising, Slow, leave

REPOSITORY = Path(__file__).parent.parent
SAMPLES = REPOSITORY / "docs" / "samples"

LOAD = make("selective", 20, 200, seed=4)
EVENTS = [json.dumps(event).encode() for event in LOAD.events]
JOB = Job(Router.from_documents(LOAD.subscriptions), EVENTGRID)


def gather(parts):
    """Put parts together: deliveries, numbered refusals, and the counts."""
    deliveries, refusals, received, accepted = b"", "", 0, 0
    for part in parts:
        deliveries += part.deliveries
        refusals += number(part.refusals, received)
        received += part.tally.received
        accepted += part.tally.accepted
    return deliveries, refusals, received, accepted


def alone(*lines):
    """Return what comes of lines without any worker."""
    return gather(route_chunk(JOB, Lines(b"\n".join(lines))))


@pytest.fixture
def small(monkeypatch):
    """Let workers start at once, and give them little at a time."""
    monkeypatch.setattr(parallel, "START_BYTES", 0)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 50_000)


@pytest.fixture
def crew():
    """Return a crew of two, and see that none of it is left at the end."""
    crew = Crew(JOB, 2)
    yield crew
    crew.stop()
    assert multiprocessing.active_children() == []


# --- The same bytes --------------------------------------------------------------


def spoiled(path, seed):
    """Break some lines of a file of events, join some to requests, and vary the line ends."""
    seeded = random.Random(seed)
    lines = path.read_bytes().splitlines()
    made = [b"x" * 400_000, b" "]
    while lines:
        line = lines.pop()
        choice = seeded.randrange(40)
        if choice == 0:
            line = line[: seeded.randrange(len(line))]
        elif choice == 1:
            line = seeded.choice([b"", b" \t", b"[]", b'{"events":[]}', b"\xff", b"{}"])
        elif choice in (2, 3) and len(lines) > 30:
            events = [line, *(lines.pop() for _ in range(seeded.randrange(22)))]
            events = [each if seeded.randrange(9) else b"{}" for each in events]
            line = b'{"events":[' + b",".join(events) + b"]}"
        elif choice == 4 and seeded.randrange(10) == 0:
            line = b'{"id":"' + b"x" * seeded.choice([65_500, 327_675, 400_000]) + b'"}'
        made.append(line + seeded.choice([b"", b"", b"\r"]))
    path.write_bytes(b"\n".join(made))


def outputs(capsysbinary, tmp_path, *arguments):
    """Run the command; return its status, stdout, stderr and file of refusals."""
    refused = tmp_path / "refused.jsonl"
    status = cli.main(["route", *map(str, arguments), "--refusals", str(refused), "--summary"])
    return status, *capsysbinary.readouterr(), refused.read_bytes()


@pytest.mark.parametrize("shape", ["selective", "mixed"])
def test_same_output(small, tmp_path, capsysbinary, shape):
    """With 1, 2 and 3 jobs, deliveries, refusals and summary are the same bytes."""
    load = make(shape, 100, 5_000, seed=9)
    write(load, tmp_path)
    events = tmp_path / "events.jsonl"
    array = tmp_path / "array.json"
    array.write_text(json.dumps([*load.events[:300], {}, 5]))
    spoiled(events, shape)
    arguments = [tmp_path / "subscriptions.jsonl", events, array, tmp_path / "batches.jsonl"]
    one, two, three = (
        outputs(capsysbinary, tmp_path, *arguments, "--jobs", jobs) for jobs in (1, 2, 3)
    )
    assert one[0] == 1
    assert min(map(len, one[1:])) > 1_000
    assert two == one
    assert three == one


def test_same_output_for_the_samples(small, tmp_path, capsysbinary, monkeypatch):
    """Files, the standard input and both presets give the same bytes, however many the jobs."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 200)
    rules, events = SAMPLES / "subscriptions.jsonl", SAMPLES / "events.jsonl"
    for extra in ([], ["--preset", "cloudevents", "-"], ["--channel", "nowhere", "-"]):
        found = []
        for jobs in (1, 2):
            text = io.TextIOWrapper(io.BytesIO(events.read_bytes() + b"x\n"))
            monkeypatch.setattr(sys, "stdin", text)
            found.append(outputs(capsysbinary, tmp_path, rules, events, *extra, "--jobs", jobs))
        assert found[1] == found[0]


def test_help_names_the_size(capsysbinary):
    """The size from which workers are started is the one that the help names."""
    assert cli.main(["route", "--help"]) == 0
    assert f"below\n{parallel.START_BYTES >> 20} MiB" in capsysbinary.readouterr().out.decode()


def test_small_input_starts_nobody(tmp_path, capsysbinary, monkeypatch):
    """A small file, and the start of a pipe, are routed without workers."""
    monkeypatch.setattr(Crew, "_start_all", None)
    rules, events = SAMPLES / "subscriptions.jsonl", SAMPLES / "events.jsonl"
    one = outputs(capsysbinary, tmp_path, rules, events, "--jobs", 1)
    assert outputs(capsysbinary, tmp_path, rules, events, "--jobs", 2) == one
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(events.read_bytes())))
    assert outputs(capsysbinary, tmp_path, rules, "--jobs", 2) == one


def test_start_of_a_pipe(monkeypatch):
    """The parent begins with a pipe by itself, and has help when there is more."""
    monkeypatch.setattr(parallel, "START_BYTES", 10_000)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 5_000)
    content = b"\n".join(EVENTS)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    asked = []
    monkeypatch.setattr(
        parallel, "route_chunk", lambda *each: asked.append(0) or route_chunk(*each)
    )
    assert gather(route_parts(JOB, ["-"], jobs=2)) == alone(*EVENTS)
    assert 2 <= len(asked) <= 4


def test_no_more_workers_than_chunks(tmp_path, monkeypatch):
    """A file of two chunks has at most two workers, whatever was asked for."""
    monkeypatch.setattr(parallel, "START_BYTES", 0)
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"\n".join(EVENTS))
    size = path.stat().st_size
    monkeypatch.setattr(parallel, "CHUNK_BYTES", size - 10)
    parts = route_parts(JOB, [str(path)], jobs=50, size=size)
    next(parts)
    assert len(multiprocessing.active_children()) == 2
    parts.close()
    assert multiprocessing.active_children() == []


# --- One chunk -------------------------------------------------------------------


def test_parts(monkeypatch):
    """A chunk with much output is answered in parts, the last one marked; nothing else differs."""
    events = [*EVENTS, b"{}", b'{"events":[{},' + EVENTS[0] + b",{}]}"]
    whole = alone(*events)
    assert whole[2:] == (204, 201)
    monkeypatch.setattr(parallel, "PART_BYTES", 2_000)
    parts = list(route_chunk(JOB, Lines(b"\n".join(events))))
    assert len(parts) > 10
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert gather(parts) == whole
    assert sum(part.size for part in parts) == sum(map(len, events))


def test_parts_of_refusals(monkeypatch):
    """Refusals have weight too: a file of nothing else is answered in parts."""
    monkeypatch.setattr(parallel, "PART_BYTES", 2_000)
    parts = list(route_chunk(JOB, Lines(b"{}\n" * 100)))
    assert len(parts) > 10
    assert gather(parts)[1].count("\n") == 100


def test_error_in_a_chunk():
    """What came before an error is there before it is raised."""
    parts = route_chunk(JOB, Raising(EVENTS))
    part = next(parts)
    assert (part.is_last, part.tally.received) == (False, 200)
    with pytest.raises(KeyError):
        next(parts)


# --- A worker --------------------------------------------------------------------


def converse(monkeypatch, main, *messages):
    """Run the main function of a worker in this process; return its answers."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    worker = threading.Thread(target=main, args=(theirs,))
    worker.start()
    for message in messages:
        ours.send(message)
    answers = [ours.recv() for _ in messages[1:]]
    ours.close()
    worker.join()
    theirs.close()
    return answers


def test_work(monkeypatch):
    """A worker answers each chunk, and ends when its pipe does."""
    few = [Lines(each) for each in EVENTS[:5]]
    answers = converse(monkeypatch, work, JOB, *few)
    assert gather(answers) == alone(*EVENTS[:5])


def test_errors_of_a_worker(monkeypatch):
    """An error is an answer: ours as it is, any other by its type and place, without its text."""
    monkeypatch.setattr(parallel, "route_chunk", lambda _, chunk: iter(chunk.pieces(None)))
    ours, other = converse(monkeypatch, serve, JOB, Raising([], is_ours=True), Raising([]))
    assert isinstance(ours, HostError)
    [problem] = other.problems
    assert problem.code == "EGC904"
    assert problem.message.startswith("internal error: KeyError in odd_chunks.py:")
    assert "secret" not in problem.message


def test_nobody_listens(monkeypatch):
    """A worker whose parent is gone ends without a word."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    class Gone:
        def __init__(self):
            self.messages = [Lines(EVENTS[0]), JOB]

        def recv(self):
            return self.messages.pop()

        def send(self, _):
            raise BrokenPipeError

    gone = Gone()
    work(gone)
    assert gone.messages == []


# --- The crew --------------------------------------------------------------------


def test_order(crew):
    """Chunks that are done sooner wait for those before them."""
    order = [Slow(EVENTS[n], 0.3 if n % 5 == 0 else 0.0) for n in range(20)]
    assert gather(crew.route(order)) == alone(*EVENTS[:20])


def test_few_ahead(crew):
    """While the first chunk takes its time, only a bounded number is taken from the input."""
    taken = []

    def feed():
        for place in range(30):
            taken.append(place)
            yield Slow(EVENTS[place], 1.0 if place == 0 else 0.0)

    parts = crew.route(feed())
    next(parts)
    assert 3 <= len(taken) <= 2 * parallel.AHEAD + 1
    assert sum(1 for _ in parts) == 29


def test_much_output_waits_for_its_turn(crew, monkeypatch):
    """Of a chunk with several parts only the first is heard before its turn."""
    crew._job = JOB
    many = Lines(b"\n".join(EVENTS * 300))  # some forty megabytes of deliveries
    parts = crew.route([Slow(EVENTS[0], 3.0), many])
    next(parts)
    assert len(crew._orders[0].answers) <= 1
    found = gather(parts)
    assert found[2] == 60_000


@pytest.mark.parametrize(
    ("chunk", "how"),
    [(Dying(), "was stopped by signal 9"), (Leaving(), "ended with status 7")],
)
def test_worker_ends(crew, chunk, how):
    """A worker that ends is one error, after what came before; nobody waits for its answer."""
    parts = crew.route([Slow(EVENTS[0]), chunk, *[Slow(b"{}")] * 20])
    assert next(parts).tally.received == 1
    with pytest.raises(EgcoreError) as caught:
        list(parts)
    [problem] = caught.value.problems
    assert (problem.code, problem.message) == ("EGC905", f"a worker process {how}")
    assert caught.value.__context__ is None


def test_idle_worker_ends(crew):
    """A worker that ended while it had nothing to do is noticed when it gets work."""
    parts = crew.route([Slow(EVENTS[0]), Waiting(None), *[Slow(EVENTS[1])] * 20])
    next(parts)
    for worker in crew._workers:
        worker.process.kill()
        worker.process.join()
    with pytest.raises(EgcoreError, match="was stopped by signal 9") as caught:
        list(parts)
    assert caught.value.__context__ is None


def test_worker_ends_at_its_start(crew, monkeypatch):
    """A worker that does not even come to take the rules is an error at once."""
    monkeypatch.setattr(parallel, "work", leave)
    monkeypatch.setattr(parallel, "_tell", lambda worker, _: worker.process.join())
    with pytest.raises(EgcoreError, match="a worker process ended with status 7"):
        list(crew.route([Lines(EVENTS[0])]))


def test_error_takes_its_turn(crew):
    """An error of a worker is raised after all that stands before it in the input."""
    parts = crew.route([Slow(EVENTS[0], 0.5), Raising(EVENTS[1:4], is_ours=True)])
    assert next(parts).tally.received == 1
    assert next(parts).tally.received == 3
    with pytest.raises(HostError):
        next(parts)


def test_workers_cannot_start(crew, monkeypatch):
    """A system that allows no more processes is named as the reason."""

    def refuse(_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    with pytest.raises(EgcoreError) as caught:
        list(crew.route([Lines(EVENTS[0])]))
    assert caught.value.__context__ is None
    assert caught.value.problems[0].message == (
        "a worker process could not be started: Resource temporarily unavailable"
    )


def test_live_input(crew):
    """While the input has nothing new, what is on the way comes out; then the input goes on."""
    read, written = os.pipe()
    seen = []

    def feed():
        yield Slow(EVENTS[0])
        yield Waiting(read)
        seen.append("idle")
        yield Slow(EVENTS[1], 2.0)
        yield Waiting(read)
        seen.append("ready")

    parts = crew.route(feed())
    assert next(parts).tally.received == 1
    os.write(written, b"x")
    assert next(parts).tally.received == 1
    assert seen == ["idle", "ready"]
    assert list(parts) == []
    os.close(read)
    os.close(written)


def test_interrupt_while_starting(crew, monkeypatch):
    """Ctrl-C during the start is held back until all processes can be stopped, and not lost."""
    start_worker = parallel._start_worker

    def interrupted():
        # To this thread: another one, left by some other test, would not hold it back.
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        time.sleep(0.01)
        return start_worker()

    monkeypatch.setattr(parallel, "_start_worker", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(crew.route([Lines(EVENTS[0])]))
    assert len(crew._workers) == 2


def test_start_without_masks(crew, monkeypatch):
    """Where signals cannot be held back, workers start all the same."""
    monkeypatch.delattr(signal, "pthread_sigmask")
    monkeypatch.setattr(parallel.resource_tracker, "ensure_running", lambda: None)
    assert gather(crew.route([Lines(EVENTS[0])])) == alone(EVENTS[0])


# --- The command -----------------------------------------------------------------


@pytest.fixture
def large(tmp_path):
    """Write rules and events for some seconds of work; return the command for two jobs."""
    write(make("mixed", 200, 8_000, seed=2), tmp_path)
    events = tmp_path / "events.jsonl"
    events.write_bytes(events.read_bytes() * 8)
    rules = str(tmp_path / "subscriptions.jsonl")
    return [sys.executable, "-m", "egcore", "route", rules, str(events), "--jobs", "2"]


@pytest.fixture
def start(large):
    """Return a function that starts the command in a group of its own, as a shell does."""
    started = []

    def start_command(stdout=subprocess.PIPE):
        process = subprocess.Popen(
            large,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error"},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start_command
    for process in started:
        process.kill()
        process.communicate()


def group(process):
    """Return the processes of a command's group that live, by their parents."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, in_group, *_ = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(in_group) == process.pid and state != "Z":
            found[int(status.parent.name)] = int(parent)
    return found


def workers(process):
    """Return the worker processes of a command."""
    return [pid for pid in group(process) if b"spawn_main" in command_line(pid)]


def command_line(pid):
    """Return the command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def all_gone(process):
    """Wait until a command's group is empty; tell whether it is."""
    end = time.monotonic() + 20
    while (left := set(group(process)) - {process.pid}) and time.monotonic() < end:
        time.sleep(0.05)
    return not left


NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@NEEDS_PROC
@pytest.mark.parametrize("delay", [0.0, 0.15, 0.3])
def test_interrupt(start, delay):
    """Ctrl-C, which goes to all processes, is quiet at any time and leaves none of them."""
    process = start(subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not workers(process) and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert all_gone(process)
    assert process.stderr.read() == b""


@NEEDS_PROC
def test_closed_pipe(start):
    """A reader that goes away ends all processes quietly."""
    process = start()
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) == 141
    assert all_gone(process)
    assert process.stderr.read() == b""


@NEEDS_PROC
def test_killed_worker(start):
    """A worker that the system stops is one line and status 3."""
    process = start()
    assert process.stdout.readline()
    os.kill(workers(process)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert err.splitlines() == [
        b"egcore: a worker process was stopped by signal 9",
        b"hint: use fewer --jobs; the output up to here is right, and not all",
    ]
    assert out.endswith(b"\n")
    assert all_gone(process)


@NEEDS_PROC
def test_killed_parent(start):
    """Workers whose parent is stopped end by themselves."""
    process = start()
    assert process.stdout.readline()
    assert workers(process)
    process.kill()
    process.stdout.close()
    assert all_gone(process)
    assert process.stderr.read() == b""
