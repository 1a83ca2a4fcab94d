"""How long does a request of 20 events take, from bytes to rendered deliveries?"""

import json

import pytest

from benchmarks.scenes import scene

shapes = pytest.mark.parametrize("shape", ["selective", "mixed"])


@shapes
def test_yard(benchmark, shape, scale):
    """json.loads of the requests: the unit of the other."""
    benchmark.group = f"process {shape}"
    bodies = scene(shape, scale.process_rules).bodies
    assert len(benchmark(lambda: [json.loads(body) for body in bodies])) == len(bodies)


@shapes
def test_process(benchmark, shape, scale):
    """Process requests; the deliveries of the first are the oracle's, body by body."""
    benchmark.group = f"process {shape}"
    stage = scene(shape, scale.process_rules)
    router, bodies = stage.router, stage.bodies
    outcomes = benchmark(lambda: [router.process(body) for body in bodies])
    stage.check_outcome(outcomes[0], bodies[0])
