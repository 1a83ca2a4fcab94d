"""Strict JSON: what is refused, how deep, how long, and what of it is told."""

from egcore.decoding import decode


class Text(str):
    """A string that is not exactly a str, and lies."""

    __slots__ = ()

    def encode(self, *_: object, **__: object) -> bytes:  # type: ignore[override] # it lies
        """Give other characters."""
        return b"[]"


def test_a_subclass_of_str_is_read_as_its_characters() -> None:
    """A StrEnum member or a marked-up string is text like any other."""
    decoded = decode(Text('{"a":1}'))
    assert decoded == ({"a": 1}, '{"a":1}')
    assert type(decoded.text) is str
