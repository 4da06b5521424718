"""Checks an election from its files, and says in words what it checked, or the first thing that is broken."""
import argparse
import gc
import sys
from collections import namedtuple
from datetime import datetime, timedelta
from pathlib import Path

from .ballot_box import BallotBox
from .basics import Refused, require
from .ledger import acknowledged, check_partitions, frames
from .notes import POLICY, UNSEEN, Checkpoint, Receipt, read_checkpoint, read_receipt
from .package import read_officer, read_package
from .plan import Plan, Release
from .releases import Hand, check_releases
from .results import check_results
from .tree import Tree, frame_leaf

MISSING = "the voter's vote was taken out, or this ledger is not the one that the witnesses saw: keep both as evidence"
SUSPECT = "frames were changed, put in or taken out: do not believe this ledger before that is explained"
CUT = "the end of the ledger was cut off or exchanged: votes are missing"
Snapshot = namedtuple("Snapshot", "root leaf trackers")  # of the log behind a frame: its root, and what the frame adds

def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("verifier", description=__doc__, epilog="Options: docs/verification.md.")
    for name in "package", "ledger":
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--trust", type=Path, required=True, action="append")
    parser.add_argument("--require", type=int, default=1)
    for name in "policy", "releases", "count-key", "mask-key", "results":
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--receipt", type=Path, action="append", default=[])
    asked = parser.parse_args()
    if asked.count_key and asked.mask_key:
        parser.error("whoever holds both keys can tell what each voter chose: give one at most")
    if (asked.count_key or asked.mask_key) and not asked.releases:
        parser.error("a key is for releases: name their directory with --releases")
    return asked

class Audit:
    """One run over the files of an election; each step needs what those before it have checked."""
    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.package = read_package(asked.package, list(map(read_officer, asked.trust)), asked.require)
        self.policy, self.box = self.package.policy, BallotBox(self.package)
        self.hand = Hand(self.package, asked.count_key, asked.mask_key)
        self.receipts, self.bad_receipts = list[Receipt](), list[Refused]()
        self.snapshots: dict[tuple[int, int], Snapshot] = {}  # by partition and size, where somebody asks for one

    def run(self) -> None:
        asked, known = self.asked, self.policy.lines if self.policy else []
        lines = asked.policy.read_text(errors="replace").splitlines() if asked.policy else known
        lines = [line for line in map(str.strip, lines) if line and line[0] != "#"]
        require(lines == known, asked.policy, "it is not the policy of the package", POLICY)
        require(known or not asked.receipt, asked.package, "the event has no log", "no receipt proves anything")
        for path in asked.receipt:
            try:
                self.receipts.append(read_receipt(path, self.policy))
            except Refused as refused:  # told when receipts are due: what comes before them is to be told first
                self.bad_receipts.append(refused)
        due = [self.check_partition(*each) for each in enumerate(check_partitions(asked.ledger, self.package))]
        for index, ballot in enumerate(self.package.ballots):
            print(f"  {ballot.id}: {self.box.cast[index]} votes of {self.box.registered[index].total()} "
                  f"credentials, each at most once; voting is {'over' if self.box.is_closed(index) else 'not over'}.")
        if asked.releases:
            check_releases(asked.releases, self.hand, due, self.box)
        if asked.results:
            check_results(asked.results, self.box, self.hand.totals if asked.mask_key else None)
        for refused in self.bad_receipts:
            raise refused
        for receipt in self.receipts:
            self.check_receipt(receipt)

    def check_partition(self, partition: int, directory: Path) -> list[Release]:
        """Every frame of a partition, its sidecar, and the log over its frames. Returns the releases that are due."""
        path, checkpoint = directory / "checkpoint", None
        if self.policy:
            require(path.is_file(), path, "there is no checkpoint", UNSEEN)
            checkpoint = read_checkpoint(path.read_bytes(), self.policy.logs[partition], self.policy, path)
        answered = acknowledged(directory / "acknowledged", partition)
        receipts = [receipt for receipt in self.receipts if receipt.partition == partition]
        wanted = {each.size for each in [checkpoint, *(receipt.checkpoint for receipt in receipts)] if each}
        wanted |= {receipt.sequence for receipt in receipts}
        tree, plan, releases = Tree(), Plan(self.package.ballots), []
        self.snapshots[partition, 0] = Snapshot(tree.root(), b"", b"")
        for frame in frames(self.package, partition, directory):
            votes = self.box.take(frame)
            if checkpoint:
                leaf = frame_leaf(partition, frame.sequence, frame.link, frame.trackers)
                tree.add(leaf)
                if frame.sequence in wanted:
                    self.snapshots[partition, frame.sequence] = Snapshot(tree.root(), leaf, frame.trackers)
            if self.asked.releases:
                releases += plan.step(frame.time_ms, self.hand.parts(frame, votes))
        size, link = self.box.heads[partition]
        require(answered[0] < size or answered == (size, link), f"{directory}, behind frame {size}",
                f"voters were answered for frame {answered[0]}, which is not there, or another", CUT)
        print(f"Partition {partition}: {size} frames, the last has SHA-256 {link.hex()}.")
        if checkpoint is None:
            print("  NOBODY OUTSIDE HAS VOUCHED FOR IT: there is no log. Its holder could have written another ledger.")
            return releases
        signed = checkpoint.size
        require(signed <= size, directory, f"the log signed {signed} frames, and here are {size}", CUT)
        root = self.snapshots[partition, signed].root.hex()
        require(root == checkpoint.root.hex(), path, f"the root over these frames is {root}", SUSPECT)
        require(signed == size, f"{directory}, frame {signed + 1}", "no checkpoint covers it", UNSEEN)
        print(f"  Root {root}; {seen(checkpoint)}.")
        return releases

    def check_receipt(self, receipt: Receipt) -> None:
        """Holds a receipt against the ledger: its frame, its vote, and the history that it vouches for."""
        at, size = 16 * receipt.position, receipt.checkpoint.size
        frame, last = (self.snapshots.get((receipt.partition, number)) for number in (receipt.sequence, size))
        fits = frame and frame.leaf == receipt.leaf and frame.trackers[at:at + 16] == receipt.tracker
        require(fits, receipt.path, f"the ledger has another frame {receipt.sequence}, or none", MISSING)
        fits = last and last.root == receipt.checkpoint.root
        require(fits, receipt.path, f"the ledger's first {size} frames are not those that its witnesses saw", MISSING)
        print(f"Receipt {receipt.path}: its vote is in frame {receipt.sequence}; {seen(receipt.checkpoint)}.")

def seen(checkpoint: Checkpoint) -> str:
    """Who has seen a checkpoint, and when, up to the year 5138."""
    witnesses = ", ".join(f"{name} on {datetime(1970, 1, 1) + timedelta(seconds=min(time, 10**11))} UTC"
                          for name, time in checkpoint.cosigned.items())
    return f"{checkpoint.origin} at size {checkpoint.size}, cosigned by {witnesses or 'no witness'}"

def main() -> None:
    """Exit 0: everything holds. 1: something is broken, or cannot be read. 2: the command is wrong."""
    gc.disable()  # nothing here refers to itself in a circle, and looking for circles takes a tenth of the time
    try:
        Audit(arguments()).run()
    except Refused as refused:
        sys.exit("BROKEN: {}: {}.\nThis means: {}.".format(*refused.args))
    except OSError as error:
        sys.exit(f"CANNOT READ: {error}")
    print("HOLDS: everything that was checked is in order.")

if __name__ == "__main__":
    main()
