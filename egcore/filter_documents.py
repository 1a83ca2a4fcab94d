"""Filter documents: JSON values to fields and conditions, every problem reported at once.

Each check names the place by a pointer that starts at the filter, and the field by its
path in the message (spec section 4, and the filter rows of section 2).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Literal

from egcore import codes
from egcore.attributes import CORE, is_extension_name
from egcore.conditions import Condition, Field
from egcore.decoding import compact_json
from egcore.errors import (
    MAX_PROBLEMS,
    EnoughError,
    Problem,
    escape_pointer,
    kind,
    problem,
    shorten,
)
from egcore.limits import Limits
from egcore.operators import OPERATORS, STRING_OPERATORS, OperandKind


def duplicate_key(pointer: str, limits: Limits) -> Problem:
    """Say that a key stands twice in a filter: a warning, or an error by the limits' policy."""
    found = problem(codes.FILTER_DUPLICATE_KEY, "a key stands twice; the last one counts", pointer)
    if limits.filter_duplicate_keys == "refuse":
        return replace(found, severity="error", message="a key stands twice")
    return found


def read_filter(
    document: object, limits: Limits, problems: list[Problem], *, bound: int | None = None
) -> tuple[Field, ...]:
    """Read a decoded filter document into fields; append what is wrong to ``problems``.

    Pointers start at the filter. ``bound``: the filter is known to have no more bytes.
    The result counts only if no error was appended; of those, ``MAX_PROBLEMS`` end the
    reading.
    """
    with suppress(EnoughError):
        return _FilterReader(limits, problems, bound).read(document)
    return ()


class _FilterReader:
    """Reads one document, collecting fields and problems."""

    def __init__(self, limits: Limits, problems: list[Problem], bound: int | None) -> None:
        self.limits = limits
        self.problems = problems
        self.bound = bound
        self.errors = 0
        self.fields: list[Field] = []

    def report(
        self, code: str, path: tuple[str, ...], message: str, *more: str | int, **extra: str | None
    ) -> None:
        """Note an error of the field at the path, ``more`` tokens below it."""
        tokens = "".join(f"/{escape_pointer(str(token))}" for token in (*path, *more))
        label = shorten(".".join(path))
        text = f"{label}: {message}" if label else message
        self.problems.append(problem(code, text, tokens, **extra))
        self.errors += 1
        if self.errors == MAX_PROBLEMS:
            raise EnoughError

    def read(self, document: object) -> tuple[Field, ...]:
        if type(document) is not dict:
            self.report(codes.FILTER_SHAPE, (), "a filter must be an object", got=kind(document))
            return ()
        for key, value in document.items():
            if key == "data":
                self.read_data(value)
            elif self.is_attribute(key):
                self.read_attribute((key,), value)
            else:
                self.report_key(key)
        service = self.limits.filter_attributes == "service"
        if service and "source" not in document:
            self.report(codes.FILTER_SOURCE, (), "the filter has no source")
        self.check_size(document)
        self.check_data_fields()
        return tuple(self.fields)

    def is_attribute(self, key: str) -> bool:
        if self.limits.filter_attributes == "service":
            return key in ("source", "type", "subject")
        return key in CORE or is_extension_name(key)

    def report_key(self, key: str) -> None:
        if self.limits.filter_attributes == "service":
            hint = "the keys are source, type, subject and data; put payload fields under data"
        else:
            hint = "the keys are attribute names of a-z and 0-9, and data"
        name = shorten(key)
        self.report(codes.FILTER_KEY, (), f"unknown key {name!r} in a filter", key, hint=hint)

    def check_size(self, document: dict[str, Any]) -> None:
        most = self.limits.filter_bytes
        if most is None or (self.bound is not None and self.bound <= most):
            return
        size = len(compact_json(document).encode())
        if size > most:
            self.report(codes.FILTER_SIZE, (), f"the filter has {size} bytes; the limit is {most}")

    def check_data_fields(self) -> None:
        most = self.limits.data_fields
        count = sum(field.path[0] == "data" for field in self.fields)
        if most is not None and count > most:
            message = f"data has {count} match fields; the limit is {most}"
            self.report(codes.DATA_FIELDS, ("data",), message)

    # A field holds conditions (a leaf) or, under data, further fields.

    def read_attribute(self, path: tuple[str, ...], value: object) -> None:
        form = _and_form(value)
        if form is None and type(value) is not list:
            message = 'must be a list of conditions or {"and": [...]}'
            self.report(codes.FIELD_SHAPE, path, message, got=kind(value))
        elif path == ("source",) and form is not None:
            self.report(codes.AND_FORM, path, "source takes a list of conditions only", "and")
        else:
            self.read_leaf(path, value, form)

    def read_data(self, value: object) -> None:
        """Read the fields under data, in document order, without recursion."""
        if type(value) is list and self.limits.data == "any":
            self.read_leaf(("data",), value, None)
            return
        if type(value) is not dict:
            message = "must be an object of match fields"
            self.report(codes.FIELD_SHAPE, ("data",), message, got=kind(value))
            return
        waiting: list[tuple[tuple[str, ...], object]] = [(("data",), value)]
        while waiting:
            path, item = waiting.pop()
            # Directly under data, "and" is a field name (spec section 4).
            form = _and_form(item) if len(path) > 1 else None
            if form is not None or type(item) is list:
                self.read_data_leaf(path, item, form)
            elif type(item) is not dict:
                message = 'must be a list of conditions, {"and": [...]} or an object of fields'
                self.report(codes.FIELD_SHAPE, path, message, got=kind(item))
            elif not item:
                self.report(codes.FIELD_EMPTY, path, "the object holds no field")
            else:
                waiting += [((*path, key), below) for key, below in reversed(item.items())]

    def read_data_leaf(self, path: tuple[str, ...], item: object, form: list[Any] | None) -> None:
        most = self.limits.data_levels
        if most is not None and len(path) - 1 > most:
            message = f"the field is {len(path) - 1} levels below data; the limit is {most}"
            self.report(codes.DATA_LEVELS, path, message)
        self.read_leaf(path, item, form)

    def read_leaf(self, path: tuple[str, ...], value: Any, form: list[Any] | None) -> None:
        entries = value if form is None else form
        inside = () if form is None else ("and",)
        most = self.limits.conditions_per_field
        if not entries:
            self.report(codes.FIELD_EMPTY, path, "the field has no conditions", *inside)
        elif most is not None and len(entries) > most:
            message = f"the field has {len(entries)} conditions; the limit is {most}"
            self.report(codes.FIELD_CONDITIONS, path, message, *inside)
        conditions = [
            self.read_condition(path, entry, *inside, index) for index, entry in enumerate(entries)
        ]
        combine: Literal["any", "all"] = "any" if form is None else "all"
        self.fields.append(Field(path, combine, tuple(filter(None, conditions))))

    def read_condition(
        self, path: tuple[str, ...], entry: object, *place: str | int
    ) -> Condition | None:
        if type(entry) is not dict:
            message = "a condition must be an object with op"
            self.report(codes.CONDITION_SHAPE, path, message, *place, got=kind(entry))
            return None
        if "and" in entry and "op" not in entry:
            self.report(codes.AND_FORM, path, "and holds conditions and is not nested", *place)
            return None
        if "op" not in entry:
            self.report(codes.CONDITION_SHAPE, path, "a condition needs op", *place)
            return None
        op = entry["op"]
        if type(op) is not str or op not in OPERATORS:
            self.report_operator(path, op, *place)
            return None
        if path == ("source",):
            self.check_source_operator(op, *place)
        return self.read_operand(path, entry, op, *place)

    def report_operator(self, path: tuple[str, ...], op: object, *place: str | int) -> None:
        if type(op) is not str:
            message = "op must be the name of an operator"
            self.report(codes.OPERATOR_UNKNOWN, path, message, *place, "op", got=kind(op))
            return
        near = nearest(op, OPERATORS)
        hint = f"did you mean {near}?" if near else "the reference lists the 18 operators"
        message = f"unknown operator {shorten(op)!r}"
        self.report(codes.OPERATOR_UNKNOWN, path, message, *place, "op", hint=hint)

    def check_source_operator(self, op: str, *place: str | int) -> None:
        if self.limits.filter_attributes == "service" and op != "StringIn":
            message = f"takes StringIn only, not {op}"
        elif op not in STRING_OPERATORS:
            message = f"takes string operators only, not {op}"
        else:
            return
        self.report(codes.SOURCE_OPERATOR, ("source",), message, *place, "op")

    def read_operand(
        self, path: tuple[str, ...], entry: dict[str, Any], op: str, *place: str | int
    ) -> Condition | None:
        kind_of_operand = OPERATORS[op].operand
        member = _OPERAND_MEMBER[kind_of_operand]
        for key in entry:
            if key not in ("op", member):
                message = f"{op} takes no member {shorten(key)!r}"
                hint = f"{op} takes {member}" if member else f"{op} takes no operand"
                self.report(codes.CONDITION_SHAPE, path, message, *place, key, hint=hint)
        if member is None:
            return Condition(op)
        if member not in entry:
            self.report(codes.OPERAND_MISSING, path, f"{op} needs {member}", *place)
            return None
        found = _check_operand(kind_of_operand, entry[member])
        if found is None:
            return Condition(op, _as_operand(kind_of_operand, entry[member]))
        code, message, *below = found
        got = kind(_at(entry[member], below))
        self.report(code, path, f"{op}: {message}", *place, member, *below, got=got)
        return None


_OPERAND_MEMBER: Final[Mapping[OperandKind, str | None]] = {
    "strings": "values",
    "numbers": "values",
    "ranges": "values",
    "number": "value",
    "none": None,
}


def _and_form(value: object) -> list[Any] | None:
    """Return the conditions of the form ``{"and": [...]}``; None for anything else."""
    if type(value) is dict and len(value) == 1 and type(value.get("and")) is list:
        return value["and"]  # type: ignore[no-any-return] # a list, as tested
    return None


def _is_number(value: object) -> bool:
    return type(value) is int or type(value) is float


def _is_range(value: object) -> bool:
    return (
        type(value) is list
        and len(value) == 2
        and _is_number(value[0])
        and _is_number(value[1])
        and value[0] <= value[1]
    )


_ELEMENT: Final[Mapping[str, tuple[Callable[[object], bool], str, str]]] = {
    "strings": (lambda value: type(value) is str, codes.OPERAND_TYPE, "values takes strings"),
    "numbers": (_is_number, codes.OPERAND_TYPE, "values takes numbers"),
    "ranges": (_is_range, codes.RANGE, "values takes pairs [low, high] with low at most high"),
}


def _check_operand(operand_kind: OperandKind, operand: object) -> tuple[Any, ...] | None:
    """Find what is wrong with an operand: (code, message, index if of one element), or None."""
    if operand_kind == "number":
        if _is_number(operand):
            return None
        return codes.OPERAND_TYPE, "value takes one number"
    if type(operand) is not list:
        return codes.OPERAND_TYPE, "values takes a list"
    if not operand:
        return codes.OPERAND_EMPTY, "values needs at least one entry"
    is_element, code, message = _ELEMENT[operand_kind]
    for index, element in enumerate(operand):
        if not is_element(element):
            return code, message, index
    return None


def _at(operand: Any, below: list[int]) -> object:
    return operand[below[0]] if below else operand


def _as_operand(operand_kind: OperandKind, operand: Any) -> Any:
    if operand_kind == "number":
        return operand
    return tuple(map(tuple, operand)) if operand_kind == "ranges" else tuple(operand)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the known word that looks most like the given one, or None."""
    from difflib import get_close_matches  # noqa: PLC0415 # slow to import, needed for errors only

    by_case = {each.lower(): each for each in words}
    found = get_close_matches(word[:100].lower(), by_case, 1)
    return by_case[found[0]] if found else None
