"""Receipts (.tlog-proof): a voter's proof that a vote is in the ledger that witnesses have seen."""
from pathlib import Path
from typing import NamedTuple

from .encoding import decode_base64
from .notes import ALTERED, DECIMAL, Checkpoint, Policy, read_checkpoint
from .refused import Refused, require
from .tree import LEAF, leaf_hash, root_above

MISSING = "the voter's vote was taken out, or this ledger is not the one that the witnesses saw: keep both as evidence"

class Receipt(NamedTuple):
    """What a receipt proves by itself; none of it is held against the ledger yet."""
    path: Path
    partition: int
    sequence: int
    leaf: bytes
    tracker: bytes
    position: int
    checkpoint: Checkpoint

def read_receipt(path: Path, policy: Policy) -> Receipt:
    """Checks a receipt by itself: vote in frame, frame in log, log seen by witnesses."""
    head, _, note = path.read_bytes().partition(b"\n\n")
    first, extra_line, index, *lines = head.decode("utf-8", errors="replace").split("\n") + [""] * 2
    extra = decode_base64(extra_line.removeprefix("extra ")) or b""
    hashes = [decode_base64(line) or b"" for line in lines[:-2]]
    if first != "c2sp.org/tlog-proof@v1" or not extra_line.startswith("extra ") or not index.startswith("index ") or (
            not DECIMAL.fullmatch(index[6:]) or any(len(hash_) != 32 for hash_ in hashes)):
        raise Refused(path, "it is no receipt: a proof with extra, index, hashes and a checkpoint", ALTERED)
    require(len(extra) >= 99 and (len(extra) - 99) % 32 == 0, path, "its extra line is of no receipt", ALTERED)
    leaf, tracker, position = extra[:79], extra[79:95], int.from_bytes(extra[95:99], "big")
    version, partition, sequence, _, votes, trackers = LEAF.unpack(leaf)
    require(version == 1 and sequence == int(index[6:]) + 1 and partition < len(policy.logs), path,
            f"it is of frame {sequence} of partition {partition}, and proves another", ALTERED)
    below = [extra[at:at + 32] for at in range(99, len(extra), 32)]
    require(position < votes and root_above(leaf_hash(tracker), position, votes, below) == trackers, path,
            "its vote is not in its frame", ALTERED)
    checkpoint = read_checkpoint(note, policy.logs[partition], policy, path)
    require(sequence <= checkpoint.size and checkpoint.root == root_above(leaf_hash(leaf), sequence - 1, checkpoint.size,
            hashes), path, "its frame is not in the log that its checkpoint is of", ALTERED)
    return Receipt(path, partition, sequence, leaf, tracker, position, checkpoint)

def check_receipt(receipt: Receipt, frame: tuple[bytes, bytes] | None, root: bytes | None) -> None:
    """Holds a receipt against the ledger: its frame (leaf, trackers), its vote, and the history that it vouches for."""
    at = 16 * receipt.position
    require(frame is not None and frame[0] == receipt.leaf and frame[1][at:at + 16] == receipt.tracker, receipt.path,
            f"the ledger has another frame {receipt.sequence}, or none", MISSING)
    require(root == receipt.checkpoint.root, receipt.path, f"the ledger's first {receipt.checkpoint.size} frames are not "
            "those that its witnesses saw", MISSING)
