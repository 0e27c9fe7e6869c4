"""Parsing: from script text to a syntax tree, and Windows PowerShell's parse errors.

tree-sitter-powershell accepts a little more than 5.1 does (`&&`, `||`); that is refused here. It
also refuses things that Windows takes, such as a bareword list after a parameter
(`Select-Object A, B`); `repair` rewrites the ones that are known.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from tree_sitter import Language, Node, Parser, Tree

from onshi_lab.windows.powershell.errors import ErrorRecord, Position, PSError

CHAIN = frozenset(
    {
        "pipeline_chain",
        "logical_expression",
        "bitwise_expression",
        "comparison_expression",
        "additive_expression",
        "multiplicative_expression",
        "format_expression",
        "range_expression",
        "array_literal_expression",
        "unary_expression",
        "logical_argument_expression",
        "bitwise_argument_expression",
        "comparison_argument_expression",
        "additive_argument_expression",
        "multiplicative_argument_expression",
        "format_argument_expression",
        "range_argument_expression",
        "argument_expression",
        "sub_argument_expression",
    }
)
"""Nodes that only stand for their one child."""
REFUSED = {
    "pipeline_chain_tail": "The token '{0}' is not a valid statement separator in this version.",
    "class_statement": "class",
    "enum_statement": "enum",
    "trap_statement": "trap",
    "data_statement": "data",
    "inlinescript_statement": "inlinescript",
    "parallel_statement": "parallel",
    "sequence_statement": "sequence",
}


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_powershell

    return Parser(Language(tree_sitter_powershell.language()))


def text(node: Node) -> str:
    """The source text of a node."""
    return (node.text or b"").decode()


def collapse(node: Node) -> Node:
    """The node that a chain of one-child nodes stands for."""
    while node.type in CHAIN and node.child_count == 1:
        node = node.children[0]
    return node


def named(node: Node) -> list[Node]:
    """The named children, without comments."""
    return [c for c in node.named_children if c.type != "comment"]


def field(node: Node, name: str) -> Node:
    """A child by its field name; LookupError where the grammar gave none."""
    child = node.child_by_field_name(name)
    if child is None:
        raise LookupError(f"{node.type} has no {name}")
    return child


def position(node: Node, source: bytes, file: str = "") -> Position:
    """Where a node stands."""
    row, column = node.start_point
    lines = source.split(b"\n")
    line = lines[row] if row < len(lines) else b""
    char = len(line[:column].decode("utf-8", "replace")) + 1
    whole = line.decode("utf-8", "replace").rstrip("\r")
    length = len(text(node).split("\n")[0])
    return Position(row + 1, char, whole, max(1, length), file)


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, in order."""
    yield node
    for child in node.children:
        yield from walk(child)


def parse(script: str, file: str = "") -> tuple[Tree, bytes]:
    """The tree and bytes of a script; raises PSError with a parse error as Windows reports it."""
    plain = script.replace("\r\n", "\n")
    source = plain.encode()
    tree = _parser().parse(source)
    if tree.root_node.has_error:
        repaired = repair(plain).encode()
        again = _parser().parse(repaired)
        if not again.root_node.has_error:
            tree, source = again, repaired
    if tree.root_node.has_error:
        raise PSError(_error(tree.root_node, source, file))
    for node in walk(tree.root_node):
        if node.type in REFUSED:
            raise PSError(_refusal(node, source, file))
    return tree, source


BAREWORDS = re.compile(r"(?<=[\w'] )([A-Za-z_]\w*)((?:\s*,\s*[A-Za-z_]\w*)+)(?=[\s|;)]|$)")
PARAM = re.compile(r"\{[ \t]*((?:\[CmdletBinding\([^)]*\)\][ \t]*)?param[ \t]*\()", re.I)


def repair(script: str) -> str:
    """The same script in forms that the grammar takes: what Windows takes and the grammar doesn't.

    A bareword list gets quotes, a param block on the line of its brace gets lines of its own.
    """
    quoted = _outside_strings(script, lambda part: BAREWORDS.sub(_quote_words, part))
    position_ = 0
    while (match := PARAM.search(quoted, position_)) is not None:
        start = match.end() - 1
        end = _closing(quoted, start)
        block = quoted[match.start(1) : end + 1]
        quoted = f"{quoted[: match.start()]}{{\n{block}\n{quoted[end + 1 :]}"
        position_ = match.start() + 2
    return quoted


def _quote_words(match: re.Match[str]) -> str:
    words = re.split(r"\s*,\s*", match[1] + match[2])
    return ", ".join(f"'{word}'" for word in words)


def _outside_strings(script: str, change: Callable[[str], str]) -> str:
    """Applies a change to the text between string literals."""
    out, start, position_ = [], 0, 0
    while position_ < len(script):
        if script[position_] in "'\"":
            end = _string_end(script, position_)
            if end < 0:
                break
            out += [change(script[start:position_]), script[position_ : end + 1]]
            start = position_ = end + 1
            continue
        position_ += 2 if script[position_] == "`" else 1
    return "".join([*out, change(script[start:])])


def _closing(script: str, start: int) -> int:
    """Where the bracket opened at `start` closes; the end of the script where it doesn't."""
    depth, position_ = 0, start
    while position_ < len(script):
        if script[position_] in "'\"":
            end = _string_end(script, position_)
            position_ = len(script) if end < 0 else end
        elif script[position_ : position_ + 1] in ("(", ")"):
            depth += 1 if script[position_] == "(" else -1
            if depth == 0:
                return position_
        position_ += 1
    return len(script) - 1


def _refusal(node: Node, source: bytes, file: str) -> ErrorRecord:
    message = REFUSED[node.type].format(text(node))
    error_id = "InvalidEndOfLine"
    if node.type != "pipeline_chain_tail":
        message = f"The lab's PowerShell subset does not have this: {message}"
        error_id = "MockUnsupported"
    return _record(message, error_id, position(node, source, file))


def _record(message: str, error_id: str, where: Position) -> ErrorRecord:
    return ErrorRecord(
        message,
        error_id,
        "ParserError",
        "System.Management.Automation.ParseException",
        position=where,
        reason="ParentContainsErrorRecordException",
    )


def _error(root: Node, source: bytes, file: str) -> ErrorRecord:
    bad = next((n for n in walk(root) if n.is_missing), None)
    if bad is not None:
        where = position(bad, source, file)
        return _record(
            f"Missing closing '{bad.type}' in statement block or type definition.",
            "MissingEndCurlyBrace",
            where,
        )
    bad = next((n for n in walk(root) if n.is_error), root)
    where = position(bad, source, file)
    if is_incomplete(source.decode()):
        return _record(
            "Missing closing '}' in statement block or type definition.",
            "MissingEndCurlyBrace",
            where,
        )
    token = text(bad).split("\n")[0].strip().split(" ")[0] or where.text
    return _record(
        f"Unexpected token '{token}' in expression or statement.", "UnexpectedToken", where
    )


_CLOSERS = {"(": ")", "{": "}", "[": "]"}


def is_incomplete(script: str) -> bool:
    """Whether more input could complete the script: an open bracket, string or pipe."""
    stack, position_, length = 0, 0, len(script)
    while position_ < length:
        char = script[position_]
        if char == "`":
            position_ += 2
            continue
        if char == "#" and (position_ == 0 or script[position_ - 1] in " \t\n;{("):
            end = script.find("\n", position_)
            if end < 0:
                break
            position_ = end
        elif char in "'\"":
            end = _string_end(script, position_)
            if end < 0:
                return True
            position_ = end
        elif char in _CLOSERS:
            stack += 1
        elif char in ")}]":
            stack -= 1
        position_ += 1
    tail = script.rstrip()
    return stack > 0 or tail.endswith(("|", "`", ","))


def _string_end(script: str, start: int) -> int:
    quote = script[start]
    if start and script[start - 1] == "@" and "\n" in script[start:]:
        end = script.find("\n" + quote + "@", start)
        return end + 2 if end >= 0 else -1
    position_ = start + 1
    while position_ < len(script):
        char = script[position_]
        if char == "`" and quote == '"':
            position_ += 1
        elif char == quote:
            if script[position_ + 1 : position_ + 2] != quote:
                return position_
            position_ += 1
        position_ += 1
    return -1
