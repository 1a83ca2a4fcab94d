"""What any interpreter has to find: ``python -m tests.selfcheck``, one line of JSON.

Runs the documented examples, the operator table, the samples and some thousand random
pairs against the oracle, and prints how many it made with a digest over every result.
Needs nothing but the library, and no assert statement: ``-O`` drops those.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

import egcore
from egcore import CLOUDEVENTS, EVENTGRID, EgcoreError, Limits
from tests import generators, oracle
from tests.hostile_cases import event_cases, parse_cases
from tests.public_calls import SOURCE

ROOT: Final = Path(__file__).resolve().parent.parent
PAIRS: Final = 2_000


class Record:
    """A digest over results, with their number; what is not as expected is kept."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._digest = sha256()

    def note(self, kind: str, result: object) -> None:
        """Take one result into the digest."""
        self.counts[kind] += 1
        self._digest.update(f"{kind} {result!r}\n".encode("utf-8", "surrogatepass"))

    def check(self, kind: str, result: object, expected: object) -> None:
        """Take a result that has to be of this value."""
        self.note(kind, result)
        if result != expected:
            self.wrong.append(f"{kind} {self.counts[kind]}")

    def summary(self) -> str:
        """Give the line to print."""
        return json.dumps({**self.counts, "digest": self._digest.hexdigest()})


def _json(path: str) -> Any:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def _lines(path: str) -> list[Any]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def vectors(record: Record) -> None:
    """Run the documented examples."""
    found = _json("tests/data/vectors.json")
    for case in found["filters"]:
        event = found["events"][case["event"]]
        record.check("vectors", egcore.matches(case["filter"], event), case["match"])
    for case in found["transforms"]:
        body = egcore.Transform.from_document(case["transform"]).render(
            found["events"][case["event"]]
        )
        expected = case["result"]
        result = body.decode() if isinstance(expected, str) else json.loads(body)
        record.check("vectors", result, expected)


def operators(record: Record) -> None:
    """Run the operator table."""
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    for block in _json("tests/data/operator_table.json"):
        condition = {"op": block["op"], **block["operand"]}
        loaded = egcore.Filter.from_document({"source": SOURCE, "data": {"x": [condition]}})
        for case in block["cases"]:
            data = {"x": case["input"]} if "input" in case else {}
            record.check("operators", loaded.matches({**event, "data": data}), case["holds"])


def samples(record: Record) -> None:
    """Route the samples of the documentation."""
    router = egcore.Router.from_documents(_lines("docs/samples/subscriptions.jsonl"))
    outcome = router.process({"events": _lines("docs/samples/events.jsonl")})
    _note_outcome(record, "samples", outcome)
    record.note("samples", router.rules_digest)


def _note_outcome(record: Record, kind: str, outcome: egcore.Outcome) -> None:
    record.note(kind, outcome.document())
    for each in (*outcome.deliveries, *outcome.refused, *outcome.failed):
        record.note(kind, each.to_json())


def pairs(record: Record) -> None:
    """Match and render at random, and compare with the oracle."""
    r = Random(20)
    for number in range(PAIRS):
        preset, limits = ("eventgrid", EVENTGRID) if number % 2 else ("cloudevents", CLOUDEVENTS)
        document, event = generators.pair(r, preset)
        expected = oracle.matches(document, event)
        record.check("pairs", egcore.matches(document, event, limits=limits), expected)
    for _ in range(PAIRS // 3):
        event = generators.events(r)
        document = generators.transforms(r, event)
        parsed = egcore.parse_event(event)
        body = egcore.Transform.from_document(document).render(parsed)
        expected_body = oracle.render(document, event, parsed.original)
        is_same = body == expected_body or oracle.same_json(body, expected_body)
        record.note("bodies", body)
        record.check("bodies", is_same, expected=True)


def routing(record: Record) -> None:
    """Route random events through random subscriptions, and hostile ones to their refusals."""
    r = Random(21)
    router = egcore.Router.from_documents(generators.subscriptions(r, 40))
    record.note("routing", router.rules_digest)
    for _ in range(200):
        event = generators.events(r)
        _note_outcome(record, "routing", router.process_event(event))
        matched = [each.id for each in router.match(event)]
        record.check("routing", [each.id for each in router.explain(event).matched], matched)
    for _ in range(500):
        raw = generators.mutate_bytes(r, [json.dumps(generators.events(r)).encode()])
        _note_outcome(record, "routing", router.process_event(raw))


def hostile(record: Record) -> None:
    """Take the verdicts of the hostile cases, codes and messages included."""
    texts = [case.raw for case in (*parse_cases(), *event_cases())]
    texts += [b"[1 ,\n ]", b'{"a":1 , \t}', b"[,1]", b"[1,,2]", b'{"a":[1,]}', b'{"a":1,"b"}']
    for raw in texts:
        for limits in (EVENTGRID, CLOUDEVENTS):
            record.note("hostile", _verdict(egcore.parse_batch, raw, limits))
            record.note("hostile", _verdict(egcore.parse_event, raw, limits))


def _verdict(call: Callable[..., object], raw: bytes, limits: Limits) -> str:
    try:
        return repr(call(raw, limits=limits))
    except EgcoreError as error:
        return f"{type(error).__name__} {error}"


def main() -> int:
    """Print the line; status 1 with a list of what is wrong."""
    record = Record()
    for part in (vectors, operators, samples, pairs, routing, hostile):
        part(record)
    print(record.summary())  # noqa: T201 # its report
    for each in record.wrong[:20]:
        print(each, file=sys.stderr)  # noqa: T201 # its report
    return 1 if record.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
