"""Transforms: what loads, every problem of what does not, and the bodies they render."""

import pytest

from egcore import EVENTGRID, HostError, Transform, parse_event
from tests.rules import event


def test_full_stack_while_rendering() -> None:
    """A stack that fills up while a body is rendered is a HostError without the event."""

    class Deep:
        content_type = "text/plain"

        def render(self, _: object) -> bytes:
            raise RecursionError

    transform = Transform(("ORIGINAL", None, None), Deep(), EVENTGRID)
    with pytest.raises(HostError) as caught:
        transform.render(parse_event(event()))
    assert caught.value.__context__ is None
