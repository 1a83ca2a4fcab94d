"""Every field of ``Limits``: L is accepted and L+1 refused, with the code that says so.

The cases are found by ``dataclasses.fields(Limits)``: a field without an entry in
``SIZES`` or ``POLICIES`` fails the suite.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, get_args

import pytest

import egcore
from egcore import codes
from egcore.limits import CLOUDEVENTS, EVENTGRID, Limits

FIELDS = {each.name: each for each in dataclasses.fields(Limits)}
# Under these only the limit that is tested can bind.
ROOMY = replace(
    CLOUDEVENTS,
    **{
        name: 10_000_000
        for name, each in FIELDS.items()
        if each.type is int and name not in ("nesting", "number_digits")
    },
    resource_id_min_chars=1,
)
Call = Callable[[], object]
Use = Callable[[Limits, int], Iterable[Call]]


class Size(NamedTuple):
    """A limit on a size: another value to try, the code, and all calls that use a given size."""

    other: int
    code: str
    use: Use


def event(**members: Any) -> dict[str, Any]:
    """Give a good event."""
    return {"specversion": "1.0", "id": "1", "source": "s", "type": "t", **members}


def written(value: object) -> str:
    """Give compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def padded(size: int, **members: Any) -> str:
    """Give an event of so many bytes, non-ASCII and with an escape."""
    text = written(event(subject="é\\", **members))
    return text.replace('"id":"1"', '"id":"1' + "x" * (size - len(text.encode())) + '"')


# --- Events and requests --------------------------------------------------------------------


def parse_sized_event(limits: Limits, size: int) -> Iterator[Call]:
    """Parse an event of a size, from bytes, text and a dict."""
    text = padded(size)
    for source in (text.encode(), text, json.loads(text), f" {text}\n"):
        yield partial(egcore.parse_event, source, limits=limits)


def parse_spaced_event(limits: Limits, size: int) -> Iterator[Call]:
    """Parse a small event in a large input."""
    yield partial(egcore.parse_event, written(event()).encode().ljust(size), limits=limits)


def parse_sized_request(limits: Limits, size: int) -> Iterator[Call]:
    """Parse a request whose events have so many bytes together, commas not counted."""
    texts = [padded(100), padded(size - 200), padded(100)]
    yield partial(egcore.parse_batch, f"[ {' , '.join(texts)} ]".encode(), limits=limits)
    yield partial(egcore.parse_request, f'{{"events": [{",".join(texts)}]}}', limits=limits)
    yield partial(
        egcore.parse_request, {"events": [json.loads(each) for each in texts]}, limits=limits
    )


def parse_spaced_request(limits: Limits, size: int) -> Iterator[Call]:
    """Parse a small request in a large body."""
    yield partial(egcore.parse_batch, b"[]".ljust(size), limits=limits)
    yield partial(
        egcore.parse_request, written({"events": [event()]}).encode().ljust(size), limits=limits
    )


def parse_many_events(limits: Limits, size: int) -> Iterator[Call]:
    """Parse a request of so many events."""
    yield partial(egcore.parse_request, {"events": [event()] * size}, limits=limits)
    yield partial(egcore.parse_batch, written([event()] * size), limits=limits)


def parse_nested_event(limits: Limits, size: int) -> Iterator[Call]:
    """Parse an event nested so many levels deep, itself the first; the wrapper is free."""
    data: Any = {}
    for level in range(size - 2):
        data = [data] if level % 2 else {"a": data}
    nested = event(data=data)
    for source in (nested, written(nested)):
        yield partial(egcore.parse_event, source, limits=limits)
    yield partial(egcore.parse_request, written({"events": [nested]}), limits=limits)
    yield partial(parse_only_member, {"events": [nested]}, limits)


def parse_only_member(body: dict[str, Any], limits: Limits) -> None:
    """Parse a request; raise what its event is refused for."""
    for refusal in egcore.parse_request(body, limits=limits).refused:
        raise egcore.EventError(refusal.problems)


def parse_long_number(limits: Limits, size: int) -> Iterator[Call]:
    """Parse numbers that are written with so many digits."""
    for number in ("1" * size, "-" + "9" * size, "0." + "1" * (size - 1)):
        yield partial(egcore.parse_event, written(event(data=0))[:-2] + number + "}", limits=limits)
    yield partial(egcore.parse_event, event(data=10**size - 1), limits=limits)


def parse_long_extension(limits: Limits, size: int) -> Iterator[Call]:
    """Parse an event with an extension name of so many characters."""
    yield partial(egcore.parse_event, event(**{"x" * size: "y"}), limits=limits)


# --- Filters --------------------------------------------------------------------------------


def load_filter(document: Any, limits: Limits) -> Iterator[Call]:
    """Load a filter as a dict and as text."""
    yield partial(egcore.Filter.from_document, document, limits=limits)
    yield partial(egcore.Filter.from_document, json.dumps(document), limits=limits)


def condition(*values: str) -> dict[str, Any]:
    """Give a condition."""
    return {"op": "StringIn", "values": list(values)}


def load_large_filter(limits: Limits, size: int) -> Iterator[Call]:
    """Load a filter of so many bytes of compact UTF-8 JSON."""
    missing = size - len(written({"source": [condition("é")]}).encode())
    yield from load_filter({"source": [condition("é" + "x" * missing)]}, limits)


def load_many_fields(limits: Limits, size: int) -> Iterator[Call]:
    """Load a filter of so many match fields under data, some of them nested."""
    fields = {f"k{n}": [condition("x")] for n in range(size - 2)}
    nested = {"a": {"and": [condition("x")]}, "b": [condition("y")]}
    yield from load_filter({"source": [condition("s")], "data": {**fields, "n": nested}}, limits)


def load_deep_field(limits: Limits, size: int) -> Iterator[Call]:
    """Load a filter of a field so many levels below data."""
    field: Any = [condition("x")]
    for _ in range(size):
        field = {"a": field}
    yield from load_filter({"source": [condition("s")], "data": field}, limits)


def load_many_conditions(limits: Limits, size: int) -> Iterator[Call]:
    """Load filters of so many conditions in a field, as alternatives and together."""
    many = [condition("x")] * size
    for field in (many, {"and": many}):
        yield from load_filter({"source": [condition("s")], "type": field}, limits)
    yield from load_filter({"source": many}, limits)


# --- Transforms -----------------------------------------------------------------------------


def load_transform(limits: Limits, template: str = "x", **variables: Any) -> egcore.Transform:
    """Load a transform of variables."""
    document = {"type": "VARIABLE", "value": written(variables), "template": template}
    return egcore.Transform.from_document(document, limits=limits)


def load_long_value(limits: Limits, size: int) -> Iterator[Call]:
    """Load a constant, and variables, of so many characters, which are not bytes."""
    document = {"type": "CONSTANT", "value": "é" * size}
    yield partial(egcore.Transform.from_document, document, limits=limits)
    yield partial(load_transform, limits, a="é" * (size - len('{"a":""}')))


def load_long_template(limits: Limits, size: int) -> Iterator[Call]:
    """Load a template of so many characters."""
    yield partial(load_transform, limits, "é" * size)


def load_many_variables(limits: Limits, size: int) -> Iterator[Call]:
    """Load so many variables."""
    yield partial(load_transform, limits, **{f"v{n}": n for n in range(size)})


def load_long_name(limits: Limits, size: int) -> Iterator[Call]:
    """Load a variable whose name has so many characters."""
    yield partial(load_transform, limits, **{"n" * size: 1})


def load_long_expression(limits: Limits, size: int) -> Iterator[Call]:
    """Load a constant expression, and a path, of so many characters."""
    yield partial(load_transform, limits, a="é" * size)
    yield partial(load_transform, limits, a="$." + "a" * (size - 2))


def load_long_path(limits: Limits, size: int) -> Iterator[Call]:
    """Load a path of so many segments."""
    yield partial(load_transform, limits, a="$" + ".a" * (size - 1) + "[*]")


def load_descendants(limits: Limits, size: int) -> Iterator[Call]:
    """Load a path of so many descendant segments."""
    yield partial(load_transform, limits, a="$" + "..a" * size)


def render_many_steps(limits: Limits, size: int) -> Iterator[Call]:
    """Render a path that looks at so many values: three nodes on the way and the elements."""
    transform = load_transform(limits, "${a}", a="$.data.a[*]")
    yield partial(transform.render, event(data={"a": [0] * (size - 3)}), limits=ROOMY)


def render_long_bodies(limits: Limits, size: int) -> Iterator[Call]:
    """Render bodies of so many bytes, by every kind of transform."""
    text = "é" * (size // 2) + "x" * (size % 2)
    for template, value in (("${a}", text), ('"${a}"', text[1:]), ("${a}x", text[1:] + "x")):
        transform = load_transform(limits, template, a="$.data")
        yield partial(transform.render, event(data=value), limits=ROOMY)
    yield partial(load_transform(limits, text).render, event())
    constant = {"type": "CONSTANT", "value": text}
    yield partial(egcore.Transform.from_document(constant, limits=limits).render, event())
    original = egcore.Transform.from_document({"type": "ORIGINAL"}, limits=limits)
    yield partial(original.render, padded(size), limits=ROOMY)


# --- Subscriptions --------------------------------------------------------------------------


def subscription(**members: Any) -> dict[str, Any]:
    """Give a good subscription document."""
    source = {"name": "s", "filter": {"source": [condition("s")]}}
    target = {"name": "t", "transform": {"type": "ORIGINAL"}}
    return {"name": "n", "sources": [source], "targets": [target], **members}


def load(limits: Limits, **members: Any) -> Iterator[Call]:
    """Load a subscription with some members changed."""
    yield partial(egcore.Subscription.from_document, subscription(**members), limits=limits)


def load_parts(limits: Limits, member: str, value: Any) -> Iterator[Call]:
    """Load a subscription whose source, and then whose target, has a member changed."""
    for part in ("sources", "targets"):
        if member != "connection_id" or part == "targets":
            yield from load(limits, **{part: [{**subscription()[part][0], member: value}]})


def load_detail(limits: Limits, size: int) -> Iterator[Call]:
    """Load a detail of so many bytes."""
    yield from load_parts(limits, "detail", {"é": "x" * (size - len('{"é":""}'.encode()))})


SIZES: dict[str, Size] = {
    "event_bytes": Size(300, codes.EVENT_SIZE, parse_sized_event),
    "request_bytes": Size(500, codes.REQUEST_SIZE, parse_sized_request),
    "raw_event_bytes": Size(200, codes.RAW_SIZE, parse_spaced_event),
    "raw_request_bytes": Size(200, codes.RAW_SIZE, parse_spaced_request),
    "request_events": Size(2, codes.REQUEST_COUNT, parse_many_events),
    "nesting": Size(5, codes.NESTING, parse_nested_event),
    "number_digits": Size(20, codes.NUMBER_LENGTH, parse_long_number),
    "extension_name_chars": Size(5, codes.EXTENSION_NAME, parse_long_extension),
    "filter_bytes": Size(100, codes.FILTER_SIZE, load_large_filter),
    "data_fields": Size(2, codes.DATA_FIELDS, load_many_fields),
    "data_levels": Size(1, codes.DATA_LEVELS, load_deep_field),
    "conditions_per_field": Size(1, codes.FIELD_CONDITIONS, load_many_conditions),
    "transform_value_chars": Size(20, codes.VALUE_LENGTH, load_long_value),
    "template_chars": Size(1, codes.TEMPLATE_LENGTH, load_long_template),
    "variables": Size(1, codes.VARIABLES_COUNT, load_many_variables),
    "variable_name_chars": Size(1, codes.VARIABLE_NAME, load_long_name),
    "expression_chars": Size(5, codes.EXPRESSION_LENGTH, load_long_expression),
    "path_segments": Size(2, codes.PATH_LENGTH, load_long_path),
    "path_descendants": Size(3, codes.PATH_LENGTH, load_descendants),
    "path_steps": Size(10, codes.PATH_STEPS, render_many_steps),
    "body_bytes": Size(101, codes.BODY_SIZE, render_long_bodies),
    "subscription_name_chars": Size(
        1, codes.NAME, lambda limits, size: load(limits, name="n" * size)
    ),
    "description_chars": Size(
        1, codes.DESCRIPTION_LENGTH, lambda limits, size: load(limits, description="é" * size)
    ),
    "subscription_sources": Size(
        2,
        codes.SOURCES_COUNT,
        lambda limits, size: load(limits, sources=subscription()["sources"] * size),
    ),
    "subscription_targets": Size(
        1,
        codes.TARGETS_COUNT,
        lambda limits, size: load(limits, targets=subscription()["targets"] * size),
    ),
    "resource_id_min_chars": Size(
        3, codes.RESOURCE_ID, lambda limits, size: load_parts(limits, "id", "i" * size)
    ),
    "resource_id_max_chars": Size(
        1, codes.RESOURCE_ID, lambda limits, size: load_parts(limits, "id", "i" * size)
    ),
    "connection_id_chars": Size(
        1, codes.CONNECTION_ID, lambda limits, size: load_parts(limits, "connection_id", "i" * size)
    ),
    "detail_bytes": Size(20, codes.DETAIL_SIZE, load_detail),
}
AT_LEAST = {"resource_id_min_chars"}
"""The limits from below: L-1 is refused."""
EXACTLY = {"subscription_sources"}
"""L-1 and L+1 are refused."""


def answer(call: Call) -> str | None:
    """Return the code of the error that a call raises, all of them if there are more."""
    try:
        call()
    except egcore.EgcoreError as error:
        return " ".join(sorted({e.code for e in error.problems if e.severity == "error"}))
    return None


def answers(calls: Iterable[Call]) -> set[str | None]:
    """Return the answers of all calls."""
    return set(map(answer, calls))


def test_every_field_has_its_boundary() -> None:
    """A new field without a boundary test fails here."""
    assert set(SIZES) | set(POLICIES) == set(FIELDS)
    assert not set(SIZES) & set(POLICIES)


@pytest.mark.parametrize("which", ["as the service has it", "another"])
@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str, which: str) -> None:
    """L is accepted, and one more (or one less, for a limit from below) is refused."""
    other, code, use = SIZES[name]
    most = other if which == "another" else getattr(EVENTGRID, name)
    limits = replace(ROOMY, **{name: most})
    assert answers(use(limits, most)) == {None}
    if name not in AT_LEAST:
        assert answers(use(limits, most + 1)) == {code}
    if name in AT_LEAST | EXACTLY:
        assert answers(use(limits, most - 1)) == {code}


@pytest.mark.parametrize(
    "name", [name for name, each in FIELDS.items() if type(None) in get_args(each.type)]
)
def test_sizes_without_a_limit(name: str) -> None:
    """None is no limit: what the service refuses is accepted."""
    limits = replace(ROOMY, **{name: None})
    size = getattr(EVENTGRID, name)
    for each in (size - 1 if name in AT_LEAST else size + 1, size * 3):
        assert answers(SIZES[name].use(limits, each)) == {None}


class Policy(NamedTuple):
    """A policy: what one value accepts and the other refuses, and the code of that."""

    accepts: Any
    refuses: Any
    code: str
    use: Callable[[Limits], Iterable[Call]]


def text_for_function(limits: Limits) -> Iterator[Call]:
    """Load a text template for a target that needs JSON."""
    constant = {"type": "CONSTANT", "value": "plain text"}
    yield from load(limits, targets=[{"name": "HC.FunctionGraph", "transform": constant}])


def process_unwanted(limits: Limits) -> Iterator[Call]:
    """Process an event whose source nobody subscribes to."""
    yield partial(process_for_nobody, limits)


def process_for_nobody(limits: Limits) -> None:
    """Process an event without rules; raise what it is refused for."""
    outcome = egcore.Router.from_documents([], limits=limits).process_event(event())
    for refusal in outcome.refused:
        raise egcore.EventError(refusal.problems)


TWICE = '{"source":[],"source":[{"op":"StringIn","values":["s"]}]}'
POLICIES: dict[str, Policy] = {
    "data": Policy(
        "any",
        "object",
        codes.DATA_TYPE,
        lambda limits: [partial(egcore.parse_event, event(data=[1]), limits=limits)],
    ),
    "content_types": Policy(
        "any",
        "json",
        codes.CONTENT_TYPE,
        lambda limits: [partial(egcore.parse_event, event(datacontenttype="a/b"), limits=limits)],
    ),
    "require_subscription": Policy(
        accepts=False, refuses=True, code=codes.NO_SUBSCRIPTION, use=process_unwanted
    ),
    "filter_attributes": Policy(
        "any",
        "service",
        codes.FILTER_KEY,
        lambda limits: load_filter({"source": [condition("s")], "id": [condition("1")]}, limits),
    ),
    "filter_duplicate_keys": Policy(
        "last",
        "refuse",
        codes.FILTER_DUPLICATE_KEY,
        lambda limits: [partial(egcore.Filter.from_document, TWICE, limits=limits)],
    ),
    "jsonpath": Policy(
        "wide",
        "subset",
        codes.PATH_SYNTAX,
        lambda limits: [partial(load_transform, limits, a="$.a[0,1]")],
    ),
    "function_needs_json": Policy(
        accepts=False, refuses=True, code=codes.FUNCTION_NEEDS_JSON, use=text_for_function
    ),
}


@pytest.mark.parametrize("name", POLICIES)
def test_policies(name: str) -> None:
    """One value of a policy accepts what the other refuses, and there is no third."""
    accepts, refuses, code, use = POLICIES[name]
    assert answers(use(replace(ROOMY, **{name: accepts}))) == {None}
    assert answers(use(replace(ROOMY, **{name: refuses}))) == {code}
    declared = FIELDS[name].type
    assert declared is bool or set(get_args(declared)) == {accepts, refuses}
