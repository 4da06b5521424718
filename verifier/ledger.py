"""The ledger's bytes: segments and frames, their hashes and their chain, and bodies in their one form."""
import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cbor2

from .encoding import crc32c
from .package import Package
from .refused import Refused, require

TORN = "the file is damaged or was altered; or it was copied while it was written: copy the whole ledger again"
FORKED = "this is another history than the one before it: frames were taken out, put in or exchanged"
FOREIGN = "these votes belong to another event, package or partition: they are not of this election"
HEADER = struct.Struct("<8sIIHHIQII32s32s32s32s32s")
FRAME = struct.Struct("<IIQq32sI")
FRAME_MIN, FRAME_MAX = 92, 8 << 20
SIDECAR = struct.Struct("<8sH6sQ32s4sI")
REASONS = {1: "not_on_roll", 2: "not_open", 3: "closed", 4: "wrong_region", 5: "bad_choice", 6: "no_such_ballot"}

Marks = dict[int, dict[int, list[int]]]  # by ballot and shard: the credentials, ascending


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
    marks: Marks
    choices: dict[int, list]  # by ballot: how many, and what is sealed
    invalid: list[list]
    duplicates: list[list]
    trackers: bytes

    def where(self) -> str:
        """The place of the frame, for a message."""
        return f"{self.segment.path}, frame {self.sequence} at byte {self.offset}"


def padded(text: str) -> bytes:
    """An id as headers have it."""
    return text.encode().ljust(32, b"\0")


def is_ascending(numbers: object, limit: int) -> bool:
    """Whether these are integers from 0 to below `limit`, each above the one before."""
    before = -1
    for number in numbers:  # type: ignore[attr-defined]
        if type(number) is not int or not before < number < limit:
            return False
        before = number
    return True


def is_marks(marks: object) -> bool:
    """Whether this is what a body may say about who voted."""
    if type(marks) is not dict or not is_ascending(marks, 1 << 16):
        return False
    for shards in marks.values():
        if type(shards) is not dict or not shards or not is_ascending(shards, 1 << 32):
            return False
        for ordinals in shards.values():
            if type(ordinals) is not list or not ordinals or not is_ascending(ordinals, 1 << 32):
                return False
    return True


def is_rows(rows: object, width: int) -> bool:
    """Whether this is a list of rows of that width, ascending, each with a count above zero."""
    if type(rows) is not list or any(type(row) is not list or len(row) != width for row in rows):
        return False
    keys = [tuple(-1 if part is None else part for part in row[:-1]) for row in rows]
    whole = all(type(part) is int for key, row in zip(keys, rows) for part in (*key, row[-1]))
    return whole and all(row[-1] > 0 for row in rows) and all(a < b for a, b in zip(keys, keys[1:]))


def fault_of_body(body: object) -> str | None:
    """What is wrong with a body, if anything."""
    if type(body) is not dict or list(body) != ["marks", "choices", "attempts", "trackers"]:
        return "not a map of marks, choices, attempts and trackers"
    marks, choices, attempts, trackers = body.values()
    if not is_marks(marks):
        return "its marks are not ascending ordinals by ballot and shard"
    if type(choices) is not dict or list(choices) != list(marks):
        return "its marks and its choices are not of the same ballots"
    votes = 0
    for ballot, shards in marks.items():
        count = sum(len(ordinals) for ordinals in shards.values())
        sealed = choices[ballot]
        if type(sealed) is not list or len(sealed) != 2 or type(sealed[0]) is not int or type(sealed[1]) is not bytes:
            return "its choices are not a number and sealed bytes a ballot"
        if sealed[0] != count:
            return f"ballot {ballot} has {count} marks and {sealed[0]} choices: each vote is one of both"
        votes += count
    if type(trackers) is not bytes or len(trackers) != 16 * votes:
        return f"its trackers are not 16 bytes for each of {votes} votes"
    if votes > 1 and any(trackers[at - 16:at] >= trackers[at:at + 16] for at in range(16, len(trackers), 16)):
        return "its trackers are not ascending, each once"
    if type(attempts) is not dict or list(attempts) != ["invalid", "duplicates"]:
        return "its attempts are not a map of invalid and duplicates"
    if not is_rows(attempts["invalid"], 3) or not is_rows(attempts["duplicates"], 4):
        return "its attempts are not ascending rows with counts"
    if any(row[0] not in REASONS for row in attempts["invalid"]):
        return "it counts attempts that failed for no known reason"
    return None


def read_body(data: bytes, where: str) -> dict:
    """The body of a frame, in its one deterministic form."""
    try:
        body = cbor2.loads(data)
        fault = fault_of_body(body) or (None if cbor2.dumps(body) == data else "it could be written differently")
    except Exception as error:  # whatever the library says of bytes that are no body
        fault = f"no CBOR ({error})"
    if fault:
        raise Refused(where, f"the frame's body: {fault}", "no program of this election writes such a frame")
    return body


class Chain:
    """Reads one partition, link by link; each must follow the one before."""

    def __init__(self, package: Package, partition: int) -> None:
        self.package, self.partition = package, partition
        self.link, self.sequence, self.time_ms, self.epoch = bytes(32), 0, -1 << 63, 0

    def segment(self, path: Path, data: bytes, number: int) -> tuple[Segment, int]:
        """The header of a segment file, and where its first frame stands."""
        require(len(data) >= HEADER.size and data[:8] == b"SCRLEDG2", path, "it is no segment of a ledger", TORN)
        (_, version, length, partition, ballots, own_number, first, epoch, zero, event, manifest, count_key, mask_key,
         previous) = HEADER.unpack_from(data)
        require(version == 2 and length == 200 + 192 * ballots + 32 <= len(data), path, "version or length", TORN)
        link = data[length - 32:length]
        require(hashlib.sha256(data[:length - 32]).digest() == link, path, "its header's SHA-256 does not fit", TORN)
        of = self.package.event
        require((event, manifest, count_key, mask_key, partition) ==
                (padded(of.id), self.package.manifest_sha256, of.count_key, of.mask_key, self.partition), path,
                "its header names another event, package, key or partition", FOREIGN)
        entries = [data[at:at + 192] for at in range(200, length - 32, 192)]
        require([entry[:32] for entry in entries] == [padded(ballot.id) for ballot in of.ballots], path,
                "its header names other ballots than the event", FOREIGN)
        require((own_number, first, previous) == (number, self.sequence + 1, self.link), path,
                "it does not follow the segment before", FORKED)
        require(zero == 0 and epoch >= self.epoch, path, f"epoch {epoch} after {self.epoch}", FORKED)
        self.link, self.epoch = link, epoch
        keys = [(entry[32:112], entry[112:]) for entry in entries]
        return Segment(path, partition, number, epoch, keys), length

    def frame(self, segment: Segment, data: bytes, at: int) -> tuple[Frame, int]:
        """The frame at that byte, and where it ends."""
        where = f"{segment.path}, frame {self.sequence + 1} at byte {at}"
        if len(data) < at + FRAME_MIN:
            raise Refused(where, "the file ends within the frame", TORN)
        length, epoch, sequence, time_ms, previous, checksum = FRAME.unpack_from(data, at)
        if not FRAME_MIN <= length <= FRAME_MAX or at + length > len(data):
            raise Refused(where, f"a frame of {length} bytes does not fit here", TORN)
        frame = data[at:at + length]
        link = frame[-32:]
        if crc32c(frame[:56]) != checksum or hashlib.sha256(frame[:-32]).digest() != link:
            raise Refused(where, "its checksum or SHA-256 does not fit its bytes", TORN)
        if sequence != self.sequence + 1 or previous != self.link or epoch != self.epoch:
            raise Refused(where, f"it says frame {sequence} of epoch {epoch}, and does not name the link before it",
                          FORKED)
        if time_ms < self.time_ms:
            raise Refused(where, "it is stamped earlier than the frame before", FORKED)
        body = read_body(frame[60:-32], where)
        self.link, self.sequence, self.time_ms = link, sequence, time_ms
        attempts = body["attempts"]
        return Frame(segment, at, sequence, time_ms, link, body["marks"], body["choices"], attempts["invalid"],
                     attempts["duplicates"], body["trackers"]), at + length

    def frames(self, directory: Path) -> Iterator[Frame]:
        """All frames of the partition, in their order."""
        require(directory.is_dir(), directory, "there is no such partition", "copy the whole ledger: votes are missing")
        for number, path in enumerate(sorted(directory.glob("*.segment")), 1):
            require(path.name == f"{number:08}.segment", path, f"segment {number} should stand here",
                    "a segment is missing or was renamed: copy the whole ledger")
            data = path.read_bytes()
            segment, at = self.segment(path, data, number)
            while data[at:at + 4].strip(b"\0"):
                frame, at = self.frame(segment, data, at)
                yield frame
            require(not data[at:].strip(b"\0"), f"{path}, byte {at}", "bytes behind the last frame", TORN)


def check_partitions(ledger: Path, package: Package) -> list[Path]:
    """The directories of all partitions; refuses one that the package does not know."""
    known = [f"p{partition:04}" for partition in range(package.partitions)]
    for path in sorted(ledger.iterdir()) if ledger.is_dir() else []:
        require(path.name in known or not re.fullmatch("p[0-9]+", path.name), path,
                f"the package has {package.partitions} partitions, and this is none of them", FOREIGN)
    return [ledger / name for name in known]


def acknowledged(path: Path, partition: int) -> tuple[int, bytes] | None:
    """The last frame that voters were answered for, as the sidecar says; None where there is no sidecar."""
    if not path.exists():
        return None
    data = path.read_bytes()
    require(len(data) == SIDECAR.size, path, "it has not 64 bytes", TORN)
    magic, own, zero, sequence, link, more, checksum = SIDECAR.unpack(data)
    require((magic, own, zero, more, checksum) == (b"SCRACKD1", partition, bytes(6), bytes(4), crc32c(data[:60])),
            path, "it is no sidecar of this partition", TORN)
    return sequence, link
