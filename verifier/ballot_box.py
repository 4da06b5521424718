"""What the frames say all together: nobody votes twice, outside a window, or in another partition."""
from collections import Counter
from datetime import datetime, timezone

from .ledger import REASONS, Frame
from .package import Package
from .refused import Refused

STUFFED = "a vote is counted that no voter of the roll can have cast, or one voter's twice"
UNWRITTEN = "no program of this election writes such a frame: somebody else made this ledger"


def instant(time_ms: int) -> str:
    """The instant as a person reads it, UTC."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"


class BallotBox:
    """The votes of the whole event, from every partition."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.votes: Counter[tuple[int, int]] = Counter()  # by ballot and region
        self.duplicates: Counter[int] = Counter()  # by ballot
        self.invalid: Counter[tuple[str | None, str]] = Counter()  # by ballot's id and reason
        self.closing: dict[tuple[int, int], int] = {}  # by partition and ballot: the closing frame
        self.heads: dict[int, tuple[int, bytes]] = {}  # by partition: the last frame
        self.times: dict[int, int] = {}  # by partition: that of the last frame
        self.voted = [[bytearray(shard.credentials) for shard in roll] for roll in package.rolls]

    def take(self, frame: Frame) -> dict[tuple[int, int], int]:
        """Puts the votes of a frame in; returns how many there are by ballot and region."""
        votes: dict[tuple[int, int], int] = {}
        for index in frame.marks:
            if index >= len(self.voted):
                raise Refused(frame.where(), f"votes on ballot {index}, which the event does not have", STUFFED)
            regions = self.mark(frame, index)
            self.check_ballot(frame, index, regions)
            for region, count in regions.items():
                votes[index, region] = count
        self.votes.update(votes)
        if frame.duplicates or frame.invalid:
            self.take_attempts(frame)
        self.check_time(frame, bool(votes))
        return votes

    def mark(self, frame: Frame, index: int) -> dict[int, int]:
        """Marks who voted on a ballot; returns how many did by region, ascending."""
        regions: dict[int, int] = {}
        shards_here = self.package.shards_of(index, frame.segment.partition)
        for shard, ordinals in frame.marks[index].items():
            if shard not in shards_here:
                raise Refused(frame.where(), f"ballot {index}: votes of shard {shard}, which is not this partition's",
                              STUFFED)
            voted, roll = self.voted[index][shard], self.package.rolls[index][shard]
            for ordinal in ordinals:
                who = f"ballot {index}, shard {shard}, credential {ordinal}"
                if ordinal >= roll.credentials:
                    raise Refused(frame.where(), f"{who}: there is no such credential on the roll", STUFFED)
                if voted[ordinal]:
                    raise Refused(frame.where(), f"{who}: it has voted before", STUFFED)
                voted[ordinal] = 1
                region = roll.region(ordinal)
                regions[region] = regions.get(region, 0) + 1
        return dict(sorted(regions.items()))

    def check_ballot(self, frame: Frame, index: int, regions: dict[int, int]) -> None:
        """The window of the ballot, and the length of what is sealed, which follows from the marks."""
        ballot = self.package.event.ballots[index]
        if not ballot.opens_ms <= frame.time_ms < ballot.closes_ms:
            raise Refused(frame.where(), f"votes on {ballot.id} are stamped {instant(frame.time_ms)}, and it is open "
                          f"from {instant(ballot.opens_ms)} until before {instant(ballot.closes_ms)}",
                          "votes were taken while the ballot was closed")
        for region in regions:
            if not ballot.paper(region):
                raise Refused(frame.where(), f"votes on {ballot.id} in region {region}, which has no ballot paper",
                              STUFFED)
        sealed = frame.choices[index][1]
        if len(sealed) != ballot.sealed_bytes(regions):
            raise Refused(frame.where(), f"{len(sealed)} sealed bytes for {ballot.id}, and the marks ask for "
                          f"{ballot.sealed_bytes(regions)}", UNWRITTEN)

    def take_attempts(self, frame: Frame) -> None:
        """Adds attempts that became no vote. A repeated one is of somebody who has voted."""
        for index, shard, ordinal, count in frame.duplicates:
            known = index < len(self.voted) and shard in self.package.shards_of(index, frame.segment.partition)
            voted = self.voted[index][shard] if known else b""
            if ordinal >= len(voted) or not voted[ordinal]:
                raise Refused(frame.where(), f"ballot {index}, shard {shard}, credential {ordinal} is said to have "
                              "voted again, and has not voted", UNWRITTEN)
            self.duplicates[index] += count
        for reason, index, count in frame.invalid:
            if index is not None and index >= len(self.voted):
                raise Refused(frame.where(), f"attempts on ballot {index}, which the event does not have", UNWRITTEN)
            ballot = None if index is None else self.package.event.ballots[index].id
            self.invalid[ballot, REASONS[reason]] += count

    def check_time(self, frame: Frame, has_votes: bool) -> None:
        """Votes and closes alone move time. Notes which ballots this frame closes."""
        partition = frame.segment.partition
        before = self.times.get(partition)
        if before != frame.time_ms:
            closes = [ballot.index for ballot in self.package.event.ballots if ballot.closes_ms <= frame.time_ms
                      and (before is None or before < ballot.closes_ms)]
            if before is not None and not has_votes and not closes:
                raise Refused(frame.where(), "it holds no vote, closes no ballot, and moves the time", UNWRITTEN)
            for index in closes:
                self.closing[partition, index] = frame.sequence
        self.heads[partition], self.times[partition] = (frame.sequence, frame.link), frame.time_ms

    def is_closed(self, index: int) -> bool:
        """Whether every partition holds the closing frame of a ballot: no vote can follow."""
        return all((partition, index) in self.closing for partition in range(self.package.partitions))

    def registered(self, index: int) -> Counter[int]:
        """How many credentials the roll of a ballot has, by region."""
        counts: Counter[int] = Counter()
        for shard in self.package.rolls[index]:
            counts.update(shard.regions if shard.regions is not None else {0: shard.credentials})
        return counts

    def votes_on(self, index: int) -> int:
        """How many voted on a ballot."""
        return sum(count for (ballot, _), count in self.votes.items() if ballot == index)
