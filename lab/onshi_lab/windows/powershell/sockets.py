"""Tasks and sockets of .NET: System.Net.Dns, TcpClient, UdpClient, SslStream, for real.

Packets go out of the namespace that the PC lives in; a task is a thread. Source:
learn.microsoft.com, .NET Framework 4.8 API reference; "Windows Sockets error codes".
"""

import errno
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import Any

from onshi_lab.windows.network import names
from onshi_lab.windows.powershell.convert import define_enum, enum_value, ip_object
from onshi_lab.windows.powershell.errors import ErrorRecord, exception
from onshi_lab.windows.powershell.methods import Failed, Method, method
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import NOTHING, PSObject, TypedArray, Value

Ways = tuple[list[socket.socket], list[socket.socket], list[socket.socket]]
SLICE_S = 0.1
"""So long a task waits before it looks whether its socket was closed."""
SOCKET, AUTHENTICATION = (
    "System.Net.Sockets.SocketException",
    "System.Security.Authentication.AuthenticationException",
)
FAMILY = "System.Net.Sockets.AddressFamily"
PROTOCOLS = "System.Security.Authentication.SslProtocols"
FAMILIES = {"InterNetwork": socket.AF_INET, "InterNetworkV6": socket.AF_INET6}
define_enum(FAMILY, InterNetwork=2, InterNetworkV6=23)
define_enum(PROTOCOLS, Tls12=3072)
define_enum(
    "System.Net.Sockets.SocketError",
    AccessDenied=10013,
    AddressFamilyNotSupported=10047,
    AddressNotAvailable=10049,
    NetworkUnreachable=10051,
    ConnectionReset=10054,
    TimedOut=10060,
    ConnectionRefused=10061,
    HostUnreachable=10065,
    HostNotFound=11001,
    TryAgain=11002,
    NoData=11004,
)
CODES = {
    errno.EACCES: "AccessDenied",
    errno.EPERM: "AccessDenied",
    errno.EAFNOSUPPORT: "AddressFamilyNotSupported",
    errno.EADDRNOTAVAIL: "AddressNotAvailable",
    errno.ENETUNREACH: "NetworkUnreachable",
    errno.ECONNRESET: "ConnectionReset",
    errno.EPIPE: "ConnectionReset",
    errno.ETIMEDOUT: "TimedOut",
    errno.ECONNREFUSED: "ConnectionRefused",
    errno.EHOSTUNREACH: "HostUnreachable",
}


def void(run: Callable[[list[Value]], Any], *overloads: str) -> Method:
    """A method that gives nothing back, not even a null."""

    def act(_target: Value, arguments: list[Value]) -> Value:
        run(arguments)
        return NOTHING

    return method(act, *overloads)


class Live(PSObject):
    """An object some of whose properties are looked up at each reading."""

    def __init__(self, kind: str, live: dict[str, Callable[[], Value]], **given: Any) -> None:
        super().__init__({}, kind, **given)
        self._live = {name.lower(): read for name, read in live.items()}

    def has(self, name: str) -> bool:
        """Whether there is such a property."""
        return name.lower() in self._live or super().has(name)

    def get(self, name: str) -> Value:
        """A property's value now."""
        read = self._live.get(name.lower())
        return read() if read is not None else super().get(name)


def thrown(kind: str, why: str, inner: PSObject | None = None, **details: Any) -> PSObject:
    """An exception that can be thrown again."""
    made = exception(kind, why, inner, **details)
    identity = kind.rpartition(".")[2]
    made.native = ErrorRecord(why, identity, "OperationStopped", kind, details=details, inner=inner)
    return made


def socket_exception(code: str) -> PSObject:
    """A SocketException with its SocketErrorCode."""
    found = enum_value("System.Net.Sockets.SocketError", code)
    return thrown(SOCKET, f"{code} ({found.value})", SocketErrorCode=found, ErrorCode=found.value)


class TaskFailed(Exception):
    """Ends a task with an exception of .NET."""

    def __init__(self, exception: PSObject) -> None:
        super().__init__(exception.text)
        self.exception = exception


def _dotnet(error: BaseException) -> PSObject:
    """The exception of .NET for one of Python."""
    if isinstance(error, TaskFailed):
        return error.exception
    if isinstance(error, names.NotResolved):
        return socket_exception(str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        why = "The remote certificate is invalid according to the validation procedure."
        return thrown(AUTHENTICATION, why)
    if isinstance(error, ssl.SSLError):
        said = "The message received was unexpected or badly formatted"
        inner = thrown("System.ComponentModel.Win32Exception", said, NativeErrorCode=-2146893018)
        return thrown(AUTHENTICATION, "A call to SSPI failed, see inner exception.", inner)
    if isinstance(error, OSError):
        return socket_exception(CODES.get(error.errno or 0, "HostUnreachable"))
    return thrown("System.ObjectDisposedException", "Cannot access a disposed object.")


def task(run: Callable[[], Value]) -> PSObject:
    """A task that has begun."""
    future: Future[Value] = Future()

    def work() -> None:
        try:
            found = run()
        except Exception as error:  # noqa: BLE001 it belongs to whoever reads the task
            future.set_exception(error)
        else:
            future.set_result(found)

    threading.Thread(target=work, name="dotnet-task", daemon=True).start()

    def failure() -> PSObject | None:
        error = future.exception() if future.done() else None
        if error is None:
            return None
        why = "One or more errors occurred."
        return thrown("System.AggregateException", why, _dotnet(error))

    def result() -> Value:
        error = future.exception()
        if error is not None:
            raise TaskFailed(_dotnet(error))
        return future.result()

    live = {
        "IsCompleted": future.done,
        "IsFaulted": lambda: failure() is not None,
        "IsCanceled": lambda: False,
        "Exception": failure,
        "Result": result,
    }
    return Live("System.Threading.Tasks.Task", live, native=future)


def _wait_any(session: Session, arguments: list[Value]) -> int:
    futures = [one.native for one in arguments[0]]
    wait(futures, timeout=arguments[1] / 1000, return_when=FIRST_COMPLETED)
    session.process.check()
    return next((n for n, one in enumerate(futures) if one.done()), -1)


# -- sockets -----------------------------------------------------------------------------------


class Socket:
    """A socket that a task may wait on while somebody else closes it."""

    def __init__(self, family: str, kind: socket.SocketKind) -> None:
        try:
            self.real = socket.socket(FAMILIES[family], kind)
        except OSError as error:
            raise refused(error) from error
        self.real.setblocking(False)
        self._closed = threading.Event()
        self._used = threading.Lock()

    def close(self) -> None:
        """Ends what waits on it, and then the socket."""
        self._closed.set()
        with self._used:
            self.real.close()

    def until(self, act: Callable[[], Value], write: bool = False) -> Value:
        """What an act gives once the socket is ready for it; raises OSError."""
        with self._used:
            while not self._closed.is_set():
                try:
                    return act()
                except (BlockingIOError, ssl.SSLWantReadError):
                    ways: Ways = ([], [self.real], []) if write else ([self.real], [], [])
                except ssl.SSLWantWriteError:
                    ways = ([], [self.real], [])
                select.select(*ways, SLICE_S)
        raise ValueError("closed")

    def connect(self, address: str, port: int) -> None:
        """Connects; raises OSError."""
        code = self.real.connect_ex((address, port))

        def ended() -> None:
            if code == errno.EINPROGRESS and not select.select([], [self.real], [], 0)[1]:
                raise BlockingIOError
            found = self.real.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if found or code not in (0, errno.EINPROGRESS):
                raise OSError(found or code, "connect")

        self.until(ended, write=True)


def refused(error: OSError) -> Failed:
    """What a method throws at once where a socket can't do it."""
    found = socket_exception(CODES.get(error.errno or 0, "HostUnreachable"))
    details = {name: found.get(name) for name in ("SocketErrorCode", "ErrorCode")}
    return Failed(found.get("Message"), SOCKET, **details)


def _endpoint(opened: Socket) -> PSObject:
    address, port = opened.real.getsockname()[:2]
    kind = "System.Net.IPEndPoint"
    return PSObject({"Address": ip_object(address), "Port": port}, kind, text=f"{address}:{port}")


def _tcp_client(_session: Session, arguments: list[Value]) -> PSObject:
    opened = Socket(arguments[0].name, socket.SOCK_STREAM)
    inner = Live("System.Net.Sockets.Socket", {"LocalEndPoint": lambda: _endpoint(opened)})
    connect = method(
        lambda _t, a: task(lambda: opened.connect(str(a[0].native), a[1])),
        "System.Net.IPAddress int",
    )
    methods = {
        "ConnectAsync": connect,
        "GetStream": method(lambda _t, _a: _stream("System.Net.Sockets.NetworkStream", opened)),
        "Close": void(lambda _a: opened.close()),
    }
    return PSObject({"Client": inner}, "System.Net.Sockets.TcpClient", methods=methods)


def _read(opened: Socket, buffer: bytearray, offset: int, count: int) -> int:
    def once() -> int:
        try:
            return opened.real.recv_into(memoryview(buffer)[offset : offset + count])
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return 0

    return int(opened.until(once))


def _write(opened: Socket, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[opened.until(partial(_send, opened, left), write=True) :]


def _send(opened: Socket, data: memoryview) -> int:
    return opened.real.send(data)


def _stream(kind: str, opened: Socket, **more: Method) -> PSObject:
    methods = {
        "ReadAsync": method(lambda _t, a: task(lambda: _read(opened, *a)), "any int int"),
        "WriteAsync": method(
            lambda _t, a: task(lambda: _write(opened, bytes(a[0][a[1] : a[1] + a[2]]))),
            "byte[] int int",
        ),
        **more,
    }
    return PSObject({}, kind, methods=methods, native=opened)


def _ssl_stream(session: Session, arguments: list[Value]) -> PSObject:
    opened: Socket = arguments[0].native

    def authenticate(_target: Value, given: list[Value]) -> PSObject:
        name, certificates = given[0], given[1]
        return task(lambda: _handshake(session, opened, name, certificates.native))

    shape = f"string any {PROTOCOLS} bool"
    more = {"AuthenticateAsClientAsync": method(authenticate, shape)}
    return _stream("System.Net.Security.SslStream", opened, **more)


def _handshake(session: Session, opened: Socket, name: str, certificates: list[PSObject]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    root = session.pc.config.state / "certificates" / "LocalMachine-Root"
    for authority in sorted(root.glob("*.pem")):
        context.load_verify_locations(authority)
    for one in certificates[:1]:
        context.load_cert_chain(one.native)
    layer = context.wrap_socket(
        opened.real, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=True
    )
    opened.real = layer
    opened.until(layer.do_handshake)


def _udp_client(_session: Session, arguments: list[Value]) -> PSObject:
    opened = Socket(arguments[0].name, socket.SOCK_DGRAM)

    def connect(given: list[Value]) -> None:
        try:
            opened.real.connect((str(given[0].native), given[1]))
        except OSError as error:
            raise refused(error) from error

    def send(_target: Value, given: list[Value]) -> int:
        try:
            return opened.real.send(bytes(given[0][: given[1]]))
        except OSError as error:
            raise refused(error) from error

    def receive() -> PSObject:
        try:
            data = opened.until(lambda: opened.real.recv(65536))
        except ConnectionRefusedError as error:  # Windows: WSAECONNRESET for a closed port
            raise TaskFailed(socket_exception("ConnectionReset")) from error
        return PSObject({"Buffer": bytearray(data)}, "System.Net.Sockets.UdpReceiveResult")

    methods = {
        "Connect": void(connect, "System.Net.IPAddress int"),
        "Send": method(send, "byte[] int"),
        "ReceiveAsync": method(lambda _t, _a: task(receive)),
        "Close": void(lambda _a: opened.close()),
    }
    return PSObject({}, "System.Net.Sockets.UdpClient", methods=methods)


# -- beside them -------------------------------------------------------------------------------


def _memory_stream(_session: Session, _arguments: list[Value]) -> PSObject:
    held = bytearray()
    methods = {
        "Write": void(lambda a: held.extend(a[0][a[1] : a[1] + a[2]]), "byte[] int int"),
        "ToArray": method(lambda _t, _a: bytearray(held)),
    }
    return Live("System.IO.MemoryStream", {"Length": lambda: len(held)}, methods=methods)


def _certificates(_session: Session, _arguments: list[Value]) -> PSObject:
    held: list[PSObject] = []

    def add(_target: Value, given: list[Value]) -> int:
        held.append(given[0])
        return len(held) - 1

    kind = "System.Security.Cryptography.X509Certificates.X509Certificate2Collection"
    count = {"Count": lambda: len(held)}
    return Live(kind, count, methods={"Add": method(add, "any")}, native=held)


def _stopwatch(_session: Session, _arguments: list[Value]) -> PSObject:
    began = time.monotonic()
    live = {"ElapsedMilliseconds": lambda: int((time.monotonic() - began) * 1000)}
    return Live("System.Diagnostics.Stopwatch", live)


def _addresses(session: Session, arguments: list[Value]) -> PSObject:
    network, name = session.pc.network, arguments[0]

    def found() -> TypedArray:
        some = [ip_object(one) for one in names.resolve(network, name)]
        return TypedArray(some, "System.Net.IPAddress")

    return task(found)


STATICS: dict[str, dict[str, Method]] = {
    "system.net.dns": {"gethostaddressesasync": method(_addresses, "string")},
    "system.threading.tasks.task": {"waitany": method(_wait_any, "any int")},
    "system.diagnostics.stopwatch": {"startnew": method(_stopwatch)},
}
CONSTRUCTORS: dict[str, Method] = {
    "system.net.sockets.tcpclient": method(_tcp_client, FAMILY),
    "system.net.sockets.udpclient": method(_udp_client, FAMILY),
    "system.net.security.sslstream": method(_ssl_stream, "any bool"),
    "system.io.memorystream": method(_memory_stream),
    "system.security.cryptography.x509certificates.x509certificate2collection": method(
        _certificates
    ),
}
