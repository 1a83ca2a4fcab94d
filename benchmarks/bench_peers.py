"""How do other engines do with the same rules and events, side by side? A dict in, names out."""

import pytest

from benchmarks.peers import PEERS
from benchmarks.scenes import WrongResultError, scene
from benchmarks.workloads import SHAPES

ABLE = [
    pytest.param(peer, shape, id=f"{peer.name}-{shape}")
    for peer in PEERS
    for shape in SHAPES
    if peer.objection(shape) is None
]
"""Every peer that is installed, with the shapes that its language can say."""


@pytest.mark.parametrize("shape", SHAPES)
def test_egcore(benchmark, shape, few):
    """Check a dict and match it, by egcore."""
    benchmark.group = f"peers {shape} {few}"
    stage = scene(shape, few)
    matcher, events = stage.matcher, stage.members[:20]
    assert len(benchmark(lambda: [matcher.match(event) for event in events])) == len(events)


if ABLE:  # without peers there is nothing to run, and no test to skip

    @pytest.mark.parametrize(("peer", "shape"), ABLE)
    def test_peer(benchmark, peer, shape, few):
        """Match a dict by another engine; one whose answers are not the oracle's is not timed."""
        benchmark.group = f"peers {shape} {few}"
        stage = scene(shape, few)
        match = peer.build(stage.filters)
        try:
            stage.check(match)
        except WrongResultError as error:
            pytest.skip(f"{peer.name} gives wrong answers: {error}")
        events = stage.members[:20]
        assert len(benchmark(lambda: [match(event) for event in events])) == len(events)
