"""The event as the officers signed it: ballots, their windows and papers, and who watches the log."""
import json
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from .notes import LOG, WITNESS, Policy, named_key, parse_key
from .refused import require

# Of a sealed ranking: what is around its ranks, and a rank; behind those of a region stands a sum.
RECORD_MORE, RANK, WITNESSES = 32 + 16, 2, 16
CELL, TAG = 4, 16
FILE = "election.json"

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

    def record_bytes(self, region: int) -> int:
        return RECORD_MORE + RANK * min(self.max_ranks, len(self.paper(region)))

    def sealed_bytes(self, votes: dict[int, int]) -> int:
        """Length of what a frame seals, by its votes in each region."""
        if self.max_ranks:
            return TAG + sum(count * self.record_bytes(region) + WITNESSES for region, count in votes.items())
        return TAG + sum(CELL * len(self.paper(region)) for region in votes)

class Event(NamedTuple):
    """What is voted on, and under which keys."""
    id: str
    count_key: bytes
    mask_key: bytes
    ballots: list[Ballot]
    regions: int  # how many
    log: dict | None

    @staticmethod
    def read(path: Path) -> "Event":
        event = json.loads(path.read_bytes())
        ballots = [read_ballot(index, ballot) for index, ballot in enumerate(event["law"] + event["election"])]
        keys = bytes.fromhex(event["count_key"]), bytes.fromhex(event["mask_key"])
        return Event(event["id"], *keys, ballots, len(event["region"]), event.get("log"))

    def policy(self, partitions: int) -> Policy | None:
        """Which log keys and witnesses count; None where the event has no log."""
        if self.log is None:
            return None
        key, required = bytes.fromhex(self.log["key"]), self.log["required"]
        logs = [named_key(f"{self.log['origin']}/{partition}", LOG, key) for partition in range(partitions)]
        witnesses = {each["name"]: parse_key(each["key"], WITNESS, FILE) for each in self.log["witness"]}
        distinct = len({witness.key for witness in witnesses.values()})
        require(required <= distinct == len(self.log["witness"]), FILE, f"{required} of {distinct} witnesses must "
                "have cosigned", "nobody can meet that, or one witness counts twice: tell the officers")
        return Policy(logs, witnesses, required)

    def policy_lines(self, policy: Policy) -> list[str]:
        """What the published policy must say, word by word."""
        lines = [f"log {log.name}+{log.id.hex()}+{b64encode(bytes([LOG]) + log.key).decode()}" for log in policy.logs]
        lines += [f"witness {each['name']} {each['key']} {each['url']}" for each in self.log["witness"]]
        group = [f"group enough {policy.required} {' '.join(policy.witnesses)}", "quorum enough"]
        return lines + (group if policy.required else ["quorum none"])

def milliseconds(instant: str) -> int:
    """Milliseconds since 1970-01-01 UTC of an instant such as 2026-10-05T13:00:00Z."""
    return round(1000 * datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp())

def read_ballot(index: int, ballot: dict) -> Ballot:
    """A law, which has one paper for all regions; or an election, which has one a region."""
    is_law = "code" not in ballot
    papers: dict[int, list[str]] = {0: ["oui", "non"] + ["blanc"] * ballot["allow_blank"]} if is_law else {}
    for candidate in ballot.get("candidate", []):
        standing = papers.setdefault(candidate["region"], [])
        if candidate["status"] == "active":
            standing.append(str(candidate["number"]))
    ranks = ballot["max_ranks"] if ballot.get("method") == "ranked_choice" else 0
    return Ballot(index, ballot["id" if is_law else "code"], is_law, milliseconds(ballot["opens"]),
                  milliseconds(ballot["closes"]), ranks, papers, ballot)
