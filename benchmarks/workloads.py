"""Deterministic routing workloads: subscription documents and CloudEvents in six shapes.

``make("selective", 1_000, 200, seed=1)`` gives them in process; as a command they become
JSON Lines: ``subscriptions.jsonl``, ``events.jsonl`` (one event a line) and
``batches.jsonl`` (request bodies of up to 20 events)::

    python -m benchmarks.workloads SHAPE RULES EVENTS SEED OUT_DIR

Every filter starts with one exact ``source``, as the service demands. What else it holds:

selective
    type and data.region exact; 30 % add a subject prefix, 30 % a data.size range
mixed
    a random subset of type and data.region, with the same extras: many matches at many rules
residual
    a subject prefix (1,000 users) and a data.size range: nothing but the source to hash on
wide
    one source for all; 3 of 20 data fields exact: 1,140 different field sets
service
    eight filters seen in practice: exact name, prefix, suffix, NotIn, ranges, arrays,
    IsNotNull, several values
hostile
    one source for all; negative operators, IsNotNull and wide ranges: nothing selective

Every second event is derived from a random rule and so matches at least that one (in
hostile, where nearly everything matches, only its source is). Targets cycle through the
three transform types.

Equal arguments give equal bytes, on every Python: the order of the random draws is part
of the format, so figures measured years apart are about the same input. Some draws are
therefore made and dropped.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

Document = dict[str, Any]

ARGUMENTS: Final = "SHAPE RULES EVENTS SEED OUT_DIR"
BATCH_EVENTS: Final = 20  # spec section 2: events per request

ONE_SOURCE: Final = ("orders",)
SERVICES: Final = tuple(f"svc.{i:02d}" for i in range(50))
TYPES: Final = tuple(f"com.example.d{i % 20}.thing{i}.changed" for i in range(200))
REGIONS: Final = tuple(f"region-{i:03d}" for i in range(100))
WORDS: Final = tuple(f"value-{i:02d}" for i in range(20))
WIDE_FIELDS: Final = tuple(f"f{i:02d}" for i in range(20))
BUCKETS: Final = tuple(f"bucket-{i:04d}" for i in range(2000))
USERS: Final = tuple(f"user{i:03d}" for i in range(300))
TAGS: Final = ("a", "b", "c", "prod", "test", "gdpr", "hot", "cold")
SUFFIXES: Final = ("jpg", "png", "csv", "gz")
RANGE_WIDTHS: Final = (10, 50, 100, 200)


class Workload(NamedTuple):
    """Subscription documents and event objects, ready for a router; ids are all set."""

    subscriptions: list[Document]
    events: list[Document]

    def batches(self) -> Iterator[Document]:
        """Yield the events as request bodies of up to 20 events each."""
        for start in range(0, len(self.events), BATCH_EVENTS):
            yield {"events": self.events[start : start + BATCH_EVENTS]}


class Rule(NamedTuple):
    """A filter document, and the attributes and data members that make an event match it."""

    filter: Document
    attributes: Document
    data: Document


class Shape(NamedTuple):
    """What sets one shape apart: its sources, its events' data and subjects, its rules."""

    sources: Sequence[str]
    data: Callable[[Random, Document, str], Document]
    subject: Callable[[Random, str, int], str]
    rule: Callable[[Random, Document, int], Rule]


def make(shape: str, rules: int, events: int, seed: int | str) -> Workload:
    """Make the workload of these arguments: always the same one.

    ``shape`` is a key of ``SHAPES``; ``rules`` is at least 1 and ``events`` at least 0.

    Raises:
        ValueError: an unknown shape or a count out of range.

    >>> load = make("wide", rules=3, events=2, seed=7)
    >>> load.subscriptions[0]["name"], load.events[0]["source"]
    ('sub-0', 'orders')
    """
    if shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}; the shapes are {', '.join(SHAPES)}")
    if rules < 1:
        raise ValueError(f"rules must be at least 1, not {rules}")
    if events < 0:
        raise ValueError(f"events must be at least 0, not {events}")
    random = Random(f"{shape}/{seed}")
    made = [_rule(SHAPES[shape], random, number) for number in range(rules)]
    return Workload(
        [_subscription(number, rule.filter) for number, rule in enumerate(made)],
        list(_events(SHAPES[shape], random, made, events)),
    )


def write(workload: Workload, folder: Path) -> None:
    """Write the three JSON Lines files of a workload into a folder, made when absent."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "subscriptions.jsonl", workload.subscriptions)
    _write_lines(folder / "events.jsonl", workload.events)
    _write_lines(folder / "batches.jsonl", workload.batches())


def _write_lines(path: Path, documents: Iterable[Document]) -> None:
    encode = json.JSONEncoder(separators=(",", ":")).encode
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(encode(document) + "\n" for document in documents)


# Events: what all shapes have in common, then what is their own.


def _events(shape: Shape, random: Random, rules: Sequence[Rule], count: int) -> Iterator[Document]:
    for number in range(count):
        event = _event(shape, random, number)
        if number % 2 == 0:
            rule = rules[random.randrange(len(rules))]
            event.update(rule.attributes)
            event["data"].update(rule.data)
        yield event


def _event(shape: Shape, random: Random, number: int) -> Document:
    bucket, user = random.choice(BUCKETS), random.randrange(1000)
    data = shape.data(random, _plain_data(random, number), bucket)
    subject = shape.subject(random, bucket, user)
    return {
        "id": f"b25e1c4f-7a0d-4c0e-9a83-{number:012d}",
        "specversion": "1.0",
        "source": random.choice(shape.sources),
        "type": random.choice(TYPES),
        "datacontenttype": "application/json",
        "subject": subject,
        "time": "2025-01-02T03:04:05.678Z",
        "data": data,
    }


def _plain_data(random: Random, number: int) -> Document:
    return {
        "name": f"photo-{number}",
        "region": random.choice(REGIONS),
        "size": random.randrange(0, 1200),
        "price": round(random.random() * 100, 2),
        "ok": random.random() < 0.9,
    }


def _same_data(_random: Random, data: Document, _bucket: str) -> Document:
    return data


def _wide_data(random: Random, _data: Document, _bucket: str) -> Document:
    return {name: random.choice(WORDS) for name in WIDE_FIELDS}


def _service_data(random: Random, _data: Document, bucket: str) -> Document:
    def octet(low: int = 0, high: int = 255) -> int:
        return random.randint(low, high)

    return {
        "bucket": {"name": bucket, "region": random.choice(REGIONS[:5])},
        "object": {
            "key": f"in/{random.randint(0, 9999)}",
            "size": int(random.lognormvariate(9, 3)),
        },
        "user": {
            "name": random.choice(USERS),
            "ip": f"10.{octet()}.{octet()}.{octet(1, 254)}",
        },
        "tags": random.sample(TAGS, 3),
        "attempt": random.randint(0, 4),
    }


def _hostile_data(random: Random, data: Document, _bucket: str) -> Document:
    """Take the region away from a fifth of the events, for IsNotNull and StringNotIn."""
    if random.random() < 0.2:
        del data["region"]
    return data


def _user_subject(random: Random, _bucket: str, user: int) -> str:
    return f"/users/{user:03d}/items/{random.randrange(10000)}"


def _file_subject(random: Random, bucket: str, _user: int) -> str:
    folder, file = random.randint(0, 999), random.randint(0, 9999)
    return f"{bucket}/in/{folder}/file{file}.{random.choice(SUFFIXES)}"


# Rules: each is cut from an event of its own, so that its values do occur.


def _rule(shape: Shape, random: Random, number: int) -> Rule:
    return shape.rule(random, _event(shape, random, number), number)


def _condition(op: str, *values: object) -> Document:
    return {"op": op, "values": list(values)} if values else {"op": op}


def _greater_than(value: int) -> Document:
    return {"op": "NumberGreaterThan", "value": value}


def _equals(*values: str) -> list[Document]:
    return [_condition("StringIn", *values)]


def _size_range(random: Random) -> tuple[int, int]:
    low = random.randrange(0, 1000, 10)
    return low, low + random.choice(RANGE_WIDTHS)


def _selective_rule(random: Random, event: Document, _number: int) -> Rule:
    return _exact_rule(random, event, ("type", "region"), extras=0.3)


def _mixed_rule(random: Random, event: Document, _number: int) -> Rule:
    subsets = (("type", "region"), ("type", "region"), ("type",), ("region",), ())
    return _exact_rule(random, event, random.choice(subsets), extras=0.3)


def _residual_rule(random: Random, event: Document, _number: int) -> Rule:
    return _exact_rule(random, event, (), extras=None)


def _exact_rule(
    random: Random, event: Document, exact: Sequence[str], *, extras: float | None
) -> Rule:
    """Make a rule with these exact fields, and a subject prefix and a size range.

    ``extras`` is the share of rules that have each of the last two; None is all, undrawn.
    """
    filter_, attributes = _source_only(event)
    conditions: Document = {}
    data: Document = {}
    if "type" in exact:
        filter_["type"] = _equals(event["type"])
        attributes["type"] = event["type"]
    if "region" in exact:
        data["region"] = event["data"]["region"]
        conditions["region"] = _equals(data["region"])
    if extras is None or random.random() < extras:
        filter_["subject"] = [_condition("StringStartsWith", event["subject"][:11])]
        attributes["subject"] = event["subject"]
    if extras is None or random.random() < extras:
        low, high = _size_range(random)
        conditions["size"] = [_condition("NumberInRange", [low, high])]
        data["size"] = low
    if conditions:
        filter_["data"] = conditions
    return Rule(filter_, attributes, data)


def _source_only(event: Document) -> tuple[Document, Document]:
    """Give a filter on the event's source alone, and the attributes that match it."""
    return {"source": _equals(event["source"])}, {"source": event["source"]}


def _wide_rule(random: Random, event: Document, _number: int) -> Rule:
    filter_, attributes = _source_only(event)
    data = {name: event["data"][name] for name in sorted(random.sample(WIDE_FIELDS, 3))}
    filter_["data"] = {name: _equals(word) for name, word in data.items()}
    return Rule(filter_, attributes, data)


def _hostile_rule(random: Random, event: Document, _number: int) -> Rule:
    filter_, attributes = _source_only(event)
    low = random.randrange(0, 600)
    region, digit = random.choice(REGIONS), random.randrange(10)
    filter_["data"] = random.choice(
        (
            {"region": [_condition("StringNotIn", region)]},
            {"size": [_condition("NumberInRange", [low, low + 600])]},
            {"region": [_condition("IsNotNull")], "ok": [_condition("IsTrue")]},
            {
                "name": [_condition("StringNotStartsWith", f"photo-{digit}")],
                "size": [_greater_than(low)],
            },
        )
    )
    return Rule(filter_, attributes, {})


# The eight rules of the service shape: each adds its own to a filter on the source, and
# to the attributes, and returns the data that matches.

ServiceRule = Callable[[Random, Document, Document, Document], Document]


def _service_rule(random: Random, event: Document, number: int) -> Rule:
    filter_, attributes = _source_only(event)
    data = SERVICE_RULES[number % len(SERVICE_RULES)](random, event, filter_, attributes)
    return Rule(filter_, attributes, data)


def _one_type(event: Document, filter_: Document, attributes: Document) -> None:
    filter_["type"] = _equals(event["type"])
    attributes["type"] = event["type"]


def _one_bucket(_: Random, event: Document, filter_: Document, attributes: Document) -> Document:
    bucket = event["data"]["bucket"]
    _one_type(event, filter_, attributes)
    filter_["data"] = {"bucket": {"name": _equals(bucket["name"])}}
    return {"bucket": bucket}


def _one_folder(_: Random, event: Document, filter_: Document, attributes: Document) -> Document:
    folder = event["subject"].split("/")[0] + "/"
    _one_type(event, filter_, attributes)
    filter_["subject"] = [_condition("StringStartsWith", folder)]
    attributes["subject"] = event["subject"]
    return {}


def _tagged(_: Random, event: Document, filter_: Document, attributes: Document) -> Document:
    user = event["data"]["user"]
    _one_type(event, filter_, attributes)
    filter_["data"] = {"user": {"name": _equals(user["name"])}, "tags": _equals("prod")}
    return {"user": user, "tags": ["prod", "x"]}


def _sized(_: Random, event: Document, filter_: Document, _attributes: Document) -> Document:
    size = event["data"]["object"]["size"]
    filter_["data"] = {"object": {"size": [_condition("NumberInRange", [size, size + 50])]}}
    return {"object": event["data"]["object"]}


def _one_file(_: Random, event: Document, filter_: Document, attributes: Document) -> Document:
    suffix = _condition("StringEndsWith", event["subject"][-9:])
    filter_["subject"] = {"and": [suffix, _condition("StringStartsWith", "bucket-")]}
    attributes["subject"] = event["subject"]
    return {}


def _elsewhere(_: Random, event: Document, filter_: Document, _attributes: Document) -> Document:
    user, bucket = event["data"]["user"], event["data"]["bucket"]
    filter_["data"] = {
        "user": {"name": _equals(user["name"])},
        "bucket": {"region": [_condition("StringNotIn", bucket["region"])]},
    }
    return {"user": user, "bucket": {**bucket, "region": "elsewhere"}}


def _retried(_: Random, event: Document, filter_: Document, attributes: Document) -> Document:
    user = event["data"]["user"]
    _one_type(event, filter_, attributes)
    filter_["data"] = {
        "attempt": [_greater_than(3)],
        "user": {"name": [_condition("StringStartsWith", user["name"][:6])]},
    }
    return {"attempt": 4, "user": user}


def _two_buckets(
    random: Random, event: Document, filter_: Document, _attributes: Document
) -> Document:
    bucket = event["data"]["bucket"]
    filter_["data"] = {
        "bucket": {"name": _equals(bucket["name"], random.choice(BUCKETS))},
        "object": {"key": [_condition("IsNotNull")]},
    }
    return {"bucket": bucket}


SERVICE_RULES: Final[tuple[ServiceRule, ...]] = (
    _one_bucket,
    _one_folder,
    _tagged,
    _sized,
    _one_file,
    _elsewhere,
    _retried,
    _two_buckets,
)

SHAPES: Final = {
    "selective": Shape(SERVICES, _same_data, _user_subject, _selective_rule),
    "mixed": Shape(SERVICES, _same_data, _user_subject, _mixed_rule),
    "residual": Shape(SERVICES, _same_data, _user_subject, _residual_rule),
    "wide": Shape(ONE_SOURCE, _wide_data, _user_subject, _wide_rule),
    "service": Shape(SERVICES, _service_data, _file_subject, _service_rule),
    "hostile": Shape(ONE_SOURCE, _hostile_data, _user_subject, _hostile_rule),
}


# Subscriptions: the documents around the filters.

TRANSFORMS: Final[tuple[Document, ...]] = (
    {"type": "ORIGINAL"},
    {"type": "CONSTANT", "value": "tick"},
    {
        "type": "VARIABLE",
        "value": json.dumps({"id": "$.id", "who": "$.subject", "what": "$.data"}),
        "template": '{"id":"${id}","who":"${who}","what":${what}}',
    },
)


def _subscription(number: int, filter_: Document) -> Document:
    source = {
        "id": f"{number:031x}0",
        "name": filter_["source"][0]["values"][0],
        "provider_type": "CUSTOM",
        "filter": filter_,
    }
    target = {
        "id": f"{number + 1:032x}",
        "name": "HTTPS",
        "provider_type": "CUSTOM",
        "detail": {"url": f"https://example.com/{number}"},
        "transform": dict(TRANSFORMS[number % len(TRANSFORMS)]),
    }
    return {
        "id": f"{number:032x}",
        "name": f"sub-{number}",
        "channel_id": "default-channel",
        "status": "ENABLED",
        "sources": [source],
        "targets": [target],
    }


def main(arguments: Sequence[str]) -> int:
    """Write one workload as the command line says; the exit status is 2 for a bad one."""
    if len(arguments) != len(ARGUMENTS.split()):
        print(f"usage: python -m benchmarks.workloads {ARGUMENTS}", file=sys.stderr)
        return 2
    shape, rules, events, seed, folder = arguments
    try:
        workload = make(shape, int(rules), int(events), seed)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    write(workload, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
