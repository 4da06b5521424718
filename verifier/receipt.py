"""Receipts (.tlog-proof): a voter's proof that a vote is in the ledger that witnesses have seen."""
from pathlib import Path
from typing import NamedTuple

from .encoding import decode_base64
from .notes import ALTERED, DECIMAL, Attested, Policy, attested, parse_note
from .refused import Refused, require
from .tree import LEAF, leaf_hash, root_above

MISSING = "the voter's vote was taken out, or this ledger is not the one that the witnesses saw: keep both as evidence"


class Receipt(NamedTuple):
    """What a receipt says, none of it held against the ledger yet."""
    path: Path
    partition: int
    sequence: int
    leaf: bytes
    tracker: bytes
    position: int
    attested: Attested


def hashes(lines: list[str], where: Path) -> list[bytes]:
    """Lines of base 64, 32 bytes each."""
    read = [decode_base64(line) for line in lines]
    found = [hash_ for hash_ in read if hash_ is not None and len(hash_) == 32]
    require(len(found) == len(lines) <= 63, where, "its hashes are not base 64 of 32 bytes", ALTERED)
    return found


def read_receipt(path: Path, policy: Policy) -> Receipt:
    """Checks a receipt by itself: vote in frame, frame in log, log seen by witnesses."""
    head, blank, note = path.read_bytes().partition(b"\n\n")
    lines = head.decode("utf-8", errors="replace").split("\n")
    extra = decode_base64(lines[1].removeprefix("extra ")) if len(lines) > 2 else None
    index = lines[2].removeprefix("index ") if len(lines) > 2 else ""
    form = lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) > 2 and lines[1].startswith("extra ")
    if not blank or not form or not lines[2].startswith("index ") or not DECIMAL.fullmatch(index):
        raise Refused(path, "it is no receipt: a proof with extra, index, hashes and a checkpoint", ALTERED)
    if extra is None or len(extra) < 99 or len(extra) % 32 != 99 % 32:
        raise Refused(path, "its extra line is not leaf, tracker, position and path", ALTERED)
    leaf, tracker, position = extra[:79], extra[79:95], int.from_bytes(extra[95:99], "big")
    version, partition, sequence, _, votes, trackers = LEAF.unpack(leaf)
    require(version == 1 and sequence == int(index) + 1, path, f"frame {sequence} at index {index}", ALTERED)
    below = [extra[at:at + 32] for at in range(99, len(extra), 32)]
    require(position < votes and root_above(leaf_hash(tracker), position, votes, below) == trackers, path,
            "its vote is not in its frame", ALTERED)
    checkpoint = attested(parse_note(note, path), policy, path)
    root = root_above(leaf_hash(leaf), int(index), checkpoint.size, hashes(lines[3:], path))
    require(int(index) < checkpoint.size and root == checkpoint.root, path, "its frame is not in its checkpoint's log",
            ALTERED)
    logs = list(policy.logs)
    require(partition < len(logs) and checkpoint.origin == logs[partition], path,
            f"its frame is of partition {partition}, and its log is {checkpoint.origin}", ALTERED)
    return Receipt(path, partition, sequence, leaf, tracker, position, checkpoint)


def check_receipt(receipt: Receipt, frame: tuple[bytes, bytes] | None, root: bytes | None) -> None:
    """Holds a receipt against the ledger: its frame (leaf, trackers), its vote, and the whole history that it vouches for."""
    at = 16 * receipt.position
    require(frame is not None and frame[0] == receipt.leaf and frame[1][at:at + 16] == receipt.tracker,
            receipt.path, f"the ledger has another frame {receipt.sequence}, or none", MISSING)
    require(root == receipt.attested.root, receipt.path,
            f"the ledger's first {receipt.attested.size} frames are not those that the receipt's witnesses saw", MISSING)
