"""Commands that Windows has and the lab's PC lacks: refused by name, not 'not recognized'.

Source: the module reference of Windows PowerShell 5.1 and Windows 10 on learn.microsoft.com
(Microsoft.PowerShell.*, CimCmdlets, DnsClient, NetAdapter, NetConnection, NetSecurity, NetTCPIP,
ScheduledTasks, SmbShare), by noun; aliases by the output of `Get-Alias`.
"""

NOUNS = {
    "Alias": "Export Get Import New Set",
    "Member": "Add Get",
    "AuthenticodeSignature": "Get Set",
    "CimInstance": "Get New Remove Set",
    "CimMethod": "Invoke",
    "CimSession": "Get New Remove",
    "Command": "Get Invoke Measure Trace",
    "Computer": "Add Checkpoint Remove Rename Restart Restore Stop",
    "ComputerInfo": "Get",
    "Content": "Add Clear Get Set",
    "Credential": "Get",
    "Csv": "ConvertFrom ConvertTo Export Import",
    "Culture": "Get",
    "Custom": "Format",
    "Date": "Get Set",
    "DnsClient": "Get Set",
    "DnsClientCache": "Clear Get",
    "DnsClientNrptPolicy": "Get",
    "DnsClientServerAddress": "Get Set",
    "DnsName": "Resolve",
    "Error": "Write",
    "EventLog": "Clear Get Limit New Remove Show Write",
    "ExecutionPolicy": "Get Set",
    "Expression": "Invoke",
    "File": "Out Unblock",
    "FileHash": "Get",
    "Help": "Get Save Update",
    "History": "Add Clear Get Invoke",
    "Host": "Get Out Read Write",
    "HotFix": "Get",
    "Information": "Write",
    "Item": "Clear Copy Get Invoke Move New Remove Rename Set",
    "ItemProperty": "Clear Copy Get Move New Remove Rename Set",
    "ItemPropertyValue": "Get",
    "Job": "Debug Get Receive Remove Resume Start Stop Suspend Wait",
    "List": "Format",
    "LocalGroup": "Get New Remove Rename Set",
    "LocalGroupMember": "Add Get Remove",
    "LocalUser": "Disable Enable Get New Remove Rename Set",
    "Location": "Get Pop Push Set",
    "Module": "Get Import New Remove",
    "NetAdapter": "Disable Enable Get Rename Restart Set",
    "NetAdapterBinding": "Disable Enable Get Set",
    "NetAdapterStatistics": "Get",
    "NetConnection": "Test",
    "NetConnectionProfile": "Get Set",
    "NetFirewallApplicationFilter": "Get Set",
    "NetFirewallInterfaceFilter": "Get Set",
    "NetFirewallProfile": "Get Set",
    "NetFirewallRule": "Copy Disable Enable Get New Remove Rename Set Show",
    "NetFirewallServiceFilter": "Get Set",
    "NetFirewallSetting": "Get Set",
    "NetIPAddress": "Get New Remove Set",
    "NetIPConfiguration": "Get",
    "NetIPInterface": "Get Set",
    "NetNeighbor": "Get New Remove Set",
    "NetPrefixPolicy": "Get",
    "NetRoute": "Find Get New Remove Set",
    "NetTCPConnection": "Get",
    "NetUDPEndpoint": "Get",
    "Object": "Compare Foreach Group Measure New Select Sort Tee Where",
    "Path": "Convert Join Resolve Split Test",
    "Process": "Debug Get Start Stop Wait",
    "Progress": "Write",
    "Provider": "Get",
    "PSDrive": "Get New Remove",
    "PSRemoting": "Disable Enable",
    "PSSession": "Connect Disconnect Enter Exit Get New Receive Remove",
    "PSSessionConfiguration": "Disable Enable Get Register Set Unregister",
    "Random": "Get",
    "RestMethod": "Invoke",
    "ScheduledTask": "Disable Enable Export Get New Register Set Start Stop Unregister",
    "SecureString": "ConvertFrom ConvertTo",
    "Service": "Get New Restart Resume Set Start Stop Suspend",
    "SmbClientConfiguration": "Get Set",
    "SmbConnection": "Get",
    "SmbMapping": "Get New Remove",
    "SmbOpenFile": "Close Get",
    "SmbServerConfiguration": "Get Set",
    "SmbSession": "Close Get",
    "SmbShare": "Get New Remove Set",
    "String": "ConvertFrom Out Select",
    "StringData": "ConvertFrom",
    "Table": "Format",
    "TemporaryFile": "New",
    "TimeSpan": "New",
    "TimeZone": "Get Set",
    "Transcript": "Start Stop",
    "Type": "Add",
    "TypeData": "Get Remove Update",
    "Unique": "Get",
    "Variable": "Clear Get New Remove Set",
    "Verbose": "Write",
    "Debug": "Write",
    "Wide": "Format",
    "WmiObject": "Get Remove",
    "WmiMethod": "Invoke",
    "WSMan": "Connect Disconnect Test",
    "WSManInstance": "Get New Remove Set",
    "WSManQuickConfig": "Set",
    "WebRequest": "Invoke",
    "Xml": "ConvertTo Select",
    "Clixml": "Export Import",
    "Connection": "Test",
    "Default": "Out",
    "GridView": "Out",
    "Printer": "Get Out",
}
"""Noun -> the verbs that it has."""
ABSENT = frozenset(
    f"{verb}-{noun}".lower() for noun, verbs in NOUNS.items() for verb in verbs.split()
)
ALIAS_NAMES = """
ac asnp clc clear clhy cli clp cls clv cnsn compare copy cp cpi cpp curl cvpa dbp diff dir dnsn
ebp epal epcsv epsn erase etsn exsn fc fhx fl ft fw gal gbp gci gcim gcm gcs gdr ghy gi gjb gl gm
gmo gp gps group gsnp gsv gtz gu gv gwmi h history icim icm iex ihy ii ipal ipcsv ipmo ipsn ise
iwmi iwr irm kill lp ls man md measure mi mount move mp mv nal ncim ndr ni nmo nsn nv ogv oh popd
ps pushd pwd r rbp rcim rcjb rcsn rd rdr ren ri rjb rm rmdir rmo rni rnp rp rsn rsnp rujb rv rvpa
rwmi sajb sal saps sasv sbp sc scim select set shcm si sl sleep sls sort sp spjb spps spsv start
stz sujb sv swmi tee trcm type wget where wjb write cat cd chdir del echo gc
"""
ALIASES = frozenset(ALIAS_NAMES.split())


def is_absent(name: str) -> bool:
    """Whether Windows has a cmdlet of this name; asked for names that the lab lacks."""
    return name.rpartition("\\")[2].lower() in ABSENT


def is_absent_alias(name: str) -> bool:
    """Whether Windows has an alias of this name; asked for names that are no alias of the lab's."""
    return name.lower() in ALIASES
