"""Deliveries, failures and outcomes: ids, lines, sums, and what the service would answer."""

import json
import pickle
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from egcore import EVENTGRID, Delivery, EgcoreError, Outcome, Refusal, Result, Router, codes
from egcore.deliveries import Bookkeeper, cut
from egcore.errors import problem
from tests.rules import copies, event, subscription, target, variable

SMALL = replace(EVENTGRID, body_bytes=80)
LONG = {"type": "CONSTANT", "value": "x" * 81}


def _router(**members: Any) -> Router:
    return Router.from_documents([subscription(**members)], limits=SMALL)


def _delivery(**members: Any) -> Delivery:
    return _router(targets=[target(transform=variable("é\n"))]).route(event(**members))[0]


def test_delivery_ids_by_hand() -> None:
    """The id is the SHA-256 of source, event id, subscription id and target id as compact JSON."""
    delivery = _delivery(id='é"1')
    own = sha256(b'["sub","sub"]').hexdigest()
    of_target = sha256(f'["target","{own}",0]'.encode()).hexdigest()
    text = f'["s","é\\"1","{own}","{of_target}"]'
    assert delivery.delivery_id == sha256(text.encode()).hexdigest()
    assert delivery.delivery_id == _delivery(id='é"1', type="other").delivery_id
    assert delivery.delivery_id != _delivery(id="2").delivery_id


def test_delivery_line() -> None:
    """The line has the members of spec 6 in their order, the body as a string."""
    delivery = _delivery()
    assert delivery.body == b"\xc3\xa9\n"
    line = delivery.to_json()
    assert "\n" not in line
    assert list(json.loads(line).items()) == [
        ("delivery_id", delivery.delivery_id),
        ("subscription_id", delivery.subscription_id),
        ("subscription", "sub"),
        ("target_id", delivery.target_id),
        ("target", "t"),
        ("event_id", "1"),
        ("event_source", "s"),
        ("content_type", "text/plain; charset=utf-8"),
        ("body", "é\n"),
        ("rules_digest", delivery.rules_digest),
    ]
    assert '"body":"é\\n"' in line


def test_deliveries_are_values() -> None:
    """Deliveries compare by all that their line shows, and hash, copy and pickle."""
    delivery = _delivery()
    assert delivery == _delivery()
    assert delivery != _delivery(id="2")
    assert delivery != delivery.document()
    assert repr(delivery) == "<Delivery to sub t of 3 bytes>"
    for again in copies(delivery):
        assert again == delivery
        assert hash(again) == hash(delivery)
        assert again.to_json() == delivery.to_json()
    elsewhere = Router.from_documents([subscription(targets=[target(transform=variable("é\n"))])])
    assert elsewhere.route(event())[0] != delivery  # other limits, other digest


def test_failure_line() -> None:
    """A failure's line is a refusal's with the ids of what failed added at its end."""
    outcome = _router(targets=[target(), target(name="u", transform=LONG)]).process(
        {"events": [event(), event(id="2")]}
    )
    assert [each.target for each in outcome.deliveries] == ["t", "t"]
    assert [each.delivery.target for each in outcome.failed] == ["u", "u"]
    failure = outcome.failed[1]
    assert failure.delivery.body == b""
    expected = [
        ("index", 1),
        ("event_id", "2"),
        ("event_source", "s"),
        ("error_code", None),
        ("error_msg", None),
        (
            "problems",
            [
                {
                    "code": codes.BODY_SIZE,
                    "message": "the rendered body has more than 80 bytes",
                    "pointer": "",
                }
            ],
        ),
        ("subscription_id", failure.delivery.subscription_id),
        ("target_id", failure.delivery.target_id),
        ("delivery_id", failure.delivery.delivery_id),
    ]
    assert list(json.loads(failure.to_json()).items()) == expected
    assert list(failure.document(7).items()) == [("index", 7), *expected[1:]]
    assert json.loads(failure.to_json(0))["index"] == 0


def test_refusal_line() -> None:
    """A refusal's line has the members of spec 6 in their order."""
    (refused,) = _router().process({"events": [event(id="")]}).refused
    assert list(json.loads(refused.to_json()).items()) == [
        ("index", 0),
        ("event_id", None),
        ("event_source", "s"),
        ("error_code", "EG.00513000"),
        ("error_msg", "invalid parameters"),
        (
            "problems",
            [{"code": codes.ATTRIBUTE_EMPTY, "message": "id must not be empty", "pointer": "/id"}],
        ),
    ]


def test_outcome_of_a_mixed_request() -> None:
    """Every event has one result in request order; sums and the answer agree."""
    router = _router(targets=[target(), target(transform=LONG)])
    bad = event(id="b", type=5)
    outcome = router.process({"events": [event(), bad, event(id="3", source="other"), 7]})
    message = "invalid parameters"
    assert outcome.results == (
        Result("1", None, None),
        Result("b", "EG.00513000", message),
        Result("3", None, None),
        Result(None, "EG.00513000", message),
    )
    assert (outcome.received, outcome.accepted, len(outcome.refused)) == (4, 2, 2)
    assert [each.index for each in outcome.refused] == [1, 3]
    assert (len(outcome.deliveries), len(outcome.failed), outcome.unrouted) == (1, 1, 1)
    assert outcome.status == 400
    assert json.dumps(outcome.document("ignored")) == json.dumps(
        {
            "failed_count": 2,
            "events": [
                {"event_id": "1", "error_code": None, "error_msg": None},
                {"event_id": "b", "error_code": "EG.00513000", "error_msg": message},
                {"event_id": "3", "error_code": None, "error_msg": None},
                {"event_id": None, "error_code": "EG.00513000", "error_msg": message},
            ],
        }
    )
    again = pickle.loads(pickle.dumps(outcome))  # noqa: S301 # our own bytes
    assert again == outcome
    assert hash(again) == hash(outcome)


def test_outcome_of_good_events() -> None:
    """Render failures and unrouted events do not change the status."""
    outcome = _router(targets=[target(transform=LONG)]).process({"events": [event()]})
    assert outcome.status == 200
    assert outcome.document() == {
        "failed_count": 0,
        "events": [{"event_id": "1", "error_code": None, "error_msg": None}],
    }


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", codes.BAD_REQUEST, "Bad request"),
        (b'{"events": []}', codes.BAD_REQUEST, "Bad request"),
        (
            b" " * 327_681,
            codes.REQUEST_TOO_LARGE,
            "The total size of a request's all events is too large.",
        ),
        ({"events": [event()] * 21}, codes.TOO_MANY_EVENTS, "Too many events for a request."),
    ],
    ids=["not JSON", "no events", "too large", "too many"],
)
def test_refused_request(body: Any, code: str, message: str) -> None:
    """A refused request has no results; it is answered by code, message, details and id."""
    outcome = _router().process(body)
    assert outcome.error == outcome.refused[0]
    assert (outcome.results, outcome.deliveries, outcome.failed) == ((), (), ())
    assert (outcome.received, outcome.accepted, outcome.unrouted) == (1, 0, 0)
    assert outcome.status == 400
    details = outcome.error.problems[0].message
    assert list(outcome.document("id-1").items()) == [
        ("error_code", code),
        ("error_msg", message),
        ("error_details", details),
        ("request_id", "id-1"),
    ]
    for nothing in (None, ""):
        assert "request_id" not in outcome.document(nothing)


def test_long_texts_are_cut() -> None:
    """Details and request id are cut with an ellipsis at their limits, and no earlier."""

    def answer(details: str, request_id: str) -> dict[str, Any]:
        found = Refusal(0, None, None, (problem(codes.SYNTAX, details),))
        return Outcome((), (found,), (), (), 0, found).document(request_id)

    exact = answer("d" * 1_024, "r" * 128)
    assert (exact["error_details"], exact["request_id"]) == ("d" * 1_024, "r" * 128)
    long = answer("d" * 1_025, "r" * 129)
    assert (long["error_details"], long["request_id"]) == ("d" * 1_023 + "…", "r" * 127 + "…")
    assert "error_details" not in answer("", "r")
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"


def test_details_join_all_problems() -> None:
    """The details name each problem of the request."""
    problems = (problem(codes.SYNTAX, "one"), problem(codes.NESTING, "two"))
    found = Refusal(0, None, None, problems)
    outcome = Outcome((), (found,), (), (), 0, found)
    assert outcome.document()["error_details"] == "one; two"


def test_books_that_do_not_balance() -> None:
    """A result that is lost, or a target that is, raises rather than being answered."""
    book = Bookkeeper(str)
    with pytest.raises(EgcoreError) as caught:
        book.close(1)
    assert caught.value.problems[0].code == codes.INTERNAL
    book._reached = 1
    with pytest.raises(EgcoreError, match="do not balance"):
        book.close(0)
