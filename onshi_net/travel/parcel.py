"""The file in which a site travels: signed by a laptop's key, sealed with a passphrase by age.

Sealed (https://age-encryption.org/v1, as `vault.PassphraseSeal` does it) are one line of JSON with
key and signature, and the signed bytes: a JSON object with the site's files and secrets. Nothing in
it is compressed, and it knows no links, so none of it is larger than the file, and none points
elsewhere. What a name may be is held to one rule before anything is written.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from onshi_net import formats
from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import read_regular
from onshi_net.i18n import text
from onshi_net.inventory.vault import AGE_MARKS, Seal, SealedOtherwise
from onshi_net.model.names import RESERVED, is_site_name
from onshi_net.model.text import SecretRef
from onshi_net.travel.laptop import Signature

FORMAT = 1
MOST_BYTES = 200 << 20
"""A site with its runs has some megabytes."""
MOST_FILES, MOST_DEPTH, MOST_NAME = 20_000, 8, 200
PACK: Final = "pack"
VISIT: Final = "visit"
"""What a parcel is for: it leaves home, or comes back."""
TOPS = ("site", "shared", "runs")
"""A site's own folder, the inventory's own files, the site's folder of runs."""
_STRAY = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
"""What a file's name can't have on Windows (Microsoft, Naming Files, Paths, and Namespaces)."""


def is_name(name: str) -> bool:
    """Answers whether a name is one that a parcel may write to: below its own folders, anywhere."""
    parts = name.split("/")
    if parts[0] not in TOPS or not 1 < len(parts) <= MOST_DEPTH or len(name) > 4 * MOST_NAME:
        return False
    return all(map(_is_part, parts))


def _is_part(part: str) -> bool:
    plain = part.split(".", maxsplit=1)[0].casefold()
    return (
        0 < len(part.encode("utf-8", "replace")) <= MOST_NAME
        and not _STRAY.search(part)
        and all(one.isprintable() for one in part)
        and part == unicodedata.normalize("NFC", part)
        and not part.endswith((".", " "))
        and not part.startswith(" ")
        and plain not in RESERVED
    )


class Payload(BaseModel):
    """What travels. Names of files begin with one of `TOPS`; contents are base64."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: int
    kind: Literal["pack", "visit"]
    pack: Annotated[str, Field(pattern=r"\A[0-9a-f]{32}\z")]
    """Which pack it is, or which one the visit began with."""
    site: str
    made_at: Annotated[datetime, Field(strict=False)]
    until: Annotated[date, Field(strict=False)]
    """The last day on which a pack opens."""
    nonce: Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
    """The key of the digests by which home remembers the secrets; home itself forgets it."""
    files: Annotated[dict[str, str], Field(max_length=MOST_FILES)]
    secrets: dict[SecretRef, str] = Field(repr=False)

    @model_validator(mode="after")
    def _names(self) -> Self:
        if not is_site_name(self.site) or self.made_at.tzinfo is None:
            raise ValueError("site")
        alike = {name.casefold() for name in self.files}
        folders = {name.rsplit("/", n)[0] for name in alike for n in range(1, name.count("/") + 1)}
        if len(alike) != len(self.files) or alike & folders:
            raise ValueError("files")
        if not all(map(is_name, self.files)):
            raise ValueError("files")
        for said in self.files.values():
            base64.b64decode(said, validate=True)
        return self

    def contents(self) -> dict[str, bytes]:
        """Answers the files' bytes by name."""
        return {name: base64.b64decode(said) for name, said in self.files.items()}


def encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    """Answers contents as a payload holds them."""
    return {name: base64.b64encode(data).decode("ascii") for name, data in files.items()}


@dataclass(frozen=True, slots=True)
class Parcel:
    """An opened file: what travels, and who signed it."""

    payload: Payload
    signature: Signature


def written(payload: Payload, sign: Any, seal: Seal) -> bytes:
    """Answers the bytes of the file; `sign` answers the signature of bytes."""
    body = payload.model_dump_json().encode()
    found: Signature = sign(body)
    head = {
        "onshi": FORMAT,
        "key": base64.b64encode(found.key).decode("ascii"),
        "signature": base64.b64encode(found.value).decode("ascii"),
    }
    return seal.close(json.dumps(head).encode() + b"\n" + body)


def sealed_bytes(file: Path) -> bytes:
    """Answers a file's bytes where it is sealed. Raises InputError for what is none, OSError."""
    found = read_regular(file, MOST_BYTES)
    if not found.startswith(AGE_MARKS):
        raise refused(file, "not-a-parcel")
    return found


def opened(file: Path, sealed: bytes, seal: Seal) -> Parcel:
    """Opens a file and holds it to its signature.

    Raises InputError, each in one sentence: another passphrase or damaged, not what this program
    writes, not signed by the key that it names, of a newer version.
    """
    try:
        plain = seal.open(sealed)
    except SealedOtherwise:
        raise refused(file, "closed") from None
    head, _, body = plain.partition(b"\n")
    signature = _signature(file, head)
    if not signature.fits(body):
        raise refused(file, "bad-signature")
    return Parcel(_payload(file, body), signature)


def _signature(file: Path, head: bytes) -> Signature:
    try:
        said = json.loads(head)
        number = said["onshi"]
        key = base64.b64decode(said["key"], validate=True)
        value = base64.b64decode(said["signature"], validate=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise refused(file, "not-ours") from None
    formats.check(Place(file), number, FORMAT)
    return Signature(key, value)


def _payload(file: Path, body: bytes) -> Payload:
    try:
        found = Payload.model_validate_json(body)
    except (ValidationError, ValueError, RecursionError):
        raise refused(file, "not-ours") from None
    formats.check(Place(file), found.format, FORMAT)
    return found


def refused(file: Path, name: str, **values: Any) -> InputError:
    """Answers the fault `travel.<name>` of a file, with its remedy."""
    problem = text(f"travel.{name}", **values)
    return InputError([Fault(Place(file), problem, text(f"travel.{name}.remedy", **values))])
