"""What a hand opens with its key: content keys, masked counts, masks, rankings."""
import hashlib
import re
import struct
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .event import WITNESSES
from .refused import Refused, require

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

def read_key(path: Path, hand: str, public: bytes) -> X25519PrivateKey:
    """The hand's secret key; refuses any other than that of the event."""
    form = rf"scrutin-{hand}-key-2:([0-9a-f]{{64}}):([0-9a-f]{{8}})\n?"
    found = re.fullmatch(form, path.read_text(errors="replace"))
    secret = bytes.fromhex(found[1]) if found else b""
    told = hashlib.sha256(b"scrutin.v2 hand key checksum" + hand.encode() + secret).hexdigest()[:8]
    if found is None or found[2] != told:
        raise Refused(path, f"it is no {hand} key, or part of it was changed", "name the right file")
    key = X25519PrivateKey.from_private_bytes(secret)
    require(key.public_key().public_bytes_raw() == public, path, f"it is not the {hand} key of this event",
            "name the right file")
    return key

def open_content_key(key: X25519PrivateKey, sealed: bytes, info: bytes) -> bytes | None:
    """The content key that a header seals to this hand; None where it does not open."""
    try:
        return SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError):
        return None

def unsealed(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """What ChaCha20-Poly1305 sealed; None where it does not open."""
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        return None

def keystream(key: bytes, region: int, sequence: int, length: int) -> bytes:
    """The first bytes of the ChaCha20 keystream that masks a region of a frame."""
    nonce = struct.pack("<IIQ", 0, region, sequence)  # a block counter, and the nonce of RFC 8439
    return Cipher(algorithms.ChaCha20(key, nonce), None).encryptor().update(bytes(length))

def open_ranking(key: X25519PrivateKey, record: bytes, info: bytes) -> tuple[list[int], int] | None:
    """Places on the ballot paper, from 1, with zeros behind; and the witness. None where it does not open."""
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(record[:32]))
    except ValueError:
        return None
    derived = HKDF(SHA256(), 32 + WITNESSES, b"scrutin.v2 ranking", record[:32] + info).derive(shared)
    plain = unsealed(derived[:32], bytes(12), record[32:], b"")
    if plain is None:
        return None
    return [rank for rank, in struct.iter_unpack("<H", plain)], int.from_bytes(derived[32:], "little")
