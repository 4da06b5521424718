"""The package: what the election's officers signed. Signatures, the SHA-256 of every file, the ballots, the roll."""
import hashlib
import json
import re
import struct
from array import array
from collections import namedtuple
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from .basics import decode_base64, is_signed, require
from .notes import read_policy

ALTERED = "the package was altered, or not copied whole: take it again from the election's officers"
TELL = "the officers signed a package that cannot be used: tell them"
TWICE = "a voter may stand twice on the roll: tell the officers"
SIGNATURE = re.compile("untrusted comment: signature from minisign secret key\n(.*)\ntrusted comment: (.*)\n(.*)\n")
SIGNATURE_NAME = re.compile(r"manifest\.json(\.[0-9A-Fa-f]{16})?\.minisig")
Officer = namedtuple("Officer", "name key_id key")

class Ballot(namedtuple("Ballot", "index id is_law opens_ms closes_ms max_ranks papers definition")):
    """A law or an election. Papers: by region, in order; of a law one for all, as 0. Without ranks `max_ranks` is 0."""
    def paper(self, region: int) -> list[str]:
        """What a voter of that region may choose; nothing where nobody stands there."""
        return self.papers.get(0 if self.is_law else region, [])

    def layout(self, region: int) -> tuple[int, int, int]:
        """What is sealed for a region: bytes of a ranking, which each vote has; how many sums; bytes of each."""
        entries = len(self.paper(region))
        return (48 + 2 * min(self.max_ranks, entries), 1, 16) if self.max_ranks else (0, entries, 4)

class Package(namedtuple("Package", "manifest_sha256 partitions event keys ballots regions policy rolls")):
    """The package, once everything about it is checked: the event's id, public keys of both hands, number of regions,
    and policy of the log; and by ballot and shard the region of each credential, 0 where there is none."""
    def shards_of(self, ballot: int, partition: int) -> range:
        """The shards of a ballot whose votes a partition records."""
        each = len(self.rolls[ballot]) // self.partitions
        return range(partition * each, (partition + 1) * each)

def read_officer(path: Path) -> Officer:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    data = decode_base64(lines[1].strip()) if len(lines) > 1 else b""
    require(len(data) == 42 and data[:2] == b"Ed", path, "it is no public key of minisign", "name the officer's file")
    return Officer(path.name, data[2:10], data[10:])

def check_signatures(directory: Path, manifest: bytes, officers: list[Officer], needed: int) -> None:
    """Enough of the officers signed the manifest, or nothing in the package counts."""
    distinct = len({officer.key for officer in officers})
    require(0 < needed <= distinct, directory, f"{needed} signatures asked of {distinct} officers",
            "name the key of each officer with --trust, and with --require no more than these")
    found = {}
    for path in [path for path in directory.iterdir() if SIGNATURE_NAME.fullmatch(path.name)]:
        form = SIGNATURE.fullmatch(path.read_bytes().decode("ascii", errors="replace"))
        signature, second = (decode_base64(form[1]), decode_base64(form[3])) if form else (b"", b"")
        fits = len(signature) == 74 and signature[:2] == b"ED" and len(second) == 64
        require(fits, path, "it is no signature as minisign writes it: four lines, of the kind with a hash", ALTERED)
        for officer in [officer for officer in officers if officer.key_id == signature[2:10]]:  # pass others over
            fits = is_signed(officer.key, signature[10:], hashlib.blake2b(manifest).digest()) and is_signed(
                officer.key, second, signature[10:] + form[2].encode())
            require(fits, path, f"the signature of {officer.name} does not fit", ALTERED)
            found[officer.key] = officer.name
    require(len(found) >= needed, directory / "manifest.json", f"signed by {len(found)} of the trusted officers, "
            f"{needed} must have signed", "nobody who may say so has said that this is the election's package")
    print(f"Package {directory}: signed by {', '.join(sorted(found.values()))}.")

def check_files(directory: Path, entries: list[dict]) -> None:
    """Every file of the manifest with its size and hash, and no other."""
    listed = {"manifest.json", *(entry["path"] for entry in entries)}
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        known = path.is_dir() or name in listed or SIGNATURE_NAME.fullmatch(name)
        require(known and not path.is_symlink(), path, "the manifest lists no such file", ALTERED)
    for entry in entries:
        path = directory / entry["path"]
        require(path.is_file(), path, "the manifest lists it, and it is not there", ALTERED)
        data = path.read_bytes()
        fits = len(data) == entry["size"] and hashlib.sha256(data).hexdigest() == entry["sha256"]
        require(fits, path, "its length or SHA-256 is not what officers signed", ALTERED)

def read_ballot(index: int, ballot: dict) -> Ballot:
    """A law, which has one paper for all regions; or an election, which has one a region."""
    is_law = "code" not in ballot
    papers: dict[int, list[str]] = {0: ["oui", "non"] + ["blanc"] * ballot["allow_blank"]} if is_law else {}
    for candidate in ballot.get("candidate", []):
        active = [str(candidate["number"])] if candidate["status"] == "active" else []
        papers[candidate["region"]] = papers.get(candidate["region"], []) + active
    ranks = ballot["max_ranks"] if ballot.get("method") == "ranked_choice" else 0
    opens, closes = (round(1000 * datetime.fromisoformat(ballot[end]).timestamp()) for end in ("opens", "closes"))
    return Ballot(index, ballot["id" if is_law else "code"], is_law, opens, closes, ranks, papers, ballot)

def read_column(path: Path, kind: int, widths: list[int], shard: int, credentials: int) -> tuple[int, bytes]:
    data = path.read_bytes()
    *head, width, count, length = struct.unpack_from("<8s4I2Q", data.ljust(64))
    fits = (*head, count) == (b"SCRUTINP", 1, kind, shard, credentials) and length == count * width == len(data) - 64
    require(fits and width in widths, path, "it is no column of this shard", TELL)
    return width, data[64:]

def read_roll(stem: Path, ballot: dict) -> list[bytes | array]:
    """The region of each credential, by shard. Credentials ascend over all shards: each stands there once."""
    roll, last = [], b""
    for shard, credentials in enumerate(each["credentials"] for each in ballot["shards"]):
        path = stem / f"{shard:04}.dig"
        _, column = read_column(path, 3, [16], shard, credentials)
        digests = [last, *(column[at:at + 16] for at in range(0, len(column), 16))]
        require(all(one < other for one, other in pairwise(digests)), path, "its digests do not ascend", TWICE)
        width, regions, last = 1, bytes(credentials), digests[-1]
        if ballot["regions"]:
            width, regions = read_column(path.with_suffix(".reg"), 4, [1, 2], shard, credentials)
        roll.append(regions if width == 1 else array("H", struct.unpack(f"<{credentials}H", regions)))
    return roll

def read_package(directory: Path, officers: list[Officer], needed: int) -> Package:
    path = directory / "manifest.json"
    signed = path.read_bytes()
    check_signatures(directory, signed, officers, needed)
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
    policy = read_policy(event["log"], partitions) if event.get("log") is not None else None
    digest = hashlib.sha256(signed).digest()
    print(f"Event {event['id']}: {len(manifest['files'])} files as they were signed, manifest {digest.hex()}.")
    return Package(digest, partitions, event["id"], keys, ballots, len(event["region"]), policy, rolls)
