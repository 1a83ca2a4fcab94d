"""How long does strict reading take, beside parsers that check less?"""

import pytest

from benchmarks.clock import REFERENCE_EVENT
from benchmarks.measure import EVENT_SIZES, decoders
from benchmarks.scenes import sized_event

READERS = list(decoders(REFERENCE_EVENT))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("size", EVENT_SIZES)
def test_read(benchmark, name, size):
    """Read an event; every reader was compared with json.loads before."""
    benchmark.group = f"decode {size} bytes"
    text = REFERENCE_EVENT if size == len(REFERENCE_EVENT) else sized_event(size)
    subject = decoders(text)[name]
    benchmark.extra_info["items"] = subject.items
    assert benchmark(subject.run) is not None
