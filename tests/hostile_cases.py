"""Hostile inputs with their verdicts: JSON texts, events, timestamps, templates.

A verdict is ``accept``, ``reject``, or ``eventgrid-rejects``: refused under EVENTGRID and
accepted under CLOUDEVENTS. ``code`` is a word for the reason, not one of the library's
codes: what is fixed is the verdict, the time, and that only the library's own errors come
out. The inputs come from attacks on other parsers, matchers and template engines.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

Verdict = Literal["accept", "reject", "eventgrid-rejects"]

RAW_BYTES: Final = 65_536  # spec section 2: raw input of one event
NESTING: Final = 64  # spec section 2


class ParseCase(NamedTuple):
    """A JSON text for the decoder, and the milliseconds it may take at most."""

    name: str
    raw: bytes
    verdict: Verdict
    code: str = ""
    max_ms: int = 50


class EventCase(NamedTuple):
    """A JSON text for the event parser."""

    name: str
    raw: bytes
    verdict: Verdict
    code: str = ""


class TimestampCase(NamedTuple):
    """A value of the ``time`` attribute."""

    text: str
    valid: bool


class TemplateCase(NamedTuple):
    """A template, the values of its variables, and its body; None when it must be refused.

    The variables are values: put them under data and point at them with ``$.data.NAME``.
    In mode ``json`` the body is compared as JSON, in mode ``text`` as it is.
    """

    name: str
    mode: Literal["text", "json"]
    template: str
    variables: dict[str, Any]
    expected: Any


def parse_cases() -> list[ParseCase]:
    """Give the cases of the JSON layer."""
    return [
        *_nesting(),
        *_slow_scans(),
        *_numbers(),
        *_keys(),
        *_unicode(),
        *_encodings(),
        *_controls(),
        *_syntax(),
        *_sizes(),
    ]


def _accepted(name: str, text: str, max_ms: int = 50) -> ParseCase:
    return ParseCase(name, text.encode(), "accept", "", max_ms)


def _refused(name: str, text: str, code: str = "") -> ParseCase:
    return ParseCase(name, text.encode(), "reject", code)


def _nesting() -> Iterator[ParseCase]:
    for depth in (1, NESTING):
        yield _accepted(f"depth_{depth}", "[" * depth + "]" * depth)
    for depth in (NESTING + 1, 993, 1497, 9998, 30000):  # the rest: limits of C stacks
        yield _refused(f"depth_{depth}", "[" * depth + "]" * depth, "depth")
    yield _refused("depth_unclosed_65536", "[" * RAW_BYTES, "depth")
    yield _refused("depth_obj_unclosed", '{"a":' * 13000, "depth")
    yield _refused("depth_mixed", '[{"":' * 1000 + "0" + "}]" * 1000, "depth")
    yield _accepted("brackets_inside_string_ok", '"' + "[" * 60000 + '"')
    yield _accepted("escaped_quote_then_brackets_ok", '"\\"' + "[" * 60000 + '"')
    yield _accepted("wide_not_deep", "[" + ",".join(["[]"] * 21000) + "]")


def _slow_scans() -> Iterator[ParseCase]:
    """Texts that take quadratic time in a naive scan for strings and brackets."""
    yield _refused("redos_openquotes", "[" * 70 + '"\\' * 32000)
    yield _refused("redos_unterminated", '["' + '\\"' * 32000)
    yield _refused("redos_quotes", "[" * 70 + '"' * 65000)
    yield _refused("backslash_run", '"' + "\\" * 65000)
    yield _refused("ws_only", " " * RAW_BYTES, "syntax")


def _numbers() -> Iterator[ParseCase]:
    infinite = ("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e99999999999999999999")
    for text in (*infinite, "[1E309]", "1" * 309 + ".0e1"):
        yield _refused(f"num_{text[:14]}", text, "number")
    floats = ("0", "-0", "-0.0", "1e-400", "1E2", "1.7976931348623157e308")
    long = ("9007199254740993", "9223372036854775807", "-9223372036854775809")
    for text in (*floats, *long, "18446744073709551616"):
        yield _accepted(f"num_ok_{text[:22]}", text)
    yield _accepted("int_640_digits", "1" * 640)
    yield _refused("int_4301_digits", "1" * 4301, "number")
    yield _refused("int_65000_digits", "1" * 65000, "number")
    other_languages = ("01", "-01", "1.", ".5", "+1", "0x10", "1_0", "1e", "--1", "1 2")
    for text in (*other_languages, "\uff11", "[\u0661]"):  # digits, but not ASCII
        yield _refused(f"num_bad_{text!a}", text, "syntax")


def _keys() -> Iterator[ParseCase]:
    yield _refused("dup_key", '{"a":1,"a":2}', "duplicate_key")
    yield _refused("dup_key_escaped", '{"a":1,"\\u0061":2}', "duplicate_key")
    yield _refused("dup_key_nested", '{"x":[{"k":0,"k":0}]}', "duplicate_key")
    yield _accepted("nfc_nfd_keys_differ", '{"\u00e9":1,"e\u0301":2}')
    yield _accepted(
        "proto_keys_plain_data",
        '{"__proto__":{"a":1},"constructor":1,"__class__":1,"__init__":{"__globals__":1},'
        '"items":1,"keys":2,"get":3}',
    )
    yield _accepted("empty_key", '{"":1}')
    yield _accepted("nul_key", '{"\\u0000":1}')
    yield _accepted("6500_keys", "{" + ",".join(f'"{i:05d}":0' for i in range(6500)) + "}")


def _unicode() -> Iterator[ParseCase]:
    yield _refused("lone_surrogate_hi", '"\\ud800"', "unicode")
    yield _refused("lone_surrogate_lo", '"\\udc00"', "unicode")
    yield _refused("lone_surrogate_rev", '"\\udc00\\ud800"', "unicode")
    yield _refused("lone_surrogate_hi_then_bmp", '"\\ud888\\u1234"', "unicode")
    yield _refused("lone_surrogate_key", '{"\\udfaa":0}', "unicode")
    yield _accepted("paired_surrogate", '"\\ud83d\\ude00"')
    yield _accepted("noncharacter_fffe_in_data", '"\\uffff"')


def _encodings() -> Iterator[ParseCase]:
    for name, raw in (
        ("latin1", b'"\xe9"'),
        ("overlong_nul", b'"\xc0\x80"'),
        ("cesu8", b'"\xed\xa0\x80"'),
        ("above_10ffff", b'"\xf4\x90\x80\x80"'),
        ("trunc", b'"\xe2\x82"'),
        ("cont", b'"\x81"'),
        ("ff", b"\xff"),
        ("utf16", '{"a":1}'.encode("utf-16")),
        ("utf16le_nobom", '{"a":1}'.encode("utf-16-le")),
        ("utf32", '{"a":1}'.encode("utf-32")),
        ("bom8", b"\xef\xbb\xbf{}"),
    ):
        yield ParseCase(f"enc_{name}", raw, "reject", "encoding")


def _controls() -> Iterator[ParseCase]:
    for character in ("\x00", "\x01", "\t", "\n", "\r", "\x1f"):
        yield _refused(f"raw_ctrl_{ord(character):02x}", f'"a{character}b"', "syntax")
    yield _accepted("escaped_ctrl", '"\\u0000\\u001f\\n"')
    yield _accepted("del_and_c1_raw", '"\x7f\u0085\u2028"')
    yield _accepted("zero_width_bidi", '"\u202e\u200b\ufeff"')
    yield _refused("bad_escape", '"\\x41"', "syntax")
    yield _refused("bad_u", '"\\u12G4"', "syntax")
    yield _refused("nbsp_ws", "\u00a01", "syntax")
    yield _refused("formfeed_ws", "\x0c1", "syntax")


def _syntax() -> Iterator[ParseCase]:
    words = ("", " ", "nul", "True", "'a'", "undefined", "/**/1", "// x\n1")
    brackets = ("[1,]", "{'a':1}", '{"a":1,}', "[1]]", "{} {}", "[\x00]", '{"a"}')
    for text in (*words, *brackets):
        yield _refused(f"syn_{text!a}", text, "syntax")


def _sizes() -> Iterator[ParseCase]:
    yield _accepted("size_65536", '"' + "a" * (RAW_BYTES - 2) + '"')
    yield _refused("size_65537", '"' + "a" * (RAW_BYTES - 1) + '"', "size")
    yield _refused("size_ws_65537", '{"a":1}' + " " * (RAW_BYTES - 6), "size")
    yield _accepted("size_utf8_65536", '"' + "\u20ac" * 21844 + 'aa"')
    yield _accepted("float_expand_x4", "[" + ",".join(["1e15"] * 13000) + "]")
    colliding = ",".join(str(i * (2**61 - 1)) for i in range(1, 2850))  # all hash to 0
    yield _accepted("hash_collision_ints", f"[{colliding}]", max_ms=100)


ABSENT: Final = ...  # as the value of a member: leave it out


def _event(members: dict[str, Any]) -> bytes:
    """Give a small valid event with some members changed, as JSON."""
    event: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    event["data"] = {"a": 1}
    event.update(members)
    return json.dumps({k: v for k, v in event.items() if v is not ABSENT}).encode()


def event_cases() -> list[EventCase]:
    """Give the cases of the CloudEvents layer."""
    return [
        EventCase("minimal", _event({"data": ABSENT}), "accept"),
        EventCase("no_id", _event({"id": ABSENT}), "reject", "missing"),
        EventCase("id_empty", _event({"id": ""}), "reject", "empty"),
        *_attributes(),
        *_extensions(),
        *_data(),
        *_shapes(),
        *_times(),
    ]


def _attributes() -> Iterator[EventCase]:
    bad_values = {
        "null": None,
        "int": 1,
        "bool": True,
        "list": ["x"],
        "obj": {"x": 1},
        "nul": "a\x00b",
        "newline": "a\nERROR forged",
        "ansi": "\x1b[2J",
        "c1": "\x85",
        "nonchar": "\uffff",
    }
    for attribute in ("id", "source", "type", "specversion"):
        for name, value in bad_values.items():
            raw = _event({attribute: value})
            yield EventCase(f"{attribute}_{name}", raw, "reject", "attribute")


def _extensions() -> Iterator[EventCase]:
    for name, extension in (
        ("upper", "Foo"),
        ("dash", "a-b"),
        ("unicode_digit", "a\u0663"),
        ("kelvin", "\u212a"),  # lower() makes it a plain k
        ("empty_name", ""),
        ("trailing_nl", "abc\n"),
    ):
        yield EventCase(f"ext_{name}", _event({extension: "x"}), "reject", "name")
    yield EventCase("ext_obj", _event({"ext": {"a": 1}}), "reject", "attribute")
    yield EventCase("ext_float", _event({"ext": 1.5}), "reject", "attribute")
    yield EventCase("ext_int32", _event({"ext": 2**31 - 1}), "accept")
    yield EventCase("ext_int33", _event({"ext": 2**31}), "reject", "attribute")
    yield EventCase("ext_bool", _event({"ext": True}), "accept")


def _data() -> Iterator[EventCase]:
    yield EventCase("data_and_base64", _event({"data_base64": "AA=="}), "reject", "data")
    for name, text in (("bad", "A"), ("ws", "AA=\n="), ("url", "-_8=")):
        raw = _event({"data": ABSENT, "data_base64": text})
        yield EventCase(f"base64_{name}", raw, "reject", "data")
    raw = _event({"data": ABSENT, "data_base64": "AAE="})
    yield EventCase("base64_ok", raw, "eventgrid-rejects")
    yield EventCase("data_null", _event({"data": None}), "eventgrid-rejects")
    yield EventCase("data_false", _event({"data": False}), "eventgrid-rejects")


def _shapes() -> Iterator[EventCase]:
    yield EventCase("top_list", b"[]", "reject", "shape")
    yield EventCase("top_str", b'"x"', "reject", "shape")
    yield EventCase("top_null", b"null", "reject", "shape")


def _times() -> Iterator[EventCase]:
    yield EventCase("time_overflow", _event({"time": "9999-12-31T23:59:59-23:59"}), "accept")
    yield EventCase("time_bad", _event({"time": "2018-13-01T00:00:00Z"}), "reject", "time")
    yield EventCase("time_int", _event({"time": 1}), "reject", "time")


VALID_TIMESTAMPS: Final = (
    "1985-04-12T23:20:50.52Z",
    "1996-12-19T16:39:57-08:00",
    "1990-12-31T23:59:60Z",
    "1990-12-31T15:59:60-08:00",
    "1937-01-01T12:00:27.87+00:20",
    "1963-06-19t08:30:06z",
    "2018-04-05T17:31:00.123456789012345Z",
    "2018-04-05T17:31:00-00:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2000-02-29T00:00:00Z",
)

INVALID_TIMESTAMPS: Final = (
    "2018-04-05T24:00:00Z",
    "2018-04-05T17:31Z",
    "2018-04-05",
    "20180405T173100Z",
    "2018-W14-4T17:31:00Z",
    "2018-095T00:00:00Z",
    "2018-04-05T17:31:00,5Z",
    "2018-04-05T17:31:00.Z",
    "2018-04-05T17:31:00+24:00",
    "2018-04-05T17:31:00+05:60",
    "2018-04-05T17:31:00+0530",
    "2018-04-05T17:31:00+05:30:10",
    "2018-04-05T17:31:00",
    "1900-02-29T00:00:00Z",
    "2018-02-30T00:00:00Z",
    "2018-04-05T17:31:61Z",
    "1998-12-31T23:58:60Z",
    "\uff12\uff10\uff11\uff18-04-05T17:31:00Z",  # full-width digits
    "2018-04-05T17:31:00Z\n",
    " 2018-04-05T17:31:00Z",
    "+12018-04-05T17:31:00Z",
    "2018-4-5T17:31:00Z",
    "",
)


def timestamp_cases() -> list[TimestampCase]:
    """Give the cases of the ``time`` attribute."""
    valid = [TimestampCase(text, valid=True) for text in VALID_TIMESTAMPS]
    return valid + [TimestampCase(text, valid=False) for text in INVALID_TIMESTAMPS]


def template_cases() -> list[TemplateCase]:
    """Give the cases of the two kinds of template."""
    return [*_text_templates(), *_json_templates()]


def _text_templates() -> Iterator[TemplateCase]:
    def text(
        name: str, template: str, variables: dict[str, Any], expected: str | None
    ) -> TemplateCase:
        return TemplateCase(name, "text", template, variables, expected)

    yield text("no_reexpansion", "${a} ${b}", {"a": "${b}", "b": "X"}, "${b} X")
    yield text("self_reference", "${a}", {"a": "${a}${a}"}, "${a}${a}")
    yield text("split_placeholder", "${a}b}", {"a": "${", "b": "X"}, "${b}")
    yield text("dollar_backref", "${a}", {"a": r"\g<1>\1$0$$"}, r"\g<1>\1$0$$")
    yield text("str_format_inert", "{0.__class__} %s {a} ${a}", {"a": 1}, "{0.__class__} %s {a} 1")
    yield text("percent_inert", "%(a)100000000d ${a}", {"a": 1}, "%(a)100000000d 1")
    yield text("amplify_33MB", "${a}" * 512, {"a": "x" * 65000}, None)
    yield text("unterminated", "${a", {"a": 1}, None)


def _json_templates() -> Iterator[TemplateCase]:
    def json_body(name: str, template: str, n: object, expected: object) -> TemplateCase:
        return TemplateCase(name, "json", template, {"n": n}, expected)

    breakout = 'x","admin":true,"z":"'
    admin = '{"user":"${n}","admin":false}'
    yield json_body("json_breakout", admin, breakout, {"user": breakout, "admin": False})
    path = "C:\\new\u2028\x00"
    yield json_body("json_backslash", '{"p":"${n}"}', path, {"p": path})
    value = '{"v":${n}}'
    yield json_body("json_value_pos_string", value, '1,"x":2', {"v": '1,"x":2'})
    document = {"a": [1, None, True]}
    yield json_body("json_value_pos_obj", value, document, {"v": document})
    yield json_body("json_int_exact", value, 2**53 + 1, {"v": 2**53 + 1})
    yield json_body("json_bool_not_int", value, n=True, expected={"v": True})
