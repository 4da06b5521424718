"""The ledger's bytes: segments and frames, their hashes and their chain, and bodies in their one form."""
import hashlib
import struct
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import cbor2

from .basics import Refused, crc32c, require
from .package import Package

TORN = "the file is damaged or was altered; or it was copied while it was written: copy the whole ledger again"
FORKED = "this is another history than the one before it: frames were taken out, put in or exchanged"
FOREIGN = "these votes belong to another event, package or partition: they are not of this election"
UNWRITTEN = "no program of this election writes such a frame: somebody else made this ledger"
FRAME_MIN, FRAME_MAX = 92, 8 << 20

# What a header says by itself, with the sealed content keys by ballot and hand.
Segment = namedtuple("Segment", "path partition number epoch sealed_keys")
# Votes that were recorded at once. Marks: by ballot and shard the credentials; choices: by ballot how many, and sealed.
# Attempts: how many invalid ones by reason and ballot (-1: of none), how many duplicates by ballot, shard and ordinal.
Frame = namedtuple("Frame", "segment where length sequence time_ms link marks choices invalid duplicates trackers")

def unsigned(number: object, least: int = 0) -> int:
    if type(number) is not int or number < least:
        raise ValueError(f"{number} is no number from {least}")
    return number

def read_body(data: bytes, where: str) -> tuple[dict, dict, dict, dict, bytes]:
    """The members of a frame's body. Its one form: what it says, in order and each once, makes the same bytes again."""
    try:
        body = cbor2.loads(data)
        marks = {unsigned(ballot): {unsigned(shard): sorted(set(map(unsigned, ordinals))) or None  # none stands empty
                                    for shard, ordinals in sorted(shards.items())} or None
                 for ballot, shards in sorted(body["marks"].items())}
        counts = {ballot: sum(map(len, shards.values())) for ballot, shards in marks.items()}
        choices = {ballot: [count, b"" + body["choices"][ballot][1]] for ballot, count in counts.items()}
        invalid = {(unsigned(reason), -1 if ballot is None else unsigned(ballot)): unsigned(count, 1)
                   for reason, ballot, count in body["attempts"]["invalid"]}
        duplicates = {(unsigned(ballot), unsigned(shard), unsigned(ordinal)): unsigned(count, 1)
                      for ballot, shard, ordinal, count in body["attempts"]["duplicates"]}
        trackers = b"".join(sorted({body["trackers"][at:at + 16] for at in range(0, len(body["trackers"]), 16)}))
        rows = [[reason, None if ballot < 0 else ballot, count] for (reason, ballot), count in sorted(invalid.items())]
        more = [[*mark, count] for mark, count in sorted(duplicates.items())]
        again = cbor2.dumps({"marks": marks, "choices": choices, "attempts": {"invalid": rows, "duplicates": more},
                             "trackers": trackers})
    except Exception as error:  # whatever is said of bytes that are no body
        raise Refused(where, f"the frame's body is of another form ({error!r})", UNWRITTEN) from None
    require(again == data, where, "the frame's body could be written differently", UNWRITTEN)
    require(len(trackers) == 16 * sum(counts.values()), where, "the frame's body has more trackers or less", UNWRITTEN)
    return marks, choices, invalid, duplicates, trackers

def read_frame(segment: Segment, data: bytes, at: int, before: tuple[int, int, bytes]) -> Frame:
    """The frame at that byte, which must follow sequence, time and link of the one before."""
    sequence, time_ms, link = before
    where = f"{segment.path}, frame {sequence + 1} at byte {at}"
    require(len(data) >= at + FRAME_MIN, where, "the file ends within the frame", TORN)
    length, epoch, own_sequence, own_time_ms, previous, checksum = struct.unpack_from("<IIQq32sI", data, at)
    frame = data[at:at + length]
    fits = FRAME_MIN <= length <= FRAME_MAX and len(frame) == length and crc32c(frame[:56]) == checksum
    require(fits, where, "its length or checksum does not fit", TORN)
    require(hashlib.sha256(frame[:-32]).digest() == frame[-32:], where, "its SHA-256 does not fit its bytes", TORN)
    follows = (own_sequence, previous, epoch) == (sequence + 1, link, segment.epoch) and own_time_ms >= time_ms
    require(follows, where, "it does not follow the link before it", FORKED)
    return Frame(segment, where, length, own_sequence, own_time_ms, frame[-32:], *read_body(frame[60:-32], where))

def frames(package: Package, partition: int, directory: Path) -> Iterator[Frame]:
    sequence, time_ms, link, epoch = 0, -1 << 63, bytes(32), 0
    names = [id_.encode().ljust(32, b"\0") for id_ in [package.event, *(ballot.id for ballot in package.ballots)]]
    expected = [partition, names[0], package.manifest_sha256, *package.keys.values()]
    for number, path in enumerate(sorted(directory.glob("*.segment")), 1):
        require(path.name == f"{number:08}.segment", path, f"segment {number} should stand here", FORKED)
        data = path.read_bytes()
        (magic, version, at, own_partition, ballots, own_number, first, own_epoch, zero, *ids,
         previous) = struct.unpack_from("<8sIIHHIQII32s32s32s32s32s", data.ljust(200))
        fits = magic == b"SCRLEDG2" and version == 2 and at == 200 + 192 * ballots + 32 <= len(data)
        require(fits, path, "it is no segment of a ledger", TORN)
        fits = hashlib.sha256(data[:at - 32]).digest() == data[at - 32:at]
        require(fits, path, "its header's SHA-256 does not fit", TORN)
        entries = [data[start:start + 192] for start in range(200, at - 32, 192)]
        fits = [own_partition, *ids] == expected and [entry[:32] for entry in entries] == names[1:]
        require(fits, path, "its header names another event, package, key, partition or ballot", FOREIGN)
        fits = (own_number, first, previous, zero) == (number, sequence + 1, link, 0) and own_epoch >= epoch
        require(fits, path, "its header does not follow what is before it", FORKED)
        link, epoch = data[at - 32:at], own_epoch
        segment = Segment(path, partition, number, epoch, tuple((entry[32:112], entry[112:]) for entry in entries))
        while any(data[at:at + 4]):
            frame = read_frame(segment, data, at, (sequence, time_ms, link))
            sequence, time_ms, link, at = frame.sequence, frame.time_ms, frame.link, at + frame.length
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
    data = path.read_bytes().ljust(64)
    magic, own, zero, sequence, link, more, checksum = struct.unpack_from("<8sH6sQ32s4sI", data)
    fits = (magic, own, zero, more, checksum) == (b"SCRACKD1", partition, bytes(6), bytes(4), crc32c(data[:60]))
    require(fits and len(data) == 64, path, "it is no sidecar of this partition", TORN)
    return sequence, link
