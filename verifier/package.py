"""The package: what the election's officers signed. Signatures, the SHA-256 of every file, the roll."""
import hashlib
import json
import re
import struct
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .encoding import decode_base64
from .event import Event
from .refused import Refused, require

ALTERED = "the package was altered, or not copied whole: take it again from the election's officers"
TELL = "the officers signed a package that cannot be used: tell them"
TWICE = "a voter may stand twice on the roll: tell the officers"
DIGESTS, REGIONS = 3, 4  # kinds of columns
COMMENT = "untrusted comment: signature from minisign secret key"
SIGNATURE_NAME = re.compile(r"manifest\.json(\.[0-9A-Fa-f]{16})?\.minisig")

class Officer(NamedTuple):
    name: str
    key_id: bytes
    key: Ed25519PublicKey

class Package(NamedTuple):
    """The package, once everything about it is checked."""
    manifest_sha256: bytes
    partitions: int
    event: Event
    rolls: list[list[Sequence[int]]]  # by ballot and shard: the region of each credential, 0 where there is none
    signers: list[str]
    files: int

    def shards_of(self, ballot: int, partition: int) -> range:
        """The shards of a ballot whose votes a partition records."""
        each = len(self.rolls[ballot]) // self.partitions
        return range(partition * each, (partition + 1) * each)

def read_officer(path: Path) -> Officer:
    """The public key of an officer, as minisign writes it."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    data = decode_base64(lines[1].strip()) if len(lines) > 1 else None
    if data is None or len(data) != 42 or data[:2] != b"Ed":
        raise Refused(path, "it is no public key of minisign", "name the file that the officer handed out")
    return Officer(path.name, data[2:10], Ed25519PublicKey.from_public_bytes(data[10:]))

def signer(path: Path, signed: bytes, officers: list[Officer]) -> Officer | None:
    """Which of the officers made this signature file; None where it names the key of somebody else."""
    lines = path.read_bytes().decode("ascii", errors="replace").split("\n")
    form = len(lines) == 5 and lines[0] == COMMENT and lines[2].startswith("trusted comment: ") and lines[4] == ""
    signature, second = (decode_base64(lines[1]), decode_base64(lines[3])) if form else (None, None)
    if signature is None or second is None or len(signature) != 74 or len(second) != 64 or signature[:2] != b"ED":
        raise Refused(path, "it is no signature as minisign writes it: four lines, of the kind with a hash", ALTERED)
    for officer in officers:
        if officer.key_id == signature[2:10]:
            try:
                officer.key.verify(signature[10:], hashlib.blake2b(signed).digest())
                officer.key.verify(second, signature[10:] + lines[2][17:].encode())
            except InvalidSignature:
                raise Refused(path, f"the signature of {officer.name} does not fit", ALTERED) from None
            return officer
    return None

def check_signatures(directory: Path, manifest: bytes, officers: list[Officer], needed: int) -> list[str]:
    """Who of the officers signed the manifest; enough of them, or nothing in the package counts."""
    distinct = len({officer.key.public_bytes_raw() for officer in officers})
    require(0 < needed <= distinct, directory, f"{needed} signatures asked of {distinct} officers",
            "name the key of each officer with --trust, and with --require no more than these")
    paths = sorted(path for path in directory.iterdir() if SIGNATURE_NAME.fullmatch(path.name))
    found = {signed.key_id: signed.name for path in paths if (signed := signer(path, manifest, officers))}
    require(len(found) >= needed, directory / "manifest.json", f"signed by {len(found)} of the trusted officers, "
            f"{needed} must have signed", "nobody who may say so has said that this is the election's package")
    return sorted(found.values())

def check_files(directory: Path, entries: list[dict]) -> None:
    """Every file of the manifest with its size and hash, and no other."""
    listed = {entry["path"]: entry for entry in entries}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        known = path.is_dir() or name in listed or name == "manifest.json" or SIGNATURE_NAME.fullmatch(name)
        require(bool(known) and not path.is_symlink(), path, "the manifest lists no such file", ALTERED)
    for name, entry in listed.items():
        path = directory / name
        require(path.is_file() and path.stat().st_size == entry["size"], path,
                f"the manifest lists it with {entry['size']} bytes, and it is not there or not so long", ALTERED)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        require(digest == entry["sha256"], path, "its SHA-256 is not the one that officers signed", ALTERED)

def read_column(path: Path, kind: int, shard: int, credentials: int) -> tuple[int, bytes]:
    """The width and the values of a column of the roll."""
    data = path.read_bytes()
    magic, version, got_kind, got_shard, width, count, length = struct.unpack_from("<8s4I2Q", data.ljust(64))
    fits = (magic, version, got_kind, got_shard, count) == (b"SCRUTINP", 1, kind, shard, credentials)
    widths = (16,) if kind == DIGESTS else (1, 2)
    require(fits and width in widths and length == credentials * width == len(data) - 64, path,
            "it is no column of this shard", TELL)
    return width, data[64:]

def read_roll(stem: Path, ballot: dict) -> list[Sequence[int]]:
    """The region of each credential, by shard. Credentials ascend over all shards: each stands there once."""
    roll, before = list[Sequence[int]](), b""
    for shard, credentials in enumerate(each["credentials"] for each in ballot["shards"]):
        path = stem / f"{shard:04}.dig"
        _, digests = read_column(path, DIGESTS, shard, credentials)
        for at in range(0, len(digests), 16):
            if before >= digests[at:at + 16]:
                raise Refused(path, f"digest {at // 16} is not above the one before it", TWICE)
            before = digests[at:at + 16]
        if not ballot["regions"]:
            roll.append(bytes(credentials))
            continue
        width, regions = read_column(path.with_suffix(".reg"), REGIONS, shard, credentials)
        wide = array("H", regions if width == 2 else b"")
        if sys.byteorder == "big":
            wide.byteswap()
        roll.append(wide or regions)
    return roll

def read_package(directory: Path, officers: list[Officer], needed: int) -> Package:
    """Everything that officers signed; refuses at the first thing that they did not."""
    path = directory / "manifest.json"
    signed = path.read_bytes()
    signers = check_signatures(directory, signed, officers, needed)
    manifest = json.loads(signed)
    require(manifest["format"] == "scrutin-package-1", path, "another format", "take a newer verifier")
    check_files(directory, manifest["files"])
    event, partitions, rolls = Event.read(directory / "election.json"), manifest["partitions"], []
    listed = [manifest["event"], *(ballot["id"] for ballot in manifest["ballots"])]
    require(listed == [event.id, *(ballot.id for ballot in event.ballots)], path, "other ballots than the event", TELL)
    for ballot in manifest["ballots"]:
        rolls.append(read_roll(directory / "shards" / ballot["id"], ballot))
        require(len(rolls[-1]) % partitions == 0, path, f"the shards of {ballot['id']} make no partitions", TELL)
    return Package(hashlib.sha256(signed).digest(), partitions, event, rolls, signers, len(manifest["files"]))
