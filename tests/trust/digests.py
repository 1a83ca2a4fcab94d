"""Figure "determinism": one fixed run gives one digest, in every process.

``python -m tests.trust.digests SEED ORDER`` prints the digest of the run: rules loaded in
an order that ORDER permutes, events matched, requests processed, bad documents refused
with their problems. Everything that depends on the order is sorted first.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from random import Random
from typing import Any, Final

import egcore
from tests import generators
from tests.trust.figures import Budget, Figure, show_progress

NAME: Final = "determinism"
RULES, EVENTS, SPOILED = 60, 300, 400
# (PYTHONHASHSEED, order of loading, options of the interpreter)
RUNS: Final[tuple[tuple[str, int, tuple[str, ...]], ...]] = (
    ("0", 0, ()),
    ("1", 0, ()),
    ("2", 0, ()),
    ("random", 0, ()),
    ("random", 1, ()),
    ("0", 2, ()),
    ("1", 3, ()),
    ("random", 0, ("-O",)),
    ("random", 4, ("-OO",)),
)
TIMEOUT: Final = 120


def digest(seed: str, order: int) -> str:
    """Return the digest of the fixed run."""
    r = Random(f"{seed}/{NAME}")
    documents = generators.subscriptions(r, RULES)
    filters = {str(n): generators.filters(r) for n in range(RULES)}
    events = [generators.events(r) for _ in range(EVENTS)]
    bodies = [generators.hostile_requests(r)[0] for _ in range(EVENTS // 10)]
    spoiled = [generators.mutate_document(r, documents[n % RULES]) for n in range(SPOILED)]
    names = list(filters)
    if order:
        Random(order).shuffle(documents)
        Random(order).shuffle(names)
    router = egcore.Router.from_documents(documents)
    matcher = egcore.Matcher({name: filters[name] for name in names})
    lines: list[Any] = [_event_lines(router, matcher, each) for each in events]
    lines += [_request_lines(router, each) for each in bodies]
    lines += [_problem_lines(each) for each in spoiled]
    # The digest of a rule set depends on its order, as it should.
    lines.append(egcore.Router.from_documents(_sorted(documents)).rules_digest)
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _sorted(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bring the documents back into the order that they were made in."""
    return sorted(documents, key=lambda each: int(each["name"].removeprefix("sub-")))


def _event_lines(
    router: egcore.Router, matcher: "egcore.Matcher[str]", event: dict[str, Any]
) -> list[Any]:
    outcome = router.process_event(event)
    delivered = sorted((each.delivery_id, each.body.decode()) for each in outcome.deliveries)
    return [delivered, sorted(matcher.match(event)), outcome.document()]


def _request_lines(router: egcore.Router, body: bytes) -> list[Any]:
    outcome = router.process(body)
    delivered = sorted(each.delivery_id for each in outcome.deliveries)
    return [delivered, outcome.unrouted, [each.to_json() for each in outcome.refused]]


def _problem_lines(document: Any) -> list[str]:
    """The problems in the order they are reported: that is part of the answer."""
    try:
        egcore.Subscription.from_document(document)
    except egcore.EgcoreError as error:
        return [type(error).__name__, *map(str, error.problems)]
    return []


def figure(budget: Budget) -> Figure:
    """Run the fixed run in processes of every kind; a deep run does it with more seeds."""
    began = time.monotonic()
    failures: list[str] = []
    count = 0
    while not failures and (count == 0 or budget.goes_on(count, len(RUNS), began)):
        seed = f"{budget.seed}/{count}"
        found = {run: _run(seed, *run) for run in RUNS}
        first = found[RUNS[0]]
        failures += [
            f"hash seed {run[0]}, order {run[1]}, {' '.join(run[2])} differs with seed {seed}"
            for run, each in found.items()
            if each != first or not each
        ]
        count += len(RUNS)
        show_progress(f"{NAME}: {count} runs")
    what = "same digest over hash seeds, load orders and -O"
    reached = f"{len(failures)} in {count}"
    seconds = time.monotonic() - began
    return Figure(NAME, what, budget.target(len(RUNS)), reached, seconds, failures)


def _run(seed: str, hash_seed: str, order: int, options: tuple[str, ...]) -> str:
    """Return the digest that a process of its own prints; "" when it fails."""
    command = [sys.executable, *options, "-m", "tests.trust.digests", seed, str(order)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    print(digest(sys.argv[1], int(sys.argv[2])))
