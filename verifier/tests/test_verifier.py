"""What the verifier must refuse, each on a tiny election that is in order but for that."""
import contextlib
import hashlib
import io
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from verifier import __main__ as program
from verifier.basics import Refused, crc32c, is_signed, is_small
from verifier.package import read_officer, read_package
from verifier.plan import Part, Release
from verifier.releases import Hand
from verifier.results import has_share, percentage
from verifier.tests import election as made
from verifier.tests.election import (CLOSES, LAW, OPENS, RACE, Election, content_key, draw, log_of, merkle, private,
                                     sealed_vote, sound, sound_frames, verifier_key, with_releases, write_releases)
from verifier.tree import Tree, leaf_hash, root_above

ROOT = Path(__file__).parents[2]
body = Election.body


class Case(unittest.TestCase):
    """A directory for each test, and runs of the verifier on what is in it."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="verifier-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def sound(self, **named):
        return sound(self.directory / "files", **named)

    def run_on(self, election, *more):
        """What the verifier prints; raises what it refuses."""
        words = ["verifier", "--package", election.package, "--trust", election.root / "officer-1.pub", "--ledger",
                 election.ledger, *more]
        printed = io.StringIO()
        with mock.patch.object(sys, "argv", list(map(str, words))), contextlib.redirect_stdout(printed):
            program.Audit(program.arguments()).run()
        return printed.getvalue()

    def refused(self, election, told, *more):
        """The verifier refuses, and names what the test expects."""
        with self.assertRaises(Refused) as caught:
            self.run_on(election, *more)
        message = "{}: {}. {}".format(*caught.exception.args)
        self.assertIn(told, message)
        return message


class Sound(Case):
    def test_a_sound_election_holds_and_says_what_was_checked(self):
        told = self.run_on(self.sound())
        for part in ("signed by officer-1.pub", "5 frames", "LAW: 3 votes of 16", "RACE: 5 votes of 16", "voting is over",
                     "at size 5, cosigned by paper on 2026-01-01 00:01:00 UTC, university"):
            self.assertIn(part, told)
        self.assertNotIn("NOBODY", told)

    def test_without_a_log_it_says_that_nobody_has_vouched(self):
        self.assertIn("NOBODY OUTSIDE HAS VOUCHED", self.run_on(self.sound(log=False)))

    def test_as_a_program_it_exits_with_a_verdict(self):
        election = self.sound()
        words = [sys.executable, "-m", "verifier", "--package", election.package, "--ledger", election.ledger]
        trust = ["--trust", election.root / "officer-1.pub"]
        for more, code, told in ((trust, 0, "HOLDS"), ([*trust, "--require", "2"], 1, "BROKEN"), ([], 2, "usage"),
                                 ([*trust, "--count-key", "a", "--mask-key", "b"], 2, "both keys"),
                                 (["--trust", "missing.pub"], 1, "CANNOT READ")):
            ended = subprocess.run(words + more, cwd=ROOT, capture_output=True, text=True)
            self.assertEqual(ended.returncode, code, ended.stderr)
            self.assertIn(told, ended.stdout + ended.stderr)

    def test_a_ledger_without_frames_holds_at_size_zero(self):
        election = self.sound()
        election.write([])
        election.publish()
        self.assertIn("0 frames", self.run_on(election))


class Bytes(Case):
    def test_every_flipped_byte_is_refused(self):
        election, flipped = self.sound(), 0
        for path in sorted([*election.package.rglob("*"), *election.partition.iterdir()]):
            data = path.read_bytes() if path.is_file() else b""
            for at in range(len(data)):
                path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:])
                with self.assertRaises(Refused, msg=f"{path}, byte {at}"):
                    self.run_on(election)
                flipped += 1
            if data:
                path.write_bytes(data)
        self.run_on(election)
        self.assertGreater(flipped, 5_000)

    def test_every_cut_of_the_last_segment_is_refused(self):
        election = self.sound()
        (election.partition / "acknowledged").unlink()
        path = election.partition / "00000002.segment"
        data = path.read_bytes().rstrip(b"\0")
        for at in range(len(data)):
            path.write_bytes(data[:at])
            with self.assertRaises(Refused, msg=f"cut at {at}"):
                self.run_on(election)
        path.write_bytes(data)
        self.run_on(election)

    def test_a_missing_or_renamed_segment_is_refused(self):
        election = self.sound()
        first, second = (election.partition / f"0000000{number}.segment" for number in (1, 2))
        second.rename(election.partition / "00000003.segment")
        self.refused(election, "segment 2 should stand here")
        (election.partition / "00000003.segment").rename(second)
        first.unlink()
        self.refused(election, "segment 1 should stand here")

    def test_headers_of_another_election_are_refused(self):
        election, header = self.sound(log=False), Election.header
        for changed, told in (({"event": b"T-2027"}, "another event"), ({"manifest": bytes(32)}, "another event"),
                              ({"count": bytes(32)}, "another event"), ({"mask": bytes(32)}, "another event"),
                              ({"partition": 1}, "another event"), ({"ballots": [b"RACE", b"LAW"]}, "another event"),
                              ({"ballots": [b"LAW"]}, "another event"), ({"number": 2}, "does not follow"),
                              ({"first": 2}, "does not follow"), ({"previous": bytes(31) + b"1"}, "does not follow"),
                              ({"zero": 1}, "does not follow"), ({"version": 3}, "no segment"),
                              ({"magic": b"SCRLEDG1"}, "no segment")):
            with mock.patch.object(election, "header", lambda *args: header(election, *args, changed)):
                election.write([[]])
            with self.subTest(changed):
                self.refused(election, told)

    def test_an_epoch_goes_not_back(self):
        election = self.sound(log=False)
        header = Election.header
        with mock.patch.object(election, "header", lambda number, *args: header(
                election, number, *args[:2], 2 - number)):
            election.write([[], []])
        self.refused(election, "does not follow")

    def test_a_frame_follows_the_one_before(self):
        """Its hashes are made anew, so that nothing but its place is wrong."""
        election, frame = self.sound(log=False), Election.frame
        votes = [(OPENS, body({LAW: [1]}, "a")), (OPENS, body({LAW: [2]}, "b"))]
        for changed, told in ((lambda n, t, p, e, b: (n, t, bytes(32), e, b), "does not follow"),
                              (lambda n, t, p, e, b: (n + n // 2, t, p, e, b), "does not follow"),
                              (lambda n, t, p, e, b: (n, t, p, e + n // 2, b), "does not follow"),
                              (lambda n, t, p, e, b: (n, t, p, e, b, 7), "length or checksum"),
                              (lambda n, t, p, e, b: (n, t, p, e, b), "")):
            with mock.patch.object(election, "frame", lambda *args: frame(*changed(*args))):
                election.write([votes])
            if told:
                self.refused(election, told)
        self.run_on(election)

    def test_the_sidecar_names_a_frame_that_is_there(self):
        election = self.sound()
        election.acknowledge(6, bytes(32))
        self.refused(election, "voters were answered for frame 6")
        election.acknowledge(5, bytes(32))
        self.refused(election, "voters were answered for frame 5")
        election.acknowledge(4, election.frames[3][0])
        self.run_on(election)

    def test_a_partition_that_there_is_not_is_refused(self):
        election = self.sound()
        shutil.copytree(election.partition, election.ledger / "p0001")
        self.refused(election, "none of the 1 partitions")
        shutil.rmtree(election.ledger)
        self.refused(election, "there is no such partition")


class Bodies(Case):
    def of(self, frame):
        """An election of one frame without a log."""
        election = getattr(self, "election", None) or self.sound(log=False)
        self.election = election
        election.write([[frame]])
        return election

    def test_a_body_has_one_form(self):
        whole = body({LAW: [1, 2]}, "x", invalid=[(1, None, 2)])
        data = cbor2.dumps(whole)
        self.run_on(self.of((OPENS, data)))
        unordered = {name: whole[name] for name in ("choices", "marks", "attempts", "trackers")}
        for changed in (data + b"\0", data[:-1], data.replace(b"\x82\x01\x02", b"\x82\x18\x01\x02"), b"", b"\xff",
                        b"\xbf" + data[1:] + b"\xff", cbor2.dumps(unordered), b"\x9f" * 9_000,
                        data.replace(b"\x82\x01\x02", b"\x82\x02\x01"), data.replace(b"\x82\x01\x02", b"\x82\xf5\x02"),
                        data.replace(b"\x82\x01\x02", b"\x82\x01\x01"), cbor2.dumps(whole | {"more": 1}),
                        data.replace(b"\x82\x01\x02", b"\x82\xf9\x3c\x00\x02"),
                        data.replace(b"\x82\x01\x02", b"\x82\xc2\x41\x01\x02")):
            with self.subTest(changed):
                self.refused(self.of((OPENS, changed)), "the frame's body")

    def test_marks_choices_and_trackers_are_as_many(self):
        for changed, told in (({"choices": {0: [2, bytes(28)]}}, "the frame's body"),
                              ({"choices": {1: [1, bytes(28)]}}, "the frame's body"), ({"choices": {}}, "the frame's body"),
                              ({"trackers": bytes(32)}, "the frame's body"), ({"trackers": b""}, "the frame's body"),
                              ({"trackers": bytes(15)}, "the frame's body"), ({"marks": {0: {}}}, "the frame's body"),
                              ({"marks": {0: {0: []}}}, "the frame's body"), ({"marks": {-1: {0: [1]}}}, "the frame's body"),
                              ({"attempts": {"invalid": [[1, None, 0]], "duplicates": []}}, "the frame's body"),
                              ({"attempts": {"invalid": [[9, None, 1]], "duplicates": []}}, "no known reason"),
                              ({"attempts": {"invalid": [[1, 7, 1]], "duplicates": []}}, "no known reason"),
                              ({"attempts": {"invalid": [[2, 0, 1], [1, 0, 1]], "duplicates": []}}, "the frame's body"),
                              ({"attempts": {"invalid": [], "duplicates": [[0, 0, 2, 1]]}}, "has not voted"),
                              ({"attempts": {"invalid": [], "duplicates": [[0, 3, 2, 1]]}}, "has not voted"),
                              ({"attempts": {"invalid": [], "duplicates": [[-2, 0, 1, 1]]}}, "the frame's body"),
                              ({"attempts": {"invalid": [], "duplicates": [[None, 0, 1, 1]]}}, "the frame's body"),
                              ({"attempts": {"invalid": [[1, -1, 1]], "duplicates": []}}, "the frame's body"),
                              ({"attempts": {"invalid": [[None, 0, 1]], "duplicates": []}}, "the frame's body"),
                              ({"attempts": {"invalid": [[1, None, 1], [1, None, 1]], "duplicates": []}}, "the frame's body"),
                              ({"attempts": {"invalid": [[1, None, True]], "duplicates": []}}, "the frame's body"),
                              ({"attempts": {"invalid": 7, "duplicates": []}}, "the frame's body"),
                              ({"choices": {False: [1, bytes(28)]}}, "the frame's body")):
            with self.subTest(changed):
                self.refused(self.of((OPENS, body({LAW: [1]}, "x") | changed)), told)
        pair = body({LAW: [1, 2]}, "x")
        turned = pair["trackers"][16:] + pair["trackers"][:16]
        for trackers in turned, pair["trackers"][:16] * 2:
            self.refused(self.of((OPENS, pair | {"trackers": trackers})), "the frame's body")

    def test_the_length_of_what_is_sealed_follows_from_the_marks(self):
        for ballot, ordinals in ((LAW, [1]), (RACE, [1, 2])):
            whole = body({ballot: ordinals}, "x")
            self.run_on(self.of((OPENS, whole)))
            count, sealed = whole["choices"][ballot]
            for other in sealed + b"1", sealed[1:]:
                self.refused(self.of((OPENS, whole | {"choices": {ballot: [count, other]}})), "its marks ask for")


class Stuffing(Case):
    def test_nobody_votes_twice_and_nobody_from_nowhere(self):
        election = self.sound(log=False)
        for marks, told in (({LAW: [0]}, "voter 0 has voted before"), ({LAW: [16]}, "voter 16 is not on the roll"),
                            ({LAW: [3], RACE: [5]}, "voter 5 has voted before"), ({2: [1]}, "a ballot that there is not")):
            segments = sound_frames()
            segments[1].insert(1, (OPENS + 9, body(marks, "stuffed")))
            election.write(segments)
            with self.subTest(marks):
                self.refused(election, told)
        stuffed = body({LAW: [3]}, "stuffed")
        stuffed["marks"] = {LAW: {1: [3]}}
        election.write([[(OPENS, stuffed)]])
        self.refused(election, "a shard that is not of this partition")

    def test_an_extra_mark_of_a_voter_who_was_never_there(self):
        """Its hashes are made again, but neither log nor witnesses sign it."""
        election = self.sound()
        old = (election.partition / "checkpoint").read_bytes()
        segments = sound_frames()
        segments[1].insert(1, (OPENS + 9, body({LAW: [7]}, "stuffed")))
        election.write(segments)
        (election.partition / "checkpoint").write_bytes(old)
        self.refused(election, "the root over these frames is")
        election.publish(witnesses=())
        self.refused(election, "2 of 3 witnesses must have cosigned, and there are 0")
        election.publish(by="somebody")
        self.refused(election, "the signature of scrutin.example/T-2026/0 does not fit")
        election.publish(witnesses=("paper", "paper"))
        self.refused(election, "there are 1 (paper)")

    def test_votes_out_of_their_window(self):
        election = self.sound(log=False)
        for time_ms, marks in ((OPENS - 1, {LAW: [9]}), (CLOSES, {LAW: [9]}), (CLOSES + 1, {RACE: [9]})):
            election.write([[(time_ms, body(marks, "late"))]])
            self.refused(election, "votes were taken while the ballot was closed")
        segments = sound_frames()
        segments[1].append((CLOSES, body({LAW: [9]}, "late")))
        election.write(segments)
        self.refused(election, "votes were taken while the ballot was closed")
        election.write([[(CLOSES - 1, body({LAW: [9]}, "last")), (CLOSES, body({}, "close"))]])
        self.run_on(election)

    def test_time_goes_forward_and_attempts_move_it_not(self):
        election = self.sound(log=False)
        election.write([[(OPENS + 1, body({LAW: [1]}, "a")), (OPENS, body({LAW: [2]}, "b"))]])
        self.refused(election, "does not follow the link before it")
        election.write([[(OPENS, body({LAW: [1]}, "a")), (OPENS + 1, body({}, "b", invalid=[(1, 0, 1)]))]])
        self.refused(election, "moves the time")


class Log(Case):
    def test_frames_that_no_checkpoint_covers_are_named(self):
        election = self.sound()
        election.publish(4)
        self.refused(election, "frame 5: no checkpoint covers it")

    def test_a_ledger_whose_end_was_cut_off(self):
        election = self.sound()
        receipt, old = election.receipt(4, 1), election.checkpoint(3)
        (election.partition / "acknowledged").unlink()
        election.write(sound_frames()[:1])
        self.refused(election, "the log signed 5 frames, and here are 3")
        (election.partition / "checkpoint").unlink()
        self.refused(election, "there is no checkpoint")
        # With its old checkpoint it is sound by itself: what tells is a receipt of what is gone.
        (election.partition / "checkpoint").write_bytes(old)
        self.run_on(election)
        self.refused(election, "the ledger has another frame 4, or none", "--receipt", receipt)

    def test_a_fork_that_log_and_witnesses_signed_is_told_by_a_receipt_of_the_other_one(self):
        election = self.sound()
        receipt = election.receipt(1, 0)
        segments = sound_frames()
        segments[1][0] = (OPENS + 9, body({RACE: [0, 2, 7]}, "fork"))
        election.write(segments)
        election.publish()
        self.run_on(election)
        self.refused(election, "first 5 frames are not those that its witnesses saw", "--receipt", receipt)

    def test_a_policy_that_nobody_can_meet(self):
        for log, told in ((log_of(required=4), "election.json: 4 of 3 witnesses"),
                          (log_of(names=("paper", "paper")), "election.json: 2 of 1 witness"),
                          (log_of() | {"witness": [{"name": "w", "key": verifier_key("w", 1, private("w")), "url": ""}]},
                           "no key of a log or witness")):
            election = Election(self.directory / told.replace(" ", "-"), log)
            election.write(sound_frames())
            election.publish()
            self.refused(election, told)

    def test_the_published_policy_is_that_of_the_package(self):
        election = self.sound()
        log = election.event["log"]
        lines = [f"log {verifier_key('scrutin.example/T-2026/0', 1, private('log'))}",
                 *(f"witness {each['name']} {each['key']} {each['url']}" for each in log["witness"]),
                 "group enough 2 paper university party", "quorum enough"]
        path = election.root / "policy"
        path.write_text("# published\n" + "\n".join(lines) + "\n")
        self.run_on(election, "--policy", path)
        for changed in (lines[:1] + lines[2:], lines[:-2] + ["quorum none"], lines[1:],
                        [line.replace("enough 2", "enough 1") for line in lines]):
            path.write_text("\n".join(changed) + "\n")
            self.refused(election, "not the policy of the package", "--policy", path)
        bare = Election(self.directory / "bare")
        bare.write(sound_frames())
        self.refused(bare, "not the policy of the package", "--policy", path)

    def test_a_checkpoint_of_another_log_or_form_is_refused(self):
        election = self.sound()
        path = election.partition / "checkpoint"
        whole = path.read_bytes()
        for changed, told in ((whole.replace(b"/0\n5\n", b"/0\n05\n", 1), "no checkpoint"),
                              (whole.replace(b"/0\n5\n", b"/1\n5\n", 1), "expected one of"),
                              (whole.replace(b"\n\n", b"\nmore\n\n", 1), "no checkpoint"), (b"", "no checkpoint"),
                              (whole[:-1], "no checkpoint"), (whole + b"rest\n", "no checkpoint"),
                              (whole.replace(b"\n", b"\r\n"), "no checkpoint"), (b"\xff" + whole, "expected one of"),
                              (whole + whole.split(b"\n\n")[1] * 50, "no checkpoint")):
            path.write_bytes(changed)
            with self.subTest(told):
                self.refused(election, told)

    def test_points_for_which_anybody_signs_are_known(self):
        self.assertTrue(is_small(bytes([1]) + bytes(31)) and is_small(bytes([1]) + bytes(30) + b"\x80"))
        self.assertFalse(is_small(private("log").public_key().public_bytes_raw()))
        forged = bytes([1]) + bytes(63)  # fits the key of the neutral point under the plain equation
        key = bytes([1]) + bytes(31)
        self.assertFalse(is_signed(key, forged, b"anything"))
        Ed25519PublicKey.from_public_bytes(key).verify(forged, b"anything")  # so the library alone would take it


class Receipts(Case):
    def test_receipts_hold_also_of_an_older_checkpoint(self):
        election = self.sound()
        for sequence, position, size in ((1, 0, None), (2, 3, None), (4, 2, 4), (2, 0, 3)):
            receipt = election.receipt(sequence, position, size=size)
            told = self.run_on(election, "--receipt", receipt)
            self.assertIn(f"its vote is in frame {sequence}; ", told)

    def test_every_flipped_byte_of_a_receipt_is_refused(self):
        election = self.sound()
        receipt = election.receipt(2, 3)
        data = receipt.read_bytes()
        for at in range(len(data)):
            receipt.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:])
            with self.assertRaises(Refused, msg=f"byte {at}"):
                self.run_on(election, "--receipt", receipt)

    def test_what_is_broken_before_the_receipts_is_told_first(self):
        election = self.sound()
        (election.root / "bad").write_text("no receipt")
        segment = election.partition / "00000002.segment"
        segment.write_bytes(segment.read_bytes() + b"more")
        self.refused(election, "bytes behind the last frame", "--receipt", election.root / "bad")

    def test_a_receipt_for_another_vote_frame_or_log_is_refused(self):
        election = self.sound()
        one, other = election.receipt(1, 0, "one").read_bytes(), election.receipt(2, 0, "other").read_bytes()
        mixed = election.root / "mixed"
        cut = one.split(b"\n")
        for data, told in ((one.replace(b"index 0", b"index 1"), "proves another"), (one[:40], "no receipt"), (b"", "no receipt"),
                           (b"\n".join(cut[:1] + other.split(b"\n")[1:2] + cut[2:]), "proves another"),
                           (b"\n".join(cut[:3] + cut[4:]), "not in the log"), (one.replace(b"extra ", b"extra"), "no receipt"),
                           (b"\n".join([cut[0], b"extra AAAA", *cut[2:]]), "extra line is of no receipt")):
            mixed.write_bytes(data)
            with self.subTest(told):
                self.refused(election, told, "--receipt", mixed)
        self.refused(election, "its vote is not in its frame", "--receipt",
                     election.receipt(2, 0, tracker=draw("not cast", 16)))
        self.refused(election, "2 of 3 witnesses must have cosigned", "--receipt", election.receipt(2, 0, witnesses=()))
        bare = Election(self.directory / "bare")
        bare.write(sound_frames())
        self.refused(bare, "the event has no log", "--receipt", election.root / "one")


class Releases(Case):
    def setUp(self):
        super().setUp()
        self.election, self.lines = with_releases(self.directory / "files")

    def options(self, hand):
        root = self.election.root
        return ["--releases", root / "releases", *([f"--{hand}-key", root / f"{hand}.key"] if hand else [])]

    def changed(self, number, **members):
        """The lines, one of them with other members, and the chain made anew."""
        lines = [dict(line) for line in self.lines]
        lines[number] |= members
        write_releases(self.election, lines)

    def test_sound_releases_hold_with_no_key_and_with_each(self):
        for hand, told in (("", "NOT checked"), ("count", "computed anew"), ("mask", "the votes counted")):
            self.assertIn("Releases: 5, as the marks of the ledger ask for", told_now := self.run_on(
                self.election, *self.options(hand)))
            self.assertIn(told, told_now)

    def test_other_releases_than_the_marks_ask_for_are_refused(self):
        """Without any key, so with each of them too."""
        merged = self.lines[:1] + [self.lines[1] | {"last_frame": 4, "link": self.lines[2]["link"], "votes": 4}] + self.lines[3:]
        for lines, told in ((self.lines[:-1], "line 6: it is missing"), (self.lines + self.lines[-1:], "does not have"),
                            (merged, "line 2: it is not the release"), ([], "line 1"),
                            (self.lines[:3] + [self.lines[4], self.lines[3], self.lines[5]], "line 4: it is not"),
                            ([self.lines[0] | {"event": "T-2027"}, *self.lines[1:]], "of another event")):
            write_releases(self.election, lines or [{}])
            with self.subTest(told):
                self.refused(self.election, told, *self.options(""))
        for member, value in (("votes", 3), ("link", "00" * 32), ("first_frame", 2), ("last_frame", 3), ("scope", 1),
                              ("ballot", "RACE"), ("more", 1), ("votes", 2.0), ("votes", True)):
            self.changed(1, **{member: value})
            self.refused(self.election, "line 2: it is not the release", *self.options(""))
        path = self.election.root / "releases" / "p0000.releases"
        write_releases(self.election, self.lines)
        whole = path.read_bytes()
        for changed in (whole.replace(b":", b": ", 9), whole[:-1], whole + b"{}", whole.replace(b'"number":2', b'"number":3')):
            path.write_bytes(changed)
            with self.assertRaises(Refused):
                self.run_on(self.election, *self.options(""))
        path.unlink()
        self.refused(self.election, "there is no such file", *self.options(""))

    def test_a_vote_that_the_count_hand_shifts_is_told_by_the_count_key(self):
        one, other, more = self.lines[1]["sums"]
        shifted = [(one + 1) % 2**32, (other - 1) % 2**32, more]
        self.changed(1, sums=shifted)
        self.refused(self.election, "line 2: its sums or rankings are not those", *self.options("count"))
        # The mask key tells it where the regions of a closed law do not come to the same.
        self.refused(self.election, "LAW: the sums of its regions", *self.options("mask"))

    def test_sums_that_are_no_votes_are_told_by_the_mask_key(self):
        sums = self.lines[1]["sums"]
        for changed, told in (([(sums[0] + 1) % 2**32, *sums[1:]], "votes came of 2 marks"), (sums[:2], "not the release"),
                              ([sums[0] + 2**32, *sums[1:]], "no masked sum"), ([str(sums[0]), *sums[1:]], "no masked sum"),
                              (None, "not the release"), ([None, *sums[1:]], "no masked sum")):
            self.changed(1, sums=changed)
            with self.subTest(changed):
                self.refused(self.election, told, *self.options("mask"))
                self.refused(self.election, "line 2: ", *self.options("count"))

    def test_seals_of_another_key_or_place_do_not_open(self):
        for name, hand, told in (("sealed_key", "count", "the content key of ballot 0"),
                                 ("sealed_key", "mask", "the content key of ballot 0")):
            with mock.patch.object(Election, name, lambda *args: draw("another", 80)):
                election, _ = with_releases(self.directory / hand)
            self.refused(election, told, "--releases", election.root / "releases", f"--{hand}-key",
                         election.root / f"{hand}.key")
        self.election.write([[(OPENS, sealed_vote(2, 0, 0)[0])]])  # sealed for the second frame, and stands in the first
        self.election.publish()
        self.refused(self.election, "the choices on LAW do not open", *self.options("count"))

    def results(self, **members):
        regions = [{"region_id": 1, "registered": 8, "votes": 3, "turnout_percentage_of_registered": 37.5,
                    **answers_of(3, 0, 0, 100.0)},
                   {"region_id": 2, "registered": 8, "votes": 4, "turnout_percentage_of_registered": 50.0,
                    **answers_of(1, 2, 1, 33.33)}]
        law = {"ballot_id": "LAW", "registered": 16, "votes": 7, "turnout_percentage_of_registered": 43.75,
               "duplicates": 0, "regions": regions,
               "result": {"status": "preliminary", "results": "available", "total_votes": 7,
                          "threshold": {"reached": True}} | answers_of(4, 2, 1, 66.67)}
        document = {"event_id": "T-2026", "manifest_sha256": hashlib.sha256(self.election.manifest).hexdigest(),
                    "votes": 7, "duplicates": 0, "invalid": [], "ballots": [law],
                    "ledger": [{"partition": 0, "sequence": 8, "hash": self.election.frames[-1][0].hex()}]} | members
        path = self.election.root / "results.json"
        path.write_text(json.dumps(document))
        return document, ["--results", path, *self.options("mask")]

    def test_published_results_are_what_the_files_say(self):
        document, options = self.results()
        told = self.run_on(self.election, *options)
        self.assertIn("LAW: turnout and counts agree; final", told)
        self.assertIn("RACE: NOT among the published results", told)
        self.results(schema="scrutin-statement/2", count=document)
        self.run_on(self.election, *options)

        def everywhere(value, at=()):
            """Every place in the document."""
            for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
                yield (*at, name)
                yield from everywhere(value[name], (*at, name))

        for place in everywhere(document):
            changed = json.loads(json.dumps(document))
            holder = changed
            for name in place[:-1]:
                holder = holder[name]
            for value in (12345, None, []):
                if holder[place[-1]] == value:
                    continue
                before, holder[place[-1]] = holder[place[-1]], value
                self.results(**changed)
                with self.subTest(place=place, value=value):
                    if place[-1] == "results" and value != "available":
                        self.assertIn("NOT compared", self.run_on(self.election, *options))
                    elif place in (("ballots",), ("invalid",)) and value == []:
                        self.run_on(self.election, *options)
                    else:
                        with self.assertRaises(Refused):
                            self.run_on(self.election, *options)
                holder[place[-1]] = before


def answers_of(oui, non, blanc, percentage):
    return {"oui_count": oui, "non_count": non, "blanc_count": blanc, "valid_votes": oui + non,
            "oui_percentage_of_valid_votes": percentage}


class Keys(Case):
    def test_a_key_file_is_of_the_hand_whole_and_of_this_event(self):
        election = self.sound()
        secret = bytes(range(32))
        check = hashlib.sha256(b"scrutin.v2 hand key checksum" + b"mask" + secret).hexdigest()[:8]
        path = election.root / "mask.key"
        for text, told in ((f"scrutin-mask-key-2:{secret.hex()}:{check}\n", "not the mask key of this event"),
                           (f"scrutin-mask-key-2:{secret.hex()}:00000000\n", "no mask key"), ("", "no mask key"),
                           (f"scrutin-count-key-2:{secret.hex()}:{check}\n", "no mask key"),
                           (f"scrutin-mask-key-2:{'x' * 64}:{check}\n", "no mask key")):
            path.write_text(text)
            self.refused(election, told, "--mask-key", path, "--releases", election.root)


class Rankings(Case):
    """Sealed to the mask key here, and opened by the mask hand as if a release held them."""

    def sealed(self, seed, ranks, info):
        """A record, and its witness."""
        own, hand = (X25519PrivateKey.from_private_bytes(draw(secret, 32)) for secret in (seed, "mask"))
        public = own.public_key().public_bytes_raw()
        derived = HKDF(SHA256(), 48, b"scrutin.v2 ranking", public + info).derive(own.exchange(hand.public_key()))
        plain = b"".join(rank.to_bytes(2, "little") for rank in ranks)
        record = public + ChaCha20Poly1305(derived[:32]).encrypt(bytes(12), plain, b"")
        return record.hex(), int.from_bytes(derived[32:], "little")

    def counted(self, rankings, mask=5, more=0, changed=lambda records: records):
        """The votes of these rankings on the race in region 1, whose paper has three entries."""
        election, _ = with_releases(self.directory / "files")
        with contextlib.redirect_stdout(io.StringIO()):
            package = read_package(election.package, [read_officer(election.root / "officer-1.pub")], 1)
        info = package.manifest_sha256 + bytes([RACE, 0, 1, 0])
        sealed = [self.sealed(seed, ranks, info) for seed, ranks in enumerate(rankings)]
        witnesses = (sum(witness for _, witness in sealed) + mask + more) % 2**128
        release = Release(package.ballots[RACE], 1, 1, Part(1, bytes(32), len(rankings), (mask,), ()))
        records = changed(sorted(record for record, _ in sealed))
        told = {"records": records, "witnesses": witnesses.to_bytes(16, "little").hex()}
        hand = Hand(package, None, election.root / "mask.key")
        shutil.rmtree(election.root)
        return hand.counted(release, told, "here")

    def test_rankings_are_opened_and_counted(self):
        counts = self.counted([[1, 0], [3, 2], [1, 0]])
        self.assertEqual(counts, {("1",): 2, ("3", "2"): 1})

    def test_rankings_that_tell_the_order_of_votes_are_refused(self):
        election, _ = with_releases(self.directory / "files")
        cipher = ChaCha20Poly1305(content_key("count", RACE, 1))
        for records, told in ((b"b" * 52 + b"a" * 52, "not in order"), (b"a" * 52 + b"b" * 52, "line 2")):
            sealed = cipher.encrypt(struct.pack("<IQ", 0, 1), records + bytes(16),
                                    b"scrutin.v2 choices" + struct.pack("<HIQH", 0, 1, 1, RACE))
            vote = body({RACE: [0, 2]}, "x") | {"choices": {RACE: [2, sealed]}}
            election.write([[(OPENS, vote), (CLOSES, body({}, "close"))]])
            election.publish()
            options = "--releases", election.root / "releases", "--count-key", election.root / "count.key"
            self.refused(election, told, *options)

    def test_rankings_that_no_paper_offers_are_refused(self):
        for ranks in [0, 0], [0, 1], [2, 2], [4, 0], [1, 4]:
            with self.subTest(ranks), self.assertRaisesRegex(Refused, "none of its paper"):
                self.counted([[1, 0], ranks])

    def test_other_rankings_than_those_of_the_frames_are_refused(self):
        with self.assertRaisesRegex(Refused, "not those of its frames"):
            self.counted([[1, 0]], more=1)
        with self.assertRaisesRegex(Refused, "not ascending"):
            self.counted([[1, 0]], changed=lambda records: records * 2)
        with self.assertRaisesRegex(Refused, "does not open"):
            self.counted([[1, 0]], changed=lambda records: [records[0][:-2] + "00"])


class Packages(Case):
    def test_who_signed(self):
        election = self.sound(officers=2)
        both = ("--trust", election.root / "officer-2.pub", "--require", "2")
        self.assertIn("signed by officer-1.pub, officer-2.pub", self.run_on(election, *both))
        twice = ("--trust", election.root / "officer-1.pub", "--require", "2")
        self.refused(election, "2 signatures asked of 1 officers", *twice)
        (election.package / "manifest.json.minisig").unlink()
        self.refused(election, "signed by 1 of the trusted officers, 2 must have", *both)
        self.refused(election, "signed by 0 of the trusted officers")

    def test_an_officers_key_is_a_file_of_minisign(self):
        election = self.sound()
        for text in "", "untrusted comment\n", "untrusted comment\nRUQ=\n", "untrusted comment\nno base 64\n":
            (election.root / "officer-1.pub").write_text(text)
            self.refused(election, "no public key of minisign")

    def test_files_that_nobody_signed(self):
        election = self.sound()
        (election.package / "more").write_text("more")
        self.refused(election, "the manifest lists no such file")
        (election.package / "more").unlink()
        (election.package / "shards/LAW/0000.fst").unlink()
        self.refused(election, "it is not there")

    def test_a_signed_manifest_that_cannot_be_used(self):
        election = self.sound()
        whole = election.manifest
        for old, new, told in ((b"scrutin-package-1", b"scrutin-package-2", "another format"),
                               (b'"id": "RACE"', b'"id": "RACF"', "other ballots than the event"),
                               (b'"event": "T-2026"', b'"event": "T-2027"', "other ballots than the event"),
                               (b'"partitions": 1', b'"partitions": 2', "make no partitions"),
                               (b'"credentials": 16\n', b'"credentials": 15\n', "no column of this shard")):
            election.manifest = whole.replace(old, new)
            self.assertNotEqual(election.manifest, whole, told)
            (election.package / "manifest.json").write_bytes(election.manifest)
            election.sign(1)
            self.refused(election, told)

    def test_region_numbers_of_two_bytes(self):
        column = made.column
        with mock.patch.object(made, "column", lambda kind, width, values: column(kind, width, values) if kind == 3
                               else column(kind, 2, b"".join(bytes([number, 0]) for number in values))):
            election = sound(self.directory / "files")
        self.assertIn("RACE: 5 votes", self.run_on(election))

    def test_a_voter_who_stands_twice_on_the_roll(self):
        with mock.patch("verifier.tests.election.draw", lambda seed, length: draw("one", length)):
            election = sound(self.directory / "files")
        self.refused(election, "its digests do not ascend")


class Parts(unittest.TestCase):
    def test_known_sums(self):
        self.assertEqual(crc32c(bytes(32)), 0x8A9136AA)  # RFC 3720, B.4
        self.assertEqual(crc32c(bytes(range(32))), 0x46DD794E)
        self.assertEqual(leaf_hash(b""), bytes.fromhex(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"))

    def test_shares_and_percentages(self):
        for share, part, whole, reached in (("more than 1/2", 1, 2, False), ("at least 1/2", 1, 2, True),
                                            ("more than 1/2", 2, 3, True), ("at least 3/5", 0, 0, False)):
            self.assertEqual(has_share(share, part, whole), reached, share)
        self.assertEqual([percentage(1, 8), percentage(1, 3), percentage(2, 3), percentage(1, 20_000), percentage(0, 0)],
                         [12.5, 33.33, 66.67, 0.01, None])

    def test_trees_grow_as_they_are_defined_and_paths_lead_to_their_roots(self):
        from verifier.tests.election import merkle_path
        leaves = [bytes([number]) for number in range(40)]
        tree = Tree()
        for size, leaf in enumerate(leaves, 1):
            tree.add(leaf)
            hashes = [leaf_hash(each) for each in leaves[:size]]
            self.assertEqual(tree.root(), merkle(hashes))
            for index in range(size):
                path = merkle_path(hashes, index)
                self.assertEqual(root_above(hashes[index], index, size, path), tree.root())
                self.assertNotEqual(root_above(hashes[index], (index + 1) % 41, size, path), tree.root() if size > 1 else 0)
                self.assertIsNone(root_above(hashes[index], index, size, path + [bytes(32)]))
        self.assertEqual(Tree().root(), hashlib.sha256(b"").digest())


if __name__ == "__main__":
    unittest.main()
