"""Signed notes and checkpoints (C2SP): what a log said, and which witnesses had seen it."""
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .encoding import decode_base64
from .refused import Refused, require

LOG, WITNESS = 1, 4
MARK = "\u2014 "
ALTERED = "the file was altered or cut: fetch it again, and keep this copy as evidence"
SUSPECT = "do not believe this ledger before that is explained: keep both as evidence"
POLICY = "compare the policy with the one that was published"
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

    def fits(self, signature: bytes, message: bytes) -> bool:
        """Whether the key made this signature, and nobody else could have."""
        if len(signature) != 64 or is_small(signature[:32]):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Policy(NamedTuple):
    """Which logs and witnesses count, and how many of the witnesses must have cosigned."""
    logs: dict[str, Key]
    witnesses: dict[str, Key]
    required: int


class Note(NamedTuple):
    """A text, and who signed it."""
    text: str
    signatures: list[tuple[str, bytes, bytes]]


class Attested(NamedTuple):
    """A checkpoint that a policy accepts: each witness with its time, in seconds since 1970."""
    origin: str
    size: int
    root: bytes
    cosigned: dict[str, int]


def is_small(point: bytes) -> bool:
    """Whether a point is one of the few for which anybody can sign."""
    return point[:31] + bytes([point[31] & 0x7F]) in SMALL


def named_key(name: str, kind: int, key: bytes) -> Key:
    """The key with its name and id."""
    return Key(name, hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4], key)


def parse_key(text: str, kind: int, where: object) -> Key:
    """The key in NAME+ID+BASE64."""
    name, id_, encoded = (text.split("+", 2) + ["", ""])[:3]
    data = decode_base64(encoded)
    if not NAME.fullmatch(name) or data is None or len(data) != 33 or data[0] != kind or is_small(data[1:]):
        raise Refused(where, f"no key of a {'log' if kind == LOG else 'witness'}: {text[:80]}", POLICY)
    key = named_key(name, kind, data[1:])
    require(key.id.hex() == id_, where, f"the id of key {name} does not fit the key", POLICY)
    return key


def parse_note(data: bytes, where: object) -> Note:
    """A text with its signatures, none of them checked."""
    try:
        text, lines = data.decode("utf-8").rsplit("\n\n", 1)
    except ValueError:
        raise Refused(where, "it is no signed note: a text, a blank line, signatures", ALTERED) from None
    plain = len(data) <= 128 << 10 and not any(byte < 32 and byte != 10 for byte in data)
    require(plain and lines.endswith("\n"), where, "it is no signed note: too long, no text, or cut", ALTERED)
    signatures = []
    for line in lines[:-1].split("\n"):
        name, _, encoded = line.removeprefix(MARK).partition(" ")
        signature = decode_base64(encoded)
        if not line.startswith(MARK) or not NAME.fullmatch(name) or signature is None or len(signature) < 5:
            raise Refused(where, f"no signature line: {line[:80]}", ALTERED)
        signatures.append((name, signature[:4], signature[4:]))
    require(len(signatures) <= 100, where, "more than 100 signatures", ALTERED)
    return Note(text + "\n", signatures)


def signatures_of(note: Note, key: Key) -> list[bytes]:
    """What stands in the note under that key's name and id."""
    return [signature for name, id_, signature in note.signatures if (name, id_) == (key.name, key.id)]


def cosigned_at(note: Note, witness: Key, where: object) -> int | None:
    """When the witness cosigned, in seconds since 1970; None where it did not."""
    times = []
    for signature in signatures_of(note, witness):
        time = int.from_bytes(signature[:8], "big")
        message = f"cosignature/v1\ntime {time}\n{note.text}".encode()
        require(time < 2**63 and witness.fits(signature[8:], message), where,
                f"the cosignature of {witness.name} does not fit", ALTERED)
        times.append(time)
    return times[0] if times else None


def attested(note: Note, policy: Policy, where: object) -> Attested:
    """The checkpoint in a note, where the policy accepts its signatures."""
    lines = note.text.split("\n")
    root = decode_base64(lines[2]) if len(lines) == 4 else None
    if root is None or len(root) != 32 or not DECIMAL.fullmatch(lines[1]):
        raise Refused(where, "it is no checkpoint: origin, size, root", ALTERED)
    origin, size = lines[0], int(lines[1])
    log = policy.logs.get(origin)
    if log is None or size > 2**62:
        raise Refused(where, f"a checkpoint of {origin} at size {size}, and no such log is trusted", POLICY)
    signatures = signatures_of(note, log)
    require(bool(signatures), where, f"not signed by the key of {origin}", SUSPECT)
    require(all(log.fits(signature, note.text.encode()) for signature in signatures), where,
            f"the signature of {origin} does not fit", ALTERED)
    times = {name: cosigned_at(note, witness, where) for name, witness in policy.witnesses.items()}
    cosigned = {name: time for name, time in times.items() if time is not None}
    require(len(cosigned) >= policy.required, where, f"too few cosignatures: {policy.required} of "
            f"{', '.join(policy.witnesses)} are needed, there are {', '.join(cosigned) or 'none'}",
            "too few of those who watch the log have seen this history: another may have been shown to others")
    return Attested(origin, size, root, cosigned)


