"""The mutants of a source: pure, from its syntax tree.

Left alone is what decides nothing: docstrings, annotations, imports, `__all__`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OTHER = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
    ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*",
    ast.BitOr: "&", ast.BitAnd: "|", ast.BitXor: "|", ast.LShift: ">>", ast.RShift: "<<",
    ast.And: "or", ast.Or: "and",
}  # fmt: skip
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
COLLECTIONS = (ast.Tuple, ast.List, ast.Set)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A source changed in one place."""

    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        """The change in one row."""
        return f"{_row(self.before)}  ->  {_row(self.after) or '(nothing)'}"


def _row(text: str) -> str:
    row = " ".join(text.split())
    return row if len(row) <= 90 else f"{row[:87]}..."


def mutants(source: str) -> Iterator[Mutant]:
    """Answers every mutant of a source, in the order of its lines; each of them compiles."""
    text = _Text(source)
    tree = ast.parse(source)
    seen = set()
    found = sorted(
        ((node, after) for node, after in _changes(tree)),
        key=lambda one: (one[0].lineno, one[0].col_offset),
    )
    for node, after in found:
        before = text.of(node)
        mutant = Mutant(node.lineno, before, after(text), text.replaced(node, after(text)))
        if mutant.source not in seen and _compiles(mutant.source):
            seen.add(mutant.source)
            yield mutant


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


class _Text:
    """A source whose nodes are replaced by their place; columns count octets (`ast`)."""

    def __init__(self, source: str) -> None:
        self.rows = source.encode().splitlines(keepends=True)

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Answers a node's text."""
        first, last = self._ends(node)
        return b"".join(self.rows)[first:last].decode()

    def replaced(self, node: ast.expr | ast.stmt, after: str) -> str:
        """Answers the whole source with another text in a node's place."""
        first, last = self._ends(node)
        whole = b"".join(self.rows)
        return (whole[:first] + after.encode() + whole[last:]).decode()

    def _ends(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        def at(line: int, column: int) -> int:
            return sum(map(len, self.rows[: line - 1])) + column

        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)


def _changes(tree: ast.Module) -> Iterator[tuple]:
    """Answers pairs of a node and what makes its new text of the source."""
    for node in _deciding(tree):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                yield from _always(test)
            case ast.comprehension(ifs=ifs):
                for test in ifs:
                    yield test, lambda _: "True"
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield node, _between(left, OTHER[type(op)], right)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OTHER:
                yield node, _between(left, OTHER[type(op)], right)
            case ast.BoolOp(op=op, values=values):
                yield node, _joined(values, OTHER[type(op)])
                for one in values:
                    rest = [other for other in values if other is not one]
                    yield node, _joined(rest, "and" if isinstance(op, ast.And) else "or")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield node, lambda text, operand=operand: f"({text.of(operand)})"
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                yield node, lambda _: "return None"
            case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise():
                yield node, lambda _: "pass"
            case ast.Call(func=ast.Name(id=name) as func) if name in SWAPPED:
                yield func, lambda _, name=name: SWAPPED[name]
            case ast.Constant(value=value):
                yield from ((node, after) for after in _constants(value))
            case ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts):
                yield from _without_one(node, elts)
            case ast.Dict(keys=keys, values=values) if len(values) > 1:
                for index in range(len(values)):
                    pairs = [p for n, p in enumerate(zip(keys, values, strict=True)) if n != index]
                    yield node, _dictionary(pairs)


def _deciding(node: ast.AST) -> Iterator[ast.AST]:
    """Answers the nodes that decide something."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "format_spec"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_still(child):
                continue
            yield child
            if isinstance(child, ast.JoinedStr | ast.MatchValue):  # its parts have no place of own
                continue
            yield from _deciding(child)


def _is_still(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring, or `...`
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


def _always(test: ast.expr) -> Iterator[tuple]:
    yield test, lambda _: "True"
    yield test, lambda _: "False"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _constants(value: object) -> Iterator:
    if isinstance(value, bool):
        yield lambda _: str(not value)
    elif isinstance(value, int | float):
        yield lambda _: repr(value + 1)
    elif isinstance(value, str | bytes) and value:
        yield lambda _: repr(value[:0])


def _between(left: ast.expr, word: str, right: ast.expr):
    return lambda text: f"({text.of(left)}) {word} ({text.of(right)})"


def _joined(values: list[ast.expr], word: str):
    return lambda text: f" {word} ".join(f"({text.of(one)})" for one in values)


def _without_one(node: ast.expr, elements: list[ast.expr]) -> Iterator[tuple]:
    if len(elements) < 2 or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    for one in elements:
        rest = [other for other in elements if other is not one]
        yield node, _listed(node, rest)


def _listed(node: ast.expr, rest: list[ast.expr]):
    first, last = {ast.Tuple: "()", ast.List: "[]", ast.Set: "{}"}[type(node)]
    end = "," if isinstance(node, ast.Tuple) else ""
    return lambda text: f"{first}{', '.join(map(text.of, rest))}{end}{last}"


def _dictionary(pairs: list):
    def made(text: _Text) -> str:
        rows = (
            f"**{text.of(value)}" if key is None else f"{text.of(key)}: {text.of(value)}"
            for key, value in pairs
        )
        return "{" + ", ".join(rows) + "}"

    return made
