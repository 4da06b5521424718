"""The ledger's bytes: segments and frames, their hashes and their chain, and bodies in their one form."""
import hashlib
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cbor2

from .basics import Refused, crc32c, require
from .package import Package

TORN = "the file is damaged or was altered; or it was copied while it was written: copy the whole ledger again"
FORKED = "this is another history than the one before it: frames were taken out, put in or exchanged"
FOREIGN = "these votes belong to another event, package or partition: they are not of this election"
UNWRITTEN = "no program of this election writes such a frame: somebody else made this ledger"
HEADER = struct.Struct("<8sIIHHIQII32s32s32s32s32s")
FRAME = struct.Struct("<IIQq32sI")
FRAME_MIN, FRAME_MAX = 92, 8 << 20
SIDECAR = struct.Struct("<8sH6sQ32s4sI")

class Segment(NamedTuple):
    """What a segment's header says, beside what every header of the event says."""
    path: Path
    partition: int
    number: int
    epoch: int
    sealed_keys: list[dict[str, bytes]]  # by ballot and hand; 80 bytes each

class Frame(NamedTuple):
    """One group of votes, as it was recorded at once."""
    segment: Segment
    where: str
    sequence: int
    time_ms: int
    link: bytes
    marks: dict[int, dict[int, list[int]]]  # by ballot and shard: the credentials, ascending
    choices: dict[int, list]  # by ballot: how many, and what is sealed
    attempts: dict[str, list[list]]
    trackers: bytes

def ascending(numbers: object, bits: int) -> bool:
    """Whether these are unsigned integers of so many bits, each above the one before."""
    before = -1
    for number in numbers:
        if type(number) is not int or not before < number < 1 << bits:
            return False
        before = number
    return True

def are_marks(marks: object) -> bool:
    return type(marks) is dict and ascending(marks, 16) and all(
        type(shards) is dict and shards and ascending(shards, 32) and all(
            type(ordinals) is list and ordinals and ascending(ordinals, 32) for ordinals in shards.values())
        for shards in marks.values())

def are_rows(rows: object, width: int, nullable: int) -> bool:
    """Whether these are rows of unsigned integers, ascending by all but their count, which is above zero. In one place
    may stand null, which is below 0."""
    if type(rows) is not list or any(type(row) is not list or len(row) != width for row in rows):
        return False
    numbers = all(type(part) is int and part >= 0 or part is None and at == nullable
                  for row in rows for at, part in enumerate(row))
    keys = [[-1 if part is None else part for part in row[:-1]] for row in rows]
    return numbers and all(row[-1] for row in rows) and all(one < other for one, other in pairwise(keys))

def read_body(data: bytes, where: str) -> list:
    """The members of a frame's body, which must be in its one deterministic form."""
    where += ", the frame's body"
    try:
        body = cbor2.loads(data)
        again = cbor2.dumps(body)
    except Exception as error:  # whatever the library says of bytes that are no body
        raise Refused(where, f"it is no CBOR ({error})", UNWRITTEN) from None
    require(again == data, where, "it could be written differently", UNWRITTEN)
    require(type(body) is dict and list(body) == ["marks", "choices", "attempts", "trackers"], where,
            "it is no map of marks, choices, attempts and trackers", UNWRITTEN)
    marks, choices, attempts, trackers = body.values()
    require(are_marks(marks), where, "its marks are not ascending, each once", UNWRITTEN)
    require(type(choices) is dict and ascending(choices, 16) and list(choices) == list(marks), where,
            "its marks and its choices are of different ballots", UNWRITTEN)
    votes = 0
    for told, shards in zip(choices.values(), marks.values()):
        count = sum(map(len, shards.values()))
        require(type(told) is list and list(map(type, told)) == [int, bytes] and told[0] == count, where,
                "of a ballot it has another number of choices than marks", UNWRITTEN)
        votes += count
    require(type(trackers) is bytes and len(trackers) == 16 * votes, where,
            "its votes and its trackers are not as many", UNWRITTEN)
    each = [trackers[at:at + 16] for at in range(0, len(trackers), 16)]
    require(all(one < other for one, other in pairwise(each)), where, "its trackers are not ascending", UNWRITTEN)
    require(type(attempts) is dict and list(attempts) == ["invalid", "duplicates"] and are_rows(attempts["invalid"], 3, 1)
            and are_rows(attempts["duplicates"], 4, -1), where, "its attempts are not ascending rows", UNWRITTEN)
    return [marks, choices, attempts, trackers]

class Chain:
    """Reads one partition, link by link; each must follow the one before."""

    def __init__(self, package: Package, partition: int) -> None:
        self.package, self.partition = package, partition
        self.link, self.sequence, self.time_ms, self.epoch = bytes(32), 0, -1 << 63, 0

    def segment(self, path: Path, data: bytes, number: int) -> tuple[Segment, int]:
        """The header of a segment file, and where its first frame stands."""
        (magic, version, length, partition, ballots, own_number, first, epoch, zero, *names,
         previous) = HEADER.unpack_from(data.ljust(HEADER.size))
        require(magic == b"SCRLEDG2" and version == 2 and length == 200 + 192 * ballots + 32 <= len(data), path,
                "it is no segment of a ledger", TORN)
        link, package = data[length - 32:length], self.package
        require(hashlib.sha256(data[:length - 32]).digest() == link, path, "its header's SHA-256 does not fit", TORN)
        entries = [data[at:at + 192] for at in range(200, length - 32, 192)]
        padded = [each.encode().ljust(32, b"\0") for each in [package.event, *(ballot.id for ballot in package.ballots)]]
        expected = [self.partition, padded[0], package.manifest_sha256, *package.keys.values()]
        require([partition, *names] == expected and [entry[:32] for entry in entries] == padded[1:], path,
                "its header names another event, package, key, partition or ballot", FOREIGN)
        follows = (own_number, first, previous, zero) == (number, self.sequence + 1, self.link, 0)
        require(follows and epoch >= self.epoch, path, "its header does not follow what is before it", FORKED)
        self.link, self.epoch = link, epoch
        sealed_keys = [{"count": entry[32:112], "mask": entry[112:]} for entry in entries]
        return Segment(path, partition, number, epoch, sealed_keys), length

    def frame(self, segment: Segment, data: bytes, at: int) -> tuple[Frame, int]:
        """The frame at that byte, and where it ends."""
        where = f"{segment.path}, frame {self.sequence + 1} at byte {at}"
        require(len(data) >= at + FRAME_MIN, where, "the file ends within the frame", TORN)
        length, epoch, sequence, time_ms, previous, checksum = FRAME.unpack_from(data, at)
        frame = data[at:at + length]
        link = frame[-32:]
        require(FRAME_MIN <= length <= FRAME_MAX and len(frame) == length and crc32c(frame[:56]) == checksum, where,
                "its length or checksum does not fit", TORN)
        require(hashlib.sha256(frame[:-32]).digest() == link, where, "its SHA-256 does not fit its bytes", TORN)
        follows = (sequence, previous, epoch) == (self.sequence + 1, self.link, self.epoch)
        require(follows and time_ms >= self.time_ms, where, "it does not follow the link before it", FORKED)
        self.link, self.sequence, self.time_ms = link, sequence, time_ms
        return Frame(segment, where, sequence, time_ms, link, *read_body(frame[60:-32], where)), at + length

    def frames(self, directory: Path) -> Iterator[Frame]:
        """All frames of the partition, in their order."""
        for number, path in enumerate(sorted(directory.glob("*.segment")), 1):
            require(path.name == f"{number:08}.segment", path, f"segment {number} should stand here", FORKED)
            data = path.read_bytes()
            segment, at = self.segment(path, data, number)
            while any(data[at:at + 4]):
                frame, at = self.frame(segment, data, at)
                yield frame
            require(not data[at:].strip(b"\0"), f"{path}, byte {at}", "bytes behind the last frame", TORN)

def check_partitions(ledger: Path, package: Package) -> list[Path]:
    """The directories of all partitions; refuses one that the package does not know."""
    known = [ledger / f"p{partition:04}" for partition in range(package.partitions)]
    for path in sorted(ledger.glob("p[0-9]*")):
        require(path in known, path, f"it is none of the {package.partitions} partitions of the package", FOREIGN)
    for path in known:
        require(path.is_dir(), path, "there is no such partition", "votes are missing: copy the whole ledger")
    return known

def acknowledged(path: Path, partition: int) -> tuple[int, bytes]:
    """The last frame that voters were answered for, as the sidecar says; frame 0 where there is none."""
    if not path.exists():
        return 0, bytes(32)
    data = path.read_bytes().ljust(SIDECAR.size)
    magic, own, zero, sequence, link, more, checksum = SIDECAR.unpack_from(data)
    fits = (magic, own, zero, more, checksum) == (b"SCRACKD1", partition, bytes(6), bytes(4), crc32c(data[:60]))
    require(fits and len(data) == SIDECAR.size, path, "it is no sidecar of this partition", TORN)
    return sequence, link
