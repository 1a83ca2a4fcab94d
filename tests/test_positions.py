"""Positions in JSON texts: each pointer leads to the line and column of its value."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egcore.errors import escape_pointer
from egcore.positions import Position, blot, locate, locate_all, position, tokens

TEXT = """{
  "sources": [
    {"filter": {"a/b": 1, "m~n": [true, null]}},
    "é\\"{[,:", {"\\u0061\\/": "x"}
  ],
  "twice": {"inner": 1},
  "twice": {"other": 2}
}"""

PLACES = {
    "": (1, 1),
    "/sources": (2, 14),
    "/sources/0": (3, 5),
    "/sources/0/filter": (3, 16),
    "/sources/0/filter/a~1b": (3, 24),
    "/sources/0/filter/m~0n": (3, 34),
    "/sources/0/filter/m~0n/1": (3, 41),
    "/sources/1": (4, 5),
    "/sources/2/a~1": (4, 29),
    "/twice": (7, 12),
    "/twice/other": (7, 22),
    # What does not exist is found at its nearest ancestor.
    "/twice/inner": (7, 12),
    "/twice/other/deeper": (7, 22),
    "/sources/00": (2, 14),
    "/sources/-": (2, 14),
    "/sources/3/name": (2, 14),
    "/missing": (1, 1),
}


@pytest.mark.parametrize(("pointer", "place"), PLACES.items())
def test_locate(pointer, place):
    """A pointer leads to the value, the last one of duplicate keys, or to an ancestor."""
    assert locate(TEXT, pointer) == Position(*place)


def test_locate_all():
    """Many pointers are found by one scan, in the order in which they were asked for."""
    assert locate_all(TEXT, PLACES) == list(PLACES.values())


def test_position_counts_characters():
    """Columns count characters from 1, whatever their bytes, and lines end at a newline only."""
    text = "é\u2028\U0001f600x\r\ny"
    assert position(text, text.index("x")) == (1, 4)
    assert position(text, text.index("y")) == (2, 1)


def test_surrogate_key():
    """A key that holds half of a surrogate pair does not stop the scan."""
    assert locate('{"\\ud800": 1, "a": 2}', "/a") == (1, 20)


def test_key_that_is_no_json():
    """A key with an escape that does not exist, or no string at all, is stepped over."""
    assert locate(r'{"\x": 1, 5: 2, "a": 3}', "/a") == (1, 22)


def test_tokens():
    """Strings are one token with their escapes; an unfinished one reaches to the end."""
    assert list(tokens(' {"a\\"": -1e5,\n[nul"b\\')) == [
        (1, "{"),
        (2, '"a\\""'),
        (7, ":"),
        (9, "-1e5"),
        (13, ","),
        (15, "["),
        (16, "nul"),
        (19, '"b'),
        (21, "\\"),
    ]


def _pointers(value, pointer=""):
    """Yield the pointer of each value in a JSON value, with the value."""
    yield pointer, value
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _pointers(member, f"{pointer}/{escape_pointer(key)}")
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from _pointers(element, f"{pointer}/{index}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None)
@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_every_value_is_found(value, indent, ascii_only):
    """Reading on from the place of any pointer gives the value that the pointer means."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    lines = text.split("\n")
    for pointer, expected in _pointers(value):
        line, column = locate(text, pointer)
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == expected


@settings(derandomize=True, deadline=None)
@given(st.text(alphabet='{}[],:"\\ua1 \n'), st.text(alphabet="/a1~0"))
def test_any_text_is_survived(text, pointer):
    """Text that is not JSON gives some place inside of it, and never an exception."""
    line, column = locate(text, pointer)
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1


@pytest.mark.parametrize("unit", ["[", '"', '"\\', "\\", '{"a":', '{"a":1,', "]"])
def test_scan_is_linear(unit):
    """Eight times the text takes about eight times as long, not sixty-four times."""

    def seconds(count):
        start = time.process_time()
        locate(unit * count, "/a")
        return time.process_time() - start

    small = min(seconds(4_000) for _ in range(3))
    assert min(seconds(32_000) for _ in range(2)) < 30 * max(small, 0.001)


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ('{"s": "a", "t": 1}', '{"s": xxx, "t": 1}'),
        ('{"s" :\n {"a": [1,\n2]}, "t": "s"}', '{"s" :\n xxxxxxxxx\nxxx, "t": "s"}'),
        ('[{"\\u0073": [[]]}, {"s": []}]', '[{"\\u0073": xxxx}, {"s": xx}]'),
        ('{"s": {"a": "b', '{"s": xxxxxxxx'),
        ('{"s": "a\nb', '{"s": xx\nx'),
        ('{"s": ', '{"s": '),
        ('{"t": "s", "a": ["s"]}', '{"t": "s", "a": ["s"]}'),
        ("", ""),
    ],
)
def test_blot_hides_values_and_moves_nothing(text: str, blotted: str) -> None:
    """The values of a key go, in text that is not JSON too; every other place stays."""
    assert blot(text, ["s"]) == blotted
    assert len(blot(text, ["s"])) == len(text)
