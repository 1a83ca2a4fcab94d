"""The grammar of attributes: names, characters, times, media types, payloads."""

import json
import sys
from typing import Any, Final

import pytest

from egcore import attributes
from egcore.attributes import check_attributes
from egcore.limits import CLOUDEVENTS, EVENTGRID
from tests.hostile_cases import TimestampCase, timestamp_cases
from tests.shared_folder import ROOT, shared

CASES: Final = json.loads((ROOT / "tests" / "data" / "attribute_cases.json").read_bytes())
SMALL: Final[dict[str, Any]] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


@pytest.mark.parametrize("case", timestamp_cases(), ids=lambda case: repr(case.text))
def test_hostile_times(case: TimestampCase) -> None:
    """Each timestamp has its verdict, for the attribute as for the function."""
    assert attributes.is_time(case.text) is case.valid
    problems = check_attributes({**SMALL, "time": case.text}, EVENTGRID)
    assert (problems == []) is case.valid


def test_times_of_the_public_suite() -> None:
    """The date-time cases of JSON Schema are answered as that suite says."""
    groups = json.loads(shared("suites/json-schema/date-time.json").read_bytes())
    cases = [case for group in groups for case in group["tests"] if type(case["data"]) is str]
    assert len(cases) > 20
    for case in cases:
        assert attributes.is_time(case["data"]) is case["valid"], case["description"]


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2024-02-29T00:00:00Z", True),
        ("2023-02-29T00:00:00Z", False),
        ("2100-02-29T00:00:00Z", False),
        ("2024-04-31T00:00:00Z", False),
        ("2024-01-31T00:00:00Z", True),
        ("2016-12-31T23:59:60+00:00", True),
        ("2017-01-01T05:29:60+05:30", True),
        ("2017-01-01T05:29:60-05:30", False),
        ("2016-12-31T23:58:60.5Z", False),
        ("2016-12-31T23:59:60.999Z", True),
        ("0000-01-01T00:00:00Z", True),
        ("2024-01-00T00:00:00Z", False),
        ("2024-00-01T00:00:00Z", False),
        ("2024-01-01 00:00:00Z", False),
        ("2024-01-01T00:60:00Z", False),
    ],
)
def test_days_and_leap_seconds(text: str, valid: bool) -> None:
    """Days are those of their month, and second 60 is the last of a UTC day."""
    assert attributes.is_time(text) is valid


def test_forbidden_characters_are_those_of_cloudevents() -> None:
    """Every code point but controls, surrogates and the 66 non-characters is allowed."""
    for point in range(sys.maxunicode + 1):
        is_control = point < 0x20 or 0x7F <= point <= 0x9F
        is_non_character = 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE
        expected = is_control or is_non_character or 0xD800 <= point <= 0xDFFF
        assert attributes.has_forbidden_character(chr(point)) is expected, hex(point)
    assert not attributes.has_forbidden_character("")
    assert attributes.has_forbidden_character("a\x00é")


@pytest.mark.parametrize(
    ("function", "text", "expected"),
    [
        (attributes.is_json_type, "application/json", True),
        (attributes.is_json_type, "Application/JSON ; charset=utf-8", True),
        (attributes.is_json_type, "application/json;", True),
        (attributes.is_json_type, "application/jsonx", False),
        (attributes.is_json_type, "application/vnd.a+json", False),
        (attributes.is_json_type, "application/json\n", False),
        (attributes.is_json_type, "", False),
        (attributes.is_extension_name, "abc09", True),
        (attributes.is_extension_name, "a\n", False),
        (attributes.is_extension_name, "\u0663", False),
        (attributes.is_base64, "", True),
        (attributes.is_base64, "AAEC", True),
        (attributes.is_base64, "AAE=", True),
        (attributes.is_base64, "AA==", True),
        (attributes.is_base64, "AA=", False),
        (attributes.is_base64, "A===", False),
        (attributes.is_base64, "AA==AAEC", False),
        (attributes.is_base64, "AAEC\n", False),
        (attributes.is_base64, "-_8=", False),
    ],
)
def test_grammars_match_whole_strings(function: Any, text: str, expected: bool) -> None:
    """Media types, extension names and base64 end where the string ends."""
    assert function(text) is expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_attribute_table(case: dict[str, Any]) -> None:
    """Each change of a small event gives its codes and pointers under both presets."""
    members = {**SMALL, **case.get("set", {})}
    for name in case.get("unset", []):
        del members[name]
    for preset, limits in (("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS)):
        found = [[each.code, each.pointer] for each in check_attributes(members, limits)]
        assert found == case[preset], preset


def test_problems_tell_kinds_and_never_values() -> None:
    """Messages and got hold types and lengths; the values stay where they are."""
    for value in ("s3cr3t\n", "s3cr3t", ["s3cr3t"], {"s3cr3t": 1}, 1.5):
        members = {**SMALL, **dict.fromkeys(("id", "time", "dataschema", "datacontenttype"), value)}
        members |= {"data": value, "data_base64": value, "ext": value, "specversion": value}
        for limits in (EVENTGRID, CLOUDEVENTS):
            problems = check_attributes(members, limits)
            assert problems
            assert "s3cr3t" not in repr(problems)


def test_extension_names_are_shortened_in_pointers() -> None:
    """A name of any length and with any character gives one short clean pointer."""
    (found,) = check_attributes({**SMALL, "A/\n~" + "x" * 1000: "v"}, EVENTGRID)
    assert found.pointer.startswith("/A~1\\n~0x")
    assert len(found.pointer) < 70
    (found,) = check_attributes({**SMALL, "x" * 21: "v"}, EVENTGRID)
    assert found.message == "an extension name has 21 characters; the limit is 20"
