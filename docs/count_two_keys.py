#!/usr/bin/env python3
"""Count a ledger of format version 2 a second time, in plain Python and without any of Scrutin's code:
two runs, on the machines of the two hands, each with one key.

  count_two_keys.py release --ledger DIR --package DIR --key count.key --out DIR
      adds up masked counts and writes p0000.releases, ...: the same bytes as `tally release`
  count_two_keys.py count --ledger DIR --package DIR --key mask.key --releases DIR
      plans the same releases from the marks, takes the masks off, checks that each release sums to its
      votes, and prints as JSON what was released of each ballot: by region, of a law also for the whole
      country; until a ballot is closed, that is not every vote

No run takes both keys: whoever holds both can join who and what. Check the chain with audit_ledger.py and
the signatures of the package with minisign first; here only lengths, seals and sums are checked.
Needs the cbor2 package, and ledger_reader.py and seals.py beside this file."""
import argparse, datetime, hashlib, json, pathlib, struct, sys
from collections import Counter, namedtuple
import ledger_reader, seals

FORMAT, MODULUS, COUNTRY = "scrutin-releases/1", 2**32, -1
Row = namedtuple("Row", "sequence link votes sum")
Planned = namedtuple("Planned", "index scope first last link votes sum")


def refuse(what):
    sys.exit(f"count_two_keys: {what}")


def add(one, other):
    """The sum of two sums: of cells modulo 2^32; of rankings all records, and their witnesses modulo 2^128."""
    if isinstance(one, ledger_reader.Rankings):
        witnesses = (one.witnesses + other.witnesses) % 2**128
        return ledger_reader.Rankings(one.records + other.records, witnesses)
    return [(a + b) % MODULUS for a, b in zip(one, other, strict=True)]


# --- the plan: which votes are released together --------------------------------------------------

class Plan:
    """The releases of one partition: a function of its marks and of the signed event alone."""

    def __init__(self, package):
        event = package.event
        self.ballots = event["law"] + event["election"]
        self.ids = [ballot.get("id") or ballot["code"] for ballot in self.ballots]
        self.is_law = [ballot in package.laws for ballot in self.ids]
        instants = (datetime.datetime.fromisoformat(b["closes"].replace("Z", "+00:00")) for b in self.ballots)
        self.closes_ms = [round(1000 * instant.timestamp()) for instant in instants]
        self.rows, self.released, self.closed = {}, {}, set()

    def step(self, frame, sums):
        """Takes the next frame, with the sum of each (ballot, region) in it and how many voted there;
        returns what is released with it."""
        units = {}
        for (index, region), (votes, sum_) in sums.items():
            for unit in [(index, COUNTRY)] * self.is_law[index] + [(index, region)]:
                before = units.get(unit)
                units[unit] = (before[0] + votes, add(before[1], sum_)) if before else (votes, sum_)
        for unit, (votes, sum_) in units.items():
            self.rows.setdefault(unit, []).append(Row(frame.sequence, frame.link, votes, sum_))
        releases = [planned for unit in sorted(units) for planned in self._steps(unit)]
        for index, closes_ms in enumerate(self.closes_ms):
            if frame.time_ms >= closes_ms and index not in self.closed:
                self.closed.add(index)
                releases += [self._release(unit, len(self.rows[unit])) for unit in sorted(self.rows)
                             if unit[0] == index and self.rows[unit]]
        return releases

    def _steps(self, unit):
        """What is released of a unit while its ballot is open: a law for the whole country alone."""
        index, scope = unit
        if self.ballots[index]["results"] != "live" or (self.is_law[index] and scope != COUNTRY):
            return
        least = self.ballots[index]["release_min"]
        while frames := self._due(self.rows[unit], least, 0 if least == 1 else least):
            yield self._release(unit, frames)

    @staticmethod
    def _due(rows, least, behind):
        """The fewest oldest frames with `least` votes, if `behind` stay; else 0."""
        votes, all_votes = 0, sum(row.votes for row in rows)
        for frames, row in enumerate(rows, 1):
            votes += row.votes
            if votes >= least:
                return frames if all_votes - votes >= behind else 0
        return 0

    def _release(self, unit, frames):
        rows, self.rows[unit] = self.rows[unit][:frames], self.rows[unit][frames:]
        first, last = self.released.get(unit, 0) + 1, rows[-1]
        self.released[unit] = last.sequence
        total = rows[0].sum
        for row in rows[1:]:
            total = add(total, row.sum)
        return Planned(*unit, first, last.sequence, last.link.hex(), sum(row.votes for row in rows), total)


# --- both hands -----------------------------------------------------------------------------------

class Reading:
    """The ledger of an event, as the holder of one key reads it."""

    def __init__(self, args):
        self.package, self.hand = ledger_reader.Package(args.package), args.hand
        self.secret = ledger_reader.read_secret(args.key)
        public = seals.x25519(self.secret, seals.BASE_POINT).hex()
        if public != self.package.event[f"{args.hand}_key"]:
            refuse(f"{args.key} is not the {args.hand} key of this event")
        self.frames, self._keys = {}, {}
        for frame in ledger_reader.read_ledger(args.ledger):
            if frame.segment.version != 2 or frame.segment.manifest.hex() != self.package.manifest_sha256:
                refuse(f"{args.ledger} is the ledger of another package, or of another format")
            self.frames.setdefault(frame.segment.partition, []).append(frame)
        for frames in self.frames.values():
            frames.sort(key=lambda frame: frame.sequence)

    def content_key(self, frame, index):
        """What the header of the frame's segment seals to this hand, for one ballot."""
        place = frame.segment[:3]
        if place not in self._keys:
            self._keys[place] = ledger_reader.content_keys(frame.segment, self.secret, self.hand)
        key = self._keys[place].get((index, self.hand))
        return key or refuse(f"frame {frame.sequence}, ballot {index}: the content key does not open")

    def sums(self, frame, of_region):
        """Of each ballot and region in a frame how many voted, and what `of_region` makes of their votes."""
        found = {}
        for votes in frame.votes:
            ballot, by_region = votes.voters[0].ballot, self.package.by_region(votes.voters)
            length = self.package.choices_bytes(ballot, by_region)
            if len(votes.sealed) != length + ledger_reader.TAG:
                refuse(f"frame {frame.sequence}, ballot {votes.index}: {len(votes.sealed)} bytes of choices, "
                       f"the marks ask for {length + ledger_reader.TAG}")
            for region, sum_ in of_region(frame, votes, ballot, by_region):
                found[votes.index, region] = len(by_region[region]), sum_
        return found

    def header(self, partition):
        """The first line of a release file."""
        event = self.package.event
        return {"format": FORMAT, "event": event["id"], "manifest_sha256": self.package.manifest_sha256,
                "count_key": event["count_key"], "mask_key": event["mask_key"], "partition": partition}

    def planned(self, partition, of_region):
        """The releases of a partition, in their order."""
        plan = Plan(self.package)
        for frame in self.frames[partition]:
            yield from ((plan.ids[each.index], each) for each in plan.step(frame, self.sums(frame, of_region)))


def line(previous, number, ballot, planned):
    """A line of a release file, but for what is released."""
    return {"previous": hashlib.sha256(previous).hexdigest(), "number": number, "ballot": ballot,
            "scope": "country" if planned.scope == COUNTRY else planned.scope, "first_frame": planned.first,
            "last_frame": planned.last, "link": planned.link, "votes": planned.votes}


# --- the count hand -------------------------------------------------------------------------------

def release(args):
    """Writes what `tally release` writes."""
    reading = Reading(args)

    def masked(frame, votes, ballot, by_region):
        key = reading.content_key(frame, votes.index)
        plain, at = ledger_reader.open_choices(frame, votes, [key]), 0
        if plain is None:
            refuse(f"frame {frame.sequence}, ballot {votes.index}: the choices do not open")
        if reading.package.is_ranked(ballot):
            yield from ledger_reader.split_rankings(plain, reading.package, ballot, by_region)
            return
        for region in by_region:
            cells = len(reading.package.paper(ballot, region))
            yield region, list(struct.unpack_from(f"<{cells}I", plain, at))
            at += 4 * cells

    args.out.mkdir(parents=True, exist_ok=True)
    for partition in reading.frames:
        lines = [json.dumps(reading.header(partition), separators=(",", ":")).encode()]
        for ballot, planned in reading.planned(partition, masked):
            told = line(lines[-1], len(lines), ballot, planned)
            if reading.package.is_ranked(ballot):
                told["records"] = sorted(record.hex() for record in planned.sum.records)
                told["witnesses"] = planned.sum.witnesses.to_bytes(ledger_reader.WITNESS, "little").hex()
            else:
                told["sums"] = planned.sum
            lines.append(json.dumps(told, separators=(",", ":")).encode())
        (args.out / f"p{partition:04}.releases").write_bytes(b"".join(each + b"\n" for each in lines))
        print(f"partition {partition}: {len(lines) - 1} releases, SHA-256 of the last "
              f"{hashlib.sha256(lines[-1]).hexdigest()}")


# --- the mask hand --------------------------------------------------------------------------------

def released_counts(reading, where, ballot, planned, told):
    """The votes of a release: its sums less their masks, or its rankings."""
    package, counts = reading.package, Counter()
    if package.is_ranked(ballot):
        candidates, manifest = package.standing(ballot, planned.scope), bytes.fromhex(package.manifest_sha256)
        if told["records"] != sorted(set(told["records"])):
            refuse(f"{where}: its records are not in ascending order, each once")
        witnesses = int.from_bytes(bytes.fromhex(told["witnesses"]), "little") - planned.sum.witnesses
        for record in told["records"]:
            opened = ledger_reader.ranking(reading.secret, manifest, planned.index, candidates, planned.scope,
                                           bytes.fromhex(record))
            if opened is None:
                refuse(f"{where}: a ranking does not open, or is none that the ballot paper offers")
            ranked, witness = opened
            witnesses -= witness
            counts["ranking:" + ">".join(map(str, ranked))] += 1
        if witnesses % 2**128:
            refuse(f"{where}: its rankings are not those of its frames")
    else:
        paper = package.paper(ballot, planned.scope)
        unmasked = zip(paper, told["sums"], planned.sum, strict=True)
        counts.update({choice: (sum_ - mask) % MODULUS for choice, sum_, mask in unmasked})
    if counts.total() != planned.votes:
        refuse(f"{where}: {counts.total()} votes came of {planned.votes} marks")
    return +counts


def count(args):
    """Prints what was released, counted."""
    reading = Reading(args)

    def masks(frame, votes, ballot, by_region):
        for region in by_region:
            key = reading.content_key(frame, votes.index)
            if reading.package.is_ranked(ballot):
                mask = ledger_reader.witness_mask(key, region, frame.sequence)
                yield region, ledger_reader.Rankings([], mask)
            else:
                cells = len(reading.package.paper(ballot, region))
                yield region, list(ledger_reader.masks(key, region, frame.sequence, cells))

    totals, marks = {}, Counter()
    for partition, frames in reading.frames.items():
        marks.update(voter.ballot for frame in frames for votes in frame.votes for voter in votes.voters)
        path = args.releases / f"p{partition:04}.releases"
        lines = path.read_bytes().splitlines()
        if not lines or json.loads(lines[0]) != reading.header(partition):
            refuse(f"{path} holds releases of another event, package or partition")
        number = 0
        for number, (ballot, planned) in enumerate(reading.planned(partition, masks), 1):
            where = f"{path} line {number + 1}"
            told = json.loads(lines[number]) if number < len(lines) else refuse(f"{where} is missing")
            expected = line(lines[number - 1], number, ballot, planned)
            if {name: told.get(name) for name in expected} != expected:
                refuse(f"{where} is not the release that the marks of this ledger ask for: {expected}")
            counts = released_counts(reading, where, ballot, planned, told)
            totals.setdefault((ballot, expected["scope"]), Counter()).update(counts)
        if len(lines) > number + 1:
            refuse(f"{path} line {number + 2} releases what this ledger does not have")
    rows = [{"ballot_id": ballot, "scope": scope, "choice": choice, "votes": votes}
            for (ballot, scope), counts in totals.items() for choice, votes in sorted(counts.items())]
    print(json.dumps({"votes": dict(marks), "released": rows}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    runs = parser.add_subparsers(required=True)
    for run, hand, further in ((release, "count", "--out"), (count, "mask", "--releases")):
        command = runs.add_parser(run.__name__, help=f"with the {hand} key", allow_abbrev=False)
        command.set_defaults(run=run, hand=hand)
        for name in ("--ledger", "--package", "--key", further):
            command.add_argument(name, type=pathlib.Path, required=True, action=Once)
    args = parser.parse_args()
    args.run(args)


class Once(argparse.Action):
    """An option that may stand once: of two keys the last would win, and nobody may have both."""

    def __call__(self, parser, namespace, value, option):
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} stands twice; no run takes the keys of both hands")
        setattr(namespace, self.dest, value)


if __name__ == "__main__":
    main()
