"""Chunks: cut anywhere, together they hold what reading the whole input yields, within bounds."""

import io
import os
import pickle
import random
import sys
import threading
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import pytest

from egcore import chunks
from egcore.chunks import Failed, Lines, Pieces, Span, Waiting, cut
from egcore.errors import UsageError
from egcore.limits import EVENTGRID
from egcore.streams import read_events

SMALL = replace(EVENTGRID, raw_event_bytes=10, raw_request_bytes=20)


def pieces(path, limits=EVENTGRID):
    """Read an input chunk by chunk, each after a pickle, as another process would."""
    made = [each for each in cut(str(path), limits) if not isinstance(each, Waiting)]
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 # our own bytes
    return [piece for each in again for piece in each.pieces(limits)]


def lines(seeded, longest):
    """Make JSON Lines with all ends, blank ones, and ones of many lengths."""
    made = []
    for _ in range(seeded.randrange(30)):
        text = seeded.choice([b"x", b'{"events":', b" ", b""]) * seeded.randrange(longest)
        made.append(text + seeded.choice([b"\n", b"\r\n", b" \n", b"\n\n"]))
    text = b"".join(made)
    return text if seeded.random() < 0.5 else text.rstrip(b"\n")


def stdin(monkeypatch, content, cuts):
    """Make a standard input that gives its bytes in pieces of the given sizes."""

    class Dribble(io.BytesIO):
        def read1(self, size=-1):
            return super().read(min(size, next(cuts)))

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Dribble(content)))


@pytest.mark.parametrize("name", ["e.jsonl", "e.json", "-"])
def test_same_pieces(tmp_path, monkeypatch, name):
    """Wherever the ends of chunks and reads fall, the pieces are those of the whole input."""
    seeded = random.Random(7)
    for _ in range(400):
        content = lines(seeded, 30)
        monkeypatch.setattr(chunks, "CHUNK_BYTES", seeded.randrange(1, 60))
        monkeypatch.setattr(chunks, "CHUNK_PIECES", seeded.randrange(1, 5))
        whole = tmp_path / name.replace("-", "e.jsonl")
        whole.write_bytes(b"[" + content if name == "e.json" else content)
        expected = list(read_events(str(whole), limits=SMALL))
        stdin(monkeypatch, content, iter(lambda: seeded.randrange(1, 50), None))
        assert pieces(name if name == "-" else whole, SMALL) == expected


@pytest.mark.parametrize("extra", range(-3, 4))
@pytest.mark.parametrize("before", range(5))
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n{}", b""])
def test_limit_at_a_border(tmp_path, monkeypatch, extra, before, end):
    """A line about as long as the limit may start anywhere around the end of a chunk."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 6)
    content = b"1" * before + b"\n" + b"x" * (20 + extra) + end
    path = tmp_path / "e.jsonl"
    path.write_bytes(content)
    expected = list(read_events(str(path), limits=SMALL))
    assert pieces(path, SMALL) == expected
    stdin(monkeypatch, content, iter(lambda: 1, None))
    assert pieces("-", SMALL) == expected


def test_spans(tmp_path, monkeypatch):
    """Spans of a file are of the size that was asked for and end with a line, in file order."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 100)
    path = tmp_path / "e.jsonl"
    path.write_bytes(b'{"id": 1}\n' * 55)
    made = list(cut(str(path), EVENTGRID))
    assert [type(each) for each in made] == [Span] * 5
    assert [each.start for each in made] == [0, 110, 220, 330, 440]
    assert [each.size for each in made] == [110] * 5


def test_json_in_pieces(tmp_path, monkeypatch):
    """Elements of an array are sent on by size and by number."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 8)
    monkeypatch.setattr(chunks, "CHUNK_PIECES", 3)
    path = tmp_path / "e.json"
    path.write_bytes(b'["1234", "12345", 3, 4, 5, 6]')
    made = list(cut(str(path), EVENTGRID))
    assert [len(each.read) for each in made] == [2, 3, 1]
    assert [each.size for each in made] == [13, 3, 1]
    assert {type(each) for each in made} == {Pieces}


def test_file_that_claims_to_be_empty(tmp_path, monkeypatch):
    """A file of the system that says it has no bytes is read all the same."""
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"{}\n")
    monkeypatch.setattr(chunks, "_size", lambda _: 0)
    assert [piece.raw for piece in pieces(path)] == [b"{}"]


def test_growing_file(tmp_path, monkeypatch):
    """What is appended while a file is cut belongs to it; what comes after the end does not."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 4)
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"111\n222\n33")
    cutting = cut(str(path), EVENTGRID)
    made = [next(cutting)]
    with path.open("ab") as more:
        more.write(b"3\n")
    made += cutting
    with path.open("ab") as more:
        more.write(b"444\n")
    raws = [piece.raw for each in made for piece in each.pieces(EVENTGRID)]
    assert raws == [b"111", b"222", b"333"]


def test_replaced_file(tmp_path, monkeypatch):
    """A path that leads to another file by now is not read: its bytes are not those cut."""
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"{}\n")
    [span] = cut(str(path), EVENTGRID)
    path.rename(tmp_path / "old.jsonl")
    path.write_bytes(b"{}\n")
    assert refusal(span) == f"{path}: another file took its place meanwhile"
    path.unlink()
    assert refusal(span) == f"{path}: cannot be read: No such file or directory"


def refusal(chunk):
    """Return the message of a chunk that cannot be read, which has a code and no context."""
    with pytest.raises(UsageError) as caught:
        list(chunk.pieces(EVENTGRID))
    assert caught.value.problems[0].code == "EGC801"
    assert caught.value.__context__ is None
    return caught.value.problems[0].message


@pytest.mark.parametrize("name", ["none.jsonl", "none.json"])
def test_unreadable(tmp_path, name):
    """An input that cannot be opened is a chunk that fails when it is its turn."""
    [failed] = cut(str(tmp_path / name), EVENTGRID)
    assert isinstance(failed, Failed)
    assert failed.size == 0
    message = refusal(failed)
    assert message == f"{tmp_path / name}: cannot be read: No such file or directory"


def test_pipe_that_breaks_off(monkeypatch):
    """Whole lines that came before a failure are handed on; the cut line is not."""

    class Broken(io.BytesIO):
        def read1(self, size=-1):
            data = super().read(min(size, 3))
            if not data:
                raise OSError(5, "Input/output error")
            return data

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Broken(b"1\n2\n3\n4")))
    made = [each for each in cut("-", EVENTGRID) if not isinstance(each, Waiting)]
    assert b"".join(each.data for each in made[:-1]) == b"1\n2\n3\n"
    assert refusal(made[-1]) == "-: cannot be read: Input/output error"


def test_live_pipe(monkeypatch):
    """Lines of a pipe are handed on before more is waited for, and together when there are many."""
    read, written = os.pipe()
    with os.fdopen(read, "rb") as stream:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
        cutting = cut("-", EVENTGRID)
        assert next(cutting) == Waiting(read)
        os.write(written, b"1\n2")
        assert next(cutting) == Lines(b"1\n")
        assert next(cutting) == Waiting(read)
        os.write(written, b"3\n4\n")
        assert next(cutting) == Lines(b"23\n4\n")
        os.write(written, b"5\n")
        os.write(written, b"6")
        os.close(written)
        assert list(cutting) == [Lines(b"5\n"), Lines(b"6")]


def test_full_pipe(monkeypatch):
    """From a pipe that is always full, chunks of the wanted size are taken."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 100_000)
    read, written = os.pipe()
    content = b'{"id": "1"}\n' * 50_000

    def write():
        with os.fdopen(written, "wb") as sink:
            sink.write(content)

    writer = threading.Thread(target=write)
    with os.fdopen(read, "rb") as stream:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
        writer.start()
        made = [each for each in cut("-", EVENTGRID) if not isinstance(each, Waiting)]
    writer.join()
    assert b"".join(each.data for each in made) == content
    assert max(each.size for each in made) < 200_000 + 65_536


def test_not_everywhere_can_be_waited(monkeypatch):
    """Where the system cannot wait on a pipe, each read is handed on at once."""
    monkeypatch.setattr(chunks, "os", SimpleNamespace(name="nt"))
    stdin(monkeypatch, b"1\n2\n", iter([2, 2, 9]))
    assert list(cut("-", EVENTGRID)) == [
        Waiting(None),
        Lines(b"1\n"),
        Waiting(None),
        Lines(b"2\n"),
        Waiting(None),
    ]


def test_constant_memory(tmp_path, monkeypatch):
    """Of twenty megabytes without a line end, or in one line of a pipe, little is kept."""
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"x" * 20_000_000 + b"\n{}")
    for name in (str(path), "-"):
        with path.open("rb") as stream:
            monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
            tracemalloc.start()
            read = [
                len(piece.raw)
                for each in cut(name, EVENTGRID)
                if not isinstance(each, Waiting)
                for piece in each.pieces(EVENTGRID)
            ]
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert read == [327_681, 2]
        assert peak < 5_000_000
