"""The explaining evaluator, as a third opinion on filters and on bodies, where it exists."""

from importlib.util import find_spec
from typing import Any, Final

from egcore.events import Event
from egcore.limits import EVENTGRID, Limits

EXISTS: Final = find_spec("egcore.explain") is not None


def filter_holds(document: dict[str, Any], event: Event, limits: Limits) -> bool:
    """Whether the explanation of a filter says that it holds."""
    from egcore.explain import explain_filter

    return explain_filter(document, event, limits=limits).holds


def body(document: dict[str, Any], event: Event) -> bytes | None:
    """Give the body that the explanation of a transform shows."""
    from egcore.explain import explain_transform

    return explain_transform(document, event, limits=EVENTGRID).body
