#!/usr/bin/env python3
"""Play the attacker against secrecy: with one key or none, join who (a credential) and what (a choice).

Everything that such an attacker may hold goes in: the ledger, the event's package, one secret key, the
receipts of all voters, every result that was ever shown, two audit exports. Out comes how many votes
were joined, and by which way:

  frames     sealed choices of a frame opened with the key
  masked     only masked choices opened: taken for counts, for masks all alike, for masks used twice, for
             masks of a key that the attacker has
  releases   masked sums of a releases directory with the masks taken off, and its sealed rankings opened
  order      sealed rankings of a release that stand in the order of their frames, not shuffled
  results    the difference of two public results
  exports    the difference of two audit exports, beside the results of the same two moments

Whatever the way, it yields sums: these voters together made these choices. A voter is joined where the
sum is of that voter *alone*, where all in it chose *alike*, or where several sums, *crossed*, leave one
choice. Every way is judged by itself, then all together.

Usage: attack_join.py --ledger DIR --package DIR [--key FILE] [--results FILE] [--audit CSV CSV]
           [--receipts CSV] [--releases DIR] [--accomplices CSV] [--truth CSV] [--json]

  --ledger       the directory of the ledger, with its partitions p0000, ...: format version 1 or 2
  --package      the event's package: who is on the roll where, and what each ballot paper offers
  --key          one secret key file, of whichever hand
  --results      JSON lines as they were read over time, {"ballot": "L-1", "region": null or a number,
                 "counts": {choice: votes}}; of ranked ballots the first preferences, as "first:7"
  --audit        two files of `tally export --what audit`, the earlier first
  --receipts     request_id,ballot,digest: the receipts and whose they are
  --releases     p0000.releases, ...: what the count hand releases (version 2)
  --accomplices  ballot,digest,choice: voters who tell the attacker what they chose
  --truth        ballot,digest,choice of everybody: says how many of the joins are right

Choices are written oui, non, blanc, candidate:7, ranking:3>1>2. A digest is 32 hexadecimal digits.
Needs the cbor2 package, and ledger_reader.py and seals.py beside this file."""
import argparse, csv, io, json, pathlib, struct, sys
from collections import Counter, namedtuple
try:
    import cbor2
except ImportError:
    sys.exit("needs the package cbor2: pip install cbor2, or apt-get install python3-cbor2")
from ledger_reader import (Package, content_keys, masks, open_choices, ranking, read_ledger, read_releases,
                           read_secret, split_rankings)

Sum = namedtuple("Sum", "voters counts")
Join = namedtuple("Join", "choice how")
Found = namedtuple("Found", "frames masked noticed")

MODULUS = 2**32


# --- the key: frames -----------------------------------------------------------------------------

def choice_text(choice):
    """A choice of version 1, as its CBOR type tells it."""
    if isinstance(choice, list):
        return "ranking:" + ">".join(map(str, choice))
    if isinstance(choice, bool):
        return "oui" if choice else "non"
    return "blanc" if choice is None else f"candidate:{choice}"


def counted_sums(plain, by_region):
    """What a plaintext of version 1 tells: counts of each region in the clear."""
    for region, counts in cbor2.load(io.BytesIO(plain)).items():
        yield Sum(by_region[region], {choice_text(choice): votes for choice, votes in counts})


def split_cells(plain, papers):
    """A plaintext of version 2 as the cells of each region; None where its length is another."""
    lengths = [len(paper) for paper in papers.values()]
    if len(plain) != 4 * sum(lengths):
        return None
    cells = iter(struct.unpack(f"<{sum(lengths)}I", plain))
    return {region: [next(cells) for _ in paper] for region, paper in papers.items()}


def cell_sum(voters, paper, cells):
    """The sum that cells tell if they are counts of these voters; None where they cannot be."""
    return Sum(voters, dict(zip(paper, cells))) if sum(cells) == len(voters) else None


def alike_sum(voters, paper, cells):
    """The choice of a lone voter, if all of its masks were alike: one cell is one more than all others."""
    for at, cell in enumerate(cells):
        if len(voters) == 1 and {(cell - 1) % MODULUS} == set(cells[:at] + cells[at + 1:]):
            return Sum(voters, {paper[at]: 1})
    return None


def repeated_sums(lone):
    """Choices of lone voters whose masks were used twice: two frames less one vote each are the same."""
    origins = {}
    for voters, paper, cells in lone:
        for at in range(len(cells)):
            origin = tuple((cell - (place == at)) % MODULUS for place, cell in enumerate(cells))
            origins.setdefault(origin, []).append((tuple(cells), Sum(voters, {paper[at]: 1})))
    for hits in origins.values():
        if len({cells for cells, _ in hits}) > 1:
            yield from (found for _, found in hits)


def unmasked(cells, key, region, sequence):
    """The cells with the masks of that key taken off."""
    return [(cell - mask) % MODULUS for cell, mask in zip(cells, masks(key, region, sequence, len(cells)))]


def look_at_cells(frame, votes, plain, package, keys, found):
    """Takes what the cells of a frame tell; returns those of lone voters, to be compared with others."""
    by_region, lone = package.by_region(votes.voters), []
    papers = {region: package.paper(votes.voters[0].ballot, region) for region in by_region}
    split = split_cells(plain, papers)
    found.noticed["lengths that do not follow from the marks"] += split is None
    for region, cells in (split or {}).items():
        voters, paper = by_region[region], papers[region]
        if "mask" in keys:
            found.frames.append(cell_sum(voters, paper, unmasked(cells, keys["mask"], region, frame.sequence)))
            continue
        guessed = (unmasked(cells, key, region, frame.sequence) for key in (bytes(32), *keys.values()))
        found.masked.extend(cell_sum(voters, paper, guess) for guess in (cells, *guessed))
        found.masked.append(alike_sum(voters, paper, cells))
        lone += [(voters, paper, cells)] if len(voters) == 1 else []
    return lone


def opened_rankings(records, secret, manifest, index, candidates, region):
    """How often each ranking was made, if the secret opens all of the records; else None."""
    told = [ranking(secret, manifest, index, candidates, region, record) for record in records]
    return None if None in told else Counter("ranking:" + ">".join(map(str, ranks)) for ranks, _ in told)


def look_at_records(frame, votes, plain, package, secret, found, seen):
    """Records of a ranked ballot, which the count hand cannot read: whatever would tell them apart. Whoever
    has the mask key as well reads them."""
    ballot = votes.voters[0].ballot
    by_region = package.by_region(votes.voters)
    odd = len(plain) != package.choices_bytes(ballot, by_region)
    found.noticed["lengths that do not follow from the marks"] += odd
    for region, (records, _) in split_rankings(plain, package, ballot, {} if odd else by_region):
        voters = by_region[region]
        found.noticed["records out of order"] += records != sorted(records)
        for encapsulated in (record[:32] for record in records):
            found.noticed["encapsulated keys used twice"] += encapsulated in seen
            seen.add(encapsulated)
        place = frame.segment.manifest, votes.index, package.standing(ballot, region), region
        counts = opened_rankings(records, secret, *place)
        found.frames.append(Sum(voters, counts) if counts else None)


def open_frames(ledger, package, contents, secret):
    """Every frame that the key's content keys open: sums of its choices, and what leaks beside."""
    found, lone, seen = Found([], [], Counter()), [], set()
    for frame in ledger:
        for votes in frame.votes:
            opened = contents[frame.segment[:3]]
            keys = {hand: key for (index, hand), key in opened.items() if index == votes.index}
            plain, ballot = open_choices(frame, votes, keys.values()), votes.voters[0].ballot
            if plain is None:
                continue
            found.noticed["sealed choices opened"] += 1
            if frame.segment.version == 1:
                found.frames.extend(counted_sums(plain, package.by_region(votes.voters)))
            elif package.is_ranked(ballot):
                look_at_records(frame, votes, plain, package, secret, found, seen)
            else:
                lone += look_at_cells(frame, votes, plain, package, keys, found)
    found.masked.extend(repeated_sums(lone))
    drawn = [key for opened in contents.values() for key in opened.values()]
    found.noticed["content keys used twice"] += len(drawn) - len(set(drawn))
    return found


# --- the key: releases ---------------------------------------------------------------------------

def covered(release, ledger, package):
    """Frame, index, region and voters of everything that a release covers."""
    for frame in ledger:
        if frame.segment.partition != release.partition or not release.first <= frame.sequence <= release.last:
            continue
        for votes in frame.votes:
            if release.ballot not in (votes.index, votes.voters[0].ballot):
                continue
            for region, here in package.by_region(votes.voters).items():
                if release.scope in ("country", region):
                    yield frame, votes.index, region, here


def release_sum(release, ledger, package, contents):
    """The counts of one release with the masks of its frames taken off; None where they do not fit."""
    voters, off, paper = [], Counter(), None
    for frame, index, region, here in covered(release, ledger, package):
        key = contents[frame.segment[:3]].get((index, "mask"))
        if key is None or release.sums is None:
            return None
        paper = package.paper(here[0].ballot, region)
        off.update(dict(zip(paper, masks(key, region, frame.sequence, len(paper)))))
        voters += here
    if not voters or len(release.sums) != len(paper):
        return None
    counts = [(masked - off[choice]) % MODULUS for choice, masked in zip(paper, release.sums)]
    return cell_sum(voters, paper, counts)


def release_rankings(release, ledger, package, secret):
    """The rankings of one release as one sum, and where they were not shuffled, as a sum of each frame."""
    told, shuffled = [], release.records == sorted(release.records)
    records = [bytes.fromhex(record) for record in release.records]
    for frame, index, region, here in covered(release, ledger, package):
        place = frame.segment.manifest, index, package.standing(here[0].ballot, region), region
        counts = opened_rankings(records[:len(here)], secret, *place)
        if counts is None or len(records) < len(here):
            return None, []
        told, records = told + [Sum(here, counts)], records[len(here):]
    voters = [voter for each in told for voter in each.voters]
    whole = sum((each.counts for each in told), Counter())
    return (Sum(voters, whole) if told and not records else None), ([] if shuffled else told)


def open_releases(releases, ledger, package, contents, secret):
    """What each release sums to, None where the key does not open it; and what its order tells."""
    opened, order = [], []
    for release in releases:
        if release.records is None:
            opened.append(release_sum(release, ledger, package, contents))
            continue
        whole, by_frame = release_rankings(release, ledger, package, secret) if secret else (None, [])
        opened.append(whole)
        order += by_frame
    return opened, order


# --- without a key -------------------------------------------------------------------------------

def read_results(path):
    """What was shown of each ballot and region, by the number of votes shown."""
    shown = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        shown.setdefault((row["ballot"], row["region"]), {})[sum(row["counts"].values())] = row["counts"]
    return shown


def difference(after, before):
    """What came in between two counts."""
    return {choice: votes - before.get(choice, 0) for choice, votes in after.items()}


def result_sums(ledger, package, shown):
    """Between two results stand the voters whose marks came in between, by the number of votes."""
    for (ballot, region), totals in shown.items():
        voters, seen, before = [], 0, {}
        for frame in ledger:
            new = [voter for votes in frame.votes for voter in votes.voters
                   if voter.ballot == ballot and region in (None, package.region(voter))]
            voters, seen = voters + new, seen + len(new)
            if voters and seen in totals:
                yield Sum(voters, difference(totals[seen], before))
                voters, before = [], totals[seen]


def with_releases(shown, releases, opened):
    """The results as shown, and those that the releases add up to, whoever saw them."""
    shown, running = {place: dict(totals) for place, totals in shown.items()}, {}
    for release, found in zip(releases, opened):
        if found is not None:
            place = found.voters[0].ballot, None if release.scope == "country" else release.scope
            counts = running.setdefault(place, Counter())
            counts.update(found.counts)
            shown.setdefault(place, {})[counts.total()] = dict(counts)
    return shown


def read_rows(path):
    """The rows of a CSV file with a header."""
    return list(csv.DictReader(io.StringIO(path.read_text())))


def read_export(path, package):
    """The credentials that had voted when an audit was exported."""
    return [package.by_digest[row["ballot_id"], row["digest"]] for row in read_rows(path)
            if row["status"] == "accepted"]


def export_sums(exports, package, shown):
    """Two exports name who came in between; results of the same numbers of votes, what they chose."""
    for (ballot, region), totals in shown.items():
        then, before = set(), {}
        for export in exports:
            now = {voter for voter in export if voter.ballot == ballot and region in (None, package.region(voter))}
            if len(now) in totals and now > then:
                yield Sum(sorted(now - then), difference(totals[len(now)], before))
                then, before = now, totals[len(now)]


def look_at_receipts(path, ledger, package):
    """How many receipts name the frame of their voter, and how many a frame of one vote."""
    frames = {(frame.segment.partition, frame.sequence): frame for frame in ledger}
    told = Counter(given=0, in_their_frame=0, alone_in_it=0)
    for row in read_rows(path):
        partition, sequence = row["request_id"].split("-")[:2]
        frame = frames.get((int(partition), int(sequence)))
        voters = [voter for votes in (frame.votes if frame else []) for voter in votes.voters]
        told["given"] += 1
        told["in_their_frame"] += package.by_digest.get((row["ballot"], row["digest"])) in voters
        told["alone_in_it"] += len(voters) == 1
    return dict(told)


# --- joining -------------------------------------------------------------------------------------

def leftover(sum_, told):
    """Who is left in a sum beside those whose choices are told, and what they chose; None where they differ."""
    rest = [voter for voter in sum_.voters if voter not in told]
    left = Counter(sum_.counts)
    left.subtract(told[voter] for voter in sum_.voters if voter in told)
    fits = rest and min(left.values()) >= 0 and left.total() == len(rest)
    return (rest, +left) if fits else None


def narrow(rest, left, possible):
    """What those who are left can have chosen: only what is left; and where no more voters can have made a
    choice than were counted for it, these did."""
    for voter in rest:
        possible[voter] = possible.get(voter, left.keys()) & left.keys()
    for choice, votes in left.items():
        able = [voter for voter in rest if choice in possible[voter]]
        if len(able) == votes:
            possible.update((voter, {choice}) for voter in able)


def solve(sums, known):
    """Who chose what as far as the sums tell, beside what is known: voter -> Join."""
    joined, possible, told, before = {}, {}, dict(known), None
    while before != (len(told), sum(map(len, possible.values()))):
        before = len(told), sum(map(len, possible.values()))
        for each in sums:
            if (found := leftover(each, told)) is None:
                continue
            narrow(*found, possible)
            how = "alone" if len(each.voters) == 1 else "alike" if len(+Counter(each.counts)) == 1 else "crossed"
            for voter in (voter for voter in found[0] if len(possible[voter]) == 1):
                told[voter] = next(iter(possible[voter]))
                joined[voter] = Join(told[voter], how)
    return joined


def first_of(choice):
    """The first preference of a ranking; any other choice as it is."""
    return "first:" + choice.split(":")[1].split(">")[0] if choice.startswith("ranking:") else choice


def join(sums, known):
    """Joins of whole choices, and of first preferences alone."""
    is_partial = [any(choice.startswith("first:") for choice in each.counts) for each in sums]
    partial = [each for each, only_first in zip(sums, is_partial) if only_first]
    whole = solve([each for each, only_first in zip(sums, is_partial) if not only_first], known)
    firsts = {voter: first_of(choice) for voter, choice in known.items()}
    firsts |= {voter: first_of(told.choice) for voter, told in whole.items()}
    return whole, solve(partial, firsts)


def judge(sums, known, truth):
    """One way, or all together: how many votes it joins and how many of these rightly."""
    whole, firsts = join(sums, known)
    told = {"joined": len(whole), **{how: 0 for how in ("alone", "alike", "crossed")}}
    told |= Counter(each.how for each in whole.values()) | {"first_preferences": len(firsts)}
    if truth:
        right = sum(truth.get(voter) == each.choice for voter, each in whole.items())
        told |= {"right": right, "wrong": len(whole) - right}
        told["first_preferences_right"] = sum(first_of(truth.get(voter, "")) == each.choice
                                              for voter, each in firsts.items())
    return told


def guess(truth, package):
    """How many would be right who always guessed the choice that most made, by ballot and region."""
    made = {}
    for voter, choice in truth.items():
        made.setdefault((voter.ballot, package.region(voter)), Counter())[choice] += 1
    return sum(max(counts.values()) for counts in made.values())


def read_choices(path, package):
    """voter -> choice of a file ballot,digest,choice; empty without a file."""
    rows = read_rows(path) if path else []
    return {package.by_digest[row["ballot"], row["digest"]]: row["choice"] for row in rows}


def attack(args):
    """All ways, each by itself and together."""
    package, ledger = Package(args.package), read_ledger(args.ledger)
    secret = args.key and read_secret(args.key)
    segments = {frame.segment[:3]: frame.segment for frame in ledger}
    contents = {place: content_keys(segment, secret) if secret else {} for place, segment in segments.items()}
    known, truth = read_choices(args.accomplices, package), read_choices(args.truth, package)
    shown = read_results(args.results) if args.results else {}
    exports = [read_export(path, package) for path in args.audit or []]
    releases = list(read_releases(args.releases)) if args.releases else []
    frames, masked, noticed = open_frames(ledger, package, contents, secret)
    opened, order = open_releases(releases, ledger, package, contents, secret)
    ways = {"frames": frames, "masked": masked, "releases": opened, "order": order,
            "results": result_sums(ledger, package, shown), "exports": export_sums(exports, package, shown)}
    ways = {way: [each for each in sums if each is not None] for way, sums in ways.items()}
    together = [each for sums in ways.values() for each in sums]
    together += result_sums(ledger, package, with_releases(shown, releases, opened))
    hands = sorted({hand for keys in contents.values() for _, hand in keys})
    report = {"format": ledger[0].segment.version, "key_opens": hands,
              "votes": sum(len(votes.voters) for frame in ledger for votes in frame.votes),
              "accomplices": len(known), **judge(together, known, truth)}
    report |= {"guess_right": guess(truth, package)} if truth else {}
    report["ways"] = {way: judge(sums, known, truth) for way, sums in ways.items()}
    report["noticed"] = {what: times for what, times in noticed.items() if times}
    report["releases_read"], report["releases_opened"] = len(releases), len(ways["releases"])
    report["receipts"] = look_at_receipts(args.receipts, ledger, package) if args.receipts else None
    return report


def text(report):
    """The report for people."""
    def line(name, told):
        hows = ", ".join(f"{told[how]} {how}" for how in ("alone", "alike", "crossed") if told[how])
        judged = f"; {told['right']} right, {told['wrong']} wrong" if "right" in told else ""
        firsts = f"; first preferences of {told['first_preferences']} more" if told["first_preferences"] else ""
        return f"  {name:<10}{told['joined']:>7}{' (' + hows + ')' if hows else ''}{judged}{firsts}"
    yield f"format version {report['format']}, the key opens: {', '.join(report['key_opens']) or 'nothing'}"
    yield f"joined {report['joined']} of {report['votes']} votes with who cast them"
    yield from (line(way, told) for way, told in report["ways"].items())
    yield line("together", report)
    if "guess_right" in report:
        yield f"  the choice that most made, guessed of everybody, is right for {report['guess_right']}"
    if report["releases_read"]:
        yield f"  releases: {report['releases_opened']} of {report['releases_read']} opened"
    yield from (f"  noticed: {what}: {times}" for what, times in report["noticed"].items())
    if told := report["receipts"]:
        yield f"  receipts: {told['in_their_frame']} of {told['given']} name the frame of their voter, " \
              f"{told['alone_in_it']} a frame of one vote"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ledger", "package"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    for name in ("key", "results", "receipts", "releases", "accomplices", "truth"):
        parser.add_argument(f"--{name}", type=pathlib.Path)
    parser.add_argument("--audit", type=pathlib.Path, nargs=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    report = attack(args)
    print(json.dumps(report) if args.json else "\n".join(text(report)))


if __name__ == "__main__":
    main()
