"""What may not stand in the library, looked for in its syntax trees."""

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

EDGES: Final = frozenset(
    {
        "__main__",
        "chunks",
        "cli",
        "files",
        "parallel",
        "positions",
        "progress",
        "reporters",
        "ruletexts",
        "streams",
    }
)
PRINTERS: Final = frozenset({"cli", "reporters", "progress"})
# What the program writes and waits for is an edge's matter; what runs code is nobody's.
_FORBIDDEN_MODULES: Final = frozenset(
    {"pickle", "marshal", "shelve", "ctypes", "code", "codeop", "runpy", "tempfile"}
)
_EDGE_MODULES: Final = frozenset(
    {"socket", "asyncio", "subprocess", "multiprocessing", "os", "shutil", "random", "urllib"}
)
_CODE: Final = frozenset({"exec", "eval", "compile", "__import__", "globals", "breakpoint"})
_BY_NAME: Final = frozenset({"getattr", "setattr", "delattr"})
_FILE_METHODS: Final = frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes"})
_PATTERN_CALLS: Final = frozenset(
    {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer", "subn"}
)


class Finding(NamedTuple):
    """A forbidden construct: the rule, the module, its source text."""

    rule: str
    module: str
    text: str


def find(source: str, module: str) -> list[Finding]:
    """Find every forbidden construct of a module of the library."""
    tree = ast.parse(source)
    at_import = {id(node) for each in tree.body for node in _without_arguments(each)}
    return [
        Finding(rule, module, ast.unparse(node).partition("\n")[0])
        for node in ast.walk(tree)
        for rule in _rules(node, module, is_at_import=id(node) in at_import)
    ]


def _rules(node: ast.AST, module: str, *, is_at_import: bool) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield from _calls(node, module, is_at_import=is_at_import)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imports(node, module)
    elif isinstance(node, ast.Assert):
        yield "assert"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        if not isinstance(node.right, ast.Constant) or isinstance(node.left, ast.Constant):
            yield "% on what may be text"
    elif isinstance(node, ast.ExceptHandler):
        if any(isinstance(each, ast.Raise) for each in _inside(node.body)):
            yield "raise in a handler"
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        if any(map(_is_mutable, defaults)):
            yield "mutable default"


def _calls(node: ast.Call, module: str, *, is_at_import: bool) -> Iterator[str]:
    called = node.func
    if isinstance(called, ast.Name):
        if called.id in _CODE:
            yield "code from text"
        elif called.id in _BY_NAME and not _is_text(node.args[1:2]):
            yield "attribute by name"
        elif called.id == "print" and module not in PRINTERS:
            yield "print"
        elif called.id == "open" and module not in EDGES:
            yield "file"
    elif isinstance(called, ast.Attribute):
        if called.attr in ("format", "format_map"):
            yield "format"
        elif called.attr in _FILE_METHODS and module not in EDGES:
            yield "file"
        elif called.attr in ("isdigit", "isnumeric"):
            yield "digits that are not ASCII"
        elif _is_module(called.value, "re") and called.attr in _PATTERN_CALLS:
            yield from _patterns(node, is_at_import=is_at_import)


def _patterns(node: ast.Call, *, is_at_import: bool) -> Iterator[str]:
    """A pattern is written out, or made of what a module knows by itself: never of input."""
    if not is_at_import and not _is_text(node.args[:1]):
        yield "pattern from a variable"
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            plain = each.value.replace("\\\\", "").replace("\\$", "").replace("[$", "")
            if any(mark in plain for mark in ("\\d", "\\w", "\\s", "$")):
                yield "pattern that is not ASCII or ends early"


def _imports(node: ast.Import | ast.ImportFrom, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = {alias.name.partition(".")[0] for alias in node.names}
    else:
        names = {(node.module or "").partition(".")[0]}
    if names & _FORBIDDEN_MODULES:
        yield "import of what runs code"
    if names & _EDGE_MODULES and module not in EDGES:
        yield "import of the world outside"


def _without_arguments(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs at import, or in functions that are given nothing."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        given = node.args
        if given.posonlyargs or given.args or given.kwonlyargs or given.vararg or given.kwarg:
            return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _without_arguments(child)


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs where it stands."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)


def _inside(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Walk what runs in a handler, functions that it only defines left out."""
    for statement in body:
        yield from _outside_functions(statement)


def _is_text(arguments: list[ast.expr]) -> bool:
    return bool(arguments) and all(
        isinstance(each, ast.Constant) and isinstance(each.value, str) for each in arguments
    )


def _is_module(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_mutable(node: ast.expr) -> bool:
    makes = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp) or (
        makes and node.func.id in ("list", "dict", "set", "bytearray")  # type: ignore[attr-defined] # tested above
    )
