"""Base 64 and CRC32C, as the formats of an election have them."""
import base64
import binascii

def decode_base64(text: str) -> bytes | None:
    """The bytes that have this one spelling in base 64; else None."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == text else None

def crc_of_byte(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc

CRC_TABLE = [crc_of_byte(byte) for byte in range(256)]

def crc32c(data: bytes) -> int:
    """The CRC32C (Castagnoli) of a few bytes."""
    crc, table = 0xFFFFFFFF, CRC_TABLE
    for byte in data:
        crc = crc >> 8 ^ table[crc & 255 ^ byte]
    return crc ^ 0xFFFFFFFF
