"""What every step needs: the one way in which a check fails, base 64, CRC32C, and signatures."""
import base64
from functools import reduce
from operator import getitem, xor

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# Points of Ed25519 for which anybody can sign, without the bit of their sign.
SMALL = {bytes.fromhex(point) for point in (
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}

class Refused(Exception):
    """The first thing that is broken; its `args` are where it is, what is wrong, and what that means."""

def require(holds: object, where: object, what: str, meaning: str) -> None:
    if not holds:
        raise Refused(where, what, meaning)

def decode_base64(text: str) -> bytes:
    """The bytes that have this one spelling in base 64; nothing where there are none."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return data if base64.b64encode(data).decode() == text else b""

def is_small(point: bytes) -> bool:
    return point[:31] + bytes([point[31] & 0x7F]) in SMALL

def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 key made this signature, and nobody else could have."""
    if len(signature) != 64 or is_small(signature[:32]) or is_small(key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True

CRC_TABLES = [list(range(256))]  # what a byte's values do to a CRC32C, with 59, 58 ... 0 bytes behind it
for _ in range(60):
    column = CRC_TABLES[0]
    for _ in range(8):
        column = [crc >> 1 ^ (0x82F63B78 if crc & 1 else 0) for crc in column]
    CRC_TABLES.insert(0, column)

def crc32c(data: bytes) -> int:
    """The CRC32C of 4 to 60 bytes: each does its own part. The register's first value turns the first four around."""
    turned = (int.from_bytes(data[:4]) ^ 0xFFFFFFFF).to_bytes(4) + data[4:]
    return reduce(xor, map(getitem, CRC_TABLES[60 - len(data):], turned)) ^ 0xFFFFFFFF
