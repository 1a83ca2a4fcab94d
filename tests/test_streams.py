"""Event streams: every piece of an input comes out once, as it was received, within bounds."""

import io
import json
import os
import random
import sys
import threading
import tracemalloc
from dataclasses import replace

import pytest

from egcore.errors import UsageError
from egcore.limits import EVENTGRID
from egcore.streams import check_readable, is_request, read_events, split_array

SMALL = replace(EVENTGRID, raw_event_bytes=10, raw_request_bytes=20)


def pieces(path, content, limits=EVENTGRID):
    """Write a file and read its pieces as (bytes, is it a request)."""
    path.write_bytes(content)
    return [tuple(piece) for piece in read_events(str(path), limits=limits)]


REQUESTS = [
    (b'{"events":[]}', True),
    (b'{ "events" :\t[1]}', True),
    (b'{"a":1,"events":[1]}', True),
    (b'{"events":[', True),
    (b'{"id":"1"}', False),
    (b'{"events":"no array","id":"1"}', True),
    (b'{"id":"1","events":5}', True),
    (b'{"data":{"events":[1]}}', False),
    (b'["events",[1]]', False),
    (b'{"a":1,"events":[1]', False),
    (b'"events"', False),
]


@pytest.mark.parametrize(("raw", "expected"), REQUESTS)
def test_is_request(raw, expected):
    """An object with a member events is a request; an event may have data or text named so."""
    assert is_request(raw) is expected


def test_request_at_full_nesting():
    """The wrapper of a request is free: its events may be as deep as events alone."""
    event = b'{"data":' * 63 + b"{}" + b"}" * 63
    assert is_request(b'{"a":1,"events":[' + event + b"]}")


def test_lines(tmp_path):
    """Each line that is not blank is one piece without the white space around it."""
    content = b' {"id": 1}\t\r\n\n \r\n{"events": []}\nnot json'
    assert pieces(tmp_path / "e.jsonl", content) == [
        (b'{"id": 1}', False),
        (b'{"events": []}', True),
        (b"not json", False),
    ]


def test_long_lines(tmp_path):
    """A line over the limit is one piece, one byte too long; the line after it is intact."""
    content = b"\n".join([b"x" * 20, b"y" * 21, b"z" * 300_000, b"{}"])
    assert pieces(tmp_path / "e.log", content, SMALL) == [
        (b"x" * 20, False),
        (b"y" * 21, True),
        (b"z" * 21, True),
        (b"{}", False),
    ]


def test_long_line_is_not_shortened(tmp_path):
    """A cut line keeps its spaces: stripped, it could look like a whole one."""
    content = b"{}" + b" " * 30 + b"x"
    assert pieces(tmp_path / "e.jsonl", content, SMALL) == [(b"{}" + b" " * 19, True)]


def test_long_last_line(tmp_path):
    """A line over the limit may be the last, without a line end."""
    assert pieces(tmp_path / "e.jsonl", b"{}\n" + b"x" * 50, SMALL) == [
        (b"{}", False),
        (b"x" * 21, True),
    ]


JSON_FILES = [
    (b"", []),
    (b" \n", []),
    (b'\n{"id":\n1}\n', [(b'{"id":\n1}', False)]),
    (b' {"events": [1]} ', [(b'{"events": [1]}', True)]),
    (b"nonsense", [(b"nonsense", False)]),
    (b"[]", []),
    (b" [ \n ] \n", []),
    (b'[{"a": [1, {"b": 2}]} , 2]', [(b'{"a": [1, {"b": 2}]}', False), (b"2", False)]),
    (b'[{"events": [1]}]', [(b'{"events": [1]}', False)]),
]


@pytest.mark.parametrize(("content", "expected"), JSON_FILES)
def test_json_file(tmp_path, content, expected):
    """A .json file holds one event, one request or an array of events."""
    assert pieces(tmp_path / "e.json", content) == expected


def test_long_json_file(tmp_path):
    """A file that is no array and over the limit is one piece, one byte too long."""
    content = b'{"events": [' + b" " * 50 + b"]}"
    assert pieces(tmp_path / "e.json", content, SMALL) == [(content[:21], True)]


def test_long_array(tmp_path):
    """An array may be of any length; an element over the limit is cut one byte too long."""
    content = b"[ 1 , " + b"2" * 10 + b"," + b"3" * 11 + b" ," + b"4" * 300_000 + b', "5"]'
    assert pieces(tmp_path / "e.json", content, SMALL) == [
        (b"1", False),
        (b"2" * 10, False),
        (b"3" * 11, False),
        (b"4" * 11, False),
        (b'"5"', False),
    ]


BROKEN_ARRAYS = [
    (b"", [b"["]),
    (b'{"a":1}', [b'[{"a":1}']),
    (b'{"a":1},', [b'{"a":1}', b"["]),
    (b'{"a":1},]', [b'{"a":1}', b""]),
    (b",]", [b"", b""]),
    (b'{"a":1} {"b":2}]', [b'{"a":1} {"b":2}']),
    (b'{"a":1}}, 2]', [b'{"a":1}}', b"2"]),
    (b"1] {}", [b"1", b"]{}"]),
    (b"1],2", [b"1", b"],2"]),
    (b'"a, 2]', [b'["a, 2]']),
    (b'"a\\', [b'["a\\']),
    (b"{]", [b"[{]"]),
]


@pytest.mark.parametrize(("content", "expected"), BROKEN_ARRAYS)
def test_broken_array(content, expected):
    """Where an array is broken, the pieces are no JSON either, and nothing of it is dropped."""
    assert list(split_array([content], 100)) == expected
    broken = [piece for piece in expected if not _is_json(piece)]
    assert broken


def _is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _value(random, depth=0):
    """Make a JSON value with all that a careless splitter trips over."""
    kind = random.randrange(6 if depth < 4 else 3)
    if kind < 3:
        return random.choice([1, "a,b", 'x"]', "\\", '\\\\"', "[{", "é", None, ""])
    if kind < 5:
        return [_value(random, depth + 1) for _ in range(random.randrange(3))]
    return {random.choice(["a", '"', "}"]): _value(random, depth + 1)}


def test_split_anywhere():
    """Wherever the text is cut into chunks, the elements are those of the array."""
    seeded = random.Random(5)
    for _ in range(300):
        values = [_value(seeded) for _ in range(seeded.randrange(4))]
        text = json.dumps(values, ensure_ascii=False, indent=seeded.choice([None, 1])).encode()[1:]
        size = seeded.randrange(1, 9)
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert [json.loads(each) for each in split_array(chunks, 10_000)] == values
        for piece in split_array(chunks, 3):
            assert len(piece) <= 4


def test_constant_memory(tmp_path):
    """Ten megabytes without a line end, or of one element, are read in less than two."""
    for name, start in (("e.jsonl", b""), ("e.json", b"["), ("f.json", b'["')):
        path = tmp_path / name
        path.write_bytes(start + b"x" * 10_000_000)
        tracemalloc.start()
        assert len(list(read_events(str(path)))) == 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000


def test_stdin(monkeypatch):
    """The standard input is JSON Lines, and stays open."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a":1}\n[2]\n')))
    assert [tuple(piece) for piece in read_events("-")] == [(b'{"a":1}', False), (b"[2]", False)]
    assert not sys.stdin.closed


def test_unreadable(tmp_path):
    """A file that cannot be opened or read raises an error of our own, which names it."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(UsageError) as caught:
            list(read_events(str(path)))
        assert caught.value.problems[0].code == "EGC801"
        assert caught.value.problems[0].message.startswith(f"{path}: cannot be read: ")
        assert caught.value.__context__ is None


def test_check_readable(tmp_path):
    """Missing files and directories are told beforehand, in their order."""
    good = tmp_path / "e.jsonl"
    good.write_bytes(b"")
    found = check_readable([str(tmp_path), "-", str(good), str(tmp_path / "none")])
    assert [(each.path, each.problem.code, each.problem.message) for each in found] == [
        (str(tmp_path), "EGC801", "cannot be read: Is a directory"),
        (str(tmp_path / "none"), "EGC801", "cannot be read: No such file or directory"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_check_leaves_pipes_alone(tmp_path):
    """A pipe is not opened by the check, so that its writer's lines are all read afterwards."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[b"{}\n"])
    writer.start()
    assert check_readable([str(pipe)]) == []
    assert [piece.raw for piece in read_events(str(pipe))] == [b"{}"]
    writer.join()
