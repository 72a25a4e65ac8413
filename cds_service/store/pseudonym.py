"""A patient's id as a keyed digest: records of one patient can be found by who knows the id and holds the key.

Ids are often short numbers, so that a plain digest of them is undone by trying them all; a stolen backup of the
database without the key tells nobody whose the records are.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cds_service.errors import StartError

FILE = "patient.key"


def key_in(folder: Path) -> bytes:
    """The key kept in this folder, made where there is none yet, readable by its owner only. Raises StartError."""
    path = folder / FILE
    try:
        if not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise StartError(f"The key {path} of the patients' pseudonyms cannot be read or made: {error}.") from None
    if len(key) < 32:
        raise StartError(f"The key {path} is damaged: it is 32 bytes in hexadecimal digits.")
    return key


def pseudonym(key: bytes, patient: str) -> str:
    """The digest that stands for a patient's id, "" for none: 64 hexadecimal digits."""
    return hmac.new(key, patient.encode(), hashlib.sha256).hexdigest() if patient else ""


def fingerprint(key: bytes) -> str:
    """What tells keys apart and tells nothing of them."""
    return hmac.new(key, b"\0fingerprint", hashlib.sha256).hexdigest()[:16]


def _make(path: Path) -> None:
    """Written aside and then linked: of two processes that start at once both end up with the key of one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(32).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with suppress(FileExistsError):
        path.hardlink_to(aside)
    aside.unlink()
