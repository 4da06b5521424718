"""Checks an election from its files, and says in words what it checked, or the first thing that is broken."""
import argparse
import gc
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from .ballot_box import BallotBox
from .basics import Refused, require
from .ledger import Chain, acknowledged, check_partitions
from .notes import POLICY, SUSPECT, UNSEEN, Checkpoint, read_checkpoint
from .package import read_officer, read_package
from .plan import Plan, Release
from .receipt import MISSING, Receipt, read_receipt
from .releases import Hand, check_file, check_regions
from .results import check_results
from .tree import Tree, frame_leaf

def arguments() -> argparse.Namespace:
    """What the caller asks for."""
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

class Snapshot(NamedTuple):
    """The log when a frame was its last: root over its leaves, the frame's own leaf, its trackers."""
    root: bytes
    leaf: bytes = b""
    trackers: bytes = b""

class Audit:
    """One run over the files of an election; each step needs what those before it have checked."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.package = package = read_package(asked.package, list(map(read_officer, asked.trust)), asked.require)
        print(f"Package of event {package.event}: signed by {', '.join(package.signers)}; {package.files} files as they "
              f"were signed; SHA-256 of its manifest {package.manifest_sha256.hex()}.")
        if asked.policy:
            lines = [line.strip() for line in asked.policy.read_text(errors="replace").splitlines()]
            told = [line for line in lines if line and not line.startswith("#")]
            published = package.policy.lines if package.policy else []
            require(told == published, asked.policy, "it is not the policy of the package", POLICY)
        require(package.policy or not asked.receipt, asked.package, "the event has no log", "no receipt proves anything")
        keys = [(name, path) for name in ("count", "mask") if (path := getattr(asked, f"{name}_key"))]
        self.hand, self.box = Hand(package, *keys[0]) if keys else Hand(package), BallotBox(package)
        self.receipts = list(map(self.receipt, asked.receipt))
        self.snapshots: dict[tuple[int, int], Snapshot] = {}  # by partition and size, where somebody asks for one
        self.releases: list[list[Release]] = []  # by partition, as the plan has them

    def receipt(self, path: Path) -> Receipt | Refused:
        """What is wrong with a receipt is told when receipts are due: what comes before them is to be told first."""
        try:
            return read_receipt(path, self.package.policy)
        except Refused as refused:
            return refused

    def run(self) -> None:
        for partition, directory in enumerate(check_partitions(self.asked.ledger, self.package)):
            self.check_partition(partition, directory)
        for ballot in self.package.ballots:
            print(f"  {ballot.id}: {self.box.votes_on(ballot.index)} votes of {self.box.registered[ballot.index].total()} "
                  f"credentials, each at most once; voting is {'over' if self.box.is_closed(ballot.index) else 'not over'}.")
        if self.asked.releases:
            self.check_releases()
        if self.asked.results:
            totals = self.hand.totals if self.hand.name == "mask" else None
            print("\n  ".join(["Published results:", *check_results(self.asked.results, self.box, totals)]))
        for receipt in self.receipts:
            self.check_receipt(receipt)

    def check_partition(self, partition: int, directory: Path) -> None:
        """Every frame of a partition, its sidecar, and the log over its frames."""
        path, policy, checkpoint = directory / "checkpoint", self.package.policy, None
        if policy:
            require(path.is_file(), path, "there is no checkpoint", UNSEEN)
            checkpoint = read_checkpoint(path.read_bytes(), policy.logs[partition], policy, path)
        answered = acknowledged(directory / "acknowledged", partition)
        self.read(partition, directory, checkpoint)
        size, link = self.box.head(partition)
        end = f"{directory}, behind frame {size}"
        require(answered[0] < size or answered == (size, link), end, f"voters were answered for frame {answered[0]}, which "
                "is not there, or another", "the end of the ledger was cut off or exchanged: votes are missing")
        print(f"Partition {partition}: {size} frames, the last has SHA-256 {link.hex()}.")
        if checkpoint is None:
            print("  NOBODY OUTSIDE HAS VOUCHED FOR IT: the event has no log. Whoever held the machine could have written "
                  "another ledger.")
            return
        require(checkpoint.size <= size, end, f"the log signed {checkpoint.size} frames, and here are {size}",
                "the end of the ledger was cut off: votes are missing")
        root = self.snapshots[partition, checkpoint.size].root
        require(root == checkpoint.root, path, f"the root over these frames is {root.hex()}, and the log signed "
                f"{checkpoint.root.hex()}", f"frames were changed, put in or taken out: {SUSPECT}")
        require(checkpoint.size == size, f"{directory}, frame {checkpoint.size + 1}", "no checkpoint covers it",
                "nobody outside has seen the last votes yet")
        print(f"  Root {root.hex()}; {seen(checkpoint)}.")

    def read(self, partition: int, directory: Path, checkpoint: Checkpoint | None) -> None:
        """Reads all frames of a partition: ballot box, tree of the log, plan of releases."""
        receipts = [each for each in self.receipts if isinstance(each, Receipt) and each.partition == partition]
        wanted = {receipt.sequence for receipt in receipts}
        wanted |= {each.size for each in [checkpoint, *(receipt.checkpoint for receipt in receipts)] if each}
        tree, plan, releases = Tree(), Plan(self.package.ballots), []
        self.snapshots[partition, 0] = Snapshot(tree.root())
        for frame in Chain(self.package, partition).frames(directory):
            votes = self.box.take(frame)
            if self.package.policy:
                leaf = frame_leaf(partition, frame.sequence, frame.link, frame.trackers)
                tree.add(leaf)
                if frame.sequence in wanted:
                    self.snapshots[partition, frame.sequence] = Snapshot(tree.root(), leaf, frame.trackers)
            if self.asked.releases:
                releases += plan.step(frame, self.hand.parts(frame, votes))
        self.releases.append(releases)

    def check_releases(self) -> None:
        """The release files, and with the mask key what their votes come to."""
        for partition, releases in enumerate(self.releases):
            check_file(self.asked.releases / f"p{partition:04}.releases", self.hand, partition, releases)
        did = {"count": "their masked sums were computed anew", "mask": "their masks were taken off, and the votes counted",
               "": "their sums were NOT checked: that takes a key"}[self.hand.name]
        print(f"Releases: {sum(map(len, self.releases))}, as the marks of the ledger ask for; {did}.")
        for ballot in self.package.ballots:
            if self.hand.name == "mask" and ballot.is_law and self.box.is_closed(ballot.index):
                check_regions(ballot, self.hand.totals)

    def check_receipt(self, receipt: Receipt | Refused) -> None:
        """Holds a receipt against the ledger: its frame, its vote, and the history that it vouches for."""
        if isinstance(receipt, Refused):
            raise receipt
        at, partition, checkpoint = 16 * receipt.position, receipt.partition, receipt.checkpoint
        frame = self.snapshots.get((partition, receipt.sequence), Snapshot(b""))
        require(frame.leaf == receipt.leaf and frame.trackers[at:at + 16] == receipt.tracker, receipt.path,
                f"the ledger has another frame {receipt.sequence}, or none", MISSING)
        root = self.snapshots.get((partition, checkpoint.size), Snapshot(b"")).root
        require(root == checkpoint.root, receipt.path, f"the ledger's first {checkpoint.size} frames are not those that its "
                "witnesses saw", MISSING)
        print(f"Receipt {receipt.path}: its vote is in frame {receipt.sequence}; {seen(checkpoint)}.")

def seen(checkpoint: Checkpoint) -> str:
    """Who has seen a checkpoint, and when."""
    times = {name: datetime(1970, 1, 1) + timedelta(seconds=min(time, 10**11)) for name, time in checkpoint.cosigned.items()}
    witnesses = ", ".join(f"{name} on {time} UTC" for name, time in times.items())
    return f"{checkpoint.origin} at size {checkpoint.size}, cosigned by {witnesses or 'no witness'}"

def main() -> None:
    """Exit 0: everything holds. 1: something is broken, or cannot be read. 2: the command is wrong."""
    asked = arguments()
    gc.disable()  # nothing here refers to itself in a circle, and looking for circles takes a tenth of the time
    try:
        Audit(asked).run()
    except Refused as refused:
        where, what, meaning = refused.args
        sys.exit(f"BROKEN: {where}: {what}.\nThis means: {meaning}.")
    except OSError as error:
        sys.exit(f"CANNOT READ: {error}")
    print("HOLDS: everything that was checked is in order.")

if __name__ == "__main__":
    main()
