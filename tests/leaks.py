"""Looking for what an exception must not hold: the input that it is about."""

import pickle
import traceback
from collections.abc import Iterator

from egcore.errors import EgcoreError

SENTINEL = "s3cr3t"


def reachable(error: BaseException) -> Iterator[str]:
    """Give every text that a logger could write of an exception, local variables aside."""
    yield str(error)
    yield repr(error)
    yield repr(error.args)
    yield repr(error.__dict__)
    yield "".join(traceback.format_exception(error))
    yield pickle.dumps(error).decode("latin-1")


def assert_silent(error: EgcoreError, sentinel: str = SENTINEL) -> None:
    """Hold that nothing came before the error, and that it does not tell the sentinel."""
    assert error.__context__ is None
    assert error.__cause__ is None
    assert error.problems
    # traceback.format_exception shows source lines of the test: look past the frames
    for text in reachable(error.with_traceback(None)):
        assert sentinel not in text
