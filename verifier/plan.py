"""Which votes are released together: a function of the marks of a partition and of the signed event alone."""
from collections import Counter, defaultdict, namedtuple
from collections.abc import Iterator
from functools import reduce
from itertools import accumulate

from .package import Ballot

COUNTRY = -1  # the scope of all voters of a law; others are regions
# Votes of some frames, with sequence and link of the last; what a hand adds up of them: masked counts or masks (of a
# ranked ballot one, of witnesses), and sealed rankings.
Part = namedtuple("Part", "sequence link votes sums records")
Release = namedtuple("Release", "ballot scope first part")

def joined(one: Part, later: Part) -> Part:
    sums = tuple(sum_ + more for sum_, more in zip(one.sums, later.sums, strict=True))
    return Part(later.sequence, later.link, one.votes + later.votes, sums, one.records + later.records)

class Plan:
    """The releases of one partition, by unit: the votes on a ballot in a region, or in the whole country."""
    def __init__(self, ballots: list[Ballot]) -> None:
        self.ballots, self.waiting, self.closed = ballots, defaultdict[tuple[int, int], list[Part]](list), set[int]()
        self.votes, self.released = Counter(), Counter()  # how many wait; the last frame of the last release

    def step(self, time_ms: int, parts: dict[tuple[int, int], Part]) -> Iterator[Release]:
        """Takes the votes of the next frame, by ballot and region; gives what is released with it."""
        moving = set()
        for (index, region), part in parts.items():
            ballot = self.ballots[index]
            for scope in (COUNTRY, region) if ballot.is_law else (region,):
                waiting, moves = self.waiting[index, scope], not ballot.is_law or scope == COUNTRY
                if ballot.definition["results"] == "live" and moves:
                    moving.add((index, scope))
                joins = waiting and (waiting[-1].sequence == part.sequence or (index, scope) not in moving)
                waiting.append(joined(waiting.pop(), part) if joins else part)
                self.votes[index, scope] += part.votes
        for unit in sorted(moving):
            yield from self.due(unit)
        for ballot in self.ballots:
            if ballot.closes_ms <= time_ms and ballot.index not in self.closed:
                self.closed.add(ballot.index)
                rest = [unit for unit in sorted(self.waiting) if unit[0] == ballot.index and self.waiting[unit]]
                yield from (self.release(unit, len(self.waiting[unit])) for unit in rest)

    def due(self, unit: tuple[int, int]) -> Iterator[Release]:
        """What is released before the close: the fewest oldest frames with enough votes, if enough stay behind."""
        least = self.ballots[unit[0]].definition["release_min"]
        behind = 0 if least == 1 else least
        while self.votes[unit] >= least + behind:
            oldest = enumerate(accumulate(part.votes for part in self.waiting[unit]), 1)
            count, votes = next((count, votes) for count, votes in oldest if votes >= least)
            if self.votes[unit] - votes < behind:
                return
            yield self.release(unit, count)

    def release(self, unit: tuple[int, int], count: int) -> Release:
        part = reduce(joined, self.waiting[unit][:count])
        del self.waiting[unit][:count]
        first, self.released[unit] = self.released[unit] + 1, part.sequence
        self.votes[unit] -= part.votes
        return Release(self.ballots[unit[0]], unit[1], first, part)
