"""The workload generator: the same bytes for ever, and events that do match."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workloads import SHAPES, main, make, write
from tests.make_operator_table import MISSING, holds
from tests.shared_folder import shared

# SHA-256 of the three files at 80 rules, 60 events, seed 1.
DIGESTS = {
    "selective": "79056b9401abf55d",
    "mixed": "d770ddaab937d79f",
    "residual": "9aa1f3e534a0c146",
    "wide": "d733221ad7a2de9a",
    "service": "5eed5f0f93a86534",
    "hostile": "86158bc2e5acc5e1",
}
FILES = ("subscriptions.jsonl", "events.jsonl", "batches.jsonl")


def _field_holds(field: Any, value: object) -> bool:
    """Say whether a field of a filter holds: an object of fields, an ``and``, or a list."""
    if isinstance(field, list):
        return any(holds(condition, value) for condition in field)
    if set(field) == {"and"}:
        return all(holds(condition, value) for condition in field["and"])
    members = value if isinstance(value, dict) else {}
    return all(_field_holds(inner, members.get(name, MISSING)) for name, inner in field.items())


def _matching(workload: Any, event: dict[str, Any]) -> int:
    filters = [document["sources"][0]["filter"] for document in workload.subscriptions]
    return sum(_field_holds(document, event) for document in filters)


@pytest.mark.parametrize("seed", ["1", "42"])
@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_are_those_of_the_shared_script(shape: str, seed: str, tmp_path: Path) -> None:
    """Our files equal those of the script that the project's figures started from."""
    script = shared("workloads/make_workload.py")
    arguments = [shape, "1000", "200", seed]
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    subprocess.run([sys.executable, script, *arguments, theirs], check=True)
    assert main([*arguments, str(ours)]) == 0
    for name in FILES:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_never_change(shape: str, tmp_path: Path) -> None:
    """Every Python writes the same bytes, or figures of two runs would not compare."""
    write(make(shape, 80, 60, 1), tmp_path)
    digest = sha256(b"".join((tmp_path / name).read_bytes() for name in FILES))
    assert digest.hexdigest()[:16] == DIGESTS[shape]


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_arguments_give_equal_workloads(shape: str) -> None:
    """A workload depends on its arguments alone, and on the seed in particular."""
    assert make(shape, 20, 10, 7) == make(shape, 20, 10, "7")
    assert make(shape, 20, 10, 7) != make(shape, 20, 10, 8)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "hostile"])
def test_every_second_event_matches(shape: str) -> None:
    """Events 0, 2, 4, … are derived from a rule, so that one subscription wants them."""
    workload = make(shape, 80, 60, 3)
    assert all(_matching(workload, event) for event in workload.events[::2])


def test_hostile_events_match_nearly_everything() -> None:
    """In the hostile shape, an event meets half of all filters, so no index can help."""
    workload = make("hostile", 80, 60, 3)
    matches = sum(_matching(workload, event) for event in workload.events)
    assert matches > 80 * 60 / 2


@pytest.mark.parametrize("shape", SHAPES)
def test_targets_cycle_through_the_transforms(shape: str) -> None:
    """Each transform type has a third of the targets."""
    transforms = [
        document["targets"][0]["transform"]["type"]
        for document in make(shape, 6, 0, 1).subscriptions
    ]
    assert transforms == ["ORIGINAL", "CONSTANT", "VARIABLE"] * 2


def test_subscription_ids_differ() -> None:
    """Every subscription, source and target has an id that no other of its kind has."""
    documents = make("selective", 300, 0, 1).subscriptions
    for ids in (
        {document["id"] for document in documents},
        {document["sources"][0]["id"] for document in documents},
        {document["targets"][0]["id"] for document in documents},
    ):
        assert len(ids) == len(documents)
        assert {len(id_) for id_ in ids} == {32}


def test_batches_hold_every_event_once() -> None:
    """Request bodies hold 20 events each, the last the rest, in order."""
    workload = make("mixed", 5, 45, 1)
    batches = [batch["events"] for batch in workload.batches()]
    assert [len(batch) for batch in batches] == [20, 20, 5]
    assert [event for batch in batches for event in batch] == workload.events


def test_files_hold_the_workload(tmp_path: Path) -> None:
    """Each line of a file is one document, in compact JSON."""
    workload = make("service", 9, 21, 1)
    write(workload, tmp_path / "new" / "folder")
    for name, documents in zip(FILES, (*workload, workload.batches()), strict=True):
        lines = (tmp_path / "new" / "folder" / name).read_text(encoding="ascii").splitlines()
        assert [json.loads(line) for line in lines] == list(documents)
        assert not any(": " in line or ", " in line for line in lines if "$.id" not in line)


@pytest.mark.parametrize(
    ("shape", "rules", "events", "message"),
    [
        ("narrow", 1, 1, "the shapes are selective, mixed"),
        ("wide", 0, 1, "rules must be at least 1, not 0"),
        ("wide", 1, -1, "events must be at least 0, not -1"),
    ],
)
def test_bad_arguments_are_named(shape: str, rules: int, events: int, message: str) -> None:
    """A shape that is not there and counts that make no workload raise ValueError."""
    with pytest.raises(ValueError, match=message):
        make(shape, rules, events, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "usage: python -m benchmarks.workloads SHAPE"),
        (["wide", "1", "1", "1"], "usage: python -m benchmarks.workloads SHAPE"),
        (["wide", "many", "1", "1", "out"], "many"),
        (["narrow", "1", "1", "1", "out"], "unknown shape 'narrow'"),
    ],
)
def test_a_bad_command_line_exits_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what is wrong on standard error, and writes nothing."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
