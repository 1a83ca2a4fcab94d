"""Transforms: what a target receives for an event (spec section 5).

ORIGINAL delivers the event's own bytes, CONSTANT its value, VARIABLE a template filled
with what JSONPaths find. All checking happens in ``Transform.from_document``; rendering
can fail by the output and step limits only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from egcore import codes
from egcore.decoding import Raw, decode, decode_rule, is_json
from egcore.errors import (
    MAX_PROBLEMS,
    Problem,
    RenderError,
    TransformError,
    host_error,
    kind,
    problem,
    raise_errors,
    shorten,
    with_stack,
)
from egcore.events import Event, as_event
from egcore.jsonpath import Path, Steps, parse_path
from egcore.limits import EVENTGRID, Limits
from egcore.templates import Template, body_too_large, parse_template

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"

TYPES: Final = ("ORIGINAL", "CONSTANT", "VARIABLE")
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Renderer(Protocol):
    """One kind of transform, compiled: an event in, a body out."""

    @property
    def content_type(self) -> str:
        """The content type of every body."""

    def render(self, event: Event) -> bytes:
        """Return the body. Raises ``RenderError``."""


@dataclass(frozen=True, slots=True)
class Original:
    """Deliver the event as it was received."""

    body_bytes: int
    content_type: str = JSON

    def render(self, event: Event) -> bytes:
        """Return the event's own bytes."""
        return _within(event.original, self.body_bytes)


@dataclass(frozen=True, slots=True)
class Constant:
    """Deliver the same body for every event."""

    body: bytes
    content_type: str
    body_bytes: int

    def render(self, event: Event) -> bytes:  # noqa: ARG002 # one shape for all kinds
        """Return the constant."""
        return _within(self.body, self.body_bytes)


@dataclass(frozen=True, slots=True)
class Variable:
    """Deliver a template filled with constants and with what paths find in the event."""

    template: Template
    constants: Mapping[str, object]
    paths: tuple[tuple[Path, tuple[str, ...]], ...]
    body_bytes: int
    path_steps: int

    @property
    def content_type(self) -> str:
        """JSON if the template is JSON by construction."""
        return JSON if self.template.is_json else TEXT

    def render(self, event: Event) -> bytes:
        """Return the filled template; each distinct path is evaluated once."""
        members = event.members
        steps = Steps(self.path_steps)
        values = dict(self.constants)
        for path, names in self.paths:
            value = path.find(members, steps)
            for name in names:
                values[name] = value
        return _within(self.template.fill(values, self.body_bytes).encode(), self.body_bytes)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise RenderError([body_too_large(limit)])
    return body


class Transform:
    """A checked transform. Immutable, comparable, picklable.

    ``type``, ``value`` and ``template`` are as in the document; ``content_type`` is that
    of every body; ``problems`` holds the warnings that loading found.
    """

    __slots__ = ("_limits", "_renderer", "problems", "template", "type", "value")

    def __init__(
        self,
        members: tuple[str, str | None, str | None],
        renderer: Renderer,
        limits: Limits,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        self.type, self.value, self.template = members
        self.problems = problems
        self._renderer = renderer
        self._limits = limits

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any] | Raw, *, limits: Limits = EVENTGRID
    ) -> "Transform":
        """Load a transform document, a dict or JSON text (spec section 5).

        Raises ``TransformError`` with every problem, ``UsageError``, ``HostError``.

        >>> document = {"type": "VARIABLE", "value": '{"name": "$.data.name"}',
        ...             "template": "My name is ${name}"}
        >>> event = Event.new(id="1", source="s", type="t", data={"name": "test01"})
        >>> Transform.from_document(document).render(event)
        b'My name is test01'
        """
        rule = decode_rule(document, "a transform", limits=limits, error=TransformError)
        problems = [duplicate_key(pointer) for pointer in rule.twice]
        transform = with_stack(read_transform, rule.value, limits, problems)
        raise_errors(problems, TransformError)
        return transform  # type: ignore[return-value] # not None where there is no error

    @property
    def content_type(self) -> str:
        """The content type of every body: JSON where the body is JSON by construction."""
        return self._renderer.content_type

    @property
    def key(self) -> "TransformKey":
        """Type, value and template: what one transform differs from another by."""
        return self.type, self.value, self.template

    @property
    def document(self) -> dict[str, str]:
        """The transform as a new document, members that do not count left out."""
        members = {"type": self.type, "value": self.value, "template": self.template}
        return {name: value for name, value in members.items() if value is not None}

    def render(self, event: Event | Raw | dict[str, Any], *, limits: Limits = EVENTGRID) -> bytes:
        """Return the body for an event.

        Bytes, str or a dict are parsed under ``limits`` first. Raises ``RenderError`` for
        the output and step limits, ``HostError``, and as ``parse_event``.
        """
        checked = as_event(event, limits)
        try:
            return self._renderer.render(checked)
        except RecursionError:
            pass  # raised below: the context would hold the event
        raise host_error()

    def __eq__(self, other: object) -> bool:
        if type(other) is not Transform:
            return NotImplemented
        return self.document == other.document and self._limits == other._limits

    def __hash__(self) -> int:
        return hash((self.type, self.value, self.template))

    def __repr__(self) -> str:
        return f"<Transform {self.type}>"

    def __reduce__(self) -> tuple[object, tuple[dict[str, str], Limits]]:
        return _restore, (self.document, self._limits)


def _restore(document: dict[str, str], limits: Limits) -> Transform:
    """Load a transform again that was loaded before."""
    return Transform.from_document(document, limits=limits)


# --- Many transforms ------------------------------------------------------------------------

TransformKey = tuple[str, str | None, str | None]


class TransformCache:
    """Transforms of one rule set by their type, value and template.

    Rule sets repeat their transforms, so each is compiled once. It holds so many; of a
    rule set with more, a transform is compiled again when it is needed again.
    """

    MOST: Final = 4_096

    __slots__ = ("_loaded", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._loaded: dict[TransformKey, Transform] = {}

    def __getitem__(self, key: TransformKey) -> Transform:
        """Return the transform of a key that was read before."""
        found = self._loaded.get(key)
        if found is None:
            of_type, value, template = key
            document = {"type": of_type, "value": value, "template": template}
            found = self._keep(Transform.from_document(document, limits=self.limits))
        return found

    def read(self, document: object, problems: list[Problem]) -> Transform | None:
        """Read a transform document as ``read_transform`` does; one without problems is kept."""
        known = self._loaded.get(_key(document)) if type(document) is dict else None
        if known is not None:
            return known
        before = len(problems)
        transform = read_transform(document, self.limits, problems)
        if transform is not None and len(problems) == before:
            self._keep(transform)
        return transform

    def _keep(self, transform: Transform) -> Transform:
        if len(self._loaded) >= self.MOST:
            self._loaded = {}
        self._loaded[transform.key] = transform
        return transform


def _key(document: dict[str, Any]) -> Any:
    """Return what a sound document would have as its key; None for one that cannot be sound."""
    key = document.get("type"), document.get("value"), document.get("template")
    if key[0] == "ORIGINAL":
        return "ORIGINAL", None, None
    if key[0] == "CONSTANT":
        key = key[0], key[1], None
    return key if all(each is None or type(each) is str for each in key) else None


# --- Reading a document --------------------------------------------------------------------


def duplicate_key(pointer: str) -> Problem:
    """Say that a key stands twice in a document that is not a filter."""
    return problem(codes.DUPLICATE_KEY, "a key stands twice in one object", pointer)


def read_transform(document: object, limits: Limits, problems: list[Problem]) -> Transform | None:
    """Read a decoded transform document; append what is wrong to ``problems``.

    Pointers start at the transform. Returns None when there is an error.
    """
    if type(document) is not dict:
        message = "a transform must be an object"
        problems.append(problem(codes.TRANSFORM_SHAPE, message, got=kind(document)))
        return None
    of_type = document.get("type")
    if of_type == "ORIGINAL":
        return Transform(("ORIGINAL", None, None), Original(limits.body_bytes), limits)
    if of_type == "CONSTANT":
        return _read_constant(document, limits, problems)
    if of_type == "VARIABLE":
        return _read_variable(document, limits, problems)
    problems.append(_bad_type(of_type))
    return None


def _bad_type(of_type: object) -> Problem:
    hint = "the types are " + ", ".join(TYPES)
    if type(of_type) is not str:
        message = "a transform needs a type"
        return problem(codes.TRANSFORM_SHAPE, message, got=kind(of_type), hint=hint)
    message = f"unknown transform type {shorten(of_type)!r}"
    return problem(codes.TRANSFORM_TYPE, message, "/type", hint=hint)


def _read_text(
    document: dict[str, Any], member: str, most: int, problems: list[Problem]
) -> str | None:
    """Read ``value`` or ``template``: a string that is not empty and not too long."""
    missing, too_long = _TEXT_CODES[member]
    text = document.get(member)
    if type(text) is not str or not text:
        pointer = f"/{member}" if member in document else ""
        message = f"{document['type']} needs {member}, a string that is not empty"
        problems.append(problem(missing, message, pointer, got=kind(text)))
        return None
    if len(text) > most:
        message = f"{member} has {len(text)} characters; the limit is {most}"
        problems.append(problem(too_long, message, f"/{member}"))
    return text


_TEXT_CODES: Final = {
    "value": (codes.TRANSFORM_VALUE, codes.VALUE_LENGTH),
    "template": (codes.TRANSFORM_TEMPLATE, codes.TEMPLATE_LENGTH),
}


def _read_constant(
    document: dict[str, Any], limits: Limits, problems: list[Problem]
) -> Transform | None:
    before = len(problems)
    value = _read_text(document, "value", limits.transform_value_chars, problems)
    if value is None or len(problems) > before:
        return None
    content_type = JSON if _is_json_body(value, limits) else TEXT
    renderer = Constant(value.encode(), content_type, limits.body_bytes)
    return Transform(("CONSTANT", value, None), renderer, limits)


def _is_json_body(value: str, limits: Limits) -> bool:
    """Whether a constant is JSON; one that is nested too deeply for us is delivered as text."""
    try:
        return is_json(value, limits=limits, error=TransformError)
    except TransformError:
        return False


def _read_variable(
    document: dict[str, Any], limits: Limits, problems: list[Problem]
) -> Transform | None:
    before = len(problems)
    value = _read_text(document, "value", limits.transform_value_chars, problems)
    text = _read_text(document, "template", limits.template_chars, problems)
    variables = None if value is None else _decode_variables(value, limits, problems)
    constants, paths = _read_expressions(variables or {}, limits, problems)
    template = None
    found: list[Problem] = []
    if text is not None:
        template = parse_template(text, variables, limits, found)
    problems += [replace(each, pointer="/template") for each in found]
    if template is None or any(each.severity == "error" for each in problems[before:]):
        return None
    renderer = Variable(
        template,
        constants,
        _used_paths(paths, template),
        limits.body_bytes,
        limits.path_steps,
    )
    return Transform(("VARIABLE", value, text), renderer, limits, tuple(problems[before:]))


def _decode_variables(value: str, limits: Limits, problems: list[Problem]) -> dict[str, Any] | None:
    """Decode the JSON object that ``value`` holds as a string."""
    try:
        variables = decode(value, limits=limits, error=TransformError).value
    except TransformError as error:
        found = error.problems[0]
        message = f"value must hold a JSON object: {found.message}"
        problems.append(problem(codes.VARIABLES_SHAPE, message, "/value"))
        return None
    if type(variables) is not dict:
        message = "value must hold a JSON object of variables"
        problems.append(problem(codes.VARIABLES_SHAPE, message, "/value", got=kind(variables)))
        return None
    if len(variables) > limits.variables:
        message = f"value defines {len(variables)} variables; the limit is {limits.variables}"
        problems.append(problem(codes.VARIABLES_COUNT, message, "/value"))
    return variables


def _read_expressions(
    variables: dict[str, Any], limits: Limits, problems: list[Problem]
) -> tuple[dict[str, object], dict[str, Path]]:
    """Sort the variables into constants and paths, by name."""
    constants: dict[str, object] = {}
    paths: dict[str, Path] = {}
    before = len(problems)
    for name, expression in variables.items():
        if len(problems) - before >= MAX_PROBLEMS:
            break  # all of them errors, and more than an exception holds
        label = f"the variable {shorten(name)!r}"
        if not _is_variable_name(name, limits):
            message = f"{label} has a name that is not allowed"
            problems.append(problem(codes.VARIABLE_NAME, message, "/value"))
        if type(expression) is dict or type(expression) is list:
            message = f"{label} must be a path or a scalar"
            problems.append(problem(codes.EXPRESSION_TYPE, message, "/value", got=kind(expression)))
        elif type(expression) is str and len(expression) > limits.expression_chars:
            message = (
                f"{label} has {len(expression)} characters; the limit is {limits.expression_chars}"
            )
            problems.append(problem(codes.EXPRESSION_LENGTH, message, "/value"))
        elif type(expression) is str and expression.startswith("$"):
            path = _parse_path(label, expression, limits, problems)
            if path is not None:
                paths[name] = path
        else:
            constants[name] = expression
    return constants, paths


def _is_variable_name(name: str, limits: Limits) -> bool:
    return (
        _VARIABLE_NAME.fullmatch(name) is not None
        and not name.startswith("HC.")
        and len(name) <= limits.variable_name_chars
    )


def _parse_path(
    label: str, expression: str, limits: Limits, problems: list[Problem]
) -> Path | None:
    try:
        return parse_path(expression, limits)
    except TransformError as error:
        found = error.problems[0]
    problems.append(replace(found, message=f"{label}: {found.message}", pointer="/value"))
    return None


def _used_paths(
    paths: dict[str, Path], template: Template
) -> tuple[tuple[Path, tuple[str, ...]], ...]:
    """Return each distinct path that the template needs, with the names of its variables."""
    used = {slot.name for slot in template.slots}
    names_of: dict[Path, list[str]] = {}
    for name, path in paths.items():
        if name in used:
            names_of.setdefault(path, []).append(name)
    return tuple((path, tuple(names)) for path, names in names_of.items())
