"""Base 64 and CRC32C, as the formats of an election have them."""
import base64
import binascii
import struct

def decode_base64(text: str) -> bytes | None:
    """The bytes that have this one spelling in base 64; else None."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == text else None

def crc_table() -> list[int]:
    """What each two bytes do to a CRC32C (Castagnoli, reflected)."""
    one, two = [], []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        one.append(crc)
    for crc in range(1 << 16):
        crc = crc >> 8 ^ one[crc & 255]
        two.append(crc >> 8 ^ one[crc & 255])
    return two

CRC_TABLE = crc_table()

def crc32c(data: bytes) -> int:
    """The CRC32C of an even number of bytes."""
    crc, table = 0xFFFFFFFF, CRC_TABLE
    for word, in struct.iter_unpack("<H", data):
        crc = crc >> 16 ^ table[crc & 0xFFFF ^ word]
    return crc ^ 0xFFFFFFFF
