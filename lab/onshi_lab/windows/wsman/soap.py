"""SOAP envelopes of WS-Management: what a request asks, what an answer or a fault looks like.

Sources: DMTF DSP0226 (WS-Management 1.1), [MS-WSMV] 2.2 and 3.1, [MS-WSMV] 2.2.4.43 WSManFault.
"""

import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "wsmid": "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
for _prefix, _uri in NS.items():
    ET.register_namespace(_prefix, _uri)

ANONYMOUS = NS["a"] + "/role/anonymous"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
ADDRESSING_FAULT_ACTION = NS["a"] + "/fault"
SHELL_URI = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CMD_SHELL_URI = SHELL_URI + "/cmd"
IDENTIFY_ACTION = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity/Identify"


def tag(prefix: str, name: str) -> str:
    """A qualified element name."""
    return f"{{{NS[prefix]}}}{name}"


class SoapFault(Exception):
    """A WS-Management fault: SOAP code, subcode, WSManFault code and text.

    Codes are those of wsmerror.h in the Windows SDK.
    """

    def __init__(
        self,
        subcode: str,
        code: int,
        text: str,
        *,
        sender: bool = True,
        detail: str = "",
        action: str = FAULT_ACTION,
    ) -> None:
        super().__init__(text)
        self.subcode = subcode
        self.code = code
        self.text = text
        self.sender = sender
        self.detail = detail
        self.action = action


def access_denied(text: str = "Access is denied. ") -> SoapFault:
    """The caller may not do this."""
    return SoapFault("w:AccessDenied", 5, text)


def timed_out() -> SoapFault:
    """Nothing to report within OperationTimeout ([MS-WSMV] 3.1.4.14, code 2150858793)."""
    return SoapFault(
        "w:TimedOut",
        0x80338029,
        "The WS-Management service cannot complete the operation within the time specified "
        "in OperationTimeout.  ",
        sender=False,
    )


def shell_not_found(shell_id: str) -> SoapFault:
    """No such shell, code 2150858843."""
    return SoapFault(
        "w:InvalidSelectors",
        0x8033805B,
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the "
        "shell was not found on the server. Possible causes are: the specified ShellId is "
        "incorrect or the shell no longer exists on the server. Provide the correct ShellId or "
        "create a new shell and retry the operation. ",
    )


def command_not_found(command_id: str) -> SoapFault:
    """No such command in the shell (inference: the text is that of the shell's counterpart)."""
    return SoapFault(
        "w:InvalidParameter",
        0x8033805C,
        f"The request for the Windows Remote Shell command with CommandId {command_id} failed "
        "because the command was not found on the server. ",
    )


def invalid_body(text: str = "") -> SoapFault:
    """The body isn't what the action wants."""
    return SoapFault(
        "w:SchemaValidationError",
        0x80338041,
        "The SOAP XML in the message does not match the corresponding XML schema definition. "
        "Change the XML and retry. " + text,
    )


def invalid_action(action: str) -> SoapFault:
    """An action that this resource doesn't have (DSP0226 5.1, wsa:ActionNotSupported)."""
    return SoapFault(
        "a:ActionNotSupported",
        0x80338001,
        "The WS-Management service cannot process the request. The WS-Addressing action URI "
        f"is invalid. Check the documentation for information on how to construct an action URI. "
        f"{action}",
        action=ADDRESSING_FAULT_ACTION,
    )


def unknown_resource(uri: str) -> SoapFault:
    """A resource URI that the service doesn't know."""
    return SoapFault(
        "a:DestinationUnreachable",
        0x80338000,
        "The WS-Management service cannot process the request. The service cannot find the "
        f"resource identified by the resource URI and selectors. {uri}",
        action=ADDRESSING_FAULT_ACTION,
    )


def too_large(limit: int) -> SoapFault:
    """The answer would exceed MaxEnvelopeSize (DSP0226 13.1, w:EncodingLimit)."""
    return SoapFault(
        "w:EncodingLimit",
        0x80338026,
        "The WS-Management service cannot process the response because it is larger than the "
        f"maximum size allowed. {limit}",
        detail="http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/MaxEnvelopeSize",
    )


def too_many_shells(limit: int) -> SoapFault:
    """MaxShellsPerUser reached, code 2150859173."""
    return SoapFault(
        "w:QuotaLimit",
        0x803381A5,
        "The WS-Management service cannot process the request. This user is allowed a maximum "
        f"number of {limit} concurrent shells, which has been exceeded. Close existing shells or "
        "raise the quota for this user. ",
    )


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request: addressing, WS-Management headers and the body's first element."""

    action: str
    message_id: str
    resource_uri: str
    selectors: dict[str, str]
    options: dict[str, str]
    operation_timeout: float
    max_envelope: int
    locale: str
    body: ET.Element | None
    to: str = field(default="")

    def option(self, name: str, default: str = "") -> str:
        """One option of the OptionSet, by name in any case."""
        wanted = name.lower()
        return next((v for k, v in self.options.items() if k.lower() == wanted), default)

    def flag(self, name: str) -> bool:
        """Whether an option is set to true or 1."""
        return self.option(name).strip().lower() in ("true", "1")


_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
DEFAULT_TIMEOUT = 60.0
"""MaxTimeoutms of winrm/config: 60000."""
DEFAULT_MAX_ENVELOPE = 500 * 1024
"""MaxEnvelopeSizekb of winrm/config: 500."""


def duration(text: str) -> float:
    """Seconds of an xs:duration; raises SoapFault on another text."""
    match = _DURATION.match(text.strip())
    if match is None or not any(match.groups()):
        raise invalid_body("duration")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _text(parent: ET.Element | None, path: str) -> str:
    if parent is None:
        return ""
    return (parent.findtext(path, "", NS) or "").strip()


def _named(parent: ET.Element | None, path: str) -> dict[str, str]:
    if parent is None:
        return {}
    return {e.get("Name", ""): (e.text or "").strip() for e in parent.iterfind(path, NS)}


def parse_xml(data: bytes) -> ET.Element:
    """The document element; raises SoapFault for anything that isn't plain, DTD-free XML."""
    if b"<!DOCTYPE" in data:  # SOAP 1.2 part 1, section 5: no document type declaration
        raise invalid_body("DTD")
    try:
        return ET.fromstring(data)  # noqa: S314  no DTD gets here, and expat bounds the rest
    except ET.ParseError as error:
        raise invalid_body(str(error)) from error


def parse(data: bytes) -> Request:
    """The request in an envelope; raises SoapFault for what isn't a WS-Management message."""
    root = parse_xml(data)
    if root.tag != tag("s", "Envelope"):
        raise invalid_body(root.tag)
    header, body = root.find("s:Header", NS), root.find("s:Body", NS)
    content = next(iter(body), None) if body is not None else None
    timeout = _text(header, "w:OperationTimeout")
    action = _text(header, "a:Action")
    if content is not None and content.tag == tag("wsmid", "Identify"):
        action = IDENTIFY_ACTION
    locale = header.find("w:Locale", NS) if header is not None else None
    return Request(
        action=action,
        message_id=_text(header, "a:MessageID"),
        resource_uri=_text(header, "w:ResourceURI"),
        selectors=_named(header, "w:SelectorSet/w:Selector"),
        options=_named(header, "w:OptionSet/w:Option"),
        operation_timeout=duration(timeout) if timeout else DEFAULT_TIMEOUT,
        max_envelope=int(_text(header, "w:MaxEnvelopeSize") or DEFAULT_MAX_ENVELOPE),
        locale=locale.get(tag("xml", "lang"), "") if locale is not None else "",
        body=content,
        to=_text(header, "a:To"),
    )


def _envelope(action: str, relates_to: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element(tag("s", "Envelope"), {tag("xml", "lang"): "en-US"})
    header = ET.SubElement(root, tag("s", "Header"))
    ET.SubElement(header, tag("a", "Action")).text = action
    ET.SubElement(header, tag("a", "MessageID")).text = f"uuid:{str(uuid.uuid4()).upper()}"
    ET.SubElement(header, tag("a", "To")).text = ANONYMOUS
    if relates_to:
        ET.SubElement(header, tag("a", "RelatesTo")).text = relates_to
    return root, ET.SubElement(root, tag("s", "Body"))


def _serialize(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=False))


def response(request: Request, action: str, *content: ET.Element) -> bytes:
    """The answer to a request; raises SoapFault if it exceeds the client's MaxEnvelopeSize."""
    root, body = _envelope(action, request.message_id)
    body.extend(content)
    data = _serialize(root)
    if len(data) > request.max_envelope:
        raise too_large(request.max_envelope)
    return data


def identify_response(build: str) -> bytes:
    """The IdentifyResponse of Windows' WinRM 3.0 stack (DSP0226 11)."""
    root = ET.Element(tag("s", "Envelope"), {tag("xml", "lang"): "en-US"})
    ET.SubElement(root, tag("s", "Header"))
    answer = ET.SubElement(ET.SubElement(root, tag("s", "Body")), tag("wsmid", "IdentifyResponse"))
    ET.SubElement(answer, tag("wsmid", "ProtocolVersion")).text = NS["w"]
    ET.SubElement(answer, tag("wsmid", "ProductVendor")).text = "Microsoft Corporation"
    version = f"OS: {build} SP: 0.0 Stack: 3.0"
    ET.SubElement(answer, tag("wsmid", "ProductVersion")).text = version
    return _serialize(root)


def fault(error: SoapFault, relates_to: str, machine: str) -> bytes:
    """The envelope of a fault, with the WSManFault detail that clients read the code from."""
    root, body = _envelope(error.action, relates_to)
    node = ET.SubElement(body, tag("s", "Fault"))
    code = ET.SubElement(node, tag("s", "Code"))
    ET.SubElement(code, tag("s", "Value")).text = "s:Sender" if error.sender else "s:Receiver"
    subcode = ET.SubElement(code, tag("s", "Subcode"))
    ET.SubElement(subcode, tag("s", "Value")).text = error.subcode
    prefix = error.subcode.partition(":")[0]
    reason = ET.SubElement(node, tag("s", "Reason"))
    ET.SubElement(reason, tag("s", "Text"), {tag("xml", "lang"): "en-US"}).text = error.text
    detail = ET.SubElement(node, tag("s", "Detail"))
    if error.detail:
        ET.SubElement(detail, tag("w", "FaultDetail")).text = error.detail
    attributes = {"Code": str(error.code), "Machine": machine}
    wsman = ET.SubElement(detail, tag("f", "WSManFault"), attributes)
    ET.SubElement(wsman, tag("f", "Message")).text = error.text
    data = _serialize(root)
    return _declare(data, prefix)


def _declare(data: bytes, prefix: str) -> bytes:
    """Binds the prefix of the subcode QName, which ElementTree leaves out as mere text."""
    declaration = f'xmlns:{prefix}="{NS[prefix]}"'.encode()
    if declaration in data:
        return data
    return data.replace(b"<s:Envelope ", b"<s:Envelope " + declaration + b" ", 1)
