"""CLIXML on standard error: what powershell.exe writes when it was started with -EncodedCommand.

Source: [MS-PSRP] 2.2.5 (serialization) and about_PowerShell_exe (-OutputFormat); a host whose error
output is redirected and whose command was encoded assumes another PowerShell at the other end.
"""

from xml.sax.saxutils import escape

HEADER = "#< CLIXML\r\n"
OPEN = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
CLOSE = "</Objs>"


def encode(text: str) -> str:
    """Text in a string element: control characters and underscores before x become _xHHHH_."""
    out = []
    for number, char in enumerate(text):
        follows = text[number + 1 : number + 2] in ("x", "X")
        if (ord(char) < 32 or 0x7F <= ord(char) < 0xA0) or (char == "_" and follows):
            out.append(f"_x{ord(char):04X}_")
        else:
            out.append(char)
    return escape("".join(out))


def line(stream: str, text: str) -> str:
    """One line of a stream (Error, Warning, Verbose, Debug)."""
    return f'<S S="{stream}">{encode(text + chr(13) + chr(10))}</S>'


def document(parts: list[str]) -> str:
    """The whole text of standard error."""
    return HEADER + OPEN + "".join(parts) + CLOSE
