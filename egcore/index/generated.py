"""Generated code: the only module that makes any, for the two innermost loops.

A verifier tests all steps of a shape in one comprehension; a probe reads the values of
a partition's key fields and looks them up in its tables. Written by hand as loops over
closures they take two to three times as long (docs/explanation/index.md). The text is
put together from the fixed fragments below and from small integers only; every key and
every function is bound through the namespace, never through the text.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final

from egcore.index.arrays import Groups, look_up
from egcore.index.keys import key_of
from egcore.paths import UNDEFINED, field_getter

Verify = Callable[[Sequence[Any], dict[str, Any]], list[int]]
Probe = Callable[[dict[str, Any], Sequence[dict[Any, Any]], list[Any]], bool]
Path = tuple[str, ...]

_STRING: Final = "type(v{i}) is str"
_NUMBER: Final = "(type(v{i}) is int or type(v{i}) is float)"
_SCALAR: Final = "(type(v{i}) is str or type(v{i}) is int or type(v{i}) is float)"

# What a value must be for the fast test, and the test of one row: {a} is the column of
# the first operand, {b} the one behind it. No row test: all rows fit when the guard holds.
_FRAGMENTS: Final[dict[str, tuple[str, str]]] = {
    "in": (_SCALAR, "v{i} in r[{a}]"),
    "general": ("", "r[{a}](v{i})"),
    "StringStartsWith": (_STRING, "v{i}.startswith(r[{a}])"),
    "StringNotStartsWith": (_STRING, "not v{i}.startswith(r[{a}])"),
    "StringEndsWith": (_STRING, "v{i}.endswith(r[{a}])"),
    "StringNotEndsWith": (_STRING, "not v{i}.endswith(r[{a}])"),
    "StringNotIn": (_STRING, "v{i} not in r[{a}]"),
    "NumberNotIn": (_NUMBER, "v{i} not in r[{a}]"),
    "NumberInRange": (_NUMBER, "r[{a}] <= v{i} <= r[{b}]"),
    "NumberNotInRange": (_NUMBER, "not r[{a}] <= v{i} <= r[{b}]"),
    "NumberLessThan": (_NUMBER, "v{i} < r[{a}]"),
    "NumberNotLessThan": (_NUMBER, "v{i} >= r[{a}]"),
    "NumberGreaterThan": (_NUMBER, "v{i} > r[{a}]"),
    "NumberNotGreaterThan": (_NUMBER, "v{i} <= r[{a}]"),
    "IsNull": ("(v{i} is None or v{i} is UNDEFINED)", ""),
    "IsNotNull": ("v{i} is not None and v{i} is not UNDEFINED", ""),
    "IsTrue": ("v{i} is True", ""),
    "IsNotTrue": ("v{i} is False", ""),
}


def make_verifier(steps: Sequence[tuple[Path, str, int]], slow: Verify) -> Verify:
    """Make the test of all steps, each given by path, kind and first column.

    The result takes rows and the event's members and returns the order numbers of the
    rows of which every step holds. Where a value is not what a fast test takes (an
    array, another type), ``slow`` is asked.
    """
    bound: dict[str, Any] = {"UNDEFINED": UNDEFINED, "slow": slow}
    lines = ["def verify(rows, members):"]
    guards: list[str] = []
    tests: list[str] = []
    for i, (path, kind, column) in enumerate(steps):
        lines += _read(i, path, bound)
        guard, test = (each.format(i=i, a=column, b=column + 1) for each in _FRAGMENTS[kind])
        guards += [guard] * bool(guard)
        tests += [test] * bool(test)
    if guards:
        lines.append(f"    if not ({' and '.join(guards)}): return slow(rows, members)")
    condition = f" if {' and '.join(tests)}" if tests else ""
    lines.append(f"    return [r[0] for r in rows{condition}]")
    return _made(lines, bound, "verify")  # type: ignore[no-any-return] # a function of ours


def make_probe(paths: Sequence[Path], groups: Groups) -> Probe:
    """Make the look-up of an event's values in the tables of some groups.

    ``paths`` are the key fields, ``groups`` the places among them that make up the key of
    each table. The result takes members, tables and a list, and appends the buckets it
    finds. It tells whether some values were arrays.
    """
    bound: dict[str, Any] = {
        "UNDEFINED": UNDEFINED,
        "key_of": key_of,
        "look_up": look_up,
        "groups": groups,
    }
    lines = ["def probe(members, tables, buckets):"]
    for i, path in enumerate(paths):
        lines += _read(i, path, bound)
    if paths:
        lines += _normalise(range(len(paths)))
    for number, places in enumerate(groups):
        lines.append(f"    b = tables[{number}].get({_key(places)})")
        lines.append("    if b is not None: buckets.append(b)")
    lines.append("    return False")
    return _made(lines, bound, "probe")  # type: ignore[no-any-return] # a function of ours


def plain_probe(paths: Sequence[Path], groups: Groups) -> Probe:
    """Make the same look-up as ``make_probe`` without generating code: up to twice as slow."""
    getters = tuple(map(field_getter, paths))
    picks = tuple(_pick(places) for places in groups)

    def probe(
        members: dict[str, Any], tables: Sequence[dict[Any, Any]], buckets: list[Any]
    ) -> bool:
        values = [get(members) for get in getters]
        if list in map(type, values):
            buckets += look_up(values, groups, tables)
            return True
        keys = [key_of(value) for value in values]
        for pick, table in zip(picks, tables, strict=True):
            bucket = table.get(pick(keys))
            if bucket is not None:
                buckets.append(bucket)
        return False

    return probe


def _pick(places: Sequence[int]) -> Callable[[list[Any]], Any]:
    return itemgetter(*places) if places else lambda _: ()


def _key(places: Sequence[int]) -> str:
    names = ", ".join(f"v{i}" for i in places)
    return names if len(places) == 1 else f"({names})"


def _normalise(places: Sequence[int]) -> list[str]:
    """Turn values that are no strings into keys; arrays are looked up by hand."""
    values = ", ".join(f"v{i}" for i in places)
    strings = " and ".join(f"type(v{i}) is str" for i in places)
    arrays = " or ".join(f"type(v{i}) is list" for i in places)
    return [
        f"    if not ({strings}):",
        f"        if {arrays}:",
        f"            buckets += look_up(({values},), groups, tables)",
        "            return True",
        *(f"        v{i} = key_of(v{i})" for i in places),
    ]


def _read(i: int, path: Path, bound: dict[str, Any]) -> list[str]:
    """Read the value of a field into ``v{i}`` (spec 4 rule 1)."""
    lines: list[str] = []
    of = "members"
    for depth, key in enumerate(path):
        name = f"K{i}_{depth}"
        bound[name] = key
        get = f"{of}.get({name}, UNDEFINED)"
        lines.append(
            f"    v{i} = {get}" + (f" if type({of}) is dict else UNDEFINED" if depth else "")
        )
        of = f"v{i}"
    return lines


def _made(lines: list[str], bound: dict[str, Any], name: str) -> Any:
    exec("\n".join(lines), bound)  # noqa: S102 # fixed fragments and integers only
    return bound[name]
