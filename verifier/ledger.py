"""The ledger's bytes: segments and frames, their hashes and their chain, and bodies in their one form."""
import hashlib
import struct
from collections import namedtuple
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

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

# What a header says by itself, with the sealed content keys by ballot and hand.
Segment = namedtuple("Segment", "path partition number epoch sealed_keys")
# Votes that were recorded at once. Marks: by ballot and shard the credentials; choices: by ballot how many, and sealed.
Frame = namedtuple("Frame", "segment where sequence time_ms link marks choices attempts trackers")

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

def are_rows(rows: object, width: int) -> bool:
    """Whether these are rows of unsigned integers, ascending by all but their count, which is above zero. Of three the
    second may be null, which is below 0."""
    if type(rows) is not list or not rows:
        return rows == []
    if any(type(row) is not list or len(row) != width or not row[-1] for row in rows):
        return False
    keys = [[-1 if part is None else part for part in row[:-1]] for row in rows]
    return all(type(part) is int and part >= 0 or (part, at, width) == (None, 1, 3)
               for row in rows for at, part in enumerate(row)) and all(one < other for one, other in pairwise(keys))

def read_body(data: bytes, where: str) -> list:
    """The members of a frame's body, which must be in its one deterministic form."""
    where += ", the frame's body"
    try:
        body = cbor2.loads(data)
        again = cbor2.dumps(body)
    except Exception as error:  # whatever the library says of bytes that are no body
        raise Refused(where, f"it is no CBOR ({error})", UNWRITTEN) from None
    require(again == data, where, "it could be written differently", UNWRITTEN)
    is_map = type(body) is dict and list(body) == ["marks", "choices", "attempts", "trackers"]
    require(is_map, where, "it is no map of marks, choices, attempts and trackers", UNWRITTEN)
    marks, choices, attempts, trackers = members = list(body.values())
    require(are_marks(marks), where, "its marks are not ascending, each once", UNWRITTEN)
    fits = type(choices) is dict and ascending(choices, 16) and list(choices) == list(marks)
    require(fits, where, "its marks and its choices are of different ballots", UNWRITTEN)
    counts = [sum(map(len, shards.values())) for shards in marks.values()]
    fits = all(type(told) is list and list(map(type, told)) == [int, bytes] for told in choices.values())
    require(fits and [told[0] for told in choices.values()] == counts, where, "another number of choices than marks", UNWRITTEN)
    fits = type(trackers) is bytes and len(trackers) == 16 * sum(counts)
    require(fits, where, "its votes and its trackers are not as many", UNWRITTEN)
    fits = all(trackers[at - 16:at] < trackers[at:at + 16] for at in range(16, len(trackers), 16))
    require(fits, where, "its trackers are not ascending, each once", UNWRITTEN)
    fits = type(attempts) is dict and list(attempts) == ["invalid", "duplicates"]
    fits = fits and are_rows(attempts["invalid"], 3) and are_rows(attempts["duplicates"], 4)
    require(fits, where, "its attempts are not ascending rows with counts", UNWRITTEN)
    return members

def read_header(package: Package, partition: int, path: Path, data: bytes) -> tuple[Segment, tuple, bytes]:
    """The header of a segment file; what must follow from the segment before; and its link."""
    (magic, version, length, own_partition, ballots, number, first, epoch, zero, *names,
     previous) = HEADER.unpack_from(data.ljust(HEADER.size))
    fits = magic == b"SCRLEDG2" and version == 2 and length == 200 + 192 * ballots + 32 <= len(data)
    require(fits, path, "it is no segment of a ledger", TORN)
    link, entries = data[length - 32:length], [data[at:at + 192] for at in range(200, length - 32, 192)]
    require(hashlib.sha256(data[:length - 32]).digest() == link, path, "its header's SHA-256 does not fit", TORN)
    event, *padded = [id_.encode().ljust(32, b"\0") for id_ in [package.event, *(ballot.id for ballot in package.ballots)]]
    fits = [own_partition, *names] == [partition, event, package.manifest_sha256, *package.keys.values()]
    require(fits and [entry[:32] for entry in entries] == padded, path,
            "its header names another event, package, key, partition or ballot", FOREIGN)
    sealed_keys = [{"count": entry[32:112], "mask": entry[112:]} for entry in entries]
    return Segment(path, partition, number, epoch, sealed_keys), (number, first, previous, zero), link

def read_frame(segment: Segment, data: bytes, at: int, before: tuple[int, int, bytes]) -> Frame:
    """The frame at that byte, which must follow sequence, time and link of the one before."""
    sequence, time_ms, link = before
    where = f"{segment.path}, frame {sequence + 1} at byte {at}"
    require(len(data) >= at + FRAME_MIN, where, "the file ends within the frame", TORN)
    length, epoch, own_sequence, own_time_ms, previous, checksum = FRAME.unpack_from(data, at)
    frame = data[at:at + length]
    fits = FRAME_MIN <= length <= FRAME_MAX and len(frame) == length and crc32c(frame[:56]) == checksum
    require(fits, where, "its length or checksum does not fit", TORN)
    require(hashlib.sha256(frame[:-32]).digest() == frame[-32:], where, "its SHA-256 does not fit its bytes", TORN)
    follows = (own_sequence, previous, epoch) == (sequence + 1, link, segment.epoch) and own_time_ms >= time_ms
    require(follows, where, "it does not follow the link before it", FORKED)
    return Frame(segment, where, own_sequence, own_time_ms, frame[-32:], *read_body(frame[60:-32], where))

def frames(package: Package, partition: int, directory: Path) -> Iterator[Frame]:
    """All frames of a partition, in their order, link by link."""
    sequence, time_ms, link, epoch = 0, -1 << 63, bytes(32), 0
    for number, path in enumerate(sorted(directory.glob("*.segment")), 1):
        require(path.name == f"{number:08}.segment", path, f"segment {number} should stand here", FORKED)
        data = path.read_bytes()
        segment, follows, own_link = read_header(package, partition, path, data)
        fits = follows == (number, sequence + 1, link, 0) and segment.epoch >= epoch
        require(fits, path, "its header does not follow what is before it", FORKED)
        at, link, epoch = 232 + 192 * len(segment.sealed_keys), own_link, segment.epoch
        while any(data[at:at + 4]):
            frame = read_frame(segment, data, at, (sequence, time_ms, link))
            sequence, time_ms, link, at = frame.sequence, frame.time_ms, frame.link, at + int.from_bytes(data[at:at + 4], "little")
            yield frame
        require(not data[at:].strip(b"\0"), f"{path}, byte {at}", "bytes behind the last frame", TORN)

def check_partitions(ledger: Path, package: Package) -> list[Path]:
    """The directories of all partitions; refuses one that the package does not know."""
    known = [ledger / f"p{partition:04}" for partition in range(package.partitions)]
    for path in sorted({*known, *ledger.glob("p[0-9]*")}):
        require(path in known, path, f"it is none of the {package.partitions} partitions of the package", FOREIGN)
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
