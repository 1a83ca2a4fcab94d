"""Problems, the exceptions that carry them, and the words that may be said of events."""

from collections import OrderedDict
from http import HTTPStatus

import pytest

from egcore import errors


@pytest.mark.parametrize(
    ("key", "token"),
    [
        ("plain", "plain"),
        ("a/b~c", "a~1b~0c"),
        ("~1", "~01"),
        ("é😀", "é😀"),
        ("a\ud800/\udfff", "a\ufffd~1\ufffd"),
        ("", ""),
    ],
)
def test_escape_pointer_follows_rfc_6901(key: str, token: str) -> None:
    """A tilde becomes ~0, a slash ~1, and half of a surrogate pair a replacement character."""
    assert errors.escape_pointer(key) == token


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a boolean"),
        (False, "a boolean"),
        ("", "an empty string"),
        ("abc", "a string of 3 characters"),
        (0, "a number"),
        (1.5, "a number"),
        ({}, "an empty object"),
        ({"a": 1}, "an object of 1 members"),
        ([], "an empty array"),
        ([1, 2], "an array of 2 elements"),
        (b"", "a Python bytes"),
        (OrderedDict(a=1), "a Python OrderedDict"),
        (HTTPStatus.OK, "a Python HTTPStatus"),
    ],
)
def test_kind_tells_type_and_length_only(value: object, words: str) -> None:
    """The words name no value; a subclass, which is not a JSON type, goes by its own name."""
    assert errors.kind(value) == words
