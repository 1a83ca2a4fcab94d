"""What a fuzzer begins with: the inputs of the tests, as the bytes of ``fuzz_inputs``."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

from tests import generators, hostile_cases
from tests.trust.fuzz_inputs import written

ROOT: Final = Path(__file__).parent.parent.parent
DATA: Final = ROOT / "tests" / "data"
SAMPLES: Final = ROOT / "docs" / "samples"
SUITE: Final = (
    Path(os.environ.get("EGCORE_SHARED", ROOT.parent / "shared"))
    / "suites"
    / "JSONTestSuite"
    / "test_parsing"
)
"""The JSON test suite, which need not be there."""
MOST_BYTES: Final = 70_000
DRAWN: Final = 15
"""Inputs of each kind from the generators."""
EVENT: Final = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}


def seeds() -> list[bytes]:
    """Give the inputs, each once, in an order that is always the same."""
    found = (*_hostile(), *_vectors(), *_tables(), *_samples(), *_suite(), *_drawn())
    return [each for each in dict.fromkeys(found) if len(each) <= MOST_BYTES]


def lay_out(folder: Path) -> int:
    """Write each input into a file that is named by its hash; return how many there are."""
    found = seeds()
    for data in found:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len(found)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _document(name: str) -> Any:
    return json.loads((DATA / name).read_text("utf-8"))


def _hostile() -> Iterator[bytes]:
    """The catalogue of hostile inputs, as events and as templates."""
    for case in (*hostile_cases.parse_cases(), *hostile_cases.event_cases()):
        yield written("parse_event", case.raw)
    for time in hostile_cases.timestamp_cases():
        yield written("route", _json({**EVENT, "time": time.text}))
    for each in hostile_cases.template_cases():
        yield _render({**EVENT, "data": each.variables}, each.template, each.variables)


def _render(event: Any, template: str, names: Any) -> bytes:
    paths = [word.encode() for name in names for word in (name, f"$.data.{name}")]
    return written("render", _json(event), template.encode(), *paths)


def _vectors() -> Iterator[bytes]:
    """The documented examples: events, and filters and transforms with theirs."""
    vectors = _document("vectors.json")
    events = vectors["events"]
    for event in events.values():
        yield written("parse_event", _json(event))
        yield written("process", _json({"events": [event]}))
        yield written("parse_batch", _json([event, event]))
    for case in vectors["filters"]:
        if "filter" in case:
            yield written("match", _json(case["filter"]), _json(events[case["event"]]))
    for case in vectors["transforms"]:
        if "transform" in case:
            yield written("transform", _json(case["transform"]))


def _tables() -> Iterator[bytes]:
    """Operators, paths, templates and bad documents from the tables of behaviour."""
    for row in _document("operator_table.json"):
        condition = {"op": row["op"], **row["operand"]}
        text = _json({"source": source_field(), "data": {"a": [condition]}})
        for case in row["cases"][:8]:
            yield written("match", text, _json({**EVENT, "data": {"a": case.get("input")}}))
    paths = _document("jsonpath.json")
    for row in (*paths["definite"], *paths["lists"], *paths["wide"]):
        event = _json({**EVENT, "data": row["document"]})
        yield written("render", event, b'{"x":${a}}', b"a", row["path"].encode())
    for refused in paths["refused"]:
        yield written("variable", b"${a}", b"a", refused["path"].encode("utf-8", "surrogatepass"))
    templates = _document("templates.json")
    for row in templates["cases"]:
        yield _render({**EVENT, "data": templates["values"]}, row["template"], templates["values"])
    yield from _bad_documents()


def source_field() -> list[dict[str, Any]]:
    """Give a good field for ``source``, without which there is no filter."""
    return [{"op": "StringIn", "values": [EVENT["source"]]}]


def _bad_documents() -> Iterator[bytes]:
    for kind in ("filter", "transform", "subscription"):
        for row in _document(f"bad_{kind}s.json"):
            found = row.get("document", row.get("whole"))
            if found is not None:
                yield written(kind, found.encode() if isinstance(found, str) else _json(found))


def _samples() -> Iterator[bytes]:
    """The rules and events of the README."""
    events = (SAMPLES / "events.jsonl").read_bytes().splitlines()
    for line in events:
        yield written("explain", line)
        yield written("parse_http", b"content-type", b"application/cloudevents+json", b"", line)
    rules = (SAMPLES / "subscriptions.jsonl").read_bytes().splitlines()
    yield written("rule set", *rules[:3])
    yield from (written("subscription", line) for line in rules)


def _suite() -> Iterator[bytes]:
    for path in sorted(SUITE.glob("*.json")):
        yield written("parse_event", path.read_bytes())


def _drawn() -> Iterator[bytes]:
    """Some of every kind from the generators."""
    r = Random("corpus")
    for _ in range(DRAWN):
        event, document = generators.pair(r)
        (subscription,) = generators.subscriptions(r, 1)
        transform = generators.transforms(r, event)
        yield written("match", _json(document), _json(event))
        yield written("filter set", _json(document), _json(generators.filters(r)))
        yield written("rule set", _json(subscription))
        for call, value in (
            *(("filter", document), ("transform", transform), ("subscription", subscription)),
            *(("parse_event", event), ("process", {"events": [event]})),
        ):
            for kind in (call, f"{call} as text", f"{call} as value"):
                yield written(kind, _json(value))
        yield written("constant", str(transform.get("value")).encode())
        yield from _messages(event)
    yield from _others()


def _messages(event: Any) -> Iterator[bytes]:
    text = _json(event)
    binary = [b"ce-specversion", b"1.0", b"ce-id", b"1", b"ce-source", b"s", b"ce-type", b"t"]
    batch = [b"Content-Type", b"application/cloudevents-batch+json"]
    yield written("parse_http", *binary, b"", _json(event.get("data")))
    yield written("parse_http_batch", *batch, b"", b"[" + text + b"]")
    yield written("parse_batch as text", b"[" + text + b"," + text + b"]")
    yield written("route as text", text)


def _others() -> Iterator[bytes]:
    document = {"source": source_field()}
    yield written("precheck as value", _json({"sources": [{"source_name": "s"}]}))
    yield written("new as value", _json({"data": [1], "extensions": {"a": 1}}))
    yield written("limits as value", _json({"nesting": 3, "event_bytes": 100}))
    yield written("matcher as value", _json({"a": document}))
    yield written("router as value", b"[]")
    yield written("parse_request as text", b'{"events":[]}')
    yield written("explain as text", _json(EVENT))
    yield written("process", b'{"events":[]}')
    yield written("parse_request", b'{"events":[]}')
