"""Test-NetConnection, Test-Connection, Resolve-DnsName, Invoke-WebRequest: real packets.

Source: NetTCPIP, DnsClient and Microsoft.PowerShell.Utility on learn.microsoft.com.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from onshi_lab.windows.native import resolver
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.values import PSObject, text_of

PORTS = {"http": 80, "rdp": 3389, "smb": 445, "winrm": 5985}
CONNECT_TIMEOUT = 5.0


def connects(address: str, port: int, timeout: float = CONNECT_TIMEOUT) -> bool:
    """Whether a TCP connection can be made."""
    try:
        with socket.create_connection((address, port), timeout):
            return True
    except OSError:
        return False


def pings(address: str, timeout: int = 2) -> bool:
    """Whether an echo request is answered."""
    result = subprocess.run(
        ["ping", "-n", "-c", "1", "-W", str(timeout), address],
        capture_output=True,
        check=False,
        timeout=timeout + 5,
    )
    return result.returncode == 0


@cmdlet(
    "Test-NetConnection",
    (
        "ComputerName string pos=0 alias=RemoteAddress,cn pipe\n"
        "Port int alias=RemotePort\n"
        "CommonTCPPort string pos=1 values=HTTP|RDP|SMB|WINRM\n"
        "TraceRoute switch\n"
        "Hops int\n"
        "DiagnoseRouting switch\n"
        "ConstrainInterface uint32\n"
        "InformationLevel string values=Quiet|Detailed"
    ),
    class_name="Test-NetConnection",
    alias="tnc",
)
def test_net_connection(call: Call) -> None:
    """Whether a host, or a port of it, can be reached."""
    name = call.text("ComputerName", "internetbeacon.msedge.net")
    addresses = resolver.addresses_of(call.pc, name)
    port = call.get("Port") or PORTS.get(call.text("CommonTCPPort").lower())
    result: dict[str, object] = {
        "ComputerName": name,
        "RemoteAddress": addresses[0] if addresses else None,
        "NameResolutionSucceeded": bool(addresses),
    }
    if not addresses:
        call.session.streams.warning(f"Name resolution of {name} failed")
    if port:
        reached = any(connects(a, port) for a in addresses)
        result |= {"RemotePort": port, "TcpTestSucceeded": reached}
        if not reached:
            call.session.streams.warning(f"TCP connect to ({name} : {port}) failed")
        outcome = reached
    else:
        outcome = call.pc.config.kernel and any(pings(a) for a in addresses)
    result["PingSucceeded"] = outcome
    _add_source(call, result, addresses)
    quiet = call.text("InformationLevel") == "Quiet"
    call.emit(
        outcome
        if quiet
        else PSObject(result, "NetTCPIPTestConnectionResult", text="TestNetConnectionResult")
    )


def _add_source(call: Call, result: dict[str, object], addresses: list[str]) -> None:
    if not addresses:
        return
    target = ipaddress.ip_address(addresses[0])
    routes = [r for r in call.pc.network.routes() if target in ipaddress.ip_network(r.prefix)]
    if routes:
        best = max(routes, key=lambda r: ipaddress.ip_network(r.prefix).prefixlen)
        source = next(
            (
                a.ip
                for a in call.pc.network.addresses()
                if a.index == best.index and a.family == best.family
            ),
            None,
        )
        alias = next((i.alias for i in call.pc.network.interfaces() if i.index == best.index), "")
        result |= {"InterfaceAlias": alias, "SourceAddress": source, "NextHop": best.next_hop}


@cmdlet(
    "Test-Connection",
    (
        "ComputerName! string[] pos=0 "
        "alias=CN,IPAddress,Server,Destination pipe\n"
        "Count int\n"
        "Delay int\n"
        "BufferSize int\n"
        "Quiet switch\n"
        "TimeToLive int\n"
        "Source string[]\n"
        "Protocol string"
    ),
)
def test_connection(call: Call) -> None:
    """Echo requests."""
    for name in call.get("ComputerName"):
        addresses = resolver.addresses_of(call.pc, name)
        answered = call.pc.config.kernel and any(pings(a) for a in addresses)
        if call.flag("Quiet"):
            call.emit(answered)
        elif answered:
            call.emit(
                PSObject(
                    {"Address": name, "ResponseTime": 1, "StatusCode": 0},
                    "System.Management.ManagementObject#root\\cimv2\\Win32_PingStatus",
                )
            )
        else:
            call.write_error(
                f"Testing connection to computer '{name}' failed: Error due to lack of resources",
                "TestConnectionException",
                "ResourceUnavailable",
                exception="System.Net.NetworkInformation.PingException",
                target=name,
            )


KINDS = "values=A|AAAA|NS|MX|PTR|SOA|CNAME|TXT|SRV|ANY|A_AAAA"


@cmdlet(
    "Resolve-DnsName",
    (
        f"Name! string pos=0 pipe prop\n"
        f"Type string pos=1 {KINDS}\n"
        f"Server string[] pos=2\n"
        f"DnsOnly switch\n"
        f"NoHostsFile switch\n"
        f"NoRecursion switch\n"
        f"QuickTimeout switch\n"
        f"TcpOnly switch\n"
        f"CacheOnly switch\n"
        f"LlmnrOnly switch\n"
        f"NetbiosFallback switch\n"
        f"LlmnrFallback switch\n"
        f"LlmnrNetbiosOnly switch\n"
        f"DnssecOk switch\n"
        f"DnssecCd switch"
    ),
    class_name="Microsoft.DnsClient.Commands.ResolveDnsName",
)
def resolve_dns_name(call: Call) -> None:
    """DNS records of a name."""
    name = call.text("Name")
    wanted = call.text("Type", "A_AAAA")
    servers = call.get("Server") or [None]
    records: list[tuple[str, str, int, str]] = []
    failure = ""
    for kind in ("AAAA", "A") if wanted == "A_AAAA" else (wanted,):
        try:
            records += resolver.query(call.pc, name, kind, servers[0])
        except LookupError as error:
            failure = text_of(error.args[0])
    if failure == "timeout" and not records:
        raise call.failure(
            f"{name} : This operation returned because the timeout period expired",
            "ERROR_TIMEOUT",
            "OperationTimeout",
            exception="System.ComponentModel.Win32Exception",
            target=name,
            details={"NativeErrorCode": 1460},
        )
    if failure and not records:
        raise call.failure(
            f"{name} : DNS name does not exist",
            "DNS_ERROR_RCODE_NAME_ERROR",
            "ResourceUnavailable",
            exception="System.ComponentModel.Win32Exception",
            target=name,
            details={"NativeErrorCode": 9003},
        )
    for owner, kind, ttl, data in records:
        call.emit(_record(owner, kind, ttl, data))


def _record(owner: str, kind: str, ttl: int, data: str) -> PSObject:
    properties: dict[str, object] = {"Name": owner, "Type": kind, "TTL": ttl, "Section": "Answer"}
    if kind in ("A", "AAAA"):
        properties |= {"IPAddress": data, f"IP{'4' if kind == 'A' else '6'}Address": data}
    else:
        properties |= {"NameHost": data.rstrip("."), "Strings": [data.strip('"')]}
    return PSObject(
        properties,
        f"Microsoft.DnsClient.Commands.DnsRecord_{kind}",
        default=(
            "Name",
            "Type",
            "TTL",
            "Section",
            "IPAddress" if kind in ("A", "AAAA") else "NameHost",
        ),
    )


def _store(call: Call, name: str) -> list[Path]:
    base = call.pc.config.state / "certificates"
    owners = ("LocalMachine", f"CurrentUser-{call.session.process.logon.sid}")
    return [f for owner in owners for f in sorted((base / f"{owner}-{name}").glob("*.pem"))]


def _tls(call: Call) -> ssl.SSLContext:
    """TLS with the roots of the PC's stores, and the client certificate that was given."""
    context = ssl.create_default_context()
    for root in _store(call, "Root"):
        context.load_verify_locations(root)
    certificate = call.get("Certificate")
    wanted = (
        certificate.get("Thumbprint")
        if isinstance(certificate, PSObject)
        else call.text("CertificateThumbprint")
    )
    if wanted:
        from onshi_lab.windows.powershell.cmdlets.certificates import certificate_object

        for file in _store(call, "My"):
            if certificate_object(file, "Cert:").get("Thumbprint") == wanted.upper():
                context.load_cert_chain(file)
    return context


@cmdlet(
    "Invoke-WebRequest",
    (
        "Uri! object pos=0\n"
        "Method string values=Default|Get|Head\n"
        "UseBasicParsing switch\n"
        "TimeoutSec int\n"
        "Certificate object\n"
        "CertificateThumbprint string\n"
        "Headers hashtable\n"
        "Proxy object\n"
        "MaximumRedirection int\n"
        "UserAgent string"
    ),
    alias="iwr wget curl",
)
def invoke_web_request(call: Call) -> None:
    """One GET over HTTP or HTTPS."""
    url = urlsplit(text_of(call.get("Uri")))
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    addresses = resolver.addresses_of(call.pc, host)
    if not addresses:
        raise _web_failure(call, f"The remote name could not be resolved: '{host}'")
    timeout = call.get("TimeoutSec") or 100
    try:
        with contextlib.closing(
            _connect(call, url.scheme, host, addresses[0], port, timeout)
        ) as connection:
            connection.request("GET", url.path or "/", headers={"Host": host})
            reply = connection.getresponse()
            body = reply.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise _web_failure(
            call,
            "Unable to connect to the remote server"
            if not isinstance(error, ssl.SSLError)
            else "The request was aborted: Could not create SSL/TLS secure channel.",
        ) from error
    if reply.status >= 400:
        raise _web_failure(
            call, f"The remote server returned an error: ({reply.status}) {reply.reason}."
        )
    call.emit(
        PSObject(
            {
                "StatusCode": reply.status,
                "StatusDescription": reply.reason,
                "Content": body,
                "RawContentLength": len(body),
            },
            "Microsoft.PowerShell.Commands.BasicHtmlWebResponseObject",
        )
    )


def _web_failure(call: Call, message: str) -> Exception:
    return call.failure(
        message,
        "WebCmdletWebResponseException",
        "InvalidOperation",
        exception="System.Net.WebException",
    )


def _connect(
    call: Call, scheme: str, host: str, address: str, port: int, timeout: int
) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    raw = socket.create_connection((address, port), timeout)
    connection.sock = (
        _tls(call).wrap_socket(raw, server_hostname=host) if scheme == "https" else raw
    )
    return connection
