"""Base 64 and CRC32C, as the formats of an election have them."""
import base64
import binascii
from functools import reduce
from operator import getitem, xor

def decode_base64(text: str) -> bytes | None:
    """The bytes that have this one spelling in base 64; else None."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == text else None

def crc_tables(length: int) -> list[list[int]]:
    """What each value of a byte does to a CRC32C (Castagnoli, reflected), with so many bytes behind it or fewer."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    tables = [table]
    while len(tables) < length:
        tables.append([crc >> 8 ^ table[crc & 255] for crc in tables[-1]])
    return tables[::-1]

CRC_TABLES = crc_tables(60)

def crc32c(data: bytes) -> int:
    """The CRC32C of 4 to 60 bytes: each does its own part, the first four also that of the register's first value."""
    tables = CRC_TABLES[-len(data):]
    first = tables[0][255] ^ tables[1][255] ^ tables[2][255] ^ tables[3][255]
    return reduce(xor, map(getitem, tables, data), first) ^ 0xFFFFFFFF
