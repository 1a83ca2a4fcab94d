"""Matchers: named filters, their order, their changes, and wrong calls."""

import pytest

from egcore import Matcher, UsageError
from tests.rules import SOURCE


@pytest.mark.parametrize("name", [[], ([],), {}], ids=repr)
def test_names_must_be_hashable(name: object) -> None:
    """A name that cannot be looked up is a wrong call, and is in no matcher."""
    matcher = Matcher({"a": {"source": SOURCE}})
    assert name not in matcher
    with pytest.raises(UsageError, match="hashable"):
        matcher.with_filter(name, {"source": SOURCE})
    with pytest.raises(UsageError, match="no filter of that name"):
        matcher.without(name)
