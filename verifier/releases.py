"""The release files: what the count hand added up, held against the ledger with no key or with one."""
import hashlib
import json
import re
import struct
from collections import Counter, defaultdict
from functools import cache
from io import BytesIO
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .ballot_box import BallotBox
from .basics import Refused, require
from .ledger import Frame, Segment
from .package import Package
from .plan import COUNTRY, Part, Release

CHANGED = "the count hand's files were changed, or were made of another ledger: nothing in them counts"
SEALED = "it was sealed to another key, or by none of this election's programs"
FORGED = "the count hand exchanged or changed votes, or one of the keys is not the event's: keep the file as evidence"
SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

def opened(where: object, what: str, open_: object, *arguments: object) -> bytes:
    """What the library opens; refuses with these words what it does not."""
    try:
        return open_(*arguments)
    except (InvalidTag, ValueError):
        raise Refused(where, what, SEALED) from None

def read_key(path: Path, hand: str, public: bytes) -> X25519PrivateKey:
    form = rf"scrutin-{hand}-key-2:([0-9a-f]{{64}}):([0-9a-f]{{8}})\n?"
    found = re.fullmatch(form, path.read_text(errors="replace"))
    secret = bytes.fromhex(found[1]) if found else b""
    check = hashlib.sha256(b"scrutin.v2 hand key checksum" + hand.encode() + secret).hexdigest()[:8]
    require(found and found[2] == check, path, f"it is no {hand} key, or was changed", "name the right file")
    key = X25519PrivateKey.from_private_bytes(secret)
    require(key.public_key().public_bytes_raw() == public, path, f"not the {hand} key of this event", "name another")
    return key

class Hand:
    """One who reads the ledger with no key (`name` is empty), with the count key or with the mask key."""
    def __init__(self, package: Package, count_key: Path | None, mask_key: Path | None) -> None:
        self.package, self.name = package, "count" if count_key else "mask" if mask_key else ""
        self.key = read_key(count_key or mask_key, self.name, package.keys[self.name]) if self.name else None
        self.totals = defaultdict(Counter)  # of the mask hand, by ballot and scope: votes by choice, or by ranking

    @cache
    def content_key(self, segment: Segment, index: int) -> bytes:
        """What the segment's header seals to this hand, for a ballot."""
        place = struct.pack("<HIIH", segment.partition, segment.number, segment.epoch, index)
        info = f"scrutin.v2 {self.name} key".encode() + self.package.manifest_sha256 + place
        return opened(segment.path, f"the content key of ballot {index} does not open", SUITE.decrypt,
                      segment.sealed_keys[index][self.name == "mask"], self.key, info + self.package.event.encode())

    def sealed(self, frame: Frame, index: int) -> BytesIO:
        """What the count hand reads: masked counts, or sealed rankings and the masked sums of their witnesses."""
        place = struct.pack("<HIQH", frame.segment.partition, frame.segment.number, frame.sequence, index)
        cipher, nonce = ChaCha20Poly1305(self.content_key(frame.segment, index)), struct.pack("<IQ", 0, frame.sequence)
        return BytesIO(opened(frame.where, f"the choices on {self.package.ballots[index].id} do not open",
                              cipher.decrypt, nonce, frame.choices[index][1], b"scrutin.v2 choices" + place))

    def masks(self, frame: Frame, index: int, region: int, length: int) -> BytesIO:
        """What the mask hand reads: the beginning of the keystream that masks a region of a frame."""
        nonce = struct.pack("<IIQ", 0, region, frame.sequence)  # a block counter, and the nonce of RFC 8439
        cipher = Cipher(algorithms.ChaCha20(self.content_key(frame.segment, index), nonce), None)
        return BytesIO(cipher.encryptor().update(bytes(length)))

    def parts(self, frame: Frame, votes: dict[tuple[int, int], int]) -> dict[tuple[int, int], Part]:
        """How many voted by ballot and region, and what this hand knows of their votes."""
        sealed = {index: self.sealed(frame, index) for index in frame.marks} if self.name == "count" else {}
        parts, none = {}, BytesIO()
        for (index, region), count in votes.items():
            ranking, sums, width = self.package.ballots[index].layout(region)
            read = self.masks(frame, index, region, sums * width) if self.name == "mask" else sealed.get(index, none)
            records = tuple(read.read(ranking) for _ in range(count)) if sealed and ranking else ()
            require(list(records) == sorted(records), frame.where, "its rankings are not in order", SEALED)
            numbers = tuple(int.from_bytes(read.read(width), "little") for _ in range(sums))
            parts[index, region] = Part(frame.sequence, frame.link, count, numbers, records)
        return parts

    def counted(self, release: Release, told: dict, where: str) -> Counter[tuple[str, ...]]:
        ballot, masks, counts = release.ballot, release.part.sums, Counter[tuple[str, ...]]()
        paper = ballot.paper(release.scope)
        if not ballot.max_ranks:
            for choice, sum_, mask in zip(paper, told["sums"], masks, strict=True):
                require(type(sum_) is int and 0 <= sum_ < 2**32, where, f"no masked sum: {sum_}", CHANGED)
                counts[choice,] = (sum_ - mask) % 2**32
            return +counts
        require(told["records"] == sorted(set(told["records"])), where, "its rankings are not ascending", FORGED)
        witnesses = int.from_bytes(bytes.fromhex(told["witnesses"]), "little") - masks[0]
        for record in map(bytes.fromhex, told["records"]):
            info = record[:32] + self.package.manifest_sha256 + struct.pack("<HH", ballot.index, release.scope)
            own = X25519PublicKey.from_public_bytes(record[:32])
            shared = opened(where, "a ranking does not open", self.key.exchange, own)
            derived = HKDF(SHA256(), 48, b"scrutin.v2 ranking", info).derive(shared)
            cipher = ChaCha20Poly1305(derived[:32])
            plain = opened(where, "a ranking does not open", cipher.decrypt, bytes(12), record[32:], b"")
            ranks = [rank for rank, in struct.iter_unpack("<H", plain)]
            named = [rank for rank in ranks if rank]
            once = named == ranks[:len(named)] and len(set(named)) == len(named)
            require(named and once and max(named) <= len(paper), where, "a ranking is none of its paper", FORGED)
            counts[tuple(paper[rank - 1] for rank in named)] += 1
            witnesses -= int.from_bytes(derived[32:], "little")
        require(witnesses % 2**128 == 0, where, "its rankings are not those of its frames", FORGED)
        return counts

def line_of(document: dict) -> bytes:
    """The one spelling of a line of a release file."""
    return json.dumps(document, separators=(",", ":")).encode()

def recomputed(release: Release) -> dict:
    """The votes of a release as the count hand must have written them."""
    sums, records = release.part.sums, sorted(record.hex() for record in release.part.records)
    if not release.ballot.max_ranks:
        return {"sums": [sum_ % 2**32 for sum_ in sums]}
    return {"records": records, "witnesses": (sums[0] % 2**128).to_bytes(16, "little").hex()}

def check_file(path: Path, hand: Hand, partition: int, releases: list[Release]) -> None:
    """Holds the file of a partition line by line against the plan; with the mask key adds its votes to the totals."""
    require(path.is_file(), path, "there is no such file", "name the whole directory of releases")
    *lines, rest = path.read_bytes().split(b"\n")
    package = hand.package
    header = {"format": "scrutin-releases/1", "event": package.event, "manifest_sha256": package.manifest_sha256.hex(),
              **{f"{name}_key": key.hex() for name, key in package.keys.items()}, "partition": partition}
    require(lines[:1] == [line_of(header)], f"{path} line 1", "releases of another event or package", CHANGED)
    for number, release in enumerate(releases, 1):
        where, (ballot, scope, first, part) = f"{path} line {number + 1}", release
        require(number < len(lines), where, "it is missing", "votes that are due were not released: copy again")
        planned = {"previous": hashlib.sha256(lines[number - 1]).hexdigest(), "number": number, "ballot": ballot.id,
                   "scope": "country" if scope == COUNTRY else scope, "first_frame": first,
                   "last_frame": part.sequence, "link": part.link.hex(), "votes": part.votes}
        due, counts = recomputed(release), Counter()
        try:
            told = json.loads(lines[number])
            told = {name: told[name] for name in due}
            fits = line_of(planned | told) == lines[number]
            counts = hand.counted(release, told, where) if fits and hand.name == "mask" else counts
        except (ValueError, TypeError, KeyError, RecursionError, struct.error):
            fits = False
        require(fits, where, f"it is not the release that the marks of this ledger ask for: {planned}", CHANGED)
        require(hand.name != "count" or told == due, where, "its sums or rankings are not those of its frames", FORGED)
        fits = hand.name != "mask" or counts.total() == part.votes
        require(fits, where, f"{counts.total()} votes came of {part.votes} marks", FORGED)
        hand.totals[ballot.index, scope].update(counts)
    fits = len(lines) == len(releases) + 1 and not rest
    require(fits, f"{path} line {len(releases) + 2}", "it releases what this ledger does not have", CHANGED)

def check_releases(directory: Path, hand: Hand, planned: list[list[Release]], box: BallotBox) -> None:
    """The files of all partitions; of a law that is closed, the regions must come to the whole country."""
    for partition, releases in enumerate(planned):
        check_file(directory / f"p{partition:04}.releases", hand, partition, releases)
    did = {"count": "their masked sums were computed anew", "mask": "their masks were taken off, and the votes counted",
           "": "their sums were NOT checked: that takes a key"}[hand.name]
    print(f"Releases: {sum(map(len, planned))}, as the marks of the ledger ask for; {did}.")
    for ballot in hand.package.ballots:
        regions = [counts for (index, scope), counts in hand.totals.items() if index == ballot.index and scope >= 0]
        fits = sum(regions, Counter()) == hand.totals[ballot.index, COUNTRY] or not ballot.is_law
        require(fits or not box.is_closed(ballot.index), ballot.id,
                "the sums of its regions do not come to those of the whole country", FORGED)
