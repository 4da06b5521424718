"""The published results (`tally count --json`, or a statement of results), held against the files."""
import json
from collections import Counter
from pathlib import Path

from .ballot_box import BallotBox
from .basics import Refused, require
from .package import Ballot
from .plan import COUNTRY

WRONG = "what was published is not what these files say"

def percentage(part: int, whole: int) -> float | None:
    """Per cent with two decimals, rounded half up."""
    return (part * 20_000 + whole) // (2 * whole) / 100 if whole else None

def turnout(votes: int, registered: int) -> dict:
    return {"registered": registered, "votes": votes, "turnout_percentage_of_registered": percentage(votes, registered)}

def has_share(share: str, part: int, whole: int) -> bool:
    """Whether a part reaches a share such as `more than 1/2` or `at least 3/5`."""
    words, _, fraction = share.rpartition(" ")
    numerator, denominator = map(int, fraction.split("/"))
    have, need = part * denominator, whole * numerator
    return whole > 0 and (have > need if words == "more than" else have >= need)

def answers(counts: Counter) -> dict:
    oui, non = counts["oui",], counts["non",]
    return {"oui_count": oui, "non_count": non, "blanc_count": counts["blanc",], "valid_votes": oui + non,
            "oui_percentage_of_valid_votes": percentage(oui, oui + non)}

def law_result(ballot: Ballot, totals: dict, is_closed: bool, regions: int) -> dict:
    counts, threshold = totals[ballot.index, COUNTRY], ballot.definition["threshold"]
    result = answers(counts) | {"total_votes": counts.total()}
    reached = has_share(threshold["votes"], result["oui_count"], result["valid_votes"])
    if double := threshold["regions"]:
        read = [answers(votes) for (index, scope), votes in totals.items() if index == ballot.index and scope > 0]
        carried = sum(has_share(double["votes"], each["oui_count"], each["valid_votes"]) for each in read)
        reached = reached and has_share(double["share"], carried, regions)
    return result | ({"threshold": {"reached": reached}} if is_closed else {})

def election_result(ballot: Ballot, totals: dict, is_closed: bool) -> dict:
    """First preferences by region, and who is elected by plurality."""
    regions = []
    for region in sorted(ballot.papers):
        counts, first = totals[ballot.index, region], Counter()
        for choice, votes in counts.items():
            first[choice[0]] += votes
        listed = [each["number"] for each in ballot.definition["candidate"] if each["region"] == region]
        candidates = [{"candidate_id": number, "votes": first[str(number)],
                       "percentage": percentage(first[str(number)], counts.total())} for number in listed]
        if ballot.definition["counting"]["system"] == "plurality" and is_closed:
            seats = ballot.definition["seats"]  # nobody without votes, and none of several who are equal at the last
            first_out = (sorted((each["votes"] for each in candidates), reverse=True) + [0] * (seats + 1))[seats]
            candidates = [each | {"elected": each["votes"] > first_out} for each in candidates]
        regions.append({"region_id": region, "total_votes": counts.total(), "candidates": candidates})
    return {"total_votes": sum(each["total_votes"] for each in regions), "regions": regions}

def ballot_report(ballot: Ballot, box: BallotBox, totals: dict | None) -> dict:
    """Everything about a ballot that must have been published; without totals its turnout alone."""
    registered, is_closed = box.registered[ballot.index], box.is_closed(ballot.index)
    regions = [{"region_id": region, **turnout(box.votes[ballot.index, region], registered[region])}
               for region in sorted(registered)]
    report = {"regions": regions, "duplicates": box.duplicates[ballot.index],
              **turnout(box.cast[ballot.index], registered.total())}
    if totals is None:
        return report
    if not ballot.is_law:
        return report | {"result": election_result(ballot, totals, is_closed)}
    for region in regions if is_closed else []:
        region |= answers(totals[ballot.index, region["region_id"]])
    return report | {"result": law_result(ballot, totals, is_closed, box.package.regions)}

def compare(expected: object, told: object, where: str) -> None:
    """Refuses the first number that differs. What is published beyond the expected members is not looked at."""
    if isinstance(expected, dict) and isinstance(told, dict):
        for name, value in expected.items():
            require(name in told, where, f"it has no {name}", WRONG)
            compare(value, told[name], f"{where}, {name}")
    elif isinstance(expected, list) and isinstance(told, list) and len(expected) == len(told):
        for number, (one, other) in enumerate(zip(expected, told), 1):
            compare(one, other, f"{where} {number}")
    else:
        require(type(expected) is type(told) and expected == told, where, f"published as {told}, not {expected}", WRONG)

def check_results(path: Path, box: BallotBox, totals: dict | None) -> None:
    try:
        told = json.loads(path.read_bytes())
        told = told.get("count", told)  # of a statement
        ballots = {each["ballot_id"]: each for each in told["ballots"]}
        shown = {name: (each["result"]["status"], each["result"]["results"]) for name, each in ballots.items()}
        invalid = {(row["ballot_id"], row["reason"]): row["attempts"] for row in told["invalid"]}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(path, "it holds no results", "name what tally wrote") from None
    package = box.package
    heads = [{"partition": partition, "sequence": size, "hash": link.hex()}
             for partition, (size, link) in enumerate(box.heads) if size]
    compare({"event_id": package.event, "manifest_sha256": package.manifest_sha256.hex(), "ledger": heads,
             "votes": box.cast.total(), "duplicates": box.duplicates.total()}, told, str(path))
    compare(dict(box.invalid), invalid, f"{path}, invalid attempts")
    require(ballots.keys() <= {ballot.id for ballot in package.ballots}, path, "it names other ballots", WRONG)
    print("Published results:")
    for ballot in package.ballots:
        if ballot.id not in ballots:
            print(f"  {ballot.id}: NOT among the published results")
            continue
        (status, counts), is_closed = shown[ballot.id], box.is_closed(ballot.index)
        require(status in (("preliminary", "certified") if is_closed else ("counting",)), f"{path}, {ballot.id}",
                f"its status is {status}; by its closing frames voting is {'over' if is_closed else 'not over'}", WRONG)
        available = totals if counts == "available" else None
        compare(ballot_report(ballot, box, available), ballots[ballot.id], f"{path}, {ballot.id}")
        what = "turnout agrees, its counts were NOT compared" if available is None else "turnout and counts agree"
        print(f"  {ballot.id}: {what}; {'final' if is_closed else 'voting is not over'}")
