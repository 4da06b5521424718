"""Signed notes and checkpoints (C2SP): what a log said, and which witnesses had seen it."""
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .encoding import decode_base64
from .refused import Refused, require

LOG, WITNESS = 1, 4  # types of keys
MARK = "\u2014 "
ALTERED = "the file was altered or cut: fetch it again, and keep this copy as evidence"
SUSPECT = "do not believe this ledger before that is explained, and keep both as evidence"
POLICY = "compare the package and its policy with what was published"
UNSEEN = "too few of those who watch the log have seen this history: others may have been shown another one"
NAME = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}")
DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
# Points of Ed25519 for which anybody can sign, without the bit of their sign.
SMALL = {bytes.fromhex(point) for point in (
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}

class Key(NamedTuple):
    """A public key of a log or a witness."""
    name: str
    id: bytes
    key: bytes

    def fits(self, signature: bytes, message: str) -> bool:
        """Whether the key made this signature, and nobody else could have."""
        if len(signature) != 64 or is_small(signature[:32]) or is_small(self.key):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message.encode())
        except InvalidSignature:
            return False
        return True

class Policy(NamedTuple):
    """The logs by partition, the witnesses by name, and how many of these must have cosigned."""
    logs: list[Key]
    witnesses: dict[str, Key]
    required: int

class Checkpoint(NamedTuple):
    """A log at one size, and which witnesses had seen it when, in seconds since 1970."""
    origin: str
    size: int
    root: bytes
    cosigned: dict[str, int]

def is_small(point: bytes) -> bool:
    return point[:31] + bytes([point[31] & 0x7F]) in SMALL

def named_key(name: str, kind: int, key: bytes) -> Key:
    return Key(name, hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4], key)

def parse_key(text: str, kind: int, where: object) -> Key:
    """The key in NAME+ID+BASE64."""
    name, id_, encoded = (text.split("+", 2) + ["", ""])[:3]
    data = decode_base64(encoded)
    if not NAME.fullmatch(name) or data is None or len(data) != 33 or data[0] != kind:
        raise Refused(where, f"no key of a log or witness: {text[:80]}", POLICY)
    key = named_key(name, kind, data[1:])
    require(key.id.hex() == id_, where, f"the id of key {name} does not fit the key", POLICY)
    return key

def parse_note(data: bytes, where: object) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """A text, and its signatures (name, id, bytes), none of them checked."""
    text, blank, lines = data.decode("utf-8", errors="replace").rpartition("\n\n")
    plain = len(data) <= 128 << 10 and not any(byte < 32 and byte != 10 for byte in data)
    require(bool(blank) and plain and lines.endswith("\n"), where,
            "it is no signed note: a text, a blank line, signatures", ALTERED)
    signatures = []
    for line in lines[:-1].split("\n"):
        name, _, encoded = line.removeprefix(MARK).partition(" ")
        signature = decode_base64(encoded)
        if not line.startswith(MARK) or not NAME.fullmatch(name) or signature is None or len(signature) < 5:
            raise Refused(where, f"no signature line: {line[:80]}", ALTERED)
        signatures.append((name, signature[:4], signature[4:]))
    require(len(signatures) <= 100, where, "more than 100 signatures", ALTERED)
    return text + "\n", signatures

def read_checkpoint(data: bytes, log: Key, policy: Policy, where: object) -> Checkpoint:
    """A checkpoint of that log which the policy accepts. A signature of a known key that does not fit spoils it."""
    text, signatures = parse_note(data, where)
    origin, size, encoded, rest = (text.split("\n") + [""] * 3)[:4]
    root = decode_base64(encoded)
    if text.count("\n") != 3 or rest or root is None or len(root) != 32 or not DECIMAL.fullmatch(size):
        raise Refused(where, "it is no checkpoint: origin, size, root", ALTERED)
    require(origin == log.name and int(size) <= 2**62, where,
            f"a checkpoint of {origin} at size {size}, expected one of {log.name}", POLICY)
    is_signed, cosigned = False, dict[str, int]()
    for name, id_, signature in signatures:
        if (name, id_) == log[:2]:
            require(log.fits(signature, text), where, f"the signature of {name} does not fit", ALTERED)
            is_signed = True
        for witness, key in policy.witnesses.items():
            if (name, id_) == key[:2]:
                time = int.from_bytes(signature[:8], "big")
                fits = time < 2**63 and key.fits(signature[8:], f"cosignature/v1\ntime {time}\n{text}")
                require(fits, where, f"the cosignature of {witness} does not fit", ALTERED)
                cosigned.setdefault(witness, time)
    require(is_signed, where, f"it is not signed by the key of {origin}", SUSPECT)
    require(len(cosigned) >= policy.required, where, f"{policy.required} of {len(policy.witnesses)} witnesses must have "
            f"cosigned, and there are {len(cosigned)} ({', '.join(cosigned) or 'none'})", UNSEEN)
    return Checkpoint(origin, int(size), root, cosigned)
