"""Rule files: which documents come out of them, in which order, and which place is whose."""

import json
import os

import pytest

from egcore.errors import problem
from egcore.files import read_rules

A, B, C = {"name": "a"}, {"name": "b"}, {"name": "c", "targets": [{}]}


def write(path, text):
    """Write a file and the folders it needs; return its path as a string."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def told(rules):
    """Return the findings of reading as (path, code, position, message)."""
    return [
        (each.path, each.problem.code, each.position, each.problem.message)
        for each in rules.findings
    ]


SHAPES = [
    ("r.json", json.dumps(A), [A]),
    ("r.json", json.dumps([A, B]), [A, B]),
    ("r.json", json.dumps({"subscriptions": [A, B]}), [A, B]),
    ("r.json", json.dumps({"subscriptions": []}), []),
    ("r.rules", json.dumps([A, B]), [A, B]),
    ("r.jsonl", f"{json.dumps(A)}\r\n\n \t\r\n{json.dumps(B)}", [A, B]),
    ("r.jsonl", "", []),
]


@pytest.mark.parametrize(("name", "text", "documents"), SHAPES)
def test_shapes(tmp_path, name, text, documents):
    """A document, an array, a wrapped array and lines of documents are read."""
    rules = read_rules(write(tmp_path / name, text))
    assert rules.documents == documents
    assert rules.findings == ()


WRONG = [
    ("r.json", "5", "", (1, 1)),
    ("r.json", '"subscriptions"', "", (1, 1)),
    ("r.json", '{"subscriptions":\n {}}', "/subscriptions", (2, 2)),
    ("r.jsonl", "{}\n []", "", (2, 2)),
]


@pytest.mark.parametrize(("name", "text", "pointer", "place"), WRONG)
def test_wrong_shape(tmp_path, name, text, pointer, place):
    """A file that holds something else is told so at the place of that."""
    [found] = read_rules(write(tmp_path / name, text)).findings
    assert (found.problem.code, found.position) == ("EGC802", place)


def test_no_objects(tmp_path):
    """What is no object in an array of subscriptions is told, and the others are read."""
    rules = read_rules(write(tmp_path / "r.json", '[1, {"name": "a"},\n "{}"]'))
    assert rules.documents == [A]
    assert [(each[1], each[2], each[3]) for each in told(rules)] == [
        ("EGC501", (1, 2), "a subscription must be an object, not a number"),
        ("EGC501", (2, 2), "a subscription must be an object, not a string of 2 characters"),
    ]


def test_wrapped_line(tmp_path):
    """A line of a .jsonl file is one subscription, even when it looks like a wrapper."""
    document = {"subscriptions": [A]}
    rules = read_rules(write(tmp_path / "r.jsonl", json.dumps(document)))
    assert rules.documents == [document]


def test_directory(tmp_path):
    """All rule files of a directory and below are read in the order of their paths."""
    for name in ("b.json", "a/z.jsonl", "a.json", "a/b/c.json", "B.json"):
        write(tmp_path / name, json.dumps({"name": name}))
    write(tmp_path / "notes.txt", "not a rule")
    (tmp_path / "folder.json").mkdir()
    rules = read_rules(str(tmp_path))
    assert [each["name"] for each in rules.documents] == [
        "B.json",
        "a/b/c.json",
        "a/z.jsonl",
        "a.json",
        "b.json",
    ]
    assert rules.findings == ()


def test_empty_directory(tmp_path):
    """A directory without a single document is a mistake, and is told."""
    assert told(read_rules(str(tmp_path))) == [
        (str(tmp_path), "EGC801", None, "the directory holds no subscription in .json or .jsonl")
    ]


def test_no_rule_is_left_out_without_a_word(tmp_path, monkeypatch):
    """A directory that cannot be listed, and a link that leads nowhere, are told."""
    good = write(tmp_path / "a.json", json.dumps(A))
    locked = tmp_path / "locked"
    write(locked / "b.json", json.dumps(B))
    link = tmp_path / "c.json"
    link.symlink_to(tmp_path / "none.json")
    os.mkfifo(tmp_path / "pipe.json")  # is no file, and nobody writes to it
    scandir = os.scandir

    def guarded(path):
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    rules = read_rules(str(tmp_path))
    assert [each.text.path for each in rules.entries] == [good]
    assert told(rules) == [
        (str(locked), "EGC801", None, "cannot be read: Permission denied"),
        (str(link), "EGC801", None, "cannot be read: No such file or directory"),
    ]


def test_path_that_cannot_be_looked_at(tmp_path):
    """What the system says of a path is said of it, also where it cannot tell its kind."""
    path = str(tmp_path / ("a" * 300))
    assert told(read_rules(path)) == [(path, "EGC801", None, "cannot be read: File name too long")]


def test_all_bad_files_are_told(tmp_path):
    """Bad files do not hide each other, and good ones among them are read."""
    bad = write(tmp_path / "1.json", "{")
    write(tmp_path / "2.json", json.dumps([A, B]))
    lines = write(tmp_path / "3.jsonl", '{"name": "c"}\nnull\n{"x": 1, "x": 2}\n{"name": "d"}')
    rules = read_rules(str(tmp_path))
    assert rules.documents == [A, B, {"name": "c"}, {"name": "d"}]
    assert [each[:3] for each in told(rules)] == [
        (bad, "EGC102", (1, 2)),
        (lines, "EGC802", (2, 1)),
        (lines, "EGC104", (3, 15)),
    ]


def test_missing_file(tmp_path):
    """A file that is not there is told in the words of the system."""
    path = str(tmp_path / "none.json")
    message = "cannot be read: No such file or directory"
    assert told(read_rules(path)) == [(path, "EGC801", None, message)]


def test_not_utf8(tmp_path):
    """The first byte that is not UTF-8 is pointed at, behind what was sound."""
    path = tmp_path / "r.json"
    path.write_bytes('{\n "é": "'.encode() + b'\xe9"}')
    [found] = read_rules(str(path)).findings
    assert (found.problem.code, found.position, found.line) == ("EGC101", (2, 8), ' "é": "')


def test_duplicate_in_filter_is_read(tmp_path):
    """A file with a warning gives its documents; the last of two equal keys counts."""
    text = '{"name": "a", "sources": [{"filter": {"source": 1, "source": 2}}]}'
    rules = read_rules(write(tmp_path / "r.json", text))
    assert rules.documents == [{"name": "a", "sources": [{"filter": {"source": 2}}]}]
    assert [each.problem.code for each in rules.findings] == ["EGC318"]


def test_place(tmp_path):
    """Problems of documents are found in the file, line and column of their document."""
    one = write(tmp_path / "1.json", json.dumps({"subscriptions": [A, C]}, indent=1))
    two = write(tmp_path / "2.jsonl", f"{json.dumps(A)}\n\n{json.dumps(C)}\n")
    rules = read_rules(str(tmp_path))
    pointers = ["/1/targets/0", "/1", "/3/targets/0/name", "", "/2/name"]
    problems = [problem("EGC503", "wrong", pointer) for pointer in pointers]
    placed = rules.place(problem for problem in problems)
    assert [(each.problem.pointer, each.path, each.position) for each in placed] == [
        ("", str(tmp_path), None),
        ("/1/targets/0", one, (9, 5)),
        ("/1", one, (6, 3)),
        ("/3/targets/0/name", two, (3, 27)),
        ("/2/name", two, (1, 10)),
    ]
    assert placed[3].line == json.dumps(C)
