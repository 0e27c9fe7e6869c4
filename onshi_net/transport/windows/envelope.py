"""What goes to powershell.exe and what comes back.

The command line holds a small loader only, so its 8191 characters (Microsoft, Command prompt
line string limitation) are no limit. The script and the secrets are lines of base64 on standard
input. The loader reads them with `$input`, because powershell.exe itself reads redirected input
for an encoded command, and makes the script a block.

Where a secret could be logged, and why it isn't: it is no part of any script text (ScriptBlock
events 4104), of a command line (events 4688, process lists), nor bound to a parameter of a
command (module logging, events 4103), as the loader and the scripts give it to .NET methods
only. WinRM's messages are sealed or inside TLS.

The answer is one line of ASCII, a mark and JSON as base64: the console's code page can't spoil it
and no localized text is parsed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from onshi_net import foreign
from onshi_net.errors import DeviceError
from onshi_net.foreign import ANSWER
from onshi_net.inventory.secrets import Secret
from onshi_net.pcs.powershell import Script
from onshi_net.transport.windows.errors import ScriptFailed

RAW = 4000
"""Columns of what can't be read, as they are kept."""
MARK = "onshi-answer "
MODE = "onshi-language "
LOADER = r"""
if (@('', 'FullLanguage') -notcontains [string]$ExecutionContext.SessionState.LanguageMode) {
  'onshi-language ' + [string]$ExecutionContext.SessionState.LanguageMode
  return
}
$ProgressPreference = 'SilentlyContinue'
$ErrorActionPreference = 'Stop'
$OnshiLines = @($input)
$OnshiSecrets = @()
for ($OnshiIndex = 1; $OnshiIndex -lt $OnshiLines.Count; $OnshiIndex++) {
  $OnshiBytes = [System.Convert]::FromBase64String($OnshiLines[$OnshiIndex])
  $OnshiSecrets += [System.Text.Encoding]::UTF8.GetString($OnshiBytes)
}
try {
  $OnshiBytes = [System.Convert]::FromBase64String($OnshiLines[0])
  $OnshiText = [System.Text.Encoding]::UTF8.GetString($OnshiBytes)
  $OnshiAnswer = @{ value = (& ([ScriptBlock]::Create($OnshiText))) }
} catch {
  $OnshiCause = $_.Exception
  while ($null -ne $OnshiCause.InnerException) { $OnshiCause = $OnshiCause.InnerException }
  $OnshiKind = [string]$_.FullyQualifiedErrorId
  $OnshiCode = $OnshiCause.HResult
  if ($OnshiCause -is [System.ComponentModel.Win32Exception]) {
    $OnshiCode = $OnshiCause.NativeErrorCode -bor 0x80070000
  }
  $OnshiAnswer = @{ error = @{ kind = $OnshiKind; code = $OnshiCode } }
  $OnshiAnswer['error']['text'] = $OnshiCause.Message
}
$OnshiJson = ConvertTo-Json -InputObject $OnshiAnswer -Depth 8 -Compress
$OnshiBytes = [System.Text.Encoding]::UTF8.GetBytes($OnshiJson)
[Console]::Out.WriteLine('onshi-answer ' + [System.Convert]::ToBase64String($OnshiBytes))
"""
"""Ends with exit code 0 also when the script fails: the failure is part of the answer.

A policy (AppLocker, Windows Defender Application Control) may leave a PC the constrained language
only, which takes none of the .NET methods below its first statement (Microsoft,
about_Language_Modes). Any Win32Exception's HResult is 0x80004005; its native code says more.
"""


def command_line() -> tuple[str, tuple[str, ...]]:
    """Answers the program and its arguments."""
    encoded = base64.b64encode(LOADER.strip().encode("utf-16-le")).decode("ascii")
    options = ("-NoProfile", "-NonInteractive", "-NoLogo", "-ExecutionPolicy", "Bypass")
    return "powershell.exe", (*options, "-EncodedCommand", encoded)


def standard_input(script: Script, secrets: Sequence[Secret]) -> bytes:
    """Answers what the loader reads: the script, then each secret."""
    lines = [script.encoded]
    lines += [base64.b64encode(s.reveal().encode("utf-8")).decode("ascii") for s in secrets]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def masked(words: str, secrets: Sequence[Secret]) -> str:
    """Answers the PC's words with the secrets of this script replaced by `*`."""
    for secret in sorted(secrets, key=lambda one: -len(one.reveal())):
        words = words.replace(secret.reveal(), "*") if secret.reveal() else words
    return words


def answer(
    script: Script, secrets: Sequence[Secret], stdout: bytes, stderr: bytes, host: str
) -> dict[str, Any]:
    """Reads the answer.

    Raises ScriptFailed when the script failed or said nothing that can be read, DeviceError when a
    policy keeps the PC from running it.
    """
    lines = stdout.decode("ascii", errors="replace").splitlines()
    marked = [line for line in lines if line.startswith(MARK)]
    modes = [line.removeprefix(MODE) for line in lines if line.startswith(MODE)]
    if modes and not marked:
        raise DeviceError("winrm.language-mode", host=host, mode=foreign.line(modes[0], ANSWER))
    if not marked:
        said = (stderr or stdout).decode("utf-8", errors="replace").strip()
        raise ScriptFailed(script.name, host=host, kind="NoAnswer", answer=masked(said, secrets))
    return _value(script, secrets, marked[-1].removeprefix(MARK), host)


def _value(script: Script, secrets: Sequence[Secret], line: str, host: str) -> dict[str, Any]:
    try:
        said = base64.b64decode(line, validate=True)
        found = _encodable(json.loads(said))
    except (ValueError, RecursionError):  # the latter: so deep that it can't be a script's
        raise _nonsense(script, secrets, line, host) from None
    if not isinstance(found, dict) or not ({"error", "value"} & found.keys()):
        raise _nonsense(script, secrets, said.decode("utf-8", "backslashreplace"), host)
    if found.get("error") is not None:
        raise _failed(script, secrets, found["error"], host)
    value = found.get("value")
    some = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    last = some[-1] if some else value  # a statement before the last one may have left something
    return last if isinstance(last, dict) else {"value": last}


def _nonsense(script: Script, secrets: Sequence[Secret], said: str, host: str) -> ScriptFailed:
    failed = ScriptFailed(script.name, host=host, kind="BadAnswer")
    failed.raw = foreign.line(masked(said, secrets), RAW)
    return failed


def _failed(script: Script, secrets: Sequence[Secret], error: Any, host: str) -> ScriptFailed:
    told = error if isinstance(error, dict) else {}
    code = told.get("code")
    return ScriptFailed(
        script.name,
        host=host,
        kind=masked(str(told.get("kind", "")), secrets),
        code=code & 0xFFFFFFFF if isinstance(code, int) else 0,
        answer=masked(str(told.get("text", "")), secrets),
    )


def _encodable(value: Any) -> Any:
    """Answers the same without halves of surrogate pairs, which no file and no terminal takes."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_encodable(one) for one in value]
    if isinstance(value, dict):
        return {_encodable(name): _encodable(one) for name, one in value.items()}
    return value
