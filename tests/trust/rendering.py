"""Figure "transform": bodies are those of the structural oracle, and nothing breaks out."""

import json
import re
from dataclasses import replace
from random import Random
from typing import Any, Final

import egcore
from egcore.explain import explain_transform
from tests import generators, oracle
from tests.trust.cases import report
from tests.trust.figures import Tally
from tests.trust.matching import group

NAME: Final = "transform"
TRANSFORMS, EVENTS, EXPLAINED_SHARE = 150, 8, 0.05
_PLACEHOLDER: Final = re.compile(r"\$\{[^}]*\}")


def check(document: dict[str, Any], event: dict[str, Any], cap: int) -> str | None:
    """Say what is wrong with a body, whole and under a cap in bytes, or None."""
    transform = egcore.Transform.from_document(document)
    return _wrong(document, transform, event, cap, explained=True)


def _wrong(
    document: dict[str, Any],
    transform: egcore.Transform,
    event: dict[str, Any],
    cap: int,
    *,
    explained: bool,
) -> str | None:
    parsed = egcore.parse_event(event)
    body = transform.render(parsed)
    wanted = oracle.render(document, event, json.dumps(event).encode())
    if document["type"] == "ORIGINAL":
        if body != parsed.original or json.loads(body) != event:
            return "the original is not the event"
    elif document["type"] == "VARIABLE" and transform.content_type == "application/json":
        if not oracle.is_json_template(document["template"]):
            return "a text template is called JSON"
        if not oracle.same_json(body, wanted):
            return "the JSON body is not the oracle's"
    elif body != wanted:
        return "the body is not the oracle's"
    if explained and explain_transform(document, parsed).body != body:
        return "the body is not the explanation's"
    return _moved(document, body) or _over_cap(document, body, parsed, cap)


def _moved(document: dict[str, Any], body: bytes) -> str | None:
    """The author's text stands in the body, unchanged and in order."""
    if document["type"] != "VARIABLE":
        return None
    literals = [each.encode() for each in _PLACEHOLDER.split(document["template"])]
    if not (body.startswith(literals[0]) and body.endswith(literals[-1])):
        return "the template's edges are not those of the body"
    position = 0
    for literal in literals:
        position = body.find(literal, position)
        if position < 0:
            return "a piece of the template is not in the body"
        position += len(literal)
    return None


def _over_cap(document: dict[str, Any], body: bytes, parsed: egcore.Event, cap: int) -> str | None:
    """Under a cap there is the whole body or a ``RenderError``, by its bytes alone."""
    capped = egcore.Transform.from_document(
        document, limits=replace(egcore.EVENTGRID, body_bytes=cap)
    )
    try:
        found: bytes | None = capped.render(parsed)
    except egcore.RenderError:
        found = None
    return None if found == (body if len(body) <= cap else None) else "the cap is not held"


def chunk(r: Random, tally: Tally) -> None:
    """Render each transform for an event it was aimed at and for variants of that."""
    for _ in range(TRANSFORMS):
        events = group(r, generators.EVENTGRID, EVENTS)
        document = generators.transforms(r, events[0])
        transform = egcore.Transform.from_document(document)
        for event in events:
            cap = int(r.random() * 400)
            explained = r.random() < EXPLAINED_SHARE
            wrong = _wrong(document, transform, event, cap, explained=explained)
            tally.count += 1
            tally.counters[f"{document['type']} {transform.content_type}"] += 1
            tally.counters["explained"] += explained
            if wrong is not None:
                report(tally.failures, NAME, check, document, event, cap)


def judge(tally: Tally) -> list[str]:
    """Demand that every kind of transform is there."""
    kinds = (
        "ORIGINAL application/json",
        "CONSTANT application/json",
        "CONSTANT text/plain; charset=utf-8",
        "VARIABLE application/json",
        "VARIABLE text/plain; charset=utf-8",
    )
    return [f"less than 1 in 1,000 is {kind}" for kind in kinds if tally.share(kind) < 0.001]
