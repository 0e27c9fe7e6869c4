"""The lab's certificates are for names of any length."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from onshi_lab import pki
from onshi_lab.addresses import WEST
from onshi_lab.world import terminal_file


def test_a_terminals_certificate_holds_its_whole_name_however_long(tmp_path: Path) -> None:
    terminal, site = "t" * 60, "a-very-long-name-of-a-site"
    pki.write(tmp_path, f"{site}.clinic.lab", WEST.services, [terminal])
    text = terminal_file(tmp_path, terminal).read_bytes()
    names = x509.load_pem_x509_certificate(text).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == [f"{terminal}.{site}.clinic.lab"]
