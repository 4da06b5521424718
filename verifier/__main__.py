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
from .notes import POLICY, SUSPECT, UNSEEN, Checkpoint, read_checkpoint
from .package import read_officer, read_package
from .plan import Plan
from .receipt import Receipt, read_receipt
from .releases import Hand, check_releases
from .results import check_results
from .tree import Tree, frame_leaf

MISSING = "the voter's vote was taken out, or this ledger is not the one that the witnesses saw: keep both as evidence"
CUT = "the end of the ledger was cut off or exchanged: votes are missing"
Snapshot = namedtuple("Snapshot", "root leaf trackers")  # of the log behind a frame: its root, and what the frame adds

def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("verifier", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--package", type=Path, required=True, help="directory of the package")
    add("--trust", type=Path, required=True, action="append", help="an officer's public key; may be repeated")
    add("--require", type=int, default=1, help="how many of these officers must have signed")
    add("--ledger", type=Path, required=True, help="directory of the ledger, with all partitions")
    add("--policy", type=Path, help="published policy of the log: must be that of the package")
    add("--releases", type=Path, help="directory of the count hand's releases")
    add("--count-key", type=Path, help="key file: compute the masked sums anew")
    add("--mask-key", type=Path, help="key file: take the masks off, and count")
    add("--results", type=Path, help="what `tally count --json` or `tally statement` wrote")
    add("--receipt", type=Path, action="append", default=[], help="a voter's .tlog-proof; may be repeated")
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
        self.package = package = read_package(asked.package, list(map(read_officer, asked.trust)), asked.require)
        if asked.policy:
            lines = map(str.strip, asked.policy.read_text(errors="replace").splitlines())
            told, policy = [each for each in lines if each and each[0] != "#"], package.policy.lines if package.policy else []
            require(told == policy, asked.policy, "it is not the policy of the package", POLICY)
        require(package.policy or not asked.receipt, asked.package, "the event has no log", "no receipt proves anything")
        self.hand, self.box = Hand(package, asked.count_key, asked.mask_key), BallotBox(package)
        self.receipts = list(map(self.receipt, asked.receipt))
        self.snapshots: dict[tuple[int, int], Snapshot] = {}  # by partition and size, where somebody asks for one

    def receipt(self, path: Path) -> Receipt | Refused:
        """What is wrong with a receipt is told when receipts are due: what comes before them is to be told first."""
        try:
            return read_receipt(path, self.package.policy)
        except Refused as refused:
            return refused

    def run(self) -> None:
        planned = [self.check_partition(*each) for each in enumerate(check_partitions(self.asked.ledger, self.package))]
        print(*self.box.summary(), sep="\n")
        if self.asked.releases:
            check_releases(self.asked.releases, self.hand, planned, self.box)
        if self.asked.results:
            check_results(self.asked.results, self.box, self.hand.totals if self.hand.name == "mask" else None)
        for receipt in self.receipts:
            self.check_receipt(receipt)

    def check_partition(self, partition: int, directory: Path) -> list:
        """Every frame of a partition, its sidecar, and the log over its frames. Returns the releases that are due."""
        path, policy, checkpoint = directory / "checkpoint", self.package.policy, None
        if policy:
            require(path.is_file(), path, "there is no checkpoint", UNSEEN)
            checkpoint = read_checkpoint(path.read_bytes(), policy.logs[partition], policy, path)
        answered = acknowledged(directory / "acknowledged", partition)
        planned = self.read(partition, directory, checkpoint)
        size, link = self.box.head(partition)
        require(answered[0] < size or answered == (size, link), f"{directory}, behind frame {size}",
                f"voters were answered for frame {answered[0]}, which is not there, or another", CUT)
        print(f"Partition {partition}: {size} frames, the last has SHA-256 {link.hex()}.")
        if checkpoint:
            require(checkpoint.size <= size, directory, f"the log signed {checkpoint.size} frames, and here are {size}", CUT)
            root = self.snapshots[partition, checkpoint.size].root
            require(root == checkpoint.root, path, f"the root over these frames is {root.hex()}, and the log signed "
                    f"{checkpoint.root.hex()}", f"frames were changed, put in or taken out: {SUSPECT}")
            require(checkpoint.size == size, f"{directory}, frame {checkpoint.size + 1}", "no checkpoint covers it", UNSEEN)
        print(f"  Root {root.hex()}; {seen(checkpoint)}." if checkpoint else "  NOBODY OUTSIDE HAS VOUCHED FOR IT: "
              "the event has no log. Whoever held the machine could have written another ledger.")
        return planned

    def read(self, partition: int, directory: Path, checkpoint: Checkpoint | None) -> list:
        """Reads all frames of a partition: ballot box, tree of the log, plan of releases."""
        receipts = [each for each in self.receipts if isinstance(each, Receipt) and each.partition == partition]
        wanted = {each.sequence for each in receipts} | {each.checkpoint.size for each in receipts}
        wanted |= {checkpoint.size} if checkpoint else set()
        tree, plan, planned = Tree(), Plan(self.package.ballots), []
        self.snapshots[partition, 0] = Snapshot(tree.root(), b"", b"")
        for frame in frames(self.package, partition, directory):
            votes = self.box.take(frame)
            if checkpoint:
                leaf = frame_leaf(partition, frame.sequence, frame.link, frame.trackers)
                tree.add(leaf)
                if frame.sequence in wanted:
                    self.snapshots[partition, frame.sequence] = Snapshot(tree.root(), leaf, frame.trackers)
            if self.asked.releases:
                planned += plan.step(frame.time_ms, self.hand.parts(frame, votes))
        return planned

    def check_receipt(self, receipt: Receipt | Refused) -> None:
        """Holds a receipt against the ledger: its frame, its vote, and the history that it vouches for."""
        if isinstance(receipt, Refused):
            raise receipt
        at, size = 16 * receipt.position, receipt.checkpoint.size
        frame, last = (self.snapshots.get((receipt.partition, number)) for number in (receipt.sequence, size))
        fits = frame and frame.leaf == receipt.leaf and frame.trackers[at:at + 16] == receipt.tracker
        require(fits, receipt.path, f"the ledger has another frame {receipt.sequence}, or none", MISSING)
        require(last and last.root == receipt.checkpoint.root, receipt.path,
                f"the ledger's first {size} frames are not those that its witnesses saw", MISSING)
        print(f"Receipt {receipt.path}: its vote is in frame {receipt.sequence}; {seen(receipt.checkpoint)}.")

def seen(checkpoint: Checkpoint) -> str:
    """Who has seen a checkpoint, and when; whoever says later than the year 5000 is not taken at the word."""
    witnesses = ", ".join(f"{name} on {datetime(1970, 1, 1) + timedelta(seconds=min(time, 10**11))} UTC"
                          for name, time in checkpoint.cosigned.items())
    return f"{checkpoint.origin} at size {checkpoint.size}, cosigned by {witnesses or 'no witness'}"

def main() -> None:
    """Exit 0: everything holds. 1: something is broken, or cannot be read. 2: the command is wrong."""
    asked = arguments()
    gc.disable()  # nothing here refers to itself in a circle, and looking for circles takes a tenth of the time
    try:
        Audit(asked).run()
    except Refused as refused:
        sys.exit("BROKEN: {}: {}.\nThis means: {}.".format(*refused.args))
    except OSError as error:
        sys.exit(f"CANNOT READ: {error}")
    print("HOLDS: everything that was checked is in order.")

if __name__ == "__main__":
    main()
