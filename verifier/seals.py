"""What the two hands open: content keys (HPKE), masked counts, masks, rankings."""
import hashlib
import hmac
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEM, SUITE = b"KEM\0\x20", b"HPKE\0\x20\0\1\0\3"


class Ranking(NamedTuple):
    """A ranking that was opened: places on the ballot paper, from 1, and what only its voter's validator knew."""
    ranks: list[int]
    witness: int


def extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract of RFC 9180."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand of RFC 9180, of at most 32 bytes."""
    labelled = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\1", "sha256")[:length]


def hpke_key(shared: bytes, encapsulated: bytes, public: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of HPKE in base mode, for one message."""
    inner = extract(KEM, b"", b"eae_prk", shared)
    shared = expand(KEM, inner, b"shared_secret", encapsulated + public, 32)
    context = b"\0" + extract(SUITE, b"", b"psk_id_hash", b"") + extract(SUITE, b"", b"info_hash", info)
    secret = extract(SUITE, shared, b"secret", b"")
    return expand(SUITE, secret, b"key", context, 32), expand(SUITE, secret, b"base_nonce", context, 12)


def unsealed(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """What was sealed with ChaCha20-Poly1305; None where it does not open."""
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        return None


def keystream(key: bytes, region: int, sequence: int, length: int) -> bytes:
    """The first bytes of the ChaCha20 keystream that masks a region of a frame."""
    nonce = bytes(4) + struct.pack("<IQ", region, sequence)  # a block counter of 0 before it
    return Cipher(algorithms.ChaCha20(key, nonce), None).encryptor().update(bytes(length))


class HandKey:
    """The secret key of one hand."""

    def __init__(self, secret: bytes) -> None:
        self.secret = X25519PrivateKey.from_private_bytes(secret)
        self.public = self.secret.public_key().public_bytes_raw()

    def shared(self, public: bytes) -> bytes | None:
        """The shared secret; None where the other half is worthless."""
        try:
            return self.secret.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError:
            return None

    def content_key(self, sealed: bytes, info: bytes) -> bytes | None:
        """The content key that a header seals to this hand."""
        shared = self.shared(sealed[:32])
        if shared is None:
            return None
        key, nonce = hpke_key(shared, sealed[:32], self.public, info)
        return unsealed(key, nonce, sealed[32:], b"")

    def ranking(self, record: bytes, manifest: bytes, ballot: int, region: int, candidates: int) -> Ranking | None:
        """The ranking in a record; None where it does not open, or ranks what no ballot paper offers."""
        shared = self.shared(record[:32])
        if shared is None:
            return None
        info = record[:32] + manifest + struct.pack("<HH", ballot, region)
        inner = hmac.digest(b"scrutin.v2 ranking", shared, "sha256")
        key = hmac.digest(inner, info + b"\1", "sha256")
        witness = hmac.digest(inner, key + info + b"\2", hashlib.sha256)[:16]
        plain = unsealed(key, bytes(12), record[32:], b"")
        if plain is None or len(plain) % 2:
            return None
        ranks = [rank for rank, in struct.iter_unpack("<H", plain)]
        named = [rank for rank in ranks if rank]
        fits = named and ranks[:len(named)] == named and max(named) <= candidates and len(set(named)) == len(named)
        return Ranking(named, int.from_bytes(witness, "little")) if fits else None
