"""Checks an election from its files, and says in words what it checked, or the first thing that is broken."""
import argparse
import sys
from pathlib import Path

from .ballot_box import BallotBox, instant
from .ledger import TORN, Chain, acknowledged, check_partitions
from .notes import POLICY, SUSPECT, Attested, attested, parse_note
from .package import read_officer, read_package
from .receipt import check_receipt, read_receipt
from .refused import Refused, require
from .releases import Hand, check_regions, check_releases, read_key
from .results import check_results
from .tree import Tree, frame_leaf, leaf_hash


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
              f"signed; manifest {package.manifest_sha256.hex()}.")
        self.policy = event.policy(package.partitions)
        if asked.policy:
            lines = [line.strip() for line in asked.policy.read_text().splitlines() if not line.startswith("#")]
            told = event.policy_lines(self.policy) if self.policy else []
            require([line for line in lines if line] == told, asked.policy, "it is not the policy of the package", POLICY)
        require(self.policy is not None or not asked.receipt, asked.package, "the event has no log", "receipts are no "
                "proofs where the package names no log")
        self.receipts = [read_receipt(path, self.policy) for path in asked.receipt if self.policy]
        self.directories, self.box = check_partitions(asked.ledger, package), BallotBox(package)
        self.roots: dict[tuple[int, int], bytes] = {}  # by partition and size: those that somebody has signed
        self.kept: dict[tuple[int, int], tuple[bytes, bytes]] = {}  # leaf and trackers of frames with a receipt

    def run(self) -> None:
        """Steps 2 to 6."""
        for partition, directory in enumerate(self.directories):
            self.check_partition(partition, directory)
        for ballot in self.package.event.ballots:
            closed = "closed" if self.box.is_closed(ballot.index) else "not closed yet"
            print(f"  {ballot.id}: {self.box.votes_on(ballot.index)} votes of {self.box.registered(ballot.index).total()} "
                  f"credentials, {closed}.")
        totals = self.check_releases() if self.asked.releases else None
        if self.asked.results:
            print("\n  ".join(["Published results:", *check_results(self.asked.results, self.box, totals)]))
        for receipt in self.receipts:
            at = receipt.partition, receipt.sequence
            check_receipt(receipt, self.kept.get(at), self.roots.get((receipt.partition, receipt.attested.size)))
            print(f"Receipt {receipt.path}: its vote is in frame {at[1]} of partition {at[0]}; {seen(receipt.attested)}.")

    def check_partition(self, partition: int, directory: Path) -> None:
        """Steps 2 and 3: every frame of a partition, and the log over them."""
        path, checkpoint = directory / "checkpoint", None
        sidecar = acknowledged(directory / "acknowledged", partition)
        if self.policy:
            require(path.is_file(), path, "there is no checkpoint", "nobody outside has vouched for this ledger, and "
                    "the event promises that witnesses do")
            checkpoint = attested(parse_note(path.read_bytes(), path), self.policy, path)
            require(checkpoint.origin == list(self.policy.logs)[partition], path, f"it is of {checkpoint.origin}", POLICY)
        tree = self.read(partition, directory, checkpoint)
        last = f"{directory}, frame {tree.size}"
        if sidecar:
            require(sidecar[0] < tree.size or sidecar == self.box.heads.get(partition, (0, bytes(32))), last,
                    f"voters were answered for frame {sidecar[0]}, which is another or not there", TORN)
        print(f"Partition {partition}: {tree.size} frames, the last {self.box.heads.get(partition, (0, bytes(32)))[1].hex()}.")
        if checkpoint is None:
            print("  NOBODY OUTSIDE HAS VOUCHED for this ledger: the event has no log. Whoever holds the machine could have "
                  "written another one.")
            return
        require(checkpoint.size <= tree.size, last, f"the ledger ends here, and the log signed {checkpoint.size} frames",
                "the end of the ledger was cut off: votes are missing")
        require(self.roots[partition, checkpoint.size] == checkpoint.root, path, "its root is not that of these frames: "
                f"{self.roots[partition, checkpoint.size].hex()}", f"frames were changed, put in or taken out; {SUSPECT}")
        require(checkpoint.size == tree.size, f"{directory}, frame {checkpoint.size + 1}", "not covered by any checkpoint: "
                f"the log signed {checkpoint.size} frames of {tree.size}", "nobody outside has seen these votes yet")
        print(f"  Root {checkpoint.root.hex()}; {seen(checkpoint)}.")

    def read(self, partition: int, directory: Path, checkpoint: Attested | None) -> Tree:
        """Reads all frames of a partition into the ballot box, and makes the tree of the log over them."""
        tree, wanted = Tree(), {receipt.sequence for receipt in self.receipts if receipt.partition == partition}
        signed = [receipt.attested for receipt in self.receipts if receipt.partition == partition]
        sizes = {each.size for each in [*signed, checkpoint] if each}
        if 0 in sizes:
            self.roots[partition, 0] = tree.root()
        for frame in Chain(self.package, partition).frames(directory):
            self.box.take(frame)
            leaf = frame_leaf(partition, frame.sequence, frame.link, frame.trackers)
            tree.add(leaf_hash(leaf))
            if tree.size in sizes:
                self.roots[partition, tree.size] = tree.root()
            if frame.sequence in wanted:
                self.kept[partition, frame.sequence] = leaf, frame.trackers
        return tree

    def check_releases(self) -> dict | None:
        """Step 4; the totals, where the mask key is there."""
        asked, event = self.asked, self.package.event
        hand = Hand(self.package, None, None)
        if asked.count_key:
            hand = Hand(self.package, "count", read_key(asked.count_key, "count", event.count_key))
        if asked.mask_key:
            hand = Hand(self.package, "mask", read_key(asked.mask_key, "mask", event.mask_key))
        number, totals = check_releases(self.package, self.directories, asked.releases, hand)
        did = {"count": "their masked sums computed anew", "mask": "their masks taken off, and the votes counted",
               None: "their sums NOT checked: that takes a key"}[hand.name]
        print(f"Releases: {number}, as the marks of the ledger ask for; {did}.")
        if hand.name != "mask":
            return None
        check_regions(self.package, totals, [self.box.is_closed(ballot.index) for ballot in event.ballots])
        return totals


def seen(checkpoint: Attested) -> str:
    """Who has seen a checkpoint, and when."""
    witnesses = ", ".join(f"{name} on {instant(1000 * time)}" for name, time in checkpoint.cosigned.items())
    return f"{checkpoint.origin} at size {checkpoint.size}, cosigned by {witnesses or 'no witness'}"


def main() -> None:
    """Exit 0: everything holds. 1: something is broken, or cannot be read. 2: the command is wrong."""
    asked = arguments()
    try:
        Audit(asked).run()
    except Refused as refused:
        sys.exit(f"BROKEN: {refused.where}: {refused.what}.\nThis means: {refused.meaning}.")
    except OSError as error:
        sys.exit(f"CANNOT READ: {error}")
    print("HOLDS: everything that was checked is in order.")


if __name__ == "__main__":
    main()
