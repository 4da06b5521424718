"""Which votes are released together: a function of the marks of a partition and of the signed event alone."""
from collections import deque
from typing import NamedTuple

from .event import Ballot
from .ledger import Frame

COUNTRY = -1  # the scope of all voters of a law; others are regions

class Sum(NamedTuple):
    """What a hand adds up: masked counts or masks, sealed rankings, and their witnesses (modulo 2^128)."""
    cells: tuple[int, ...] = ()
    records: tuple[bytes, ...] = ()
    witnesses: int = 0

    def plus(self, other: "Sum") -> "Sum":
        cells = tuple((one + more) % 2**32 for one, more in zip(self.cells, other.cells, strict=True))
        return Sum(cells, self.records + other.records, (self.witnesses + other.witnesses) % 2**128)

class Part(NamedTuple):
    """Votes of some frames, the last of which is named."""
    sequence: int
    link: bytes
    votes: int
    sum: Sum

class Release(NamedTuple):
    """Votes that are released together."""
    ballot: Ballot
    scope: int
    first: int
    part: Part

class Unit:
    """What is released by itself: the votes on a ballot in a region, or in the whole country."""

    def __init__(self, ballot: Ballot, scope: int) -> None:
        self.ballot, self.scope = ballot, scope
        self.waiting: deque[Part] = deque()
        self.votes, self.released = 0, 0  # how many wait; the last frame of the last release
        self.moves = ballot.definition["results"] == "live" and (not ballot.is_law or scope == COUNTRY)

    def add(self, part: Part) -> None:
        """Puts votes behind those that wait; together with them where only the close releases them."""
        self.votes += part.votes
        if self.waiting and (not self.moves or self.waiting[-1].sequence == part.sequence):
            part = joined([self.waiting.pop(), part])
        self.waiting.append(part)

    def due(self) -> int:
        """How many of the oldest frames are released now: the fewest with enough votes, if enough stay behind."""
        least = self.ballot.definition["release_min"]
        behind, votes = 0 if least == 1 else least, 0
        if not self.moves or self.votes < least + behind:
            return 0
        for count, part in enumerate(self.waiting, 1):
            votes += part.votes
            if votes >= least:
                return count if self.votes - votes >= behind else 0
        return 0

    def release(self, count: int) -> Release:
        """Takes the oldest frames out."""
        part = joined([self.waiting.popleft() for _ in range(count)])
        first, self.released = self.released + 1, part.sequence
        self.votes -= part.votes
        return Release(self.ballot, self.scope, first, part)

def joined(parts: list[Part]) -> Part:
    total = parts[0].sum
    for part in parts[1:]:
        total = total.plus(part.sum)
    return Part(parts[-1].sequence, parts[-1].link, sum(part.votes for part in parts), total)

class Plan:
    """The releases of one partition."""

    def __init__(self, ballots: list[Ballot]) -> None:
        self.ballots, self.units, self.closed = ballots, dict[tuple[int, int], Unit](), set[int]()

    def step(self, frame: Frame, sums: dict[tuple[int, int], tuple[int, Sum]]) -> list[Release]:
        """Takes the votes of the next frame, by ballot and region; returns what is released with it."""
        touched = set()
        for (index, region), (votes, sum_) in sums.items():
            for scope in (COUNTRY, region) if self.ballots[index].is_law else (region,):
                unit = self.units.setdefault((index, scope), Unit(self.ballots[index], scope))
                unit.add(Part(frame.sequence, frame.link, votes, sum_))
                touched.add((index, scope))
        releases = []
        for key in sorted(touched):
            while count := self.units[key].due():
                releases.append(self.units[key].release(count))
        for ballot in self.ballots:
            if ballot.closes_ms <= frame.time_ms and ballot.index not in self.closed:
                self.closed.add(ballot.index)
                rest = [self.units[key] for key in sorted(self.units) if key[0] == ballot.index]
                releases += [unit.release(len(unit.waiting)) for unit in rest if unit.votes]
        return releases
