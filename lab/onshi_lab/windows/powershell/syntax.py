"""Parsing: from script text to a syntax tree, and Windows PowerShell's parse errors.

tree-sitter-powershell accepts a little more than 5.1 does (`&&`, `||`, a key twice in a hashtable);
that is refused here. It also refuses things that Windows takes: `plain` writes typographic quotes
and capital suffixes of numbers as it wants them, `repair` rewrites a bareword list
(`Select-Object A, B`) and the like, and what nobody uses is refused by name (`GAPS`).
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from tree_sitter import Language, Node, Parser, Tree

from onshi_lab.windows.powershell.errors import ErrorRecord, Position, PSError, unsupported

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
    "switch_statement": "switch",
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
    rest = [node]
    while rest:
        one = rest.pop()
        yield one
        rest.extend(reversed(one.children))


@lru_cache(maxsize=64)
def parse(script: str, file: str = "") -> tuple[Tree, bytes]:
    """The tree and bytes of a script; those of the last scripts are kept.

    Raises PSError with a parse error as Windows reports it, Unsupported for what the lab lacks.
    """
    script = plain(script.replace("\r\n", "\n"))
    refuse_gaps(script)
    source = script.encode()
    tree = _parser().parse(source)
    if tree.root_node.has_error:
        repaired = repair(script).encode()
        again = _parser().parse(repaired)
        if not again.root_node.has_error:
            tree, source = again, repaired
    if tree.root_node.has_error:
        raise PSError(_error(tree.root_node, source, file))
    for node in walk(tree.root_node):
        if node.type == "pipeline_chain_tail":
            message = REFUSED[node.type].format(text(node))
            raise PSError(_record(message, "InvalidEndOfLine", position(node, source, file)))
        if node.type in REFUSED:
            raise unsupported(REFUSED[node.type], position(node, source, file))
        if node.type == "hash_literal_body":
            _refuse_twins(node, source, file)
    return tree, source


def _refuse_twins(node: Node, source: bytes, file: str) -> None:
    """Raises PSError where a hashtable names a key twice; as strings in any case they are one."""
    seen: set[str] = set()
    for entry in named(node):
        key = named(entry)[0]
        name = text(key).strip().strip("'\"").lower()
        if name in seen:
            message = f"Duplicate keys '{name}' are not allowed in hash literals."
            where = position(key, source, file)
            raise PSError(_record(message, "DuplicateKeyInHashLiteral", where))
        if "$" not in name and "(" not in name:
            seen.add(name)


GAPS = (
    (re.compile(r"(?i)(?<![\w$.-])switch(?=\s*[-(])"), "switch"),
    (re.compile(r"(?im)(?:^|[;{])\s*:\w+\s+(?:foreach|for|while|do)\b"), "a label"),
    (re.compile(r"(?i)\.(?:foreach|where)\s*\("), "the methods ForEach and Where of collections"),
    (re.compile(r"(?i)(?<![\w$.])\d*\.\d+d\b"), "a Decimal with a fraction"),
    (re.compile(r"(?i)(?<![\w$])--%"), "--%"),
)
"""What Windows has, the grammar can't read, and neither the product nor a client uses."""


def refuse_gaps(script: str) -> None:
    """Raises Unsupported for the first gap outside of strings and comments."""
    code = "".join(" " * len(p.text) if p.quoted else p.text for p in parts(script))
    for pattern, name in GAPS:
        if pattern.search(code):
            raise unsupported(name)


SINGLE, DOUBLE = "'\u2018\u2019\u201a\u201b", '"\u201c\u201d\u201e'
"""Quotation marks: each of a kind is as good as the others (language specification, 2.3.5.2)."""
SUFFIX = re.compile(r"(?i)(?<![\w$.-])((?:0x[0-9a-f]+|\d[\d.]*))([ld]?(?:[kmgtp]b)?)(?!\w)")


def plain(script: str) -> str:
    """The same script with ASCII quotation marks and small suffixes of numbers."""
    out = []
    for part in parts(script):
        if not part.quoted:
            out.append(SUFFIX.sub(lambda m: m[1] + m[2].lower(), part.text))
        elif part.text[0] in SINGLE + DOUBLE and part.text[-1] in SINGLE + DOUBLE:
            mark = "'" if part.text[0] in SINGLE else '"'
            out.append(mark + part.text[1:-1] + mark)
        else:
            out.append(part.text)
    return "".join(out)


class Part(NamedTuple):
    """A stretch of a script: code, or a string or comment; `open` where that never ends."""

    text: str
    quoted: bool = False
    open: bool = False


def parts(script: str) -> Iterator[Part]:
    """The script cut into code, and strings and comments."""
    start = place = 0
    while place < len(script):
        end = _skipped(script, place)
        if end is None:
            place += 2 if script[place] == "`" else 1
            continue
        if place > start:
            yield Part(script[start:place])
        yield Part(script[place : end or len(script)], True, end == 0)
        start = place = end or len(script)
    if start < len(script):
        yield Part(script[start:])


def _skipped(script: str, place: int) -> int | None:
    """Where the string or comment that begins here ends, 0 if nowhere; None where none begins."""
    char = script[place]
    if char in SINGLE + DOUBLE:
        return _string_end(script, place)
    if script.startswith("<#", place):
        return script.find("#>", place) + 2 if "#>" in script[place:] else 0
    if char == "#" and (place == 0 or script[place - 1] in " \t\n;{(,|"):
        end = script.find("\n", place)
        return len(script) if end < 0 else end
    return None


def _string_end(script: str, start: int) -> int:
    """What follows a string's last quotation mark; 0 where it has none."""
    marks = SINGLE if script[start] in SINGLE else DOUBLE
    if script[start - 1 : start] == "@" and re.match(r"[ \t]*\n", script[start + 1 :]):
        found = re.compile(f"\n[{marks}]@").search(script, start)
        return 0 if found is None else found.end()
    place = start + 1
    while place < len(script):
        if marks is DOUBLE and script.startswith("$(", place):
            place = _closing(script, place + 1)
        elif marks is DOUBLE and script[place] == "`":
            place += 1
        elif script[place] in marks:
            if place + 1 == len(script) or script[place + 1] not in marks:
                return place + 1
            place += 1
        place += 1
    return 0


BAREWORDS = re.compile(
    r"(?<=[\w'] )[A-Za-z_]\w*(?:(?:\s*,\s*[A-Za-z_]\w*)+(?=[\s|;)]|$)|(?=\s*,\s*@))"
)
PARAM = re.compile(r"\{[ \t]*((?:\[CmdletBinding\([^)]*\)\][ \t]*)?param[ \t]*\()", re.I)
EMPTY_BLOCK = re.compile(r"(?<=[&.] )\{\s*\}")


def repair(script: str) -> str:
    """The same script in forms that the grammar takes: what Windows takes and the grammar doesn't.

    A bareword list gets quotes, a param block on the line of its brace gets lines of its own, an
    empty block that is called a semicolon.
    """
    script = _in_code(script, lambda part: EMPTY_BLOCK.sub("{;}", BAREWORDS.sub(_quoted, part)))
    place = 0
    while (match := PARAM.search(script, place)) is not None:
        start = match.end() - 1
        end = _closing(script, start)
        block = script[match.start(1) : end + 1]
        script = f"{script[: match.start()]}{{\n{block}\n{script[end + 1 :]}"
        place = match.start() + 2
    return script


def _quoted(match: re.Match[str]) -> str:
    return ", ".join(f"'{word.strip()}'" for word in match[0].split(","))


def _in_code(script: str, change: Callable[[str], str]) -> str:
    """Applies a change to what is no string and no comment."""
    return "".join(p.text if p.quoted else change(p.text) for p in parts(script))


def _closing(script: str, start: int) -> int:
    """Where the bracket opened at `start` closes; the end of the script where it doesn't."""
    depth, place = 0, start
    while place < len(script):
        skipped = _skipped(script, place)
        if skipped is not None:
            place = skipped or len(script)
            continue
        depth += {"(": 1, ")": -1}.get(script[place], 0)
        if depth == 0:
            return place
        place += 2 if script[place] == "`" else 1
    return len(script) - 1


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


def is_incomplete(script: str) -> bool:
    """Whether more input could complete the script: an open bracket, string or pipe."""
    depth, code = 0, ""
    for part in parts(script):
        if part.open:
            return True
        code = "" if part.quoted else re.sub(r"`.", "", part.text)
        depth += sum((char in "({[") - (char in ")}]") for char in code)
    return depth > 0 or code.rstrip(" \t\n").endswith(("|", "`", ","))
