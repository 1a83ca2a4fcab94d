"""CloudEvents over HTTP: the modes, the headers, the body."""

from ctypes import c_char
from typing import Any

from egcore.http import parse_http
from egcore.limits import CLOUDEVENTS

REQUIRED = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}


def test_a_body_of_any_buffer_shape_is_its_bytes() -> None:
    """A view of a single C value has bytes and no length."""
    body: Any = memoryview(c_char(b"5")).cast("B")
    scalar = memoryview(c_char(b"5"))
    assert scalar.ndim == 0
    assert parse_http(REQUIRED, scalar, limits=CLOUDEVENTS) == parse_http(
        REQUIRED, body, limits=CLOUDEVENTS
    )
