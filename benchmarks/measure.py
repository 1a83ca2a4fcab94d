"""The measurements of a report, question by question. Results are checked before they are timed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from benchmarks import peers
from benchmarks.clock import REFERENCE_EVENT, Subject, Timing, side_by_side, slowness
from benchmarks.measurements import SELF, YARD, LeftOut, Measurement
from benchmarks.scales import Scale
from benchmarks.scenes import SEED, Scene, WrongResultError, request_of, scene, sized_event
from benchmarks.workloads import SHAPES, Document, make, write
from egcore import EVENTGRID, UNDEFINED, Matcher, Router, Transform, parse_event, parse_request
from egcore.jsonpath import Steps, parse_path

Found = Iterator[Measurement | LeftOut]
ROOT: Final = Path(__file__).resolve().parent.parent
EVENT_SIZES: Final = (324, 1_800, 56_000)
PATHS: Final = ("$.data.name", "$.data.lines[3].price", "$.data.lines[*].id", "$..price")
THREE_SCALARS: Final[Document] = {
    "type": "VARIABLE",
    "value": json.dumps({"id": "$.id", "who": "$.subject", "name": "$.data.name"}),
    "template": '{"id":"${id}","who":"${who}","name":"${name}"}',
}
IMPORT_ROUNDS: Final = 11


# Match: many filters, one event


def match(scale: Scale) -> Found:
    """Time an event over the number of rules, in three entries: Event, dict, bytes."""
    for shape in SHAPES:
        for rules in scale.rules:
            yield from _match(scene(shape, rules), scale)


def _match(stage: Scene, scale: Scale) -> Found:
    matcher, count = stage.matcher, len(stage.events)
    stage.check(lambda event: matcher.match(parse_event(event)))
    subjects = {
        YARD: Subject(lambda: [json.loads(text) for text in stage.texts], count),
        "event": Subject(lambda: [matcher.match(event) for event in stage.events], count),
        "dict": Subject(lambda: [matcher.match(event) for event in stage.members], count),
        "text": Subject(lambda: [matcher.match(text) for text in stage.texts], count),
    }
    timed = side_by_side(subjects, YARD, seconds=scale.seconds, rounds=scale.rounds)
    place = (stage.shape, stage.rules)
    yield _timing("match text", YARD, *place, timed[YARD])
    for entry in ("event", "dict", "text"):
        yield _timing(f"match {entry}", SELF, *place, timed[entry], stage.matches)


def _timing(
    question: str,
    subject: str,
    shape: str,
    rules: int,
    timing: Timing,
    matches: float | None = None,
) -> Measurement:
    return Measurement(
        question,
        subject,
        shape,
        rules,
        timing.seconds,
        ratio=timing.ratio,
        matches=matches,
        standard=timing.standard,
    )


# Peers: the same rules and events, dict in


def match_peers(scale: Scale) -> Found:
    """Time the other engines beside egcore on the same dicts: checked, and as an Event."""
    for shape in SHAPES:
        able = [peer for peer in peers.PEERS if peer.objection(shape) is None]
        far = scale.far_loops if shape == "selective" else ()
        for rules in sorted({*scale.rules, *far}):
            chosen = [
                peer
                for peer in able
                if rules <= peer.most_rules
                and (peer.is_index or rules in scale.loops or rules in far)
            ]
            if chosen or rules in scale.loops:
                yield from _match_peers(scene(shape, rules), chosen, scale)


def _match_peers(stage: Scene, chosen: list[peers.Peer], scale: Scale) -> Found:
    matcher, count = stage.matcher, len(stage.events)
    subjects = {
        YARD: Subject(lambda: [json.loads(text) for text in stage.texts], count),
        SELF: Subject(lambda: [matcher.match(event) for event in stage.members], count),
        f"{SELF}, Event": Subject(lambda: [matcher.match(e) for e in stage.events], count),
    }
    for peer in chosen:
        find = peer.build(stage.filters)
        try:
            stage.check(find)
        except WrongResultError as error:
            yield LeftOut(peer.name, f"wrong answers: {error}")
            continue
        subjects[peer.name] = _events_within(find, stage.members, scale.seconds)
    timed = side_by_side(subjects, YARD, seconds=scale.seconds, rounds=scale.rounds)
    for name, timing in timed.items():
        if name != YARD:
            yield _timing("peers", name, stage.shape, stage.rules, timing, stage.matches)


def _events_within(
    find: Callable[[Document], object], events: list[Document], seconds: float
) -> Subject:
    """Take as many events as a loop gets through in its time, from 2 on."""
    start = perf_counter()
    find(events[0])
    count = int(seconds / max(perf_counter() - start, 1e-9))
    # An even number: every second event matches at least one rule.
    sample = events[: max(2, min(len(events), count // 2 * 2))]
    return Subject(lambda: [find(event) for event in sample], len(sample))


def objections() -> list[LeftOut]:
    """Name every peer that is not measured, and on which shapes, with the reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for peer in peers.PEERS:
        for shape in SHAPES:
            why = peer.objection(shape)
            if why is not None:
                found.setdefault((peer.name, why), []).append(shape)
    left_out = [
        (name if len(shapes) == len(SHAPES) else f"{name} on {', '.join(shapes)}", why)
        for (name, why), shapes in found.items()
    ]
    slow = [
        (f"{peer.name} above {peer.most_rules:,} rules", "it would take minutes")
        for peer in peers.PEERS
        if peer.version is not None and peer.most_rules < 100_000
    ]
    wanted = {"orjson": "orjson", "CloudEvents SDK": "cloudevents"}
    wanted |= {peer.name: peer.distribution for peer in peers.PATH_PEERS}
    absent = [(name, "not installed") for name, of in wanted.items() if not _is_installed(of)]
    return [LeftOut(*each) for each in (*left_out, *slow, *absent, *peers.NEVER)]


def _is_installed(distribution: str) -> bool:
    return peers.Peer("", distribution, "", lambda _: lambda _: []).version is not None


# Decode


def decode(scale: Scale) -> Found:
    """Time strict decoding with the attribute check beside parsers that check less."""
    for size in EVENT_SIZES:
        text = REFERENCE_EVENT if size == len(REFERENCE_EVENT) else sized_event(size)
        timed = side_by_side(decoders(text), YARD, seconds=scale.seconds, rounds=scale.rounds)
        for name, timing in timed.items():
            yield _timing("decode", name, f"{size} bytes", 0, timing)


def decoders(text: bytes) -> dict[str, Subject]:
    """Return everything installed that reads an event, checked to read the same."""
    members = json.loads(text)
    count = max(1, min(20, EVENTGRID.request_bytes // len(text)))
    body = request_of(text, count)
    if parse_event(text).members != members:
        raise WrongResultError("parse_event")
    if [event.members for event in parse_request(body).events] != [members] * count:
        raise WrongResultError("parse_request")
    subjects = {
        YARD: Subject(lambda: json.loads(text)),
        SELF: Subject(lambda: parse_event(text)),
        f"{SELF}, in a request": Subject(lambda: parse_request(body), count),
    }
    if _is_installed("orjson"):
        import orjson

        subjects["orjson"] = Subject(lambda: orjson.loads(text))
    if _is_installed("cloudevents"):
        subjects["CloudEvents SDK"] = Subject(_sdk_reader(text))
    return subjects


def _sdk_reader(text: bytes) -> Callable[[], object]:
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    read = JSONFormat().read
    if read(CloudEvent, text).get_data() != json.loads(text)["data"]:
        raise WrongResultError("CloudEvents SDK")
    return lambda: read(CloudEvent, text)


# Transform


def transform(scale: Scale) -> Found:
    """Time the three transforms, and single paths beside the JSONPath libraries."""
    for size in EVENT_SIZES:
        text = sized_event(size)
        timed = side_by_side(renderers(text), YARD, seconds=scale.seconds, rounds=scale.rounds)
        for name, timing in timed.items():
            yield _timing("transform", name, f"{size} bytes", 0, timing)
    for path in PATHS:
        subjects = {YARD: Subject(lambda: json.loads(PATH_EVENT)), **path_finders(path)}
        timed = side_by_side(subjects, YARD, seconds=scale.seconds, rounds=scale.rounds)
        for name, timing in timed.items():
            if name != YARD:
                yield _timing("path", name, path, 0, timing)


PATH_EVENT: Final = sized_event(1_800)


def renderers(text: bytes) -> dict[str, Subject]:
    """Return the transforms of one event, checked, beside json.loads and json.dumps of it."""
    event, members = parse_event(text), json.loads(text)
    variable = Transform.from_document(THREE_SCALARS)
    original = Transform.from_document({"type": "ORIGINAL"})
    names = {"id": members["id"], "who": members["subject"], "name": members["data"]["name"]}
    if json.loads(variable.render(event)) != names or original.render(event) != text:
        raise WrongResultError("render")
    dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
    return {
        YARD: Subject(lambda: json.loads(text)),
        "VARIABLE, 3 scalars": Subject(lambda: variable.render(event)),
        "ORIGINAL": Subject(lambda: original.render(event)),
        "json.dumps": Subject(lambda: dumps(members)),
    }


def path_finders(path: str) -> dict[str, Subject]:
    """Return every evaluator of a path that is installed, checked to find the same."""
    members = json.loads(PATH_EVENT)
    parsed = parse_path(path)
    steps = EVENTGRID.path_steps
    found = parsed.find(members, Steps(steps))
    if found is UNDEFINED:
        raise WrongResultError(path)
    expected = found if isinstance(found, list) else [found]
    subjects = {SELF: Subject(lambda: parsed.find(members, Steps(steps)))}
    for peer in peers.PATH_PEERS:
        if _is_installed(peer.distribution):
            find = partial(peer.compile(path), members)
            if list(find()) != expected:
                raise WrongResultError(f"{peer.name} {path}")
            subjects[peer.name] = Subject(find)
    return subjects


# Process


def process(scale: Scale) -> Found:
    """Time requests of 20 events against many subscriptions, deliveries rendered."""
    for shape in ("selective", "mixed"):
        yield from _process(scene(shape, scale.process_rules), scale)


def _process(stage: Scene, scale: Scale) -> Found:
    router, bodies, count = stage.router, stage.bodies, len(stage.bodies)
    stage.check_outcome(router.process(bodies[0]), bodies[0])
    deliveries = sum(len(router.process(body).deliveries) for body in bodies) / count
    subjects = {
        YARD: Subject(lambda: [json.loads(body) for body in bodies], count),
        SELF: Subject(lambda: [router.process(body) for body in bodies], count),
    }
    timed = side_by_side(subjects, YARD, seconds=scale.seconds, rounds=scale.rounds)
    for name, timing in timed.items():
        yield _timing("process", name, stage.shape, stage.rules, timing, deliveries)


# Load


def load(scale: Scale) -> Found:
    """Time documents to router, the index alone, and one subscription more and less."""
    for rules in scale.many:
        stage = scene("selective", rules)
        yield from _load(stage, scale)
        yield from _change(stage, scale)


def _load(stage: Scene, scale: Scale) -> Found:
    documents = stage.documents
    texts = [json.dumps(each) for each in documents]
    filters = dict(enumerate(each.sources[0].filter for each in stage.router.subscriptions))
    subjects = {
        YARD: Subject(lambda: [json.loads(text) for text in texts], stage.rules),
        SELF: Subject(lambda: Router.from_documents(documents), stage.rules),
        "the index of it": Subject(lambda: Matcher(filters), stage.rules),
    }
    # A few loads of that many documents, whatever the seconds for smaller things.
    seconds = max(scale.seconds, 3e-4 * stage.rules) if scale.seconds else 0.0
    timed = side_by_side(subjects, YARD, seconds=seconds, rounds=min(3, scale.rounds))
    for name, timing in timed.items():
        yield _timing("load", name, stage.shape, stage.rules, timing)


def _change(stage: Scene, scale: Scale) -> Found:
    router, event = stage.router, stage.events[0]
    extra = make("selective", stage.rules + 1, 0, SEED).subscriptions[-1]
    extra = {**extra, "id": "one-more", "name": "one-more"}
    before = router.match(event)
    longer = router.with_subscription(extra)
    last = router.subscriptions[-1].id
    shorter = router.without(last)
    if (len(longer.subscriptions), len(shorter.subscriptions), router.match(event)) != (
        stage.rules + 1,
        stage.rules - 1,
        before,
    ):
        raise WrongResultError("a reader was disturbed")
    subjects = {
        YARD: Subject(lambda: json.loads(stage.texts[0])),
        "one more": Subject(lambda: router.with_subscription(extra)),
        "one less": Subject(lambda: router.without(last)),
    }
    timed = side_by_side(subjects, YARD, seconds=scale.seconds, rounds=scale.rounds)
    for name in ("one more", "one less"):
        seconds, _, standard = timed[name]
        yield Measurement("change", name, "selective", stage.rules, seconds, standard=standard)


# Memory, pauses, import: each in a process of its own


def memory(scale: Scale) -> Found:
    """Weigh loaded subscriptions; time full collections and the slowest requests."""
    for rules in scale.many:
        with TemporaryDirectory() as folder:
            write(make("selective", rules, 200, SEED), Path(folder))
            files = [f"{folder}/subscriptions.jsonl", f"{folder}/batches.jsonl"]
            yield from _memory(rules, files[0])
            yield from _pauses(rules, files, scale)


def _memory(rules: int, file: str) -> Found:
    for question, name in (("memory", "memory"), ("memory, traced", "traced")):
        weights = probe(name, file)
        yield Measurement(question, SELF, "selective", rules, weights["subscription"], "bytes")
        yield Measurement(
            question, "the index of it", "selective", rules, weights["index"], "bytes"
        )


def _pauses(rules: int, files: list[str], scale: Scale) -> Found:
    before = slowness()
    found = probe("pauses", *files, str(scale.requests))
    slow = (before + slowness()) / 2
    for name, seconds in found.items():
        question = "collection" if "collection" in name else "latency"
        standard = seconds / slow
        yield Measurement(question, name, "selective", rules, seconds, standard=standard)


def importing(scale: Scale) -> Found:
    """Time the import in fresh interpreters, compiled before as an installed package is."""
    rounds = IMPORT_ROUNDS if scale.seconds else 1
    with TemporaryDirectory() as folder:
        probe("import", compiled=folder)
        slow, seconds = [], []
        for _ in range(rounds):
            slow.append(slowness())
            seconds.append(probe("import", compiled=folder)["seconds"])
    standard = median(spent / by for spent, by in zip(seconds, slow, strict=True))
    yield Measurement("import", SELF, "", 0, median(seconds), standard=standard)


def probe(*arguments: str, compiled: str | None = None) -> dict[str, Any]:
    """Run ``benchmarks.probes`` in a process of its own and return what it found.

    ``compiled`` is a folder that keeps compiled modules from one process to the next.
    """
    command = [sys.executable, "-m", "benchmarks.probes", *arguments]
    environment = dict(os.environ)
    if compiled:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = compiled
    done = subprocess.run(  # noqa: S603 # our own module
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


QUESTIONS: Final[Mapping[str, Callable[[Scale], Found]]] = {
    "import": importing,
    "decode": decode,
    "transform": transform,
    "match": match,
    "peers": match_peers,
    "process": process,
    "load": load,
    "memory": memory,
}
"""What a report asks, in this order."""
