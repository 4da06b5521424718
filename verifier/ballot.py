"""A ballot as the officers signed it: its window, its papers, and what a vote on it takes."""
from datetime import datetime
from typing import NamedTuple

class Ballot(NamedTuple):
    """A law or an election."""
    index: int
    id: str
    is_law: bool
    opens_ms: int
    closes_ms: int
    max_ranks: int  # 0: it is not ranked
    papers: dict[int, list[str]]  # by region, in the paper's order; of a law one for all, as 0
    definition: dict

    def paper(self, region: int) -> list[str]:
        """What a voter of that region may choose; nothing where nobody stands there."""
        return self.papers.get(0 if self.is_law else region, [])

    def layout(self, region: int) -> tuple[int, int, int]:
        """What is sealed for a region: bytes of a ranking, which each vote has; how many sums, and the bytes of each."""
        entries = len(self.paper(region))
        return (48 + 2 * min(self.max_ranks, entries), 1, 16) if self.max_ranks else (0, entries, 4)

def milliseconds(instant: str) -> int:
    """Milliseconds since 1970-01-01 UTC of an instant such as 2026-10-05T13:00:00Z."""
    return round(1000 * datetime.fromisoformat(instant).timestamp())

def read_ballot(index: int, ballot: dict) -> Ballot:
    """A law, which has one paper for all regions; or an election, which has one a region."""
    is_law = "code" not in ballot
    papers: dict[int, list[str]] = {0: ["oui", "non"] + ["blanc"] * ballot["allow_blank"]} if is_law else {}
    for candidate in ballot.get("candidate", []):
        active = [str(candidate["number"])] if candidate["status"] == "active" else []
        papers[candidate["region"]] = papers.get(candidate["region"], []) + active
    ranks = ballot["max_ranks"] if ballot.get("method") == "ranked_choice" else 0
    return Ballot(index, ballot["id" if is_law else "code"], is_law, milliseconds(ballot["opens"]),
                  milliseconds(ballot["closes"]), ranks, papers, ballot)
