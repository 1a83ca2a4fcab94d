"""Templates: literal text with ``${name}`` slots, filled in one pass (spec section 5).

A template is split once into literals and slots. What a slot inserts is decided by
where it stands, not by what the event holds: in a text template, in a JSON string,
or as a JSON value. Nothing that was inserted is ever looked at again, and in a JSON
template no value can leave the place that its author gave it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring
from typing import Final, NamedTuple

from egcore import codes
from egcore.decoding import compact_json, is_json
from egcore.errors import MAX_PROBLEMS, Problem, RenderError, TransformError, problem, shorten
from egcore.limits import Limits
from egcore.paths import UNDEFINED

Format = Callable[[object], str]


def as_text(value: object) -> str:
    """Write a value into text: strings raw, null and undefined as nothing, the rest as JSON."""
    if type(value) is str:
        return value
    return "" if value is None or value is UNDEFINED else compact_json(value)


def inside_json_string(value: object) -> str:
    """Write a value into a JSON string: as in text, escaped."""
    return encode_basestring(as_text(value))[1:-1]


def as_json_value(value: object) -> str:
    """Write a value where JSON takes one: strings with their quotes, undefined as null."""
    if type(value) is str:
        return encode_basestring(value)
    return "null" if value is UNDEFINED else compact_json(value)


class Slot(NamedTuple):
    """A place for one variable, and how a value is written there."""

    name: str
    format: Format


@dataclass(frozen=True, slots=True)
class Template:
    """A template ready to be filled.

    ``literals`` and ``slots`` alternate, a literal at both ends. ``is_json``: whatever
    is inserted, the result is valid JSON.
    """

    literals: tuple[str, ...]
    slots: tuple[Slot, ...]
    is_json: bool

    def fill(self, values: Mapping[str, object], limit: int) -> str:
        """Return the text with every slot filled from ``values``.

        Raises ``RenderError`` as soon as the parts together have more than ``limit``
        characters; each distinct slot is written once, however often it stands.
        """
        written: dict[Slot, str] = {}
        size = 0
        parts = [self.literals[0]]
        for slot, literal in zip(self.slots, self.literals[1:], strict=True):
            text = written.get(slot)
            if text is None:
                text = written[slot] = slot.format(values[slot.name])
            size += len(text)
            if size > limit:
                raise RenderError([body_too_large(limit)])
            parts += text, literal
        return "".join(parts)


def body_too_large(limit: int) -> Problem:
    """Say that a rendered body goes over its limit."""
    return problem(codes.BODY_SIZE, f"the rendered body has more than {limit} bytes")


# --- Reading a template ------------------------------------------------------------------

_PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)(\}?)")
_JSON_START: Final = re.compile(r'[ \t\n\r]*[\[{"]')


def parse_template(
    text: str, names: Collection[str] | None, limits: Limits, problems: list[Problem]
) -> Template | None:
    """Read a template over the given variable names; append what is wrong to ``problems``.

    ``names`` is None when the variables could not be read: then any name will do.
    Returns None when there is an error.
    """
    literals, used = _split(text)
    errors = (_placeholder_problem(name, names) for name in used)
    found = [*islice(filter(None, errors), MAX_PROBLEMS)]
    if found:
        problems += found
        return None
    defined = [name for name in used if name is not None]
    if not _JSON_START.match(text):
        return _template(literals, defined, [as_text] * len(defined), is_json=False)
    return _json_template(literals, defined, text, limits, problems)


def _split(text: str) -> tuple[list[str], list[str | None]]:
    """Split into literals and the names between them; None for a name that does not end."""
    literals: list[str] = []
    names: list[str | None] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        literals.append(text[position : match.start()])
        names.append(match[1] if match[2] else None)
        position = match.end()
    literals.append(text[position:])
    return literals, names


def _placeholder_problem(name: str | None, names: Collection[str] | None) -> Problem | None:
    if name is None:
        return problem(
            codes.PLACEHOLDER, "a placeholder has no closing brace", hint="write ${name}"
        )
    if not name:
        return problem(codes.PLACEHOLDER, "a placeholder has no name", hint="write ${name}")
    if names is not None and name not in names:
        message = f"the template uses the undefined variable {shorten(name)!r}"
        return problem(codes.VARIABLE_UNDEFINED, message, hint="define it in value")
    return None


def _template(
    literals: list[str], names: list[str], formats: list[Format], *, is_json: bool
) -> Template:
    slots = tuple(map(Slot, names, formats))
    return Template(tuple(literals), slots, is_json)


def _json_template(
    literals: list[str], names: list[str], text: str, limits: Limits, problems: list[Problem]
) -> Template | None:
    """Read a template that starts like JSON; it is text if it is not JSON after all."""
    contexts = _contexts(literals)
    try:
        looks_right = is_json(_probe(literals, contexts), limits=limits, error=TransformError)
    except TransformError as error:
        problems += error.problems
        return None
    if not looks_right:
        if not text.lstrip().startswith('"'):
            message = "the template looks like JSON but is not; it is rendered as text"
            problems.append(problem(codes.TEMPLATE_NOT_JSON, message))
        return _template(literals, names, [as_text] * len(names), is_json=False)
    if any(context.unfinished for context in contexts):
        message = "a placeholder follows an unfinished escape"
        problems.append(problem(codes.PLACEHOLDER_PLACE, message))
        return None
    if _has_slot_in_key(literals, contexts):
        message = "a placeholder stands in an object key"
        problems.append(problem(codes.PLACEHOLDER_PLACE, message))
        return None
    formats: list[Format] = [
        inside_json_string if each.in_string else as_json_value for each in contexts
    ]
    return _template(literals, names, formats, is_json=True)


class _Context(NamedTuple):
    """Where a slot stands: in a string or not, and behind which unfinished escape."""

    in_string: bool
    unfinished: str


_STRING_TOKEN: Final = re.compile(r'"|\\(?:u[0-9A-Fa-f]{4}|[^u])|(\\(?:u[0-9A-Fa-f]{0,3})?\Z)')


def _contexts(literals: list[str]) -> list[_Context]:
    """Tell for each slot where the literals before it have left a JSON reader."""
    contexts: list[_Context] = []
    in_string = False
    for literal in literals[:-1]:
        unfinished = ""
        for match in _STRING_TOKEN.finditer(literal):
            if match[0] == '"':
                in_string = not in_string
            unfinished = match[1] or ""
        contexts.append(_Context(in_string, unfinished if in_string else ""))
    return contexts


def _probe(literals: list[str], contexts: list[_Context], mark: str = "x") -> str:
    """Return the template with a harmless value in each slot: JSON if and only if it is."""
    parts = [literals[0]]
    for context, literal in zip(contexts, literals[1:], strict=True):
        parts += _stand_in(context, mark), literal
    return "".join(parts)


def _stand_in(context: _Context, mark: str) -> str:
    if not context.in_string:
        return "null"
    if not context.unfinished:
        return mark
    return "n" if context.unfinished == "\\" else "0" * (6 - len(context.unfinished))


_KEY: Final = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t\n\r]*(:?)', re.DOTALL)


def _has_slot_in_key(literals: list[str], contexts: list[_Context]) -> bool:
    """Whether a slot stands in a string that a colon follows; the probe is known to be JSON."""
    # In JSON no raw control character stands in a string, so none can be taken for the mark.
    probe = _probe(literals, contexts, mark="\x00")
    return any(key[2] and "\x00" in key[1] for key in _KEY.finditer(probe))
