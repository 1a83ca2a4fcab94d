"""Problems, the exceptions that carry them, and the words that may be said of events."""

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
