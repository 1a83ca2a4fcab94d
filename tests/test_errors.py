"""Problems, the exceptions that carry them, and the words that may be said of events."""

import copy
import pickle
from collections import OrderedDict
from dataclasses import FrozenInstanceError
from http import HTTPStatus

import pytest

from egcore import codes, errors
from egcore.errors import EgcoreError


@pytest.mark.parametrize(
    ("key", "token"),
    [
        ("plain", "plain"),
        ("a/b~c", "a~1b~0c"),
        ("~1", "~01"),
        ("é😀", "é😀"),
        ("a\ud800/\udfff", "a\ufffd~1\ufffd"),
        ("", ""),
    ],
)
def test_escape_pointer_follows_rfc_6901(key: str, token: str) -> None:
    """A tilde becomes ~0, a slash ~1, and half of a surrogate pair a replacement character."""
    assert errors.escape_pointer(key) == token


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a boolean"),
        (False, "a boolean"),
        ("", "an empty string"),
        ("abc", "a string of 3 characters"),
        (0, "a number"),
        (1.5, "a number"),
        ({}, "an empty object"),
        ({"a": 1}, "an object of 1 members"),
        ([], "an empty array"),
        ([1, 2], "an array of 2 elements"),
        (b"", "a Python bytes"),
        (OrderedDict(a=1), "a Python OrderedDict"),
        (HTTPStatus.OK, "a Python HTTPStatus"),
    ],
)
def test_kind_tells_type_and_length_only(value: object, words: str) -> None:
    """The words name no value; a subclass, which is not a JSON type, goes by its own name."""
    assert errors.kind(value) == words


def test_shorten_keeps_one_clean_line() -> None:
    """What is cut is marked, what does not print is escaped, and the limit holds."""
    assert errors.shorten("abc") == "abc"
    assert errors.shorten("x" * 60) == "x" * 60
    assert errors.shorten("x" * 61) == "x" * 59 + "…"
    assert errors.shorten("a\n\x1b[2J\ud800\u2028") == "a\\n\\x1b[2J\\ud800\\u2028"
    assert errors.shorten("\n" * 60) == ("\\n" * 30)[:59] + "…"
    assert errors.shorten("abcdef", 4) == "abc…"


def test_a_problem_reads_as_one_line() -> None:
    """Code, severity, place, sentence and hint, as far as they are there."""
    found = errors.problem(codes.TIME, "time is bad", "/time", got="a number", hint="mend it")
    assert str(found) == "EGC207 error at /time: time is bad (hint: mend it)"
    assert str(errors.problem(codes.USAGE, "wrong")) == "EGC902 error: wrong"
    assert (found.service_code, found.got) == (codes.INVALID_PARAMETERS, "a number")
    assert errors.problem(codes.TEMPLATE_NOT_JSON, "text").severity == "warning"


def tree() -> list[type[EgcoreError]]:
    """Give every exception class of the package."""
    found = [EgcoreError]
    for each in found:
        found += each.__subclasses__()
    return found


PROBLEMS = (
    errors.problem(codes.TIME, "time is bad", "/time", got="a number"),
    errors.problem(codes.DATA_TWICE, "two of them"),
)


@pytest.mark.parametrize("cls", tree(), ids=lambda cls: cls.__name__)
def test_exceptions_pickle_copy_and_compare(cls: type[EgcoreError]) -> None:
    """An exception survives every protocol and copy, equal and with equal hash."""
    error = cls(iter(PROBLEMS))
    error.add_note("seen in a worker")
    copies = [copy.copy(error), copy.deepcopy(error)]
    copies += [pickle.loads(pickle.dumps(error, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)]  # noqa: S301 # our own bytes
    for each in copies:
        assert type(each) is cls
        assert each == error
        assert hash(each) == hash(error)
        assert each.problems == PROBLEMS
        assert str(each) == str(error) == "\n".join(map(str, PROBLEMS))
        assert each.__notes__ == ["seen in a worker"]


def test_exceptions_of_other_classes_or_problems_differ() -> None:
    """Equality asks for the same class and the same problems, and leaves the rest to others."""
    error = errors.RuleError(PROBLEMS)
    assert error != errors.FilterError(PROBLEMS)
    assert error != errors.RuleError(PROBLEMS[:1])
    assert error != ValueError(PROBLEMS)
    assert error.__eq__(PROBLEMS) is NotImplemented
    assert len({error, errors.RuleError(PROBLEMS), errors.FilterError(PROBLEMS)}) == 2


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (errors.EventError, ValueError),
        (errors.RuleError, ValueError),
        (errors.FilterError, errors.RuleError),
        (errors.TransformError, errors.RuleError),
        (errors.SubscriptionError, errors.RuleError),
        (errors.RenderError, EgcoreError),
        (errors.HostError, RuntimeError),
        (errors.UsageError, TypeError),
        (errors.MissingExtraError, ImportError),
    ],
)
def test_exceptions_can_be_caught_as_what_they_are(
    cls: type[EgcoreError], base: type[Exception]
) -> None:
    """Each class is an EgcoreError and the built-in that a caller would expect."""
    assert issubclass(cls, EgcoreError)
    assert issubclass(cls, base)


def test_problems_are_capped() -> None:
    """A document with a thousand faults gives the first hundred."""
    many = [errors.problem(codes.TIME, str(n)) for n in range(1000)]
    assert errors.EventError(many).problems == tuple(many[: errors.MAX_PROBLEMS])


def test_an_error_without_a_problem_is_a_wrong_call() -> None:
    """Whoever catches an error may look at its first problem."""
    with pytest.raises(errors.UsageError) as caught:
        errors.EventError([])
    assert caught.value.problems[0].code == codes.USAGE


def test_ready_made_errors_name_their_way_out() -> None:
    """A full stack, a wrong call and a missing package say what to do."""
    for error, code, hint in (
        (errors.host_error(), codes.HOST_STACK, "shallower"),
        (errors.usage("wrong", hint="right"), codes.USAGE, "right"),
        (errors.missing_extra("rich", "cli"), codes.MISSING_EXTRA, "pip install 'egcore[cli]'"),
    ):
        (found,) = error.problems
        assert found.code == code
        assert found.hint is not None
        assert hint in found.hint


def test_problems_are_values() -> None:
    """Problems compare, hash, copy and pickle by their fields, and cannot be changed."""
    for found in PROBLEMS:
        twins = [copy.copy(found), copy.deepcopy(found)]
        twins += [pickle.loads(pickle.dumps(found, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)]  # noqa: S301 # our own bytes
        assert {found, *twins} == {found}
        with pytest.raises(FrozenInstanceError):
            found.code = "EGC000"  # type: ignore[misc] # frozen


def test_with_stack_turns_a_full_stack_into_a_host_error() -> None:
    """It gives the result of the call, or an error that holds nothing of the frames below."""
    assert errors.with_stack(max, 1, 2) == 2
    with pytest.raises(errors.HostError) as caught:
        errors.with_stack(_fill)
    assert caught.value.__context__ is None


def _fill() -> None:
    _fill()
