"""The package: what the election's officers signed. Signatures, the SHA-256 of every file, the roll."""
import hashlib
import json
import re
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .basics import Refused, decode_base64, is_signed, require
from .ballot import Ballot, read_ballot
from .notes import Policy, read_policy

ALTERED = "the package was altered, or not copied whole: take it again from the election's officers"
TELL = "the officers signed a package that cannot be used: tell them"
TWICE = "a voter may stand twice on the roll: tell the officers"
DIGESTS, REGIONS = 3, 4  # kinds of columns
SIGNATURE = re.compile("untrusted comment: signature from minisign secret key\n(.*)\ntrusted comment: (.*)\n(.*)\n")
SIGNATURE_NAME = re.compile(r"manifest\.json(\.[0-9A-Fa-f]{16})?\.minisig")

Officer = tuple[str, bytes, bytes]  # name of the file, id of the key, key

class Package(NamedTuple):
    """The package, once everything about it is checked."""
    manifest_sha256: bytes
    partitions: int
    event: str  # its id
    keys: dict[str, bytes]  # public, of both hands
    ballots: list[Ballot]
    regions: int  # how many the event has
    policy: Policy | None  # of its log, where it has one
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
    data = decode_base64(lines[1].strip()) if len(lines) > 1 else b""
    require(len(data) == 42 and data[:2] == b"Ed", path, "it is no public key of minisign", "name the officer's file")
    return path.name, data[2:10], data[10:]

def signers_of(path: Path, signed: bytes, officers: list[Officer]) -> list[Officer]:
    """Who of the officers made this signature file; nobody where it names the key of somebody else."""
    form = SIGNATURE.fullmatch(path.read_bytes().decode("ascii", errors="replace"))
    signature, second = (decode_base64(form[1]), decode_base64(form[3])) if form else (b"", b"")
    require(len(signature) == 74 and signature[:2] == b"ED" and len(second) == 64, path,
            "it is no signature as minisign writes it: four lines, of the kind with a hash", ALTERED)
    named = [officer for officer in officers if officer[1] == signature[2:10]]
    for name, _, key in named:
        fits = is_signed(key, signature[10:], hashlib.blake2b(signed).digest())
        require(fits and is_signed(key, second, signature[10:] + form[2].encode()), path,
                f"the signature of {name} does not fit", ALTERED)
    return named

def check_signatures(directory: Path, manifest: bytes, officers: list[Officer], needed: int) -> list[str]:
    """Who of the officers signed the manifest; enough of them, or nothing in the package counts."""
    distinct = len({key for _, _, key in officers})
    require(0 < needed <= distinct, directory, f"{needed} signatures asked of {distinct} officers",
            "name the key of each officer with --trust, and with --require no more than these")
    paths = sorted(path for path in directory.iterdir() if SIGNATURE_NAME.fullmatch(path.name))
    found = {key: name for path in paths for name, _, key in signers_of(path, manifest, officers)}
    require(len(found) >= needed, directory / "manifest.json", f"signed by {len(found)} of the trusted officers, "
            f"{needed} must have signed", "nobody who may say so has said that this is the election's package")
    return sorted(found.values())

def check_files(directory: Path, entries: list[dict]) -> None:
    """Every file of the manifest with its size and hash, and no other."""
    listed = {"manifest.json", *(entry["path"] for entry in entries)}
    for path in sorted(directory.rglob("*")):
        known = path.is_dir() or path.relative_to(directory).as_posix() in listed or SIGNATURE_NAME.fullmatch(path.name)
        require(known and not path.is_symlink(), path, "the manifest lists no such file", ALTERED)
    for entry in entries:
        path = directory / entry["path"]
        require(path.is_file() and path.stat().st_size == entry["size"], path, "it is not there or not so long", ALTERED)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        require(digest == entry["sha256"], path, "its SHA-256 is not the one that officers signed", ALTERED)

def read_column(path: Path, kind: int, shard: int, credentials: int) -> tuple[int, bytes]:
    """The width and the values of a column of the roll."""
    data = path.read_bytes()
    *head, width, count, length = struct.unpack_from("<8s4I2Q", data.ljust(64))
    fits = (*head, count) == (b"SCRUTINP", 1, kind, shard, credentials) and length == count * width == len(data) - 64
    require(fits and width in ((16,) if kind == DIGESTS else (1, 2)), path, "it is no column of this shard", TELL)
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
        width, regions = 1, bytes(credentials)
        if ballot["regions"]:
            width, regions = read_column(path.with_suffix(".reg"), REGIONS, shard, credentials)
        roll.append(regions if width == 1 else array("H", struct.unpack(f"<{credentials}H", regions)))
    return roll

def read_package(directory: Path, officers: list[Officer], needed: int) -> Package:
    """Everything that officers signed; refuses at the first thing that they did not."""
    path = directory / "manifest.json"
    signed = path.read_bytes()
    signers = check_signatures(directory, signed, officers, needed)
    manifest = json.loads(signed)
    require(manifest["format"] == "scrutin-package-1", path, "another format", "take a newer verifier")
    check_files(directory, manifest["files"])
    event, partitions, rolls = json.loads((directory / "election.json").read_bytes()), manifest["partitions"], []
    ballots = [read_ballot(index, ballot) for index, ballot in enumerate(event["law"] + event["election"])]
    listed = [manifest["event"], *(ballot["id"] for ballot in manifest["ballots"])]
    require(listed == [event["id"], *(ballot.id for ballot in ballots)], path, "other ballots than the event", TELL)
    for ballot in manifest["ballots"]:
        rolls.append(read_roll(directory / "shards" / ballot["id"], ballot))
        require(len(rolls[-1]) % partitions == 0, path, f"the shards of {ballot['id']} make no partitions", TELL)
    keys = {hand: bytes.fromhex(event[f"{hand}_key"]) for hand in ("count", "mask")}
    policy = read_policy(event["log"], partitions) if event.get("log") else None
    return Package(hashlib.sha256(signed).digest(), partitions, event["id"], keys, ballots, len(event["region"]), policy,
                   rolls, signers, len(manifest["files"]))
