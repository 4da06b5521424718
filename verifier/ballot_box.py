"""What the frames say all together: nobody votes twice, outside a window, or in another partition."""
from collections import Counter

from .basics import Refused, require
from .ledger import UNWRITTEN, Frame
from .package import Ballot, Package

REASONS = {1: "not_on_roll", 2: "not_open", 3: "closed", 4: "wrong_region", 5: "bad_choice", 6: "no_such_ballot"}
STUFFED = "a vote is counted that no voter of the roll can have cast, or one voter's twice"
SHUT = "votes were taken while the ballot was closed"

class BallotBox:
    """The votes of the whole event, from every partition."""
    def __init__(self, package: Package) -> None:
        self.package, self.ballots = package, package.ballots
        self.votes: Counter[tuple[int, int]] = Counter()  # by ballot and region
        self.cast, self.duplicates = Counter[int](), Counter[int]()  # votes, and attempts to vote again, by ballot
        self.invalid: Counter[tuple[str | None, str]] = Counter()  # by ballot and reason
        self.closing: set[tuple[int, int]] = set()  # partitions and ballots whose closing frame is there
        self.heads = [(0, bytes(32))] * package.partitions  # sequence and link of the last frame
        self.times: list[int | None] = [None] * package.partitions  # its time
        self.voted = [[bytearray(len(shard)) for shard in roll] for roll in package.rolls]
        self.registered = [sum(map(Counter, roll), Counter()) for roll in package.rolls]  # by ballot: by region

    def take(self, frame: Frame) -> dict[tuple[int, int], int]:
        """Puts the votes of a frame in; returns how many there are by ballot and region, ascending."""
        votes = {}
        for index, shards in frame.marks.items():
            require(index < len(self.ballots), frame.where, "votes on a ballot that there is not", STUFFED)
            regions: dict[int, int] = {}
            here = self.package.shards_of(index, frame.segment.partition)
            for shard, ordinals in shards.items():
                require(shard in here, frame.where, "votes of a shard that is not of this partition", STUFFED)
                voted, roll = self.voted[index][shard], self.package.rolls[index][shard]
                for ordinal in ordinals:
                    if ordinal >= len(roll) or voted[ordinal]:
                        fault = "has voted before" if ordinal < len(roll) else "is not on the roll"
                        raise Refused(frame.where, f"ballot {index}, shard {shard}: voter {ordinal} {fault}", STUFFED)
                    voted[ordinal] = 1
                    regions[roll[ordinal]] = regions.get(roll[ordinal], 0) + 1
            self.check_ballot(frame, self.ballots[index], regions)
            for region in sorted(regions):
                votes[index, region] = regions[region]
                self.votes[index, region] += regions[region]
                self.cast[index] += regions[region]
        self.take_attempts(frame)
        self.check_time(frame, frame.segment.partition)
        return votes

    def check_ballot(self, frame: Frame, ballot: Ballot, regions: dict[int, int]) -> None:
        """The window of the ballot, and the length of what is sealed, which follows from the marks."""
        if not ballot.opens_ms <= frame.time_ms < ballot.closes_ms:
            raise Refused(frame.where, f"{frame.time_ms} ms since 1970 is outside the window of {ballot.id}", SHUT)
        require(all(map(ballot.paper, regions)), frame.where, "votes in a region without ballot paper", STUFFED)
        due = 16
        for region, count in regions.items():
            ranking, sums, width = ballot.layout(region)
            due += count * ranking + sums * width
        fits = len(frame.choices[ballot.index][1]) == due
        require(fits, frame.where, "not as many sealed bytes as its marks ask for", UNWRITTEN)

    def take_attempts(self, frame: Frame) -> None:
        """Adds attempts that became no vote. A repeated one is of somebody who has voted."""
        for (index, shard, ordinal), count in frame.duplicates.items():
            known = index < len(self.voted) and shard in self.package.shards_of(index, frame.segment.partition)
            require(known and any(self.voted[index][shard][ordinal:ordinal + 1]), frame.where, f"ballot {index}, shard "
                    f"{shard}: credential {ordinal} is said to have voted again, and has not voted", UNWRITTEN)
            self.duplicates[index] += count
        for (reason, index), count in frame.invalid.items():
            known = reason in REASONS and index < len(self.ballots)
            require(known, frame.where, "attempts for no known reason, or on no ballot of the event", UNWRITTEN)
            self.invalid[None if index < 0 else self.ballots[index].id, REASONS[reason]] += count

    def check_time(self, frame: Frame, partition: int) -> None:
        """Votes and closes alone move time. Notes which ballots this frame closes."""
        if self.times[partition] != frame.time_ms:
            closes = {(partition, ballot.index) for ballot in self.ballots if ballot.closes_ms <= frame.time_ms}
            fits = self.times[partition] is None or frame.marks or closes - self.closing
            require(fits, frame.where, "it holds no vote, closes no ballot, and moves the time", UNWRITTEN)
            self.closing |= closes
        self.heads[partition], self.times[partition] = (frame.sequence, frame.link), frame.time_ms

    def is_closed(self, index: int) -> bool:
        """Whether every partition holds the closing frame of a ballot: no vote can follow."""
        return all((partition, index) in self.closing for partition in range(self.package.partitions))
