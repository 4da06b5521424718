"""Read an event's package, a ledger of format version 1 or 2 and the releases beside it, in plain Python
and without any of Scrutin's code. Hashes are not checked: audit_ledger.py does. attack_join.py and
count_two_keys.py import it; as a program it does nothing. Needs the cbor2 package, and seals.py beside this file."""
import hashlib, hmac, json, pathlib, struct, sys
from collections import namedtuple
try:
    import cbor2
except ImportError:
    sys.exit("needs the package cbor2: pip install cbor2, or apt-get install python3-cbor2")
import seals

Voter = namedtuple("Voter", "ballot shard ordinal")
Segment = namedtuple("Segment", "version partition number epoch event manifest ballots sealed_keys")
Frame = namedtuple("Frame", "segment sequence time_ms votes link")
Votes = namedtuple("Votes", "index voters sealed")
Release = namedtuple("Release", "partition ballot scope first last votes sums records witnesses")
Rankings = namedtuple("Rankings", "records witnesses")

# Of a ranked record: an ephemeral public key before the ranks, a tag behind them; two bytes a rank.
EPHEMERAL, TAG, RANK = 32, 16, 2
# Of the witnesses that a ranked region adds up; the sum is modulo 2**128.
WITNESS = 16

# Per version: bytes of a header before its ballots, bytes a ballot, which hands have a key there.
LAYOUTS = {1: (168, 112, ("box",)), 2: (200, 192, ("count", "mask"))}
KEY_LABELS = {"box": b"scrutin.v1 content key", "count": b"scrutin.v2 count key", "mask": b"scrutin.v2 mask key"}


class Package:
    """The roll and the ballot papers."""

    def __init__(self, directory):
        event = json.loads((directory / "election.json").read_text())
        manifest_bytes = (directory / "manifest.json").read_bytes()
        self.event, manifest = event, json.loads(manifest_bytes)
        self.manifest_sha256 = hashlib.sha256(manifest_bytes).hexdigest()
        self.laws = {law["id"]: law for law in event["law"]}
        self.elections = {election["code"]: election for election in event["election"]}
        self.regions, self.by_digest = {}, {}
        self.partitions = manifest.get("partitions", 1)  # packages of before had one
        self.shards = {ballot["id"]: len(ballot["shards"]) for ballot in manifest["ballots"]}
        for ballot in manifest["ballots"]:
            for shard in range(len(ballot["shards"])):
                self._read_shard(directory / "shards" / ballot["id"], ballot["id"], shard)

    def _read_shard(self, directory, ballot, shard):
        digests = (directory / f"{shard:04}.dig").read_bytes()[64:]
        column = directory / f"{shard:04}.reg"
        if column.exists():
            regions = column.read_bytes()
            width = struct.unpack_from("<I", regions, 20)[0]
            self.regions[ballot, shard] = struct.unpack_from(f"<{len(digests) // 16}{' BH'[width]}", regions, 64)
        for ordinal in range(len(digests) // 16):
            digest = digests[16 * ordinal:16 * ordinal + 16].hex()
            self.by_digest[ballot, digest] = Voter(ballot, shard, ordinal)

    def partition(self, ballot, shard):
        """The partition that records the votes of a shard."""
        return shard * self.partitions // self.shards[ballot]

    def region(self, voter):
        """The voter's region, 0 where the roll names none."""
        column = self.regions.get((voter.ballot, voter.shard))
        return column[voter.ordinal] if column else 0

    def by_region(self, voters):
        """The voters of each region, regions ascending."""
        regions = {}
        for voter in voters:
            regions.setdefault(self.region(voter), []).append(voter)
        return dict(sorted(regions.items()))

    def is_ranked(self, ballot):
        return ballot in self.elections and self.elections[ballot]["method"] == "ranked_choice"

    def paper(self, ballot, region):
        """What a voter of that region may choose, in the order of the cells; not of ranked ballots."""
        if ballot in self.laws:
            return ["oui", "non"] + ["blanc"] * self.laws[ballot]["allow_blank"]
        return [f"candidate:{number}" for number in self.standing(ballot, region)]

    def standing(self, ballot, region):
        """Numbers of the candidates whom voters of that region may choose, in the order of the paper."""
        candidates = self.elections[ballot]["candidate"]
        return [c["number"] for c in candidates if c["region"] == region and c["status"] == "active"]

    def record_bytes(self, ballot, region):
        """Length of a ranked record of that region."""
        ranks = min(self.elections[ballot]["max_ranks"], len(self.standing(ballot, region)))
        return EPHEMERAL + RANK * ranks + TAG

    def choices_bytes(self, ballot, by_region):
        """Length of the plaintext of a ballot's choices, as the marks of a frame ask for it."""
        if self.is_ranked(ballot):
            return sum(len(voters) * self.record_bytes(ballot, region) + WITNESS
                       for region, voters in by_region.items())
        return sum(4 * len(self.paper(ballot, region)) for region in by_region)


def read_header(header):
    """The segment that a header names, its keys still sealed."""
    if header[:7] != b"SCRLEDG" or (version := struct.unpack_from("<I", header, 8)[0]) not in LAYOUTS:
        sys.exit("not a segment of version 1 or 2")
    before, stride, hands = LAYOUTS[version]
    partition, count, number, _, epoch = struct.unpack_from("<HHIQI", header, 16)
    ballots, sealed_keys = [], {}
    for index in range(count):
        entry = header[before + stride * index:][:stride]
        ballots.append(entry[:32].rstrip(b"\0").decode())
        for place, hand in enumerate(hands):
            sealed_keys[index, hand] = entry[32 + 80 * place:112 + 80 * place]
    event, manifest = header[40:72].rstrip(b"\0"), header[72:104]
    return Segment(version, partition, number, epoch, event, manifest, ballots, sealed_keys)


def read_frame(segment, frame):
    """Who voted in a frame, with what is sealed beside it."""
    _, _, sequence, time_ms = struct.unpack_from("<IIQq", frame)
    body = cbor2.loads(frame[60:-32])
    votes = []
    for index, shards in body["marks"].items():
        ballot = segment.ballots[index]
        voters = [Voter(ballot, shard, ordinal) for shard, ordinals in shards.items() for ordinal in ordinals]
        votes.append(Votes(index, voters, body["choices"][index][1]))
    return Frame(segment, sequence, time_ms, votes, frame[-32:])


def read_ledger(directory):
    """All frames of all partitions in the order of their times."""
    frames = []
    for path in sorted(directory.glob("p*/*.segment")):
        data = path.read_bytes()
        at = struct.unpack_from("<I", data, 12)[0]
        segment = read_header(data[:at])
        while any(data[at:at + 4]):
            length = struct.unpack_from("<I", data, at)[0]
            frames.append(read_frame(segment, data[at:at + length]))
            at += length
    if not frames:
        sys.exit(f"{directory}: no frames here: name a ledger, such as data/ledger")
    return sorted(frames, key=lambda frame: (frame.time_ms, frame.segment.partition, frame.sequence))


def read_secret(path):
    """The 32 bytes of a key file: one line tag:<64 hex>:<8 hex>."""
    for field in path.read_text().strip().split(":"):
        if len(field) == 64:
            return bytes.fromhex(field)
    sys.exit(f"{path}: not a secret key file, expected tag:<64 hex>:<8 hex>")


def content_keys(segment, secret, *hands):
    """The content keys that the secret opens, of these hands; of all, whatever hand they were meant for."""
    opened = {}
    for (index, hand), sealed in segment.sealed_keys.items():
        if hands and hand not in hands:
            continue
        place = struct.pack("<HIIH", segment.partition, segment.number, segment.epoch, index)
        info = KEY_LABELS[hand] + segment.manifest + place + segment.event
        if key := seals.hpke_unseal(secret, info, sealed[:32], sealed[32:]):
            opened[index, hand] = key
    return opened


def open_choices(frame, votes, keys):
    """The plaintext of a ballot's choices, by whichever content key opens it; else None."""
    segment = frame.segment
    place = struct.pack("<HIQH", segment.partition, segment.number, frame.sequence, votes.index)
    associated = b"scrutin.v%d choices" % segment.version + place
    nonce = bytes(4) + struct.pack("<Q", frame.sequence)
    opened = (seals.unseal(key, nonce, associated, votes.sealed) for key in keys)
    return next((plain for plain in opened if plain is not None), None)


def masks(key, region, sequence, cells):
    """The masks of a frame's cells in a region."""
    stream = seals.keystream(key, struct.pack("<IQ", region, sequence), 4 * cells)
    return struct.unpack(f"<{cells}I", stream)


def split_rankings(plain, package, ballot, by_region):
    """A ranked plaintext as the sealed rankings of each region, their witnesses still masked."""
    at = 0
    for region, voters in by_region.items():
        size = package.record_bytes(ballot, region)
        records = [plain[at + size * n:at + size * (n + 1)] for n in range(len(voters))]
        at += size * len(voters)
        yield region, Rankings(records, int.from_bytes(plain[at:at + WITNESS], "little"))
        at += WITNESS


def witness_mask(key, region, sequence):
    """The mask of the sum of witnesses of a frame in a region."""
    return int.from_bytes(seals.keystream(key, struct.pack("<IQ", region, sequence), WITNESS), "little")


def ranking_secrets(shared, encapsulated, manifest, index, region):
    """The key of a ranked record, and its witness."""
    extracted = hmac.digest(b"scrutin.v2 ranking", shared, "sha256")
    info = encapsulated + manifest + struct.pack("<HH", index, region)
    key = hmac.digest(extracted, info + b"\1", "sha256")
    witness = hmac.digest(extracted, key + info + b"\2", "sha256")[:WITNESS]
    return key, int.from_bytes(witness, "little")


def ranking(secret, manifest, index, candidates, region, record):
    """The candidates whom a record ranks, and its witness, if it was sealed to the mask key `secret` on that
    ballot and in that region; else None."""
    shared = seals.x25519(secret, record[:EPHEMERAL])
    key, witness = ranking_secrets(shared, record[:EPHEMERAL], manifest, index, region)
    plain = seals.unseal(key, bytes(12), b"", record[EPHEMERAL:])
    if plain is None or len(plain) % RANK:
        return None
    ranks = struct.unpack(f"<{len(plain) // RANK}H", plain)
    named = [rank for rank in ranks if rank]
    fits = named and list(ranks[:len(named)]) == named and max(named) <= len(candidates)
    if not fits or len(set(named)) < len(named):
        return None
    return [candidates[rank - 1] for rank in named], witness


def read_releases(directory):
    """All releases of a directory; the first line of each file is its header."""
    for path in sorted(directory.glob("p*.releases")):
        for line in path.read_text().splitlines()[1:]:
            r = json.loads(line)
            ends = r["first_frame"], r["last_frame"], r["votes"]
            told = r.get("sums"), r.get("records"), r.get("witnesses")
            yield Release(int(path.stem[1:]), r["ballot"], r["scope"], *ends, *told)
