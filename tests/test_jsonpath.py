"""Field paths and JSONPath: tables, the compliance suite, an oracle, limits, hostile input."""

import copy
import json
import os
import pickle
import random
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path as FilePath

import pytest

from egcore import codes
from egcore.errors import EgcoreError, HostError, RenderError, TransformError
from egcore.jsonpath import MAX_INDEX, Path, Steps, parse_path
from egcore.limits import EVENTGRID
from egcore.paths import UNDEFINED, Undefined, field_getter
from tests.slowest import PATIENCE

HERE = FilePath(__file__).parent
TABLES = json.loads((HERE / "data" / "jsonpath.json").read_text(encoding="utf-8"))
SHARED = FilePath(os.environ.get("EGCORE_SHARED") or HERE.parent.parent / "shared")
CTS = SHARED / "suites" / "jsonpath-cts" / "cts.json"
WIDE = replace(EVENTGRID, jsonpath="wide")
PLENTY = 10**9


def rows(table: str) -> list[object]:
    """Make one pytest parameter of each row of a table, named by its path."""
    return [pytest.param(row, id=f"{i}-{row['path']!a}") for i, row in enumerate(TABLES[table])]


def exactly(value: object) -> str:
    """Write a value so that true, 1 and 1.0 differ and member order counts."""
    return "undefined" if value is UNDEFINED else json.dumps(value)


def refusal(text: str, limits=EVENTGRID):
    """Return the one problem for which a text is refused."""
    with pytest.raises(TransformError) as caught:
        parse_path(text, limits)
    assert caught.value.__context__ is None
    (problem,) = caught.value.problems
    return problem


# --- The sentinel ---------------------------------------------------------------


def test_undefined_is_one_object_that_survives_copying() -> None:
    """UNDEFINED stays itself when it is made again, copied or pickled, and tells its name."""
    assert Undefined() is UNDEFINED
    assert copy.copy(UNDEFINED) is copy.deepcopy(UNDEFINED) is UNDEFINED
    assert pickle.loads(pickle.dumps([UNDEFINED])) == [UNDEFINED]  # noqa: S301 - our own bytes
    assert pickle.loads(pickle.dumps(UNDEFINED)) is UNDEFINED  # noqa: S301 - our own bytes
    assert repr(UNDEFINED) == "undefined"


# --- Tables ---------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("fields"))
def test_field_path(row) -> None:
    """A field path walks objects only; a row without a value means undefined."""
    value = field_getter(tuple(row["path"]))(row["document"])
    assert exactly(value) == exactly(row.get("value", UNDEFINED))


@pytest.mark.parametrize("row", rows("definite"))
def test_definite_path(row) -> None:
    """A definite path gives the value or undefined, by getter and by find alike."""
    path = parse_path(row["path"])
    assert path.definite
    assert path.getter is not None
    expected = exactly(row.get("value", UNDEFINED))
    assert exactly(path.getter(row["document"])) == expected
    assert exactly(path.find(row["document"], Steps(PLENTY))) == expected


@pytest.mark.parametrize("row", rows("lists"))
def test_path_that_gives_a_list(row) -> None:
    """A path with a wildcard, slice or descendant segment gives all values, in order."""
    path = parse_path(row["path"])
    assert not path.definite
    assert path.getter is None
    assert exactly(path.find(row["document"], Steps(PLENTY))) == exactly(row["values"])


@pytest.mark.parametrize("row", rows("refused"))
def test_refused_path(row) -> None:
    """What is not of the subset is refused with its column and a hint that names it."""
    problem = refusal(row["path"])
    assert problem.code == codes.PATH_SYNTAX
    assert f"at column {row['column']} " in problem.message
    assert row.get("message", "") in problem.message
    assert row.get("hint", "") in problem.hint
    assert problem.hint
    (problem.message + problem.hint + problem.got).encode()


def test_a_list_that_was_found_is_new() -> None:
    """Changing a list that find returned changes nothing of the event."""
    event = {"a": [1, 2]}
    for text in ("$.a[*]", "$.a[:]", "$..a", "$.*"):
        found = parse_path(text).find(event, Steps(PLENTY))
        assert isinstance(found, list)
        found.clear()
    assert event == {"a": [1, 2]}


def test_the_refused_text_is_shortened() -> None:
    """A long text is shown in part only, and its column is counted in the whole."""
    problem = refusal("$" + "['name']" * 30 + " ")
    assert len(problem.got) == 60
    assert "at column 242 " in problem.message


# --- The JSONPath Compliance Test Suite ---------------------------------------------


def in_subset(selector: str) -> bool:
    """Whether a valid selector of the suite is of our subset.

    Not: filters, unions (a comma), white space, a space in a quoted name aside.
    The suite has no valid selector with a second descendant segment but in filters.
    """
    if "?" in selector or "," in selector:
        return False
    return selector in {'$[" "]', "$[' ']"} or selector.split() == [selector]


def suite() -> list[dict]:
    """Read the cases of the suite, or skip the test where it is absent."""
    if not CTS.exists():
        pytest.skip(f"the JSONPath Compliance Test Suite is absent: {CTS}")
    return json.loads(CTS.read_text(encoding="utf-8"))["tests"]


def test_compliance_suite_inside_the_subset() -> None:
    """Every valid selector of the subset gives one of the suite's results, in its order."""
    cases = [c for c in suite() if not c.get("invalid_selector") and in_subset(c["selector"])]
    for case in cases:
        path = parse_path(case["selector"])
        found = path.find(case["document"], Steps(PLENTY))
        if path.definite:
            found = [] if found is UNDEFINED else [found]
        results = case["results"] if "results" in case else [case["result"]]
        assert exactly(found) in map(exactly, results), case["name"]
    assert len(cases) == 111


def test_compliance_suite_outside_the_subset() -> None:
    """Every other selector of the suite, valid or not, is refused when it is read."""
    cases = [c for c in suite() if c.get("invalid_selector") or not in_subset(c["selector"])]
    for case in cases:
        with pytest.raises(TransformError) as caught:
            parse_path(case["selector"])
        assert caught.value.problems[0].code == codes.PATH_SYNTAX, case["name"]
    assert len(cases) == 592


# --- jsonpath-ng as the oracle ------------------------------------------------------

NAMES = ["a", "b", "c", "name", "x_1", "é", "a b", "it's", 'say "x"', "*", "0", "a.b", "where", ""]


def generator() -> tuple[random.Random, int]:
    """Make a generator from EGCORE_SEED or a fresh seed, which is printed."""
    seed = int(os.environ.get("EGCORE_SEED") or random.randrange(2**32))
    print(f"EGCORE_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    return random.Random(seed), seed


def random_document(rng: random.Random, depth: int) -> object:
    """Make a JSON value of at most ``depth`` levels."""
    kind = rng.randrange(8 if depth else 3)
    if kind >= 5:
        return {rng.choice(NAMES): random_document(rng, depth - 1) for _ in range(rng.randrange(5))}
    if kind >= 3:
        return [random_document(rng, depth - 1) for _ in range(rng.randrange(5))]
    return rng.choice([None, True, False, 0, 1, -1, 1.0, 2.5, "", "a", "text"])


def random_bound(rng: random.Random) -> str:
    """Write a bound of a slice, often none."""
    return rng.choice(
        ["", "", "0", "1", "2", "3", "-1", "-2", "-4", str(MAX_INDEX), f"-{MAX_INDEX}"]
    )


def random_bracket(rng: random.Random) -> str:
    """Write a segment in brackets: wildcard, index, slice or name."""
    kind = rng.randrange(5)
    if kind == 0:
        return "[*]"
    if kind == 1:
        return f"[{rng.randrange(-3, 4)}]"
    if kind == 2:
        step = rng.choice(["", ":", ":1", ":2", ":-1", ":-2", ":0"])
        return f"[{random_bound(rng)}:{random_bound(rng)}{step}]"
    quote = rng.choice("'\"")
    return f"[{quote}{rng.choice(NAMES).replace(quote, chr(92) + quote)}{quote}]"


def random_path(rng: random.Random) -> str:
    """Make a path of the subset that jsonpath-ng reads as RFC 9535 does.

    Left out are the spellings that it misreads or refuses: escapes other than of
    the quote; and as shorthand, names outside its own letters ("é") and its
    operators ("where").
    """
    count = rng.randrange(6)
    descendant_at = rng.randrange(8)
    text = "$"
    for i in range(count):
        if rng.random() < 0.5:
            text += ".." if i == descendant_at else "."
            text += rng.choice(["*", "a", "b", "c", "name", "x_1"])
        else:
            text += (".." if i == descendant_at else "") + random_bracket(rng)
    return text


def test_random_paths_agree_with_jsonpath_ng() -> None:
    """On 30,000 random pairs both find the same values, by identity and in the same order."""
    from jsonpath_ng.parser import JsonPathParser

    rng, seed = generator()
    oracle = JsonPathParser()
    definite = hits = 0
    for _ in range(30_000):
        text = random_path(rng)
        path, other = parse_path(text), oracle.parse(text)
        for _ in range(3):
            document = random_document(rng, 4)
            found = path.find(document, Steps(PLENTY))
            if path.definite:
                found = [] if found is UNDEFINED else [found]
            expected = [match.value for match in other.find(document)]
            assert list(map(id, found)) == list(map(id, expected)), (seed, text, document)
            definite += path.definite
            hits += bool(found)
    assert definite > 3_000
    assert hits > 5_000


@pytest.mark.parametrize("text", [r"$['\u0061']", r"$['\n']", "$.where", "$.é"])
def test_spellings_that_the_oracle_misreads(text: str) -> None:
    """The spellings left out above: ours finds the member, jsonpath-ng does not."""
    from jsonpath_ng import exceptions, parser

    document = {"a": 1, "\n": 1, "where": 1, "é": 1}
    assert parse_path(text).find(document, Steps(PLENTY)) == 1
    try:
        found = parser.parse(text).find(document)
    except exceptions.JSONPathError:
        found = []
    assert found == []


# --- Limits ---------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0, 1, 2, 32])
def test_segments_are_limited(limit: int) -> None:
    """As many segments as the limit are accepted, one more is refused, in both modes."""
    for mode in ("subset", "wide"):
        limits = replace(EVENTGRID, path_segments=limit, jsonpath=mode)
        assert parse_path("$" + ".a" * limit, limits).definite
        problem = refusal("$" + "[0]" * (limit + 1), limits)
        assert problem.code == codes.PATH_LENGTH
        assert f"more than {limit} segments" in problem.message


@pytest.mark.parametrize("limit", [0, 1, 2, 5])
def test_descendant_segments_are_limited(limit: int) -> None:
    """As many '..' as the limit are accepted, one more is refused."""
    limits = replace(EVENTGRID, path_descendants=limit)
    parse_path("$" + "..a" * limit, limits)
    problem = refusal("$" + "..a" * (limit + 1), limits)
    assert problem.code == codes.PATH_LENGTH
    assert f"has {limit + 1} '..'; the limit is {limit}" in problem.message


def test_more_descendant_segments_where_they_are_allowed() -> None:
    """With a higher limit two '..' work as RFC 9535 says: a node met twice counts twice."""
    path = parse_path("$..a..b", replace(EVENTGRID, path_descendants=2))
    assert path.find({"a": {"a": {"b": 1}}}, Steps(PLENTY)) == [1, 1]


def test_the_default_limits_are_those_of_the_spec() -> None:
    """Without other limits, 32 segments and one '..' are accepted and no more."""
    parse_path("$" + ".a" * 32)
    assert refusal("$" + ".a" * 33).code == codes.PATH_LENGTH
    parse_path("$.a..b")
    assert refusal("$..a..b").code == codes.PATH_LENGTH


# --- Steps -----------------------------------------------------------------------------


def test_steps_run_out_below_zero() -> None:
    """All steps can be spent; one more raises, and so does every later one."""
    steps = Steps(3)
    steps.spend(1)
    steps.spend(2)
    assert steps.left == 0
    for _ in range(2):
        with pytest.raises(RenderError) as caught:
            steps.spend(1)
        assert caught.value.problems[0].code == codes.PATH_STEPS


@pytest.mark.parametrize(
    ("text", "document", "cost"),
    [
        ("$", {}, 0),
        ("$.a.b", {}, 2),
        ("$[0]", [1], 1),
        ("$.*", {"a": 1, "b": 2}, 1 + 2),
        ("$[*]", 7, 1),
        ("$[::2]", [1, 2, 3], 1 + 2),
        ("$[*].a", [{"a": 1}, {}, 3], 1 + 3 + 3),
        ("$..a", {"a": {"b": 1}, "c": [1, 2]}, 1 + 2 + 1 + 2),
        ("$..*", {"a": {"b": 1}, "c": [1, 2]}, 1 + 2 * (2 + 1 + 2)),
        ("$..a[0]", {"a": [1, 2]}, 1 + 1 + 2 + 1),
    ],
)
def test_the_cost_of_a_path(text: str, document: object, cost: int) -> None:
    """The cap holds exactly: a path runs with as many steps as it costs and not with one less."""
    path = parse_path(text)
    steps = Steps(cost)
    path.find(document, steps)
    assert steps.left == 0
    if cost:
        with pytest.raises(RenderError):
            path.find(document, Steps(cost - 1))


def test_paths_share_the_steps_of_one_body() -> None:
    """What one path has spent the next one lacks."""
    path, steps = parse_path("$[*]"), Steps(10)
    path.find([1, 2, 3], steps)
    path.find([1, 2, 3], steps)
    with pytest.raises(RenderError):
        path.find([1, 2, 3], steps)


@pytest.mark.parametrize("text", ["$[*]", "$[:]", "$[::-1]", "$..*", "$..[0]", "$..a"])
def test_no_list_is_built_beyond_the_steps(text: str) -> None:
    """A wide document with few steps left is refused before anything as wide is allocated."""
    path, document = parse_path(text), [[] for _ in range(100_000)]
    tracemalloc.start()
    try:
        with pytest.raises(RenderError):
            path.find(document, Steps(1_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000


def test_amplifying_chain_is_stopped_in_bounded_memory() -> None:
    """Chains that multiply nodes end at the cap with lists no longer than the cap."""
    row: object = [0] * 10
    for _ in range(63):
        row = [row, row]
    limits = replace(EVENTGRID, path_descendants=32)
    for text in ("$..*", "$" + "[*]" * 32, "$" + "..[*]" * 32):
        tracemalloc.start()
        try:
            with pytest.raises(RenderError):
                parse_path(text, limits).find(row, Steps(EVENTGRID.path_steps))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 8 * 1024 * 1024


# --- Path values -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["$.a.b", "$..a", "$['a'][-1:]", "$.a,b", "$" + ".a" * 40])
def test_paths_are_values(text: str) -> None:
    """Paths are frozen, compare by text and mode, and pickle and copy whatever limits made them."""
    limits = replace(WIDE, path_segments=50)
    path = parse_path(text, limits)
    assert path == parse_path(text, limits)
    assert hash(path) == hash(parse_path(text, limits))
    assert path != parse_path("$.other")
    document = {"a": {"b": 1}, "b": 2}
    for twin in (pickle.loads(pickle.dumps(path)), copy.deepcopy(path)):  # noqa: S301 - our own bytes
        assert twin == path
        assert (twin.text, twin.definite) == (text, path.definite)
        assert twin.find(document, Steps(99)) == path.find(document, Steps(99))
    with pytest.raises(FrozenInstanceError):
        path.text = "$"


def test_the_mode_is_part_of_equality() -> None:
    """The same text run by another evaluator is another path."""
    ours = parse_path("$..a..b", replace(EVENTGRID, path_descendants=2))
    theirs = parse_path("$..a..b", WIDE)
    assert (ours.wide, theirs.wide) == (False, True)
    assert ours != theirs


# --- Wide mode -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("wide"))
def test_wide_path(row) -> None:
    """In wide mode jsonpath-ng runs what the subset refuses; each value found is one step."""
    refusal(row["path"])
    path = parse_path(row["path"], WIDE)
    assert path.wide
    assert not path.definite
    steps = Steps(len(row["values"]))
    assert exactly(path.find(row["document"], steps)) == exactly(row["values"])
    assert steps.left == 0
    with pytest.raises(RenderError):
        path.find(row["document"], Steps(len(row["values"]) - 1))


@pytest.mark.parametrize("text", TABLES["wide_refused"])
def test_refused_in_wide_mode_too(text: str) -> None:
    """What jsonpath-ng cannot read, or would misread, is refused as in the subset."""
    assert refusal(text, WIDE) == refusal(text)


@pytest.mark.parametrize("row", [*rows("definite"), *rows("lists")])
def test_the_subset_is_ours_in_wide_mode(row) -> None:
    """A path of the subset never reaches jsonpath-ng."""
    path = parse_path(row["path"], WIDE)
    assert path == parse_path(row["path"])
    assert not path.wide


def test_wide_parsing_leaves_the_warning_filters_alone() -> None:
    """The deprecated operators of jsonpath-ng neither warn nor fail, and no filter stays."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        assert parse_path("$.(a|b)", WIDE).wide
        assert parse_path("$.(a&b)", WIDE).wide
        assert list(warnings.filters) == before
    assert seen == []


def test_other_deprecations_of_jsonpath_ng_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the warnings of the two operators are filtered; a new one shows."""
    monkeypatch.setattr(
        "jsonpath_ng.parser.parse", lambda _: warnings.warn("new", DeprecationWarning, stacklevel=1)
    )
    with pytest.warns(DeprecationWarning, match="new"):
        parse_path("$.a,b", WIDE)


@pytest.mark.parametrize("text", ["$.`parent`", "$.(a&b)"])
def test_an_exception_of_jsonpath_ng_becomes_ours(text: str) -> None:
    """jsonpath-ng fails on these with exceptions of its own; a RenderError without data leaves."""
    with pytest.raises(RenderError) as caught:
        parse_path(text, WIDE).find({"a": "secret"}, Steps(99))
    assert caught.value.problems[0].code == codes.PATH_STEPS
    assert "jsonpath-ng" in str(caught.value)
    assert caught.value.__context__ is None
    assert "secret" not in repr(caught.value)


def test_a_wide_path_too_deep_for_the_stack() -> None:
    """jsonpath-ng recurses over the segments; a full stack is the host's problem."""
    path = parse_path("$" + ".a,b" * 2_000, WIDE)
    with pytest.raises(HostError) as caught:
        path.find({}, Steps(99))
    assert caught.value.__context__ is None


def test_a_full_stack_while_a_wide_path_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A RecursionError inside jsonpath-ng's parser is not a fault of the path."""

    def full(_: str) -> None:
        raise RecursionError

    monkeypatch.setattr("jsonpath_ng.parser.parse", full)
    with pytest.raises(HostError):
        parse_path("$.a,b", WIDE)


def test_jsonpath_ng_is_imported_for_wide_paths_only() -> None:
    """Reading the subset, and refusing in subset mode, never imports jsonpath-ng."""
    code = (
        "import sys; from egcore import errors, jsonpath\n"
        "jsonpath.parse_path('$..a')\n"
        "try: jsonpath.parse_path('$.a,b')\n"
        "except errors.TransformError: print('jsonpath_ng' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parent
    )
    assert done.stdout.strip() == "False"


# --- Hostile input ------------------------------------------------------------------------------

LENGTH = 65_536
HOSTILE_TEXTS = [
    *(start + piece * LENGTH for piece in ("[", "..", "'", "['", '"', "\\", "]", "$", "9", "a", " ")
      for start in ("", "$", "$.", "$..", "$[", "$['")),
    "$" + ".a" * LENGTH,
    "$" + "[0]" * LENGTH,
    "$" + "..*" * LENGTH,
    "$['" + "\\u0061" * LENGTH,
    "$['" + "\\uD83D\\uDE00" * LENGTH + "'",
    "$[" + "1:" * LENGTH,
    "$[-" + "9" * LENGTH + "]",
]  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """Measure how long one call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def outcome(text: str, limits=EVENTGRID) -> Path | TransformError:
    """Read a text; give the path, or the error of ours that refuses it."""
    try:
        return parse_path(text, limits)
    except TransformError as error:
        return error


def test_hostile_texts_are_read_in_linear_time() -> None:
    """64 Ki repetitions of what parsers choke on: a fraction of a second each.

    With the segment limit lifted the whole text is read: 65,536 segments take about
    0.2 s, which work quadratic in the length could never do.
    """
    unlimited = replace(EVENTGRID, path_segments=LENGTH, path_descendants=LENGTH)
    for text in HOSTILE_TEXTS:
        assert seconds(lambda text=text: outcome(text)) < 0.5 * PATIENCE
        assert seconds(lambda text=text: outcome(text, unlimited)) < 3 * PATIENCE
        result = outcome(text)
        assert isinstance(result, Path) or len(str(result)) < 1_000


def test_mutated_selectors_raise_nothing_but_transform_errors() -> None:
    """50,000 mutants: each is refused with one problem, or runs without a foreign exception."""
    rng, seed = generator()
    stock = [r["path"] for t in ("definite", "lists", "refused", "wide") for r in TABLES[t]]
    pieces = [*"$.[]*:'\"\\?@(),-+ \n\t019ab_\x00é١😀\ud800\udc00", "..", "\\u", "\\uD83D", "[*]"]
    document = {"a": {"b": [1, {"a": None}]}, "b": ["x", [2]]}
    accepted = 0
    for _ in range(50_000):
        text = rng.choice(stock)
        for _ in range(rng.randrange(1, 4)):
            i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            j = min(j, i + 2)
            text = text[:i] + rng.choice(["", *pieces, text[i:j] * 2]) + text[j:]
        path = outcome(text)
        if isinstance(path, TransformError):
            assert len(path.problems) == 1, (seed, text)
        else:
            accepted += 1
            path.find(document, Steps(PLENTY))
    assert 1_000 < accepted < 40_000


def test_mutated_wide_selectors_raise_only_our_own_errors() -> None:
    """1,500 mutants through jsonpath-ng: only errors of ours leave."""
    rng, _ = generator()
    stock = [row["path"] for row in TABLES["wide"]] + TABLES["wide_refused"]
    pieces = [*"$.[]*:'\",()|&~`0a1-@ \n", "..", "where", "`parent`", "99999"]
    wide = 0
    for _ in range(1_500):
        text = rng.choice(stock)
        i = rng.randrange(len(text) + 1)
        text = text[:i] + rng.choice(pieces) + text[i + rng.randrange(2) :]
        try:
            path = parse_path(text, WIDE)
            wide += path.wide
            path.find({"a": {"b": [1, None]}, "b": "x"}, Steps(1_000))
        except EgcoreError:
            continue
    assert wide > 100


def test_deep_and_wide_events() -> None:
    """64 levels, and 64 KiB of elements or members, are walked whole within the default steps."""
    deep: object = {"name": 0}
    for level in range(63):
        deep = {"name": level, "next": [deep]} if level % 2 else {"next": deep}
    events = [deep, [0] * 32_000, [[]] * 21_000, {str(i): i for i in range(6_000)}]
    for event in events:
        path, steps = parse_path("$..*"), Steps(EVENTGRID.path_steps)
        assert seconds(lambda p=path, e=event, s=steps: p.find(e, s)) < 0.5 * PATIENCE
        assert steps.left > 0
    names = parse_path("$..name").find(deep, Steps(EVENTGRID.path_steps))
    assert names == [*range(61, 0, -2), 0]


def test_no_recursion_over_the_event() -> None:
    """Data far deeper than any stack is no concern of the evaluator."""
    deep: list[object] = []
    for _ in range(20_000):
        deep = [deep]
    found = parse_path("$..*").find(deep, Steps(PLENTY))
    assert len(found) == 20_000
    while deep:
        deep = deep.pop()


def test_path_is_exported_under_its_name() -> None:
    """parse_path returns Path values that show text and mode."""
    assert repr(parse_path("$.a")) == "Path(text='$.a', wide=False, definite=True)"
    assert isinstance(parse_path("$.a"), Path)


@pytest.mark.parametrize("path", ["$.*[{}]", "$..[{}]", "$[0][{}]"])
@pytest.mark.parametrize("index", [-4, -3, -2, -1, 0, 1, 2, 3])
def test_an_index_just_outside_selects_nothing(path: str, index: int) -> None:
    """Of a definite and of any other path, the first and the last index are the bounds."""
    array = ["a", "b", "c"]
    expected = [array[index]] if -3 <= index < 3 else []
    found = parse_path(path.format(index)).find([array], Steps(PLENTY))
    if path.startswith("$.."):  # the root is an array of one element
        expected = [array] * (index in (-1, 0)) + expected
    if path.startswith("$["):
        expected = expected[0] if expected else UNDEFINED
    assert found == expected
