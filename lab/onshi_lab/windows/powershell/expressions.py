"""Expressions: literals, variables, strings, members, indexes, casts, assignment.

Source: about_Quoting_Rules, about_Arrays, about_Hash_Tables, about_Assignment_Operators.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tree_sitter import Node

from onshi_lab.windows.powershell import operators
from onshi_lab.windows.powershell.arithmetic import compute
from onshi_lab.windows.powershell.convert import (
    convert,
    full_type_name,
    known_type,
    literal,
    to_number,
)
from onshi_lab.windows.powershell.dotnet import construct, static_call, static_get, static_set
from onshi_lab.windows.powershell.errors import PSError, fail, unsupported
from onshi_lab.windows.powershell.members import call_method, get_member, set_member
from onshi_lab.windows.powershell.session import Scope, Session
from onshi_lab.windows.powershell.syntax import collapse, field, named, text
from onshi_lab.windows.powershell.values import (
    BYTES,
    MISSING,
    NOTHING,
    Byte,
    Char,
    Hashtable,
    PSObject,
    Reference,
    ScriptBlock,
    TypedArray,
    TypeValue,
    Value,
    as_list,
    joined,
    output,
    text_of,
    truthy,
    type_name,
)
from onshi_lab.windows.powershell.values import collapse as collapse_values


@dataclass(frozen=True, slots=True)
class Env:
    """Where code runs: the session, the scope and the source text that nodes point into."""

    session: Session
    scope: Scope
    source: bytes

    @contextmanager
    def with_underscore(self, value: Value) -> Iterator["Env"]:
        """This place with $_ set for a while."""
        variables = self.scope.variables
        before = {name: variables.get(name, MISSING) for name in ("_", "psitem")}
        variables["_"] = variables["psitem"] = value
        try:
            yield self
        finally:
            for name, old in before.items():
                if old is MISSING:
                    variables.pop(name, None)
                else:
                    variables[name] = old

    def underscore(self) -> Value:
        """The value of $_."""
        owner = self.scope.find("_")
        return owner.variables["_"] if owner is not None else None

    def inside(self, scope: Scope) -> "Env":
        """The same source in another scope."""
        return replace(self, scope=scope)


Evaluator = Callable[[Env, Node], Value]


def evaluate(env: Env, node: Node) -> Value:
    """The value of an expression, or what a pipeline gives; null for NOTHING."""
    value = evaluated(env, node)
    return None if value is NOTHING else value


def evaluated(env: Env, node: Node) -> Value:
    """The same, NOTHING where a pipeline put nothing out."""
    node = collapse(node)
    handler = EXPRESSIONS.get(node.type)
    if handler is None:
        raise unsupported(node.type)
    return handler(env, node)


def output_of(env: Env, nodes: list[Node]) -> list[Value]:
    """What statements send down the pipeline."""
    from onshi_lab.windows.powershell.interpreter import run_statements

    values: list[Value] = []
    run_statements(env, nodes, values.append)
    return values


def _statements(node: Node) -> list[Node]:
    lists = [c for c in named(node) if c.type == "statement_list"]
    return named(lists[0]) if lists else []


def _pipeline(env: Env, node: Node) -> Value:
    from onshi_lab.windows.powershell.commands import run_chain

    inner = collapse(named(node)[0])
    if inner.type in ("pipeline_chain", "command"):
        values: list[Value] = []
        run_chain(env, inner, values.append)
        return output(values)
    return evaluated(env, inner)


def _command(env: Env, node: Node) -> Value:
    from onshi_lab.windows.powershell.commands import run_chain

    values: list[Value] = []
    run_chain(env, node, values.append)
    return output(values)


def _statement_value(env: Env, node: Node) -> Value:
    return output(output_of(env, [node]))


def _variable(env: Env, node: Node) -> Value:
    return env.session.get_variable(variable_name(node), env.scope)


def variable_name(node: Node) -> str:
    """The name in a variable node, without $ and braces."""
    raw = text(node)
    if raw.startswith(("${", "@{")):
        return raw[2:-1].replace("`", "")
    return raw[1:]


def _number(env: Env, node: Node) -> Value:  # noqa: ARG001
    return literal(text(node).strip())


def _string(env: Env, node: Node) -> Value:
    return evaluate(env, named(node)[0])


def _verbatim(env: Env, node: Node) -> Value:  # noqa: ARG001
    raw = text(node).strip()
    return re.sub(r"['‘’‚‛]{2}", "'", raw[1:-1])


def _verbatim_here(env: Env, node: Node) -> Value:  # noqa: ARG001
    raw = text(node)
    return raw[raw.index("\n") + 1 : raw.rindex("\n")] if raw.count("\n") > 1 else ""


ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def _unescape(raw: str, *, here: bool) -> str:
    def value(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("`"):
            return ESCAPES.get(token[1], token[1])
        return token[0]

    pattern = r"`(?:.|\n)" if here else r"`(?:.|\n)|\"\""
    return re.sub(pattern, value, raw)


def _expandable(env: Env, node: Node) -> Value:
    here = node.type == "expandable_here_string_literal"
    raw = node.text or b""
    start, end = _inner(raw, here)
    parts: list[str] = []
    position = start
    for child in node.children:
        if child.type not in ("variable", "sub_expression"):
            continue
        offset = child.start_byte - node.start_byte
        parts.append(_unescape(raw[position:offset].decode(), here=here))
        value = evaluate(env, child)
        parts.append(_join(env, value))
        position = child.end_byte - node.start_byte
    parts.append(_unescape(raw[position:end].decode(), here=here))
    return "".join(parts)


def _join(env: Env, value: Value) -> str:
    owner = env.scope.find("ofs")
    return joined(value, " " if owner is None else text_of(owner.variables["ofs"]))


def _inner(raw: bytes, here: bool) -> tuple[int, int]:
    if not here:
        return raw.index(b'"') + 1, len(raw.rstrip()) - 1
    return raw.index(b"\n") + 1, max(raw.index(b"\n") + 1, raw.rindex(b"\n"))


def _hash(env: Env, node: Node) -> Value:
    table = Hashtable()
    for body in named(node):
        for entry in named(body):
            key_node, value_node = named(entry)[0], named(entry)[1]
            key = _key(env, key_node)
            if key in table:
                raise fail(
                    f"Item has already been added. Key in dictionary: '{text_of(key)}'",
                    "DuplicateKeyInHashLiteral",
                )
            table[key] = _assigned(env, value_node)
    return table


def _key(env: Env, node: Node) -> Value:
    inner = named(node)[0]
    return text(inner).strip() if inner.type == "simple_name" else evaluate(env, inner)


def _array(env: Env, node: Node) -> Value:
    nodes = _statements(node)
    if len(nodes) == 1 and nodes[0].type == "pipeline":
        inner = collapse(named(nodes[0])[0])
        if inner.type == "array_literal_expression":
            return [*evaluate(env, inner)]
    return output_of(env, nodes)


def _sub(env: Env, node: Node) -> Value:
    return output(output_of(env, _statements(node)))


def _parenthesized(env: Env, node: Node) -> Value:
    return evaluated(env, named(node)[0])


def _array_literal(env: Env, node: Node) -> Value:
    return [evaluate(env, child) for child in named(node)]


def _script_block(env: Env, node: Node) -> Value:
    return ScriptBlock(node, env.source)


def _type_literal(env: Env, node: Node) -> Value:
    return TypeValue(resolve_type(env, text(node).strip()[1:-1]))


def resolve_type(env: Env, name: str) -> str:
    """The full name of a type; raises PSError for one that this subset lacks."""
    clean = re.sub(r"\s", "", name)
    if clean.lower() in env.session.types or clean.lower().removesuffix("[]") in env.session.types:
        return clean
    from onshi_lab.windows.powershell.dotnet import STATICS, constructible

    full = full_type_name(clean)
    for candidate in (full, "System." + full):
        folded = candidate.lower()
        if folded in STATICS or known_type(candidate) or constructible(folded):
            return candidate
    if full.lower().startswith(("system.", "microsoft.")):
        raise unsupported(f"the type [{name}]")
    raise fail(f"Unable to find type [{name}].", "TypeNotFound", target=name)


def _cast(env: Env, node: Node) -> Value:
    parts = named(node)
    target = text(parts[0]).strip()[1:-1]
    if target.lower() in ("ref", "system.management.automation.psreference"):
        return _reference(env, parts[1])
    name = resolve_type(env, target)
    value = evaluated(env, parts[1])
    if value is NOTHING:
        return None if name == "System.String" else cast(env, name, None)
    return cast(env, name, value)


def cast(env: Env, name: str, value: Value) -> Value:
    """A value converted by a cast; hashtables make objects of other types."""
    user = env.session.types.get(name.lower())
    if user is not None:
        return user.from_value(value)
    if name == "System.Type" and not isinstance(value, TypeValue):
        return TypeValue(resolve_type(env, text_of(value)))
    if not known_type(name):
        return construct(env.session, name, [value])
    return convert(value, name)


def _reference(env: Env, node: Node) -> Reference:
    inner = collapse(node)
    if inner.type != "variable":
        raise unsupported("[ref] to something that isn't a variable")
    name = variable_name(inner)
    owner = env.scope.find(name.lower()) or env.scope

    def get() -> Value:
        return env.session.get_variable(name, owner)

    return Reference(get, lambda value: env.session.set_variable(name, value, owner))


NUMBERS = frozenset(
    {
        "integer_literal",
        "decimal_integer_literal",
        "hexadecimal_integer_literal",
        "real_literal",
    }
)


def _unary(env: Env, node: Node) -> Value:
    first = node.children[0]
    if first.is_named and first.type == "cast_expression":
        return _cast(env, first)
    if first.type in ("pre_increment_expression", "pre_decrement_expression"):
        return evaluate(env, first)
    if text(first) == "-" and collapse(node.children[-1]).type in NUMBERS:
        return literal("-" + text(node.children[-1]).strip())
    operand = evaluate(env, node.children[-1])
    return operators.unary(env.session, text(first).lower(), operand)


OF_EACH = re.compile(r"-[ci]?(?:(?:not)?(?:like|match)|replace|split)")
"""Operators that take their left side element by element, of NOTHING none (a real engine)."""


def _binary(env: Env, node: Node) -> Value:
    left_node, operator_node, right_node = node.children[0], node.children[1], node.children[2]
    operator = text(operator_node).strip().lower()
    left = evaluated(env, left_node)
    if left is NOTHING:
        if OF_EACH.fullmatch(operator):
            evaluate(env, right_node)
            return NOTHING
        left = None
    if operator in ("-and", "-or"):
        decided = truthy(left) == (operator == "-or")
        return truthy(left) if decided else truthy(evaluate(env, right_node))
    right = _right_operand(env, operator, right_node)
    if right is NOTHING and not (operator == "+" and isinstance(left, list)):
        right = None
    return operators.binary(env.session, env.scope, operator, left, right)


def _right_operand(env: Env, operator: str, node: Node) -> Value:
    inner = collapse(node)
    if operator in ("-is", "-isnot", "-as") and inner.type == "type_literal":
        return TypeValue(resolve_type(env, text(inner).strip()[1:-1]))
    return evaluated(env, inner)


def member_name(env: Env, node: Node) -> str:
    """The name after a dot: a word, or the value of an expression."""
    inner = named(node)[0] if named(node) else node
    return (
        text(inner).strip()
        if inner.type in ("simple_name", "member_name")
        else text_of(evaluate(env, inner))
    )


def _is_static(node: Node) -> bool:
    return any(c.type == "::" for c in node.children)


def _member(env: Env, node: Node) -> Value:
    target = evaluate(env, node.children[0])
    name = member_name(env, node.children[-1])
    if _is_static(node):
        return static_get(env.session, _type_of(target), name)
    return get_member(env.session, target, name)


def _type_of(target: Value) -> str:
    if isinstance(target, TypeValue):
        return target.name
    return type_name(target)


def _invocation(env: Env, node: Node) -> Value:
    target = evaluate(env, node.children[0])
    name_node = next(c for c in node.children if c.type == "member_name")
    arguments_node = next(c for c in node.children if c.type == "argument_list")
    return invoke_member(env, target, member_name(env, name_node), arguments_node, _is_static(node))


def arguments_of(env: Env, node: Node) -> list[Value]:
    """The values in an argument list."""
    lists = named(node)
    return [evaluate(env, argument) for argument in named(lists[0])] if lists else []


def invoke_member(env: Env, target: Value, name: str, arguments: Node, static: bool) -> Value:
    """Calls a method."""
    values = arguments_of(env, arguments)
    if static:
        if name.lower() == "new":
            return construct(env.session, _type_of(target), values)
        return static_call(env.session, _type_of(target), name, values)
    if isinstance(target, ScriptBlock):
        return _block_method(env, target, name, values)
    return call_method(env.session, target, name, values)


def _block_method(env: Env, block: ScriptBlock, name: str, values: list[Value]) -> Value:
    from onshi_lab.windows.powershell.commands import invoke_block

    if name.lower() in ("invoke", "invokereturnasis"):
        return collapse_values(invoke_block(env, block, values))
    if name.lower() == "getnewclosure":
        return block
    if name.lower() == "tostring":
        return block.text
    raise fail(
        (
            f"Method invocation failed because "
            f"[System.Management.Automation.ScriptBlock] does not contain "
            f"a method named '{name}'."
        ),
        "MethodNotFound",
        target=name,
    )


def _element(env: Env, node: Node) -> Value:
    target = evaluate(env, node.children[0])
    index = evaluate(env, named(node)[1])
    return element(env.session, target, index)


def element(session: Session, target: Value, index: Value) -> Value:
    """target[index]."""
    if target is None:
        raise fail("Cannot index into a null array.", "NullArray")
    if index is None:
        message = "Index operation failed; the array index evaluated to null."
        raise fail(message, "NullArrayIndex")
    if isinstance(index, list) and isinstance(target, (Hashtable, list, str, *BYTES)):
        picked = [element(session, target, i) for i in index]
        return picked if isinstance(target, Hashtable) else [p for p in picked if p is not None]
    if isinstance(target, Hashtable):
        if target.ordered and isinstance(index, int):
            return target.items()[index][1] if -len(target) <= index < len(target) else None
        return target[index]
    if isinstance(target, PSObject):
        return get_member(session, target, text_of(index))
    if not isinstance(target, (list, str, *BYTES)):
        return target if index in (0, -1) else NOTHING
    return _at(session, target, round(to_number(index)))


def _at(session: Session, target: Value, number: int) -> Value:
    if not -len(target) <= number < len(target):
        if session.strict:
            raise _out_of_bounds()
        return None
    found: Value = target[number]
    if isinstance(target, str):
        return Char(found)
    return Byte(found) if isinstance(target, BYTES) else found


def _out_of_bounds() -> PSError:
    return fail(
        "Index was outside the bounds of the array.",
        "System.IndexOutOfRangeException",
        "OperationStopped",
        "System.IndexOutOfRangeException",
    )


# -- assignment --------------------------------------------------------------------------------


def _assigned(env: Env, node: Node) -> Value:
    """The right side of an assignment."""
    return evaluated(env, node) if node.type == "pipeline" else _statement_value(env, node)


def _assignment(env: Env, node: Node) -> Value:
    left = collapse(named(node)[0].children[0])
    operator = text(named(node)[1]).strip()
    value = _assigned(env, field(node, "value"))
    if operator != "=":
        current = _own(env, left)
        if value is NOTHING and not isinstance(current, list):  # to an array it adds nothing
            value = None
        value = operators.binary(env.session, env.scope, operator[:-1], current, value)
    assign(env, left, value)
    return value


def _own(env: Env, left: Node) -> Value:
    """What a compound assignment starts from: a variable of this scope alone, null if it has none.

    Source: a real engine (`$a = 1; & { $a += 5; $a }` is 5); `++` reads an outer variable.
    """
    if left.type != "variable" or ":" in variable_name(left):
        return evaluate(env, left)
    value = env.scope.variables.get(variable_name(left).lower())
    return None if value is NOTHING else value


def assign(env: Env, left: Node, value: Value) -> None:
    """Puts a value where the left side says."""
    left = collapse(left)
    if left.type == "variable":
        env.session.set_variable(variable_name(left), value, env.scope)
    elif left.type == "member_access":
        target = evaluate(env, left.children[0])
        name = member_name(env, left.children[-1])
        if _is_static(left):
            static_set(env.session, _type_of(target), name, value)
        else:
            set_member(env.session, target, name, value)
    elif left.type == "element_access":
        _assign_element(env, left, value)
    elif left.type == "array_literal_expression":
        _destructure(env, named(left), value)
    elif left.type == "expression_with_unary_operator":
        _typed(env, left, value)
    else:
        raise unsupported(f"assignment to {left.type}")


def assign_to(env: Env, node: Node, value: Value) -> None:
    """Sets the variable of a foreach."""
    env.session.set_variable(variable_name(node), value, env.scope)


def _typed(env: Env, node: Node, value: Value) -> None:
    parts = named(node.children[0])
    name = resolve_type(env, text(parts[0]).strip()[1:-1])
    variable = collapse(parts[1])
    if variable.type != "variable":
        raise unsupported("typed assignment to something that isn't a variable")
    converted = cast(env, name, value)
    if known_type(name):
        env.scope.types[variable_name(variable).lower()] = name
    env.session.set_variable(variable_name(variable), converted, env.scope)


def _destructure(env: Env, targets: list[Node], value: Value) -> None:
    values = as_list(value)
    for number, target in enumerate(targets):
        last = number == len(targets) - 1
        rest = values[number:]
        if last:
            assign(env, target, collapse_values(rest))
        else:
            assign(env, target, rest[0] if rest else None)


def _assign_element(env: Env, left: Node, value: Value) -> None:
    target = evaluate(env, left.children[0])
    index = evaluate(env, named(left)[1])
    if target is None:
        raise fail("Cannot index into a null array.", "NullArray")
    if index is None:
        message = "Index operation failed; the array index evaluated to null."
        raise fail(message, "NullArrayIndex")
    if isinstance(target, Hashtable):
        if target.ordered and isinstance(index, int):
            raise unsupported("setting an ordered dictionary's element by number")
        target[index] = value
    elif isinstance(target, (list, bytearray)):
        number = round(to_number(index))
        if not -len(target) <= number < len(target):
            raise _out_of_bounds()
        target[number] = _as_element(target, value)
    elif isinstance(target, bytes):
        raise unsupported("setting an element of these bytes")
    else:
        raise fail(f"Unable to index into an object of type {type_name(target)}.", "CannotIndex")


def _as_element(target: Value, value: Value) -> Value:
    """A value as an array of one type holds it."""
    if isinstance(target, bytearray):
        return convert(value, "System.Byte")
    return convert(value, target.element) if isinstance(target, TypedArray) else value


def _stepped(value: Value, step: int) -> Value:
    """What ++ and -- make of a value."""
    if isinstance(value, str):
        raise fail("The '++' operator works only on numbers.", "OperatorRequiresNumber")
    return compute("+", value, step)


def _post(env: Env, node: Node) -> Value:
    step = 1 if text(node).rstrip().endswith("++") else -1
    target = collapse(node.children[0])
    current = evaluate(env, target)
    assign(env, target, _stepped(current, step))
    return current


def _pre(env: Env, node: Node) -> Value:
    step = 1 if text(node).lstrip().startswith("++") else -1
    target = collapse(node.children[-1])
    value = _stepped(evaluate(env, target), step)
    assign(env, target, value)
    return value


def _generic(env: Env, node: Node) -> Value:  # noqa: ARG001
    return bareword(text(node))


def bareword(raw: str) -> str:
    """A bare word, with its quotes and escapes taken away."""
    return re.sub(
        r"`(.)|'([^']*)'|\"([^\"]*)\"",
        lambda m: next(g for g in m.groups() if g is not None),
        raw.strip(),
    )


EXPRESSIONS: dict[str, Evaluator] = {
    "pipeline": _pipeline,
    "pipeline_chain": _command,
    "command": _command,
    "variable": _variable,
    **dict.fromkeys(NUMBERS, _number),
    "string_literal": _string,
    "verbatim_string_characters": _verbatim,
    "verbatim_here_string_characters": _verbatim_here,
    "expandable_string_literal": _expandable,
    "expandable_here_string_literal": _expandable,
    "hash_literal_expression": _hash,
    "array_expression": _array,
    "sub_expression": _sub,
    "parenthesized_expression": _parenthesized,
    "array_literal_expression": _array_literal,
    "script_block_expression": _script_block,
    "type_literal": _type_literal,
    "cast_expression": _cast,
    "expression_with_unary_operator": _unary,
    "member_access": _member,
    "invokation_expression": _invocation,
    "element_access": _element,
    "assignment_expression": _assignment,
    "post_increment_expression": _post,
    "post_decrement_expression": _post,
    "pre_increment_expression": _pre,
    "pre_decrement_expression": _pre,
    "generic_token": _generic,
    **dict.fromkeys(
        (
            "logical_expression",
            "bitwise_expression",
            "comparison_expression",
            "additive_expression",
            "multiplicative_expression",
            "format_expression",
            "range_expression",
            "logical_argument_expression",
            "bitwise_argument_expression",
            "comparison_argument_expression",
            "additive_argument_expression",
            "multiplicative_argument_expression",
            "format_argument_expression",
            "range_argument_expression",
        ),
        _binary,
    ),
    **dict.fromkeys(
        (
            "if_statement",
            "foreach_statement",
            "try_statement",
            "while_statement",
            "for_statement",
            "do_statement",
        ),
        _statement_value,
    ),
}
