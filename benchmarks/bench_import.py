"""How long does ``import egcore`` take, above the bare interpreter?"""

from benchmarks.measure import probe


def test_import(benchmark):
    """Import egcore in fresh interpreters; the figure is in the extra info."""
    benchmark.group = "import"
    times = []
    benchmark.pedantic(lambda: times.append(probe("import")["seconds"]), rounds=5)
    benchmark.extra_info["median seconds of the import alone"] = sorted(times)[len(times) // 2]
    assert min(times) > 0
