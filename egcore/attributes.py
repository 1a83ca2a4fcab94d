"""The grammar of CloudEvents attributes: names, characters, times, media types.

Tables of what each attribute must be; ``check_attributes`` applies them to one event
object (spec section 3). Classes are ASCII and match whole strings: a full-width digit
or a trailing newline is refused.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from egcore import codes
from egcore.errors import Problem, escape_pointer, kind, problem, shorten
from egcore.limits import Limits

REQUIRED: Final = ("id", "source", "specversion", "type")
OPTIONAL: Final = ("datacontenttype", "dataschema", "subject", "time")
PAYLOAD: Final = ("data", "data_base64")
CORE: Final = frozenset(REQUIRED + OPTIONAL)

_EXTENSION_NAME: Final = re.compile("[a-z0-9]+")
_URI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:[^ \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
)
_BASE64: Final = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_TIME: Final = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_INT32: Final = range(-(2**31), 2**31)


@cache
def _forbidden() -> re.Pattern[str]:
    """Return C0, DEL, C1, surrogates and the 66 non-characters (CloudEvents 1.0, String).

    Compiled on first use: the class is large, and most attributes are ASCII.
    """
    planes = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    return re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{planes}]")


def has_forbidden_character(text: str) -> bool:
    """Whether a string may not be an attribute value (spec section 3)."""
    if text.isascii():
        return not (text.isprintable() or not text)
    return _forbidden().search(text) is not None


# The form that nearly all times have, without the days that not every month has.
_USUAL_TIME: Final = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z"
)


def is_time(text: str) -> bool:
    """Whether a string is an RFC 3339 date-time.

    The fraction has any number of digits; second 60 is the last of a UTC day only;
    an offset may lead out of the years 1 to 9999.
    """
    if _USUAL_TIME.fullmatch(text):
        return True
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second, sign, offset_hour, offset_minute = match.groups()
    if day > "28" and not _has_day(int(year), int(month), int(day)):
        return False
    if second != "60":
        return True
    offset = int(offset_hour) * 60 + int(offset_minute) if sign else 0
    local = int(hour) * 60 + int(minute)
    return (local - offset if sign == "+" else local + offset) % 1440 == 1439


def _has_day(year: int, month: int, day: int) -> bool:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _DAYS[month - 1] and (is_leap or (month, day) != (2, 29))


def is_json_type(content_type: str) -> bool:
    """Whether a media type is application/json, in any case, with any parameters."""
    return content_type.partition(";")[0].strip(" \t").lower() == "application/json"


def is_extension_name(name: str) -> bool:
    """Whether a name is made of a-z and 0-9 as CloudEvents demands; length is a limit's matter."""
    return _EXTENSION_NAME.fullmatch(name) is not None


def is_base64(text: str) -> bool:
    """Whether a string is RFC 4648 base64 with padding and nothing else."""
    return _BASE64.fullmatch(text) is not None


# What each attribute of the specification must be, beyond a string without forbidden
# characters: (test, code, sentence). None: any such string.
_Grammar = tuple[Callable[[str], bool], str, str]
_NON_EMPTY: Final[_Grammar] = (bool, codes.ATTRIBUTE_EMPTY, "must not be empty")
_GRAMMAR: Final[Mapping[str, _Grammar | None]] = {
    "id": _NON_EMPTY,
    "source": _NON_EMPTY,
    "type": _NON_EMPTY,
    "specversion": ("1.0".__eq__, codes.SPECVERSION, 'must be exactly "1.0"'),
    "subject": None,
    "time": (is_time, codes.TIME, "is not an RFC 3339 date-time"),
    "dataschema": (
        lambda text: not text or _URI.fullmatch(text) is not None,
        codes.DATASCHEMA,
        "is not a URI: a scheme, a colon, no spaces",
    ),
    "datacontenttype": (is_json_type, codes.CONTENT_TYPE, "must be application/json"),
}
_GRAMMAR_ANY_TYPE: Final = {**_GRAMMAR, "datacontenttype": _NON_EMPTY}


_PLAIN: Final = frozenset((*REQUIRED, "subject", "time", "datacontenttype", "data"))
_JSON: Final = "application/json"
_NO_DATA: Final[dict[str, Any]] = {}


def _is_plain(members: Mapping[str, Any]) -> bool:
    """Whether an event is good at first sight, as nearly all are: a quarter of the full check.

    Attributes of the specification in printable ASCII, and an object as data, fit every
    preset. Anything else proves nothing.
    """
    if not _PLAIN.issuperset(members):
        return False
    try:
        text = "".join([value for name, value in members.items() if name != "data"])
    except TypeError:  # an attribute that is no string
        return False
    get = members.get
    return bool(
        text.isascii()
        and text.isprintable()
        and get("id")
        and get("source")
        and get("type")
        and get("specversion") == "1.0"
        and get("datacontenttype", _JSON) == _JSON
        and ("time" not in members or is_time(members["time"]))
        and type(get("data", _NO_DATA)) is dict
    )


def check_attributes(members: Mapping[str, Any], limits: Limits) -> list[Problem]:
    """Find every problem of an event object: attributes, extensions and payload.

    ``members`` holds no null attributes any more, but for a null ``data`` where the
    limits allow any data. The list is empty for a good event.
    """
    if _is_plain(members):
        return []
    grammars = _GRAMMAR if limits.content_types == "json" else _GRAMMAR_ANY_TYPE
    problems: list[Problem] = []
    for name, value in members.items():
        if name in grammars:
            found = _check_core(name, value, grammars[name])
        elif name in PAYLOAD:
            found = _check_payload(name, members, limits)
        else:
            found = _check_extension(name, value, limits)
        if found is not None:
            problems.append(found)
    problems += [_MISSING[name] for name in REQUIRED if name not in members]
    return problems


# Made once: what is missing most often is everything, in a flood of empty events.
_MISSING: Final = {
    name: problem(codes.ATTRIBUTE_MISSING, f"the required attribute {name} is missing")
    for name in REQUIRED
}


def _check_core(name: str, value: Any, grammar: _Grammar | None) -> Problem | None:
    if type(value) is not str:
        return problem(
            codes.ATTRIBUTE_TYPE, f"{name} must be a string", f"/{name}", got=kind(value)
        )
    if has_forbidden_character(value):
        return problem(
            codes.ATTRIBUTE_CHARACTER, f"{name} holds a control or non-character", f"/{name}"
        )
    if grammar is None or grammar[0](value):
        return None
    return problem(grammar[1], f"{name} {grammar[2]}", f"/{name}", got=kind(value))


def _check_payload(name: str, members: Mapping[str, Any], limits: Limits) -> Problem | None:
    value = members[name]
    if name == "data":
        if limits.data == "any" or type(value) is dict:
            return None
        return problem(
            codes.DATA_TYPE, "data must be a JSON object or absent", "/data", got=kind(value)
        )
    if "data" in members:
        return problem(codes.DATA_TWICE, "data and data_base64 exclude each other", "/data_base64")
    if limits.data == "object":
        return problem(codes.DATA_BASE64, "the service has no data_base64", "/data_base64")
    if type(value) is str and is_base64(value):
        return None
    return problem(
        codes.DATA_BASE64, "data_base64 is not base64 with padding", "/data_base64", got=kind(value)
    )


def _check_extension(name: str, value: Any, limits: Limits) -> Problem | None:
    pointer = "/" + escape_pointer(shorten(name))
    if not is_extension_name(name):
        return problem(codes.EXTENSION_NAME, "an extension name may hold only a-z and 0-9", pointer)
    longest = limits.extension_name_chars
    if longest is not None and len(name) > longest:
        return problem(
            codes.EXTENSION_NAME,
            f"an extension name has {len(name)} characters; the limit is {longest}",
            pointer,
        )
    if type(value) is str:
        if not has_forbidden_character(value):
            return None
        message = "an extension holds a control or non-character"
        return problem(codes.ATTRIBUTE_CHARACTER, message, pointer)
    if type(value) is bool or (type(value) is int and value in _INT32):
        return None
    return problem(
        codes.EXTENSION_VALUE,
        "an extension must be a string, a boolean or a 32-bit integer",
        pointer,
        got=kind(value),
    )
