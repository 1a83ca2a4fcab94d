"""What do loaded rules weigh, and what do they cost the garbage collector?

Weights are not times: they stand in the extra info of the benchmark, and in the report.
"""

import gc

import pytest

from benchmarks.measure import probe
from benchmarks.scenes import Scene
from benchmarks.workloads import make, write

KINDS = ["memory", "traced"]


@pytest.mark.parametrize("kind", KINDS)
def test_weight(benchmark, many, kind, tmp_path):
    """Weigh one subscription in a process of its own, by resident size and by allocation."""
    benchmark.group = f"memory {many}"
    write(make("selective", many, 1, 1), tmp_path)
    file = str(tmp_path / "subscriptions.jsonl")
    weights = benchmark.pedantic(lambda: probe(kind, file), rounds=1)
    benchmark.extra_info.update(weights)
    assert kind == "memory" or 0 < weights["index"] < weights["subscription"]


def test_full_collection(benchmark, many):
    """Collect all garbage with the rules loaded."""
    benchmark.group = f"collection {many}"
    router = Scene("selective", many).router
    gc.collect()
    benchmark(gc.collect)
    assert len(router.subscriptions) == many


def test_slowest_requests(benchmark, many, scale, tmp_path):
    """Take the percentiles of single requests in a process of its own."""
    benchmark.group = f"latency {many}"
    write(make("selective", many, 200, 1), tmp_path)
    files = [str(tmp_path / name) for name in ("subscriptions.jsonl", "batches.jsonl")]
    found = benchmark.pedantic(lambda: probe("pauses", *files, str(scale.requests)), rounds=1)
    benchmark.extra_info.update(found)
    assert 0 < found["p50"] <= found["p99.9"] <= found["worst"]
