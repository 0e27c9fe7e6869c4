"""Windows command lines: how a program splits one into arguments.

Source: learn.microsoft.com "Parsing C command-line arguments" and CommandLineToArgvW.
"""


def split(command_line: str) -> list[str]:
    """The arguments of a command line, by the rules of the Microsoft C runtime."""
    arguments: list[str] = []
    position, length = 0, len(command_line)
    while position < length:
        if command_line[position] in " \t":
            position += 1
            continue
        argument, position = _argument(command_line, position)
        arguments.append(argument)
    return arguments


def _argument(line: str, position: int) -> tuple[str, int]:
    out: list[str] = []
    quoted = False
    while position < len(line):
        char = line[position]
        if char == "\\":
            taken, position = _backslashes(line, position)
            out.append(taken)
        elif char == '"':
            if quoted and line[position + 1 : position + 2] == '"':
                out.append('"')
                position += 1
            else:
                quoted = not quoted
            position += 1
        elif char in " \t" and not quoted:
            break
        else:
            out.append(char)
            position += 1
    return "".join(out), position


def _backslashes(line: str, position: int) -> tuple[str, int]:
    end = position
    while end < len(line) and line[end] == "\\":
        end += 1
    count = end - position
    if line[end : end + 1] != '"':
        return "\\" * count, end
    if count % 2:
        return "\\" * (count // 2) + '"', end + 1
    return "\\" * (count // 2), end


def quote(argument: str) -> str:
    """One argument as it must be written so that `split` gives it back."""
    if argument and not any(c in argument for c in ' \t"'):
        return argument
    out, backslashes = ['"'], 0
    for char in argument:
        if char == "\\":
            backslashes += 1
            continue
        out.append("\\" * (backslashes * 2 + 1 if char == '"' else backslashes) + char)
        backslashes = 0
    return "".join(out) + "\\" * (backslashes * 2) + '"'


def first_token(command_line: str) -> tuple[str, str]:
    """The program of a command line and the rest of it, unparsed."""
    line = command_line.lstrip()
    if line.startswith('"'):
        program, _, rest = line[1:].partition('"')
        return program, rest.lstrip()
    program, _, rest = line.partition(" ")
    return program, rest.lstrip()
