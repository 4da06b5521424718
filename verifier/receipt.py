"""Receipts (.tlog-proof): a voter's proof that a vote is in the ledger that witnesses have seen."""
import re
from pathlib import Path
from typing import NamedTuple

from .basics import decode_base64, require
from .notes import ALTERED, DECIMAL, Checkpoint, Policy, read_checkpoint
from .tree import LEAF, leaf_hash, root_above

MISSING = "the voter's vote was taken out, or this ledger is not the one that the witnesses saw: keep both as evidence"
FORM = re.compile(rf"c2sp\.org/tlog-proof@v1\nextra (.*)\nindex ({DECIMAL})\n((?:.*\n){{0,63}})")

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
    form = FORM.fullmatch(head.decode("utf-8", errors="replace") + "\n")
    hashes = list(map(decode_base64, form[3].split("\n")[:-1])) if form else [b""]
    require(all(len(hash_) == 32 for hash_ in hashes), path, "it is no receipt: a proof with extra, index, hashes and "
            "a checkpoint", ALTERED)
    extra, index = decode_base64(form[1]), int(form[2])
    require(len(extra) >= 99 and len(extra) % 32 == 3, path, "its extra line is of no receipt", ALTERED)
    leaf, tracker, position = extra[:79], extra[79:95], int.from_bytes(extra[95:99], "big")
    version, partition, sequence, _, votes, trackers = LEAF.unpack(leaf)
    require(version == 1 and sequence == index + 1 and partition < len(policy.logs), path,
            f"it is of frame {sequence} of partition {partition}, and proves another", ALTERED)
    below = [extra[at:at + 32] for at in range(99, len(extra), 32)]
    require(position < votes and root_above(leaf_hash(tracker), position, votes, below) == trackers, path,
            "its vote is not in its frame", ALTERED)
    checkpoint = read_checkpoint(note, policy.logs[partition], policy, path)
    root = root_above(leaf_hash(leaf), index, checkpoint.size, hashes) if index < checkpoint.size else None
    require(root == checkpoint.root, path, "its frame is not in the log that its checkpoint is of", ALTERED)
    return Receipt(path, partition, sequence, leaf, tracker, position, checkpoint)
