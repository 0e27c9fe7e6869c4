"""The cmdlets' functions: typed param() blocks, from the declarations that the mock binds by.

What belongs to the language (core, data) is the engine's own; of it only what reaches into the PC
is here. A cmdlet that Windows has as a function of a CDXML module is one of a module here too,
which does not see the preferences of a script's scope (about_Preference_Variables); the others do.
"""

from onshi_lab.windows.powershell import cmdlets
from onshi_lab.windows.powershell.cmdlet import ALIASES, CMDLETS, Cmdlet, Parameter
from onshi_lab.windows.powershell.convert import ENUM_NAMES, ENUMS, FLAGS

LANGUAGE = ("core", "data")
"""Modules of cmdlets that a real engine has by itself."""
OF_THE_PC = ("Start-Sleep", "Get-Date")
"""Of those, what is asked of the PC: it can be ended while it waits, and has a clock of its own."""
TYPES = {
    "ciminstance": "object",
    "ciminstance[]": "object[]",
    "securestring": "securestring",
    "scriptblock": "scriptblock",
    "hashtable": "hashtable",
}
"""Type names of declarations -> as the engine knows them; others are the same."""
CIM = "[PSTypeName('Microsoft.Management.Infrastructure.CimInstance')] "
BY_HAND = r"""
$ErrorView = 'NormalView'
foreach ($part in $PSStyle.Formatting.PSObject.Properties.Name) { $PSStyle.Formatting.$part = '' }
Set-Variable -Name HOME -Value $env:USERPROFILE -Force -Scope Global
foreach ($name in 'OS', 'Platform', 'GitCommitId') { $PSVersionTable.Remove($name) }
$PSVersionTable['PSEdition'] = 'Desktop'
$PSVersionTable['PSVersion'] = [version]'VERSION'
$OutputEncoding = [System.Text.Encoding]::ASCII
function New-Object {
  [CmdletBinding(DefaultParameterSetName='Net')]
  param([Parameter(ParameterSetName='Net', Mandatory, Position=0)] [string] $TypeName,
    [Parameter(ParameterSetName='Net', Position=1)] [Alias('Args')] [object[]] $ArgumentList,
    [Parameter(ParameterSetName='Com', Mandatory, Position=0)] [string] $ComObject,
    [Parameter(ParameterSetName='Com')] [switch] $Strict,
    [System.Collections.IDictionary] $Property)
  if ($ComObject) { [OnshiLab.Bridge]::Call($PSCmdlet, 'New-Object', $PSBoundParameters, $null) }
  else { Microsoft.PowerShell.Utility\New-Object @PSBoundParameters }
}
function Add-Type {
  [CmdletBinding(DefaultParameterSetName='FromSource')]
  param([Parameter(ParameterSetName='FromSource', Mandatory, Position=0)] [string] $TypeDefinition,
    [Parameter(ParameterSetName='FromMember', Mandatory, Position=0)] [string] $Name,
    [Parameter(ParameterSetName='FromMember', Mandatory, Position=1)] [string[]] $MemberDefinition,
    [Parameter(ParameterSetName='FromMember')] [Alias('NS')] [string] $Namespace,
    [Parameter(ParameterSetName='FromMember')] [string[]] $UsingNamespace,
    [Parameter(ParameterSetName='FromAssembly', Mandatory)] [Alias('AN')] [string[]] $AssemblyName,
    [string] $Language, [string[]] $ReferencedAssemblies,
    [switch] $PassThru, [switch] $IgnoreWarnings)
  if ($AssemblyName) { return }
  $null = $PSBoundParameters.Remove('PassThru')
  foreach ($made in @(Microsoft.PowerShell.Utility\Add-Type @PSBoundParameters -PassThru)) {
    [OnshiLab.Native]::Watch($made)
    if ($PassThru) { $made }
  }
}
"""
ALIAS = "Set-Alias {name} {of} -Force -Scope Global -Option AllScope"
MODULE = r"""
$null = New-Module -Name Windows -ScriptBlock {
FUNCTIONS
} | Import-Module -Global -DisableNameChecking
"""
PROGRAM = r"""function {name} {{
  $found = [OnshiLab.Bridge]::Program('{name}', $args, @($input), $MyInvocation.ExpectingInput)
  $global:LASTEXITCODE = $found[0]
  $found[1]
}}
"""


def cmdlets_of_the_pc() -> list[Cmdlet]:
    """The cmdlets that a script asks the PC for."""
    cmdlets.load()
    return [
        one
        for one in CMDLETS.values()
        if one.handler.__module__.rpartition(".")[2] not in LANGUAGE or one.name in OF_THE_PC
    ]


def prelude(programs: list[str], version: str) -> str:
    """What a runspace of a PC starts with; `version` is what PowerShell calls itself there."""
    found = cmdlets_of_the_pc()
    functions = [function(one) for one in found if not one.is_function]
    module = [function(one) for one in found if one.is_function]
    names = {one.name for one in found}
    aliases = [
        f"Set-Alias {a} {n} -Force -Scope Global -Option AllScope"
        for a, n in ALIASES.items()
        if n in names
    ]
    runs = [PROGRAM.format(name=f"{name}.exe") for name in programs]
    runs += [PROGRAM.format(name=name) for name in programs if name not in ALIASES]
    wrapped = MODULE.replace("FUNCTIONS", "\n".join(module))
    return "\n".join([BY_HAND.replace("VERSION", version), *functions, *runs, wrapped, *aliases])


def enumerations() -> dict[str, dict[str, object]]:
    """Windows' enumerations, by name: their values, and whether those combine."""
    cmdlets.load()
    return {ENUM_NAMES[k]: {"values": v, "flags": k in FLAGS} for k, v in ENUMS.items()}


def function(spec: Cmdlet) -> str:
    """One function; of parameters of which exactly one is wanted, each has a parameter set."""
    binding = ["PositionalBinding=$false"]
    if spec.should_process:
        binding.append("SupportsShouldProcess")
        binding.append(f"ConfirmImpact='{'High' if spec.high_impact else 'Medium'}'")
    lines = ",\n".join("    " + _parameter(spec, one) for one in spec.parameters)
    call = f"[OnshiLab.Bridge]::Call($PSCmdlet, '{spec.name}', $PSBoundParameters, "
    head = f"function {spec.name} {{\n  [CmdletBinding({', '.join(binding)})]\n"
    head += f"  param(\n{lines}\n  )\n"
    if not spec.collect:
        return f"{head}  process {{ {call}$null) }}\n}}"
    piped = next((one.name for one in spec.parameters if one.pipe), "")
    kept = f"if ($MyInvocation.ExpectingInput) {{ $kept.Add(${piped}) }}" if piped else ""
    given = "$given = if ($MyInvocation.ExpectingInput) { $kept.ToArray() }"
    return (
        f"{head}  begin {{ $kept = [System.Collections.Generic.List[object]]::new() }}\n"
        f"  process {{ {kept} }}\n"
        f"  end {{ {given}\n    {call}$given) }}\n}}"
    )


def _parameter(spec: Cmdlet, one: Parameter) -> str:
    group = next((g for g in spec.require if one.name in g), None)
    options = [
        *(["Mandatory"] if one.mandatory or group else []),
        *([f"Position={one.position}"] if one.position is not None else []),
        *(["ValueFromPipeline"] if one.pipe else []),
        *(["ValueFromPipelineByPropertyName"] if one.prop else []),
        *(["ValueFromRemainingArguments"] if one.rest else []),
        *([f"ParameterSetName='{one.name}'"] if group else []),
    ]
    parts = [f"[Parameter({', '.join(options)})]"] if options else []
    if one.aliases:
        parts.append("[Alias(" + ", ".join(f"'{a}'" for a in one.aliases) + ")]")
    if one.values:
        parts.append("[ValidateSet(" + ", ".join(f"'{v}'" for v in one.values) + ")]")
    kind = one.type.lower()
    mark = CIM if kind.startswith("ciminstance") else ""
    return " ".join([*parts, f"{mark}[{TYPES.get(kind, one.type)}] ${one.name}"])
