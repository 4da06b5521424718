"""A tiny election in files, made without any of Scrutin's code: package, ledger, log, witnesses, receipts."""
import base64
import hashlib
import json
import random
import struct
from pathlib import Path

import cbor2
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from verifier.basics import crc32c
from verifier.tree import frame_leaf, leaf_hash, node_hash

OPENS, CLOSES = 1_767_225_600_000, 1_767_312_000_000  # 2026-01-01 and 2026-01-02
VOTERS, LAW, RACE = 16, 0, 1
ORIGIN = "scrutin.example/T-2026"
WITNESSES = ("paper", "university", "party")


def draw(seed, length):
    return random.Random(repr(seed)).randbytes(length)


def private(name):
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def hand_key(hand):
    """The public key of a hand; its secret is `draw(hand, 32)`."""
    return X25519PrivateKey.from_private_bytes(draw(hand, 32)).public_key().public_bytes_raw()


def content_key(hand, ballot, segment):
    return draw((hand, ballot, segment), 32)


def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def verifier_key(name, kind, key):
    public = key.public_key().public_bytes_raw()
    return f"{name}+{key_id(name, kind, public).hex()}+{b64(bytes([kind]) + public)}"


def merkle(hashes):
    """The tree's root by its own definition (RFC 6962, section 2.1)."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(merkle(hashes[:left]), merkle(hashes[left:]))


def merkle_path(hashes, index):
    """The path of a leaf, from its sibling upwards."""
    if len(hashes) < 2:
        return []
    left = 1 << (len(hashes) - 1).bit_length() - 1
    if index < left:
        return merkle_path(hashes[:left], index) + [merkle(hashes[left:])]
    return merkle_path(hashes[left:], index - left) + [merkle(hashes[:left])]


def event(log):
    """One law with blanks, one ranked race of three in region 1 and of two in region 2."""
    window = {"opens": "2026-01-01T00:00:00Z", "closes": "2026-01-02T00:00:00Z", "results": "live", "release_min": 2}
    counting = {"system": "irv"}
    standing = [{"number": 1 + at, "region": 1 + at // 3, "status": "active", "party": None} for at in range(5)]
    document = {"schema": "scrutin-event/2", "id": "T-2026", "count_key": hand_key("count").hex(),
                "mask_key": hand_key("mask").hex()}
    if log:
        document["log"] = log
    return document | {"region": [{"number": 1}, {"number": 2}],
                       "law": [{"id": "LAW", **window, "allow_blank": True,
                                "threshold": {"votes": "more than 1/2", "regions": None}}],
                       "election": [{"number": 1, "code": "RACE", **window, "method": "ranked_choice", "seats": 1,
                                     "max_ranks": 2, "counting": counting, "candidate": standing}]}


def log_of(required=2, names=WITNESSES):
    witnesses = [{"name": name, "key": verifier_key(f"{name}.example/w", 4, private(name)),
                  "url": f"https://{name}.example/"} for name in names]
    return {"origin": ORIGIN, "key": private("log").public_key().public_bytes_raw().hex(), "required": required,
            "witness": witnesses}


def column(kind, width, values):
    return struct.pack("<8s4I2QI16sI", b"SCRUTINP", 1, kind, 0, width, VOTERS, len(values), 0, bytes(16), 0) + values


def region(ordinal):
    return 1 + ordinal % 2


def minisign(key, own_id, data):
    """The signature file of the stock tool."""
    signature = key.sign(hashlib.blake2b(data).digest())
    comment = "timestamp:1767225600\tfile:manifest.json\thashed"
    return ("untrusted comment: signature from minisign secret key\n" + b64(b"ED" + own_id + signature)
            + f"\ntrusted comment: {comment}\n" + b64(key.sign(signature + comment.encode())) + "\n").encode()


class Election:
    """Files of an election under a directory, with what tests need to make them again, otherwise."""

    def __init__(self, directory, log=None, officers=1):
        self.root, self.package, self.ledger = Path(directory), Path(directory) / "package", Path(directory) / "ledger"
        self.partition = self.ledger / "p0000"
        self.partition.mkdir(parents=True)
        self.event, self.sealed = event(log), {}
        self.pack()
        for number in range(1, officers + 1):
            self.sign(number)

    def pack(self):
        files = {"election.json": json.dumps(self.event, separators=(",", ":")).encode()}
        for ballot in "LAW", "RACE":
            digests = sorted(draw((ballot, ordinal), 16) for ordinal in range(VOTERS))
            shard = {"dig": column(3, 16, b"".join(digests)), "reg": column(4, 1, bytes(map(region, range(VOTERS)))),
                     "fst": b"an index", "fuse": b"a filter"}
            files |= {f"shards/{ballot}/0000.{kind}": data for kind, data in shard.items()}
        for path, data in files.items():
            (self.package / path).parent.mkdir(parents=True, exist_ok=True)
            (self.package / path).write_bytes(data)
        entries = [{"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                   for path, data in sorted(files.items())]
        ballots = [{"id": ballot, "credentials": VOTERS, "shard_bits": 0, "regions": True,
                    "shards": [{"credentials": VOTERS}]} for ballot in ("LAW", "RACE")]
        manifest = {"format": "scrutin-package-1", "event": "T-2026", "partitions": 1, "ballots": ballots,
                    "files": entries}
        self.manifest = json.dumps(manifest, indent=2).encode() + b"\n"
        (self.package / "manifest.json").write_bytes(self.manifest)

    def sign(self, number):
        key, own_id = private(f"officer {number}"), draw(("officer", number), 8)
        public = b64(b"Ed" + own_id + key.public_key().public_bytes_raw())
        (self.root / f"officer-{number}.pub").write_text(f"untrusted comment: minisign public key\n{public}\n")
        name = "manifest.json.minisig" if number == 1 else f"manifest.json.{own_id[::-1].hex().upper()}.minisig"
        (self.package / name).write_bytes(minisign(key, own_id, self.manifest))

    # --- the ledger ---------------------------------------------------------------------------

    def header(self, number, first, previous, epoch, changed=()):
        fields = {"magic": b"SCRLEDG2", "version": 2, "partition": 0, "event": b"T-2026", "zero": 0,
                  "manifest": hashlib.sha256(self.manifest).digest(), "ballots": [b"LAW", b"RACE"],
                  "count": bytes.fromhex(self.event["count_key"]), "mask": bytes.fromhex(self.event["mask_key"]),
                  "number": number, "first": first, "previous": previous, "epoch": epoch} | dict(changed)
        entries = b"".join(name.ljust(32, b"\0") + self.sealed_key("count", ballot, number, epoch)
                           + self.sealed_key("mask", ballot, number, epoch)
                           for ballot, name in enumerate(fields["ballots"]))
        data = struct.pack("<8sIIHHIQII32s32s32s32s32s", fields["magic"], fields["version"], 232 + len(entries),
                           fields["partition"], len(fields["ballots"]), fields["number"], fields["first"],
                           fields["epoch"], fields["zero"], fields["event"], fields["manifest"], fields["count"],
                           fields["mask"], fields["previous"]) + entries
        return data + hashlib.sha256(data).digest()

    def sealed_key(self, hand, ballot, number, epoch):
        """A content key, sealed to its hand: once, so that the same frames have the same links."""
        if (hand, ballot, number, epoch) in self.sealed:
            return self.sealed[hand, ballot, number, epoch]
        public = X25519PrivateKey.from_private_bytes(draw(hand, 32)).public_key()
        info = f"scrutin.v2 {hand} key".encode() + hashlib.sha256(self.manifest).digest()
        suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
        info += struct.pack("<HIIH", 0, number, epoch, ballot) + b"T-2026"
        sealed = suite.encrypt(content_key(hand, ballot, number), public, info)
        return self.sealed.setdefault((hand, ballot, number, epoch), sealed)

    @staticmethod
    def body(marks, seed, invalid=(), duplicates=()):
        """Marks by ballot of shard 0, with sealed bytes of the right lengths and trackers."""
        choices = {}
        for ballot, ordinals in marks.items():
            regions = set(map(region, ordinals))
            law, race = 12 * len(regions), 52 * len(ordinals) + 16 * len(regions)
            choices[ballot] = [len(ordinals), draw((seed, ballot), 16 + (law if ballot == LAW else race))]
        trackers = sorted(draw((seed, at), 16) for at in range(sum(map(len, marks.values()))))
        return {"marks": {ballot: {0: list(ordinals)} for ballot, ordinals in marks.items()}, "choices": choices,
                "attempts": {"invalid": [list(row) for row in invalid], "duplicates": [list(row) for row in duplicates]},
                "trackers": b"".join(trackers)}

    @staticmethod
    def frame(sequence, time_ms, previous, epoch, body, checksum=None):
        """A frame; `body` is a body, or its bytes."""
        body = body if isinstance(body, bytes) else cbor2.dumps(body)
        data = struct.pack("<IIQq32s", 92 + len(body), epoch, sequence, time_ms, previous)
        data += struct.pack("<I", crc32c(data) if checksum is None else checksum) + body
        return data + hashlib.sha256(data).digest()

    def write(self, segments, reserved=100):
        """Writes segments: lists of (time, body). Notes links and trackers of all frames."""
        for path in self.partition.glob("*.segment"):
            path.unlink()
        self.frames, previous, sequence = [], bytes(32), 0
        for number, frames in enumerate(segments, 1):
            data = self.header(number, sequence + 1, previous, number)
            previous, written = data[-32:], [data]
            for time_ms, body in frames:
                sequence += 1
                frame = self.frame(sequence, time_ms, previous, number, body)
                previous = frame[-32:]
                written.append(frame)
                trackers = b"" if isinstance(body, bytes) else body["trackers"]
                self.frames.append((previous, trackers))
            (self.partition / f"{number:08}.segment").write_bytes(b"".join(written) + bytes(reserved))
        self.acknowledge(sequence, previous)

    def acknowledge(self, sequence, link):
        data = struct.pack("<8sH6sQ32s4s", b"SCRACKD1", 0, bytes(6), sequence, link, bytes(4))
        (self.partition / "acknowledged").write_bytes(data + struct.pack("<I", crc32c(data)))

    # --- the log ------------------------------------------------------------------------------

    def leaves(self):
        return [frame_leaf(0, sequence, link, trackers) for sequence, (link, trackers) in enumerate(self.frames, 1)]

    def checkpoint(self, size=None, by="log", witnesses=WITNESSES[:2], time=OPENS // 1000 + 60):
        """A cosigned checkpoint over the first frames."""
        leaves = self.leaves()
        size = len(leaves) if size is None else size
        name = f"{ORIGIN}/0"
        text = f"{name}\n{size}\n{b64(merkle([leaf_hash(leaf) for leaf in leaves[:size]]))}\n"
        key = private(by)
        public = private("log").public_key().public_bytes_raw()
        lines = [f"\u2014 {name} {b64(key_id(name, 1, public) + key.sign(text.encode()))}\n"]
        for witness in witnesses:
            key = private(witness)
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
            own_id = key_id(f"{witness}.example/w", 4, key.public_key().public_bytes_raw())
            lines.append(f"\u2014 {witness}.example/w {b64(own_id + struct.pack('>Q', time) + key.sign(message))}\n")
        return (text + "\n" + "".join(lines)).encode()

    def publish(self, *args, **named):
        (self.partition / "checkpoint").write_bytes(self.checkpoint(*args, **named))

    def receipt(self, sequence, position, name="vote.tlog-proof", **named):
        """A voter's receipt, in a file."""
        leaves, trackers = self.leaves(), self.frames[sequence - 1][1]
        each = [trackers[at:at + 16] for at in range(0, len(trackers), 16)]
        tracker = named.pop("tracker", each[position])
        path = merkle_path([leaf_hash(one) for one in each], position)
        extra = leaves[sequence - 1] + tracker + struct.pack(">I", position) + b"".join(path)
        size = named.get("size") or len(leaves)
        hashes = merkle_path([leaf_hash(leaf) for leaf in leaves[:size]], sequence - 1)
        lines = ["c2sp.org/tlog-proof@v1", f"extra {b64(extra)}", f"index {sequence - 1}", *map(b64, hashes)]
        file = self.root / name
        file.write_bytes("\n".join(lines).encode() + b"\n\n" + self.checkpoint(**named))
        return file


def sound_frames():
    """Two segments: votes of eight voters, attempts, and the closing frame."""
    body = Election.body
    return [[(OPENS, body({LAW: [0]}, "a")), (OPENS + 5, body({LAW: [1, 2], RACE: [1, 3]}, "b")),
             (OPENS + 5, body({}, "c", invalid=[(1, None, 2), (1, 0, 1)], duplicates=[(0, 0, 2, 3)]))],
            [(OPENS + 9, body({RACE: [0, 2, 5]}, "d")), (CLOSES, body({}, "e"))]]


def sound(directory, log=True, officers=1, **named):
    """An election in which everything is in order."""
    election = Election(directory, log_of(**named) if log else None, officers)
    election.write(sound_frames())
    if log:
        election.publish()
    return election


# --- votes on the law, really sealed, and their releases ----------------------------------------------


def masks(sequence, own_region):
    stream = Cipher(algorithms.ChaCha20(content_key("mask", LAW, 1), struct.pack("<IIQ", 0, own_region, sequence)), None)
    return struct.unpack("<3I", stream.encryptor().update(bytes(12)))


def sealed_vote(sequence, ordinal, choice):
    """The body of a frame with one vote, and its masked cells."""
    counts = [int(choice == place) for place in range(3)]
    cells = [(count + mask) % 2**32 for count, mask in zip(counts, masks(sequence, region(ordinal)))]
    place = struct.pack("<HIQH", 0, 1, sequence, LAW)
    sealed = ChaCha20Poly1305(content_key("count", LAW, 1)).encrypt(
        struct.pack("<IQ", 0, sequence), struct.pack("<3I", *cells), b"scrutin.v2 choices" + place)
    return Election.body({LAW: [ordinal]}, sequence) | {"choices": {LAW: [1, sealed]}}, cells


# Seven votes: credential and choice (0 oui, 1 non, 2 blanc). At least two are released together, and two stay behind.
SEALED_VOTES = [(0, 0), (3, 1), (4, 0), (1, 2), (2, 0), (5, 1), (7, 0)]
# So these are the releases: scope, first frame, last frame, and the frames whose votes they cover.
PLANNED = [("country", 1, 2, (1, 2)), ("country", 3, 4, (3, 4)), ("country", 5, 7, (5, 6, 7)), (1, 1, 5, (1, 3, 5)),
           (2, 1, 7, (2, 4, 6, 7))]


def with_releases(directory):
    """A closed election of seven votes on the law, with keys and releases; and the members of its release lines."""
    election = Election(directory, log_of())
    votes = [sealed_vote(sequence, *vote) for sequence, vote in enumerate(SEALED_VOTES, 1)]
    frames = [(OPENS + sequence, vote[0]) for sequence, vote in enumerate(votes)]
    election.write([[*frames, (CLOSES, Election.body({}, "close"))]])
    election.publish()
    for hand in "count", "mask":
        secret = draw(hand, 32)
        check = hashlib.sha256(b"scrutin.v2 hand key checksum" + hand.encode() + secret).hexdigest()[:8]
        (election.root / f"{hand}.key").write_text(f"scrutin-{hand}-key-2:{secret.hex()}:{check}\n")
    header = {"format": "scrutin-releases/1", "event": "T-2026",
              "manifest_sha256": hashlib.sha256(election.manifest).hexdigest(), "count_key": election.event["count_key"],
              "mask_key": election.event["mask_key"], "partition": 0}
    lines = [header]
    for scope, first, last, covered in PLANNED:
        sums = [sum(votes[sequence - 1][1][place] for sequence in covered) % 2**32 for place in range(3)]
        lines.append({"ballot": "LAW", "scope": scope, "first_frame": first, "last_frame": last,
                      "link": election.frames[last - 1][0].hex(), "votes": len(covered), "sums": sums})
    write_releases(election, lines)
    return election, lines


def write_releases(election, lines):
    """Writes lines with their chain made anew."""
    (election.root / "releases").mkdir(exist_ok=True)
    written = [json.dumps(lines[0], separators=(",", ":")).encode()]
    for number, line in enumerate(lines[1:], 1):
        line = {"previous": hashlib.sha256(written[-1]).hexdigest(), "number": number} | line
        written.append(json.dumps(line, separators=(",", ":")).encode())
    (election.root / "releases" / "p0000.releases").write_bytes(b"".join(line + b"\n" for line in written))
