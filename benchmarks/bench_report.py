"""Does every measurement of the report work? Once for life, at the smallest scale."""

import pytest

from benchmarks.measure import QUESTIONS, ask
from benchmarks.scales import SCALES


@pytest.mark.parametrize("question", QUESTIONS)
def test_question(question):
    """Each question of the report gives figures, and how fast the machine was."""
    found = list(ask(question, SCALES["life"]))
    assert len(found) > 1
    assert all(each.value > 0 or each.unit == "bytes" for each in found)
    assert (found[-1].question, found[-1].shape) == ("speed", question)
