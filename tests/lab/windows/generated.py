"""Generated scripts over the constructs that the product's scripts use, the same from one seed.

Each writes lines of text only: values in a form that shows their type, and for an error its id and
the types and HResults of its exceptions. Hashtables that are written out are ordered.
"""

from __future__ import annotations

import random
import re

CAUSE = (
    "$c = $_.Exception; $s = @([string]$_.FullyQualifiedErrorId); "
    "while ($null -ne $c) { $s += $c.GetType().Name + ' ' + $c.HResult; $c = $c.InnerException }; "
    "'error ' + ($s -join ' < ')"
)
BYTES = "[System.Text.Encoding]::UTF8"
GRAMMAR: dict[str, tuple[str, ...]] = {
    "word": (
        *("''", "'a'", "'Abc'", "'abc'", "'x y'", "'10'", "'-3'", "'0x1F'", "'1.5'", "'True'"),
        *("'a=b=c'", r"'PC\user'", "'受付'"),
    ),
    "number": (
        *("0", "1", "-1", "7", "255", "65536", "2147483647", "-2147483648", "4294967296"),
        "0x301BF",
    ),
    "other": (
        *("$null", "$true", "$false", "1.5", "@()", "@(1)", "@($null)", "@(1, 'a')", "'a', 'b'"),
    ),
    "name": ("$a", "$b", "$n"),
    "scalar": ("<word>", "<number>"),
    "arithmetic": ("+", "-", "/", "%"),
    "factor": ("0", "1", "3", "-1", "'10'", "'a'", "1.5", "$null"),
    "comparison": ("-eq", "-ne", "-gt", "-ge", "-lt", "-le", "-ceq", "-like", "-notlike"),
    "logic": ("-and", "-or"),
    "within": ("-contains", "-notcontains"),
    "type": ("int", "long", "string", "bool", "string[]"),
    "atom": ("<scalar>", "<other>", "<name>"),
    "table": ("[ordered]@{ x = <atom>; y = <value> }",),
    "value": (
        "<atom>",
        "(<value> <arithmetic> <scalar>)",
        "(<value> * <factor>)",
        "(<value> <comparison> <scalar>)",
        "(<atom> <logic> (-not <atom>))",
        "(@(<atom>) <within> <scalar>)",
        "(<number> -band <number>)",
        "([<type>]<value>)",
        "((<word> -split '<separator>', 2)[<index>])",
        "(@(<atom>) -join ', ')",
        "('<' + <atom> + '>').Length",
        "@(<value>).Count",
        '"<name> $(<atom>)"',
        "(<table>).<key>",
        "(<atom>)[<index>]",
        f"{BYTES}.GetString([System.Convert]::FromBase64String("
        f"[System.Convert]::ToBase64String({BYTES}.GetBytes(<word>))))",
        "[System.Text.Encoding]::Unicode.GetBytes(<word>).Length",
        "(ConvertTo-Json -InputObject ([ordered]@{ x = <atom>; y = @(<atom>) }) -Compress)",
        "(ConvertFrom-Json -InputObject (ConvertTo-Json -InputObject "
        "([ordered]@{ x = <plain>; y = @(<plain>) }) -Compress)).<key>",
        "('{0}-{1}' -f <scalar>, <scalar>)",
    ),
    "plain": ("'a'", "'受付'", "''", "'7'", "$true", "$null"),
    "separator": ("=", ",", " "),
    "index": ("0", "1", "-1", "5"),
    "key": ("x", "y", "Count", "zz"),
    "simple": (
        "<name> = <value>",
        "<name> += <value>",
        "<name> = @(<value>, <atom>)",
        "& $Show (<value>)",
        "& $Show <name>",
        "$h['x'] = <value>",
        "$h.x += <atom>",
        "$null = <value>",
    ),
    "fault": (
        "throw <word>",
        "throw (New-Object -TypeName 'System.InvalidOperationException' -ArgumentList 'x')",
        "$null = [System.Convert]::FromBase64String('*')",
        "$null = [System.IO.File]::ReadAllText('/not/there/x')",
        "$null = [ScriptBlock]::Create('if (')",
        "<name>.Nope()",
        "$null = 'abc'.Substring(<scalar>)",
        "$null = 1 / <scalar>",
    ),
    "block": ("<statement>", "<statement>; <statement>"),
    "statement": (
        "<simple>",
        "<simple>",
        "<simple>",
        "if (<value>) { <block> } elseif (<value>) { <block> } else { <block> }",
        "foreach ($e in @(<value>)) { & $Show $e; <block> }",
        "foreach ($e in <atom>) { if ($e -eq <scalar>) { break }; & $Show $e }",
        "for ($i = 0; $i -lt 2; $i++) { <block> }",
        "$w = 0; while ($w -lt 2) { $w += 1; if ($w -eq <index>) { continue }; <block> }",
        f"try {{ <block> }} catch {{ {CAUSE} }} finally {{ 'finally' }}",
        "try { <block> } catch [System.FormatException] { 'format' } catch { 'other' }",
        "<name> = & { <block> }",
        "& ([ScriptBlock]::Create('<name> = 3; <name>; @(1, 2)'))",
        "<fault>",
    ),
}
"""Symbol -> what it may become; the deeper, the sooner the first."""
SHALLOW = {"value": "<atom>", "statement": "<simple>"}
DEPTH = 4
HEAD = (
    "$Show = { if ($null -eq $args[0]) { 'null' } else { $args[0].GetType().Name + ':' + "
    "[string]$args[0] + ':' + @($args[0]).Count } }; "
    "$h = [ordered]@{ x = 1; y = 'z' }; $a = 1; $b = 'b'; $n = $null\n"
    "$ErrorActionPreference = 'Stop'\n"
)


def _expanded(chance: random.Random, symbol: str, depth: int) -> str:
    shallow = depth >= DEPTH and symbol in SHALLOW
    text = SHALLOW[symbol] if shallow else chance.choice(GRAMMAR[symbol])
    text = re.sub(r"\$([iw])\b", rf"$\g<1>{depth}", text)  # a loop inside has its own
    deeper = depth + (symbol in SHALLOW)
    return re.sub(r"<(\w+)>", lambda m: _expanded(chance, m[1], deeper), text)


def generated(seed: int, number: int) -> str:
    """The script of a number; an error that nothing caught is shown as one that was caught."""
    chance = random.Random(f"{seed}/{number}")
    body = "\n  ".join(_expanded(chance, "statement", 1) for _ in range(5))
    return f"{HEAD}try {{\n  {body}\n}} catch {{\n  {CAUSE}\n}}\n& $Show $a\n& $Show $h.x"
