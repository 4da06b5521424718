"""The log's tree (RFC 6962), one leaf a frame."""
import hashlib
import struct
from functools import reduce

LEAF = struct.Struct(">BHQ32sI32s")  # version, partition, sequence, link, votes, root over trackers

def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()

def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()

class Tree:
    """A tree that grows: the roots of its full parts, the largest first."""
    def __init__(self) -> None:
        self.size, self.parts = 0, list[bytes]()

    def add(self, entry: bytes) -> None:
        root, full = leaf_hash(entry), self.size
        while full & 1:
            root, full = node_hash(self.parts.pop(), root), full >> 1
        self.parts.append(root)
        self.size += 1

    def root(self) -> bytes:
        if not self.parts:
            return hashlib.sha256(b"").digest()
        return reduce(lambda right, left: node_hash(left, right), reversed(self.parts))

def frame_leaf(partition: int, sequence: int, link: bytes, trackers: bytes) -> bytes:
    """What the log says of a frame: 79 bytes."""
    if len(trackers) == 16:  # nearly all frames: spares them a tree
        return LEAF.pack(1, partition, sequence, link, 1, leaf_hash(trackers))
    tree = Tree()
    for at in range(0, len(trackers), 16):
        tree.add(trackers[at:at + 16])
    return LEAF.pack(1, partition, sequence, link, tree.size, tree.root())

def root_above(hash_: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a path leads to from a leaf's hash; None where the path is not of that length."""
    if size == 1 or not path or index >= size:
        return hash_ if size == 1 and not path else None
    *below, sibling = path
    left = 1 << (size - 1).bit_length() - 1  # leaves below the left hand of the root
    under = root_above(hash_, index % left, left if index < left else size - left, below)
    return under and (node_hash(under, sibling) if index < left else node_hash(sibling, under))
