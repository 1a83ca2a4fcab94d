"""A rule text: decoded strictly, and what is wrong with it shown by line and column.

The strict decoder goes first. Only when it refuses is the text looked at again, to
say where, and to let the one laxness pass that the service has: in a filter the last
of two equal keys counts (spec section 4).
"""

import json
import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, Final, NamedTuple

from egcore import codes
from egcore.decoding import Rule, decode, decode_rule
from egcore.errors import Problem, RuleError, problem
from egcore.filter_documents import duplicate_key as twice_in_filter
from egcore.limits import EVENTGRID, Limits
from egcore.positions import Position, blot, locate_all, position, tokens
from egcore.subscription_documents import SECRET_MEMBERS, named
from egcore.transforms import duplicate_key as twice_elsewhere

START: Final = Position(1, 1)


class Text(NamedTuple):
    """A JSON text in a file: the whole of a .json file, or one line of a .jsonl file."""

    path: str
    text: str
    first_line: int = 1

    def without_secrets(self) -> "Text":
        """Return the text with connection details blotted out, every place as it was.

        Diagnostics quote source lines, and end up in the logs of other programs.
        """
        return self._replace(text=blot(self.text, SECRET_MEMBERS))


class Finding(NamedTuple):
    """A problem and the place of a file where it stands.

    ``position`` and ``line``, the source line, are None for a problem of the whole file.
    """

    problem: Problem
    path: str
    position: Position | None = None
    line: str | None = None


def finding(found: Problem, text: Text, place: Position) -> Finding:
    """Make the finding of a place in a text, which may start on a later line of its file.

    The line is quoted: the text is one without secrets.
    """
    line = text.text.split("\n", place.line)[place.line - 1].removesuffix("\r")
    in_file = Position(text.first_line + place.line - 1, place.column)
    return Finding(found, text.path, in_file, line)


def place_problems(wanted: Iterable[tuple[Problem, Text, str]]) -> list[Finding]:
    """Find the places of problems, each with its text and its pointer into that text.

    They come text by text; each text is scanned once, however many problems it has.
    """
    by_text: dict[int, list[tuple[Problem, Text, str]]] = {}
    for each in wanted:
        by_text.setdefault(id(each[1]), []).append(each)
    findings = []
    for group in by_text.values():
        text = group[0][1].without_secrets()
        places = locate_all(group[0][1].text, [pointer for _, _, pointer in group])
        findings += [
            finding(found, text, at) for (found, _, _), at in zip(group, places, strict=True)
        ]
    return findings


def decode_rules(text: Text, *, limits: Limits = EVENTGRID) -> tuple[Any, list[Finding]]:
    """Decode a rule text; return its value and what is wrong with it.

    The value is of use only when no finding is an error. Duplicate keys in a filter
    are a warning under ``limits.filter_duplicate_keys="last"``. Raises ``HostError``.
    """
    try:
        return decode(text.text, limits=limits, error=RuleError).value, []
    except RuleError:
        pass  # rare: the decoder of rules, which is slower, knows more
    try:
        rule = decode_rule(text.text, "a rule file", limits=limits, error=RuleError)
    except RuleError as error:
        found = error.problems[0]
    else:
        return rule.value, _duplicates(rule, text, limits)
    unplaced = [finding(found, text.without_secrets(), START)]
    if found.code in (codes.ENCODING, codes.NESTING):
        return None, unplaced
    return None, _syntax(text) or _bad_tokens(text, limits) or unplaced


def _syntax(text: Text) -> list[Finding]:
    """Find where a text stops being JSON; Python's reader says what it misses there."""
    try:
        json.JSONDecoder(parse_int=float).decode(text.text)
    except json.JSONDecodeError as error:
        wrong = problem(codes.SYNTAX, f"not JSON: {error.msg[0].lower()}{error.msg[1:]}")
        return [finding(wrong, text.without_secrets(), Position(error.lineno, error.colno))]
    except RecursionError:  # the stack is filling up, and the place is not worth more of it
        pass
    return []


def _bad_tokens(text: Text, limits: Limits) -> list[Finding]:
    """Find the strings and numbers that Python's json lets pass and we do not."""
    findings = []
    quoted = text.without_secrets()
    for offset, token in tokens(text.text):
        found = _judge_token(token, limits)
        if found is not None:
            findings.append(finding(found, quoted, position(text.text, offset)))
    return findings


def _judge_token(token: str, limits: Limits) -> Problem | None:
    """Judge one string, number or constant (spec section 3, JSON)."""
    if token[0] == '"':
        if not _has_surrogate(token):
            return None
        return problem(codes.SURROGATE, "a string holds half of a surrogate pair")
    if token in ("NaN", "Infinity", "-Infinity"):
        return problem(codes.NUMBER_RANGE, f"{token} is not JSON")
    if token[0] not in "-0123456789":
        return None
    if sum(map(str.isdecimal, token)) > limits.number_digits:
        message = f"a number has more than {limits.number_digits} digits"
        return problem(codes.NUMBER_LENGTH, message)
    # Without fraction and exponent it is an integer, and exact at any size.
    if not token.removeprefix("-").isdecimal() and not isfinite(float(token)):
        return problem(codes.NUMBER_RANGE, "a number overflows a double")
    return None


def _has_surrogate(token: str) -> bool:
    """Whether a string has an escape that is only half of a character."""
    if "\\u" not in token:
        return False
    try:
        json.loads(token).encode()
    except UnicodeEncodeError:
        return True
    return False


# --- Duplicate keys ----------------------------------------------------------------

_IN_FILTER: Final = re.compile("(/subscriptions)?(/[0-9]+)?/sources/[0-9]+/filter/")


def _duplicates(rule: Rule, text: Text, limits: Limits) -> list[Finding]:
    """Place and judge the keys that stand twice: in a filter the last one counts."""
    found = []
    for pointer in dict.fromkeys(rule.twice):  # once, however often the key stands
        in_filter = _IN_FILTER.match(pointer)
        told = twice_in_filter(pointer, limits) if in_filter else twice_elsewhere(pointer)
        found += named([told], _document(rule.value, pointer))
    return place_problems((each, text, each.pointer) for each in found)


def _document(value: Any, pointer: str) -> Any:
    """Return the document in which a pointer ends: a file holds one, or an array of them."""
    keys = pointer.split("/")[1:]
    if type(value) is dict and type(value.get("subscriptions")) is list:
        value, keys = value["subscriptions"], keys[1:]
    if type(value) is list:
        value = value[int(keys[0])] if keys else None
    return value
