"""The limits: what each preset says, and which values a field takes."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any, Final

import pytest

from egcore.errors import UsageError
from egcore.limits import CLOUDEVENTS, EVENTGRID, Limits
from tests.leaks import assert_silent
from tests.shared_folder import ROOT

PRESETS: Final = json.loads((ROOT / "tests" / "data" / "presets.json").read_bytes())


def test_presets_are_those_of_the_specification() -> None:
    """Every field of both presets has the value that spec section 2 gives it."""
    assert asdict(EVENTGRID) == PRESETS["EVENTGRID"]
    assert asdict(CLOUDEVENTS) == PRESETS["EVENTGRID"] | PRESETS["CLOUDEVENTS"]
    assert Limits() == EVENTGRID


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [-1, 1.0, "20", b"", [], object()])
def test_a_field_takes_its_own_type_only(name: str, value: Any) -> None:
    """Negative numbers, floats, and anything else of another type are refused by name."""
    with pytest.raises(UsageError, match=rf"Limits\.{name} takes ") as caught:
        replace(EVENTGRID, **{name: value})
    assert_silent(caught.value)


def test_a_boolean_is_no_number_and_a_number_no_boolean() -> None:
    """True is not one event, and 1 is not True."""
    for field in fields(Limits):
        value = getattr(EVENTGRID, field.name)
        wrong: Any = 1 if type(value) is bool else True
        with pytest.raises(UsageError):
            replace(EVENTGRID, **{field.name: wrong})


def test_only_fields_without_limit_under_a_preset_may_be_none() -> None:
    """What CLOUDEVENTS lifts may be None; sizes, digits and depths always bind."""
    lifted = {name for name, value in asdict(CLOUDEVENTS).items() if value is None}
    for field in fields(Limits):
        if field.name in lifted:
            assert getattr(replace(EVENTGRID, **{field.name: None}), field.name) is None
        else:
            with pytest.raises(UsageError):
                replace(EVENTGRID, **{field.name: None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nesting": 65}, "Limits.nesting is at most 64"),
        ({"number_digits": 641}, "Limits.number_digits is at most 640"),
        ({"data": "all"}, "Limits.data takes 'object' or 'any'"),
        ({"require_subscription": 1}, "Limits.require_subscription takes True or False"),
        ({"event_bytes": None}, "Limits.event_bytes takes a whole number from 0"),
        ({"data_fields": "5"}, "Limits.data_fields takes a whole number from 0 or None"),
    ],
)
def test_the_error_says_what_the_field_takes(changes: dict[str, Any], message: str) -> None:
    """The message names the field and its values."""
    with pytest.raises(UsageError) as caught:
        Limits(**changes)
    assert caught.value.problems[0].message == message


def test_lower_limits_are_taken() -> None:
    """Zero and the ceilings themselves are values like others."""
    assert replace(EVENTGRID, nesting=0, number_digits=0, request_events=0).nesting == 0
    assert Limits(nesting=64, number_digits=640, function_needs_json=True, jsonpath="wide")


def test_limits_are_values() -> None:
    """Limits compare, hash, copy and pickle by their fields, and cannot be changed."""
    other = replace(CLOUDEVENTS, data_fields=7)
    twins = [copy.copy(other), copy.deepcopy(other)]
    twins += [pickle.loads(pickle.dumps(other, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)]  # noqa: S301 # our own bytes
    assert {other, *twins} == {other}
    assert other != CLOUDEVENTS
    with pytest.raises(FrozenInstanceError):
        other.nesting = 1  # type: ignore[misc] # frozen
