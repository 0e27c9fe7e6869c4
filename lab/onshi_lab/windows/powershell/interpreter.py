"""Statements: how a script's tree is walked (about_Language_Keywords, about_Try_Catch_Finally)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tree_sitter import Node

from onshi_lab.windows.powershell import syntax
from onshi_lab.windows.powershell.commands import run_chain
from onshi_lab.windows.powershell.errors import (
    ErrorRecord,
    PSError,
    ScriptTerminating,
    unsupported,
)
from onshi_lab.windows.powershell.expressions import Env, assign_to, evaluate, evaluated
from onshi_lab.windows.powershell.session import (
    ExitScript,
    FlowBreak,
    FlowContinue,
    FlowReturn,
    Out,
    Scope,
    Session,
)
from onshi_lab.windows.powershell.syntax import collapse, named, text
from onshi_lab.windows.powershell.values import (
    PSObject,
    ScriptBlock,
    Value,
    enumerate_value,
    text_of,
    truthy,
)

Statement = Callable[[Env, Node, Out], None]


def run_statements(env: Env, nodes: list[Node], out: Out) -> None:
    """Runs statements in order; an error ends one, unless a `try` or a preference takes it."""
    for node in nodes:
        env.session.check()
        env.session.last_win32_error = 0  # what runs between a call and the question overwrites it
        try:
            run_statement(env, node, out)
        except ScriptTerminating:
            raise
        except PSError as error:
            locate(env, node, error.record)
            if env.session.try_depth:
                raise
            _report(env, error)


def _report(env: Env, error: PSError) -> None:
    record = error.record
    preference = env.session.preference("ErrorActionPreference", env.scope).lower()
    env.session.success = False
    if preference == "stop":
        raise ScriptTerminating(record) from error
    env.session.errors.insert(0, record)
    if preference not in ("silentlycontinue", "ignore"):
        env.session.streams.error(record)


def locate(env: Env, node: Node, record: ErrorRecord) -> None:
    """Gives a record its place, if it has none yet."""
    if not record.position.line:
        record.position = syntax.position(node, env.source, env.session.file)
        where = env.session.file or "<No file>"
        record.stack = f"at <ScriptBlock>, {where}: line {record.position.line}"


def run_statement(env: Env, node: Node, out: Out) -> None:
    """Runs one statement."""
    handler = STATEMENTS.get(node.type)
    if handler is None:
        raise unsupported(node.type)
    handler(env, node, out)


def run_pipeline(env: Env, node: Node, out: Out) -> None:
    """A pipeline, an expression or an assignment as a statement."""
    inner = collapse(named(node)[0])
    if len(named(node)) > 1:
        raise unsupported("more than one element in a pipeline node")
    if inner.type in ("pipeline_chain", "command"):
        run_chain(env, inner, out)
        return
    value = evaluated(env, inner)
    env.session.success = True
    if inner.type in SILENT or _is_void(inner):
        return
    for item in enumerate_value(value):
        out(item)


SILENT = {
    "assignment_expression",
    "post_increment_expression",
    "post_decrement_expression",
    "pre_increment_expression",
    "pre_decrement_expression",
}


def _is_void(node: Node) -> bool:
    if node.type == "expression_with_unary_operator":
        inner = collapse(node.named_children[-1]) if node.named_children else node
        if inner.type in ("pre_increment_expression", "pre_decrement_expression"):
            return True
        if inner.type == "cast_expression":
            return text(inner).lower().startswith(("[void]", "[system.void]"))
    return False


def block_statements(node: Node | None) -> list[Node]:
    """The statements of a block, a script block body or a statement list."""
    if node is None:
        return []
    if node.type == "statement_list":
        return named(node)
    found: list[Node] = []
    for child in named(node):
        if child.type == "statement_list":
            found += named(child)
    return found


def _block(env: Env, node: Node, out: Out) -> None:
    run_statements(env, block_statements(node), out)


def _condition(env: Env, node: Node | None) -> bool:
    if node is None:
        return True
    inner = named(node)[0] if node.type in ("while_condition", "for_condition") else node
    return truthy(evaluate(env, inner))


def _if(env: Env, node: Node, out: Out) -> None:
    if _condition(env, syntax.field(node, "condition")):
        _block(env, next(c for c in named(node) if c.type == "statement_block"), out)
        return
    clauses = node.child_by_field_name("elseif_clauses")
    for clause in named(clauses) if clauses is not None else []:
        test = clause.child_by_field_name("condition")
        if _condition(env, test):
            _block(env, next(c for c in named(clause) if c.type == "statement_block"), out)
            return
    last = node.child_by_field_name("else_clause")
    if last is not None:
        _block(env, next(c for c in named(last) if c.type == "statement_block"), out)


def _foreach(env: Env, node: Node, out: Out) -> None:
    parts = named(node)
    variable = next(c for c in parts if c.type == "variable")
    pipeline = next(c for c in parts if c.type == "pipeline")
    block = next(c for c in parts if c.type == "statement_block")
    value = evaluate(env, pipeline)
    items = [] if value is None else enumerate_value(value)
    for item in items:
        env.session.check()
        assign_to(env, variable, item)
        try:
            _block(env, block, out)
        except FlowContinue:
            continue
        except FlowBreak:
            break


def _for(env: Env, node: Node, out: Out) -> None:
    start = node.child_by_field_name("for_initializer")
    condition = node.child_by_field_name("for_condition")
    step = node.child_by_field_name("for_iterator")
    block = next(c for c in named(node) if c.type == "statement_block")
    if start is not None:
        run_statements(env, named(start), _ignore)
    while _condition(env, condition):
        env.session.check()
        try:
            _block(env, block, out)
        except FlowContinue:
            pass
        except FlowBreak:
            break
        if step is not None:
            run_statements(env, named(step), _ignore)


def _ignore(value: Value) -> None:
    """Drops a value."""


def _while(env: Env, node: Node, out: Out) -> None:
    condition = node.child_by_field_name("condition")
    block = next(c for c in named(node) if c.type == "statement_block")
    while _condition(env, condition):
        env.session.check()
        try:
            _block(env, block, out)
        except FlowContinue:
            continue
        except FlowBreak:
            break


def _do(env: Env, node: Node, out: Out) -> None:
    condition = node.child_by_field_name("condition")
    until = any(c.type == "until" for c in node.children)
    block = next(c for c in named(node) if c.type == "statement_block")
    while True:
        env.session.check()
        try:
            _block(env, block, out)
        except FlowContinue:
            pass
        except FlowBreak:
            break
        if _condition(env, condition) == until:
            break


def _try(env: Env, node: Node, out: Out) -> None:
    final = next((c for c in named(node) if c.type == "finally_clause"), None)
    try:
        _try_catch(env, node, out)
    finally:
        if final is not None:
            depth, env.session.try_depth = env.session.try_depth, 0
            try:
                _block(env, next(c for c in named(final) if c.type == "statement_block"), out)
            finally:
                env.session.try_depth = depth


def _try_catch(env: Env, node: Node, out: Out) -> None:
    block = next(c for c in named(node) if c.type == "statement_block")
    clauses = next((c for c in named(node) if c.type == "catch_clauses"), None)
    if clauses is None:
        _block(env, block, out)
        return
    env.session.try_depth += 1
    try:
        _block(env, block, out)
        return
    except PSError as error:
        caught = error
    finally:
        env.session.try_depth -= 1
    record = caught.record
    locate(env, node, record)
    clause = next((c for c in named(clauses) if _catches(c, record)), None)
    if clause is None:
        raise caught
    if record not in env.session.errors:
        env.session.errors.insert(0, record)
    with env.with_underscore(_seen_by(env, clause, record)):
        _block(env, next(c for c in named(clause) if c.type == "statement_block"), out)


ITEM_NOT_FOUND = "System.Management.Automation.ItemNotFoundException"
NOT_FOUND = "itemnotfoundexception"


def _seen_by(env: Env, clause: Node, record: ErrorRecord) -> PSObject:
    """What a clause is given; one that names the very exception of an item that isn't there, less.

    Such an exception holds a record of its own, which doesn't say who wrote it, nor where.
    """
    listed = [n for n in syntax.walk(clause) if n.type == "catch_type_list"]
    kinds = [text(kind)[1:-1].lower() for one in listed[:1] for kind in named(one)]
    if record.exception != ITEM_NOT_FOUND or not any(k.endswith(NOT_FOUND) for k in kinds):
        return record.to_object(env.session.language)
    bare = replace(record, error_id=record.error_id.partition(",")[0], activity="")
    shown = bare.to_object(env.session.language)
    shown.set("InvocationInfo", None)
    return shown


def _catches(clause: Node, record: ErrorRecord) -> bool:
    types = [n for n in syntax.walk(clause) if n.type == "catch_type_list"]
    if not types:
        return True
    return any(record.is_a(text(t)[1:-1]) for t in named(types[0]))


def _flow(env: Env, node: Node, out: Out) -> None:
    word = text(node.children[0]).lower()
    rest = named(node)
    if word in ("break", "continue") and rest:
        raise unsupported("a label")
    if word == "break":
        raise FlowBreak
    if word == "continue":
        raise FlowContinue
    if word == "exit":
        raise ExitScript(_exit_code(evaluate(env, rest[0]) if rest else None))
    if word == "return":
        if rest:
            run_pipeline(env, rest[0], out)
        raise FlowReturn
    if word == "throw":
        raise thrown(env, node, evaluate(env, rest[0]) if rest else env.underscore())
    raise unsupported(word)


def _exit_code(value: Value) -> int:
    from onshi_lab.windows.powershell.convert import to_number

    return int(to_number(value)) & 0xFFFFFFFF


def thrown(env: Env, node: Node, value: Value) -> ScriptTerminating:
    """The error that `throw` raises for a value."""
    native: Any = value.native if isinstance(value, PSObject) else None
    if isinstance(native, ErrorRecord):
        record = native
        if isinstance(value, PSObject) and not value.type_name.endswith("ErrorRecord"):
            record = ErrorRecord(
                native.message,
                native.error_id or native.message,
                "OperationStopped",
                native.exception,
                details=native.details,
                inner=native.inner,
            )
    else:
        message = "ScriptHalted" if value is None else text_of(value)
        record = ErrorRecord(
            message,
            message,
            "OperationStopped",
            "System.Management.Automation.RuntimeException",
            value,
        )
    locate(env, node, record)
    return ScriptTerminating(record)


def _function(env: Env, node: Node, out: Out) -> None:  # noqa: ARG001
    word = text(node.children[0]).lower()
    if word == "workflow":
        raise unsupported("workflow")
    name = text(next(c for c in named(node) if c.type == "function_name"))
    prefix, _, rest = name.partition(":")
    scope: Scope = env.scope
    if rest:
        scope = env.scope.root() if prefix.lower() == "global" else env.scope.nearest_script()
        name = rest
    scope.functions[name.lower()] = ScriptBlock(node, env.source, name=name)


def _nothing(env: Env, node: Node, out: Out) -> None:
    """An empty statement or a comment."""


STATEMENTS: dict[str, Statement] = {
    "pipeline": run_pipeline,
    "if_statement": _if,
    "foreach_statement": _foreach,
    "for_statement": _for,
    "while_statement": _while,
    "do_statement": _do,
    "try_statement": _try,
    "flow_control_statement": _flow,
    "function_statement": _function,
    "empty_statement": _nothing,
    "comment": _nothing,
}


def statements_of(root: Node) -> tuple[Node | None, list[Node]]:
    """The param block and the statements of a program, a function or a script block."""
    param: Node | None = None
    statements: list[Node] = []
    for child in named(root):
        if child.type == "param_block":
            param = child
        elif child.type in ("statement_list",):
            statements += named(child)
        elif child.type in ("script_block", "script_block_body"):
            inner, found = statements_of(child)
            param, statements = param or inner, statements + found
    return param, statements


def named_blocks(root: Node) -> dict[str, list[Node]]:
    """begin, process and end blocks of a function, where it has any."""
    found: dict[str, list[Node]] = {}
    for node in _shallow(root):
        if node.type == "named_block":
            name = next(text(c).strip().lower() for c in named(node) if c.type == "block_name")
            block = next(c for c in named(node) if c.type == "statement_block")
            found[name] = block_statements(block)
    return found


def _shallow(root: Node) -> list[Node]:
    found = []
    for child in named(root):
        if child.type in ("script_block", "script_block_body", "named_block_list"):
            found += _shallow(child)
        else:
            found.append(child)
    return found


def run_script(session: Session, script: str, out: Out, scope: Scope) -> None:
    """Parses and runs a script in a scope; raises PSError for what ends it."""
    tree, source = syntax.parse(script, session.file)
    env = Env(session, scope, source)
    _, statements = statements_of(tree.root_node)
    try:
        run_statements(env, statements, out)
    except FlowReturn:
        return
    except (FlowBreak, FlowContinue):
        return  # outside a loop they end the script
