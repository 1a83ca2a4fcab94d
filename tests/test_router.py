"""Routers: loading, processing, matching, routing, prechecks, digests, and the live router."""

import json

import pytest

from egcore import EVENTGRID, Router, SubscriptionError
from tests.rules import source, subscription


def test_warnings_do_not_hide_errors() -> None:
    """A document with more warnings than an exception keeps is refused for its one error."""
    bad = subscription("n", sources=[source(filter={"source": [{"op": "Nope"}], "type": 1})])
    text = json.dumps(bad).replace('"type": 1', ",".join(['"type": [{"op": "IsNull"}]'] * 130))
    with pytest.raises(SubscriptionError) as caught:
        Router.from_documents([subscription(), text], limits=EVENTGRID)
    assert [each.severity for each in caught.value.problems] == ["error"] + ["warning"] * 99
    assert caught.value.problems[0].pointer == "/1/sources/0/filter/source/0/op"
