"""The index at work: homogeneous and hostile rule sets against every filter by itself."""

import os
import subprocess
import sys
from itertools import combinations
from random import Random
from time import process_time
from typing import Any

import pytest

from egcore import CLOUDEVENTS, EVENTGRID, Event, Filter, Limits, Matcher, parse_event
from egcore.index import Index, shapes
from tests import homogeneous, oracle
from tests.rules import SOURCE, Document, event
from tests.slowest import PATIENCE


def _loaded(documents: list[Document], limits: Limits = CLOUDEVENTS) -> list[Filter]:
    return [Filter.from_document(each, limits=limits) for each in documents]


def _index(filters: list[Filter]) -> Index:
    return Index((number, each.fields) for number, each in enumerate(filters))


def _parsed(data: Any) -> Event:
    return parse_event(event(data=data), limits=CLOUDEVENTS)


@pytest.mark.parametrize("form", homogeneous.FORMS)
def test_each_form_beside_each_other(form: str) -> None:
    """Many filters of one form, alone and with a second field of every other form."""
    r = Random(f"pairs {form}")
    hits = 0
    for other in (None, *homogeneous.FORMS):
        of = {"a": form} if other is None else {"a": form, "b": other}
        documents = homogeneous.filters(r, of, 60)
        index = _index(_loaded(documents, EVENTGRID))
        for _ in range(8):
            given = homogeneous.event(r)
            wanted = [n for n, each in enumerate(documents) if oracle.matches(each, given)]
            assert index.match(parse_event(given).members) == wanted
            hits += len(wanted)
    assert hits > 0


@pytest.mark.parametrize("compiled", [0, 3, 512])
def test_with_and_without_compiling(monkeypatch: pytest.MonkeyPatch, compiled: int) -> None:
    """Rule sets of several forms answer alike whether code is generated for them or not."""
    monkeypatch.setattr(shapes, "MAX_COMPILED", compiled)
    monkeypatch.setattr(shapes, "MAX_PROBED", compiled)
    r = Random("compiling")
    hits = tabled = 0
    for _ in range(25):
        documents = [
            document
            for _ in range(3)
            for document in homogeneous.filters(r, homogeneous.forms(r), 80, anywhere=True)
        ]
        index = _index(_loaded(documents))
        for _ in range(10):
            given = homogeneous.event(r, any_data=True)
            parsed = parse_event(given, limits=CLOUDEVENTS)
            wanted = [n for n, each in enumerate(documents) if oracle.matches(each, given)]
            assert index.match(parsed.members) == wanted
            hits += len(wanted)
            tabled += len(homogeneous.shelves(index, parsed))
    assert hits > 1_000
    assert tabled > 10


def test_snapshots_stay() -> None:
    """Every earlier set answers as it did, after any changes: built, mapped or changed."""
    r = Random("snapshots")
    for kinds in (1, 2, 30):
        forms = [homogeneous.forms(r) for _ in range(kinds)]
        pool = [
            _loaded(homogeneous.filters(r, r.choice(forms), 1, anywhere=True))[0]
            for _ in range(400)
        ]
        matcher: Matcher[int] = Matcher(dict(enumerate(pool[:150])), limits=CLOUDEVENTS)
        names = dict(enumerate(pool[:150]))
        events = [
            parse_event(homogeneous.event(r, any_data=True), limits=CLOUDEVENTS) for _ in range(8)
        ]
        seen = []
        for change in range(240):
            name = r.randrange(250)
            if name in names and r.random() < 0.5:
                matcher = matcher.without(name)
                del names[name]
            else:
                chosen = r.choice(pool)
                matcher, names[name] = matcher.with_filter(name, chosen), chosen
            if change % 20 == 0:
                seen.append((matcher, dict(names)))
        for each, of_then in seen:
            assert each == Matcher(of_then, limits=CLOUDEVENTS)
            for given in events:
                wanted = [name for name, one in of_then.items() if one.matches(given)]
                assert each.match(given) == wanted


def _print_matches() -> None:
    """Print what a rule set matches, for a process of another hash seed."""
    r = Random("hash seeds")
    documents = [
        document
        for _ in range(30)
        for document in homogeneous.filters(r, homogeneous.forms(r), 15, anywhere=True)
    ]
    index = _index(_loaded(documents))
    for _ in range(40):
        given = parse_event(homogeneous.event(r, any_data=True), limits=CLOUDEVENTS)
        sys.stdout.write(f"{index.match(given.members)}\n")


def test_every_hash_seed_gives_the_same_order() -> None:
    """What matches comes in insertion order whatever the seed of string hashes is."""
    line = [sys.executable, "-c", "from tests.index.test_volume import _print_matches as p; p()"]
    answers = set()
    for seed in ("0", "1", "4711"):
        done = subprocess.run(
            line,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        answers.add(done.stdout)
    (answer,) = answers
    orders = [json_line.strip("[]").split(", ") for json_line in answer.splitlines()]
    assert sum(len(each) for each in orders) > 200
    assert all(each == sorted(each, key=int) for each in orders if each != [""])


# --- Hostile cost ---------------------------------------------------------------------------

COUNT = 20_000


def _strings(*values: str) -> list[Document]:
    return [{"op": "StringIn", "values": list(values)}]


HOSTILE: dict[str, tuple[Any, Any, int]] = {
    "one element repeated, in one bucket": (
        lambda n: {"a": _strings("x"), "b": [{"op": "StringStartsWith", "values": [f"p{n}"]}]},
        {"a": ["x"] * 9_000, "b": "p12"},
        2,
    ),
    "one element repeated, nothing to verify": (
        lambda _: {"a": _strings("x")},
        {"a": ["x"] * 9_000},
        COUNT,
    ),
    "two long arrays": (
        lambda n: {"a": _strings(f"x{n}"), "b": _strings("y")},
        {"a": [f"x{n}" for n in range(2_000)], "b": [f"y{n}" for n in range(2_000)] + ["y"]},
        2_000,
    ),
    "integers that collide": (
        lambda n: {"a": [{"op": "NumberIn", "values": [n]}], "b": _strings("y")},
        {"a": [1 + k * (2**61 - 1) for k in range(2_500)], "b": ["y", "z"]},
        1,
    ),
    "an array at a second list of keys": (
        lambda n: {"a": _strings("x", "y"), "b": _strings(f"u{n}", f"w{n}")},
        {"a": ["x", "y"], "b": [f"u{n}" for n in range(5_000)]},
        5_000,
    ),
    "arrays at many fields": (
        lambda n: {f"k{n % 7}": _strings("x"), f"l{n % 11}": _strings(f"x{n}")},
        {f"{c}{n}": [f"x{m}" for m in range(300)] + ["x"] for c in "kl" for n in range(11)},
        300,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_arrays(name: str) -> None:
    """Arrays as long as an event can hold, at key fields of 20,000 filters, cost no 0.1 s."""
    make, data, wanted = HOSTILE[name]
    filters = _loaded([{"source": SOURCE, "data": make(n)} for n in range(COUNT)])
    index, given = _index(filters), _parsed(data)
    began = process_time()
    found = index.match(given.members)
    assert process_time() - began < 0.3 * PATIENCE
    assert len(found) == wanted
    assert all(filters[number].matches(given) for number in found[:20])


def test_rules_that_collide() -> None:
    """Filters whose numbers share one hash load and match as fast as others."""
    step = 2**61 - 1
    lists = [[1 + (9 + k) * step for k in range(n * 4, n * 4 + 4)] for n in range(4_000)]
    filters = _loaded(
        [{"source": SOURCE, "data": {"a": [{"op": "NumberIn", "values": each}]}} for each in lists]
    )
    began = process_time()
    index = _index(filters)
    assert index.match(_parsed({"a": lists[7][2]}).members) == [7]
    assert index.match(_parsed({"a": float(1)}).members) == []
    assert process_time() - began < 1 * PATIENCE  # 16,000 such keys in one dict take ten seconds


def test_two_thousand_signatures() -> None:
    """A set of 2,000 different field sets loads in time and answers right, after a change too."""
    r = Random("signatures")
    names = [f"k{n}" for n in range(25)]
    signatures = r.sample(list(combinations(names, 3)), 2_000)
    filters = _loaded(
        [
            {"source": SOURCE, "data": {k: _strings(r.choice("abc")) for k in each}}
            for each in signatures
        ]
    )
    began = process_time()
    index = _index(filters)
    assert process_time() - began < 5 * PATIENCE
    (new,) = _loaded([{"source": SOURCE, "data": {"new": _strings("a")}}])
    began = process_time()
    index = index.plus(2_000, [new.fields])
    assert process_time() - began < 0.3 * PATIENCE
    hits = 0
    for data in (
        {name: r.choice("abc") for name in names},
        {name: ["a", "b"] for name in names} | {"new": "a"},
        dict.fromkeys(names, "a") | {"k0": ["a", "b"] * 2_000, "new": ["b", "a"]},
    ):
        given = _parsed(data)
        wanted = [n for n, each in enumerate([*filters, new]) if each.matches(given)]
        assert index.match(given.members) == wanted
        hits += len(wanted)
    assert hits > 500
    for number, each in enumerate(filters[:50]):
        index = index.minus(number, [each.fields])
    assert index.match(given.members) == [n for n in wanted if n >= 50]


def test_signatures_added_one_by_one() -> None:
    """Field sets that come one at a time cost no compiling of all that were there before."""
    names = [f"k{n}" for n in range(12)]
    documents = [
        {"source": SOURCE, "data": {k: _strings("a") for k in each}}
        for each in combinations(names, 3)
    ]
    index = Index()
    began = process_time()
    for number, each in enumerate(_loaded(documents)):
        index = index.plus(number, [each.fields])
    assert process_time() - began < 5 * PATIENCE
    assert index.match(_parsed(dict.fromkeys(names, "a")).members) == list(range(220))
    assert index.match(_parsed(dict.fromkeys(names[:3], "a")).members) == [0]
