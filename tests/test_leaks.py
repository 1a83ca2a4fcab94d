"""No error, refusal or log holds what it is about: the scanner over every code there is."""

import io
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import egcore
from egcore import EgcoreError, Outcome, Problem, Request, cli, codes
from egcore.codes import CODES
from tests.leaks import SENTINEL, assert_silent, reachable
from tests.provoked import (
    SECRET_EVENT,
    SECRET_SUBSCRIPTION,
    Provoke,
    provocations,
    provoked_files,
)

PROVOCATIONS = list(provocations())


def _outcome(provoke: Provoke) -> object:
    """Return what a call raised or returned; what was raised without its frames' locals."""
    try:
        return provoke()
    except EgcoreError as error:
        return error


def _problems(outcome: Any) -> list[Problem]:
    if isinstance(outcome, Outcome):
        refused = [each for refusal in outcome.refused for each in refusal.problems]
        return refused + [failure.problem for failure in outcome.failed]
    return list(outcome if isinstance(outcome, list) else outcome.problems)


def _logged(error: EgcoreError) -> Iterator[str]:
    """Give what a program's logs would hold: formatted, and pickled for a log server."""
    stream = io.StringIO()
    logger = logging.Logger("leaks")
    logger.addHandler(logging.StreamHandler(stream))
    logger.error("%s: %r", error, error, exc_info=error)
    yield stream.getvalue()
    record = logger.makeRecord("leaks", logging.ERROR, "f", 1, "%s", (error,), None)
    yield pickle.dumps(record).decode("latin-1")
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())


@pytest.mark.parametrize(
    ("code", "provoke"),
    PROVOCATIONS,
    ids=[f"{number}-{code}" for number, (code, _) in enumerate(PROVOCATIONS)],
)
def test_no_error_holds_the_secret(code: str, provoke: Provoke) -> None:
    """Not in text, arguments, context, pickle, traceback or log; and the code is the right one."""
    outcome = _outcome(provoke)
    problems = _problems(outcome)
    assert code in {each.code for each in problems}
    for each in problems:
        assert SENTINEL not in f"{each} {each!r}"
    if isinstance(outcome, EgcoreError):
        for text in (*reachable(outcome), *_logged(outcome)):
            assert SENTINEL not in text
        assert_silent(outcome)
    if isinstance(outcome, Outcome):
        documents = [outcome.document(), *(each.document() for each in outcome.refused)]
        documents += [each.document() for each in outcome.failed]
        assert SENTINEL not in json.dumps(documents) + repr(outcome)


def test_files_hold_no_secret(tmp_path: Path) -> None:
    """What is said of rule files that cannot be read or used does not quote them."""
    for code, provoke in provoked_files(tmp_path):
        problems = _problems(provoke())
        assert {each.code for each in problems} == {code}
        assert SENTINEL not in "".join(map(repr, problems))


def test_every_code_is_provoked(tmp_path: Path) -> None:
    """A new code needs an input that provokes it, with a secret."""
    provoked = {code for code, _ in (*PROVOCATIONS, *provoked_files(tmp_path))}
    assert provoked == set(CODES)


def test_the_scanner_finds_what_leaks() -> None:
    """In the text, in the arguments, in the context and in the attributes of an exception."""
    loud = egcore.EventError([Problem(codes.TIME, f"time is {SENTINEL}")])
    for text in reachable(loud):
        if "EventError" in text or SENTINEL in text:
            break
    assert SENTINEL in str(loud)
    for error in (loud, _with_note(), _with_context()):
        with pytest.raises(AssertionError):
            assert_silent(error)


def _with_note() -> EgcoreError:
    error = egcore.EventError([Problem(codes.TIME, "bad")])
    error.add_note(SENTINEL)
    return error


def _with_context() -> EgcoreError:
    error = egcore.EventError([Problem(codes.TIME, "bad")])
    error.__context__ = ValueError(SENTINEL)
    return error


def _request() -> dict[str, Any]:
    bad = {**SECRET_EVENT, "id": "", "time": SENTINEL, "data": {SENTINEL: [SENTINEL]}}
    return {"events": [SECRET_EVENT, bad, {SENTINEL: SENTINEL}, [SENTINEL]]}


def test_reprs_and_refusals_hold_no_secret() -> None:
    """Nor do the reprs of events and rules, which end up in logs. Deliveries do."""
    router = egcore.Router.from_documents([SECRET_SUBSCRIPTION])
    event = egcore.parse_event(SECRET_EVENT)
    outcome = router.process(_request())
    request: Request = egcore.parse_request(_request())
    values = (router, event, request.events, outcome, *outcome.deliveries, *router.subscriptions)
    for value in (*values, egcore.LiveRouter(router), *request.refused):
        assert SENTINEL not in repr(value)
    for refusal in (*request.refused, *outcome.refused):
        assert SENTINEL not in refusal.to_json()
    assert len(outcome.refused) == 3
    assert SENTINEL not in json.dumps(outcome.document())
    assert SENTINEL in outcome.deliveries[0].to_json()


def test_the_command_tells_no_secret(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Standard error and the file of refusals hold no data, no details and no bad text."""
    rules, events, refusals = (tmp_path / name for name in ("r.json", "e.jsonl", "refused.jsonl"))
    target = SECRET_SUBSCRIPTION["targets"][0]
    bad_targets = ({"connection_id": SENTINEL * 20}, {"detail": SENTINEL}, {"detail": {"a": [1]}})
    documents = [
        SECRET_SUBSCRIPTION,
        {**SECRET_SUBSCRIPTION, "status": "other"},
        *({**SECRET_SUBSCRIPTION, "targets": [{**target, **bad}]} for bad in bad_targets),
    ]
    texts = [json.dumps(each, indent=indent) for each in documents for indent in (None, 1)]
    texts += [
        texts[0][:-1],
        texts[1][:-1],
        texts[0].replace("[1]", "1e999"),
        texts[0] + SENTINEL[:1],
    ]
    lines = [json.dumps(each) for each in (*_request()["events"], SECRET_EVENT)]
    events.write_text("\n".join([*lines, f'{{"{SENTINEL}', SENTINEL * 20_000]) + "\n")
    for text in texts:
        rules.write_text(text)
        cli.main(["route", str(rules), str(events), "--refusals", str(refusals), "--summary"])
        written = capsysbinary.readouterr()
        assert written.err
        assert SENTINEL.encode() not in written.err
        cli.main(["route", str(rules), str(events)])
        assert SENTINEL.encode() not in capsysbinary.readouterr().err
    assert SENTINEL not in refusals.read_text()
