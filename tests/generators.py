"""Seeded generators of events, filters, transforms, subscriptions and hostile input.

Everything is drawn from ``r``, a ``random.Random(seed)``, and from nothing else: the
same seed gives the same values on every machine and under every hash seed. The
alphabets are small and shared, so that filters hit events. What is generated is
valid under the named preset unless the name of the function says otherwise.

Arrays and objects may be shared between results: copy before changing one
(``mutate_document`` does).
"""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from tests.oracle import condition_holds, template_kind

Document = dict[str, Any]
T = TypeVar("T")

EVENTGRID, CLOUDEVENTS = "eventgrid", "cloudevents"
FILTER_BYTES, VALUE_CHARS, TEMPLATE_CHARS = 2_048, 1_024, 2_048

# --- Alphabets ------------------------------------------------------------------

SOURCES = ("HC.OBS", "orders", "orders.eu", "order", "/s", "urn:x:1", "ébène")
TYPES = ("a", "ab", "abc", "order.created", "order.deleted", "ORDER.created", "😀")
SUBJECTS = ("", "a", "ab", "x.jpg", "x.png", "/u/1/a", "é", "e\u0301")
# Strings that try to get out of templates, logs, lookups and encodings.
HOSTILE = (
    'x","admin":true,"z":"',
    "C:\\new\u2028\x00",
    "${x}",
    "${",
    "}",
    "\\",
    '"',
    "\\u0041",
    r"\g<1>\1$0$$",
    "{0.__class__} %s %(a)100000d",
    "\x00\x1f\x7f\x85\uffff",
    "\u202e\u200b\ufeff",
    "</script>\r\n",
    "__proto__",
    "𝔘\U0010ffff",
)
STRINGS = (
    *("", "a", "ab", "abc", "b", "bc", "c", "x.jpg", "A", "1", "true", "null", "-0"),
    *("é", "e\u0301", "e", "😀", "x😀", "Ａ", "ſ"),
)
NUMBERS = (
    *(0, -0.0, 0.0, 1, 1.0, 2, 3, 5, 10, 10.0, -1, 0.1, 0.30000000000000004, 4.5, 1e15),
    *(2**53, 2**53 + 1, 2.0**53, 2**53 - 1, 2**63, -(2**63) - 1, 2**64, 2**61 - 1),
    *(1e308, -1e308, 1.7976931348623157e308, 5e-324, 1e-7),
)
HUGE = 10**639  # 640 digits: the longest number there may be
KEYS = (
    *("a", "b", "c", "a", "b", "size", "name", "items", "a.b", "and", "", "__proto__"),
    *("é", "e\u0301", "😀", "0", "x y", "'", '"\\', "source", "data", "${x}", "\x00", "$", "*"),
)
EXTENSIONS = ("tenant", "priority", "traced", "ttl")
TIMES = ("2022-01-17T12:07:00.955Z", "1990-12-31T23:59:60Z", "0001-01-01t00:00:00+23:59")
ATTRIBUTES = (
    *("id", "specversion", "type", "subject", "time", "dataschema", "datacontenttype"),
    *EXTENSIONS,
    "knativekafkapartition",
)

STRING_OPERATORS = (
    *("StringIn", "StringNotIn", "StringStartsWith"),
    *("StringNotStartsWith", "StringEndsWith", "StringNotEndsWith"),
)
COMPARISONS = (
    *("NumberLessThan", "NumberNotLessThan"),
    *("NumberGreaterThan", "NumberNotGreaterThan"),
)
NUMBER_OPERATORS = (
    *COMPARISONS,
    *("NumberIn", "NumberNotIn", "NumberInRange", "NumberNotInRange"),
)
BOOLEAN_OPERATORS = ("IsTrue", "IsNotTrue")
OPERATORS = (
    *STRING_OPERATORS,
    *NUMBER_OPERATORS,
    *("IsNull", "IsNotNull"),
    *BOOLEAN_OPERATORS,
)
# The operators that a value of this type can make both true and false.
DECIDING = {
    str: STRING_OPERATORS,
    int: NUMBER_OPERATORS,
    float: NUMBER_OPERATORS,
    bool: BOOLEAN_OPERATORS,
}
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _pick(r: Random, choices: Sequence[T]) -> T:
    """``r.choice``, three times as fast."""
    return choices[int(r.random() * len(choices))]


# --- Events ---------------------------------------------------------------------


def events(r: Random, preset: str = EVENTGRID) -> Document:
    """Make an event: a dict that is valid under the preset."""
    event: Document = {
        "specversion": "1.0",
        "id": f"id-{int(r.random() * 1000)}",
        "source": _pick(r, SOURCES),
        "type": _pick(r, TYPES),
    }
    if r.random() < 0.7:
        event["subject"] = _pick(r, SUBJECTS)
    if r.random() < 0.3:
        _optional_attributes(r, event)
    if preset == CLOUDEVENTS:
        _any_data(r, event)
    elif r.random() < 0.95:
        event["data"] = _object(r, 1)
    return event


def _optional_attributes(r: Random, event: Document) -> None:
    values: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("time", TIMES),
        ("datacontenttype", ("application/json", "Application/JSON; charset=utf-8")),
        ("dataschema", ("", "https://schema.example/1", "urn:x")),
        ("tenant", STRINGS[1:4]),
        ("priority", (0, 1, 2, -1, 2**31 - 1, -(2**31))),
        ("traced", (True, False)),
        ("ttl", ("4000",)),
        ("subject", (None,)),  # "a null attribute is an absent attribute"
    )
    for _ in range(1 + int(r.random() * 3)):
        name, choices = _pick(r, values)
        event[name] = _pick(r, choices)


def _any_data(r: Random, event: Document) -> None:
    """Put any data: CLOUDEVENTS takes all of JSON, null, and data_base64."""
    roll = r.random()
    if roll < 0.5:
        event["data"] = _object(r, 1)
    elif roll < 0.85:
        event["data"] = _value(r, 1)
    elif roll < 0.9:
        event["data_base64"] = _pick(r, ("", "AAE=", "eyJhIjoxfQ=="))
        event["datacontenttype"] = "application/octet-stream"
    if roll > 0.8:
        event["knativekafkapartition"] = _pick(r, ("0", 0, True))


def _object(r: Random, level: int) -> Document:
    count = int(r.random() * (7 if level == 1 else 4))
    return {_pick(r, KEYS): _value(r, level) for _ in range(count)}


def _value(r: Random, level: int) -> Any:
    """Any JSON value; containers get rarer with depth."""
    roll = r.random()
    if roll < 0.28:
        return _pick(r, STRINGS)
    if roll < 0.50:
        return _pick(r, NUMBERS)
    if roll < 0.60:
        return roll < 0.55
    if roll < 0.65:
        return None
    if roll < 0.69:
        return _pick(r, HOSTILE)
    if roll < 0.83:
        return [_scalar(r) for _ in range(int(r.random() * 4))]
    if level > 4:
        return []
    if roll < 0.87:
        return [_value(r, level + 2) for _ in range(int(r.random() * 4))]
    if roll > 0.997:
        return HUGE if roll < 0.9985 else _deep(r)
    return _object(r, level + 1)


def _scalar(r: Random) -> Any:
    roll = r.random()
    if roll < 0.45:
        return _pick(r, STRINGS)
    return _pick(r, NUMBERS) if roll < 0.8 else _pick(r, (True, False, None, [], ["a"], {"a": 1}))


def _deep(r: Random) -> Any:
    """Nest a scalar 40 to 57 levels deep: with what is around it, below 64."""
    value = _scalar(r)
    for _ in range(40 + int(r.random() * 17)):
        value = [value] if r.random() < 0.5 else {"a": value}
    return value


# --- Filters --------------------------------------------------------------------


def pair(r: Random, preset: str = EVENTGRID) -> tuple[Document, Document]:
    """Make a filter and an event that it was aimed at, to match or to miss."""
    event = events(r, preset)
    return _filter_for(r, event, preset), event


def filters(r: Random, preset: str = EVENTGRID) -> Document:
    """Make a filter document that is valid under the preset."""
    return pair(r, preset)[0]


def aimed_filter(r: Random, event: Document, preset: str = EVENTGRID) -> Document:
    """Make a valid filter that is aimed at one event, to match or to miss."""
    return _filter_for(r, event, preset)


def variant(r: Random, event: Document) -> Document:
    """Make an event that differs from a valid one in a few values, and is as valid."""
    changed = _copied(event)
    if r.random() < 0.3:
        name, choices = _pick(r, (("type", TYPES), ("subject", SUBJECTS), ("source", SOURCES)))
        changed[name] = _pick(r, choices)
    data = changed.get("data")
    if isinstance(data, (dict, list)):
        _vary_leaves(r, data)
    return changed


def _vary_leaves(r: Random, data: Any) -> None:
    """Change one to three of the leaves: to something near, to nothing, to an array of both."""
    leaves = [place for place in _places(data) if _is_leaf(place)]
    for _ in range(1 + int(r.random() * 3)):
        if not leaves:
            return
        container, key = leaves.pop(int(r.random() * len(leaves)))
        value, roll = container[key], r.random()
        if roll < 0.1 and isinstance(container, dict):
            del container[key]
        elif roll < 0.25:
            container[key] = [_scalar(r), value]
        elif roll < 0.6 and isinstance(value, str):
            container[key] = _string_near(r, value)
        elif roll < 0.6:
            container[key] = _number_near(r, value)
        else:
            container[key] = _scalar(r)


def _is_leaf(place: tuple[Any, Any]) -> bool:
    value = place[0][place[1]]
    return not isinstance(value, (dict, list))


def _filter_for(r: Random, event: Document, preset: str) -> Document:
    wanted = r.random() < 0.62  # the others aim to miss on some fields
    document: Document = {}
    if preset == EVENTGRID:
        document["source"] = _source_field(r, event["source"])
        names: tuple[str, ...] = ("type", "subject")
    else:
        names = ATTRIBUTES
        if r.random() < 0.5:
            document["source"] = _conditions(r, event["source"], wanted, STRING_OPERATORS, 5)
    for _ in range(int(r.random() * 1.7)):
        name = _pick(r, names)
        document[name] = _field(r, event.get(name), wanted or r.random() < 0.5, preset)
    data = _data_field(r, event.get("data"), wanted, preset)
    if data or not document:
        document["data"] = data or [{"op": "IsNotNull"}]
    # One character is at most four bytes: only a long document needs the exact size.
    if preset == EVENTGRID and len(repr(document)) * 4 > FILTER_BYTES:
        _shorten(document)
    return document


def _shorten(document: Document) -> None:
    """Drop fields from the end until the document is within the service's size."""
    while len(_compact(document).encode()) > FILTER_BYTES:
        document.popitem()


def _source_field(r: Random, source: str) -> list[Document]:
    """``source`` is required under EVENTGRID and takes only StringIn."""
    values = [_pick(r, SOURCES) for _ in range(int(r.random() * 3))]
    if r.random() < 0.93:
        values.insert(int(r.random() * (len(values) + 1)), source)
    if len(values) > 1 and r.random() < 0.2:
        return [{"op": "StringIn", "values": [value]} for value in values]
    return [{"op": "StringIn", "values": values or ["orders"]}]


def _data_field(r: Random, data: Any, wanted: bool, preset: str) -> Any:
    if preset == CLOUDEVENTS and r.random() < 0.15:
        # Not the form {"and": …}: directly under data that key is a field name.
        return _conditions(r, data, wanted, OPERATORS, 5)
    leaves = _pick(r, (0, 1, 1, 1, 2, 2, 3, 5) if preset == EVENTGRID else (0, 1, 2, 3, 8))
    levels = 5 if preset == EVENTGRID else 8
    tree: Document = {}
    for _ in range(leaves):
        path, value = _place(r, data, levels)
        _plant(tree, path, _field(r, value, wanted or r.random() < 0.6, preset))
    return tree


def _place(r: Random, data: Any, levels: int) -> tuple[list[str], Any]:
    """Walk to a place that is there, mostly: its path and its value (None when undefined)."""
    path: list[str] = []
    value = data
    while len(path) < levels:
        known = isinstance(value, dict) and value
        key = _pick(r, list(value)) if known and r.random() < 0.9 else _pick(r, KEYS)
        path.append(key)
        value = value.get(key) if isinstance(value, dict) else None
        if r.random() > (0.85 if isinstance(value, dict) and value else 0.1):
            break
    return path, value


def _plant(tree: Document, path: list[str], field: Any) -> None:
    """Put a leaf into the tree, unless it would go through or over another one."""
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict) or isinstance(tree.get("and"), list):
            return
    tree.setdefault(path[-1], field)


def _field(r: Random, value: Any, aim: bool, preset: str) -> Any:
    """Make a leaf: alternatives in a list, or ``{"and": …}``."""
    most = 5 if preset == EVENTGRID else 8
    if r.random() < 0.15:
        return {"and": _conditions(r, value, aim, OPERATORS, most, together=True)}
    return _conditions(r, value, aim, OPERATORS, most)


def _conditions(
    r: Random,
    value: Any,
    aim: bool,
    operators: tuple[str, ...],
    most: int,
    *,
    together: bool = False,
) -> list[Document]:
    """Conditions that all (``together``) or any of them aim to hold, or not to."""
    roll = r.random()
    count = 1 if roll < 0.7 else 2 if roll < 0.9 else 1 + int(r.random() * most)
    decisive = int(r.random() * count)
    return [
        _condition(r, value, aim if place == decisive or together == aim else None, operators)
        for place in range(count)
    ]


def _condition(r: Random, value: Any, aim: bool | None, operators: tuple[str, ...]) -> Document:
    """Make a condition, trying thrice for one that does as it is aimed."""
    condition = _draw(r, value, operators)
    if aim is not None:
        for _ in range(2):
            if condition_holds(condition, value) is aim:
                break
            condition = _draw(r, value, operators)
    return condition


# Which function draws the operand of an operator; the member is ``value`` for comparisons.
_NEAR: dict[str, Any] = {}


def _draw(r: Random, value: Any, operators: tuple[str, ...]) -> Document:
    if value and isinstance(value, list):
        value = _pick(r, value)
    if operators is OPERATORS and r.random() < 0.65:
        operators = DECIDING.get(type(value), OPERATORS)
    op = operators[int(r.random() * len(operators))]
    near = _NEAR.get(op)
    if near is None:
        return {"op": op}
    if op in COMPARISONS:
        return {"op": op, "value": near(r, value)}
    if r.random() < 0.65:
        return {"op": op, "values": [near(r, value)]}
    return {"op": op, "values": [near(r, value) for _ in range(1 + int(r.random() * 4))]}


def _string_near(r: Random, value: Any) -> str:
    """The string itself, its start or end, one that is nearly it, or any other."""
    roll = r.random()
    if not isinstance(value, str) or roll < 0.35:
        return str(_pick(r, STRINGS if roll < 0.3 else HOSTILE))
    if roll < 0.6:
        return value
    cut = int(r.random() * (len(value) + 1))
    if roll < 0.75:
        return value[:cut]
    return value[cut:] if roll < 0.9 else value[:cut] + _pick(r, STRINGS)


def _number_near(r: Random, value: Any) -> Any:
    """The number itself, its neighbours, the same as the other type, or any other."""
    roll = r.random()
    if roll < 0.25 or not isinstance(value, (int, float)) or value is True or value is False:
        return _pick(r, NUMBERS)
    if roll < 0.55 or value == HUGE:
        return value
    if roll < 0.7 and abs(value) < 2**60:
        return float(value) if isinstance(value, int) else int(value)
    return value + (1 if roll < 0.85 else -1)


def _range_near(r: Random, value: Any) -> list[Any]:
    one, other = _number_near(r, value), _number_near(r, value)
    return [one, other] if one <= other else [other, one]


for _op in OPERATORS:
    if _op.endswith("InRange"):
        _NEAR[_op] = _range_near
    elif not _op.startswith("Is"):
        _NEAR[_op] = _string_near if _op in STRING_OPERATORS else _number_near


# --- Transforms -----------------------------------------------------------------

VARIABLE_NAMES = ("x", "name", "a.b", "a-b", "A_1", "0", "x" * 64)
# None of these ends in "$" or, put after a placeholder, would make another one.
TEXT_PIECES = (
    *("", " ", "My name is ", "\n", "cost: $5 ", "$", "$$", "}", "%s {0} %(a)s", "é😀\u2028"),
    *("\\ ", "\\\\", "'", '"', "{ ", "[", "\x00", "<b>", "$x ", "{\\u0024"),
)
JSON_PIECES = (
    *("", " ", "id-", "$", "}", "%s {0}", "é😀", "\u2028", "\\\\", '\\"', "\\n"),
    *("\\u0000", "\\u0024{x}", "\\ud83d\\ude00", "\\/", "\x7f", "'"),
)


# Members that ORIGINAL ignores.
IGNORED: tuple[Document, ...] = (
    {},
    {"value": None, "template": None},
    {"value": "", "template": ""},
)


def transforms(r: Random, event: Document) -> Document:
    """Make a valid transform document whose paths mostly reach something in the event."""
    roll = r.random()
    if roll < 0.1:
        ignored: Document = _pick(r, IGNORED)
        return {"type": "ORIGINAL", **ignored}
    if roll < 0.2:
        value = _pick(r, (*TEXT_PIECES[1:], *HOSTILE, '{"a":"${x}"}', "[1,2]", "1", "x" * 1024))
        return {"type": "CONSTANT", "value": value}
    value = _variables(r, event)
    names = list(json.loads(value))
    template = ""
    while not template or len(template) > TEMPLATE_CHARS or template_kind(template) == "refused":
        template = _template(r, names, roll < 0.65)
    return {"type": "VARIABLE", "value": value, "template": template}


def _template(r: Random, names: list[str], as_json: bool) -> str:
    if as_json:
        edge = _pick(r, ("", "", "", " ", "\n\t"))
        return edge + _json_template(r, names, 0) + edge
    return _pieces(r, names, TEXT_PIECES, 6)


def _pieces(r: Random, names: list[str], choices: tuple[str, ...], most: int) -> str:
    """Literal text and placeholders in turn; a "$" stands only where no "{" can follow."""
    text = ""
    for _ in range(int(r.random() * most)):
        piece = _pick(r, choices)
        if not (text.endswith("$") and piece.startswith("{")):
            text += piece
        if r.random() < 0.5:
            text += "${" + _pick(r, names) + "}"
    return text


def _json_template(r: Random, names: list[str], level: int) -> str:
    roll = r.random()
    if level and roll < 0.35:
        return "${" + _pick(r, names) + "}"
    if level > 2 or roll < 0.6:
        if level and roll > 0.5:
            return str(_pick(r, ("1", "-0", "1e2", "1.50", "true", "false", "null", "{}", "[ ]")))
        return '"' + _pieces(r, names, JSON_PIECES, 3) + '"'
    inner = [_json_template(r, names, level + 1) for _ in range(1 + int(r.random() * 3))]
    gap = _pick(r, ("", "", " ", "\r\n"))
    if roll < 0.75:
        return "[" + gap + ("," + gap).join(inner) + gap + "]"
    members = [f'"{_pick(r, ("k", "$", "é", ""))}{n}":{gap}{v}' for n, v in enumerate(inner)]
    return "{" + gap + ("," + gap).join(members) + "}"


def _variables(r: Random, event: Document) -> str:
    """The ``value`` of a VARIABLE transform, at least one variable, within its length."""
    variables: Document = {}
    value = ""
    for _ in range(1 + int(r.random() * 5)):
        name = _pick(r, VARIABLE_NAMES)
        more = {**variables, name: _path(r, event) if r.random() < 0.8 else _constant(r)}
        text = json.dumps(more, ensure_ascii=r.random() < 0.5)
        if len(text) <= VALUE_CHARS:
            variables, value = more, text
    return value or '{"x":"$.data"}'


SCALARS = (0, -0.0, 1, 2**53 + 1, 1e15, True, False, None, "y" * 1000)


def _constant(r: Random) -> Any:
    constant = _pick(r, (*STRINGS, *HOSTILE, *SCALARS))
    return " " + constant if isinstance(constant, str) and constant[:1] == "$" else constant


def _path(r: Random, event: Document) -> str:
    """A JSONPath of the subset, walking down the event, definite for the most part."""
    text, down = "$", False
    value: Any = event
    if r.random() < 0.6:
        text, value = "$.data", event.get("data")
    for _ in range(int(r.random() * 5)):
        roll = r.random()
        if not isinstance(value, (dict, list)) or not value:
            if roll < 0.7:
                break
            value = {"missing": None}
        if roll > 0.93 and not down:
            down = True
            text += _pick(r, ("..*", "..a", "..[0]", "..[-1]", "..name", "..é"))
            value = _pick(r, list(value.values()) if isinstance(value, dict) else value)
        elif isinstance(value, dict):
            key = _pick(r, list(value)) if roll < 0.7 else _pick(r, KEYS)
            text += _pick(r, ("[*]", ".*")) if 0.7 < roll < 0.77 else _spelled(r, key)
            value = value.get(key)
        else:
            place = int(r.random() * len(value))
            text += _pick(r, (f"[{place}]", f"[{place - len(value)}]", _slice(r), "[*]", ".*"))
            value = value[place]
    return text


def _slice(r: Random) -> str:
    bounds = ("", "0", "1", "-1", "2", "-2", "9007199254740991")
    step = _pick(r, ("", ":", ":1", ":-1", ":2", ":0", ":-9007199254740991"))
    return f"[{_pick(r, bounds)}:{_pick(r, bounds)}{step}]"


def _spelled(r: Random, key: str) -> str:
    """Spell a name segment in one of the ways of RFC 9535."""
    roll = r.random()
    plain = key.isidentifier() and key.isascii()
    if plain and roll < 0.7:
        return "." + key
    quote = "'" if roll < 0.85 else '"'
    name = "".join(_escaped(character, quote, roll > 0.97) for character in key)
    return f"[{quote}{name}{quote}]"


def _escaped(character: str, quote: str, always: bool) -> str:
    if character in (quote, "\\"):
        return "\\" + character
    if character < " " or always:
        units = character.encode("utf-16-be")
        return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
    return character


# --- Subscriptions --------------------------------------------------------------

PLAIN_SOURCES = ("HC.OBS", "orders", "orders.eu")
TARGETS = ("HC.Kafka", "HC.FunctionGraph", "HC.EG", "my-webhook")


def subscriptions(r: Random, n: int) -> list[Document]:
    """Make ``n`` subscription documents, ids and names unique, valid under EVENTGRID."""
    return [_subscription(r, number) for number in range(n)]


def _subscription(r: Random, number: int) -> Document:
    document, event = pair(r)
    values = [value for condition in document["source"] for value in condition["values"]]
    names = [value for value in values if value in PLAIN_SOURCES]
    source = {
        "name": names[0] if names else "HC.OBS",
        "provider_type": _pick(r, ("OFFICIAL", "CUSTOM", "PARTNER")),
        "filter": document,
    }
    targets = [_target(r, event) for _ in range(_pick(r, (1, 1, 1, 2, 5)))]
    subscription = {"name": f"sub-{number}", "sources": [source], "targets": targets}
    if r.random() < 0.3:
        subscription["id"] = f"{number:032x}"
        source["id"] = f"source-{number:032x}"
        for place, target in enumerate(targets):
            target["id"] = f"target-{number:032x}-{place}"
    if r.random() < 0.5:
        subscription["channel_id"] = _pick(r, ("channel-1", "channel-2"))
    if r.random() < 0.4:
        subscription["status"] = _pick(
            r, ("ENABLED", "ENABLED", "CREATED", "DISABLED", "FROZEN", "ERROR")
        )
    if r.random() < 0.4:
        subscription["type"] = _pick(r, ("EVENT", "EVENT", "EVENT", "SCHEDULED"))
    if r.random() < 0.2:
        subscription["description"] = _pick(r, ("", "é" * 255, "what it is for"))
    return subscription


def _target(r: Random, event: Document) -> Document:
    target = {"name": _pick(r, TARGETS), "transform": transforms(r, event)}
    if r.random() < 0.5:
        target["provider_type"] = _pick(r, ("OFFICIAL", "CUSTOM"))
        target["connection_id"] = _pick(r, ("c", "0123456789abcdef" * 4))
        target["detail"] = _pick(r, ({}, {"url": "https://sink.example/in", "n": [1, None]}))
    return target


# --- Hostile bytes --------------------------------------------------------------

TOKENS = tuple(
    token if isinstance(token, bytes) else token.encode()
    for token in (
        *("{", "}", "[", "]", '"', ",", ":", "\\", "\\u", "[" * 70, "]" * 70, '{"a":' * 70),
        *("\\ud800", "\\udc00\\ud800", "\\u0000", '"\\ud83d\\ude00"', "\\x41", "/**/"),
        *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "-0", "01", "1.", "1e15", "true"),
        *("9" * 640, "9" * 641, "1" * 4301, "1e" + "9" * 20, "0." + "1" * 700, "null", "undefined"),
        *('"id":', '"source":"s",', '"data":null', '"data_base64":"AA=="', '"specversion":"1.0"'),
        *(b"\xef\xbb\xbf", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"),
        *(b"\x00", b"\x1f", b"\x7f", b"\r\n", b"\x0c", "\u00a0", "\u2028", "\uffff", "${", "\\\\"),
    )
)


def mutate_bytes(r: Random, corpus: list[bytes]) -> bytes:
    """Take one of the corpus and do one to six bad things to it."""
    data = bytearray(_pick(r, corpus))
    for _ in range(1 + int(r.random() * r.random() * 6)):
        start = int(r.random() * (len(data) + 1))
        end = min(len(data), start + 1 + int(r.random() ** 3 * 40))
        kind = int(r.random() * 7)
        if kind == 0 and start < len(data):
            data[start] ^= 1 << int(r.random() * 8)
        elif kind == 1:
            del data[start:end]
        elif kind == 2:
            data[start:start] = data[start:end] * (1 + int(r.random() ** 6 * 300))
        elif kind == 3:
            other = _pick(r, corpus)
            place = int(r.random() * (len(other) + 1))
            data[start:end] = other[place : place + 1 + int(r.random() * 60)]
        elif kind == 4:
            del data[start:]
        else:
            data[start : start if kind == 5 else end] = _pick(r, TOKENS)
    return bytes(data)


# --- Hostile documents ----------------------------------------------------------


class OddString(str):
    """A string that is not exactly ``str``."""

    __slots__ = ()


class OddDict(dict[str, Any]):
    """An object that is not exactly ``dict``."""

    __slots__ = ()


class OddInt(int):
    """A number that is not exactly ``int``."""


ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, "", "x", [], {}, [[]], [{}], {"and": []}, {"op": None}),
    *(float("nan"), float("inf"), float("-inf"), 10**640, 10**700, -(10**700), 2**64, -0.0),
    *((), (1, 2), b"x", bytearray(b"x"), frozenset({1}), range(3), object, 1j, Ellipsis),
    *(
        OddString("x"),
        OddInt(1),
        OddDict(a=1),
        "\ud800",
        "\udc00x",
        "\x00",
        "x\n",
        "９",
        "a" * 3000,
    ),
    *(["x"] * 200, list(range(200)), {str(n): n for n in range(200)}, {1: 2}, {None: 1}, {"": {}}),
    *("$.data", "$..a..b", "${x}", "${", "$[", "NumberIn", "StringIn", "VARIABLE", "EVENT", "1.0"),
)
NEAR_NAMES = (
    *("stringIn", "StringIN", "StringIn ", "StringsIn", "StringMatches", "NumberIs", "IsNul"),
    *("NumberInrange", "NumberLess", "Not", "", "op", "IsTrue\n", "ＩsTrue"),
)


def mutate_document(r: Random, document: Any, *, cycles: bool = False) -> Any:
    """Copy a document and do one to four bad things to the copy; ``cycles`` may tie it to itself.

    The result is seldom valid, and holds odd Python types; the document stays as it was.
    """
    copy = [_copied(document)]
    for _ in range(1 + int(r.random() * r.random() * 4)):
        places = _places(copy)
        if not places:
            break
        # The first place is the whole document: seldom worth losing.
        container, key = _pick(r, places if r.random() < 0.05 else places[1:] or places)
        kind = int(r.random() * (10 if cycles else 9))
        if kind == 9:
            container[key] = _pick(r, [c for c, _ in places])
        elif kind < 3:
            choices = (*OPERATORS, *NEAR_NAMES) if key == "op" else ODD_VALUES
            container[key] = _copied(_pick(r, choices))
        else:
            _restructure(r, container, key, kind)
    return copy[0] if copy else None


def _restructure(r: Random, container: Any, key: Any, kind: int) -> None:
    """Delete, double, rename, wrap or unwrap what stands in one place."""
    value = container[key]
    if kind == 3:
        del container[key]
    elif kind == 4 and isinstance(container, list):
        container[key:key] = [value] * _pick(r, (1, 4, 20, 300))
    elif kind in (4, 5) and isinstance(container, dict):
        if kind == 5:
            del container[key]
        names = (*KEYS, *ATTRIBUTES, "op", "value", "values", "and", "filter", 1, None, ("a",))
        container[_pick(r, names)] = value
    elif kind == 6:
        container[key] = _pick(r, ([value], {"and": [value]}, {"a": value}, (value,)))
    elif kind == 7:
        for _ in range(_pick(r, (1, 2, 5, 6, 60, 70, 70, 1500))):
            value = [value] if r.random() < 0.5 else {"a": value}
        container[key] = value
    elif isinstance(value, (str, list, tuple)):
        container[key] = value * _pick(r, (0, 2, 50)) if len(value) < 300 else value[:1]
    else:
        container[key] = [value, value]


def _copied(value: Any) -> Any:
    """Copy the containers of a document that nests no deeper than documents do."""
    if type(value) is dict:
        return {key: _copied(member) for key, member in value.items()}
    return [_copied(member) for member in value] if type(value) is list else value


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document, cycles entered once, without recursion."""
    places: list[tuple[Any, Any]] = []
    waiting, seen = [root], {id(root)}
    while waiting and len(places) < 3000:
        container: Any = waiting.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            places.append((container, key))
            value = container[key]
            if type(value) in (dict, list) and id(value) not in seen:
                seen.add(id(value))
                waiting.append(value)
    return places


# --- Hostile requests -----------------------------------------------------------

REMOVED = object()
# Each of these values, by itself, makes an event invalid under EVENTGRID.
NO_NAMES: tuple[Any, ...] = (REMOVED, "", None, 1, True, ["x"], "a\x00b")
SPOILED: dict[str, tuple[Any, ...]] = {
    "id": NO_NAMES,
    "source": NO_NAMES,
    "type": NO_NAMES,
    "specversion": (REMOVED, "", None, 1, 1.0, "0.3", "1.0 ", "\x85"),
    "data": (None, [], [{}], "x", 1, False),
    "data_base64": ("AAE=", "", "A", 1),
    "time": ("", "now", 1, "2018-04-05", "2018-13-01T00:00:00Z", "1998-12-31T23:58:60Z", "\n"),
    "datacontenttype": ("text/plain", "", 1, "application/xml"),
    "dataschema": ("no colon", "a b:c", 1, ["urn:x"]),
    "subject": (1, True, [], {}, "a\nb", "\uffff", "\x9f"),
    "ext": (1.5, {}, [], 2**31, -(2**31) - 1, "a\x00", "\x7f"),
    **dict.fromkeys(("Foo", "a-b", "a٣", "\u212a", "", "abc\n", "é", "a" * 21), ("x",)),
}
SPOILERS = tuple((name, value) for name, values in SPOILED.items() for value in values)
NO_EVENTS: tuple[Any, ...] = (None, True, 0, 1.5, "x", "", [], ["id"], {})


def hostile_requests(r: Random) -> tuple[bytes, list[bool]]:
    """Make a request body of good and bad members, and which of them are good, in order.

    0 to 20 members as a rule, now and then more: none, and more than 20, refuse the
    whole request, whatever the list says. The body is always JSON and within the
    sizes of a request; at most one member is larger than an event may be.
    """
    count = int(r.random() * 21) if r.random() < 0.95 else 21 + int(r.random() * 5)
    share = _pick(r, (0.0, 0.1, 0.5, 1.0))  # of bad members
    good = [r.random() >= share for _ in range(count)]
    members = [_member_text(r, is_good) for is_good in good]
    if good and r.random() < 0.02:
        place = int(r.random() * count)
        good[place] = False
        members[place] = _compact({**events(r), "data": {"a": "x" * 65_536}})
    gap = _pick(r, ("", "", " ", "\n", "\r\n\t "))
    body = (
        f'{gap}{{{gap}"events"{gap}:{gap}[{gap}' + f"{gap},{gap}".join(members) + f"{gap}]}}{gap}"
    )
    return body.encode(), good


def member(r: Random, *, is_good: bool) -> Any:
    """Make a member of a request: a good event, or what must be refused by itself."""
    event: Any = events(r)
    if is_good:
        return event
    if r.random() < 0.1:
        return _pick(r, NO_EVENTS)
    name, value = _pick(r, SPOILERS)
    event[name] = value
    if value is REMOVED:
        del event[name]
    return event


def _member_text(r: Random, is_good: bool) -> str:
    event = member(r, is_good=is_good)
    spaced = (", ", ": ") if r.random() < 0.3 else (",", ":")
    return json.dumps(event, ensure_ascii=r.random() < 0.5, separators=spaced)
