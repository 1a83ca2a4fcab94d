"""Write tests/data/operator_table.json: what each operator answers for each kind of input.

    python tests/make_operator_table.py

The table is the test of the library, so nothing here imports it: ``holds`` says the rules
of spec section 4 once more, in the plainest way, with exact fractions for numbers. The
blocks name their operands, and the inputs close to them, as JSON text, so that the table
shows what an event would hold: 10, 10.0 and 1e1 are three inputs. Each block is also given
one input that meets its condition and one that does not, by hand; ``cases`` checks these.
"""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

TABLE: Final = Path(__file__).parent / "data" / "operator_table.json"

Condition = dict[str, Any]


class Missing:
    """The type of ``MISSING``, the input of a field that is not there."""


MISSING: Final = Missing()

# Rule 3: exactly not their positive twin.
NEGATIVE_TWINS: Final = {
    "StringNotIn": "StringIn",
    "StringNotStartsWith": "StringStartsWith",
    "StringNotEndsWith": "StringEndsWith",
    "NumberNotIn": "NumberIn",
    "NumberNotInRange": "NumberInRange",
}

STRING_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "StringIn": lambda text, value: text == value,
    "StringStartsWith": lambda text, value: text[: len(value)] == value,
    "StringEndsWith": lambda text, value: text[::-1][: len(value)] == value[::-1],
}

NUMBER_TESTS: Final[dict[str, Callable[[Fraction, Any], bool]]] = {
    "NumberIn": lambda number, value: number == Fraction(value),
    "NumberInRange": lambda number, pair: Fraction(pair[0]) <= number <= Fraction(pair[1]),
    "NumberLessThan": lambda number, value: number < Fraction(value),
    "NumberNotLessThan": lambda number, value: number >= Fraction(value),
    "NumberGreaterThan": lambda number, value: number > Fraction(value),
    "NumberNotGreaterThan": lambda number, value: number <= Fraction(value),
}


def holds(condition: Condition, value: object) -> bool:
    """Say whether one condition holds for one field value; ``MISSING`` is a value, too."""
    op = condition["op"]
    if op in NEGATIVE_TWINS:
        return not holds({**condition, "op": NEGATIVE_TWINS[op]}, value)
    if op == "IsNull":
        return value is None or value is MISSING
    if op == "IsNotNull":
        return value is not None and value is not MISSING
    if op in {"IsTrue", "IsNotTrue"}:
        return value is (op == "IsTrue")
    operands = condition["values"] if "values" in condition else [condition["value"]]
    elements = value if type(value) is list else [value]
    return any(_meets(op, element, operand) for element in elements for operand in operands)


def _meets(op: str, element: object, operand: Any) -> bool:
    """Say whether one element has the right type and satisfies one operand."""
    if op in STRING_TESTS:
        return type(element) is str and STRING_TESTS[op](element, operand)
    if type(element) is int or type(element) is float:
        return NUMBER_TESTS[op](Fraction(element), operand)
    return False


class Block(NamedTuple):
    """Operators that share an operand, and the inputs close to it: JSON texts.

    ``near`` holds several, with bars between them; the text ``missing`` is no input at all.
    ``inside`` meets the first of ``ops`` and ``outside`` does not; both are checked.
    """

    ops: tuple[str, ...]
    operand: str
    inside: str
    outside: str
    near: str


# One of every kind of value, for every block.
KINDS: Final = (
    'missing | null | true | false | "" | "abc" | "10" | 0 | 1 | 1.0'
    ' | {} | {"abc":"abc"} | [] | [null] | [true,false] | [[]] | ["",0]'
)

IN: Final = ("StringIn", "StringNotIn")
STARTS: Final = ("StringStartsWith", "StringNotStartsWith")
ENDS: Final = ("StringEndsWith", "StringNotEndsWith")
NUMBERS: Final = ("NumberIn", "NumberNotIn")
RANGES: Final = ("NumberInRange", "NumberNotInRange")
BELOW: Final = ("NumberLessThan", "NumberNotGreaterThan")
ABOVE: Final = ("NumberGreaterThan", "NumberNotLessThan")

AROUND_ABC: Final = (
    r'"ABC" | "Abc" | "ab" | "bc" | "abcd" | "xabc" | "xabcx" | "abcabc" | " abc" | "abc "'
    r' | "abc\n" | "abc\u0000" | "xyz" | "xyz.abc" | "abc.xyz"'
)
# e with an acute accent: one code point, or two of which the first is a plain e.
ACCENTS: Final = r'"e" | "\u0301" | "\u00e9" | "e\u0301" | "\u00c9" | "x\u00e9x"'
AROUND_TEN: Final = (
    "10.0 | 1e1 | 9 | 11 | -10 | 9.999999999999999 | 10.000000000000002"
    ' | "10.0" | 100 | 9007199254740993 | -1e308 | 1e308'
)
AROUND_ZERO: Final = '-0 | -0.0 | 0.0 | 0e5 | 1e-400 | 5e-324 | -5e-324 | -1 | 0.5 | "0"'
AROUND_ONE: Final = '1e0 | 10e-1 | 2 | -1 | 0.9999999999999999 | 1.0000000000000002 | "1"'
AROUND_TENTH: Final = '1e-1 | 0.1 | 0.10000000000000002 | 0.30000000000000004 | "0.1"'
AROUND_RANGES: Final = (
    "1.0 | 5 | 5.0 | 3 | 4.5 | 6 | 7.999 | 8 | 20 | 20.0 | 20.000000000000004"
    ' | 0.9999999999999999 | 9 | 9.5 | -3 | [0,6] | [0,21] | ["3",true]'
)
# 2**53 and 2**53 + 1: as doubles they are the same number.
AROUND_2_53: Final = (
    "9007199254740991 | 9007199254740992 | 9007199254740993 | 9007199254740994"
    " | 9007199254740992.0 | 9007199254740993.0 | 9007199254740994.0 | -9007199254740993"
    ' | 9.007199254740993e15 | "9007199254740993" | 1e308'
)
# 1e23 is not 10**23: the nearest double is a little less, and that is its value.
NEAR_1E23: Final = "99999999999999991611392"
AROUND_1E23: Final = "1e23 | 1.0e+23 | 100000000000000000000000.0 | 99999999999999991611393"

BLOCKS: Final = (
    Block(IN, '["abc"]', '"abc"', '"abcd"', AROUND_ABC),
    Block(IN, '["abc","xyz"]', '"xyz"', '"ab"', AROUND_ABC),
    Block(IN, '[""]', '""', '" "', r'"\u0000"'),
    Block(IN, '["10","true","null"]', '"true"', "10", '"null" | "10.0" | "True"'),
    Block(IN, r'["\u00e9"]', r'"\u00e9"', r'"e\u0301"', ACCENTS),
    Block(STARTS, '["abc"]', '"abcd"', '"xabc"', AROUND_ABC),
    Block(STARTS, '["abc","xyz"]', '"xyzz"', '"ab"', AROUND_ABC),
    Block(STARTS, '[""]', '"x"', "1", r'" " | "\u0000"'),
    Block(STARTS, '["1","t"]', '"10"', "10", '"true" | "1" | "01"'),
    Block(STARTS, '["e"]', r'"e\u0301"', r'"\u00e9"', ACCENTS),
    Block(STARTS, r'["\ud83d\ude00"]', r'"\ud83d\ude00!"', r'"\ud83d\ude01"', '"!"'),
    Block(ENDS, '["abc"]', '"xabc"', '"abcd"', AROUND_ABC),
    Block(ENDS, '["abc","xyz"]', '"abxyz"', '"bc"', AROUND_ABC),
    Block(ENDS, '[""]', '"x"', "1", r'" " | "\u0000"'),
    Block(ENDS, '["0","e"]', '"10"', "10", '"true" | "0" | "e1"'),
    Block(ENDS, r'["\u0301"]', r'"e\u0301"', r'"\u00e9"', ACCENTS),
    Block(NUMBERS, "[10]", "10", "11", AROUND_TEN),
    Block(NUMBERS, "[10,20]", "20", "15", AROUND_TEN + " | [10,20] | [15,16]"),
    Block(NUMBERS, "[0]", "0", "5e-324", AROUND_ZERO),
    Block(NUMBERS, "[1]", "1", "2", AROUND_ONE),
    Block(NUMBERS, "[1.0]", "1", "2", AROUND_ONE),
    Block(NUMBERS, "[-2.5,3]", "-2.5", "2.5", "3.0 | -25e-1 | -2 | -3"),
    Block(NUMBERS, "[9007199254740993]", "9007199254740993", "9007199254740992", AROUND_2_53),
    Block(NUMBERS, "[9007199254740992.0]", "9007199254740992", "9007199254740993", AROUND_2_53),
    Block(NUMBERS, "[0.1]", "0.10000000000000000001", "0.11", AROUND_TENTH),
    Block(NUMBERS, "[1e23]", NEAR_1E23, "100000000000000000000000", AROUND_1E23),
    Block(BELOW, "10", "9", "11", AROUND_TEN),
    Block(BELOW, "0", "-1", "5e-324", AROUND_ZERO),
    Block(BELOW, "1.0", "0.5", "2", AROUND_ONE),
    Block(BELOW, "9007199254740993", "9007199254740992", "9007199254740994", AROUND_2_53),
    Block(ABOVE, "10", "11", "9", AROUND_TEN),
    Block(ABOVE, "0", "5e-324", "-1", AROUND_ZERO),
    Block(ABOVE, "1.0", "2", "0.5", AROUND_ONE),
    Block(ABOVE, "9007199254740992.0", "9007199254740993", "9007199254740991", AROUND_2_53),
    Block(RANGES, "[[1,5]]", "5", "6", AROUND_RANGES),
    Block(RANGES, "[[1,5],[8,20]]", "20", "6", AROUND_RANGES),
    Block(RANGES, "[[1,5],[5,9]]", "5", "9.5", AROUND_RANGES),
    Block(RANGES, "[[8,20],[1,9]]", "8.5", "20.5", AROUND_RANGES),
    Block(RANGES, "[[10,10]]", "10.0", "11", AROUND_TEN),
    Block(RANGES, "[[-0.0,0]]", "0", "5e-324", AROUND_ZERO),
    Block(RANGES, "[[0,1.0]]", "1", "2", AROUND_ONE),
    Block(
        RANGES,
        "[[9007199254740992,9007199254740992.0]]",
        "9007199254740992",
        "9007199254740993",
        AROUND_2_53,
    ),
    Block(("IsNull",), "", "null", "0", '"null" | [null,null]'),
    Block(("IsNotNull",), "", "0", "null", '"null" | [null,null]'),
    Block(("IsTrue",), "", "true", "false", '"true" | 2'),
    Block(("IsNotTrue",), "", "false", "true", '"false" | -0.0'),
)


def operand(block: Block) -> str:
    """Give the operand members of a block's condition, as JSON text."""
    if not block.operand:
        return "{}"
    return f'{{"{"values" if block.operand[0] == "[" else "value"}": {block.operand}}}'


def inputs(block: Block) -> list[str]:
    """Give the inputs of a block, each once: all kinds, the near ones, and arrays of these."""
    inside, outside = block.inside, block.outside
    arrays = (
        *(f"[{inside}]", f"[{outside}]", f"[{outside},{inside}]", f"[{outside},{outside}]"),
        *(f'[null,{{}},"?",true,{inside}]', f'[null,{{}},"?",true,{outside}]'),
        *(f"[[{inside}]]", f"[{outside},[{inside}]]", f'{{"abc":{inside}}}'),
    )
    near = block.near.split(" | ")
    return list(dict.fromkeys([*KINDS.split(" | "), inside, outside, *near, *arrays]))


def cases(block: Block, op: str) -> Iterator[tuple[str, bool]]:
    """Yield each input of a block with the answer of one of its operators."""
    condition = {"op": op, **json.loads(operand(block))}
    if op == block.ops[0]:
        assert holds(condition, json.loads(block.inside)), block
        assert not holds(condition, json.loads(block.outside)), block
    for text in inputs(block):
        yield text, holds(condition, MISSING if text == "missing" else json.loads(text))


def render() -> str:
    """Give the whole table as JSON text, one case a line."""
    return "[\n" + ",\n".join(_entry(block, op) for block in BLOCKS for op in block.ops) + "\n]\n"


def _entry(block: Block, op: str) -> str:
    lines = ",\n".join(_line(text, answer) for text, answer in cases(block, op))
    return f'{{"op": "{op}", "operand": {operand(block)}, "cases": [\n{lines}\n]}}'


def _line(text: str, answer: bool) -> str:
    given = "" if text == "missing" else f'"input": {text}, '
    return f'  {{{given}"holds": {json.dumps(answer)}}}'


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="ascii")
