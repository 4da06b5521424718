"""Receipts (.tlog-proof): a voter's proof that a vote is in the ledger that witnesses have seen."""
import re
from collections import namedtuple
from pathlib import Path

from .basics import decode_base64, require
from .notes import ALTERED, DECIMAL, Policy, read_checkpoint
from .tree import LEAF, leaf_hash, root_above

FORM = re.compile(rf"c2sp\.org/tlog-proof@v1\nextra (.*)\nindex ({DECIMAL})\n((?:.*\n){{0,63}})")
Receipt = namedtuple("Receipt", "path partition sequence leaf tracker position checkpoint")

def read_receipt(path: Path, policy: Policy) -> Receipt:
    """Checks a receipt by itself: vote in frame, frame in log, log seen by witnesses."""
    head, _, note = path.read_bytes().partition(b"\n\n")
    form = FORM.fullmatch(head.decode("utf-8", errors="replace") + "\n")
    hashes = list(map(decode_base64, form[3].split("\n")[:-1])) if form else []
    require(form and all(len(hash_) == 32 for hash_ in hashes), path, "it is no receipt", ALTERED)
    extra, index = decode_base64(form[1]), int(form[2])
    require(len(extra) >= 99 and len(extra) % 32 == 3, path, "its extra line is of no receipt", ALTERED)
    leaf, tracker, position = extra[:79], extra[79:95], int.from_bytes(extra[95:99], "big")
    version, partition, sequence, _, votes, trackers = LEAF.unpack(leaf)
    require(version == 1 and sequence == index + 1 and partition < len(policy.logs), path,
            f"it is of frame {sequence} of partition {partition}, and proves another", ALTERED)
    below = [extra[at:at + 32] for at in range(99, len(extra), 32)]
    fits = position < votes and root_above(leaf_hash(tracker), position, votes, below) == trackers
    require(fits, path, "its vote is not in its frame", ALTERED)
    checkpoint = read_checkpoint(note, policy.logs[partition], policy, path)
    fits = index < checkpoint.size and root_above(leaf_hash(leaf), index, checkpoint.size, hashes) == checkpoint.root
    require(fits, path, "its frame is not in the log that its checkpoint is of", ALTERED)
    return Receipt(path, partition, sequence, leaf, tracker, position, checkpoint)
