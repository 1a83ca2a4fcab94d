"""Strict JSON: what is refused, how deep, how long, and what of it is told."""

import json
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from functools import partial
from typing import Any, Final

import pytest

from egcore import codes, decoding
from egcore.decoding import (
    check_nesting,
    check_value,
    compact_json,
    decode,
    decode_array,
    decode_events,
    decode_rule,
)
from egcore.errors import EgcoreError, EventError, FilterError, HostError, UsageError
from egcore.limits import EVENTGRID
from tests.hostile_cases import ParseCase, parse_cases
from tests.leaks import SENTINEL, assert_silent
from tests.shared_folder import ROOT, shared
from tests.slowest import PATIENCE
from tests.stack import OWN_FRAMES, call_below, call_in_thread, free_frames

SUITE: Final = json.loads((ROOT / "tests" / "data" / "json_suite.json").read_bytes())

# The hostile cases name their reason in words.
CODES_OF: Final = {
    "": set(codes.CODES),
    "depth": {codes.NESTING},
    "syntax": {codes.SYNTAX},
    "number": {codes.NUMBER_RANGE, codes.NUMBER_LENGTH},
    "duplicate_key": {codes.DUPLICATE_KEY},
    "unicode": {codes.SURROGATE},
    "encoding": {codes.ENCODING, codes.SYNTAX},  # UTF-16 without a mark is UTF-8 with zeros
    "size": {codes.RAW_SIZE},
}


class Text(str):
    """A string that is not exactly a str, and lies."""

    __slots__ = ()

    def encode(self, *_: object, **__: object) -> bytes:  # type: ignore[override] # it lies
        """Give other characters."""
        return b"[]"


def refused(call: Callable[[], object]) -> str:
    """Call, hold that the error is alone, and give the code of its only problem."""
    with pytest.raises(EventError) as caught:
        call()
    assert_silent(caught.value)
    (found,) = caught.value.problems
    return found.code


# --- Whole texts -----------------------------------------------------------


def _outcome(raw: bytes) -> str:
    try:
        decode(raw)
    except EventError as error:
        assert_silent(error)
        return error.problems[0].code
    return "accept"


@pytest.mark.parametrize("case", parse_cases(), ids=lambda case: case.name)
def test_hostile_texts(case: ParseCase) -> None:
    """Each hostile text has its verdict for its reason, in its time."""
    fastest = float("inf")
    for _ in range(3):
        start = time.process_time()
        too_large = len(case.raw) > EVENTGRID.raw_event_bytes
        outcome = codes.RAW_SIZE if too_large else _outcome(case.raw)
        fastest = min(fastest, time.process_time() - start)
    if case.verdict == "accept":
        assert outcome == "accept"
    else:
        assert outcome in CODES_OF[case.code]
    assert fastest * 1000 <= case.max_ms * PATIENCE


def test_json_test_suite() -> None:
    """All n_ files are refused, y_ accepted but for duplicate keys, i_ as pinned."""
    folder = shared("suites/JSONTestSuite/test_parsing")
    outcomes = {path.name: _outcome(path.read_bytes()) for path in folder.glob("*.json")}
    refused_names = [name for name in outcomes if name.startswith("n_")]
    assert len(refused_names) == 188
    assert [name for name in refused_names if outcomes[name] == "accept"] == []
    assert {
        name: outcome
        for name, outcome in outcomes.items()
        if name.startswith("y_") and outcome != "accept"
    } == SUITE["y_refused"]
    assert {n: outcome for n, outcome in outcomes.items() if n.startswith("i_")} == SUITE["i"]


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, bytes.decode])
def test_every_kind_of_raw_input_reads_alike(wrap: Callable[[bytes], Any]) -> None:
    """Bytes in any wrapping and text give the same value and the same text."""
    raw = ' {"k": [1.50, "é"]}\n'.encode()
    assert decode(wrap(raw)) == ({"k": [1.5, "é"]}, '{"k": [1.50, "é"]}')


def test_a_subclass_of_str_is_read_as_its_characters() -> None:
    """A StrEnum member or a marked-up string is text like any other."""
    decoded = decode(Text('{"a":1}'))
    assert decoded == ({"a": 1}, '{"a":1}')
    assert type(decoded.text) is str


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("\ufeff{}", codes.ENCODING),
        (b"\xef\xbb\xbf{}", codes.ENCODING),
        ('"\ud800"', codes.SURROGATE),
        (b'"\xff"', codes.ENCODING),
    ],
)
def test_input_that_is_no_utf_8_is_refused(raw: str | bytes, code: str) -> None:
    """Marks, broken bytes and lone surrogates are refused, as text and as bytes."""
    assert refused(lambda: decode(raw)) == code


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ('{\n "é": s3cr3t}', "line 2, column 7"),
        ("[[1, s3cr3t]]", "line 1, column 6"),
        ("\n\n [1}", "line 3, column 4"),
        ("s3cr3t", "line 1, column 1"),
        ("[1]\r\n]", "line 2, column 1"),
        ("", "line 1, column 1"),
    ],
)
def test_a_syntax_error_names_line_and_column(raw: str, place: str) -> None:
    """The place is that of the wrong character, counted in lines and characters from 1."""
    with pytest.raises(EventError) as caught:
        decode(raw)
    assert caught.value.problems[0].message == f"not JSON at {place}"
    assert_silent(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"a": "{SENTINEL}", "a": 1}}',
        f'{{"{SENTINEL}": 1, "{SENTINEL}": 1}}',
        f'["{SENTINEL}", NaN]',
        f'["{SENTINEL}", 1e999]',
        f'["{SENTINEL}", "\\ud800"]',
        f'["{SENTINEL}"',
        f'"{SENTINEL}" "{SENTINEL}"',
        f'["{SENTINEL}", "\ud800"]',
        f'["{SENTINEL}",{"[" * 70}{"]" * 70}]',
        f'["{SENTINEL}", {"1" * 641}]',
        f'"{SENTINEL}'.encode() + b'\xff"',
    ],
)
@pytest.mark.parametrize(
    ("read", "around"),
    [(decode, ("", "")), (decode_array, ("[", "]")), (decode_events, ('{"events":[', "]}"))],
)
def test_errors_hold_nothing_of_the_text(
    read: Callable[[Any], object], around: tuple[str, str], raw: str | bytes
) -> None:
    """The parser's own exceptions carry the whole text; ours carry and show none of it."""
    refused(lambda: read(raw if isinstance(raw, bytes) else raw.join(around)))


def test_another_error_class_can_be_asked_for() -> None:
    """Rule documents are the rule author's to fix."""
    with pytest.raises(FilterError):
        decode("[", error=FilterError)


# --- Nesting ---------------------------------------------------------------


def naive_depth(text: str) -> int:
    """Count the depth one character at a time, brackets in strings aside."""
    depth = deepest = 0
    is_inside = is_escaped = False
    for position, mark in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif mark == "\\" and text[position + 1 : position + 2] in ("\\", '"'):
            is_escaped = True
        elif mark == '"':
            is_inside = not is_inside
        elif not is_inside and mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif not is_inside and mark in "]}":
            depth -= 1
    return deepest


def is_too_deep(text: str, levels: int) -> bool:
    """Whether the check refuses a text."""
    try:
        check_nesting(text.encode(), levels)
    except decoding._StrictError as error:
        return error.problem.code == codes.NESTING
    return False


def test_nesting_is_what_a_naive_counter_counts() -> None:
    """On random brackets, quotes and backslashes the byte tricks agree with a plain loop."""
    generator = random.Random(20)
    seen = set()
    for _ in range(20_000):
        alphabet = generator.choice(('[]{}"\\ é', '[{"\\', '[]"', "[{}]", '[[["\\\\]'))
        text = "".join(generator.choices(alphabet, k=generator.randrange(40)))
        levels = generator.randrange(6)
        deep = naive_depth(text) > levels
        seen.add((deep, '"' in text))
        assert is_too_deep(text, levels) is deep, (text, levels)
    assert len(seen) == 4


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"":', "}]")])
def test_nesting_is_exact(opening: str, closing: str) -> None:
    """64 levels are read and 65 are not, in arrays, objects and both."""
    levels = opening.count("[") + opening.count("{")

    def text(depth: int) -> str:
        pairs, rest = divmod(depth, levels)
        return "[" * rest + opening * pairs + "0" + closing * pairs + "]" * rest

    assert decode(text(64)).text == text(64)
    assert refused(lambda: decode(text(65))) == codes.NESTING


def test_brackets_in_strings_do_not_count() -> None:
    """Quotes, escaped quotes and escaped backslashes end strings where JSON says."""
    for text in ('"' + "[" * 100 + '"', '["\\"' + "[" * 100 + '"]', '["\\\\",' + '"[["' + "]"):
        assert decode(text).value == json.loads(text)
    assert refused(lambda: decode('["\\\\",' + "[" * 64)) == codes.NESTING


def test_levels_around_a_value_are_spent() -> None:
    """A value that will stand inside an object may nest one level less."""
    assert decode("[" * 63 + "]" * 63, inside=1)
    assert refused(lambda: decode("[" * 64 + "]" * 64, inside=1)) == codes.NESTING


# --- Numbers ---------------------------------------------------------------


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("form", ["{}", "0.{}", "0e{}", "1.0e-{}"])
def test_digits_are_counted_exactly(form: str, sign: str) -> None:
    """640 digits are read and 641 are not, wherever in the number they stand."""
    zeros = form.count("0") + form.count("1")
    text = sign + form.format("1" * (640 - zeros))
    assert decode(text).value == json.loads(text)
    assert refused(lambda: decode(sign + form.format("1" * (641 - zeros)))) == codes.NUMBER_LENGTH


def test_short_digit_limits_count_each_number_by_itself() -> None:
    """Neighbouring numbers and digits in strings do not add up."""
    limits = replace(EVENTGRID, number_digits=3)
    assert decode('[123,456,-1.23,1e-12,"123456789"]', limits=limits).value[3] == 1e-12
    assert refused(lambda: decode("[123,4567]", limits=limits)) == codes.NUMBER_LENGTH
    assert refused(lambda: decode("12.34", limits=limits)) == codes.NUMBER_LENGTH
    assert decode("-123", limits=limits).value == -123


def test_every_digit_survives_in_the_text() -> None:
    """The value is a double, the text is what was sent."""
    assert decode(" 0.10000000000000000001 ") == (0.1, "0.10000000000000000001")


# --- Arrays and requests ---------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        ("[]", []),
        (" [ ] ", []),
        ('[1 , {"a" : [ 2 ]},\t"x,]"\n]', ["1", '{"a" : [ 2 ]}', '"x,]"']),
        ("{}", None),
        ("null", None),
    ],
)
def test_decode_array_keeps_each_elements_text(raw: str, texts: list[str] | None) -> None:
    """Texts are spans without the white space around them; other values give None."""
    found = decode_array(raw)
    assert (found and [element.text for element in found]) == (texts or found)
    assert (found is None) is (texts is None)
    if found:
        assert [element.value for element in found] == json.loads(raw)


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        ('{"events":[{"a":1}, 2 ]}', ['{"a":1}', "2"]),
        (' {"x" : [[1]] , "events" :\n[ ] , "y":{"events":[1]}} ', []),
        ('{"\\u0065vents":[1]}', ["1"]),
        ('{"events":{}}', None),
        ('{"events":"[1]"}', None),
        ('{"event":[1]}', None),
        ("{}", None),
        ("[]", None),
        ("1", None),
    ],
)
def test_decode_events_keeps_each_events_text(raw: str, texts: list[str] | None) -> None:
    """Only an array under events, however its key is written, gives texts."""
    found = decode_events(raw)
    assert (None if found is None else [each.text for each in found]) == texts


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ('{"events":[1],"events":[2]}', codes.DUPLICATE_KEY),
        ('{"events":[1],"\\u0065vents":2}', codes.DUPLICATE_KEY),
        ('{"x":1,"x":2,"events":[]}', codes.DUPLICATE_KEY),
        ('{"events":[{"a":1,"a":2}]}', codes.DUPLICATE_KEY),
        ('{"events":["\\ud800"]}', codes.SURROGATE),
        ('{"\\udc00":1,"events":[]}', codes.SURROGATE),
        ('{"events":[1],}', codes.SYNTAX),
        ('{"events":[1,]}', codes.SYNTAX),
        ('{"events":[,1]}', codes.SYNTAX),
        ('{"events":[1 2]}', codes.SYNTAX),
        ('{"events":[1]', codes.SYNTAX),
        ('{"events" [1]}', codes.SYNTAX),
        ('{"events":[1]} x', codes.SYNTAX),
        ('{"events":}', codes.SYNTAX),
        ("{1:2}", codes.SYNTAX),
        ("{,}", codes.SYNTAX),
        ("{", codes.SYNTAX),
        ("", codes.SYNTAX),
        ("[1]]", codes.SYNTAX),
        ("[01]", codes.SYNTAX),
    ],
)
def test_the_readers_of_requests_are_as_strict(raw: str, code: str) -> None:
    """What stands around the events is held to the same grammar by all readers."""
    assert refused(lambda: decode_events(raw)) == code
    assert refused(lambda: decode(raw)) == code
    if raw[:1] != "{":
        assert refused(lambda: decode_array(raw)) == code


def test_wrappers_do_not_count_as_levels() -> None:
    """Events of 64 levels fit in a batch and in a request; 65 levels do not."""
    for read, around in ((decode_array, "[%s]"), (decode_events, '{"events":[%s]}')):
        assert read(around % ("[" * 64 + "]" * 64))
        text = around % ("[" * 65 + "]" * 65)
        assert refused(lambda read=read, text=text: read(text)) == codes.NESTING


# --- Stacks ----------------------------------------------------------------


@pytest.mark.parametrize("read", [decode, decode_array, decode_events])
def test_a_deep_caller_gets_the_same_answer_or_a_host_error(read: Callable[[str], object]) -> None:
    """From every depth of the caller the text is read, or the stack is named as the reason."""
    texts = ('{"events":[%s]}' % ("[" * 64 + "]" * 64), '[{"a":1,"a":2}]', "[1}")
    for text in texts if read is not decode else ("[" * 64 + "]" * 64, *texts[1:]):

        def outcome(text: str = text) -> object:
            try:
                return read(text)
            except EventError as error:
                return error

        expected = outcome()
        seen = set()
        for frames in range(free_frames() - 150, free_frames() - OWN_FRAMES):
            try:
                assert call_below(frames, outcome) == expected
            except HostError as error:
                seen.add(error.problems[0].code)
                assert_silent(error)
        assert seen <= {codes.HOST_STACK}


@pytest.mark.parametrize("depth", [64, 65, 10_000, 60_000])
def test_threads_with_small_stacks_are_safe(depth: int) -> None:
    """A stack of 256 KiB is enough, whatever the text."""
    for text in ("[" * depth + "]" * depth, '{"a":' * depth, "[" * depth):
        if depth == 64 and text.endswith("]"):
            assert call_in_thread(lambda text=text: decode(text)).text == text
        else:
            with pytest.raises(EventError):
                call_in_thread(lambda text=text: decode(text))


# --- Python objects --------------------------------------------------------


class Number(IntEnum):
    """An int that is not exactly an int."""

    ONE = 1


def chain(levels: int) -> Any:
    """Give lists inside each other."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def laughs(rounds: int) -> Any:
    """Give a list that holds the one before ten times, again and again."""
    value: Any = ["ha"] * 10
    for _ in range(rounds):
        value = [value] * 10
    return value


def cycle() -> Any:
    """Give a dict that holds itself."""
    value: dict[str, Any] = {}
    value["a"] = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -0.0,
        10**640 - 1,
        -(10**640) + 1,
        1.7976931348623157e308,
        "é\uffff\x00",
        {"": [{}, []]},
        chain(64),
        laughs(3),
    ],
)
def test_json_values_pass(value: object) -> None:
    """Every JSON value within the limits passes, and its text reads back as itself."""
    assert check_value(value, EVENTGRID, 65_536) is None
    assert decode(compact_json(value)).value == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"x", codes.NOT_JSON_TYPE),
        ((1,), codes.NOT_JSON_TYPE),
        ({1}, codes.NOT_JSON_TYPE),
        (object(), codes.NOT_JSON_TYPE),
        (OrderedDict(), codes.NOT_JSON_TYPE),
        (Number.ONE, codes.NOT_JSON_TYPE),
        (Text("x"), codes.NOT_JSON_TYPE),
        ({1: 2}, codes.NOT_JSON_TYPE),
        ({None: 2}, codes.NOT_JSON_TYPE),
        ({Text("a"): 2}, codes.NOT_JSON_TYPE),
        (1j, codes.NOT_JSON_TYPE),
        (float("nan"), codes.NUMBER_RANGE),
        (float("-inf"), codes.NUMBER_RANGE),
        (10**640, codes.NUMBER_LENGTH),
        (-(10**640), codes.NUMBER_LENGTH),
        ("\ud800", codes.SURROGATE),
        ({"\udfff": 1}, codes.SURROGATE),
        (chain(65), codes.NESTING),
        (cycle(), codes.NESTING),
        (laughs(60), codes.RAW_SIZE),
        ([[0] * 60_000] * 60_000, codes.RAW_SIZE),
    ],
    ids=lambda value: value if type(value) is str and value.isascii() else "value",
)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [{"a": value}]])
def test_other_values_do_not(wrap: Callable[[object], Any], value: object, code: str) -> None:
    """Foreign types, cycles, shared towers, over-long and infinite numbers have their codes."""
    found = check_value(wrap(value), EVENTGRID, 65_536)
    assert found is not None
    assert found.code == code


def test_values_are_counted_exactly() -> None:
    """The members of all containers together may be as many as the caller says."""
    assert check_value([[1, 2], {"a": 3}], EVENTGRID, 5) is None
    found = check_value([[1, 2], {"a": 3}], EVENTGRID, 4)
    assert found is not None
    assert found.code == codes.RAW_SIZE


def test_no_foreign_exception_leaves() -> None:
    """Random bytes of the JSON alphabet give a value or an EgcoreError from every reader."""
    generator = random.Random(21)
    alphabet = b'[]{}",:\\u0123456789eE+-.tfn \n\x00\xff\xc3\xa9dD'
    accepted = 0
    contexts = set()
    for _ in range(20_000):
        raw = bytes(generator.choices(alphabet, k=generator.randrange(12)))
        for read in (decode, decode_array, decode_events):
            try:
                read(raw)  # type: ignore[operator] # any of the three
                accepted += 1
            except EgcoreError as error:
                contexts.add(error.__context__)
    assert accepted
    assert contexts == {None}


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_short_bytes_nest_no_deeper_than_others(opening: bytes) -> None:
    """The short way of reading bytes counts every kind of bracket."""
    levels = 64 // sum(map(opening.count, (b"[", b"{")))
    closing = b"".join(b"]" if each == ord("[") else b"}" for each in opening if each in b"[{")
    deepest = opening * levels + b"0" + closing[::-1] * levels
    assert decode(deepest).text == deepest.decode()
    assert refused(lambda: decode(b"[" + deepest + b"]")) == codes.NESTING


def test_short_bytes_have_no_longer_numbers_than_others() -> None:
    """The short way of reading bytes is not taken where a number could be too long."""
    assert decode(b"9" * 640).value == 10**640 - 1
    for raw in (b"9" * 641, b"[" + b"1" * 700 + b"]", b"0." + b"1" * 700):
        assert refused(partial(decode, raw)) == codes.NUMBER_LENGTH


def test_many_brackets_that_do_not_close_are_not_deep() -> None:
    """Only what is too deep is told to be; a text that is flat and broken is broken."""
    for text in ("[" + "[]," * 100, "[]" * 100, "]" * 100 + "[", "{}[" * 30 + "]" * 30):
        assert refused(partial(decode, text)) == codes.SYNTAX


# --- Rule documents -----------------------------------------------------------


def _rule_problem(document: object, **limits: int) -> str:
    with pytest.raises(FilterError) as caught:
        decode_rule(document, "a rule", limits=replace(EVENTGRID, **limits), error=FilterError)
    assert_silent(caught.value)
    (found,) = caught.value.problems
    return found.code


@pytest.mark.parametrize(
    ("text", "value", "twice"),
    [
        ('{"a":1,"b":{}}', {"a": 1, "b": {}}, []),
        ('{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}, ["/a"]),
        ('{"a":1,"a":2,"a":3}', {"a": 3}, ["/a", "/a"]),
        ('{"b":1,"a":1,"b":2,"a":2}', {"b": 2, "a": 2}, ["/a", "/b"]),
        ('{"a":{"x":1,"x":2},"a":3}', {"a": 3}, ["/a"]),
        ('{"a":1,"a":{"x":1,"x":2}}', {"a": {"x": 2}}, ["/a", "/a/x"]),
        ('[0,{"~/":[{"k":1,"k":2}]}]', [0, {"~/": [{"k": 2}]}], ["/1/~0~1/0/k"]),
        ('{"":{"":1,"":2}}', {"": {"": 2}}, ["//"]),
        ("5", 5, []),
        ("[[],{}]", [[], {}], []),
    ],
)
def test_the_last_of_two_keys_counts_in_a_rule(text: str, value: object, twice: list[str]) -> None:
    """Keys that stand twice are told by pointers, in order; of what did not count nothing is."""
    for raw in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        rule = decode_rule(raw, "a rule", error=FilterError)
        assert rule == (value, json.dumps(value, separators=(",", ":")), twice)
    assert decode_rule(f" \n{text}\t", "a rule", error=FilterError) == rule


def test_a_rule_holds_plain_dicts() -> None:
    """What stood twice leaves nothing behind but its pointer: dicts are exactly dict."""
    (outer,) = decode_rule(
        '[{"a":{"x":1,"x":2},"b":[{"y":1,"y":2}]}]', "a rule", error=FilterError
    )[0]
    assert [type(each) for each in (outer, outer["a"], outer["b"][0])] == [dict] * 3


def test_a_dict_is_read_as_it_is() -> None:
    """A dict is checked, not copied; its text is compact, with non-ASCII as it is."""
    document = {"é": [1, 2.50, None, True], "b": {}}
    rule = decode_rule(document, "a rule", error=FilterError)
    assert rule.value is document
    assert rule.text == '{"é":[1,2.5,null,true],"b":{}}'
    assert rule.twice == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", codes.SYNTAX),
        ("{} x", codes.SYNTAX),
        ("", codes.SYNTAX),
        ('{"a":NaN}', codes.NUMBER_RANGE),
        ('{"a":1e999}', codes.NUMBER_RANGE),
        ('{"a":"\\ud800"}', codes.SURROGATE),
        (b"\xff", codes.ENCODING),
        ("\ufeff{}", codes.ENCODING),
        ({"a": {1}}, codes.NOT_JSON_TYPE),
        ({1: "a"}, codes.NOT_JSON_TYPE),
        ({"a": float("inf")}, codes.NUMBER_RANGE),
        ({"a": "\ud800"}, codes.SURROGATE),
        ({"\ud800": "a"}, codes.SURROGATE),
    ],
    ids=repr,
)
def test_a_rule_is_strict_json(document: object, code: str) -> None:
    """But for keys that stand twice, rules are read as strictly as events."""
    assert _rule_problem(document) == code


def test_the_limits_of_a_rule() -> None:
    """Levels and digits of a rule are counted exactly, in a text and in a dict."""
    nested = {"a": [{"b": 12345}]}
    for document in (nested, json.dumps(nested)):
        for limits in ({"nesting": 3}, {"number_digits": 5}):
            fits = replace(EVENTGRID, **limits)
            assert decode_rule(document, "a rule", limits=fits, error=FilterError).value == nested
        assert _rule_problem(document, nesting=2) == codes.NESTING
        assert _rule_problem(document, number_digits=4) == codes.NUMBER_LENGTH


def test_the_values_of_a_dict_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dict that shares a container again and again is as large as it would be written."""
    monkeypatch.setattr(decoding, "MAX_RULE_VALUES", 7)
    shared_by_two = [1, 2]
    fits = {"a": shared_by_two, "b": shared_by_two, "c": 1}
    assert decode_rule(fits, "a rule", error=FilterError).value is fits
    assert _rule_problem({**fits, "d": 1}) == codes.RAW_SIZE


def test_a_released_view_of_a_rule_is_a_wrong_call() -> None:
    """Of a view that was released there is nothing left to read."""
    view = memoryview(b"{}")
    view.release()
    with pytest.raises(UsageError, match="the memoryview was released"):
        decode_rule(view, "a rule", error=FilterError)


@pytest.mark.parametrize("document", [None, 5, [], ("a",)], ids=repr)
def test_what_is_no_rule_is_a_wrong_call(document: object) -> None:
    """Anything but a dict or a text is the caller's mistake, told with the given word."""
    with pytest.raises(UsageError, match=": a rule is a dict, bytes or str, not "):
        decode_rule(document, "a rule", error=FilterError)


# --- The bare grammar ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", True),
        (' \n[1, "a"]\t', True),
        ("1" * 10_000, True),
        ("-1e999", True),
        ('{"a":1,"a":2}', True),
        ('"\\ud800"', False),
        ("", False),
        (" ", False),
        ("{} x", False),
        ("[1,]", False),
        ("NaN", False),
        ("-Infinity", False),
        ("01", False),
        ("\u00a0{}", False),
    ],
)
def test_the_grammar_alone(text: str, expected: bool) -> None:
    """Long numbers and twin keys are JSON by the grammar, and nothing around it is."""
    assert decoding.is_json(text) is expected


def test_the_grammar_nests_as_the_limits_allow() -> None:
    """Too many levels are refused, not answered, by the error that was asked for."""
    limits = replace(EVENTGRID, nesting=3)
    assert decoding.is_json("[[[]]]", limits=limits)
    with pytest.raises(FilterError) as caught:
        decoding.is_json("[[[[]]]]", limits=limits, error=FilterError)
    assert [each.code for each in caught.value.problems] == [codes.NESTING]
    with pytest.raises(EventError):
        decoding.is_json("[[[[]]]]", limits=limits)
