"""The memory of a process that routes without end: ``python -m tests.soak --time 3600``.

Also with ``--events``: routes that many, and prints the growth of its resident memory
after a warm-up. Needs nothing but the library.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from random import Random
from typing import Final

import egcore
from tests import generators

WARM_UP: Final = 20_000
MAX_GROWTH_MIB: Final = 1.0
BATCH: Final = 500


def resident_mib() -> float:
    """Return the resident memory of this process; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def route(router: egcore.Router, r: Random, events: int) -> None:
    """Process requests of good, bad and hostile events, and drop what comes of them."""
    for _ in range(events // 4):
        event = generators.events(r)
        body = json.dumps({"events": [event]}).encode()
        for delivery in router.process(body).deliveries:
            delivery.to_json()
        router.process(generators.mutate_bytes(r, [body]))
        router.process({"events": [event, generators.mutate_document(r, event)]})


def soak(events: int | None, seconds: float, seed: int = 1) -> tuple[int, float]:
    """Route so many events, or for so long; return how many, and the growth in MiB."""
    r = Random(seed)
    router = egcore.Router.from_documents(generators.subscriptions(r, 20))
    route(router, r, WARM_UP)
    before = resident_mib()
    done = 0
    end = time.monotonic() + seconds
    while done < events if events is not None else time.monotonic() < end:
        route(router, r, BATCH)
        done += BATCH
    return done, resident_mib() - before


def main() -> int:
    """Print what was found; status 1 when the memory grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--time", type=float, default=60, help="seconds")
    parser.add_argument("--events", type=int, help="so many events instead")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    done, growth = soak(arguments.events, arguments.time, arguments.seed)
    print(f"{done} events: {growth:+.2f} MiB")  # noqa: T201 # its report
    return 1 if growth > MAX_GROWTH_MIB else 0


if __name__ == "__main__":
    sys.exit(main())
