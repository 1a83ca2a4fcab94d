"""What a filter is made of: conditions, and the fields that hold them."""

from typing import Any, Literal, NamedTuple

from egcore.operators import OPERATORS, Predicate


class Condition(NamedTuple):
    """An operator with its operand.

    ``operand`` is a tuple of strings or numbers, a tuple of (low, high) pairs, one
    number, or None, as the operator takes.
    """

    op: str
    operand: Any = None

    def predicate(self) -> Predicate:
        """Return the compiled test of a field's value."""
        return OPERATORS[self.op].predicate(self.operand)


class Field(NamedTuple):
    """One field of a filter: its path from the event object, and what must hold there.

    ``combine`` is "any" for a list of conditions (OR), "all" for the ``and`` form.
    """

    path: tuple[str, ...]
    combine: Literal["any", "all"]
    conditions: tuple[Condition, ...]

    @property
    def label(self) -> str:
        """The path as messages show it."""
        return ".".join(self.path)

    def predicate(self) -> Predicate:
        """Return the compiled test of the field's value; each condition sees all of it (rule 9)."""
        predicates = tuple(condition.predicate() for condition in self.conditions)
        if len(predicates) == 1:
            return predicates[0]
        if self.combine == "any":
            return lambda value: any(holds(value) for holds in predicates)
        return lambda value: all(holds(value) for holds in predicates)
