"""Does every measurement of the report work? Once for life, at the smallest scale."""

import pytest

from benchmarks.measure import QUESTIONS
from benchmarks.measurements import LeftOut
from benchmarks.scales import SCALES


@pytest.mark.parametrize("question", QUESTIONS)
def test_question(question):
    """Each question of the report gives figures, times on the machine of the targets, too."""
    found = list(QUESTIONS[question](SCALES["life"]))
    assert not [each for each in found if isinstance(each, LeftOut)]
    assert found
    assert all((each.standard or 0) > 0 for each in found if each.unit == "s")
