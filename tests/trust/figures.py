"""What a figure is, and how volume is spread over processes.

A figure is a function from a ``Budget`` to a ``Figure``. Most are made by ``Volume``:
chunks of work, each a function of a ``random.Random`` seeded by (seed, figure, chunk)
and of nothing else, so that any chunk can be run again by itself.
"""

import multiprocessing
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Self

CHUNK_SECONDS = 180
"""A chunk takes about a second; one that takes this long hangs, which is a failure."""
MAX_FAILURES = 5


class Figure(NamedTuple):
    """One line of the table. It holds when there are no failures."""

    name: str
    what: str
    target: str
    reached: str
    seconds: float
    failures: list[str]
    is_skipped: bool = False

    @property
    def verdict(self) -> str:
        """``ok`` or ``FAIL``; ``skipped`` when ``reached`` says why it did not run."""
        if self.is_skipped:
            return "skipped"
        return "FAIL" if self.failures else "ok"


@dataclass
class Tally:
    """What chunks of work came to: how much was done, of which kinds, and what failed."""

    count: int = 0
    counters: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take another tally's work into this one."""
        self.count += other.count
        self.counters += other.counters
        self.failures += other.failures

    def share(self, name: str) -> float:
        """Return a counter as a share of the count."""
        return self.counters[name] / max(self.count, 1)


def random_of(seed: str, figure: str, chunk: int) -> Random:
    """Return the generator of one chunk; text seeds do not depend on the hash seed."""
    return Random(f"{seed}/{figure}/{chunk}")


def _run_chunk(figure: str, seed: str, chunk: int) -> Tally:
    """Run one chunk in a worker; the table is found by name, so only names travel."""
    from tests.trust.table import VOLUMES

    tally = Tally()
    VOLUMES[figure].chunk(random_of(seed, figure, chunk), tally)
    for failure in tally.failures:
        failure["seed"] = f"{seed}/{figure}/{chunk}"
    return tally


class Workers:
    """A pool of processes, made again when one of them dies or hangs."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.jobs, multiprocessing.get_context("spawn"))

    def chunks(self, figure: str, seed: str) -> Iterator[Tally]:
        """Yield the tallies of chunk 0, 1, 2 … in order, for as long as they are asked for."""
        waiting: deque[tuple[int, Future[Tally]]] = deque()
        following = 0
        while True:
            while len(waiting) <= self.jobs:
                future = self._pool.submit(_run_chunk, figure, seed, following)
                waiting.append((following, future))
                following += 1
            yield self._result(*waiting.popleft(), f"{seed}/{figure}")

    def _result(self, chunk: int, future: "Future[Tally]", name: str) -> Tally:
        try:
            return future.result(CHUNK_SECONDS)
        except BrokenProcessPool:
            what = "a worker process died"
        except TimeoutError:
            what = f"the chunk took more than {CHUNK_SECONDS} seconds"
        self.close()
        self._pool = self._fresh()
        return Tally(failures=[{"what": what, "seed": f"{name}/{chunk}"}])

    def close(self) -> None:
        """End the pool's processes, hanging ones too."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Budget:
    """How much a figure may do: its CI count, or as much as fits in ``seconds``."""

    seed: str
    workers: Workers
    seconds: float | None
    keep: Callable[[dict[str, Any]], str]
    """Write a failure as a case file; return what to print of it."""

    def goes_on(self, count: int, target: int, began: float) -> bool:
        """Whether there is more to do."""
        if self.seconds is None:
            return count < target
        return time.monotonic() - began < self.seconds

    def target(self, count: int) -> str:
        """Say what a figure has to reach."""
        return f"0 in {count:,}" if self.seconds is None else "0"


@dataclass(frozen=True)
class Volume:
    """A figure made of chunks. ``judge`` says what is wrong with a tally as a whole.

    ``weight`` is its share of a run of a chosen time.
    """

    name: str
    what: str
    ci: int
    chunk: Callable[[Random, Tally], None]
    weight: float = 1.0
    judge: Callable[[Tally], list[str]] = lambda _: []

    def __call__(self, budget: Budget) -> Figure:
        """Run chunks until the budget is spent, or something failed often enough."""
        total, began = Tally(), time.monotonic()
        for part in budget.workers.chunks(self.name, budget.seed):
            total.add(part)
            show_progress(f"{self.name}: {total.count:,} of {self.ci:,}")
            enough = len(total.failures) >= MAX_FAILURES
            if enough or not budget.goes_on(total.count, self.ci, began):
                break
        failures = [budget.keep(each) for each in total.failures[:MAX_FAILURES]]
        reached = f"{len(total.failures)} in {total.count:,}"
        seconds = time.monotonic() - began
        failures += self.judge(total)
        return Figure(self.name, self.what, budget.target(self.ci), reached, seconds, failures)


def show_progress(text: str) -> None:
    """Show what is going on, in one line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
