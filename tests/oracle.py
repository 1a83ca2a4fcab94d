"""The naive oracle: what the spec says, as plainly and slowly as possible.

Written from the spec's text alone. It imports nothing from egcore, so that a
mistake in the engine cannot also be here. It judges documents that are known to
be valid and events that are known to be checked; it recurses freely, since
checked events nest at most 64 deep. Clauses of the spec stand beside the code.

Public: ``matches``, ``paths``, ``template_kind``, ``is_json_template``,
``render``, ``body_json``, ``same_json``.
"""

import json
from typing import Any

UNDEFINED: Any = object()
"""What stands for "no such value"; no event holds it."""

# --- Section 4: filters -------------------------------------------------------


def matches(filter_document: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether a valid filter holds for a checked event, under either preset."""
    for key, field in filter_document.items():  # "Different fields are ANDed"
        value = event.get(key, UNDEFINED)
        if key == "data" and isinstance(field, dict):
            # "Directly under `data` the key `and` is a field name"
            holds = all(_field_holds(sub, _member(value, name)) for name, sub in field.items())
        else:
            holds = _field_holds(field, value)
        if not holds:
            return False
    return True


def _member(value: Any, name: str) -> Any:
    """Rule 1: undefined when the key is missing or something on the path is no object."""
    if isinstance(value, dict) and name in value:  # rule 7: keys are literal
        return value[name]
    return UNDEFINED


def _field_holds(field: Any, value: Any) -> bool:
    if isinstance(field, list):  # a leaf: a list of conditions, any of which may hold
        return any(condition_holds(condition, value) for condition in field)
    # "elsewhere an object whose only key is `and` with a list is always the form"
    if list(field) == ["and"] and isinstance(field["and"], list):
        # rule 9: each condition looks at the whole field by itself
        return all(condition_holds(condition, value) for condition in field["and"])
    return all(_field_holds(sub, _member(value, name)) for name, sub in field.items())


# "StringNotIn, StringNotStartsWith, StringNotEndsWith, NumberNotIn, NumberNotInRange
# are exactly not their positive twin" (rule 3); IsNotNull is "neither" null nor undefined.
EXACT_COMPLEMENT = {
    "StringNotIn": "StringIn",
    "StringNotStartsWith": "StringStartsWith",
    "StringNotEndsWith": "StringEndsWith",
    "NumberNotIn": "NumberIn",
    "NumberNotInRange": "NumberInRange",
    "IsNotNull": "IsNull",
}


def condition_holds(condition: dict[str, Any], value: Any) -> bool:
    """Whether one condition holds on the whole value of its field."""
    op = condition["op"]
    if op in EXACT_COMPLEMENT:
        return not condition_holds({**condition, "op": EXACT_COMPLEMENT[op]}, value)
    if op == "IsNull":
        return value is None or value is UNDEFINED
    if op == "IsTrue":  # rule 4: JSON booleans only, arrays included in "anything else"
        return value is True
    if op == "IsNotTrue":  # "not true, that is false"
        return value is False
    if value is UNDEFINED or value is None:  # rules 1 and 2: positive, false on undefined
        return False
    if isinstance(value, list):  # rule 2: any element; nested arrays never do
        return any(_scalar_satisfies(condition, element) for element in value)
    return _scalar_satisfies(condition, value)


def _scalar_satisfies(condition: dict[str, Any], value: Any) -> bool:
    """Whether one value that is not entered any further satisfies a positive operator."""
    op = condition["op"]
    if op.startswith("String"):  # rule 5: no coercion
        return isinstance(value, str) and any(
            _string_satisfies(op, value, wanted) for wanted in condition["values"]
        )
    if not _is_number(value):
        return False
    if op == "NumberIn":
        return any(value == wanted for wanted in condition["values"])
    if op == "NumberInRange":
        return any(low <= value <= high for low, high in condition["values"])
    return _number_compares(op, value, condition["value"])


def _string_satisfies(op: str, value: str, wanted: str) -> bool:
    """Rules 5 and 8: code point by code point; every string starts and ends with ""."""
    if op == "StringIn":
        return value == wanted
    if op == "StringStartsWith":
        return value[: len(wanted)] == wanted
    if op == "StringEndsWith":
        return len(wanted) <= len(value) and value[len(value) - len(wanted) :] == wanted
    raise ValueError(op)


def _number_compares(op: str, value: Any, wanted: Any) -> bool:
    """Rule 6: Python compares int and float by mathematical value, exactly."""
    if op == "NumberLessThan":
        return bool(value < wanted)
    if op == "NumberNotLessThan":  # rule 3: "≥", hence positive
        return bool(value >= wanted)
    if op == "NumberGreaterThan":
        return bool(value > wanted)
    if op == "NumberNotGreaterThan":
        return bool(value <= wanted)
    raise ValueError(op)


def _is_number(value: Any) -> bool:
    """Rule 6: booleans are not numbers."""
    return isinstance(value, (int, float)) and value is not True and value is not False


# --- Section 5: JSONPath ------------------------------------------------------

NAME_FIRST = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
DIGITS = "0123456789"
ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\"}
# A segment is (is it a descendant segment, kind of selector, what the selector takes).
Segment = tuple[bool, str, Any]


def paths(expression: str, event: Any) -> Any:
    """Evaluate a path of the subset.

    A definite path gives the value or UNDEFINED, any other an array of the values
    found, in RFC 9535 order. Raises ValueError when it is no path of the subset.
    """
    segments = parse_path(expression)
    values = [event]
    for segment in segments:
        values = [found for value in values for found in _step(segment, value)]
    if all(kind in ("name", "index") and not down for down, kind, _ in segments):
        return values[0] if values else UNDEFINED
    return values


def _step(segment: Segment, value: Any) -> list[Any]:
    """RFC 9535 section 2.5: what one segment selects from one value."""
    down, kind, argument = segment
    found = _select(kind, argument, value)
    if down:  # the value itself first, then each child in order, with its descendants
        for child in _select("wildcard", None, value):
            found += _step(segment, child)
    return found


def _select(kind: str, argument: Any, value: Any) -> list[Any]:
    """RFC 9535 section 2.3: what one selector selects from one value."""
    if kind == "name":
        return [value[argument]] if isinstance(value, dict) and argument in value else []
    if kind == "wildcard":
        if isinstance(value, dict):
            return list(value.values())
        return list(value) if isinstance(value, list) else []
    if not isinstance(value, list):
        return []
    if kind == "index":
        place = argument + len(value) if argument < 0 else argument
        return [value[place]] if 0 <= place < len(value) else []
    start, end, step = argument
    return [value[place] for place in _slice_places(start, end, step, len(value))]


def _slice_places(start: int | None, end: int | None, step: int, length: int) -> list[int]:
    """RFC 9535 section 2.3.4.2.2, where the places are checked one by one."""
    if step == 0:
        return []
    if start is None:
        start = 0 if step > 0 else length - 1
    elif start < 0:
        start += length
    if end is None:
        end = length if step > 0 else -1
    elif end < 0:
        end += length
    order = range(length) if step > 0 else range(length - 1, -1, -1)
    first = max(start, 0) if step > 0 else min(start, length - 1)
    return [
        place
        for place in order
        if (place - first) % step == 0
        and (start <= place < end if step > 0 else end < place <= start)
    ]


def parse_path(expression: str) -> list[Segment]:
    """Read a path of the subset: "RFC 9535 spelling without white space"."""
    if expression[:1] != "$":
        raise ValueError("a path starts with $")
    rest, segments = expression[1:], []
    while rest:
        down = rest.startswith("..")
        rest = rest[2:] if down else rest
        if rest.startswith("["):
            kind, argument, rest = _bracketed(rest[1:])
        elif down or rest.startswith("."):
            kind, argument, rest = _shorthand(rest if down else rest[1:])
        else:
            raise ValueError("neither . nor [")
        segments.append((down, kind, argument))
    if len(segments) > 32 or sum(down for down, _, _ in segments) > 1:
        raise ValueError("32 segments, at most one ..")
    return segments


def _shorthand(rest: str) -> tuple[str, Any, str]:
    if rest.startswith("*"):
        return "wildcard", None, rest[1:]
    end = 0
    while end < len(rest) and (
        rest[end] in NAME_FIRST or rest[end] >= "\x80" or (end and rest[end] in DIGITS)
    ):
        end += 1
    if not end:
        raise ValueError("a name is missing")
    return "name", rest[:end], rest[end:]


def _bracketed(rest: str) -> tuple[str, Any, str]:
    if rest[:1] in ("'", '"'):
        name, rest = _quoted(rest[1:], rest[0])
        if not rest.startswith("]"):
            raise ValueError("] is missing")
        return "name", name, rest[1:]
    inside, bracket, rest = rest.partition("]")
    if not bracket:
        raise ValueError("] is missing")
    if inside == "*":
        return "wildcard", None, rest
    if ":" not in inside:
        return "index", _integer(inside), rest
    parts = [_integer(part) if part else None for part in inside.split(":")]
    if len(parts) > 3:
        raise ValueError("a slice has three parts")
    start, end, step = parts if len(parts) == 3 else [*parts, None]
    return "slice", (start, end, 1 if step is None else step), rest


def _integer(text: str) -> int:
    """RFC 9535 int: no sign but minus, no leading zero, no -0, at most 2^53-1."""
    digits = text.removeprefix("-")
    if not digits or any(digit not in DIGITS for digit in digits):
        raise ValueError("not an integer")
    if (digits[0] == "0" and text != "0") or len(digits) > 16 or int(digits) > 2**53 - 1:
        raise ValueError("not an integer of the permitted range")
    return int(text)


def _quoted(rest: str, quote: str) -> tuple[str, str]:
    """Read a quoted name and resolve its escapes; give the name and what follows."""
    units: list[str] = []
    while rest and rest[0] != quote:
        if rest[0] != "\\":
            if rest[0] < " ":
                raise ValueError("a control character in a name")
            units.append(rest[0])
            rest = rest[1:]
        elif rest[1:2] == "u":
            digits = rest[2:6]
            if len(digits) < 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
                raise ValueError("\\u takes four hexadecimal digits")
            units.append(chr(int(digits, 16)))
            rest = rest[6:]
        else:
            units.append({**ESCAPED, quote: quote}.get(rest[1:2], ""))
            if not units[-1]:
                raise ValueError("an unknown escape")
            rest = rest[2:]
    if not rest:
        raise ValueError("the quote is not closed")
    # Two escaped surrogates are one character; a lone one cannot be encoded: ValueError.
    name = "".join(units).encode("utf-16", "surrogatepass").decode("utf-16")
    return name, rest[1:]


# --- Section 5: transforms ----------------------------------------------------

# No valid template holds a lone surrogate, so these marks are unique by construction.
IN_STRING, IN_STRING_END, WHOLE, WHOLE_END = "\ud800", "\ud801", "\ud802", "\ud803"


def render(transform_document: dict[str, Any], event: dict[str, Any], original: bytes) -> bytes:
    """Render a valid transform; a JSON template's body is right as JSON, not byte for byte."""
    kind = transform_document["type"]
    if kind == "ORIGINAL":  # "the bytes it was received in"
        return original
    if kind == "CONSTANT":  # "delivered verbatim"
        return str(transform_document["value"]).encode()
    template: str = transform_document["template"]
    values = _variables(transform_document["value"], event)
    if is_json_template(template):
        return _json_text(_substituted(_marked_document(template, list(values)), values)).encode()
    text, body = template, ""
    while "${" in text:  # one pass: what was inserted is never looked at again
        before, _, text = text.partition("${")
        name, _, text = text.partition("}")
        body += before + _as_text(values[name])
    return (body + text).encode()


def body_json(transform_document: dict[str, Any], event: dict[str, Any]) -> Any:
    """Give the JSON value of the body, for a transform whose body is JSON."""
    return json.loads(render(transform_document, event, b""))


def same_json(left: bytes, right: bytes) -> bool:
    """Whether two bodies are the same JSON: order of members, 1, 1.0, true and -0.0 included."""
    return json.dumps(json.loads(left)) == json.dumps(json.loads(right))


def _variables(value: str, event: dict[str, Any]) -> dict[str, Any]:
    """``value`` holds a JSON object of name to expression: "a JSONPath when it is a
    string starting with `$`, else a constant". "A `null` attribute is an absent attribute"
    (section 3), so no path finds one; null data is present under CLOUDEVENTS.
    """
    event = {name: value for name, value in event.items() if value is not None or name == "data"}
    found = {}
    for name, expression in json.loads(value).items():
        is_path = isinstance(expression, str) and expression.startswith("$")
        found[name] = paths(expression, event) if is_path else expression
    return found


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _as_text(value: Any) -> str:
    """Strings raw, null and undefined as nothing, all else as compact JSON."""
    if value is UNDEFINED or value is None:
        return ""
    return value if isinstance(value, str) else _json_text(value)


def is_json_template(template: str) -> bool:
    """Whether a valid template is a JSON template."""
    return template_kind(template) == "json"


def template_kind(template: str) -> str:
    """Judge a template: ``json``, ``text``, or ``refused`` at load (names not considered)."""
    names, rest = [], template
    while "${" in rest:
        name, brace, rest = rest.partition("${")[2].partition("}")
        if not brace or not name:  # "`${` without `}`, or `${}` is refused"
            return "refused"
        names.append(name)
    # "only if its first character after white space is {, [ or \""
    if template.lstrip(" \t\r\n")[:1] not in ("{", "[", '"'):
        return "text"
    try:
        document = _marked_document(template, names)
        keys_marked = _keys_hold(document, IN_STRING)
        if _keys_hold(document, WHOLE):  # a value cannot stand where a key must
            return "text"
        # A lone surrogate escape is not valid JSON (section 3).
        left = json.dumps(document, ensure_ascii=False)
        for number in range(len(names)):
            left = left.replace(f"{IN_STRING}{number}{IN_STRING_END}", "")
            left = left.replace(f"{WHOLE}{number}{WHOLE_END}", "")
        left.encode()
    except UnfinishedEscape:
        return "refused"
    except (ValueError, RecursionError):
        return "text"
    return "refused" if keys_marked else "json"  # "A placeholder in an object key … is refused"


class UnfinishedEscape(Exception):  # noqa: N818  (it is no error of anybody: a verdict)
    """A placeholder stands right after an unfinished escape."""


def _marked_document(template: str, names: list[str]) -> Any:
    """Parse a template whose placeholders are replaced by marks: a piece of a string
    literal, or a whole string in value position. ValueError when it is not JSON.
    """
    marked, in_string, place = "", False, 0
    while place < len(template):
        length = 1
        piece = template[place]
        if template.startswith("${", place):
            end = template.index("}", place)
            length = end + 1 - place
            number = str(names.index(template[place + 2 : end]))
            if in_string:
                piece = IN_STRING + number + IN_STRING_END
            else:
                piece = f'"{WHOLE}{number}{WHOLE_END}"'
        elif piece == '"':
            in_string = not in_string
        elif piece == "\\" and in_string:  # an escaped quote does not end the literal
            length = 6 if template.startswith("u", place + 1) else 2
            piece = template[place : place + length]
            if template.startswith("${", place + piece.find("$")) and "$" in piece:
                raise UnfinishedEscape  # "\\${x}", "\\u00${x}"
        marked += piece
        place += length
    # "valid JSON" by its grammar: a number may be beyond any float, a key may stand twice.
    return json.loads(marked, parse_constant=_refuse_number)


def _refuse_number(text: str) -> float:
    raise ValueError("not a number of JSON")


def _keys_hold(document: Any, mark: str) -> bool:
    if isinstance(document, dict):
        return any(mark in key or _keys_hold(value, mark) for key, value in document.items())
    return isinstance(document, list) and any(_keys_hold(value, mark) for value in document)


def _substituted(document: Any, values: dict[str, Any]) -> Any:
    """Put the values where the marks are, structurally, so that none can break out."""
    if isinstance(document, dict):
        return {key: _substituted(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [_substituted(value, values) for value in document]
    if not isinstance(document, str):
        return document
    names = list(values)
    if document.startswith(WHOLE):  # "in value position it is inserted as JSON"
        value = values[names[int(document[1:-1])]]
        return None if value is UNDEFINED else value
    text = ""
    before, mark, rest = document.partition(IN_STRING)
    while mark:
        number, _, rest = rest.partition(IN_STRING_END)
        text += before + _as_text(values[names[int(number)]])
        before, mark, rest = rest.partition(IN_STRING)
    return text + before
