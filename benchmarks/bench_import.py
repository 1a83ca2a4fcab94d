"""How long does ``import egcore`` take, above the bare interpreter?"""

from benchmarks.measure import probe


def test_import(benchmark, tmp_path):
    """Import egcore in fresh interpreters, compiled before; the figure is in the extra info."""
    benchmark.group = "import"
    compiled = str(tmp_path)
    times = [probe("import", compiled=compiled)["seconds"]]  # compiles
    benchmark.pedantic(
        lambda: times.append(probe("import", compiled=compiled)["seconds"]), rounds=5
    )
    benchmark.extra_info["median seconds of the import alone"] = sorted(times)[len(times) // 2]
    assert min(times) > 0
