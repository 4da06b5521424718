"""The release files: what the count hand added up, held against the ledger with no key or with one."""
import hashlib
import json
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from .ballot_box import Votes
from .event import CELL, WITNESSES
from .ledger import Frame, Segment
from .package import Package
from .plan import COUNTRY, Release, Sum
from .refused import Refused, require
from .seals import keystream, open_content_key, open_ranking, unsealed

CHANGED = "the count hand's files were changed, or were made of another ledger: nothing in them counts"
SEALED = "it was sealed to another key, or by none of this election's programs"
FORGED = "the count hand exchanged or changed votes, or one of the keys is not the event's: keep the file as evidence"

Totals = dict[tuple[int, int], Counter[tuple[str, ...]]]  # by ballot and scope: by choice, or by ranking

def line_of(document: dict) -> bytes:
    """The one spelling of a line of a release file."""
    return json.dumps(document, separators=(",", ":")).encode()

class Hand:
    """One who reads the ledger with no key (`name` is empty), with the count key or with the mask key."""

    def __init__(self, package: Package, name: str, key: X25519PrivateKey | None) -> None:
        self.package, self.name, self.key = package, name, key
        self.content_keys: dict[tuple[Path, int], bytes] = {}

    def content_key(self, segment: Segment, index: int) -> bytes:
        """What the segment's header seals to this hand, for a ballot."""
        if (segment.path, index) not in self.content_keys:
            place = struct.pack("<HIIH", segment.partition, segment.number, segment.epoch, index)
            info = f"scrutin.v2 {self.name} key".encode() + self.package.manifest_sha256 + place
            sealed = segment.sealed_keys[index][self.name == "mask"]
            key = open_content_key(self.key, sealed, info + self.package.event.id.encode())
            if key is None:
                raise Refused(segment.path, f"the content key of ballot {index} does not open", SEALED)
            self.content_keys[segment.path, index] = key
        return self.content_keys[segment.path, index]

    def sums(self, frame: Frame, votes: Votes) -> dict[tuple[int, int], tuple[int, Sum]]:
        """How many voted by ballot and region, and what this hand knows of their votes."""
        if self.name == "count":
            read = {key: sum_ for index in frame.marks for key, sum_ in self.masked(frame, index, votes)}
        else:
            read = {key: self.masks(frame, *key) if self.name else Sum() for key in votes}
        return {key: (count, read[key]) for key, count in votes.items()}

    def masked(self, frame: Frame, index: int, votes: Votes) -> Iterator[tuple[tuple[int, int], Sum]]:
        """The count hand's part: masked counts, or sealed rankings."""
        ballot, segment, at = self.package.event.ballots[index], frame.segment, 0
        place = struct.pack("<HIQH", segment.partition, segment.number, frame.sequence, index)
        plain = unsealed(self.content_key(segment, index), struct.pack("<IQ", 0, frame.sequence),
                         frame.choices[index][1], b"scrutin.v2 choices" + place)
        if plain is None:
            raise Refused(frame.where(), f"the choices on {ballot.id} do not open", SEALED)
        for region in [region for each, region in votes if each == index]:
            if ballot.max_ranks:
                size, end = ballot.record_bytes(region), at + ballot.record_bytes(region) * votes[index, region]
                records = tuple(plain[start:start + size] for start in range(at, end, size))
                require(list(records) == sorted(records), frame.where(), "its rankings are not in order", SEALED)
                at = end + WITNESSES
                yield (index, region), Sum((), records, int.from_bytes(plain[end:at], "little"))
            else:
                start, at = at, at + CELL * len(ballot.paper(region))
                yield (index, region), Sum(struct.unpack(f"<{(at - start) // CELL}I", plain[start:at]))

    def masks(self, frame: Frame, index: int, region: int) -> Sum:
        """The mask hand's part: the masks of a region of a frame."""
        ballot, key = self.package.event.ballots[index], self.content_key(frame.segment, index)
        if ballot.max_ranks:
            return Sum((), (), int.from_bytes(keystream(key, region, frame.sequence, WITNESSES), "little"))
        cells = len(ballot.paper(region))
        return Sum(struct.unpack(f"<{cells}I", keystream(key, region, frame.sequence, CELL * cells)))

    def unmasked(self, release: Release, told: dict, where: str) -> Counter[tuple[str, ...]]:
        """The votes of a release, with the masks taken off."""
        ballot, scope, counts = release.ballot, release.scope, Counter[tuple[str, ...]]()
        paper = ballot.paper(scope)
        if not ballot.max_ranks:
            for choice, sum_, mask in zip(paper, told["sums"], release.part.sum.cells, strict=True):
                require(type(sum_) is int and 0 <= sum_ < 2**32, where, f"no masked sum: {sum_}", CHANGED)
                counts[choice,] = (sum_ - mask) % 2**32
            return +counts
        require(told["records"] == sorted(set(told["records"])), where, "its rankings are not ascending", FORGED)
        info = self.package.manifest_sha256 + struct.pack("<HH", ballot.index, scope)
        witnesses = int.from_bytes(bytes.fromhex(told["witnesses"]), "little") - release.part.sum.witnesses
        for record in told["records"]:
            ranks, witness = open_ranking(self.key, bytes.fromhex(record), info) or ([], 0)
            named = [rank for rank in ranks if rank]
            offered = named and named == ranks[:len(named)] and len(set(named)) == len(named) and max(named) <= len(paper)
            require(bool(offered), where, "a ranking does not open, or is none that the ballot paper offers", FORGED)
            counts[tuple(paper[rank - 1] for rank in named)] += 1
            witnesses -= witness
        require(witnesses % 2**128 == 0, where, "its rankings are not those of its frames", FORGED)
        return counts

def recomputed(release: Release) -> dict:
    """The votes of a release as the count hand must have written them."""
    sum_ = release.part.sum
    if not release.ballot.max_ranks:
        return {"sums": list(sum_.cells)}
    records = sorted(record.hex() for record in sum_.records)
    return {"records": records, "witnesses": sum_.witnesses.to_bytes(WITNESSES, "little").hex()}

def check_file(path: Path, hand: Hand, partition: int, releases: list[Release], totals: Totals) -> None:
    """Holds the file of a partition line by line against the plan; with the mask key adds its votes to the totals."""
    require(path.is_file(), path, "there is no such file", "name the whole directory of releases")
    *lines, rest = path.read_bytes().split(b"\n")
    event = hand.package.event
    header = {"format": "scrutin-releases/1", "event": event.id, "manifest_sha256": hand.package.manifest_sha256.hex(),
              "count_key": event.count_key.hex(), "mask_key": event.mask_key.hex(), "partition": partition}
    require(lines[:1] == [line_of(header)], f"{path} line 1", "releases of another event, package or partition", CHANGED)
    for number, release in enumerate(releases, 1):
        where, part = f"{path} line {number + 1}", release.part
        require(number < len(lines), where, "it is missing", "votes that are due were not released: copy the files again")
        scope = "country" if release.scope == COUNTRY else release.scope
        planned = {"previous": hashlib.sha256(lines[number - 1]).hexdigest(), "number": number,
                   "ballot": release.ballot.id, "scope": scope, "first_frame": release.first,
                   "last_frame": part.sequence, "link": part.link.hex(), "votes": part.votes}
        try:
            told = json.loads(lines[number])
            votes = {name: told[name] for name in recomputed(release)}
            fits = line_of(planned | votes) == lines[number]
            counts = hand.unmasked(release, votes, where) if fits and hand.name == "mask" else None
        except (ValueError, TypeError, KeyError, RecursionError):
            fits, votes, counts = False, {}, None
        require(fits, where, f"it is not the release that the marks of this ledger ask for: {planned}", CHANGED)
        if hand.name == "count":
            require(votes == recomputed(release), where, "its sums or rankings are not those of its frames", FORGED)
        if counts is not None:
            require(counts.total() == part.votes, where, f"{counts.total()} votes came of {part.votes} marks", FORGED)
            totals.setdefault((release.ballot.index, release.scope), Counter()).update(counts)
    require(len(lines) == len(releases) + 1 and rest == b"", f"{path} line {len(releases) + 2}",
            "it releases what this ledger does not have", CHANGED)

def check_regions(package: Package, totals: Totals, index: int) -> None:
    """Of a law that is closed, the sums of the regions must come to those of the whole country."""
    regions: Counter[tuple[str, ...]] = Counter()
    for (each, scope), counts in totals.items():
        if each == index and scope != COUNTRY:
            regions.update(counts)
    require(regions == totals.get((index, COUNTRY), Counter()), package.event.ballots[index].id,
            "the sums of its regions do not come to those of the whole country", FORGED)
