"""Measurements that need a process of their own: memory, pauses, import.

    python -m benchmarks.probes import
    python -m benchmarks.probes (memory | traced) SUBSCRIPTIONS
    python -m benchmarks.probes pauses SUBSCRIPTIONS BATCHES COUNT

prints one JSON object. What else a program holds would be in these figures.
"""

import gc
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final

PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "worst": 1.0}


def probe_import() -> dict[str, float]:
    """Time ``import egcore`` in this fresh interpreter."""
    start = process_time()
    import egcore  # noqa: F401 # importing it is the point

    return {"seconds": process_time() - start}


def probe_memory(subscriptions: Path) -> dict[str, float]:
    """Weigh loaded subscriptions, and the index among them, by the process's resident size."""
    return _weigh(subscriptions, _resident_bytes)


def probe_traced(subscriptions: Path) -> dict[str, float]:
    """Weigh them by what Python's allocator handed out: less noise, and less than the truth."""
    import egcore  # noqa: F401 # not to be counted

    tracemalloc.start()
    return _weigh(subscriptions, lambda: tracemalloc.get_traced_memory()[0])


def _weigh(path: Path, size: Callable[[], int]) -> dict[str, float]:
    import egcore

    bare = _settled(size)
    loaded = [egcore.Subscription.from_document(line) for line in _lines(path)]
    with_subscriptions = _settled(size)
    router = egcore.Router.from_documents(loaded)
    count = len(loaded)
    del loaded
    with_index = _settled(size)
    assert len(router.subscriptions) == count
    return {
        "subscription": (with_index - bare) / count,
        "index": (with_index - with_subscriptions) / count,
    }


def probe_pauses(subscriptions: Path, batches: Path, requests: int) -> dict[str, float]:
    """Time full garbage collections with the rules loaded, and each of many requests.

    Requests are timed by the clock on the wall: waiting is what a pause is.
    """
    import egcore

    before = _collection_seconds()
    router = egcore.Router.from_documents(_lines(subscriptions))
    after = _collection_seconds()
    bodies = [line.encode() for line in _lines(batches)]
    for body in bodies:
        router.process(body)
    times = sorted(_process_times(router, bodies, requests))
    found = {
        name: times[min(len(times) - 1, int(len(times) * q))] for name, q in PERCENTILES.items()
    }
    return {"bare collection": before, "collection": after, **found}


def _process_times(router: Any, bodies: list[bytes], requests: int) -> Iterator[float]:
    for number in range(requests):
        body = bodies[number % len(bodies)]
        start = perf_counter()
        router.process(body)
        yield perf_counter() - start


def _collection_seconds() -> float:
    times = []
    for _ in range(5):
        start = process_time()
        gc.collect()
        times.append(process_time() - start)
    return median(times)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        for line in file:
            yield line.rstrip("\n")


def _settled(size: Callable[[], int]) -> int:
    gc.collect()
    return size()


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main(arguments: list[str]) -> int:
    """Run the probe that the arguments name."""
    name, paths, counts = arguments[0], arguments[1:3], arguments[3:]
    probes: dict[str, Callable[..., dict[str, float]]] = {
        "import": probe_import,
        "memory": probe_memory,
        "traced": probe_traced,
        "pauses": probe_pauses,
    }
    print(json.dumps(probes[name](*map(Path, paths), *map(int, counts))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
