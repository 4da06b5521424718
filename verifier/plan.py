"""Which votes are released together: a function of the marks of a partition and of the signed event alone."""
from collections import deque
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

from .ballot import Ballot
from .ledger import Frame

COUNTRY = -1  # the scope of all voters of a law; others are regions

class Part(NamedTuple):
    """Votes of some frames, the last of which is named, and what a hand adds up of them."""
    sequence: int
    link: bytes
    votes: int
    sums: tuple[int, ...] = ()  # of masked counts or of masks; of a ranked ballot one, of witnesses
    records: tuple[bytes, ...] = ()  # sealed rankings

class Release(NamedTuple):
    """Votes that are released together."""
    ballot: Ballot
    scope: int
    first: int
    part: Part

def joined(one: Part, later: Part) -> Part:
    sums = tuple(sum_ + more for sum_, more in zip(one.sums, later.sums, strict=True))
    return Part(later.sequence, later.link, one.votes + later.votes, sums, one.records + later.records)

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
            part = joined(self.waiting.pop(), part)
        self.waiting.append(part)

    def due(self) -> Iterator[Release]:
        """What is released before the close: the fewest oldest frames with enough votes, if enough stay behind."""
        least = self.ballot.definition["release_min"]
        behind = 0 if least == 1 else least
        while self.moves and self.votes >= least + behind:
            count = votes = 0
            while votes < least:
                votes, count = votes + self.waiting[count].votes, count + 1
            if self.votes - votes < behind:
                return
            yield self.release(count)

    def release(self, count: int) -> Release:
        """Takes the oldest frames out."""
        part = reduce(joined, [self.waiting.popleft() for _ in range(count)])
        first, self.released = self.released + 1, part.sequence
        self.votes -= part.votes
        return Release(self.ballot, self.scope, first, part)

class Plan:
    """The releases of one partition."""

    def __init__(self, ballots: list[Ballot]) -> None:
        self.ballots, self.units, self.closed = ballots, dict[tuple[int, int], Unit](), set[int]()

    def step(self, frame: Frame, parts: dict[tuple[int, int], Part]) -> Iterator[Release]:
        """Takes the votes of the next frame, by ballot and region; gives what is released with it."""
        touched = set()
        for (index, region), part in parts.items():
            for scope in (COUNTRY, region) if self.ballots[index].is_law else (region,):
                unit = self.units.setdefault((index, scope), Unit(self.ballots[index], scope))
                unit.add(part)
                touched.add((index, scope))
        for key in sorted(touched):
            yield from self.units[key].due()
        for ballot in self.ballots:
            if ballot.closes_ms <= frame.time_ms and ballot.index not in self.closed:
                self.closed.add(ballot.index)
                rest = [self.units[key] for key in sorted(self.units) if key[0] == ballot.index]
                yield from (unit.release(len(unit.waiting)) for unit in rest if unit.votes)
