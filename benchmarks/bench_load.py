"""How long do rules take to load, and one more or less among many?"""

import json

from benchmarks.scenes import scene
from benchmarks.workloads import make
from egcore import Matcher, Router

ROUNDS = 3


def test_yard(benchmark, many):
    """json.loads of the documents: the unit of the others."""
    benchmark.group = f"load {many}"
    texts = [json.dumps(document) for document in scene("selective", many).documents]
    assert len(benchmark(lambda: [json.loads(text) for text in texts])) == many


def test_router(benchmark, many):
    """Load parsed documents into a router that matches as the oracle does."""
    benchmark.group = f"load {many}"
    stage = scene("selective", many)
    documents = stage.documents
    router = benchmark.pedantic(lambda: Router.from_documents(documents), rounds=ROUNDS)
    places = {document["id"]: place for place, document in enumerate(documents)}
    stage.check(lambda event: [places[each.id] for each in router.match(event)])


def test_index(benchmark, many):
    """Put loaded filters into an index."""
    benchmark.group = f"load {many}"
    stage = scene("selective", many)
    filters = dict(enumerate(each.sources[0].filter for each in stage.router.subscriptions))
    matcher = benchmark.pedantic(lambda: Matcher(filters), rounds=ROUNDS)
    stage.check(matcher.match)


def test_one_more(benchmark, many):
    """Add one subscription; whoever reads the old router sees nothing of it."""
    benchmark.group = f"change {many}"
    router = scene("selective", many).router
    extra = make("selective", 1, 0, "extra").subscriptions[0] | {"id": "extra", "name": "extra"}
    longer = benchmark(lambda: router.with_subscription(extra))
    assert (len(router.subscriptions), len(longer.subscriptions)) == (many, many + 1)


def test_one_less(benchmark, many):
    """Remove one subscription; whoever reads the old router sees nothing of it."""
    benchmark.group = f"change {many}"
    router = scene("selective", many).router
    last = router.subscriptions[-1].id
    shorter = benchmark(lambda: router.without(last))
    assert (len(router.subscriptions), len(shorter.subscriptions)) == (many, many - 1)
