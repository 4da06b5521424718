"""The ledger's bytes: segments and frames, their hashes and their chain, and bodies in their one form."""
import hashlib
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cbor2

from .encoding import crc32c
from .package import Package
from .refused import Refused, require

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
    sealed_keys: list[tuple[bytes, bytes]]  # by ballot: to the count key, to the mask key; 80 bytes each

class Frame(NamedTuple):
    """One group of votes, as it was recorded at once."""
    segment: Segment
    offset: int
    sequence: int
    time_ms: int
    link: bytes
    marks: dict[int, dict[int, list[int]]]  # by ballot and shard: the credentials, ascending
    choices: dict[int, list]  # by ballot: how many, and what is sealed
    attempts: dict[str, list[list]]
    trackers: bytes

    def where(self) -> str:
        return f"{self.segment.path}, frame {self.sequence} at byte {self.offset}"

def ascending(numbers: object, bits: int) -> bool:
    """Whether these are unsigned integers of so many bits, each above the one before."""
    before = -1
    for number in numbers:
        if type(number) is not int or not before < number < 1 << bits:
            return False
        before = number
    return True

def are_rows(rows: object, width: int) -> bool:
    """Whether these are ascending rows of unsigned integers with a count above zero behind; of three the second may be
    null, which is below 0."""
    if type(rows) is not list or not rows:
        return type(rows) is list
    if any(type(row) is not list or len(row) != width or row[-1] == 0 for row in rows):
        return False
    numbers = [(-1 if (at, width, part) == (1, 3, None) else part) for row in rows for at, part in enumerate(row)]
    if any(type(number) is not int for number in numbers) or any(part < 0 for row in rows for part in row if part):
        return False
    keys = [numbers[at:at + width - 1] for at in range(0, len(numbers), width)]
    return all(one < other for one, other in pairwise(keys))

def are_marks(marks: object) -> bool:
    return type(marks) is dict and ascending(marks, 16) and all(
        type(shards) is dict and shards and ascending(shards, 32) and all(
            type(ordinals) is list and ordinals and ascending(ordinals, 32) for ordinals in shards.values())
        for shards in marks.values())

def fault_of_body(body: object) -> str | None:
    """What is wrong with a body, if anything."""
    if type(body) is not dict or list(body) != ["marks", "choices", "attempts", "trackers"]:
        return "it is no map of marks, choices, attempts and trackers"
    marks, choices, attempts, trackers = body.values()
    if not are_marks(marks):
        return "its marks are not ascending, each once"
    if type(choices) is not dict or not ascending(choices, 16) or list(choices) != list(marks):
        return "its marks and its choices are of different ballots"
    votes = 0
    for ballot, shards in marks.items():
        count, told = sum(map(len, shards.values())), choices[ballot]
        if type(told) is not list or [type(part) for part in told] != [int, bytes] or told[0] != count:
            return f"ballot {ballot} has {count} marks and another number of choices"
        votes += count
    if type(trackers) is not bytes or len(trackers) != 16 * votes:
        return f"its {votes} votes and its trackers are not as many"
    if any(trackers[at - 16:at] >= trackers[at:at + 16] for at in range(16, len(trackers), 16)):
        return "its trackers are not ascending, each once"
    if type(attempts) is not dict or list(attempts) != ["invalid", "duplicates"] or not (
            are_rows(attempts["invalid"], 3) and are_rows(attempts["duplicates"], 4)):
        return "its attempts are not ascending rows with counts"
    return None

def read_body(data: bytes, where: str) -> dict:
    """The body of a frame, in its one deterministic form."""
    try:
        body = cbor2.loads(data)
        fault = fault_of_body(body) or (None if cbor2.dumps(body) == data else "it could be written differently")
    except Exception as error:  # whatever the library says of bytes that are no body
        fault = f"it is no CBOR ({error})"
    if fault:
        raise Refused(where, f"the frame's body: {fault}", UNWRITTEN)
    return body

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
        link, event = data[length - 32:length], self.package.event
        require(hashlib.sha256(data[:length - 32]).digest() == link, path, "its header's SHA-256 does not fit", TORN)
        entries = [data[at:at + 192] for at in range(200, length - 32, 192)]
        padded = [each.encode().ljust(32, b"\0") for each in [event.id, *(ballot.id for ballot in event.ballots)]]
        expected = [padded[0], self.package.manifest_sha256, event.count_key, event.mask_key]
        require([partition, *names] == [self.partition, *expected] and [entry[:32] for entry in entries] == padded[1:],
                path, "its header names another event, package, key, partition or ballot", FOREIGN)
        require((own_number, first, previous) == (number, self.sequence + 1, self.link) and epoch >= self.epoch
                and zero == 0, path, "its header does not follow what is before it", FORKED)
        self.link, self.epoch = link, epoch
        return Segment(path, partition, number, epoch, [(entry[32:112], entry[112:]) for entry in entries]), length

    def frame(self, segment: Segment, data: bytes, at: int) -> tuple[Frame, int]:
        """The frame at that byte, and where it ends."""
        where = f"{segment.path}, frame {self.sequence + 1} at byte {at}"
        if len(data) < at + FRAME_MIN:
            raise Refused(where, "the file ends within the frame", TORN)
        length, epoch, sequence, time_ms, previous, checksum = FRAME.unpack_from(data, at)
        frame = data[at:at + length]
        link = frame[-32:]
        if not FRAME_MIN <= length <= FRAME_MAX or len(frame) < length or crc32c(frame[:56]) != checksum:
            raise Refused(where, "its length or checksum does not fit", TORN)
        if hashlib.sha256(frame[:-32]).digest() != link:
            raise Refused(where, "its SHA-256 does not fit its bytes", TORN)
        if (sequence, previous, epoch) != (self.sequence + 1, self.link, self.epoch) or time_ms < self.time_ms:
            raise Refused(where, f"frame {sequence} of epoch {epoch} does not follow the link before it", FORKED)
        body = read_body(frame[60:-32], where)
        self.link, self.sequence, self.time_ms = link, sequence, time_ms
        return Frame(segment, at, sequence, time_ms, link, *body.values()), at + length

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
