"""Does the attacker of docs/attack_join.py see what it should, and only that? A ledger of format version 2
is written here, after its description and without any of Scrutin's code: as it should be, and with the
mistakes that a writer could make, each of which must be noticed. attack_join.rs runs this."""
import contextlib, hmac, io, json, pathlib, random, struct, sys, tempfile, types, unittest
import cbor2

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "docs"))
import attack_join, ledger_reader, seals

EVENT, MANIFEST = b"T-2", bytes(range(32))
BALLOTS = ("L-1", "E-1", "E-2")
COUNT_SECRET, MASK_SECRET = bytes([3] * 32), bytes([5] * 32)
PUBLIC = {secret: seals.x25519(secret, seals.BASE_POINT) for secret in (COUNT_SECRET, MASK_SECRET)}
VOTERS = 60


class Election:
    """60 voters in two regions, each alone in a frame of each ballot; faults are named by `mistakes`."""

    def __init__(self, directory, *mistakes, unanimous=False):
        self.directory, self.mistakes, self.rng = directory, mistakes, random.Random(7)
        self.regions = [1 + at % 2 for at in range(VOTERS)]
        self.truth, self.releases, self.frames = {}, [], []
        self.unanimous = unanimous
        self._write_package()
        self.keys = {(b, hand): self.rng.randbytes(32) for b in range(3) for hand in ("count", "mask")}
        if "one key for all ballots" in mistakes:
            self.keys |= {(b, "count"): self.keys[0, "count"] for b in range(3)}
        votes = [(b, ordinal) for ordinal in range(VOTERS) for b in range(3)]
        self.rng.shuffle(votes)
        self.sealed = [self._frame(sequence, *vote) for sequence, vote in enumerate(votes, 1)]
        self._write_ledger()

    def paper(self, ballot, region):
        if ballot == 0:
            return ["oui", "non", "blanc"]
        # Of the ranked ballot, the candidates whom a ranking names first.
        return [f"candidate:{number}" for number in ((1, 2, 4) if region == 1 else (5, 6, 7, 8))]

    def _write_package(self):
        def candidate(number):
            return {"number": number, "region": 1 + number // 5, "status": "withdrawn" if number == 3 else "active"}
        candidates = [candidate(n) for n in range(1, 9)]
        elections = [{"code": code, "method": method, "max_ranks": 3, "candidate": candidates}
                     for code, method in (("E-1", "single_choice"), ("E-2", "ranked_choice"))]
        event = {"law": [{"id": "L-1", "allow_blank": True}], "election": elections}
        (self.directory / "election.json").write_text(json.dumps(event))
        ballots = [{"id": ballot, "shards": [{}]} for ballot in BALLOTS]
        (self.directory / "manifest.json").write_text(json.dumps({"ballots": ballots}))
        for index, ballot in enumerate(BALLOTS):
            shard = self.directory / "shards" / ballot
            shard.mkdir(parents=True)
            (shard / "0000.dig").write_bytes(bytes(64) + b"".join(bytes.fromhex(self.digest(index, o))
                                                                  for o in range(VOTERS)))
            (shard / "0000.reg").write_bytes(bytes(20) + struct.pack("<I", 1) + bytes(40) + bytes(self.regions))

    def digest(self, ballot, ordinal):
        return f"{ballot:02x}{ordinal:030x}"

    def _choice(self, ballot, region):
        if self.unanimous and region == 2:
            return 1
        return self.rng.randrange(len(self.paper(ballot, region)))

    def _masks(self, ballot, region, sequence, cells):
        if "no masks" in self.mistakes:
            return [0] * cells
        if "masks alike" in self.mistakes:
            return [self.rng.randrange(2**32)] * cells
        key = self.keys[ballot, "count" if "masks of the count key" in self.mistakes else "mask"]
        sequence = 1 if "masks used twice" in self.mistakes else sequence
        stream = seals.keystream(key, struct.pack("<IQ", region, sequence), 4 * cells)
        return struct.unpack(f"<{cells}I", stream)

    def _cells(self, sequence, ballot, ordinal, region):
        paper, chosen = self.paper(ballot, region), self._choice(ballot, region)
        self.truth[ballot, ordinal] = paper[chosen]
        masks = self._masks(ballot, region, sequence, len(paper))
        cells = [(mask + (at == chosen)) % 2**32 for at, mask in enumerate(masks)]
        self.frames.append((sequence, ballot, region, cells))
        return struct.pack(f"<{len(cells)}I", *cells)

    def _record(self, sequence, ordinal, region):
        """A ranking of two of the region's candidates, on a paper of three ranks, and its masked witness."""
        standing = [1, 2, 4] if region == 1 else [5, 6, 7, 8]
        first = self._choice(2, region)
        ranks = [1 + first, 1 + (first + 1) % len(standing), 0]
        self.truth[2, ordinal] = "ranking:" + ">".join(str(standing[rank - 1]) for rank in ranks[:2])
        again = "one key for all records" in self.mistakes
        ephemeral = bytes([11] * 32) if again else self.rng.randbytes(32)
        encapsulated = seals.x25519(ephemeral, seals.BASE_POINT)
        shared = seals.x25519(ephemeral, self._public("mask"))
        key, witness = ledger_reader.ranking_secrets(shared, encapsulated, MANIFEST, 2, region)
        record = encapsulated + seals.seal(key, bytes(12), b"", struct.pack("<3H", *ranks))
        mask = ledger_reader.witness_mask(self.keys[2, "mask"], region, sequence)
        self.frames.append((sequence, 2, region, record))
        return record + ((witness + mask) % 2**128).to_bytes(16, "little") + bytes(ordinal % 3 if "lengths of rankings" in self.mistakes else 0)

    def _frame(self, sequence, ballot, ordinal):
        region = self.regions[ordinal]
        plain = self._record(sequence, ordinal, region) if ballot == 2 else self._cells(sequence, ballot, ordinal, region)
        place = struct.pack("<HIQH", 0, 1, sequence, ballot)
        sealed = seals.seal(self.keys[ballot, "count"], bytes(4) + struct.pack("<Q", sequence),
                            b"scrutin.v2 choices" + place, plain)
        body = {"marks": {ballot: {0: [ordinal]}}, "choices": {ballot: [1, sealed]},
                "attempts": {"invalid": [], "duplicates": []}, "trackers": bytes(16)}
        content = cbor2.dumps(body)
        return struct.pack("<IIQq", 92 + len(content), 1, sequence, 1000 * sequence) + bytes(36) + content + bytes(32)

    def _public(self, hand):
        return PUBLIC[COUNT_SECRET if hand == "count" or "one holder" in self.mistakes else MASK_SECRET]

    def _sealed_key(self, ballot, hand):
        info = ledger_reader.KEY_LABELS[hand] + MANIFEST + struct.pack("<HIIH", 0, 1, 1, ballot) + EVENT
        return b"".join(seals.hpke_seal(self._public(hand), info, self.keys[ballot, hand], self.rng.randbytes(32)))

    def _write_ledger(self):
        ballots = b"".join(BALLOTS[b].encode().ljust(32, b"\0") + self._sealed_key(b, "count")
                           + self._sealed_key(b, "mask") for b in range(3))
        fixed = b"SCRLEDG2" + struct.pack("<IIHHIQII", 2, 232 + len(ballots), 0, 3, 1, 1, 1, 0)
        fixed += EVENT.ljust(32, b"\0") + MANIFEST + bytes(96)
        partition = self.directory / "ledger" / "p0000"
        partition.mkdir(parents=True)
        segment = fixed + ballots + bytes(32) + b"".join(self.sealed) + bytes(512)
        (partition / "00000001.segment").write_bytes(segment)

    def release(self, k):
        """Writes releases of k votes: the law's for the country, the elections' by region."""
        lines = [{"format": "header"}]
        for ballot, scope in ((0, "country"), (1, 1), (1, 2), (2, 1), (2, 2)):
            own = [f for f in self.frames if f[1] == ballot and scope in ("country", f[2])]
            for at in range(0, len(own), k):
                taken = own[at:at + k]
                lines.append({"ballot": BALLOTS[ballot], "scope": scope, "first_frame": taken[0][0],
                              "last_frame": taken[-1][0], "votes": len(taken), **self._released(ballot, taken)})
        (self.directory / "p0000.releases").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def _released(self, ballot, taken):
        if ballot < 2:
            return {"sums": [sum(column) % 2**32 for column in zip(*(cells for *_, cells in taken))]}
        records = [record.hex() for *_, record in taken]
        return {"records": records if "releases not shuffled" in self.mistakes else sorted(records)}

    def choices(self, name, ordinals=range(VOTERS), ballots=range(3)):
        rows = [f"{BALLOTS[b]},{self.digest(b, o)},{self.truth[b, o]}\n" for b in ballots for o in ordinals]
        (self.directory / name).write_text("ballot,digest,choice\n" + "".join(rows))
        return self.directory / name

    def attack(self, secret, **more):
        key = self.directory / "secret.key"
        key.write_text(f"tag:{secret.hex()}:00000000\n")
        given = {"ledger": self.directory / "ledger", "package": self.directory, "key": key, "results": None,
                 "receipts": None, "releases": None, "accomplices": None, "audit": None,
                 "truth": self.choices("truth.csv")}
        return attack_join.attack(types.SimpleNamespace(**(given | more)))


class TwoHands(unittest.TestCase):
    def election(self, *mistakes, **more):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return Election(pathlib.Path(directory.name), *mistakes, **more)

    def test_the_count_hand_joins_nothing(self):
        election = self.election()
        election.release(20)
        told = election.attack(COUNT_SECRET, releases=election.directory)
        self.assertEqual((told["format"], told["key_opens"], told["votes"]), (2, ["count"], 180))
        self.assertEqual((told["joined"], told["releases_opened"]), (0, 0))
        self.assertEqual(told["noticed"], {"sealed choices opened": 180})

    def test_the_mask_hand_opens_no_frame(self):
        told = self.election().attack(MASK_SECRET)
        self.assertEqual((told["key_opens"], told["joined"], told["noticed"]), (["mask"], 0, {}))

    def test_another_key_opens_nothing(self):
        told = self.election().attack(bytes([9] * 32))
        self.assertEqual((told["key_opens"], told["joined"]), ([], 0))

    def test_the_mask_hand_sees_sums_of_k_votes(self):
        election = self.election()
        election.release(20)
        told = election.attack(MASK_SECRET, releases=election.directory)
        self.assertEqual((told["releases_read"], told["releases_opened"], told["joined"]), (11, 11, 0))

    def test_releases_of_one_vote_tell_all(self):
        election = self.election()
        election.release(1)
        told = election.attack(MASK_SECRET, releases=election.directory)
        self.assertEqual((told["ways"]["releases"]["alone"], told["right"], told["wrong"]), (180, 180, 0))

    def test_rankings_that_are_not_shuffled_tell(self):
        election = self.election("releases not shuffled")
        election.release(20)
        told = election.attack(MASK_SECRET, releases=election.directory)
        self.assertEqual((told["ways"]["order"]["alone"], told["right"], told["wrong"]), (60, 60, 0))
        told = election.attack(COUNT_SECRET, releases=election.directory)
        self.assertEqual((told["joined"], told["releases_opened"]), (0, 0))

    def test_unanimity_tells(self):
        election = self.election(unanimous=True)
        election.release(20)
        told = election.attack(MASK_SECRET, releases=election.directory)
        self.assertEqual((told["joined"], told["alike"], told["right"]), (60, 60, 60))

    def test_accomplices_expose_the_last_of_a_release(self):
        election = self.election()
        election.release(20)
        accomplices = election.choices("accomplices.csv", range(1, VOTERS), (0,))
        told = election.attack(MASK_SECRET, releases=election.directory, accomplices=accomplices)
        self.assertEqual((told["accomplices"], told["joined"], told["crossed"], told["right"]), (59, 1, 1, 1))

    def test_mistakes_of_the_writer_are_joined(self):
        for mistake, joined in (("no masks", 120), ("masks of the count key", 120), ("masks alike", 120),
                                ("masks used twice", 120)):
            told = self.election(mistake).attack(COUNT_SECRET)
            self.assertEqual((told["ways"]["masked"]["joined"], told["wrong"]), (joined, 0), mistake)
        told = self.election("one holder").attack(COUNT_SECRET)
        self.assertEqual((told["key_opens"], told["ways"]["frames"]["right"]), (["count", "mask"], 180))

    def test_what_should_differ_and_does_not_is_noticed(self):
        for mistake, what, times in (("one key for all ballots", "content keys used twice", 2),
                                     ("one key for all records", "encapsulated keys used twice", 59),
                                     ("lengths of rankings", "lengths that do not follow from the marks", 40)):
            noticed = self.election(mistake).attack(COUNT_SECRET)["noticed"]
            self.assertEqual(noticed.get(what), times, mistake)

    def test_results_and_exports_that_step_by_one_tell(self):
        election = self.election()
        marked = [cbor2.loads(frame[60:-32])["marks"] for frame in election.sealed]
        ordinals = [marks[0][0][0] for marks in marked if 0 in marks]
        rows, counts = [], {"oui": 0, "non": 0, "blanc": 0}
        for at, ordinal in enumerate(ordinals, 1):
            counts[election.truth[0, ordinal]] += 1
            if at in (20, 40, 41, 60):
                rows.append(json.dumps({"ballot": "L-1", "region": None, "counts": dict(counts)}) + "\n")
        results = election.directory / "results.jsonl"
        results.write_text("".join(rows))
        exports = []
        for upto in (40, 41):
            exports.append(election.directory / f"{upto}.csv")
            lines = [f"L-1,{election.digest(0, ordinal)},accepted\n" for ordinal in sorted(ordinals[:upto])]
            exports[-1].write_text("ballot_id,digest,status\n" + "".join(lines))
        told = election.attack(bytes([9] * 32), results=results, audit=exports)
        for way in ("results", "exports"):
            self.assertEqual((told["ways"][way]["alone"], told["ways"][way]["right"]), (1, 1), way)

    def test_the_report_is_told_in_words(self):
        election = self.election("no masks")
        election.release(20)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            print("\n".join(attack_join.text(election.attack(COUNT_SECRET, releases=election.directory))))
        self.assertIn("joined 120 of 180 votes", out.getvalue())


class Seals(unittest.TestCase):
    """The examples of the standards."""

    def test_rfc_8439_2_8_2(self):
        key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
        plain = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                 b"sunscreen would be it.")
        sealed = seals.seal(key, nonce, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), plain)
        self.assertEqual(sealed[-16:].hex(), "1ae10b594f09e26a7e902ecbd0600691")
        self.assertEqual(seals.unseal(key, nonce, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), sealed), plain)
        self.assertIsNone(seals.unseal(key, nonce, b"", sealed))

    def test_rfc_7748_5_2(self):
        scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
        point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
        self.assertEqual(seals.x25519(scalar, point).hex(),
                         "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")


if __name__ == "__main__":
    unittest.main()
