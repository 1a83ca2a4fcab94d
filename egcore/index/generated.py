"""Generated code: the only module that makes any, for the two innermost loops.

A verifier tests all steps of a shape in one comprehension; a probe reads the values of
a partition's key fields and looks them up in its tables. Written by hand as loops over
closures they take two to three times as long (docs/explanation/index.md). The text is
put together from the fixed fragments below and from small integers only; every key and
every function is bound through the namespace, never through the text.
"""

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any, Final

from egcore.index.keys import element_keys, key_of, keys_of
from egcore.paths import UNDEFINED, field_getter

Verify = Callable[[Sequence[Any], dict[str, Any]], list[int]]
Probe = Callable[[dict[str, Any], Sequence[dict[Any, Any]], list[Any]], list[Any] | bool | None]
Path = tuple[str, ...]

MAX_COMBINATIONS: Final = 4_096  # of array elements that are looked up one by one

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


def make_probe(paths: Sequence[Path], groups: Sequence[Sequence[int]]) -> Probe:
    """Make the look-up of an event's values in the tables of some groups.

    ``paths`` are the key fields, ``groups`` the places among them that make up the key of
    each table. The result takes members, tables and a list, and appends the buckets it
    finds. It returns None when all values were scalars, and True when some were arrays.
    Where arrays have more than ``MAX_COMBINATIONS`` it appends nothing and returns the
    keys, a list for each array.
    """
    bound: dict[str, Any] = {
        "UNDEFINED": UNDEFINED,
        "key_of": key_of,
        "element_keys": element_keys,
        "MAX_COMBINATIONS": MAX_COMBINATIONS,
    }
    lines = ["def probe(members, tables, buckets):"]
    for i, path in enumerate(paths):
        lines += _read(i, path, bound)
    if paths:
        lines += _normalise(range(len(paths)))
        lines += _try_arrays(range(len(paths)), groups)
    for number, places in enumerate(groups):
        lines += _look_up(f"tables[{number}].get({_key(places)})", "    ")
    lines.append("    return None")
    return _made(lines, bound, "probe")  # type: ignore[no-any-return] # a function of ours


def plain_probe(paths: Sequence[Path], groups: Sequence[Sequence[int]]) -> Probe:
    """Make the same look-up as ``make_probe`` without generating code: slower, and small."""
    getters = tuple(map(field_getter, paths))

    def probe(
        members: dict[str, Any], tables: Sequence[dict[Any, Any]], buckets: list[Any]
    ) -> list[Any] | bool | None:
        keys = [keys_of(get(members)) for get in getters]
        if prod(len(each) or 1 for each in keys) > MAX_COMBINATIONS:
            return keys
        for places, table in zip(groups, tables, strict=True):
            choices = [keys[place] for place in places]
            wanted = choices[0] if len(choices) == 1 else product(*choices)
            buckets += [table[key] for key in wanted if key in table]
        return True

    return probe


def _key(places: Sequence[int]) -> str:
    names = ", ".join(f"v{i}" for i in places)
    return names if len(places) == 1 else f"({names})"


def _look_up(found: str, indent: str) -> list[str]:
    return [f"{indent}b = {found}", f"{indent}if b is not None: buckets.append(b)"]


def _normalise(places: Sequence[int]) -> list[str]:
    """Turn values that are no strings into keys, arrays into lists of keys."""
    strings = " and ".join(f"type(v{i}) is str" for i in places)
    lines = ["    n = 0", f"    if not ({strings}):"]
    for i in places:
        lines += [
            f"        if type(v{i}) is list:",
            f"            v{i} = element_keys(v{i})",
            f"            n = (n or 1) * (len(v{i}) or 1)",
            f"        elif type(v{i}) is not str: v{i} = key_of(v{i})",
        ]
    return lines


def _try_arrays(places: Sequence[int], groups: Sequence[Sequence[int]]) -> list[str]:
    """Look up every combination of elements for the groups that have an array in their key."""
    values = ", ".join(f"v{i}" for i in places)
    lines = [
        "    if n:",
        f"        keys = [{values}]",
        "        if n > MAX_COMBINATIONS: return keys",
    ]
    for number, group in enumerate(groups):
        table = f"tables[{number}].get"
        arrays = " or ".join(f"type(v{i}) is list" for i in group)
        if not group:
            lines += _look_up(f"{table}({_key(group)})", "        ")
            continue
        lines.append(f"        if {arrays}:")
        # The loops bind the same names; the values stand in `keys` meanwhile.
        indent = "            "
        for i in group:
            lines.append(
                f"{indent}for v{i} in (keys[{i}] if type(keys[{i}]) is list else (keys[{i}],)):"
            )
            indent += " "
        lines += _look_up(f"{table}({_key(group)})", indent)
        lines += [f"            v{i} = keys[{i}]" for i in group]
        lines.append("        else:")
        lines += _look_up(f"{table}({_key(group)})", "            ")
    lines.append("        return True")
    return lines


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
