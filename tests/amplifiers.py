"""Inputs that ask for more work than their size tells, at any size up to 64 KiB.

An amplifier makes, from a number of bytes, one public call on an input of about that
size. Attacks are those of the threat model: values that collide, lists against lists,
paths that visit everything, templates that repeat, problems without end.
"""

import json
from collections.abc import Callable
from itertools import product
from string import ascii_lowercase
from typing import Any, Final, NamedTuple

import egcore
from egcore import CLOUDEVENTS, EVENTGRID, Limits
from tests.public_calls import BATCH, BINARY, EVENT, FILTER, SOURCE, STRUCTURED, SUBSCRIPTION

SIZE: Final = 65_000
COLLIDING: Final = 2**61 - 1  # the modulus of the hash of numbers: multiples hash to 0

Call = Callable[[], object]


class Amplifier(NamedTuple):
    """A way to ask for work. ``max_ms`` is what the call may take at ``SIZE`` bytes."""

    name: str
    make: Callable[[int], Call]
    max_ms: int = 50


def amplifiers() -> list[Amplifier]:
    """Give the catalogue."""
    return [*_events(), *_requests(), *_matching(), *_bad_rules(), *_rendering(), *_headers()]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def event_text(data: str) -> str:
    """Write an event whose ``data.a`` is the given JSON text."""
    return f'{_compact(EVENT)[:-1]},"data":{{"a":{data}}}}}'


def array_of(element: str, size: int) -> str:
    """Write an array of one JSON text, of about that many bytes."""
    return "[" + ",".join([element] * max(1, size // (len(element) + 1))) + "]"


def _object_of(value: str, size: int) -> str:
    members = (f'"{number:05d}":{value}' for number in range(size // (9 + len(value))))
    return "{" + ",".join(members) + "}"


_DATA: Final[dict[str, Callable[[int], str]]] = {
    "numbers": lambda size: array_of("0", size),
    "floats": lambda size: array_of("1.5", size),
    "numbers that grow": lambda size: array_of("1e15", size),
    "long numbers": lambda size: array_of("1" * 640, size),
    "tiny strings": lambda size: array_of('"a"', size),
    "empty arrays": lambda size: array_of("[]", size),
    "chains": lambda size: array_of("[[[[0]]]]", size),
    "objects": lambda size: array_of('{"a":{"a":{"a":{}}}}', size),
    "deep chains": lambda size: array_of("[" * 55 + "]" * 55, size),
    "wide object": lambda size: _object_of("0", size),
    "escapes": lambda size: '"' + "\\u0041" * (size // 6) + '"',
    "quotes": lambda size: '"' + '\\"' * (size // 2) + '"',
    "backslashes": lambda size: '"' + "\\\\" * (size // 2) + '"',
    "pairs of surrogates": lambda size: '"' + "\\ud83d\\ude00" * (size // 12) + '"',
    "white space": lambda size: " " * size + "0",
    "three-byte characters": lambda size: '"' + "\u20ac" * (size // 3) + '"',
    "colliding numbers": lambda size: (
        "[" + ",".join(str(COLLIDING * number) for number in range(1, size // 25)) + "]"
    ),
    "brackets in strings": lambda size: array_of('"[{"', size),
    "closing brackets": lambda size: '"' + "[" * 70 + '"' + "]" * size,
}


def _events() -> list[Amplifier]:
    found = []
    for name, data in _DATA.items():
        max_ms = 100 if name == "colliding numbers" else 50

        def parse(size: int, data: Callable[[int], str] = data) -> Call:
            text = event_text(data(size - 100))
            return lambda: egcore.parse_event(text.encode(), limits=CLOUDEVENTS)

        def from_objects(size: int, data: Callable[[int], str] = data) -> Call:
            members = _decoded_or_empty(event_text(data(size - 100)))
            return lambda: egcore.parse_event(members)

        def compare(size: int, data: Callable[[int], str] = data) -> Call:
            members = _decoded_or_empty(event_text(data((size - 100) // 4)))
            one, other = egcore.parse_event(members), egcore.parse_event(_copy(members))
            return lambda: one == other

        found.append(Amplifier(f"parse {name}", parse, max_ms))
        found.append(Amplifier(f"objects of {name}", from_objects, max_ms))
        found.append(Amplifier(f"compare {name}", compare, max_ms))
    found.append(Amplifier("bad extensions", _bad_extensions))
    return found


def _decoded_or_empty(text: str) -> dict[str, Any]:
    """Decode a text as a framework before us would; an event without data where it is bad."""
    try:
        members: dict[str, Any] = json.loads(text)
    except ValueError:
        members = dict(EVENT)
    return members


def _copy(members: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(members))
    return copied


def _bad_extensions(size: int) -> Call:
    members = {**EVENT, **{f"A{number:05d}": 0 for number in range(size // 12)}}
    return lambda: egcore.parse_event(_compact(members))


def _requests() -> list[Amplifier]:
    found = []
    for name, limits in (("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS)):
        # Every member has a result of its own: without a limit of their count, 5 us each.
        max_ms = 50 if limits is EVENTGRID else 200
        for element in ("0", "{}", "[]", '"a"'):

            def request(size: int, element: str = element, limits: Limits = limits) -> Call:
                router = egcore.Router.from_documents([SUBSCRIPTION], limits=limits)
                body = '{"events":' + array_of(element, size) + "}"
                return lambda: router.process(body)

            def batch(size: int, element: str = element, limits: Limits = limits) -> Call:
                body = array_of(element, size)
                return lambda: egcore.parse_http_batch(BATCH, body, limits=limits)

            found.append(Amplifier(f"request of {element}, {name}", request, max_ms))
            found.append(Amplifier(f"batch of {element}, {name}", batch, max_ms))
    return [*found, Amplifier("request of members", _request_of_members)]


def _request_of_members(size: int) -> Call:
    body = _object_of("0", size - 20)[:-1] + ',"events":[]}'
    return lambda: egcore.parse_request(body)


# --- Rules against events: the rule is as large as it may be, the event grows -----------------


def _words(count: int) -> list[str]:
    pairs = ("".join(each) for each in product(ascii_lowercase, repeat=2))
    return [word for word, _ in zip(pairs, range(count), strict=False)]


_LEAVES: Final[dict[str, tuple[str, Any]]] = {
    "NumberIn of colliding numbers": (
        "0",
        [{"op": "NumberIn", "values": [COLLIDING * number for number in range(1, 80)]}],
    ),
    "NumberNotIn": ("5", {"and": [{"op": "NumberNotIn", "values": [1]}] * 5}),
    "NumberInRange of many": (
        "5",
        [{"op": "NumberInRange", "values": [[n, n] for n in range(100, 270)]}],
    ),
    "NumberInRange five times": ("5", [{"op": "NumberInRange", "values": [[6, 9], [1, 2]]}] * 5),
    "comparisons": ("5", [{"op": "NumberLessThan", "value": 1}] * 5),
    "StringIn": ('"zz"', [{"op": "StringIn", "values": _words(300)}]),
    "StringStartsWith": ('"zz"', [{"op": "StringStartsWith", "values": _words(300)}]),
    "StringEndsWith": ('"zz"', [{"op": "StringEndsWith", "values": _words(300)}]),
    "StringNotStartsWith": ('""', [{"op": "StringNotStartsWith", "values": _words(300)}]),
}


def _matching() -> list[Amplifier]:
    found = []
    for name, (element, leaf) in _LEAVES.items():

        def match(size: int, element: str = element, leaf: Any = leaf) -> Call:
            loaded = egcore.Filter.from_document({**FILTER, "data": {"a": leaf}})
            event = egcore.parse_event(event_text(array_of(element, size - 100)))
            return lambda: loaded.matches(event)

        found.append(Amplifier(f"match {name}", match))
    return [
        *found,
        Amplifier("load many values", _many_values),
        Amplifier("load colliding values", _colliding_values, max_ms=100),
        Amplifier("match colliding values, cloudevents", _match_colliding_values, max_ms=100),
        Amplifier("match many prefixes, cloudevents", _match_many_prefixes),
    ]


def _many_values(size: int) -> Call:
    values = [str(number) for number in range(size // 8)]
    text = _compact({**FILTER, "data": {"a": [{"op": "StringIn", "values": values}]}})
    return lambda: egcore.Filter.from_document(text, limits=CLOUDEVENTS)


def _colliding_filter(size: int) -> str:
    values = [COLLIDING * number for number in range(1, size // 24)]
    return _compact({**FILTER, "data": {"a": [{"op": "NumberIn", "values": values}]}})


def _colliding_values(size: int) -> Call:
    text = _colliding_filter(size)
    return lambda: egcore.Filter.from_document(text, limits=CLOUDEVENTS)


def _match_colliding_values(size: int) -> Call:
    loaded = egcore.Filter.from_document(_colliding_filter(size), limits=CLOUDEVENTS)
    event = egcore.parse_event(event_text(array_of("0", SIZE - 100)))
    return lambda: loaded.matches(event)


def _match_many_prefixes(size: int) -> Call:
    values = [f"{number:x}." for number in range(size // 9)]
    document = {**FILTER, "data": {"a": [{"op": "StringStartsWith", "values": values}]}}
    loaded = egcore.Filter.from_document(document, limits=CLOUDEVENTS)
    event = egcore.parse_event(event_text(array_of('"zz"', 1000)))
    return lambda: loaded.matches(event)


def _bad_rules() -> list[Amplifier]:
    shapes: dict[str, Callable[[int], str]] = {
        "bad conditions": lambda size: _filter_text(f'{{"a":{array_of("0", size)}}}'),
        "unknown operators": lambda size: _filter_text(
            f'{{"a":{array_of(_compact({"op": "StringIm"}), size)}}}'
        ),
        "a long operator": lambda size: _filter_text(
            _compact({"a": [{"op": "StringIn" * (size // 8)}]})
        ),
        "bad fields": lambda size: _filter_text(_object_of("0", size)),
        "empty fields": lambda size: _filter_text(_object_of("{}", size)),
        "deep fields": lambda size: _filter_text('{"a":' * 55 + _object_of("[0]", size) + "}" * 55),
        "bad keys": lambda size: _object_of("0", size),
        "twin keys": lambda size: _filter_text("{" + array_of('"a":0', size)[1:-1] + "}"),
        "twin keys apart": lambda size: _filter_text(_object_of('{"b":0,"b":0}', size)),
        "bad values": lambda size: _filter_text(
            f'{{"a":[{{"op":"NumberIn","values":{array_of("0", size)[:-1]},""]}}]}}'
        ),
        "bad ranges": lambda size: _filter_text(
            f'{{"a":[{{"op":"NumberInRange","values":{array_of("[1]", size)}}}]}}'
        ),
    }
    found = []
    for name, shape in shapes.items():
        for limits in (EVENTGRID, CLOUDEVENTS):

            def load(
                size: int, shape: Callable[[int], str] = shape, limits: Limits = limits
            ) -> Call:
                text = shape(size - 200)
                return lambda: egcore.Filter.from_document(text, limits=limits)

            preset = "eventgrid" if limits is EVENTGRID else "cloudevents"
            found.append(Amplifier(f"load a filter with {name}, {preset}", load))
    for member, element in product(("sources", "targets"), ("0", "{}")):

        def subscribe(size: int, member: str = member, element: str = element) -> Call:
            text = _compact({**SUBSCRIPTION, member: "here"})
            text = text.replace('"here"', array_of(element, size - 200))
            return lambda: egcore.Subscription.from_document(text)

        found.append(Amplifier(f"load a subscription with {member} of {element}", subscribe))
    return [
        *found,
        Amplifier("load variables", _bad_variables),
        Amplifier("load slots", _bad_slots),
    ]


def _filter_text(data: str) -> str:
    return f'{{"source":{_compact(SOURCE)},"data":{data}}}'


def _bad_variables(size: int) -> Call:
    value = _object_of('"$["', size)
    document = {"type": "VARIABLE", "value": value, "template": "a"}
    return lambda: egcore.Transform.from_document(document)


def _bad_slots(size: int) -> Call:
    document = {"type": "VARIABLE", "value": "{}", "template": "${a}" * (size // 4)}
    return lambda: egcore.Transform.from_document(document)


# --- Transforms: the template is as large as it may be, the event grows -----------------------

_PATHS: Final = ("$..*", "$..a", "$..[0]", "$..[*]", "$..['a']", "$.data.a[*]", "$.data.a[::-1]")


def _rendering() -> list[Amplifier]:
    found = []
    for path, shape, many in product(
        _PATHS, ("numbers", "empty arrays", "chains", "deep chains", "objects"), (1, 30)
    ):

        def render(size: int, path: str = path, shape: str = shape, many: int = many) -> Call:
            paths = {f"v{n}": path + "[*]" * (n % 25) for n in range(many)}
            while len(_compact(paths)) > 1024:
                paths.popitem()
            body = "".join(f"${{{name}}}" for name in paths)
            transform = _variable(_compact(paths), body)
            event = egcore.parse_event(event_text(_DATA[shape](size - 100)))
            return lambda: transform.render(event)

        found.append(Amplifier(f"render {path} {many} times over {shape}", render))
    for shape, template in product(
        ("numbers", "numbers that grow", "long numbers", "quotes", "three-byte characters"),
        ("${a}" * 500, '{"a":"' + "${a}" * 500 + '"}', "[" + "${a}," * 400 + "0]"),
    ):

        def fill(size: int, shape: str = shape, template: str = template) -> Call:
            transform = _variable('{"a":"$.data"}', template)
            event = egcore.parse_event(event_text(_DATA[shape](size - 100)))
            return lambda: transform.render(event)

        found.append(Amplifier(f"fill {template[:6]} with {shape}", fill))
    return found


def _variable(value: str, template: str) -> egcore.Transform:
    document = {"type": "VARIABLE", "value": value, "template": template}
    return egcore.Transform.from_document(document)


# --- Headers -------------------------------------------------------------------------------------


def _headers() -> list[Amplifier]:
    makes: dict[str, Callable[[int], list[tuple[str, str]]]] = {
        "many headers": lambda size: [(f"ce-x{number}", "a") for number in range(size // 10)],
        "escapes apart": lambda size: [("ce-subject", "%41x" * (size // 4))],
        "escapes": lambda size: [("ce-subject", "%41" * (size // 3))],
        "stray percents": lambda size: [("ce-subject", "%" * size)],
        "quoted pairs": lambda size: [("ce-subject", '"' + '\\"' * (size // 2) + '"')],
        "semicolons": lambda size: [("content-type", "application/json" + "; " * (size // 2))],
        "white space": lambda size: [("content-type", "application/json;" + " " * size + "x")],
        "charsets": lambda size: [("content-type", "text/json" + ";charset" * (size // 8))],
    }
    found = []
    for name, make in makes.items():

        def binary(size: int, make: Callable[[int], list[tuple[str, str]]] = make) -> Call:
            headers = [*BINARY.items(), *make(size)]
            return lambda: egcore.parse_http(headers, b"{}")

        found.append(Amplifier(f"http {name}", binary))

    def structured(size: int) -> Call:
        body = event_text(array_of("0", size - 100))
        return lambda: egcore.parse_http(STRUCTURED, body)

    return [*found, Amplifier("http structured", structured)]
