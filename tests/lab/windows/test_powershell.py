"""The PowerShell subset: what it computes, by the pages of learn.microsoft.com named."""

import pytest

from .conftest import Machine

EXPRESSIONS = {
    # about_Arithmetic_Operators, about_Operators
    "1 + 2 * 3": 7,
    "7 / 2": 3.5,
    "8 / 2": 4,
    "7 % 3": 1,
    "'ab' * 2": "abab",
    "1..3": [1, 2, 3],
    "(1..3)[-1]": 3,
    "'a','b' + 'c'": ["a", "b", "c"],
    "5 -band 4": 4,
    # about_Comparison_Operators
    "'ABC' -eq 'abc'": True,
    "'ABC' -ceq 'abc'": False,
    "(1,2,3,2) -eq 2": [2, 2],
    "'abc' -like 'A*'": True,
    "'abc' -match '^(.)b'": True,
    "'a1b2' -replace '\\d','-'": "a-b-",
    "(1,2) -contains 2": True,
    "3 -in 1,2": False,
    "'10' -eq 10": True,
    "10 -eq '0x0A'": True,
    "$null -eq $undefined": True,
    "'a,b' -split ','": ["a", "b"],
    "-join ('a','b')": "ab",
    "'a','b' -join '+'": "a+b",
    "'x' -is [string]": True,
    "'12' -as [int]": 12,
    # about_Quoting_Rules, about_Special_Characters
    '"a`tb $(1+1) $env:COMPUTERNAME `$x"': "a\tb 2 TERMINAL-1 $x",
    "'it''s'": "it's",
    '"say ""x"""': 'say "x"',
    "'{0:d3}|{1,4}|{2:x}' -f 7,'a',255": "007|   a|ff",
    # about_Hash_Tables, about_Arrays
    "@{a=1}.A": 1,
    "([ordered]@{b=1;a=2}).Keys": ["b", "a"],
    "@().Count": 0,
    "@($null).Count": 1,
    "@(1,2,3).Count": 3,
    "([pscustomobject]@{a='x'}).A": "x",
    # types
    "[int]'5' + 1": 6,
    "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('é'))": "w6k=",
    "[Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('QgA='))": "B",
    "[string]::IsNullOrEmpty('')": True,
    "'abc'.Substring(1,1).ToUpper()": "B",
    "[int]::MaxValue": 2147483647,
    "([version]'10.0.19044') -gt ([version]'10.0.9')": True,
    "[bool]0": False,
    "[Environment]::MachineName": "TERMINAL-1",
    # pipelines
    "1..5 | Where-Object { $_ -gt 3 }": [4, 5],
    "1..3 | ForEach-Object { $_ * 2 }": [2, 4, 6],
    "3,1,2 | Sort-Object -Descending": [3, 2, 1],
    "(1..4 | Measure-Object -Sum).Sum": 10.0,
    "'b','a','b' | Select-Object -Unique": ["b", "a"],
    "(1..9 | Select-Object -First 2)": [1, 2],
    "([pscustomobject]@{n=1;m=2} | Select-Object -Property 'n',@{n='s';e={$_.n+$_.m}}).s": 3,
    "@([pscustomobject]@{a=1},[pscustomobject]@{a=2}).a": [1, 2],
    "$(if ($true) { 'y' } else { 'n' })": "y",
    "$(foreach ($i in 1,2) { $i + 1 })": [2, 3],
    "& { param($a, $b = 4) $a + $b } 3": 7,
    '(ConvertFrom-Json \'{"a":[1,{"b":null}]}\').a[0]': 1,
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_has_the_value_that_windows_gives(machine, expression):
    assert machine.value(expression) == EXPRESSIONS[expression]


def test_statements_loops_functions_and_scopes(machine):
    result = machine.ps(
        """
        function Add-One {
            param([Parameter(ValueFromPipeline = $true)][int]$Number)
            process { $Number + 1 }
        }
        $total = 0
        for ($i = 0; $i -lt 3; $i++) { $total += $i }
        while ($true) {
            $total++
            if ($total -gt 5) { break }
        }
        "total $total"
        (1, 2 | Add-One) -join ','
        function Change { $total = 99 }
        Change
        "still $total"
        """
    )
    assert result.lines == ["total 6", "2,3", "still 6"]


def test_try_catch_finally_and_the_error_record(machine):
    result = machine.ps(
        """
        try { Get-Item -LiteralPath C:\\nowhere -ErrorAction Stop }
        catch [System.Management.Automation.ItemNotFoundException] {
            "caught $($_.FullyQualifiedErrorId)"
            $_.CategoryInfo.Category
            "<$($_.InvocationInfo.ScriptLineNumber)>"
        }
        finally { 'finally' }
        try { Get-Item -LiteralPath C:\\nowhere -ErrorAction Stop }
        catch { $_.FullyQualifiedErrorId; $_.InvocationInfo.ScriptLineNumber }
        try { throw 'boom' } catch { $_.Exception.Message }
        try { [int]'x' } catch { $_.FullyQualifiedErrorId }
        'after'
        """
    )
    assert result.lines == [
        "caught PathNotFound",
        "ObjectNotFound",
        "<>",
        "finally",
        "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand",
        "9",
        "boom",
        "InvalidCastFromStringToInteger",
        "after",
    ]


FAILURES = {
    "Get-Nothing": ("CommandNotFoundException", "The term 'Get-Nothing' is not recognized"),
    "Get-NetRoute -Foo 1": (
        "NamedParameterNotFound,Get-NetRoute",
        "A parameter cannot be found that matches parameter name 'Foo'.",
    ),
    "Get-Date -Day": (
        "MissingArgument,Microsoft.PowerShell.Commands.GetDateCommand",
        "Missing an argument",
    ),
    "Get-Service a b": (
        "PositionalParameterNotFound,Microsoft.PowerShell.Commands.GetServiceCommand",
        "A positional parameter cannot be found that accepts argument 'b'.",
    ),
    "New-NetRoute -DestinationPrefix 10.0.0.0/8 -InterfaceIndex x": (
        "ParameterArgumentTransformationError,New-NetRoute",
        "Cannot process argument transformation on parameter 'InterfaceIndex'.",
    ),
    "New-NetRoute -DestinationPrefix 10.0.0.0/8": (
        "AmbiguousParameterSet,New-NetRoute",
        "Parameter set cannot be resolved",
    ),
    "Get-NetRoute -AddressFamily IPv5": (
        "ParameterArgumentValidationError,Get-NetRoute",
        "does not belong to the set",
    ),
    "[Foo.Bar]::Baz()": ("TypeNotFound", "Unable to find type [Foo.Bar]."),
    "'a'.Nothing()": ("MethodNotFound", "does not contain a method named 'Nothing'."),
    "$null.Foo()": ("InvokeMethodOnNull", "You cannot call a method on a null-valued expression."),
    "1/0": ("RuntimeException", "Attempted to divide by zero."),
    "Set-StrictMode -Version Latest; $nothing": ("VariableIsUndefined", "has not been set."),
    "Set-StrictMode -Version Latest; ('x').Nope": (
        "PropertyNotFoundStrict",
        "cannot be found on this object",
    ),
    "foo && bar": (
        "ParseException",
        "The token '&&' is not a valid statement separator in this version.",
    ),
    "class A { [int]$x }": ("MockUnsupported", "does not have this"),
    "Remove-NetRoute -DestinationPrefix 0.0.0.0/0": (
        "CmdletizationQuery_NotFound_DestinationPrefix,Remove-NetRoute",
        "No MSFT_NetRoute objects found",
    ),
}


@pytest.mark.mock_language
@pytest.mark.parametrize("script", FAILURES)
def test_what_windows_refuses_is_refused_in_its_words(machine, script):
    result = machine.ps(script)
    error_id, text = FAILURES[script]
    flat = " ".join(result.err.split())
    assert f"FullyQualifiedErrorId : {error_id}" in flat
    assert text in flat


def test_a_high_impact_cmdlet_cannot_ask_in_a_noninteractive_session(machine):
    result = machine.ps(
        "New-NetIPAddress -InterfaceIndex 12 -IPAddress 10.0.0.1 -PrefixLength 24 | Out-Null\n"
        "Remove-NetIPAddress -IPAddress 10.0.0.1"
    )
    assert "NonInteractive mode" in " ".join(result.err.split())
    assert machine.ps("Remove-NetIPAddress -IPAddress 10.0.0.1 -Confirm:$false").err == ""


@pytest.mark.mock_language
def test_json_of_5_1_escapes_dates_enums_and_depth(machine):
    result = machine.ps(
        '[ordered]@{ a = "<é\'`n"; d = @{ x = @{ y = @{ z = 1 } } }; '
        "r = (Get-NetIPInterface)[0].Dhcp } "
        "| ConvertTo-Json -Compress"
    )
    assert result.out.strip() == (
        '{"a":"\\u003cé\\u0027\\n","d":{"x":{"y":"System.Collections.Hashtable"}},"r":0}'
    )


def test_standard_input_is_read_as_if_typed(machine):
    script = b"'one'\nif ($true) {\n  'two'\n}\n\n'three'\nif ($true) {\n  'never'\n}"
    result = machine.run("powershell -NoProfile -Command -", stdin=script)
    assert result.lines == ["one", "two", "three"]


def test_prompts_are_shown_with_file_dash(machine):
    result = machine.run("powershell -NoProfile -File -", stdin=b"'x'\n")
    assert result.out.startswith("PS C:\\Users\\onsadmin> ")


def test_an_encoded_command_writes_its_errors_as_clixml(machine):
    import base64

    encoded = base64.b64encode("Write-Warning w; nope".encode("utf-16-le")).decode()
    result = machine.run(f"powershell -EncodedCommand {encoded}")
    assert result.err.startswith("#< CLIXML\r\n<Objs Version=")
    assert '<S S="Error">' in result.err
    assert '<S S="Warning">WARNING: w_x000D__x000A_</S>' in result.err


@pytest.mark.mock_language
def test_script_blocks_and_command_lines_are_recorded(machine):
    machine.run("powershell -Command \"Invoke-Expression '1 + 1'\"")
    logged = [e.data["ScriptBlockText"] for e in machine.pc.events.events() if e.id == 4104]
    assert logged == ["Invoke-Expression '1 + 1'", "1 + 1"]
    assert any(
        "Invoke-Expression" in e.data["CommandLine"]
        for e in machine.pc.events.events()
        if e.id == 4688
    )


GRAMMAR_GAPS = {
    "function f { param($a, $b = 2) $a + $b }\nf 1": ["3"],
    'function f { [CmdletBinding()] param([Parameter(Position = 0)]$a) "<$a>" }\nf x': ["<x>"],
    "'x' | Select-Object Length, Nope | ForEach-Object { $_.Length }": ["1"],
    "Write-Output a, b": ["a", "b"],
}


@pytest.mark.parametrize("script", GRAMMAR_GAPS)
def test_what_windows_takes_and_the_grammar_alone_does_not(machine, script):
    result = machine.ps(script)
    assert (result.lines, result.err) == (GRAMMAR_GAPS[script], "")


def test_cmd_takes_its_quotes_off(machine):
    assert machine.run('cmd /c "echo a& echo b"').lines == ["a", "b"]
    assert machine.run('cmd /s /c ""echo" x"').lines == ["x"]
    assert machine.run('cmd /c "echo a"').lines == ["a"]
    program = r"C:\Program Files\tool\hostname.exe"
    assert machine.run(f'cmd /c "{program}"').lines == ["TERMINAL-1"]
    assert r"'C:\Program'" in machine.run(f'cmd /s /c "{program}"').err


@pytest.mark.parametrize(
    ("language", "where"), [("en", "At {}char:3"), ("ja", "発生場所 {}文字:3")]
)
def test_where_an_error_is_said_in_the_language_of_windows(tmp_path, language, where):
    machine = Machine(tmp_path / "state", language=language)
    path = "C:\\Windows\\Temp\\a.ps1"
    machine.pc.disk.write(path, b"1\r\n  throw 'x'\r\n", machine.pc.sids(machine.logon()))
    line = {"en": "line:1 ", "ja": "行:1 "}[language]
    assert where.format(line) in machine.run("powershell -Command \"  throw 'x'\"").err
    said = machine.run(f"powershell -ExecutionPolicy Bypass -File {path}").err
    assert where.format(f"{path}:2 ") in said


@pytest.mark.mock_language
@pytest.mark.parametrize(("language", "where"), [("en", "At "), ("ja", "発生場所 ")])
def test_a_script_is_told_the_place_in_that_language_too(tmp_path, language, where):
    machine = Machine(tmp_path / "state", language=language)
    caught = "try { throw 'x' } catch { $_.InvocationInfo.PositionMessage }"
    assert machine.ps(caught).lines[0].startswith(where)


def test_exit_codes(machine):
    assert machine.run('powershell -Command "exit 7"').code == 7
    assert machine.run('powershell -Command "throw 1"').code == 1
    assert machine.run('powershell -Command "1"').code == 0
    assert machine.run("powershell -Nonsense").code == 0xFFFD0000


def test_the_execution_policy_stops_files_but_not_commands(machine):
    script = b'param($n) "file $n"\r\n'
    machine.pc.disk.write("C:\\Windows\\Temp\\a.ps1", script, machine.pc.sids(machine.logon()))
    assert "running scripts is disabled" in " ".join(
        machine.run("powershell -File C:\\Windows\\Temp\\a.ps1").err.split()
    )
    bypass = machine.run("powershell -ExecutionPolicy Bypass -File C:\\Windows\\Temp\\a.ps1 -n 3")
    assert bypass.lines == ["file 3"]
