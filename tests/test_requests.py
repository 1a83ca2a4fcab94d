"""Requests and batches: one result for each event, and what refuses all of them."""

import copy
import json
import pickle
import random
from dataclasses import replace
from typing import Any

import pytest

from egcore import codes
from egcore.codes import SERVICE_MESSAGES
from egcore.decoding import compact_json
from egcore.errors import EventError, HostError, UsageError
from egcore.events import Event, parse_event
from egcore.limits import CLOUDEVENTS, EVENTGRID
from egcore.requests import Refusal, Request, parse_batch, parse_request, refusal
from tests.hostile_cases import event_cases
from tests.leaks import assert_silent
from tests.stack import OWN_FRAMES, call_below, free_frames

SMALL: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
GOOD = compact_json(SMALL)


def sized(size: int) -> str:
    """Give an event of that many bytes, most of them in characters of three."""
    empty = compact_json({**SMALL, "data": {"a": ""}})
    count, rest = divmod(size - len(empty), 3)
    return compact_json({**SMALL, "data": {"a": "€" * count + "x" * rest}})


def request_of(*events: str) -> str:
    """Give a request body of those events."""
    return f'{{"events": [{", ".join(events)}]}}'


def refused(body: Any, **changes: Any) -> tuple[str, str | None]:
    """Parse a request that must be refused as a whole; give our code and the service's."""
    with pytest.raises(EventError) as caught:
        parse_request(body, limits=replace(EVENTGRID, **changes))
    assert_silent(caught.value)
    (found,) = caught.value.problems
    return found.code, found.service_code


# --- The request as a whole ----------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", codes.SYNTAX),
        ("s3cr3t", codes.SYNTAX),
        (b"\xff", codes.ENCODING),
        ('{"events": ["s3cr3t"]', codes.SYNTAX),
        ('{"events": [{"a":1,"a":2}]}', codes.DUPLICATE_KEY),
        ('{"events": [{"a":NaN}]}', codes.NUMBER_RANGE),
        ("null", codes.REQUEST_SHAPE),
        (f"[{GOOD}]", codes.REQUEST_SHAPE),
        (GOOD, codes.REQUEST_SHAPE),
        ("{}", codes.REQUEST_SHAPE),
        ('{"events": []}', codes.REQUEST_SHAPE),
        ('{"events": null}', codes.REQUEST_SHAPE),
        ('{"events": {"0": {}}}', codes.REQUEST_SHAPE),
        ('{"Events": [{}]}', codes.REQUEST_SHAPE),
        ({}, codes.REQUEST_SHAPE),
        ({"events": []}, codes.REQUEST_SHAPE),
        ({"events": None}, codes.REQUEST_SHAPE),
        ({"events": (SMALL,)}, codes.REQUEST_SHAPE),
        (SMALL, codes.REQUEST_SHAPE),
    ],
)
def test_bad_requests(body: Any, code: str) -> None:
    """No JSON, no events array and an empty one are a bad request."""
    assert refused(body) == (code, codes.BAD_REQUEST)


@pytest.mark.parametrize("body", [None, 1, [], [SMALL], object()])
@pytest.mark.parametrize("parse", [parse_request, parse_batch])
def test_other_arguments_are_the_callers_mistake(parse: Any, body: Any) -> None:
    """A list of dicts is no request, and no batch either: nothing is guessed."""
    with pytest.raises(UsageError) as caught:
        parse(body)
    assert_silent(caught.value)


def test_a_batch_is_bytes_or_text() -> None:
    """A dict is refused where a batch is expected."""
    with pytest.raises(UsageError):
        parse_batch({"events": [SMALL]})  # type: ignore[arg-type] # wrong on purpose


def test_other_members_of_the_body_are_ignored() -> None:
    """Only events counts, wherever it stands."""
    body = f'{{"x": [[{{}}]], "events": [ {GOOD} ], "y": null}}'
    assert parse_request(body).events == (parse_event(GOOD),)
    assert parse_request({"x": object(), "events": [SMALL]}).events == (parse_event(GOOD),)


def test_raw_size_is_bounded_before_parsing() -> None:
    """327,680 bytes with white space are parsed, one more is too large, JSON or not."""
    body = request_of(GOOD).encode()
    for wrap in (bytes, bytearray, memoryview, bytes.decode):
        assert parse_request(wrap(body.ljust(327_680))).events  # type: ignore[operator] # any of the four
        code = refused(wrap(body.ljust(327_681)))  # type: ignore[operator] # any of the four
        assert code == (codes.RAW_SIZE, codes.REQUEST_TOO_LARGE)
    assert refused("[" * 327_681) == (codes.RAW_SIZE, codes.REQUEST_TOO_LARGE)
    with pytest.raises(EventError, match="EGC109"):
        parse_batch("[]".ljust(327_681))


@pytest.mark.parametrize("as_dict", [False, True])
def test_the_sum_of_sizes_is_exact(as_dict: bool) -> None:
    """262,144 bytes of events pass, spaces between them aside; one byte more refuses all."""

    def body(*sizes: int) -> Any:
        text = request_of(*map(sized, sizes))
        return json.loads(text) if as_dict else text

    assert len(parse_request(body(*[65_536] * 4)).events) == 4
    too_large = (codes.REQUEST_SIZE, codes.REQUEST_TOO_LARGE)
    assert refused(body(*[65_536] * 3, 65_436, 101)) == too_large
    assert len(parse_request(body(*[65_536] * 3, 65_436, 100)).events) == 5


def test_size_is_checked_before_the_count() -> None:
    """A request with too many events that are too large together is too large."""
    assert refused(request_of(*[sized(13_000)] * 21)) == (
        codes.REQUEST_SIZE,
        codes.REQUEST_TOO_LARGE,
    )
    assert refused(request_of(*[sized(9_000)] * 21)) == (
        codes.REQUEST_COUNT,
        codes.TOO_MANY_EVENTS,
    )


def test_the_count_is_exact() -> None:
    """20 events pass and 21 do not, however bad each is; CLOUDEVENTS takes any number."""
    too_many = (codes.REQUEST_COUNT, codes.TOO_MANY_EVENTS)
    assert len(parse_request(request_of(*[GOOD] * 20)).events) == 20
    assert len(parse_request(request_of(*["1"] * 20)).refused) == 20
    assert refused(request_of(*[GOOD] * 20, "1")) == too_many
    assert refused({"events": [object()] * 21}) == too_many
    with pytest.raises(EventError, match="EGC217"):
        parse_batch(f"[{','.join([GOOD] * 21)}]")
    assert len(parse_request(request_of(*[GOOD] * 100), limits=CLOUDEVENTS).events) == 100


# --- Each event by itself --------------------------------------------------------


def test_each_event_has_one_result_in_order() -> None:
    """Good events stay, bad ones are refused with their place, names, codes and pointers."""
    bad_time = compact_json({**SMALL, "id": "2", "time": "s3cr3t"})
    body = request_of(
        GOOD, bad_time, "5", '{"id":"\\n","source":"/s"}', sized(65_537), sized(65_536)
    )
    request = parse_request(body)
    assert [type(each) for each in request.members] == [Event, *[Refusal] * 4, Event]
    assert request.events == (parse_event(GOOD), parse_event(sized(65_536)))
    assert [
        (each.index, each.event_id, each.event_source, each.error_code) for each in request.refused
    ] == [
        (1, "2", "/s", codes.INVALID_PARAMETERS),
        (2, None, None, codes.INVALID_PARAMETERS),
        (3, None, "/s", codes.INVALID_PARAMETERS),
        (4, "1", "/s", codes.EVENT_TOO_LARGE),
    ]
    assert [[(p.code, p.pointer) for p in each.problems] for each in request.refused] == [
        [(codes.TIME, "/time")],
        [(codes.EVENT_SHAPE, "")],
        [(codes.ATTRIBUTE_CHARACTER, "/id"), *[(codes.ATTRIBUTE_MISSING, "")] * 2],
        [(codes.EVENT_SIZE, "")],
    ]
    assert "s3cr3t" not in repr(request)


def test_events_keep_their_own_text() -> None:
    """The bytes of each event are its span of the body, every digit and space inside it."""
    numbers = ("1.50", "1e2", "0.1" + "0" * 99)
    texts = [GOOD.replace("}", f',"data" : {{"n":{number}}}}}') for number in numbers]
    batch = "[" + " ,\n".join(texts) + "]"
    for parse, body in ((parse_request, request_of(*texts)), (parse_batch, batch)):
        assert [each.text for each in parse(body.encode()).events] == texts


@pytest.mark.parametrize(
    ("event", "code", "service_code", "pointer"),
    [
        (
            {**SMALL, "data": {"a": b"s3cr3t"}},
            codes.NOT_JSON_TYPE,
            codes.INVALID_PARAMETERS,
            "/data",
        ),
        ({**SMALL, "ext": float("nan")}, codes.NUMBER_RANGE, codes.INVALID_PARAMETERS, "/ext"),
        ({**SMALL, 1: 2}, codes.NOT_JSON_TYPE, codes.INVALID_PARAMETERS, ""),
        ({**SMALL, "data": {"a": "x" * 65_536}}, codes.EVENT_SIZE, codes.EVENT_TOO_LARGE, ""),
        ({**SMALL, "data": {"a": [0] * 65_537}}, codes.EVENT_SIZE, codes.EVENT_TOO_LARGE, ""),
        ({**SMALL, "data": []}, codes.DATA_TYPE, codes.INVALID_PARAMETERS, "/data"),
        ((), codes.NOT_JSON_TYPE, codes.INVALID_PARAMETERS, ""),
        (None, codes.EVENT_SHAPE, codes.INVALID_PARAMETERS, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "event",
)
def test_dicts_are_refused_one_by_one(
    event: Any, code: str, service_code: str, pointer: str
) -> None:
    """Objects that are not JSON spoil their own event only."""
    request = parse_request({"events": [SMALL, event, SMALL]})
    assert request.events == (parse_event(GOOD),) * 2
    (found,) = request.refused
    assert [(each.code, each.pointer) for each in found.problems] == [(code, pointer)]
    assert (found.index, found.error_code) == (1, service_code)
    assert found.event_id == ("1" if type(event) is dict else None)
    assert "s3cr3t" not in repr(request)


def test_nesting_does_not_count_the_wrappers() -> None:
    """64 levels of an event pass in request, batch and dict; 65 do not."""

    def event(levels: int) -> str:
        return GOOD.replace("}", ',"data":' + '{"a":' * (levels - 2) + "{}" + "}" * (levels - 1))

    assert parse_request(request_of(event(64))).events
    assert parse_batch(f"[{event(64)}]").events
    assert parse_request({"events": [json.loads(event(64))]}).events
    assert refused(request_of(event(65))) == (codes.NESTING, codes.BAD_REQUEST)
    with pytest.raises(EventError, match="EGC103"):
        parse_batch(f"[{event(65)}]")
    (found,) = parse_request({"events": [json.loads(event(65))]}).refused
    assert found.problems[0].code == codes.NESTING


def test_a_batch_is_an_array() -> None:
    """A batch may be empty; an object is none."""
    assert parse_batch(" [] ").members == ()
    assert parse_batch(f"[{GOOD}, 1]").refused[0].index == 1
    for body in (request_of(GOOD), GOOD, "null"):
        with pytest.raises(EventError) as caught:
            parse_batch(body)
        assert caught.value.problems[0].code == codes.REQUEST_SHAPE


def test_random_requests_lose_no_event() -> None:
    """Among hostile events every member has its own result, and it is that of the event alone."""
    cases = event_cases()
    generator = random.Random(31)
    for _ in range(300):
        chosen = generator.choices(cases, k=generator.randrange(1, 21))
        raw = b",".join(case.raw for case in chosen)
        for limits, accepted in (
            (EVENTGRID, {"accept"}),
            (CLOUDEVENTS, {"accept", "eventgrid-rejects"}),
        ):
            request = parse_request(b'{"events":[%s]}' % raw, limits=limits)
            assert request == replace(parse_batch(b"[%s]" % raw, limits=limits))
            assert [isinstance(each, Event) for each in request.members] == [
                case.verdict in accepted for case in chosen
            ]
            assert len(request.events) + len(request.refused) == len(chosen)
            assert all(request.members[each.index] is each for each in request.refused)


# --- Refusals -----------------------------------------------------------------------


def test_a_refusal_reads_as_its_json_line() -> None:
    """The document has the members of the line; the index may be that of a longer input."""
    (found,) = parse_request(request_of('{"id":"é","E":1,"type":"t","specversion":"1.0"}')).refused
    expected = {
        "index": 0,
        "event_id": "é",
        "event_source": None,
        "error_code": "EG.00513000",
        "error_msg": "invalid parameters",
        "problems": [
            {
                "code": "EGC210",
                "message": "an extension name may hold only a-z and 0-9",
                "pointer": "/E",
            },
            {
                "code": "EGC202",
                "message": "the required attribute source is missing",
                "pointer": "",
            },
        ],
    }
    assert found.document() == expected
    assert list(found.document()) == list(expected)
    assert found.document(7) == expected | {"index": 7}
    assert json.loads(found.to_json(7)) == expected | {"index": 7}
    assert "é" in found.to_json()
    assert "\n" not in found.to_json()


def test_a_whole_request_can_be_a_refusal() -> None:
    """The error of a request becomes one refusal without names."""
    with pytest.raises(EventError) as caught:
        parse_request("[")
    found = refusal(caught.value)
    assert (found.index, found.event_id, found.event_source) == (0, None, None)
    assert (found.error_code, found.error_msg) == ("EG.00014000", "Bad request")


@pytest.mark.parametrize("name", ["", "a\nb", "\ud800", 5, None, ["x"]])
def test_only_a_good_name_is_told(name: Any) -> None:
    """An id or source that is no good attribute is not repeated in a result."""
    (found,) = parse_request({"events": [{"id": name, "source": name}]}).refused
    assert (found.event_id, found.event_source) == (None, None)
    assert found.to_json().encode()


def test_every_service_code_has_its_message() -> None:
    """A problem without a service code counts as an invalid parameter."""
    with pytest.raises(UsageError) as caught:
        parse_event(1)  # type: ignore[arg-type] # wrong on purpose
    found = Refusal(0, None, None, caught.value.problems)
    assert found.error_code == codes.INVALID_PARAMETERS
    assert found.error_msg == SERVICE_MESSAGES[codes.INVALID_PARAMETERS]


def test_requests_are_values() -> None:
    """Requests and refusals compare, hash, copy and pickle."""
    request = parse_request(request_of(GOOD, "1", '{"id":"x"}'))
    twins = [copy.copy(request), copy.deepcopy(request)]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twins.append(pickle.loads(pickle.dumps(request, protocol)))  # noqa: S301, PERF401 # our own bytes
    assert {request, *twins} == {request}
    assert all(twin.refused == request.refused for twin in twins)
    assert request != Request(request.members[:2])


@pytest.mark.parametrize("as_dict", [False, True])
def test_a_deep_caller_gets_the_same_answer_or_a_host_error(as_dict: bool) -> None:
    """A full stack refuses no event: it stops the whole call."""
    body: Any = request_of(
        GOOD, GOOD.replace("}", ',"data":' + '{"a":' * 62 + "{}" + "}" * 63), "1"
    )
    if as_dict:
        body = json.loads(body)
        body["events"].append({**body["events"][1], "ext": float("nan")})
    expected = parse_request(body)
    same = 0
    hosts = []
    for frames in range(free_frames() - 150, free_frames() - OWN_FRAMES):
        try:
            assert call_below(frames, lambda: parse_request(body)) == expected
            same += 1
        except HostError as error:
            hosts.append(error)
    assert same
    for error in hosts:
        assert_silent(error)
