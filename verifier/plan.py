"""Which votes are released together: a function of the marks of a partition and of the signed event alone."""
from collections import deque
from typing import NamedTuple

from .event import Ballot
from .ledger import Frame

COUNTRY = -1


class Sum(NamedTuple):
    """What a hand adds up: masked counts or masks, sealed rankings, and their witnesses (modulo 2^128)."""
    cells: tuple[int, ...] = ()
    records: tuple[bytes, ...] = ()
    witnesses: int = 0

    def plus(self, other: "Sum") -> "Sum":
        """Both together."""
        cells = tuple((a + b) % 2**32 for a, b in zip(self.cells, other.cells, strict=True))
        return Sum(cells, self.records + other.records, (self.witnesses + other.witnesses) % 2**128)


class Part(NamedTuple):
    """Votes of one unit: a ballot with a region, or with the whole country."""
    sequence: int
    link: bytes
    votes: int
    sum: Sum


class Release(NamedTuple):
    """Votes that are released together."""
    ballot: Ballot
    scope: int
    first: int
    last: int
    link: bytes
    votes: int
    sum: Sum


class Plan:
    """The releases of one partition."""

    def __init__(self, ballots: list[Ballot]) -> None:
        self.ballots = ballots
        self.waiting: dict[tuple[int, int], deque[Part]] = {}
        self.votes: dict[tuple[int, int], int] = {}  # those that wait
        self.released: dict[tuple[int, int], int] = {}  # the last frame of the last release
        self.closed: set[int] = set()

    def step(self, frame: Frame, sums: dict[tuple[int, int], tuple[int, Sum]]) -> list[Release]:
        """Takes the votes of the next frame, by ballot and region; returns what is released with it."""
        moving = set()
        for (index, region), (votes, sum_) in sums.items():
            for scope in (COUNTRY, region) if self.ballots[index].is_law else (region,):
                self.add((index, scope), Part(frame.sequence, frame.link, votes, sum_))
                if self.moves((index, scope)):
                    moving.add((index, scope))
        releases = []
        for unit in sorted(moving):
            while count := self.due(unit):
                releases.append(self.release(unit, count))
        for ballot in self.ballots:
            if ballot.closes_ms <= frame.time_ms and ballot.index not in self.closed:
                self.closed.add(ballot.index)
                units = sorted(unit for unit, parts in self.waiting.items() if unit[0] == ballot.index and parts)
                releases += [self.release(unit, len(self.waiting[unit])) for unit in units]
        return releases

    def moves(self, unit: tuple[int, int]) -> bool:
        """Whether votes of the unit are released while the ballot is open."""
        ballot = self.ballots[unit[0]]
        return ballot.is_live and (not ballot.is_law or unit[1] == COUNTRY)

    def add(self, unit: tuple[int, int], part: Part) -> None:
        """Puts votes behind those that wait: in one row with those of their frame, or with all."""
        parts = self.waiting.setdefault(unit, deque())
        self.votes[unit] = self.votes.get(unit, 0) + part.votes
        if parts and (parts[-1].sequence == part.sequence or not self.moves(unit)):
            before = parts.pop()
            part = part._replace(votes=before.votes + part.votes, sum=before.sum.plus(part.sum))
        parts.append(part)

    def due(self, unit: tuple[int, int]) -> int:
        """How many of the oldest frames are released now: the fewest with enough votes, if enough stay."""
        least = self.ballots[unit[0]].release_min
        behind = 0 if least == 1 else least
        if self.votes[unit] < least + behind:
            return 0
        votes = 0
        for count, part in enumerate(self.waiting[unit], 1):
            votes += part.votes
            if votes >= least:
                return count if self.votes[unit] - votes >= behind else 0
        return 0

    def release(self, unit: tuple[int, int], count: int) -> Release:
        """Takes the oldest frames of a unit out."""
        parts = [self.waiting[unit].popleft() for _ in range(count)]
        votes, sum_ = 0, parts[0].sum
        for part in parts[1:]:
            sum_ = sum_.plus(part.sum)
        votes = sum(part.votes for part in parts)
        self.votes[unit] -= votes
        first, last = self.released.get(unit, 0) + 1, parts[-1]
        self.released[unit] = last.sequence
        return Release(self.ballots[unit[0]], unit[1], first, last.sequence, last.link, votes, sum_)
