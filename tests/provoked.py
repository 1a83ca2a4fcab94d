"""Every problem code, provoked by inputs that hold a secret where none may be told.

Secrets stand in event data (keys and values), in attribute values, in connection ids and
details, and in text that is not JSON. Rule text may be told; event ids and sources may
stand in refusals.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

import egcore
from egcore import CLOUDEVENTS, EVENTGRID, Limits, codes
from egcore.deliveries import Bookkeeper
from egcore.errors import missing_extra
from egcore.files import read_rules
from egcore.filter_documents import duplicate_key
from egcore.interop import DataSchemas
from egcore.parallel import worker_failed
from egcore.transforms import TransformCache
from tests.leaks import SENTINEL
from tests.public_calls import BATCH, BINARY, EVENT, FILTER, SOURCE, STRUCTURED, SUBSCRIPTION
from tests.stack import OWN_FRAMES, call_below, free_frames

Provoke = Callable[[], object]

SECRET_DATA: Final = {SENTINEL: [SENTINEL], "a": SENTINEL}
SECRET_EVENT: Final[dict[str, Any]] = {**EVENT, "subject": SENTINEL, "data": SECRET_DATA}
SECRET_TARGET: Final[dict[str, Any]] = {
    "name": "t",
    "connection_id": SENTINEL,
    "detail": {"url": f"https://u:{SENTINEL}@example.com", SENTINEL: 1},
    "dead_letter_queue": {"password": SENTINEL},
    "transform": {"type": "ORIGINAL"},
}
SECRET_SUBSCRIPTION: Final[dict[str, Any]] = {**SUBSCRIPTION, "targets": [SECRET_TARGET]}


def provocations() -> Iterator[tuple[str, Provoke]]:
    """Give calls with the code that each is to raise or to report."""
    yield from _decoding()
    yield from _attributes()
    yield from _requests()
    yield from _filters()
    yield from _transforms()
    yield from _subscriptions()
    yield from _rendering()
    yield from _schemas()
    yield from _host()


def _event(**members: Any) -> Provoke:
    limits = members.pop("limits", EVENTGRID)
    event = {name: value for name, value in {**SECRET_EVENT, **members}.items() if value is not ...}
    return lambda: egcore.parse_event(json.dumps(event, ensure_ascii=False), limits=limits)


def _decoding() -> Iterator[tuple[str, Provoke]]:
    texts: list[tuple[str, str | bytes]] = [
        (codes.ENCODING, f'"{SENTINEL}'.encode() + b'\xff"'),
        (codes.ENCODING, f'\ufeff"{SENTINEL}"'),
        (codes.SYNTAX, f'{{"{SENTINEL}": {SENTINEL}}}'),
        (codes.SYNTAX, f'"{SENTINEL}'),
        (codes.NESTING, "[" * 100 + f'"{SENTINEL}"' + "]" * 100),
        (codes.DUPLICATE_KEY, f'{{"{SENTINEL}":1,"{SENTINEL}":2}}'),
        (codes.NUMBER_RANGE, f'{{"{SENTINEL}":1e999}}'),
        (codes.NUMBER_RANGE, f'{{"{SENTINEL}":NaN}}'),
        (codes.NUMBER_LENGTH, f'{{"{SENTINEL}":{"1" * 5000}}}'),
        (codes.SURROGATE, f'"{SENTINEL}\\ud800"'),
        (codes.SURROGATE, f'"{SENTINEL}\ud800"'),
    ]
    for code, text in texts:
        yield code, partial(egcore.parse_event, text)
        yield code, partial(egcore.parse_batch, _joined("[", text, "]"))
        yield code, partial(egcore.parse_request, _joined('{"events":[', text, "]}"))
        yield code, partial(egcore.parse_http, BINARY, text)
        if code != codes.DUPLICATE_KEY:  # in a filter the last one counts
            yield code, partial(egcore.Filter.from_document, text)
        # The variables of a transform are named as a whole, whatever is wrong with them.
        if isinstance(text, str) and code != codes.SURROGATE:
            document = {"type": "VARIABLE", "value": text, "template": "a"}
            yield codes.VARIABLES_SHAPE, partial(egcore.Transform.from_document, document)
    for value in ((SENTINEL,), {1: SENTINEL}, {SENTINEL}, SENTINEL.encode()):
        yield codes.NOT_JSON_TYPE, partial(egcore.parse_event, {**EVENT, "data": {SENTINEL: value}})
        document = {**SECRET_SUBSCRIPTION, "targets": [{**SECRET_TARGET, "detail": {"k": value}}]}
        yield codes.NOT_JSON_TYPE, partial(egcore.Subscription.from_document, document)
    yield codes.RAW_SIZE, partial(egcore.parse_event, SENTINEL * 20_000)
    yield codes.RAW_SIZE, partial(egcore.parse_request, SENTINEL.encode() * 60_000)


def _joined(before: str, text: str | bytes, after: str) -> str | bytes:
    if isinstance(text, str):
        return text if text.startswith("\ufeff") else before + text + after
    return before.encode() + text + after.encode()


def _attributes() -> Iterator[tuple[str, Provoke]]:
    yield codes.EVENT_SHAPE, partial(egcore.parse_event, json.dumps([SENTINEL]))
    yield codes.ATTRIBUTE_MISSING, _event(id=...)
    yield codes.ATTRIBUTE_TYPE, _event(type={SENTINEL: SENTINEL})
    yield codes.ATTRIBUTE_EMPTY, _event(type="")
    yield codes.ATTRIBUTE_CHARACTER, _event(type=f"{SENTINEL}\x00")
    yield codes.SPECVERSION, _event(specversion=SENTINEL)
    yield codes.TIME, _event(time=SENTINEL)
    yield codes.CONTENT_TYPE, _event(datacontenttype=SENTINEL)
    yield codes.DATASCHEMA, _event(dataschema=SENTINEL)
    yield codes.EXTENSION_NAME, _event(BAD=SENTINEL)
    yield codes.EXTENSION_VALUE, _event(ext=[SENTINEL])
    yield codes.DATA_TYPE, _event(data=SENTINEL)
    yield codes.DATA_BASE64, _event(data=..., data_base64=SENTINEL)
    yield codes.DATA_BASE64, _event(data=..., data_base64=f"{SENTINEL}!", limits=CLOUDEVENTS)
    yield codes.DATA_TWICE, _event(data_base64=SENTINEL, limits=CLOUDEVENTS)
    yield codes.EVENT_SIZE, _event(limits=replace(EVENTGRID, event_bytes=10))
    yield codes.EVENT_SIZE, partial(egcore.parse_event, {**EVENT, "data": {SENTINEL: "x" * 70_000}})


def _requests() -> Iterator[tuple[str, Provoke]]:
    yield codes.REQUEST_SHAPE, partial(egcore.parse_request, {SENTINEL: SENTINEL})
    yield codes.REQUEST_SHAPE, partial(egcore.parse_batch, json.dumps({SENTINEL: SENTINEL}))
    yield codes.REQUEST_COUNT, partial(egcore.parse_request, {"events": [SECRET_EVENT] * 21})
    small = replace(EVENTGRID, request_bytes=10)
    yield (
        codes.REQUEST_SIZE,
        partial(egcore.parse_request, {"events": [SECRET_EVENT]}, limits=small),
    )
    strict = replace(EVENTGRID, require_subscription=True)
    router = egcore.Router.from_documents([], limits=strict)
    yield codes.NO_SUBSCRIPTION, partial(router.process, {"events": [SECRET_EVENT]})
    body = json.dumps(SECRET_DATA)
    for headers in (
        [*BINARY.items(), ("ce-id", SENTINEL)],
        [*BINARY.items(), ("ce-subject", f"{SENTINEL}%ff")],
        [*BINARY.items(), ("ce-subject", SENTINEL.encode() + b"\xff")],
        [*BINARY.items(), ("ce-data", SENTINEL)],
        [("Content-Type", SENTINEL), ("content-type", SENTINEL)],
    ):
        yield codes.HTTP_HEADER, partial(egcore.parse_http, headers, body)
    for message in ({"content-type": SENTINEL}, BATCH, {**STRUCTURED, "x-token": SENTINEL}):
        yield (
            codes.HTTP_MODE,
            partial(egcore.parse_http_batch, {**message, "a": SENTINEL}, body)
            if (message is not BATCH)
            else partial(egcore.parse_http, message, body),
        )
    charset = {"content-type": f"application/cloudevents+json; charset={SENTINEL}"}
    yield codes.HTTP_MODE, partial(egcore.parse_http, charset, body)


# Each filter is loaded alone, and inside a subscription with secrets.
_FILTERS: Final[list[tuple[str, object]]] = [
    (codes.FILTER_SHAPE, 5),
    (codes.FILTER_KEY, {**FILTER, "date": 1}),
    (codes.FILTER_SOURCE, {}),
    (codes.OPERATOR_UNKNOWN, {"source": [{"op": "StringIs", "values": ["a"]}]}),
    (codes.CONDITION_SHAPE, {"source": [5]}),
    (codes.OPERAND_MISSING, {"source": [{"op": "StringIn"}]}),
    (codes.OPERAND_TYPE, {"source": [{"op": "StringIn", "values": [1]}]}),
    (codes.OPERAND_EMPTY, {"source": [{"op": "StringIn", "values": []}]}),
    (codes.RANGE, {**FILTER, "data": {"a": [{"op": "NumberInRange", "values": [[2, 1]]}]}}),
    (codes.FIELD_EMPTY, {"source": []}),
    (codes.FIELD_CONDITIONS, {"source": SOURCE * 6}),
    (codes.DATA_FIELDS, {**FILTER, "data": {name: [{"op": "IsNull"}] for name in "abcdef"}}),
    (
        codes.DATA_LEVELS,
        {**FILTER, "data": {"a": {"b": {"c": {"d": {"e": {"f": [{"op": "IsNull"}]}}}}}}},
    ),
    (codes.FILTER_SIZE, {"source": [{"op": "StringIn", "values": ["a" * 2100]}]}),
    (codes.SOURCE_OPERATOR, {"source": [{"op": "IsNull"}]}),
    (codes.AND_FORM, {"source": {"and": SOURCE}}),
    (codes.FIELD_SHAPE, {"source": 5}),
]


def _filters() -> Iterator[tuple[str, Provoke]]:
    for code, document in _FILTERS:
        if isinstance(document, dict):
            yield code, partial(egcore.Filter.from_document, document)
        else:
            yield code, partial(egcore.Filter.from_document, json.dumps(document))
        source = {"name": "s", "filter": document}
        inside = {**SECRET_SUBSCRIPTION, "sources": [source]}
        yield code, partial(egcore.Subscription.from_document, inside)
        yield code, partial(egcore.Router.from_documents, [inside])
    twice = f'{{"source":[],"source":{json.dumps(SOURCE)}}}'
    yield codes.FILTER_DUPLICATE_KEY, partial(egcore.Filter.from_document, twice)
    strict = partial(egcore.Filter.from_document, twice, limits=CLOUDEVENTS)
    yield codes.FILTER_DUPLICATE_KEY, strict
    yield codes.FILTER_DUPLICATE_KEY, lambda: [duplicate_key("/source", EVENTGRID)]


def _variable(value: object, template: object) -> dict[str, object]:
    return {"type": "VARIABLE", "value": json.dumps(value), "template": template}


_TRANSFORMS: Final[list[tuple[str, object]]] = [
    (codes.TRANSFORM_SHAPE, 5),
    (codes.TRANSFORM_TYPE, {"type": "OTHER"}),
    (codes.TRANSFORM_VALUE, {"type": "CONSTANT"}),
    (codes.VALUE_LENGTH, {"type": "CONSTANT", "value": "a" * 1025}),
    (codes.TRANSFORM_TEMPLATE, {"type": "VARIABLE", "value": "{}"}),
    (codes.TEMPLATE_LENGTH, _variable({}, "a" * 2049)),
    (codes.VARIABLES_SHAPE, _variable([], "a")),
    (codes.VARIABLES_COUNT, _variable({f"{n}": 0 for n in range(101)}, "a")),
    (codes.VARIABLE_NAME, _variable({"-": 0}, "a")),
    (codes.EXPRESSION_TYPE, _variable({"a": []}, "a")),
    (codes.PATH_SYNTAX, _variable({"a": "$["}, "a")),
    (codes.PATH_LENGTH, _variable({"a": "$" + ".a" * 40}, "a")),
    (codes.VARIABLE_UNDEFINED, _variable({}, "${a}")),
    (codes.PLACEHOLDER, _variable({}, "${")),
    (codes.PLACEHOLDER_PLACE, _variable({"a": 1}, '{"${a}": 1}')),
    (codes.TEMPLATE_NOT_JSON, _variable({"a": 1}, "{${a}")),
]


def _transforms() -> Iterator[tuple[str, Provoke]]:
    for code, document in _TRANSFORMS:
        if isinstance(document, dict):
            yield code, partial(egcore.Transform.from_document, document)
        inside = {**SECRET_SUBSCRIPTION, "targets": [{**SECRET_TARGET, "transform": document}]}
        yield code, partial(egcore.Subscription.from_document, inside)
    longer = replace(EVENTGRID, expression_chars=10)
    document = _variable({"a": "$.aaaaaaaaaaaaa"}, "a")
    yield (
        codes.EXPRESSION_LENGTH,
        partial(egcore.Transform.from_document, document, limits=longer),
    )
    text = {**SECRET_TARGET, "name": "HC.FunctionGraph", "transform": _variable({}, "text")}
    inside = {**SECRET_SUBSCRIPTION, "targets": [text]}
    for limits in (EVENTGRID, replace(EVENTGRID, function_needs_json=True)):
        load = partial(egcore.Subscription.from_document, inside, limits=limits)
        yield codes.FUNCTION_NEEDS_JSON, load


def _subscriptions() -> Iterator[tuple[str, Provoke]]:
    def load(target: dict[str, Any] | None = None, **members: Any) -> Provoke:
        targets = [{**SECRET_TARGET, **(target or {})}]
        document = {**SECRET_SUBSCRIPTION, "targets": targets, **members}
        return lambda: egcore.Subscription.from_document(document)

    yield codes.DOCUMENT_SHAPE, partial(egcore.Subscription.from_document, json.dumps([SENTINEL]))
    yield codes.DOCUMENT_SHAPE, load(targets=[SENTINEL])
    yield codes.MEMBER_MISSING, load(name=None)
    yield codes.MEMBER_TYPE, load(targets={SENTINEL: SENTINEL})
    yield codes.MEMBER_TYPE, load({"detail": SENTINEL})
    yield codes.MEMBER_TYPE, load({"connection_id": [SENTINEL]})
    yield codes.MEMBER_TYPE, load({"dead_letter_queue": SENTINEL})
    yield codes.MEMBER_TYPE, load({"retry_times": SENTINEL})
    yield codes.NAME, load(name="-")
    yield codes.DESCRIPTION_LENGTH, load(description="a" * 256)
    yield codes.ENUM, load(status="other")
    yield codes.SOURCES_COUNT, load(sources=[])
    yield codes.TARGETS_COUNT, load(targets=[SECRET_TARGET] * 6)
    yield codes.RESOURCE_ID, load({"id": "-"})
    twins = [{**SECRET_TARGET, "id": "a" * 32}] * 2
    yield codes.TARGET_TWICE, load(targets=twins)
    yield codes.CONNECTION_ID, load({"connection_id": SENTINEL * 20})
    yield codes.DETAIL_SIZE, load({"kafka_detail": {SENTINEL: SENTINEL * 200}})
    yield codes.SOURCE_NAME, load(sources=[{"name": "other", "filter": FILTER}])
    yield codes.SUBSCRIPTION_TWICE, partial(egcore.Router.from_documents, [SECRET_SUBSCRIPTION] * 2)
    router = egcore.Router.from_documents([])
    yield codes.MEMBER_TYPE, partial(router.precheck, {"sources": SENTINEL})


def _routing(transform: dict[str, object], **limits: int) -> egcore.Router:
    document = {**SUBSCRIPTION, "targets": [{**SECRET_TARGET, "transform": transform}]}
    return egcore.Router.from_documents([document], limits=replace(EVENTGRID, **limits))


def _rendering() -> Iterator[tuple[str, Provoke]]:
    for transform in ({"type": "ORIGINAL"}, _variable({"a": "$"}, "${a}"), _variable({}, "a" * 20)):
        router = _routing(transform, body_bytes=10)
        yield codes.BODY_SIZE, partial(router.route, SECRET_EVENT)
        yield codes.BODY_SIZE, partial(router.process, {"events": [SECRET_EVENT]})
    router = _routing(_variable({"a": "$..*"}, "${a}"), path_steps=1)
    yield codes.PATH_STEPS, partial(router.route, SECRET_EVENT)
    yield codes.PATH_STEPS, partial(router.process_event, SECRET_EVENT)


def _schemas() -> Iterator[tuple[str, Provoke]]:
    """The values of data; the keys of a violation may be told, for whoever asked for the check."""
    schema = {"properties": {"a": {"type": "integer", "enum": [1]}}, "required": ["b"]}
    document = {"source": "s", "type": "t", "schema": schema}
    event = {**SECRET_EVENT, "data": {"a": SENTINEL}}
    loaded = DataSchemas.from_documents([document])
    yield codes.DATA_SCHEMA, lambda: list(loaded.check(event))
    bad = {**document, "schema": {"type": "other"}}
    yield codes.SCHEMA_DOCUMENT, partial(DataSchemas.from_documents, [bad])


def _host() -> Iterator[tuple[str, Provoke]]:
    def with_few_frames(free: int, call: Provoke) -> object:
        return call_below(free_frames() - free, call)

    value: Any = SENTINEL
    for _ in range(60):
        value = {SENTINEL: value}
    text = json.dumps({**EVENT, "data": value})
    for call in (
        partial(egcore.parse_event, {**EVENT, "data": value}),
        partial(egcore.parse_event, text),
        partial(egcore.Subscription.from_document, {**SECRET_SUBSCRIPTION, "more": value}),
    ):
        yield codes.HOST_STACK, partial(with_few_frames, OWN_FRAMES + 12, call)
    for wrong in (SENTINEL.encode, object, SENTINEL.split):
        argument = wrong() if wrong is object else {SENTINEL}
        yield codes.USAGE, partial(egcore.parse_event, argument)
        yield codes.USAGE, partial(egcore.Filter.from_document, argument)
        yield codes.USAGE, partial(egcore.parse_http, {SENTINEL: 1}, b"")
    yield codes.USAGE, partial(Limits, nesting=SENTINEL)
    yield codes.MISSING_EXTRA, lambda: missing_extra("rich", "cli")
    yield codes.WORKER, _raise_worker_failed
    yield codes.INTERNAL, lambda: Bookkeeper(TransformCache(EVENTGRID), str).close(1)


def _raise_worker_failed() -> None:
    raise worker_failed("ended")


def provoked_files(folder: Any) -> Iterator[tuple[str, Provoke]]:
    """Give the codes of rule files, with bad files in the folder."""
    (folder / "bad.jsonl").write_text(f'["{SENTINEL}"]\n')
    (folder / "empty").mkdir()
    yield (
        codes.FILE_KIND,
        lambda: [each.problem for each in read_rules(str(folder / "bad.jsonl")).findings],
    )
    yield (
        codes.UNREADABLE,
        lambda: [each.problem for each in read_rules(str(folder / "no.json")).findings],
    )
