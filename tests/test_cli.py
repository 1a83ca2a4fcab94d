"""The command line as its users meet it: what is printed, where, and with which exit status."""

import io
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import egcore
from egcore import cli
from egcore.errors import EgcoreError, RuleError, host_error, problem
from egcore.router import Router

REPOSITORY = Path(__file__).parent.parent


def event(number=1, source="app.orders", **members):
    """Make an event."""
    base = {"id": str(number), "source": source, "specversion": "1.0", "type": "t"}
    return base | members


def subscription(name, source="app.orders", **members):
    """Make a subscription with one target that gets the event as it is."""
    condition = [{"op": "StringIn", "values": [source]}]
    return {
        "name": name,
        "sources": [{"name": source, "provider_type": "CUSTOM", "filter": {"source": condition}}],
        "targets": [
            {
                "name": "HC.Kafka",
                "provider_type": "OFFICIAL",
                "connection_id": "c",
                "kafka_detail": {"topic": "t"},
                "transform": {"type": "ORIGINAL", "value": "", "template": ""},
            }
        ],
    } | members


# Inserts the whole event eight times: an event of 40,000 bytes is too much.
HUGE = {"type": "VARIABLE", "value": '{"e": "$"}', "template": "${e}" * 8}


def huge(name):
    """Make a subscription whose second target cannot take large events."""
    made = subscription(name)
    [target] = made["targets"]
    made["targets"] = [target, target | {"transform": HUGE}]
    return made


@pytest.fixture
def rules(tmp_path):
    """Write a rule file with one subscription; return its path."""
    return write(tmp_path / "rules.json", subscription("orders"))


def write(path, *values):
    """Write one JSON value, or many as JSON Lines; text and bytes as they are."""
    lines = [each if isinstance(each, (str, bytes)) else json.dumps(each) for each in values]
    path.write_bytes(
        b"\n".join(each if isinstance(each, bytes) else each.encode() for each in lines)
    )
    return str(path)


def run(capsysbinary, *arguments):
    """Run the command in this process; return status, stdout as JSON lines, and stderr."""
    status = cli.main([str(each) for each in arguments])
    out, err = capsysbinary.readouterr()
    return status, [json.loads(line) for line in out.decode().splitlines()], err.decode()


def refusals(text):
    """Return the JSON lines of a text as (index, event id, error code)."""
    lines = map(json.loads, text.splitlines())
    return [(each["index"], each["event_id"], each["error_code"]) for each in lines]


# --- Deliveries and refusals -----------------------------------------------------


def test_deliveries(tmp_path, rules, capsysbinary):
    """Each delivery is a line with all members, its body the event as it was received."""
    raw = '{"id":"é","source":"app.orders", "specversion":"1.0","type":"t","data":{"n":1.50}}'
    events = write(tmp_path / "e.jsonl", raw, event(2, "app.other"), event(3))
    status, [first, second], err = run(capsysbinary, "route", rules, events)
    assert (status, err) == (0, "")
    assert list(first) == [
        "delivery_id",
        "subscription_id",
        "subscription",
        "target_id",
        "target",
        "event_id",
        "event_source",
        "content_type",
        "body",
        "rules_digest",
    ]
    assert (first["subscription"], first["target"]) == ("orders", "HC.Kafka")
    assert (first["body"], first["event_id"]) == (raw, "é")
    assert second["event_id"] == "3"


def test_same_as_the_library(tmp_path, capsysbinary):
    """The command prints the deliveries of the library, in its order, and no others."""
    documents = [subscription("a"), huge("b"), subscription("c", "app.other")]
    events = [event(n, ["app.orders", "app.other"][n % 2], data={"n": n}) for n in range(20)]
    router = Router.from_documents(documents)
    expected = [
        json.loads(delivery.to_json())
        for each in events
        for delivery in router.process_event(each).deliveries
    ]
    lines = [json.dumps(each, separators=(",", ":")) for each in events]
    path = write(tmp_path / "e.jsonl", *lines)
    rules = write(tmp_path / "rules.jsonl", *documents)
    assert run(capsysbinary, "route", rules, path) == (0, expected, "")


def test_indexes_of_refusals(tmp_path, rules, capsysbinary):
    """Refusals count the events of all files from 0; a refused request or line takes one."""
    one = write(
        tmp_path / "1.jsonl",
        event(1),  # 0
        {"events": [event(2), event(3, id=""), event(4), event(5, type=1)]},  # 1 to 4
        "",
        "no json",  # 5
        {"events": []},  # 6
        {"events": [event(n) for n in range(21)]},  # 7
        "[]",  # 8
        {"id": "x"},  # 9
    )
    two = write(tmp_path / "2.json", [event(6), {"id": "y", "source": "s"}, 5])  # 10 to 12
    status, deliveries, err = run(capsysbinary, "route", rules, one, two)
    assert status == 1
    assert [each["event_id"] for each in deliveries] == ["1", "2", "4", "6"]
    assert refusals(err) == [
        (2, None, "EG.00513000"),
        (4, "5", "EG.00513000"),
        (5, None, "EG.00014000"),
        (6, None, "EG.00014000"),
        (7, None, "EG.00533013"),
        (8, None, "EG.00513000"),
        (9, "x", "EG.00513000"),
        (11, "y", "EG.00513000"),
        (12, None, "EG.00513000"),
    ]


def test_long_line(tmp_path, rules, capsysbinary):
    """A line over the limit of a request is one refusal, and the next line is routed."""
    long = b'{"id":"1","x":"' + b"x" * 1_000_000 + b'"}'
    events = write(tmp_path / "e.jsonl", long, event(2))
    status, [delivery], err = run(capsysbinary, "route", rules, events)
    assert (status, delivery["event_id"]) == (1, "2")
    [line] = map(json.loads, err.splitlines())
    assert (line["error_code"], line["problems"][0]["code"]) == ("EG.00533007", "EGC109")


def test_refusals_file(tmp_path, rules, capsysbinary):
    """With --refusals the file has the lines, in UTF-8, and stderr has nothing."""
    events = write(tmp_path / "e.jsonl", event("é", type=5), event(2))
    path = tmp_path / "refused.jsonl"
    status, deliveries, err = run(capsysbinary, "route", rules, events, "--refusals", path)
    assert (status, len(deliveries), err) == (1, 1, "")
    assert refusals(path.read_text(encoding="utf-8")) == [(0, "é", "EG.00513000")]


def test_refusals_file_is_no_input(tmp_path, rules, capsysbinary):
    """A file that is read from is not overwritten with refusals, whatever its spelling."""
    events = write(tmp_path / "e.jsonl", event())
    for path in (events, f"{tmp_path}/./rules.json"):
        status, deliveries, err = run(capsysbinary, "route", rules, "-", events, "--refusals", path)
        assert (status, deliveries) == (2, [])
        assert err == f"egcore: error: {path}: is read from, and cannot take the refusals\n"
    assert Path(events).read_text() == json.dumps(event())


def test_refusals_file_is_no_rule_file(tmp_path, capsysbinary):
    """A file that is read as a rule of a directory, now or next time, takes no refusals."""
    (tmp_path / "rules").mkdir()
    rules = write(tmp_path / "rules" / "a.json", subscription("orders"))
    events = write(tmp_path / "e.jsonl", event())
    for path in (rules, f"{tmp_path}/rules/new.jsonl"):
        given = ("route", tmp_path / "rules", events, "--refusals", path)
        status, deliveries, err = run(capsysbinary, *given)
        assert (status, deliveries) == (2, [])
        assert err == f"egcore: error: {path}: is read from, and cannot take the refusals\n"
    assert json.loads(Path(rules).read_text()) == subscription("orders")
    given = ("route", tmp_path / "rules", events, "--refusals", tmp_path / "rules" / "refused.txt")
    assert run(capsysbinary, *given)[0] == 0


def test_refusals_file_is_no_standard_stream(tmp_path, rules, capsysbinary, monkeypatch):
    """A file that stdin comes from or stdout goes to takes no refusals, and keeps its content."""
    events = write(tmp_path / "e.jsonl", event())
    output = str(tmp_path / "out.jsonl")
    with Path(events).open() as stdin, Path(output).open("w") as stdout:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stdout", stdout)
        statuses = [cli.main(["route", rules, "--refusals", path]) for path in (events, output)]
    monkeypatch.undo()
    assert statuses == [2, 2]
    assert capsysbinary.readouterr().err.decode() == (
        f"egcore: error: {events}: is read from, and cannot take the refusals\n"
        f"egcore: error: {output}: takes the deliveries, and cannot take the refusals, too\n"
    )
    assert json.loads(Path(events).read_text()) == event()


def test_refusals_file_cannot_be_written(tmp_path, rules, capsysbinary):
    """A refusals file that cannot be opened stops the run before it starts."""
    events = write(tmp_path / "e.jsonl", event())
    path = tmp_path / "none" / "refused.jsonl"
    status, deliveries, err = run(capsysbinary, "route", rules, events, "--refusals", path)
    assert (status, deliveries) == (2, [])
    assert err == f"egcore: error: {path}: cannot be written: No such file or directory\n"


@pytest.mark.parametrize(("most", "status"), [(0, 1), (1, 1), (2, 0), (3, 0)])
def test_max_refused(tmp_path, capsysbinary, most, status):
    """A refused event and a delivery that cannot be rendered count alike for the exit status."""
    rules = write(tmp_path / "rules.json", huge("a"))
    large = event(1, data={"x": "x" * 40_000})
    events = write(tmp_path / "e.jsonl", "no json", large, event(2))
    found = run(capsysbinary, "route", rules, events, "--max-refused", most)
    assert (found[0], len(found[1])) == (status, 3)
    unreadable, failed = map(json.loads, found[2].splitlines())
    assert unreadable["index"] == 0
    assert (failed["index"], failed["event_id"]) == (1, "1")
    assert failed["problems"][0]["code"] == "EGC601"
    assert failed["subscription_id"] == found[1][0]["subscription_id"]
    assert failed["target_id"] != found[1][0]["target_id"]
    assert len(failed["delivery_id"]) == 64


def test_channel(tmp_path, capsysbinary):
    """With --channel only the subscriptions of that channel get the events."""
    documents = [subscription("a", channel_id="one"), subscription("b", channel_id="two")]
    rules = write(tmp_path / "rules.json", documents)
    events = write(tmp_path / "e.json", event())
    _, deliveries, _ = run(capsysbinary, "route", rules, events, "--channel", "two")
    assert [each["subscription"] for each in deliveries] == ["b"]


def test_preset(tmp_path, rules, capsysbinary):
    """With --preset cloudevents the data of an event may be any value."""
    events = write(tmp_path / "e.json", event(data=[1]))
    assert run(capsysbinary, "route", rules, events)[0] == 1
    status, [delivery], _ = run(capsysbinary, "route", rules, events, "--preset", "cloudevents")
    assert (status, delivery["event_id"]) == (0, "1")


def test_summary(tmp_path, capsysbinary):
    """The summary counts for each subscription and in all, on stderr."""
    rules = write(tmp_path / "rules.json", [huge("a"), subscription("none", "app.none")])
    large = event(1, data={"x": "x" * 40_000})
    events = write(tmp_path / "e.jsonl", large, event(2), event(3, "app.other"), "no json")
    path = tmp_path / "refused.jsonl"
    arguments = ["route", rules, "--summary", events, "--refusals", path]
    status, deliveries, err = run(capsysbinary, *arguments)
    assert (status, len(deliveries)) == (1, 3)
    assert err == (
        "subscription  matched  deliveries  failed\n"
        "a                   2           3       1\n"
        "none                0           0       0\n"
        "\n"
        "received 4  accepted 3  refused 1  unrouted 1  deliveries 3  failed 1\n"
    )


def test_exactly_once_in_volume(tmp_path, rules, capsysbinary):
    """Of many events in all wrappings, good and bad, none is lost, doubled or reordered."""
    lines, good, bad, index = [], [], [], 0
    for start in range(0, 600, 6):
        events = [event(n) if n % 7 else event(n, type="") for n in range(start, start + 6)]
        lines += [events[0], {"events": events[1:4]}, "{", *events[4:]]
        order = [*range(start, start + 4), None, start + 4, start + 5]
        for offset, number in enumerate(order):
            if number is None or number % 7 == 0:
                bad.append((index + offset, None if number is None else str(number)))
            else:
                good.append(str(number))
        index += 7
    _, deliveries, err = run(capsysbinary, "route", rules, write(tmp_path / "e.jsonl", *lines))
    assert [each["event_id"] for each in deliveries] == good
    assert [each[:2] for each in refusals(err)] == bad


# --- Bad rules and unreadable input ----------------------------------------------


def test_bad_rules(tmp_path, capsysbinary):
    """Every problem is told with file, line and column, the source, a caret and a hint."""
    bad = subscription("orders-eu")
    bad["sources"][0]["filter"]["type"] = [{"op": "StringStartWith", "values": ["a"]}]
    one = write(tmp_path / "1.json", json.dumps([subscription("fine"), bad], indent=1))
    two = write(tmp_path / "2.jsonl", subscription("fine"), "[1,")
    events = write(tmp_path / "e.jsonl", event())
    none = tmp_path / "none.jsonl"
    status, deliveries, err = run(capsysbinary, "route", tmp_path, events, none)
    assert (status, deliveries) == (2, [])
    text = Path(one).read_text().split("\n")
    line = next(n for n, each in enumerate(text, 1) if "StringStartWith" in each)
    column = text[line - 1].index('"StringStartWith"') + 1
    assert f"{one}:{line}:{column}: EGC304 error: orders-eu: " in err
    assert f"\n  {text[line - 1]}\n  {' ' * (column - 1)}^\nhint: " in err
    assert f"{two}:2:4: EGC102 error: not JSON: " in err
    assert f"{none}: EGC801 error: cannot be read: No such file or directory\n" in err
    assert err.endswith(" errors; nothing was routed\n")


def test_one_bad_rule(tmp_path, capsysbinary):
    """A single error is counted as one."""
    rules = write(tmp_path / "rules.json", "{")
    events = write(tmp_path / "e.jsonl", event())
    status, _, err = run(capsysbinary, "route", rules, events)
    assert (status, err.splitlines()[-1]) == (2, "egcore: 1 error; nothing was routed")


def test_two_files_share_a_name(tmp_path, capsysbinary):
    """Of two subscriptions with one name the second is pointed at, in its own file."""
    folder = tmp_path / "rules"
    folder.mkdir()
    write(folder / "a.json", subscription("same"))
    second = write(folder / "b.json", [subscription("other"), subscription("same")])
    events = write(tmp_path / "e.jsonl", event())
    status, _, err = run(capsysbinary, "route", folder, events)
    assert status == 2
    assert err.startswith(f"{second}:1:")
    assert "EGC510" in err


def test_warnings_do_not_stop(tmp_path, capsysbinary):
    """Warnings of the reader and of the loader go to stderr, and the events are routed."""
    text = json.dumps(subscription("orders")).replace(
        '"filter": {', '"filter": {"source": [{"op": "StringIn", "values": ["x"]}], '
    )
    text = text.replace('"name": "app.orders"', '"name": "app.elsewhere"')
    rules = write(tmp_path / "rules.json", text)
    events = write(tmp_path / "e.jsonl", event())
    status, deliveries, err = run(capsysbinary, "route", rules, events)
    assert (status, len(deliveries)) == (0, 1)
    for code in ("EGC318", "EGC513"):
        assert f" {code} warning: orders: " in err


def test_missing_rules(tmp_path, capsysbinary):
    """Rules that cannot be read are one line, and nothing is routed."""
    events = write(tmp_path / "e.jsonl", event())
    path = tmp_path / "none.json"
    status, deliveries, err = run(capsysbinary, "route", path, events)
    assert (status, deliveries) == (2, [])
    assert err.splitlines()[0] == f"{path}: EGC801 error: cannot be read: No such file or directory"


def test_input_that_breaks_off(tmp_path, rules, capsysbinary, monkeypatch):
    """An input that cannot be read any further is told, after what came before was routed."""

    class Broken(io.BytesIO):
        def readline(self, size=-1):
            line = super().readline(size)
            if not line:
                raise OSError(5, "Input/output error")
            return line

    broken = Broken(json.dumps(event()).encode() + b"\n")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=broken))
    status, deliveries, err = run(capsysbinary, "route", rules, "-")
    assert (status, len(deliveries)) == (2, 1)
    assert err == "egcore: error: -: cannot be read: Input/output error\n"


# --- The standard input ----------------------------------------------------------


def test_stdin_by_default(rules, capsysbinary, monkeypatch):
    """Without files of events the standard input is read, when it is not a terminal."""
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(event()).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    status, [delivery], _ = run(capsysbinary, "route", rules)
    assert (status, delivery["event_id"]) == (0, "1")


def test_no_events_at_a_terminal(rules, capsysbinary, monkeypatch):
    """At a terminal nobody is left waiting: the missing events are a mistake in the call."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    status, deliveries, err = run(capsysbinary, "route", rules)
    assert (status, deliveries) == (2, [])
    assert err.startswith("egcore: error: no events\nhint: ")


@pytest.mark.parametrize(
    ("stream", "status", "err"),
    [
        ("stdin", 2, "egcore: error: the standard input is closed\nhint: name files of events\n"),
        ("stdout", 2, "egcore: error: the standard output is closed\nhint: "),
        ("stderr", 1, ""),
    ],
)
def test_closed_streams(rules, capsysbinary, monkeypatch, stream, status, err):
    """What Python has no stream for is told or, where there is nobody to tell, done without."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}\n")))
    monkeypatch.setattr(sys, stream, None)
    found = cli.main(["route", rules])
    monkeypatch.undo()
    assert found == status
    out, told = capsysbinary.readouterr()
    assert (out, told.decode()[: len(err)]) == (b"", err)
    assert bool(told) == bool(err)


# --- Usage -----------------------------------------------------------------------


def test_help_teaches(capsysbinary):
    """The help shows examples, and the help of route its exit statuses."""
    assert cli.main(["--help"]) == 0
    assert b"egcore route rules.json events.jsonl" in capsysbinary.readouterr().out
    assert cli.main(["route", "--help"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert "could not be\n       rendered counts as one refused" in text
    assert "141" in text


def test_every_command_has_help(capsysbinary):
    """Each command of the table explains itself, with examples, in 100 columns."""
    for command in cli.COMMANDS:
        assert cli.main([command.name, "--help"]) == 0
        text = capsysbinary.readouterr().out.decode()
        assert "examples:" in text
        assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    "arguments",
    [[], ["rout"], ["route"], ["route", "r", "e", "--preset", "x"], ["route", "--what"]],
)
def test_wrong_usage(arguments, capsysbinary):
    """A wrong command line is told on stderr, with exit status 2."""
    status, out, err = run(capsysbinary, *arguments)
    assert (status, out) == (2, [])
    assert "usage: egcore" in err


@pytest.mark.parametrize("number", ["-1", "x", "１", "1.5", ""])
def test_wrong_number(rules, capsysbinary, number):
    """--max-refused takes a whole number in ASCII digits."""
    status, _, err = run(capsysbinary, "route", rules, "e", f"--max-refused={number}")
    assert status == 2
    assert "a whole number from 0 is needed" in err


@pytest.mark.parametrize("number", ["0", "-1", "x", "１", "1.5", ""])
def test_wrong_jobs(rules, capsysbinary, number):
    """--jobs takes a whole number from 1."""
    status, _, err = run(capsysbinary, "route", rules, "e", f"--jobs={number}")
    assert status == 2
    assert "a whole number from 1 is needed" in err


def test_options_stand_anywhere(tmp_path, rules, capsysbinary):
    """Options may stand before, between and behind the files."""
    events = write(tmp_path / "e.jsonl", event())
    files = [rules, events, events]
    for place in range(4):
        arguments = ["route", *files[:place], "--channel", "none", *files[place:]]
        assert run(capsysbinary, *arguments) == (0, [], "")


def test_version(capsysbinary):
    """--version prints the version of the package."""
    assert cli.main(["--version"]) == 0
    assert capsysbinary.readouterr().out == f"egcore {egcore.__version__}\n".encode()


# --- Errors of the host and of our own -------------------------------------------


def failing(monkeypatch, error):
    """Make the router raise when an event comes."""

    def process_event(*_, **__):
        raise error

    monkeypatch.setattr(Router, "process_event", process_event)


def test_internal_error(tmp_path, rules, capsysbinary, monkeypatch):
    """A bug is one line with its type and place, and never what the event held."""
    failing(monkeypatch, KeyError("secret"))
    events = write(tmp_path / "e.jsonl", event(data={"secret": 1}))
    status, deliveries, err = run(capsysbinary, "route", rules, events)
    assert (status, deliveries) == (3, [])
    assert err.startswith("egcore: internal error: KeyError in test_cli.py:")
    assert err.endswith("; please report it\n")
    assert "secret" not in err
    assert err.count("\n") == 1


def test_lost_event(tmp_path, rules, capsysbinary, monkeypatch):
    """An event that is neither accepted nor refused is an internal error."""
    lost = SimpleNamespace(received=1, accepted=0, refused=(), deliveries=(), failed=(), unrouted=0)
    monkeypatch.setattr(Router, "process_event", lambda *_, **__: lost)
    events = write(tmp_path / "e.jsonl", event())
    status, _, err = run(capsysbinary, "route", rules, events)
    assert status == 3
    assert err.startswith("egcore: internal error: RuntimeError in cli.py:")


def test_host_error(tmp_path, rules, capsysbinary, monkeypatch):
    """An error of the library that is not about rules or events is told with its hint."""
    failing(monkeypatch, host_error())
    events = write(tmp_path / "e.jsonl", event())
    status, _, err = run(capsysbinary, "route", rules, events)
    assert status == 2
    assert err.startswith("egcore: error: too little free stack")
    assert "\nhint: " in err


def test_error_without_hint(tmp_path, rules, capsysbinary, monkeypatch):
    """An error without a hint is told without one."""
    failing(monkeypatch, RuleError([problem("EGC801", "so it is")]))
    events = write(tmp_path / "e.jsonl", event())
    assert run(capsysbinary, "route", rules, events) == (2, [], "egcore: error: so it is\n")


@pytest.mark.parametrize("code", ["EGC904", "EGC905"])
def test_errors_of_our_own(tmp_path, rules, capsysbinary, monkeypatch, code):
    """Books that do not balance and workers that fail are no wrong usage."""
    failing(monkeypatch, EgcoreError([problem(code, "so it is", hint="do that")]))
    events = write(tmp_path / "e.jsonl", event())
    expected = "egcore: so it is\nhint: do that\n"
    assert run(capsysbinary, "route", rules, events) == (3, [], expected)


def test_interrupt(tmp_path, rules, capsysbinary, monkeypatch):
    """Ctrl-C is quiet, with the status that shells know."""
    failing(monkeypatch, KeyboardInterrupt())
    events = write(tmp_path / "e.jsonl", event())
    assert run(capsysbinary, "route", rules, events) == (130, [], "")


def test_closed_pipe(tmp_path, rules, monkeypatch):
    """A reader that goes away is quiet, and what is still buffered does not complain later."""
    read, written = os.pipe()
    os.close(read)
    events = write(tmp_path / "e.jsonl", event())
    with os.fdopen(written, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert cli.main(["route", rules, events]) == 141


def test_closed_pipe_without_files(tmp_path, rules, capsysbinary, monkeypatch):
    """Streams that are no files, as in a program that embeds the command, are left alone."""
    failing(monkeypatch, BrokenPipeError())
    events = write(tmp_path / "e.jsonl", event())
    assert run(capsysbinary, "route", rules, events) == (141, [], "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_full_disk(tmp_path, rules, capsysbinary, monkeypatch):
    """Output that cannot be written is told in the words of the system."""
    events = write(tmp_path / "e.jsonl", event())
    with open("/dev/full", "w") as stdout:  # noqa: PTH123 - as a shell would
        monkeypatch.setattr(sys, "stdout", stdout)
        assert cli.main(["route", rules, events]) == 2
    message = b"egcore: error: cannot write: No space left on device\n"
    assert capsysbinary.readouterr().err == message


# --- The progress bar ------------------------------------------------------------


class Screen(io.TextIOWrapper):
    """A terminal."""

    def isatty(self):
        """Say that somebody is watching."""
        return True


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("extra", [[], ["--refusals", "refused"]])
def test_bar_gives_way(tmp_path, rules, capsysbinary, monkeypatch, extra, jobs):
    """The bar runs until refusals need its terminal, and to the end when they go elsewhere."""
    sizes, closed = [], []

    class Bar(cli.Bar):
        def __init__(self, total, *, wanted):
            super().__init__(total, wanted=False)
            sizes.append((total, wanted))

        def close(self):
            closed.append(len(sizes))

        def advance(self, size, events):
            sizes.append((size, events))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "Bar", Bar)
    monkeypatch.setattr(sys, "stderr", Screen(io.BytesIO()))
    events = write(tmp_path / "e.jsonl", "x", event())
    status = cli.main(["route", rules, events, *extra, "--jobs", jobs])
    assert status == 1
    total = Path(events).stat().st_size
    steps = [(1, 1), (total - 2, 2)] if jobs == "1" else [(total - 1, 2)]
    assert sizes == [(total, True), *steps]
    end = len(steps) + 1
    assert closed == ([1, end] if not extra else [end])


# --- As a process ----------------------------------------------------------------


def command(*arguments):
    """Return the command line that starts the command as a process."""
    return [sys.executable, "-m", "egcore", *map(str, arguments)]


@pytest.fixture(scope="module")
def environment():
    """Return the environment in which a process finds the package of this repository."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error"}


def test_module(monkeypatch, capsysbinary):
    """``python -m egcore`` is the command."""
    monkeypatch.setattr(sys, "argv", ["egcore", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("egcore", run_name="__main__")
    assert stop.value.code == 0
    assert capsysbinary.readouterr().out.startswith(b"egcore ")


def test_importing_main_runs_nothing(capsysbinary):
    """Importing the module starts nothing."""
    runpy.run_module("egcore.__main__", run_name="egcore.__main__")
    assert capsysbinary.readouterr().out == b""


def test_pipeline(rules, environment):
    """Events come in by a pipe in any locale; data leaves by stdout, the rest by stderr."""
    lines = json.dumps(event("é"), ensure_ascii=False) + "\n{}\n"
    found = subprocess.run(
        command("route", rules),
        input=lines.encode(),
        capture_output=True,
        env=environment | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        check=False,
    )
    assert found.returncode == 1
    assert json.loads(found.stdout.decode())["event_id"] == "é"
    assert json.loads(found.stderr.decode())["index"] == 1


def test_head(tmp_path, rules, environment):
    """``| head -1`` ends the command quietly, with the status of SIGPIPE."""
    events = write(tmp_path / "e.jsonl", *[event(n) for n in range(3_000)])
    with subprocess.Popen(
        command("route", rules, events),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert json.loads(process.stdout.readline())["event_id"] == "0"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@pytest.mark.parametrize("jobs", [1, 2])
def test_live_input_and_interrupt(rules, environment, jobs):
    """From a pipe each event's deliveries come at once; Ctrl-C then ends it quietly."""
    with subprocess.Popen(
        command("route", rules, "-", "--jobs", jobs),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        for number in range(3):
            process.stdin.write(json.dumps(event(number)).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["event_id"] == str(number)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""


def test_terminal_without_events(rules, environment):
    """Started at a terminal without events, the command does not wait for typed ones."""
    pty = pytest.importorskip("pty", reason="the system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    found = subprocess.run(
        command("route", rules),
        stdin=theirs,
        capture_output=True,
        env=environment,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert found.returncode == 2
    assert found.stderr.startswith(b"egcore: error: no events\n")


def test_constant_memory(tmp_path, rules, environment):
    """Forty times the events take no more memory."""
    script = (
        "import resource, sys\n"
        "from egcore.cli import main\n"
        "status = main(sys.argv[1:])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(status)\n"
    )

    def peak_kilobytes(count):
        line = json.dumps(event(data={"x": "x" * 1_000}))
        events = write(tmp_path / f"{count}.jsonl", *[line] * count)
        found = subprocess.run(
            [sys.executable, "-c", script, "route", rules, events],
            capture_output=True,
            env=environment,
            check=True,
        )
        assert found.stdout.count(b"\n") == count
        return int(found.stderr)

    assert peak_kilobytes(8_000) - peak_kilobytes(200) < 2_000
