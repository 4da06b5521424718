"""The release files: what the count hand added up, held against the ledger with no key or with one."""
import hashlib
import json
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .event import CELL, WITNESSES
from .ledger import Chain, Frame, Segment
from .package import Package
from .plan import COUNTRY, Plan, Release, Sum
from .refused import Refused, require
from .seals import HandKey, keystream, unsealed

CHANGED = "the count hand's files were changed, or were made of another ledger: nothing in them counts"
SEALED = "it was sealed to another key, or by none of this election's programs"
FORGED = "the count hand exchanged or changed votes; or one of the keys is not the event's. Keep the file as evidence"

Votes = dict[tuple[int, int], int]  # by ballot and region
Totals = dict[tuple[int, int], Counter[tuple[str, ...]]]  # by ballot and scope: by choice, or by ranking


def read_key(path: Path, hand: str, public: bytes) -> HandKey:
    """The hand's secret key; refuses any other than that of the event."""
    tag, secret, check = (path.read_text().strip().split(":") + ["", ""])[:3]
    told = hashlib.sha256(b"scrutin.v2 hand key checksum" + hand.encode() + bytes.fromhex(secret)).hexdigest()[:8]
    require(tag == f"scrutin-{hand}-key-2" and check == told, path, f"it is no {hand} key", "name the right file")
    key = HandKey(bytes.fromhex(secret))
    require(key.public == public, path, f"it is not the {hand} key of this event", "name the right file")
    return key


def line_of(document: dict) -> bytes:
    """The one spelling of a line of a release file."""
    return json.dumps(document, separators=(",", ":")).encode()


class Hand:
    """One who reads the ledger with no key, the count key, or the mask key."""

    def __init__(self, package: Package, name: str | None, key: HandKey | None) -> None:
        self.package, self.name, self.key = package, name, key
        self.content_keys: tuple[Path | None, list[bytes]] = None, []

    def content_key(self, segment: Segment, index: int) -> bytes:
        """What the segment's header seals to this hand, for a ballot."""
        if self.content_keys[0] != segment.path:
            self.content_keys = segment.path, [self.opened(segment, each) for each in range(len(segment.sealed_keys))]
        return self.content_keys[1][index]

    def opened(self, segment: Segment, index: int) -> bytes:
        """Opens the content key of a ballot."""
        assert self.key
        place = struct.pack("<HIIH", segment.partition, segment.number, segment.epoch, index)
        info = f"scrutin.v2 {self.name} key".encode() + self.package.manifest_sha256 + place
        sealed = segment.sealed_keys[index][0 if self.name == "count" else 1]
        key = self.key.content_key(sealed, info + self.package.event.id.encode())
        return key or self.refuse(segment.path, f"the content key of ballot {index} does not open")

    def sums(self, frame: Frame, votes: Votes) -> dict[tuple[int, int], tuple[int, Sum]]:
        """How many voted by ballot and region, and what this hand knows of their votes."""
        if self.name == "count":
            read = {key: sum_ for index in frame.marks for key, sum_ in self.masked(frame, index, votes)}
        elif self.name == "mask":
            read = {key: self.masks(frame, *key) for key in votes}
        else:
            read = dict.fromkeys(votes, Sum())
        return {key: (count, read[key]) for key, count in votes.items()}

    def masked(self, frame: Frame, index: int, votes: Votes) -> Iterator[tuple[tuple[int, int], Sum]]:
        """The count hand's part: masked counts, or sealed rankings."""
        ballot, segment = self.package.event.ballots[index], frame.segment
        place = struct.pack("<HIQH", segment.partition, segment.number, frame.sequence, index)
        nonce, sealed = struct.pack("<IQ", 0, frame.sequence), frame.choices[index][1]
        plain = unsealed(self.content_key(segment, index), nonce, sealed, b"scrutin.v2 choices" + place)
        if plain is None:
            self.refuse(frame.where(), f"the choices on {ballot.id} do not open")
        at = 0
        for region in sorted(region for each, region in votes if each == index):
            if ballot.max_ranks:
                size, count = ballot.record_bytes(region), votes[index, region]
                records = tuple(plain[at + size * n:at + size * (n + 1)] for n in range(count))
                require(list(records) == sorted(records), frame.where(), "its rankings are not in order", SEALED)
                at += size * count + WITNESSES
                yield (index, region), Sum((), records, int.from_bytes(plain[at - WITNESSES:at], "little"))
            else:
                cells = len(ballot.paper(region) or ())
                yield (index, region), Sum(struct.unpack_from(f"<{cells}I", plain, at))
                at += CELL * cells

    def masks(self, frame: Frame, index: int, region: int) -> Sum:
        """The mask hand's part: the masks of a region of a frame."""
        ballot, key = self.package.event.ballots[index], self.content_key(frame.segment, index)
        if ballot.max_ranks:
            return Sum((), (), int.from_bytes(keystream(key, region, frame.sequence, WITNESSES), "little"))
        cells = len(ballot.paper(region) or ())
        return Sum(struct.unpack(f"<{cells}I", keystream(key, region, frame.sequence, CELL * cells)))

    @staticmethod
    def refuse(where: object, what: str) -> bytes:
        """Something does not open."""
        raise Refused(where, what, SEALED)


def planned_line(release: Release, number: int, previous: bytes) -> dict:
    """What the plan says of a release, without its votes."""
    scope = "country" if release.scope == COUNTRY else release.scope
    return {"previous": hashlib.sha256(previous).hexdigest(), "number": number, "ballot": release.ballot.id,
            "scope": scope, "first_frame": release.first, "last_frame": release.last, "link": release.link.hex(),
            "votes": release.votes}


def told_votes(line: bytes, release: Release, where: str) -> dict:
    """The members of a line that hold its votes."""
    try:
        told = json.loads(line)
        members = ("records", "witnesses") if release.ballot.max_ranks else ("sums",)
        votes = {member: told[member] for member in members}
        size = release.ballot.record_bytes(release.scope) if release.ballot.max_ranks else 0
        fits = (all(len(bytes.fromhex(record)) == size for record in votes["records"])
                and len(votes["records"]) == release.votes and len(bytes.fromhex(votes["witnesses"])) == WITNESSES
                if size else all(type(sum_) is int and 0 <= sum_ < 2**32 for sum_ in votes["sums"])
                and len(votes["sums"]) == len(release.ballot.paper(max(release.scope, 0)) or ()))
    except (ValueError, TypeError, KeyError, RecursionError):
        fits, votes = False, {}
    require(fits, where, "it is not the line of a release on this ballot", CHANGED)
    return votes


def recomputed(release: Release) -> dict:
    """The votes of a release as the count hand must have written them."""
    if not release.ballot.max_ranks:
        return {"sums": list(release.sum.cells)}
    records = sorted(record.hex() for record in release.sum.records)
    return {"records": records, "witnesses": release.sum.witnesses.to_bytes(WITNESSES, "little").hex()}


def unmasked(hand: Hand, release: Release, told: dict, where: str) -> Counter[tuple[str, ...]]:
    """The votes of a release, with the masks taken off."""
    ballot, scope = release.ballot, release.scope
    paper = ballot.paper(max(scope, 0)) or []
    counts: Counter[tuple[str, ...]] = Counter()
    if ballot.max_ranks and hand.key:
        require(told["records"] == sorted(set(told["records"])), where, "records not ascending, each once", FORGED)
        witnesses = int.from_bytes(bytes.fromhex(told["witnesses"]), "little") - release.sum.witnesses
        for record in told["records"]:
            opened = hand.key.ranking(bytes.fromhex(record), hand.package.manifest_sha256, ballot.index, scope,
                                      len(paper))
            if opened is None:
                raise Refused(where, "a ranking does not open, or is none that the ballot paper offers", FORGED)
            witnesses -= opened.witness
            counts[tuple(paper[rank - 1] for rank in opened.ranks)] += 1
        require(witnesses % 2**128 == 0, where, "its rankings are not those of its frames", FORGED)
    else:
        for choice, sum_, mask in zip(paper, told["sums"], release.sum.cells, strict=True):
            counts[choice,] = (sum_ - mask) % 2**32
    require(counts.total() == release.votes, where,
            f"{counts.total()} votes came of {release.votes} marks", FORGED)
    return +counts


class ReleaseFile:
    """The releases of one partition, held line by line against the plan."""

    def __init__(self, path: Path, hand: Hand, partition: int) -> None:
        require(path.is_file(), path, "there is no such file", "name the whole directory of releases")
        *self.lines, rest = path.read_bytes().split(b"\n")
        require(rest == b"" and bool(self.lines), path, "it ends within a line", "copy the directory again")
        event, package = hand.package.event, hand.package
        header = {"format": "scrutin-releases/1", "event": event.id,
                  "manifest_sha256": package.manifest_sha256.hex(), "count_key": event.count_key.hex(),
                  "mask_key": event.mask_key.hex(), "partition": partition}
        require(self.lines[0] == line_of(header), f"{path} line 1",
                "releases of another event, package, key or partition", CHANGED)
        self.path, self.hand, self.number = path, hand, 0

    def take(self, release: Release, totals: Totals) -> None:
        """Checks the next line, and with the mask key adds its votes to the totals."""
        self.number += 1
        where = f"{self.path} line {self.number + 1}"
        require(self.number < len(self.lines), where, "it is missing", "votes that are due were not released")
        line = self.lines[self.number]
        told = told_votes(line, release, where)
        planned = planned_line(release, self.number, self.lines[self.number - 1])
        require(line == line_of(planned | told), where,
                f"it is not the release that the marks of this ledger ask for: {planned}", CHANGED)
        if self.hand.name == "count":
            require(told == recomputed(release), where, "its sums or rankings are not those of its frames", FORGED)
        if self.hand.name == "mask":
            counts = unmasked(self.hand, release, told, where)
            totals.setdefault((release.ballot.index, release.scope), Counter()).update(counts)

    def end(self) -> None:
        """Refuses lines that nothing in the ledger asks for."""
        require(self.number + 1 == len(self.lines), f"{self.path} line {self.number + 2}",
                "it releases what this ledger does not have", CHANGED)


def votes_of(frame: Frame, package: Package) -> Votes:
    """How many voted in a frame by ballot and region."""
    votes: Votes = {}
    for index, shards in frame.marks.items():
        for shard, ordinals in shards.items():
            for ordinal in ordinals:
                key = index, package.rolls[index][shard].region(ordinal)
                votes[key] = votes.get(key, 0) + 1
    return votes


def check_releases(package: Package, directories: list[Path], releases: Path, hand: Hand) -> tuple[int, Totals]:
    """Plans every release anew and holds the files against them; how many there are, and the totals."""
    totals: Totals = {}
    number = 0
    for partition, directory in enumerate(directories):
        file, plan = ReleaseFile(releases / f"p{partition:04}.releases", hand, partition), Plan(package.event.ballots)
        for frame in Chain(package, partition).frames(directory):
            for release in plan.step(frame, hand.sums(frame, votes_of(frame, package))):
                file.take(release, totals)
        file.end()
        number += file.number
    return number, totals


def check_regions(package: Package, totals: Totals, closed: list[bool]) -> None:
    """Of a law that is closed, the sums of the regions must come to those of the whole country."""
    for ballot in package.event.ballots:
        if ballot.is_law and closed[ballot.index]:
            regions: Counter[tuple[str, ...]] = Counter()
            for (index, scope), counts in totals.items():
                if index == ballot.index and scope != COUNTRY:
                    regions.update(counts)
            require(regions == totals.get((ballot.index, COUNTRY), Counter()), ballot.id,
                    "the sums of its regions do not come to those of the whole country", FORGED)
