"""Add-Type: C# that declares structures and P/Invoke methods, read strictly.

Only declarations are understood: `[StructLayout(LayoutKind.Sequential …)]` structures or classes
of simple fields, and `[DllImport] static extern` methods of advapi32 whose signatures fit the
real ones; and one kind of method body, which answers the error code of such a call:
`{ return Call(…) ? 0 : Marshal.GetLastWin32Error(); }`. Another body, or an import that isn't
known, is refused: this lab compiles no C#.
"""

import re
from dataclasses import dataclass

from onshi_lab.windows.powershell.errors import PSError, fail, unsupported
from onshi_lab.windows.powershell.interop import (
    FUNCTIONS,
    SIZES,
    Import,
    NativeFunction,
    Structure,
    UserClass,
    Wrapper,
    layout,
)
from onshi_lab.windows.powershell.session import Session

CS_TYPES = {
    "uint": "uint",
    "int": "int",
    "uint32": "uint",
    "int32": "int",
    "ushort": "ushort",
    "short": "short",
    "byte": "byte",
    "long": "long",
    "ulong": "ulong",
    "uint64": "ulong",
    "int64": "long",
    "intptr": "intptr",
    "string": "string",
    "bool": "bool",
    "boolean": "bool",
    "filetime": "filetime",
}
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
TYPE = re.compile(
    r"(?P<attributes>(?:\[[^\]]*\]\s*)*)(?P<modifiers>(?:(?:public|internal|private|static|sealed|unsafe)\s+)*)"
    r"(?P<kind>class|struct|enum)\s+(?P<name>\w+)\s*(?::\s*(?P<base>\w+)\s*)?\{"
)
FIELD = re.compile(
    r"(?P<attributes>(?:\[[^\]]*\]\s*)*)(?:(?:public|internal|private)\s+)*(?P<type>[\w.]+)\s+(?P<names>[\w\s,]+?)\s*;"
)
EXTERN = re.compile(
    r"(?P<attributes>(?:\[[^\]]*\]\s*)+)(?P<modifiers>(?:(?:public|internal|private|static|extern|unsafe)\s+)+)"
    r"(?P<returns>[\w.]+)\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s*;",
    re.S,
)
WRAPPER = re.compile(
    r"public\s+static\s+int\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s*\{\s*"
    r"return\s+(?P<called>\w+)\((?P<arguments>[^)]*)\)\s*\?\s*0\s*:\s*"
    r"Marshal\.GetLastWin32Error\(\)\s*;\s*\}"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One type declaration."""

    name: str
    kind: str
    attributes: str
    body: str


def _compile_error(text: str) -> PSError:
    return fail(
        f"Cannot add type. Compilation errors occurred. {text}",
        "COMPILER_ERRORS,Microsoft.PowerShell.Commands.AddTypeCommand",
        "InvalidData",
        "System.InvalidOperationException",
        activity="Add-Type",
    )


def _closing(source: str, start: int) -> int:
    depth = 0
    for position in range(start, len(source)):
        depth += {"{": 1, "}": -1}.get(source[position], 0)
        if depth == 0:
            return position
    raise _compile_error("} expected")


def _blocks(source: str, prefix: str) -> tuple[list[Block], str]:
    """The types declared in a source, nested ones named with +, and what is left of it."""
    found: list[Block] = []
    rest = ""
    position = 0
    while (match := TYPE.search(source, position)) is not None:
        rest += source[position : match.start()]
        end = _closing(source, match.end() - 1)
        name = prefix + match["name"]
        inner, body = _blocks(source[match.end() : end], name + "+")
        found += [Block(name, match["kind"], match["attributes"], body), *inner]
        position = end + 1
    return found, rest + source[position:]


def compile_source(session: Session, source: str, namespace: str = "") -> None:
    """Adds the types of a C# source to the session; raises PSError."""
    clean = COMMENT.sub("", source)
    clean = re.sub(r"using\s+[\w.]+\s*;", "", clean)
    match = re.match(r"\s*namespace\s+([\w.]+)\s*\{", clean)
    if match is not None:
        namespace = match[1]
        clean = clean[match.end() : _closing(clean, match.end() - 1)]
    blocks, rest = _blocks(clean, namespace + "." if namespace else "")
    if rest.strip():
        raise _compile_error(f"Unexpected text: {rest.strip()[:60]}")
    structures = {b.name.rpartition(".")[2].rpartition("+")[2]: b for b in blocks}
    added: dict[str, Structure | UserClass] = {}
    for block in blocks:
        added[block.name.lower()] = _declare(block, structures)
    duplicates = [b.name for b in blocks if b.name.lower() in session.types]
    if duplicates:
        raise fail(
            f"Cannot add type. The type name '{duplicates[0]}' already exists.",
            "TYPE_ALREADY_EXISTS,Microsoft.PowerShell.Commands.AddTypeCommand",
            "InvalidOperation",
            "System.Exception",
            activity="Add-Type",
        )
    session.types |= added


def _declare(block: Block, structures: dict[str, Block]) -> Structure | UserClass:
    if block.kind == "enum":
        raise unsupported("C# enum in Add-Type")
    found = [(m, _import(m, structures)) for m in EXTERN.finditer(block.body)]
    imports = {one.name.lower(): one for _, one in found}
    methods: dict[str, Import | Wrapper] = {
        one.name.lower(): one for match, one in found if "public" in match["modifiers"]
    }
    methods |= {m["name"].lower(): _wrapper(m, imports) for m in WRAPPER.finditer(block.body)}
    rest = EXTERN.sub("", WRAPPER.sub("", block.body))
    if "(" in FIELD.sub("", rest) or "{" in rest:
        raise unsupported(
            "C# with method bodies in Add-Type (only structures and DllImport declarations)"
        )
    fields = [(name.strip(), m) for m in FIELD.finditer(rest) for name in m["names"].split(",")]
    left = FIELD.sub("", rest).strip()
    if left:
        raise _compile_error(f"Unexpected text: {left[:60]}")
    if imports and not fields:
        return UserClass(block.name, methods)
    if "LayoutKind.Sequential" not in block.attributes and block.kind == "class":
        raise unsupported("a C# class of fields without StructLayout(LayoutKind.Sequential)")
    return _structure(block, fields)


def _structure(block: Block, fields: list[tuple[str, "re.Match[str]"]]) -> Structure:
    placed = []
    for name, match in fields:
        kind = CS_TYPES.get(match["type"].rpartition(".")[2].lower())
        if kind is None:
            raise _compile_error(f"The type or namespace name '{match['type']}' could not be found")
        if (
            kind == "string"
            and "unicode" not in (block.attributes + match["attributes"]).lower()
            and "lpwstr" not in match["attributes"].lower()
        ):
            raise unsupported(
                "a string field without CharSet.Unicode (it would be marshaled as ANSI)"
            )
        placed.append((name, kind))
    if not all(kind in SIZES for _, kind in placed):
        raise _compile_error("field type")
    return layout(block.name, placed)


def _wrapper(match: "re.Match[str]", imports: dict[str, Import]) -> Wrapper:
    """A method that calls an import and answers 0 or the error code."""
    called = imports.get(match["called"].lower())
    if called is None:
        raise _compile_error(f"The name '{match['called']}' does not exist in the current context")
    parameters = tuple(p.split()[-1] for p in match["parameters"].split(",") if p.strip())
    arguments = tuple(a.split()[-1] for a in match["arguments"].split(",") if a.strip())
    unknown = [a for a in arguments if not re.fullmatch(r'\d+|"[^"]*"', a) and a not in parameters]
    if unknown or len(arguments) != len(called.parameters):
        raise _compile_error(f"No overload for method '{match['called']}' takes these arguments")
    return Wrapper(match["name"], called, parameters, arguments)


def _import(match: "re.Match[str]", structures: dict[str, Block]) -> Import:
    attributes = match["attributes"]
    library = re.search(r'DllImport\s*\(\s*@?"([^"]+)"', attributes)
    modifiers = match["modifiers"].split()
    if library is None or "static" not in modifiers or "extern" not in modifiers:
        raise _compile_error(
            f"'{match['name']}' must declare a body because it is not "
            f"marked abstract, extern, or partial"
        )
    entry = re.search(r'EntryPoint\s*=\s*"([^"]+)"', attributes)
    unicode = "charset.unicode" in attributes.lower().replace(" ", "")
    name = entry[1] if entry else match["name"]
    dll = library[1].lower().removesuffix(".dll")
    function = FUNCTIONS.get((dll, name))
    if function is None and unicode:
        function = FUNCTIONS.get((dll, name + "W"))
    if function is None:
        raise unsupported(
            f"P/Invoke {dll}!{name}" + ("" if unicode else " without CharSet.Unicode")
        )
    parameters = tuple(p.strip() for p in match["parameters"].split(",") if p.strip())
    _check_signature(match["name"], parameters, function, structures, match["returns"])
    last_error = re.search(r"SetLastError\s*=\s*true", attributes) is not None
    return Import(match["name"], dll, name, last_error, parameters, function)


ACCEPTED = {
    "string": {"string"},
    "uint": {"uint", "int"},
    "pointer": {"intptr"},
}


def _check_signature(
    name: str,
    parameters: tuple[str, ...],
    function: NativeFunction,
    structures: dict[str, Block],
    returns: str,
) -> None:
    if len(parameters) != len(function.parameters):
        raise unsupported(
            f"the signature of {name}: {len(function.parameters)} parameters expected"
        )
    if returns.lower() not in ({"void"} if function.returns == "void" else {"bool", "boolean"}):
        raise unsupported(f"the return type of {name}")
    for declared, wanted in zip(parameters, function.parameters, strict=True):
        words = re.sub(r"\[[^\]]*\]", "", declared).split()
        direct = words[0] not in ("ref", "out", "in")
        kind = words[0 if direct else 1].rpartition(".")[2]
        simple = CS_TYPES.get(kind.lower(), "struct" if kind in structures else "?")
        if wanted == "out":
            fits = not direct and simple in ("intptr", "uint", "int")
        elif wanted == "struct":
            fits = simple == "intptr" if direct else simple == "struct"
            fits = fits or (direct and simple == "struct" and structures[kind].kind == "class")
        else:
            fits = direct and simple in ACCEPTED[wanted]
        if not fits:
            raise unsupported(f"the parameter '{declared}' of {name}")
