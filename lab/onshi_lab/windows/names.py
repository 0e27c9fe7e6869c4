"""What a computer may be called, and what the old name service calls it then.

Sources: learn.microsoft.com, "Naming conventions in Active Directory for computers, domains, sites,
and OUs" (lengths) and DnsValidateName (DnsNameHostnameLabel: characters that make
DNS_ERROR_INVALID_NAME_CHAR). Japanese letters and `_` are DNS_ERROR_NON_RFC_NAME there, of which
Windows warns and which it then takes.
"""

NETBIOS_LENGTH = 15
HOST_LENGTH = 63
FORBIDDEN = frozenset("{|}~[\\]^':;<=>?&@!\"#$%`()+/,*. \t")


def computer_name(text: str) -> str:
    """The name, if a PC may have it; ValueError that says why not."""
    wrong = "".join(sorted(FORBIDDEN & set(text)))
    if wrong:
        raise ValueError(f"a computer name can't contain {wrong!r}")
    if not text or len(text.encode("utf-8")) > HOST_LENGTH:
        raise ValueError(f"a computer name has 1 to {HOST_LENGTH} octets")
    if text.isdigit() or text.startswith("-"):
        raise ValueError("a computer name is not of digits alone and doesn't begin with a hyphen")
    return text


def netbios_name(name: str) -> str:
    """The NetBIOS name of a PC: upper case, cut to 15 octets of the Japanese code page."""
    octets = name.upper().encode("cp932", "replace")[:NETBIOS_LENGTH]
    return octets.decode("cp932", "ignore")


def dns_name(name: str) -> str:
    """The name as a certificate has it, ASCII (RFC 3490)."""
    return name if name.isascii() else name.encode("idna").decode("ascii")
