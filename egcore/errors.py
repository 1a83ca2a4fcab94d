"""What went wrong, for whom: ``Problem`` values and the exceptions that carry them.

The exceptions are split by who must act: the producer of an event, the author of
a rule, the embedding program, the host. Each carries every problem that was
found, up to ``MAX_PROBLEMS``. Messages name attributes, limits and rule text;
they never hold event data or connection details (a filter is a security
boundary, and errors end up in logs).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from egcore import codes
from egcore.codes import CODES, Severity

T = TypeVar("T")

MAX_PROBLEMS: Final = 100
GOT_CHARS: Final = 60
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    ``code`` is ours and stable (``EGC203``); ``service_code`` is what the
    EventGrid service answers (``EG.00513000``), or None when it has no code.
    ``message`` is one sentence that names the thing and the limit. ``pointer``
    is the RFC 6901 pointer into the document, "" for the whole. ``got`` shortly
    tells what stood there (for events its type and length only), ``hint`` what
    to do. Source: architecture, "Errors".
    """

    code: str
    message: str
    pointer: str = ""
    severity: Severity = "error"
    service_code: str | None = None
    got: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = f" at {self.pointer}" if self.pointer else ""
        hint = f" (hint: {self.hint})" if self.hint else ""
        return f"{self.code} {self.severity}{place}: {self.message}{hint}"


def problem(
    code: str,
    message: str,
    pointer: str = "",
    *,
    got: str | None = None,
    hint: str | None = None,
) -> Problem:
    """Make a problem of the given code, with the severity and service code of the table."""
    entry = CODES[code]
    return Problem(code, message, pointer, entry.severity, entry.service_code, got, hint)


def escape_pointer(key: str) -> str:
    """Escape one key as a token of a JSON pointer (RFC 6901 section 3).

    A lone surrogate, which no message could be encoded with, becomes U+FFFD.
    """
    return _SURROGATE.sub("\ufffd", key).replace("~", "~0").replace("/", "~1")


def shorten(text: str, limit: int = GOT_CHARS) -> str:
    """Return ``text`` printable and at most ``limit`` characters long, for ``got`` and messages.

    Rule text only. What is cut is marked with an ellipsis; characters that do
    not print are escaped, so that a message is always one clean line.
    """
    text = text[: limit + 1]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def kind(value: object) -> str:
    """Name the JSON kind of a value with its length: all that may be told of event data.

    A subclass of a JSON type is not one, so it is named as what it is.
    """
    if value is None:
        return "null"
    if value is True or value is False:
        return "a boolean"
    if type(value) is str:
        return f"a string of {len(value)} characters" if value else "an empty string"
    if type(value) in (int, float):
        return "a number"
    if type(value) is dict:
        return f"an object of {len(value)} members" if value else "an empty object"
    if type(value) is list:
        return f"an array of {len(value)} elements" if value else "an empty array"
    return f"a Python {type(value).__name__}"


class EgcoreError(Exception):
    """The base of every exception that egcore raises. ``problems`` is never empty.

    Two errors are equal when their type and problems are; they pickle and copy. Raises
    ``UsageError`` when it is made without a problem.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)[:MAX_PROBLEMS]
        if not self.problems:
            raise usage("an error has at least one problem")
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.problems == other.problems

    def __hash__(self) -> int:
        return hash((type(self), self.problems))


class EventError(EgcoreError, ValueError):
    """The producer must fix the event or the request."""


class RuleError(EgcoreError, ValueError):
    """The rule author must fix a document."""


class FilterError(RuleError):
    """The rule author must fix a filter."""


class TransformError(RuleError):
    """The rule author must fix a transform."""


class SubscriptionError(RuleError):
    """The rule author must fix a subscription."""


class RenderError(EgcoreError):
    """A body went over an output or step limit for this one event."""


class HostError(EgcoreError, RuntimeError):
    """Too little free stack: call from a shallower place. The input is not at fault."""


class UsageError(EgcoreError, TypeError):
    """The embedding programmer must fix the call."""


class MissingExtraError(EgcoreError, ImportError):
    """An optional package is needed: ``pip install 'egcore[...]'``."""


def raise_errors(problems: Iterable[Problem], error: type[EgcoreError]) -> None:
    """Raise ``error`` with all the problems if any of them is more than a warning.

    Errors come first: an exception keeps ``MAX_PROBLEMS``, and warnings must not crowd
    them out.
    """
    found = sorted(problems, key=lambda each: each.severity != "error")
    if found and found[0].severity == "error":
        raise error(found)


class EnoughError(Exception):
    """An exception holds no more errors: stop reading the document. Never leaves the library."""


def usage(message: str, *, hint: str | None = None) -> UsageError:
    """Make the error for a wrong call."""
    return UsageError([problem(codes.USAGE, message, hint=hint)])


# Made once: where the stack is full, there is no room to make it.
_STACK_PROBLEM: Final = (
    problem(
        codes.HOST_STACK,
        "too little free stack to handle this input",
        hint="call from a shallower place or raise sys.setrecursionlimit",
    ),
)


def host_error() -> HostError:
    """Make the error for a full stack."""
    return HostError(_STACK_PROBLEM)


def with_stack(call: Callable[..., T], *arguments: object) -> T:
    """Return what the call returns; a stack that fills up on the way is a ``HostError``."""
    try:
        return call(*arguments)
    except RecursionError:
        pass  # raised below: the context would hold the frames and their input
    raise host_error()


def missing_extra(package: str, extra: str) -> MissingExtraError:
    """Make the error for an optional package that is not installed."""
    return MissingExtraError(
        [
            problem(
                codes.MISSING_EXTRA,
                f"{package} is not installed",
                hint=f"pip install 'egcore[{extra}]'",
            )
        ]
    )
