"""Subscription documents: what loads, every problem of what does not, ids, and secrets."""

from egcore import Subscription
from tests.rules import source, subscription, target


def test_repr_holds_no_secrets() -> None:
    """A subscription shows its name; the details of its sources and targets are secret."""
    secret = {"password": "sentinel-7f3a"}
    document = subscription(sources=[source(detail=secret)], targets=[target(kafka_detail=secret)])
    loaded = Subscription.from_document(document)
    assert repr(loaded) == "<Subscription sub>"
    assert "sentinel" not in repr((loaded, loaded.sources, loaded.targets))
    assert loaded.document == document
