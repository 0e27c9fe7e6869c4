"""Commands and pipelines: look-up, binding, redirection, functions, programs."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tree_sitter import Node

from onshi_lab.windows import filesystem
from onshi_lab.windows.commandline import quote
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.powershell import binder, syntax
from onshi_lab.windows.powershell.absent import is_absent, is_absent_alias
from onshi_lab.windows.powershell.binder import Target, Word
from onshi_lab.windows.powershell.cmdlet import (
    ALIASES,
    CMDLETS,
    COMMON,
    Call,
    Cmdlet,
    Parameter,
)
from onshi_lab.windows.powershell.errors import ErrorRecord, PSError, fail, unsupported
from onshi_lab.windows.powershell.expressions import (
    Env,
    bareword,
    evaluate,
    evaluated,
    invoke_member,
    member_name,
    variable_name,
)
from onshi_lab.windows.powershell.messages import message
from onshi_lab.windows.powershell.session import FlowReturn, Out, Scope, Session
from onshi_lab.windows.powershell.syntax import collapse, named, text
from onshi_lab.windows.powershell.values import (
    MISSING,
    Hashtable,
    PSList,
    PSObject,
    ScriptBlock,
    Value,
    as_list,
    enumerate_value,
    text_of,
)
from onshi_lab.windows.process import InputPipe

NOT_FOUND = "System.Management.Automation.CommandNotFoundException"
MAX_DEPTH = 80
"""Nested calls until PowerShell's call depth overflow, scaled to this evaluator's own stack."""


def run_chain(env: Env, node: Node, out: Out) -> None:
    """Runs the commands of a pipeline, the last one's output going to `out`."""
    elements = [node] if node.type == "command" else named(node)
    values: list[Value] | None = None
    for number, element in enumerate(elements):
        last = number == len(elements) - 1
        collected: list[Value] = []
        sink = out if last else collected.append
        inner = collapse(element)
        if inner.type == "command":
            run_command(env, inner, values, sink)
        elif number == 0:
            for item in enumerate_value(evaluated(env, inner)):
                sink(item)
        else:
            raise _expression_in_pipe(env, inner)
        values = collected


def _expression_in_pipe(env: Env, node: Node) -> PSError:
    return PSError(
        ErrorRecord(
            "Expressions are only allowed as the first element of a pipeline.",
            "ExpressionsMustBeFirstInPipeline",
            "ParserError",
            "System.Management.Automation.ParseException",
            position=syntax.position(node, env.source, env.session.file),
        )
    )


def run_command(env: Env, node: Node, values: list[Value] | None, out: Out) -> None:
    """Runs one command of a pipeline; its errors carry its place in the script."""
    outer, session = env.session.where, env.session
    session.where = lambda: syntax.position(node, env.source, session.file)
    try:
        with ExitStack() as stack:
            sink = _redirect(env, node, stack, out)
            _dispatch(env, node, values, sink)
    except PSError as error:
        record = error.record
        if not record.position.line:
            record.position = syntax.position(node, env.source, env.session.file)
        raise
    finally:
        session.where = outer


NUMBER = re.compile(r"^(-?\d+)\.\.(-?\d+)$|^(-?\d+)[lL]?$")


def _dispatch(env: Env, node: Node, values: list[Value] | None, out: Out) -> None:
    name_node = syntax.field(node, "command_name")
    operator = next((text(c) for c in node.children if c.type == "command_invokation_operator"), "")
    words = _words(env, node)
    target: Value = text(name_node).strip()
    if name_node.type == "command_name_expr":
        target = _name_value(env, named(name_node)[0])
    number = NUMBER.match(target) if isinstance(target, str) and not operator else None
    if number is not None and not words:
        _numbers(number, out)
        return
    if isinstance(target, ScriptBlock):
        _call_block(env, target, words, values, out, dot=operator == ".")
        return
    if isinstance(target, str):
        target = bareword(target)
    invoke(env, text_of(target), words, values, out, dot=operator == ".")


def _numbers(match: re.Match[str], out: Out) -> None:
    """Emits a range or long literal, which the grammar takes for a command name."""
    if match[3] is not None:
        out(int(match[3]))
        return
    start, end = int(match[1]), int(match[2])
    for item in range(start, end + 1) if start <= end else range(start, end - 1, -1):
        out(item)


def _name_value(env: Env, node: Node) -> Value:
    if node.type == "path_command_name":
        parts = node.children
        return (
            evaluate(env, parts[0])
            if len(parts) == 1 and parts[0].type == "variable"
            else text(node)
        )
    return (
        bareword(text(node))
        if node.type in ("command_name", "generic_token")
        else evaluate(env, node)
    )


def _words(env: Env, node: Node) -> list[Word]:
    elements = node.child_by_field_name("command_elements")
    if elements is None:
        return []
    words: list[Word] = []
    attach = False
    nodes = elements.children
    for number, child in enumerate(nodes):
        if child.type == "command_argument_sep":
            attach = text(child).startswith(":")
            continue
        if child.type in ("redirection", "comment"):
            continue
        if child.type == "argument_list":
            words[-1] = Word(_method_argument(env, nodes[number - 1], child))
        elif child.type == "command_parameter":
            words.append(_parameter_word(text(child)))
        elif child.type == "stop_parsing":
            raise unsupported("--%")
        elif attach and words and words[-1].parameter is not None:
            words[-1] = Word(_argument(env, child), words[-1].parameter)
        elif text(child).startswith("@") and collapse(child).type == "variable":
            words += binder.splat(
                env.session.get_variable(variable_name(collapse(child)), env.scope)
            )
        else:
            words.append(Word(_argument(env, child)))
        attach = False
    return words


def _parameter_word(raw: str) -> Word:
    if raw.startswith("--"):
        return Word(raw)
    return Word(parameter=raw.lstrip("-").rstrip(":"))


def _argument(env: Env, node: Node) -> Value:
    inner = collapse(node)
    if inner.type == "generic_token":
        raw = text(inner).strip()
        return int(raw) if re.fullmatch(r"-?\d+", raw) else _expand_bareword(env, raw)
    return evaluate(env, inner)


def _expand_bareword(env: Env, raw: str) -> Value:
    """A bare word; $names in it expand as in a double-quoted string."""
    if "$" not in raw:
        return bareword(raw)
    if not re.fullmatch(r"[^$(){}]*(\$\w+[^$(){}]*)+", raw):
        raise unsupported(f"argument {raw}")
    expanded = re.sub(r"\$(\w+)", lambda m: text_of(env.session.get_variable(m[1], env.scope)), raw)
    return bareword(expanded)


def _method_argument(env: Env, access: Node, arguments: Node) -> Value:
    inner = collapse(access)
    target = evaluate(env, inner.children[0])
    static = any(c.type == "::" for c in inner.children)
    return invoke_member(env, target, member_name(env, inner.children[-1]), arguments, static)


# -- redirection -------------------------------------------------------------------------------


def _redirect(env: Env, node: Node, stack: ExitStack, out: Out) -> Out:
    elements = node.child_by_field_name("command_elements")
    for child in elements.children if elements is not None else []:
        if child.type == "redirection":
            out = _one_redirection(env, named(child), stack, out)
    return out


def _one_redirection(env: Env, parts: list[Node], stack: ExitStack, out: Out) -> Out:
    operator = text(parts[0]).strip()
    if parts[0].type == "merging_redirection_operator":
        _merge(env, operator, stack, out)
        return out
    names = [c for c in named(parts[1]) if c.type != "command_argument_sep"]
    target = _argument(env, names[0])
    append = operator.endswith(">>")
    stream = operator.rstrip(">") or "1"
    lines: list[str] = []
    language = env.session.language
    if target is not None:
        stack.callback(_save, env, text_of(target), lines, append)
    if stream in ("2", "*"):
        stack.enter_context(
            env.session.redirected(error=lambda r: lines.append(r.render(language)))
        )
    if stream in ("3", "*"):
        stack.enter_context(env.session.redirected(warning=lines.append))
    if stream in ("1", "*"):
        return lambda value: lines.append(text_of(value))
    return out


def _merge(env: Env, operator: str, stack: ExitStack, out: Out) -> None:
    stream = operator[0]
    language = env.session.language
    if stream in ("2", "*"):
        stack.enter_context(
            env.session.redirected(error=lambda record: out(record.to_object(language)))
        )
    if stream in ("3", "*"):
        stack.enter_context(env.session.redirected(warning=out))
    if stream in ("6", "*"):
        stack.enter_context(env.session.redirected(host=lambda line: out(line.rstrip("\n"))))


def _save(env: Env, target: str, lines: list[str], append: bool) -> None:
    path = filesystem.normalize(target, env.session.process.cwd)
    data = "".join(line + "\r\n" for line in lines).encode("utf-16-le")
    try:
        data = data if append else b"\xff\xfe" + data
        env.session.pc.files(env.session.process).write(path, data, append=append)
    except WindowsError as error:
        raise fail(
            f"Access to the path '{path}' is denied.",
            "FileOpenFailure",
            "OpenError",
            "System.UnauthorizedAccessException",
            path,
        ) from error


# -- command lookup ----------------------------------------------------------------------------


def invoke(
    env: Env,
    name: str,
    words: list[Word],
    values: list[Value] | None,
    out: Out,
    *,
    dot: bool = False,
) -> None:
    """Runs a function, cmdlet, script or program by name; raises PSError on none."""
    resolved = ALIASES.get(name.lower(), name)
    if resolved == name and is_absent_alias(name):
        raise unsupported(name)  # before a function of that name (about_Command_Precedence)
    function = env.scope.function(resolved.lower())
    if function is not None:
        _call_block(env, function, words, values, out, dot=dot)
        return
    base = resolved.rpartition("\\")[2] if re.match(r"(?i)^[\w.]+\\[\w-]+$", resolved) else resolved
    spec = CMDLETS.get(base.lower())
    if spec is not None:
        run_cmdlet(env, spec, words, values, out)
        return
    if resolved.lower().endswith(".ps1"):
        _run_file(env, resolved, words, out)
        return
    program = env.session.pc.find_program(resolved)
    if program is not None:
        run_program(env.session, resolved, program, words, values, out)
        return
    if is_absent(name):
        raise unsupported(name)
    raise fail(
        message("CommandNotFound", env.session.language, name),
        "CommandNotFoundException",
        "ObjectNotFound",
        NOT_FOUND,
        name,
        activity=name,
    )


def _program_argument(value: Value) -> str:
    raw = text_of(value)
    return quote(raw) if not raw or re.search(r"[ \t]", raw) else raw


def run_program(
    session: Session,
    name: str,
    program: str,
    words: list[Word],
    values: list[Value] | None,
    out: Out,
) -> int:
    """Runs a program, sends its lines on and answers its exit code."""
    arguments: list[str] = []
    for word in words:
        if word.parameter is not None:
            arguments.append(
                f"-{word.parameter}"
                + ("" if word.value is MISSING else f":{_program_argument(word.value)}")
            )
        else:
            arguments += (
                [_program_argument(v) for v in enumerate_value(word.value)]
                if isinstance(word.value, list)
                else [_program_argument(word.value)]
            )
    process = session.process
    saved = process.stdin, process.stdout
    chunks: list[bytes] = []
    if values is not None:
        lines = "".join(text_of(v) + "\r\n" for v in values)
        process.stdin = InputPipe(lines.encode("ascii", "replace"), closed=True)
    process.stdout = chunks.append
    try:
        line = " ".join([quote(name), *arguments])
        code = session.pc.run_child(process, program, line)
    finally:
        process.stdin, process.stdout = saved
    session.last_exit_code = code
    session.success = code == 0
    for item in process.decode(b"".join(chunks)).splitlines():
        out(item)
    return code


def _run_file(env: Env, name: str, words: list[Word], out: Out) -> None:
    from onshi_lab.windows.powershell.host import read_script, run_file_text

    path = filesystem.normalize(name, env.session.process.cwd)
    script = read_script(env.session, path)
    run_file_text(env.session, script, path, words, out)


# -- cmdlets -----------------------------------------------------------------------------------


def run_cmdlet(
    env: Env, spec: Cmdlet, words: list[Word], values: list[Value] | None, out: Out
) -> None:
    """Binds and runs a cmdlet, once or once an input object."""
    session = env.session
    session.check()
    target = Target(spec.name, spec.all_parameters(), spec.class_name)
    bound = binder.bind(target, words)
    if not (values is not None and any(p.pipe or p.prop for p in spec.parameters)):
        binder.check_groups(target, bound, spec.require)
    if values is None or spec.collect:
        _invoke_cmdlet(env, spec, target, bound, values, out)
        return
    for item in values:
        record = binder.bind_record(target, bound, item)
        if record is None:
            error = target.error(
                "The input object cannot be bound to any parameters for the "
                "command either because the "
                "command does not take pipeline input or the input and its "
                "properties do not match any of "
                "the parameters that take pipeline input.",
                "InputObjectNotBound",
            )
            session.report(error.record, env.scope)
            continue
        _invoke_cmdlet(env, spec, target, record, [item], out)


def _invoke_cmdlet(
    env: Env,
    spec: Cmdlet,
    target: Target,
    bound: dict[str, Value],
    values: list[Value] | None,
    out: Out,
) -> None:
    if not (spec.collect and values is not None):
        binder.check_mandatory(target, bound)
    action = text_of(bound["erroraction"]) if "erroraction" in bound else None
    collected: list[Value] = []
    sink = _tee(out, collected) if "outvariable" in bound else out
    call = Call(
        env.session,
        env.scope,
        spec.name,
        bound,
        values or [],
        sink,
        spec,
        action,
        values is not None,
    )
    env.session.success = True
    try:
        demand_admin(call)
        _with_preferences(call)
    except PSError as error:
        if not error.record.activity:
            error.record.activity = spec.name
        if (
            action is not None
            and action.lower() in ("silentlycontinue", "ignore")
            and not _throws(error)
        ):
            env.session.success = False
            if action.lower() != "ignore":
                env.session.errors.insert(0, error.record)
            return
        if spec.is_function and not _throws(error):
            call.errors.append(error.record)
            env.session.report(error.record, call.preferences, action)
            return
        raise
    finally:
        _store_variables(env, bound, call, collected)


def _throws(error: PSError) -> bool:
    """Whether -ErrorAction can't silence the error: binding and parse errors."""
    return error.record.exception == binder.BINDING or error.record.category == "ParserError"


def _tee(out: Out, collected: list[Value]) -> Out:
    def sink(value: Value) -> None:
        collected.append(value)
        out(value)

    return sink


def _with_preferences(call: Call) -> None:
    if call.spec is None:
        return
    if call.error_action is None and not call.has("WarningAction"):
        call.spec.handler(call)
        return
    with ExitStack() as stack:
        if call.text("WarningAction").lower() in ("silentlycontinue", "ignore"):
            stack.enter_context(call.session.redirected(warning=lambda _text: None))
        call.spec.handler(call)


def _store_variables(env: Env, bound: dict[str, Value], call: Call, collected: list[Value]) -> None:
    if "errorvariable" in bound:
        name = text_of(bound["errorvariable"])
        before = (
            as_list(env.session.get_variable(name[1:], env.scope)) if name.startswith("+") else []
        )
        records = [record.to_object(env.session.language) for record in call.errors]
        env.session.set_variable(name.lstrip("+"), PSList([*before, *records]), env.scope)
    if "outvariable" in bound:
        env.session.set_variable(
            text_of(bound["outvariable"]).lstrip("+"), PSList(collected), env.scope
        )


def demand_admin(call: Call) -> None:
    """Raises PSError where a cmdlet needs an administrator and the caller is none."""
    if (
        call.spec is not None
        and call.spec.admin
        and not call.pc.is_elevated(call.session.process.logon)
    ):
        raise call.failure(
            "Access is denied.",
            f"Windows System Error 5,{call.name}",
            "PermissionDenied",
            exception="Microsoft.Management.Infrastructure.CimException",
            details={"NativeErrorCode": "AccessDenied", "HResult": -2147217405},
        )


# -- functions and script blocks ---------------------------------------------------------------


def invoke_block(
    env: Env,
    block: ScriptBlock,
    arguments: list[Value],
    *,
    underscore: Value = MISSING,
    dot: bool = True,
) -> list[Value]:
    """What a script block outputs, called with $_ set, in the caller's scope or one of its own."""
    values: list[Value] = []
    scope = env.scope if dot else env.session.child_scope(env.scope)
    words = [Word(a) for a in arguments]
    if underscore is MISSING:
        _run_body(env, block, scope, words, None, values.append)
        return values
    with env.inside(scope).with_underscore(underscore):
        _run_body(env, block, scope, words, None, values.append)
    return values


def _call_block(
    env: Env,
    block: ScriptBlock,
    words: list[Word],
    values: list[Value] | None,
    out: Out,
    *,
    dot: bool,
) -> None:
    scope = env.scope if dot else env.session.child_scope(env.scope)
    session = env.session
    session.depth += 1
    try:
        if session.depth > MAX_DEPTH:
            raise fail("The script failed due to call depth overflow.", "CallDepthOverflow")
        _run_body(env, block, scope, words, values, out)
        session.success = True  # whatever happened inside
    finally:
        session.depth -= 1


def _run_body(
    env: Env,
    block: ScriptBlock,
    scope: Scope,
    words: list[Word],
    values: list[Value] | None,
    out: Out,
) -> None:
    from onshi_lab.windows.powershell.interpreter import named_blocks, run_statements, statements_of

    inner = Env(env.session, scope, block.source)
    param, statements = statements_of(block.node)
    if param is None:
        param = next(
            (c for c in named(block.node) if c.type == "function_parameter_declaration"), None
        )
    parameters = declared_parameters(inner, param)
    try:
        blocks = named_blocks(block.node)
        _bind_block(inner, block, param, parameters, words, values)
        if not blocks:
            run_statements(inner, statements, out)
            return
        run_statements(inner, blocks.get("begin", []), out)
        for item in [None] if values is None else values:
            _bind_item(inner, parameters, item if values is not None else MISSING)
            run_statements(inner, blocks.get("process", []), out)
        run_statements(inner, blocks.get("end", []), out)
    except FlowReturn:
        return


def _bind_item(env: Env, parameters: list[tuple[Parameter, Node | None]], item: Value) -> None:
    if item is MISSING:
        return
    env.scope.variables["_"] = item
    env.scope.variables["psitem"] = item
    for parameter, _ in parameters:
        if parameter.prop and isinstance(item, PSObject) and item.has(parameter.name):
            env.scope.variables[parameter.name.lower()] = item.get(parameter.name)
        elif parameter.pipe:
            env.scope.variables[parameter.name.lower()] = item


def declared_parameters(env: Env, node: Node | None) -> list[tuple[Parameter, Node | None]]:
    """The parameters that a param block declares, with the nodes of their defaults."""
    if node is None:
        return []
    lists = [c for c in syntax.walk(node) if c.type == "parameter_list"]
    if not lists:
        return []
    return [
        _declared(env, c, n) for n, c in enumerate(named(lists[0])) if c.type == "script_parameter"
    ]


def _declared(env: Env, node: Node, number: int) -> tuple[Parameter, Node | None]:
    name = variable_name(next(c for c in named(node) if c.type == "variable"))
    options: dict[str, Any] = {"name": name, "type": "object", "position": number}
    for attribute in (n for n in syntax.walk(node) if n.type == "attribute"):
        _apply_attribute(env, attribute, options)
    if options["type"].lower() == "switch":
        options["position"] = None
    default = next((c for c in named(node) if c.type == "script_parameter_default"), None)
    return Parameter(**options), default


def _apply_attribute(env: Env, node: Node, options: dict[str, Any]) -> None:
    first = named(node)[0]
    if first.type == "type_literal":
        options["type"] = text(first).strip()[1:-1]
        return
    name = text(first).strip().lower().removesuffix("attribute")
    arguments = [n for n in syntax.walk(node) if n.type == "attribute_argument"]
    if name == "parameter":
        for argument in arguments:
            _parameter_argument(env, argument, options)
    elif name == "validateset":
        options["values"] = tuple(text_of(evaluate(env, named(a)[0])) for a in arguments)
    elif name == "alias":
        options["aliases"] = tuple(text_of(evaluate(env, named(a)[0])) for a in arguments)
    elif name not in (
        "validatenotnullorempty",
        "validatenotnull",
        "allownull",
        "allowemptystring",
        "allowemptycollection",
        "validatepattern",
        "validaterange",
        "validatelength",
        "validatecount",
        "validatescript",
    ):
        raise unsupported(f"attribute {name}")


def _parameter_argument(env: Env, node: Node, options: dict[str, Any]) -> None:
    parts = named(node)
    key = text(parts[0]).strip().lower()
    value = evaluate(env, parts[1]) if len(parts) > 1 else True
    if key == "mandatory":
        options["mandatory"] = bool(value)
    elif key == "position":
        options["position"] = int(value)
    elif key == "valuefrompipeline":
        options["pipe"] = bool(value)
    elif key == "valuefrompipelinebypropertyname":
        options["prop"] = bool(value)
    elif key == "valuefromremainingarguments":
        options["rest"] = bool(value)
    elif key not in ("parametersetname", "helpmessage", "dontshow"):
        raise unsupported(f"Parameter({key})")


def _bind_block(
    env: Env,
    block: ScriptBlock,
    param: Node | None,
    parameters: list[tuple[Parameter, Node | None]],
    words: list[Word],
    values: list[Value] | None,
) -> None:
    scope = env.scope
    scope.variables["input"] = list(values or [])
    declared = tuple(p for p, _ in parameters)
    simple = not _is_advanced(param)
    extra: list[Value] = []
    if simple:
        words, extra = _spare(declared, words)
    target = Target(block.name, declared if simple else (*declared, *COMMON), block.name)
    bound = binder.bind(target, words)
    waiting = tuple(p for p in declared if not (values is not None and (p.pipe or p.prop)))
    binder.check_mandatory(Target(block.name, waiting, block.name), bound)
    scope.variables["psboundparameters"] = Hashtable(
        [(p.name, bound[p.name.lower()]) for p in declared if p.name.lower() in bound]
    )
    scope.variables["args"] = extra
    if "erroraction" in bound:
        scope.variables["erroractionpreference"] = bound["erroraction"]
    for parameter, default in parameters:
        _set_parameter(env, parameter, default, bound)


def _set_parameter(
    env: Env, parameter: Parameter, default: Node | None, bound: dict[str, Value]
) -> None:
    key = parameter.name.lower()
    if key in bound:
        value = bound[key]
    elif default is not None:
        value = binder.coerce(
            Target(parameter.name, (), parameter.name), parameter, evaluate(env, named(default)[0])
        )
    else:
        value = EMPTY.get(parameter.type.lower())
    env.scope.variables[key] = value
    if parameter.type.lower() not in ("object", "switch"):
        env.scope.types[key] = parameter.type


EMPTY: dict[str, Value] = {
    "switch": False,
    "string": "",
    "int": 0,
    "bool": False,
    "int32": 0,
    "long": 0,
    "uint32": 0,
}
"""What a typed parameter holds when it wasn't given."""


def _is_advanced(param: Node | None) -> bool:
    """Whether a function is advanced, which refuses words that it doesn't know."""
    if param is None:
        return False
    return any(
        text(n).strip().lower() in ("cmdletbinding", "parameter")
        for n in syntax.walk(param)
        if n.type == "attribute_name"
    )


def _spare(declared: tuple[Parameter, ...], words: list[Word]) -> tuple[list[Word], list[Value]]:
    """Splits off the words that a simple function gets in $args."""
    kept: list[Word] = []
    extra: list[Value] = []
    room = sum(p.position is not None for p in declared)
    named_now = {p.name.lower() for p in declared}
    waiting = False
    for word in words:
        if word.parameter is not None:
            known = any(n.startswith(word.parameter.lower()) for n in named_now)
            if known:
                kept.append(word)
                parameter = next(
                    p for p in declared if p.name.lower().startswith(word.parameter.lower())
                )
                waiting = word.value is MISSING and not parameter.is_switch
                room -= parameter.position is not None
            else:
                extra.append(f"-{word.parameter}")
        elif waiting:
            kept.append(word)
            waiting = False
        elif room > 0:
            kept.append(word)
            room -= 1
        else:
            extra.append(word.value)
    return kept, extra


Runner = Callable[[Env, Node, Out], None]
