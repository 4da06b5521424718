"""The log's tree (RFC 6962), one leaf a frame."""
import hashlib
import struct
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()
LEAF = struct.Struct(">BHQ32sI32s")


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two others."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(entries: Sequence[bytes]) -> bytes:
    """The root over some entries."""
    tree = Tree()
    for entry in entries:
        tree.add(leaf_hash(entry))
    return tree.root()


def frame_leaf(partition: int, sequence: int, link: bytes, trackers: bytes) -> bytes:
    """What the log says of a frame: 79 bytes."""
    each = [trackers[at:at + 16] for at in range(0, len(trackers), 16)]
    return LEAF.pack(1, partition, sequence, link, len(each), root_of(each))


class Tree:
    """A tree that grows: the roots of its full parts, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.parts: list[bytes] = []

    def add(self, hash_: bytes) -> None:
        """Puts the next leaf behind the others."""
        full = self.size
        while full & 1:
            hash_ = node_hash(self.parts.pop(), hash_)
            full >>= 1
        self.parts.append(hash_)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self.parts:
            return EMPTY
        *left, root = self.parts
        for part in reversed(left):
            root = node_hash(part, root)
        return root


def root_above(hash_: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from a leaf; None where the path is not of that length."""
    if size == 1:
        return hash_ if not path else None
    if not path or index >= size:
        return None
    left = 1 << (size - 1).bit_length() - 1
    *below, sibling = path
    if index < left:
        under = root_above(hash_, index, left, below)
        return under and node_hash(under, sibling)
    under = root_above(hash_, index - left, size - left, below)
    return under and node_hash(sibling, under)
