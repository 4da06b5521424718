#!/usr/bin/env python3
"""Play a count hand that lies: make a release that shows how one voter ranked.

Whoever holds the count key opens every frame, so a frame of one vote tells which sealed ranking is whose, and
anybody can seal rankings to the public mask key. So the forger keeps one voter's ranking in a release and puts
rankings of its own in the place of all others, each the same one: what the mask hand then counts beside these
is the voter's. The mask hand must refuse such a release and tell nothing of it: each ranking has a witness
that only its submitter and the mask hand know, and a release tells their masked sum, which the forger
cannot change by the right amount.

Usage: attack_forge.py --ledger DIR --package DIR --key count.key --releases DIR --out DIR

Takes the first voter who is alone in a frame of a ranked ballot that is released with others, writes the
forged releases to --out, and prints as JSON whose ranking is to be learned, and what the rankings put beside
it say. Then count with --releases OUT. Needs the cbor2 package, and ledger_reader.py and seals.py beside this
file."""
import argparse, hashlib, json, os, pathlib, struct, sys
import ledger_reader, seals


def own_record(mask_key, manifest, index, region, ranks):
    """A record that ranks the first candidate alone, sealed to the mask key."""
    ephemeral = os.urandom(32)
    public = seals.x25519(ephemeral, seals.BASE_POINT)
    shared = seals.x25519(ephemeral, mask_key)
    key, _ = ledger_reader.ranking_secrets(shared, public, manifest, index, region)
    return public + seals.seal(key, bytes(12), b"", struct.pack(f"<{ranks}H", 1, *[0] * (ranks - 1)))


def record_of(frame, votes, package, secret):
    """The sealed ranking of a voter who is alone in that frame on that ballot."""
    contents = ledger_reader.content_keys(frame.segment, secret, "count")
    plain = ledger_reader.open_choices(frame, votes, contents.values())
    if plain is None:
        sys.exit("the choices do not open: is this the count key of the event?")
    voter = votes.voters[0]
    return plain[:package.record_bytes(voter.ballot, package.region(voter))]


def target(frames, releases, package):
    """A release of several rankings, and a frame of it that holds one of them."""
    for at, release in enumerate(releases):
        if not release.get("records") or release["votes"] < 2:
            continue
        for frame in frames:
            if not release["first_frame"] <= frame.sequence <= release["last_frame"]:
                continue
            for votes in frame.votes:
                voter = votes.voters[0]
                here = voter.ballot, package.region(voter)
                if len(votes.voters) == 1 and here == (release["ballot"], release["scope"]):
                    return at, frame, votes
    sys.exit("no release of several rankings with a frame of one vote")


def forge(args):
    """The lines of a release file with one release forged, and what is to be learned of it."""
    package, secret = ledger_reader.Package(args.package), ledger_reader.read_secret(args.key)
    path = args.releases / "p0000.releases"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    frames = [frame for frame in ledger_reader.read_ledger(args.ledger) if frame.segment.partition == 0]
    at, frame, votes = target(frames, lines, package)
    release, voter = lines[at], votes.voters[0]
    kept, region = record_of(frame, votes, package, secret), release["scope"]
    if kept.hex() not in release["records"]:
        sys.exit("the release does not hold the record of its frame")
    mask_key = bytes.fromhex(package.event["mask_key"])
    ranks = (len(kept) - ledger_reader.EPHEMERAL - ledger_reader.TAG) // ledger_reader.RANK
    place = frame.segment.manifest, votes.index, region, ranks
    own = [own_record(mask_key, *place) for _ in range(release["votes"] - 1)]
    release["records"] = sorted(record.hex() for record in [kept, *own])
    texts = []
    for line in lines:
        if texts:
            line["previous"] = hashlib.sha256(texts[-1].encode()).hexdigest()
        texts.append(json.dumps(line, separators=(",", ":")))
    digest = next(digest for (_, digest), each in package.by_digest.items() if each == voter)
    told = {"ballot": voter.ballot, "region": region, "digest": digest, "line": at + 1, "own": len(own),
            "own_ranking": [package.standing(voter.ballot, region)[0]]}
    return texts, told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ledger", "package", "key", "releases", "out"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    args = parser.parse_args()
    texts, told = forge(args)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "p0000.releases").write_text("".join(text + "\n" for text in texts))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
