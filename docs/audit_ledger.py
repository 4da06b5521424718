#!/usr/bin/env python3
"""Walk one partition of a ledger without any of Scrutin's code: check every hash and the chain,
print votes per ballot. Nobody is marked twice. Choices stay sealed; with the event's package, which names
the voters' regions, their length is checked too: it follows from the marks; and so is whether each voter belongs
into this partition, so that nobody is marked in two of them. Needs the cbor2 package, and with a package
ledger_reader.py and seals.py beside this file.
Usage: audit_ledger.py data/ledger/p0000 [package]"""
import hashlib, json, pathlib, struct, sys
try:
    import cbor2
except ImportError:
    sys.exit("needs the package cbor2: pip install cbor2, or apt-get install python3-cbor2")

def sha256(data):
    return hashlib.sha256(data).digest()

def check(fits, path, offset, what):
    if not fits:
        sys.exit(f"{path}, byte {offset}: {what}")

def sealed_length(ballot, shards):
    voters = (ledger_reader.Voter(ballot, shard, ordinal) for shard, marks in shards.items() for ordinal in marks)
    return package.choices_bytes(ballot, package.by_region(voters)) + ledger_reader.TAG

directory = pathlib.Path(sys.argv[1] if len(sys.argv) in (2, 3) else sys.exit(__doc__))
if package := len(sys.argv) == 3:
    import ledger_reader
    package = ledger_reader.Package(pathlib.Path(sys.argv[2]))
segments = sorted(directory.glob("*.segment"))
if not segments:
    sys.exit(f"{directory}: no ledger here, not one *.segment: name a partition, such as data/ledger/p0000")
link, sequence, ballots, votes, duplicates, invalid, voted = bytes(32), 0, [], {}, 0, 0, {}
for number, path in enumerate(segments, 1):
    data = path.read_bytes()
    check(data[:8] == b"SCRLEDG2" and data[8:12] == b"\2\0\0\0", path, 0, "no segment of version 2")
    length, partition, count, own_number, first = struct.unpack_from("<IHHIQ", data, 12)
    header, at = data[:length], length
    check(length == 200 + 192 * count + 32, path, 12, "not two sealed keys a ballot")
    check(sha256(header[:-32]) == header[-32:], path, 0, "header hash")
    check((own_number, first) == (number, sequence + 1), path, 20, "a segment or frame is missing")
    check(header[168:200] == link, path, 168, "another history")
    link = header[-32:]
    ballots = [header[200 + 192 * b:232 + 192 * b].rstrip(b"\0").decode() for b in range(count)]
    while any(data[at:at + 4]):
        length, _, sequence_here, _ = struct.unpack_from("<IIQq", data, at)
        frame = data[at:at + length]
        check(len(frame) == length and sha256(frame[:-32]) == frame[-32:], path, at, "frame hash")
        check(sequence_here == sequence + 1, path, at, "a frame is missing")
        check(frame[24:56] == link, path, at, "another history")
        body = cbor2.loads(frame[60:-32])
        for ballot, shards in body["marks"].items():
            marks = sum(len(ordinals) for ordinals in shards.values())
            for shard, ordinals in shards.items():
                before = voted.setdefault((ballot, shard), set())
                check(before.isdisjoint(ordinals), path, at, "somebody voted a second time")
                before.update(ordinals)
                check(not package or package.partition(ballots[ballot], shard) == partition, path, at,
                      "votes that belong into another partition")
            chosen, sealed = body["choices"][ballot]
            check(marks == chosen, path, at, "marks differ from choices")
            check(not package or len(sealed) == sealed_length(ballots[ballot], shards), path, at,
                  "choices of another length than the marks ask for")
            votes[ballot] = votes.get(ballot, 0) + marks
        duplicates += sum(entry[3] for entry in body["attempts"]["duplicates"])
        invalid += sum(entry[2] for entry in body["attempts"]["invalid"])
        link, sequence, at = frame[-32:], sequence_here, at + length
    check(not any(data[at:]), path, at, "bytes behind the last frame")
print(json.dumps({"frames": sequence, "last_hash": link.hex(), "duplicates": duplicates, "invalid": invalid,
                  "votes": {name: votes.get(ballot, 0) for ballot, name in enumerate(ballots)}}))
