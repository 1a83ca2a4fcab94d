"""Transforms: what loads, every problem of what does not, and the bodies they render."""

import pytest

from egcore import EVENTGRID, HostError, Transform, TransformError, codes, parse_event
from tests.rules import event, variable


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


def test_template_is_checked_without_variables() -> None:
    """What is wrong with a template is told although the variables cannot be read."""
    with pytest.raises(TransformError) as caught:
        Transform.from_document(variable("${a} ${}", "{"))
    assert [(each.code, each.pointer) for each in caught.value.problems] == [
        (codes.VARIABLES_SHAPE, "/value"),
        (codes.PLACEHOLDER, "/template"),
    ]
