"""Checks an election from its files, and says in words what it checked, or the first thing that is broken."""
import argparse
import gc
import sys
from pathlib import Path

from .ballot_box import BallotBox, instant
from .ledger import Chain, acknowledged, check_partitions
from .notes import POLICY, SUSPECT, UNSEEN, Checkpoint, read_checkpoint
from .package import read_officer, read_package
from .plan import Plan, Release
from .receipt import Receipt, check_receipt, read_receipt
from .refused import Refused, require
from .releases import Hand, Totals, check_file, check_regions
from .results import check_results
from .seals import read_key
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

class Audit:
    """One run over the files of an election; each step needs what those before it have checked."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.package = read_package(asked.package, [read_officer(path) for path in asked.trust], asked.require)
        event, package = self.package.event, self.package
        print(f"Package of event {event.id}: signed by {', '.join(package.signers)}; {package.files} files as they were "
              f"signed; SHA-256 of its manifest {package.manifest_sha256.hex()}.")
        self.policy = event.policy(package.partitions)
        if asked.policy:
            lines = [line.strip() for line in asked.policy.read_text(errors="replace").splitlines() if not line.startswith("#")]
            told = event.policy_lines(self.policy) if self.policy else []
            require([line for line in lines if line] == told, asked.policy, "it is not the policy of the package", POLICY)
        require(self.policy is not None or not asked.receipt, asked.package, "the event has no log", "there are no "
                "receipts that prove anything where the package names no log")
        self.hand, self.box = self.reader(), BallotBox(package)
        self.receipts, self.bad_receipt = list[Receipt](), None
        for path in asked.receipt:
            try:
                self.receipts.append(read_receipt(path, self.policy))
            except Refused as refused:  # told when receipts are due: what comes before them is to be told first
                self.bad_receipt = self.bad_receipt or refused
        self.roots: dict[tuple[int, int], bytes] = {}  # by partition and size, where somebody signed one
        self.kept: dict[tuple[int, int], tuple[bytes, bytes]] = {}  # leaf and trackers of frames with a receipt
        self.releases: list[list[Release]] = []  # by partition, as the plan has them

    def reader(self) -> Hand:
        """The hand whose key was given."""
        for name, path in ("count", self.asked.count_key), ("mask", self.asked.mask_key):
            if path:
                public = getattr(self.package.event, f"{name}_key")
                return Hand(self.package, name, read_key(path, name, public))
        return Hand(self.package, "", None)

    def run(self) -> None:
        for partition, directory in enumerate(check_partitions(self.asked.ledger, self.package)):
            self.check_partition(partition, directory)
        for ballot in self.package.event.ballots:
            closed = "over" if self.box.is_closed(ballot.index) else "not over"
            print(f"  {ballot.id}: {self.box.votes_on(ballot.index)} votes of {self.box.registered(ballot.index).total()} "
                  f"credentials, each at most once; voting is {closed}.")
        totals = self.check_releases() if self.asked.releases else None
        if self.asked.results:
            print("\n  ".join(["Published results:", *check_results(self.asked.results, self.box, totals)]))
        if self.bad_receipt:
            raise self.bad_receipt
        for receipt in self.receipts:
            place = receipt.partition, receipt.sequence
            check_receipt(receipt, self.kept.get(place), self.roots.get((receipt.partition, receipt.checkpoint.size)))
            print(f"Receipt {receipt.path}: its vote is in frame {place[1]}; {seen(receipt.checkpoint)}.")

    def check_partition(self, partition: int, directory: Path) -> None:
        """Every frame of a partition, its sidecar, and the log over its frames."""
        path, checkpoint = directory / "checkpoint", None
        if self.policy:
            require(path.is_file(), path, "there is no checkpoint", UNSEEN)
            checkpoint = read_checkpoint(path.read_bytes(), self.policy.logs[partition], self.policy, path)
        answered = acknowledged(directory / "acknowledged", partition)
        size = self.read(partition, directory, checkpoint)
        head, end = self.box.head(partition), f"{directory}, behind frame {size}"
        require(answered[0] < size or answered == head, end, f"voters were answered for frame {answered[0]}, which is "
                "not there, or another", "the end of the ledger was cut off or exchanged: votes are missing")
        print(f"Partition {partition}: {size} frames, the last has SHA-256 {head[1].hex()}.")
        if checkpoint is None:
            print("  NOBODY OUTSIDE HAS VOUCHED FOR IT: the event has no log. Whoever held the machine could have written "
                  "another ledger.")
            return
        require(checkpoint.size <= size, end, f"the log signed {checkpoint.size} frames, and here are {size}",
                "the end of the ledger was cut off: votes are missing")
        root = self.roots[partition, checkpoint.size]
        require(root == checkpoint.root, path, f"the root over these frames is {root.hex()}, and the log signed "
                f"{checkpoint.root.hex()}", f"frames were changed, put in or taken out: {SUSPECT}")
        require(checkpoint.size == size, f"{directory}, frame {checkpoint.size + 1}", "no checkpoint covers it: the log "
                f"signed {checkpoint.size} frames of {size}", "nobody outside has seen the last votes yet")
        print(f"  Root {root.hex()}; {seen(checkpoint)}.")

    def read(self, partition: int, directory: Path, checkpoint: Checkpoint | None) -> int:
        """Reads all frames of a partition: ballot box, tree of the log, plan of releases. Returns how many there are."""
        receipts = [receipt for receipt in self.receipts if receipt.partition == partition]
        wanted = {receipt.sequence for receipt in receipts}
        sizes = {each.size for each in [checkpoint, *(receipt.checkpoint for receipt in receipts)] if each}
        tree, plan, releases = Tree(), Plan(self.package.event.ballots), []
        self.roots[partition, 0] = tree.root()
        for frame in Chain(self.package, partition).frames(directory):
            votes = self.box.take(frame)
            if self.policy:
                leaf = frame_leaf(partition, frame.sequence, frame.link, frame.trackers)
                tree.add(leaf)
                if tree.size in sizes:
                    self.roots[partition, tree.size] = tree.root()
                if frame.sequence in wanted:
                    self.kept[partition, frame.sequence] = leaf, frame.trackers
            if self.asked.releases:
                releases += plan.step(frame, self.hand.sums(frame, votes))
        self.releases.append(releases)
        return self.box.head(partition)[0]

    def check_releases(self) -> Totals | None:
        """The release files; returns the totals, where the mask key is there."""
        totals: Totals = {}
        for partition, releases in enumerate(self.releases):
            path = self.asked.releases / f"p{partition:04}.releases"
            check_file(path, self.hand, partition, releases, totals)
        did = {"count": "their masked sums were computed anew", "mask": "their masks were taken off, and the votes counted",
               "": "their sums were NOT checked: that takes a key"}[self.hand.name]
        print(f"Releases: {sum(map(len, self.releases))}, as the marks of the ledger ask for; {did}.")
        if self.hand.name != "mask":
            return None
        for ballot in self.package.event.ballots:
            if ballot.is_law and self.box.is_closed(ballot.index):
                check_regions(self.package, totals, ballot.index)
        return totals

def seen(checkpoint: Checkpoint) -> str:
    """Who has seen a checkpoint, and when."""
    witnesses = ", ".join(f"{name} on {instant(1000 * time)}" for name, time in checkpoint.cosigned.items())
    return f"{checkpoint.origin} at size {checkpoint.size}, cosigned by {witnesses or 'no witness'}"

def main() -> None:
    """Exit 0: everything holds. 1: something is broken, or cannot be read. 2: the command is wrong."""
    asked = arguments()
    gc.disable()  # nothing here refers to itself in a circle, and looking for circles takes a tenth of the time
    try:
        Audit(asked).run()
    except Refused as refused:
        sys.exit(f"BROKEN: {refused.where}: {refused.what}.\nThis means: {refused.meaning}.")
    except OSError as error:
        sys.exit(f"CANNOT READ: {error}")
    print("HOLDS: everything that was checked is in order.")

if __name__ == "__main__":
    main()
