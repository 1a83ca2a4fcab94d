"""The faults that are put into a module: what each kind of syntax is replaced with.

Every mutant is one replacement in the source text, so that it reads as a diff. Left alone
is what only people read: docstrings, annotations, f-strings, what is given to ``problem``,
``message = ...`` and ``hint=``.
"""

import ast
import difflib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_TWINS: Final = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "startswith": "endswith",
    "endswith": "startswith",
    "match": "search",
    "fullmatch": "match",
    "bisect_left": "bisect_right",
    "bisect_right": "bisect_left",
    "ge": "gt",
    "gt": "ge",
    "le": "lt",
    "lt": "le",
    "lstrip": "strip",
}
_FOR_PEOPLE: Final = frozenset({"problem", "Problem", "Literal", "TypeVar", "cast"})
_MESSAGES: Final = frozenset({"message", "hint", "__all__", "__slots__"})


class Mutant(NamedTuple):
    """One fault: its number in the module, the place, the text before and after."""

    number: int
    line: int
    start: int
    end: int
    text: str

    def source(self, original: bytes) -> bytes:
        """Return the module with the fault."""
        return original[: self.start] + self.text.encode() + original[self.end :]

    def diff(self, original: bytes) -> str:
        """Return the fault as a unified diff without context."""
        before, after = original.decode().splitlines(), self.source(original).decode().splitlines()
        lines = [*difflib.unified_diff(before, after, n=0, lineterm="")][3:]
        return "\n".join([f"mutant {self.number}, line {self.line}", *lines])


def mutants(original: bytes) -> list[Mutant]:
    """Return every mutant of a module, numbered in the order of the text."""
    starts = [0]
    for line in original.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: dict[tuple[int, int, str], int] = {}
    for node in _code(ast.parse(original)):
        for old, text in _faults(node):
            start = starts[old.lineno - 1] + old.col_offset  # type: ignore[attr-defined] # has a place
            end = starts[old.end_lineno - 1] + old.end_col_offset  # type: ignore[attr-defined] # the same
            found.setdefault((start, end, text), old.lineno)  # type: ignore[attr-defined] # the same
    return [
        Mutant(number, line, *place)
        for number, (place, line) in enumerate(sorted(found.items()), start=1)
    ]


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk over what runs: no docstrings, annotations, messages."""
    for node in _children(tree):
        yield node
        yield from _code(node)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name, field in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        for each in field if isinstance(field, list) else [field]:
            if isinstance(each, ast.AST) and not _is_for_people(each):
                yield each


def _is_for_people(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()) | ast.keyword(arg="hint"):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in _MESSAGES or _is_type(node.value)
        case ast.Call(func=ast.Name(id=name)):
            return name in _FOR_PEOPLE
    return False


def _is_type(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and (node.value.id in {"Callable", "Literal"})
    )


def _faults(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield what to replace, and with what."""
    if isinstance(node, ast.stmt):
        yield from _statement(node)
    elif isinstance(node, ast.expr):
        for new in _expression(node):
            yield node, f"({ast.unparse(new)})"
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield test, "True"
            yield test, f"(not ({ast.unparse(test)}))"
    elif isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple):
        for new in _without_each(node.type.elts):
            yield node.type, ast.unparse(ast.Tuple(new, ast.Load()))


def _statement(node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield node, "return None"
        case ast.If() | ast.While():
            yield node.test, f"(not ({ast.unparse(node.test)}))"
            yield node.test, "False"
            if isinstance(node, ast.If):
                yield node.test, "True"


def _expression(node: ast.expr) -> Iterator[ast.expr]:  # noqa: C901, PLR0912 # one table
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in _COMPARISONS[type(op)]:
                yield ast.Compare(left, [other()], [right])
        case ast.Compare(left=left, ops=ops, comparators=rights):
            for place, op in enumerate(ops):
                for other in _COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:place], other(), *ops[place + 1 :]], rights)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for fewer in _without_each(values):
                yield ast.BoolOp(op, fewer) if len(fewer) > 1 else fewer[0]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield body
            yield orelse
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value=value):
            yield from map(ast.Constant, _constants(value))
        case ast.Call():
            yield from _call(node)
        case ast.Name(id=name) if name in _TWINS and isinstance(node.ctx, ast.Load):
            yield ast.Name(_TWINS[name])
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper)):
            if lower is not None:
                yield ast.Subscript(value, ast.Slice(None, upper), node.ctx)
            if upper is not None:
                yield ast.Subscript(value, ast.Slice(lower, None), node.ctx)
        case ast.Lambda(args=args, body=body) if not isinstance(body, ast.Constant):
            yield ast.Lambda(args, ast.Constant(None))
        case ast.Set(elts=elements) if len(elements) > 1:
            for fewer in _without_each(elements):
                yield ast.Set(fewer)


def _constants(value: object) -> tuple[object, ...]:
    if type(value) is bool:
        return (not value,)
    if type(value) is int:
        return value + 1, value - 1
    if type(value) is str:
        return ("XX" + value,) if not value else ("XX" + value, "")
    return (b"XX" + value,) if type(value) is bytes else ()


def _call(node: ast.Call) -> Iterator[ast.expr]:
    func, args, keywords = node.func, node.args, node.keywords
    if len(args) + len(keywords) > 1:
        for fewer in _without_each(args):
            yield ast.Call(func, fewer, keywords)
    for less in _without_each(keywords):
        yield ast.Call(func, args, less)
    if isinstance(func, ast.Attribute) and func.attr in _TWINS:
        yield ast.Call(ast.Attribute(func.value, _TWINS[func.attr], ast.Load()), args, keywords)


def _without_each(items: list[Any]) -> list[list[Any]]:
    return [items[:place] + items[place + 1 :] for place in range(len(items))]
