"""The slow, obvious second evaluator of transforms: which values, which body, which limit.

Independent of the fast path like all of ``egcore.explain``: a path evaluator, a template
filler and a judgement of what a JSON template is, of its own, from spec section 5 and
RFC 9535. Shared are the readers and writers of JSON, and the step counter.
"""

import json
import re
from typing import Any, Final, NamedTuple

from egcore.decoding import compact_json, is_json
from egcore.errors import Problem, RenderError, TransformError
from egcore.events import Event
from egcore.explanations import TargetExplanation
from egcore.jsonpath import Steps, parse_path
from egcore.limits import Limits
from egcore.paths import UNDEFINED
from egcore.subscriptions import Target
from egcore.templates import body_too_large
from egcore.transforms import JSON, TEXT


def transform_explanation(
    document: dict[str, Any], event: Event, limits: Limits, target: Target | None = None
) -> TargetExplanation:
    """Explain a transform that is known to be valid; ``target`` is whose it is."""
    of_type = document["type"]
    if of_type == "VARIABLE":
        return _variable(document, event, limits, target)
    if of_type == "ORIGINAL":  # "the bytes it was received in"
        body, content_type = event.original, JSON
    else:  # "delivered verbatim"
        body, content_type = document["value"].encode(), _constant_type(document["value"], limits)
    return _target(of_type, _Used({}, ()), body, content_type, limits, target)


def _constant_type(value: str, limits: Limits) -> str:
    """JSON for "a constant that is JSON"; one that nests too deeply for us is text."""
    try:
        return JSON if is_json(value, limits=limits, error=TransformError) else TEXT
    except TransformError:
        return TEXT


class _Used(NamedTuple):
    """The variables that a template uses: expression and value of each, with notes."""

    variables: dict[str, tuple[Any, Any]]
    notes: tuple[str, ...]
    problem: Problem | None = None


def _target(
    of_type: str,
    used: _Used,
    body: bytes | None,
    content_type: str,
    limits: Limits,
    target: Target | None,
) -> TargetExplanation:
    """Hold the finished body to its limit: "Never a truncated body"."""
    problem = used.problem
    if body is not None and len(body) > limits.body_bytes:
        body, problem = None, body_too_large(limits.body_bytes)
    return TargetExplanation(
        of_type, used.variables, used.notes, body, content_type, problem, target
    )


def _variable(
    document: dict[str, Any], event: Event, limits: Limits, target: Target | None
) -> TargetExplanation:
    literals, names = _pieces(document["template"])
    positions = _value_positions(document["template"], literals)
    content_type = TEXT if positions is None else JSON
    used = _evaluate(json.loads(document["value"]), set(names), event, limits)
    body = None
    if used.problem is None:
        values = {name: value for name, (_, value) in used.variables.items()}
        body = _filled(literals, names, values, positions).encode()
    return _target("VARIABLE", used, body, content_type, limits, target)


def _pieces(template: str) -> tuple[list[str], list[str]]:
    """Split a template into literals and the names between them."""
    literals, names = [], []
    rest = template
    while "${" in rest:
        literal, _, rest = rest.partition("${")
        name, _, rest = rest.partition("}")
        literals.append(literal)
        names.append(name)
    return [*literals, rest], names


class _NotJsonError(Exception):
    """A token that is not JSON as a whole."""


def _value_positions(template: str, literals: list[str]) -> set[int] | None:
    """Tell which placeholders of a JSON template are whole values; None if it is text.

    Each placeholder becomes a number that is nowhere in the template: digits fit both in a
    string literal and as a value, and json hands over the numbers that are values.
    """
    # "only if its first character after white space is {, [ or \""
    if not template.lstrip(" \t\n\r").startswith(("{", "[", '"')):
        return None
    stem = "7"
    while stem in template:
        stem += "7"
    marks = {f"{stem}{index:08}": index for index in range(len(literals) - 1)}
    positions: set[int] = set()

    def number(token: str) -> None:
        if token in marks:
            positions.add(marks[token])
        elif stem in token:  # part of a number: neither of a string literal nor whole
            raise _NotJsonError

    def refuse(_: str) -> None:  # NaN and Infinity
        raise _NotJsonError

    marked = "".join(map("".join, zip(literals, [*marks, ""], strict=True)))
    try:
        read = json.loads(marked, parse_int=number, parse_float=number, parse_constant=refuse)
        json.dumps(read, ensure_ascii=False).encode()  # half of a surrogate pair is not JSON
    except (ValueError, _NotJsonError):
        return None
    return positions


def _filled(
    literals: list[str], names: list[str], values: dict[str, Any], positions: set[int] | None
) -> str:
    """Replace every placeholder "in one pass; what was inserted is never looked at again"."""
    parts = [literals[0]]
    for index, name in enumerate(names):
        value = values[name]
        if positions is None:
            parts.append(_as_text(value))
        elif index in positions:  # "inserted as JSON (… undefined as null)"
            parts.append("null" if value is UNDEFINED else compact_json(value))
        else:  # "inserted JSON-escaped"
            parts.append(compact_json(_as_text(value))[1:-1])
        parts.append(literals[index + 1])
    return "".join(parts)


def _as_text(value: Any) -> str:
    """Write "strings raw; … as compact JSON; null and undefined as nothing"."""
    if value is None or value is UNDEFINED:
        return ""
    return value if type(value) is str else compact_json(value)


def _evaluate(expressions: dict[str, Any], names: set[str], event: Event, limits: Limits) -> _Used:
    """Evaluate the variables that the template uses; stop where the steps run out."""
    steps = Steps(limits.path_steps)
    used = {name: expressions[name] for name in expressions if name in names}
    notes = tuple(
        f"{name}: the path is wide; jsonpath-ng evaluated it"
        for name, expression in used.items()
        if _is_path(expression) and parse_path(expression, limits).wide
    )
    variables: dict[str, tuple[Any, Any]] = {}
    values: dict[str, Any] = {}  # "each distinct path is evaluated once per event"
    try:
        for name, expression in used.items():
            if not _is_path(expression):
                variables[name] = expression, expression
                continue
            if expression not in values:
                values[expression] = _value(expression, event, steps, limits)
            variables[name] = expression, values[expression]
    except RenderError as error:
        return _Used(variables, notes, error.problems[0])
    return _Used(variables, notes)


def _is_path(expression: object) -> bool:
    """Say whether it is "a JSONPath", which is "a string starting with $", "else a constant"."""
    return type(expression) is str and expression.startswith("$")


def _value(expression: str, event: Event, steps: Steps, limits: Limits) -> Any:
    path = parse_path(expression, limits)
    if path.wide:
        return path.find(event.members, steps)
    return _find(expression, event.members, steps)


# --- JSONPath (RFC 9535, the subset of spec section 5) -----------------------------------------

_SEGMENT: Final = re.compile(
    r"""(?P<down>\.\.)?\.?
        (?: (?P<plain>[^.\[]+)
          | \[(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]
          | \[(?P<other>[^\]]+)\] )""",
    re.VERBOSE,
)
# Is it a descendant segment, the kind of its selector, what that selects.
_Segment = tuple[bool, str, Any]


def _segments(expression: str) -> list[_Segment]:
    """Split a path that is known to be of the subset."""
    return [_segment(match) for match in _SEGMENT.finditer(expression, 1)]


def _segment(match: re.Match[str]) -> _Segment:
    down = match["down"] is not None
    if match["quoted"]:
        return down, "name", _unquoted(match["quoted"])
    text = match["plain"] or match["other"]
    if text == "*":
        return down, "wildcard", None
    if match["plain"]:
        return down, "name", text
    return (down, "slice", text.split(":")) if ":" in text else (down, "index", int(text))


def _unquoted(literal: str) -> str:
    """Resolve the escapes of a name by making a JSON string of it."""
    if literal[0] == "'":
        inner = re.sub(r'(\\.)|"', _requoted, literal[1:-1])
        literal = f'"{inner}"'
    name: str = json.loads(literal)
    return name


def _requoted(match: re.Match[str]) -> str:
    if match[0] == '"':
        return '\\"'
    return "'" if match[0] == "\\'" else match[0]


def _find(expression: str, root: Any, steps: Steps) -> Any:
    """Evaluate a path, segment by segment, over lists of nodes (RFC 9535 section 2.5).

    "A definite path gives the value or undefined; any other path gives a JSON array".
    Steps are counted as the engine does, so that the two agree on what is too much.
    """
    segments = _segments(expression)
    definite = all(kind in ("name", "index") and not down for down, kind, _ in segments)
    nodes = [root]
    for down, kind, argument in segments:
        # One step for each node a segment begins with; a definite path pays in advance.
        steps.spend(1 if definite else len(nodes))
        if down:
            nodes = [below for node in nodes for below in _with_all_below(node, steps)]
        nodes = [found for node in nodes for found in _select(kind, argument, node, steps)]
    if definite:
        return nodes[0] if nodes else UNDEFINED
    return nodes


def _with_all_below(node: Any, steps: Steps) -> list[Any]:
    """The node and everything below it, parents first, in order (RFC 9535 section 2.5.2.2)."""
    found = []
    waiting = [node]
    while waiting:
        value = waiting.pop()
        found.append(value)
        children = _children(value)
        steps.spend(len(children))
        waiting += reversed(children)
    return found


def _children(node: Any) -> list[Any]:
    if type(node) is dict:
        return list(node.values())
    return node if type(node) is list else []


def _select(kind: str, argument: Any, node: Any, steps: Steps) -> list[Any]:
    """What one selector selects from one node (RFC 9535 section 2.3)."""
    if kind == "name":
        return [node[argument]] if type(node) is dict and argument in node else []
    if kind == "wildcard":
        found = _children(node)
        steps.spend(len(found))
        return found
    if type(node) is not list:
        return []
    if kind == "index":
        place = argument + len(node) if argument < 0 else argument
        return [node[place]] if 0 <= place < len(node) else []
    places = _slice_places(argument, len(node))
    steps.spend(len(places))
    return [node[place] for place in places]


def _slice_places(bounds: list[str], length: int) -> range:
    """The indexes that a slice takes, as RFC 9535 section 2.3.4.2.2 computes them."""
    start, end, step = (int(text) if text else None for text in (*bounds, "")[:3])
    step = 1 if step is None else step
    if step == 0:
        return range(0)
    if start is None:
        start = 0 if step > 0 else length - 1
    if end is None:
        end = length if step > 0 else -length - 1
    start = start if start >= 0 else length + start
    end = end if end >= 0 else length + end
    if step > 0:
        return range(min(max(start, 0), length), min(max(end, 0), length), step)
    return range(min(max(start, -1), length - 1), min(max(end, -1), length - 1), step)
