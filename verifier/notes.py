"""What a log said (C2SP): checkpoints, which witnesses had seen them, and receipts (.tlog-proof) of voters."""
import hashlib
import re
from base64 import b64encode
from collections import namedtuple
from pathlib import Path

from .basics import decode_base64, is_signed, require
from .tree import LEAF, leaf_hash, root_above

LOG, WITNESS = b"\1", b"\4"  # types of keys
ALTERED = "the file was altered or cut: fetch it again, and keep this copy as evidence"
POLICY = "compare the package and its policy with what was published"
UNSEEN = "too few of those who watch the log have seen this history: others may have been shown another one"
NAME = r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}"
DECIMAL = "0|[1-9][0-9]{0,18}"
NOTE = re.compile(f"((.*)\n({DECIMAL})\n(.*)\n)\n((?:\u2014 {NAME} [^ \n]+\n){{1,100}})")
PROOF = re.compile(rf"c2sp\.org/tlog-proof@v1\nextra (.*)\nindex ({DECIMAL})\n((?:.*\n){{0,63}})")

Key = namedtuple("Key", "name id key text")  # of a log or a witness; its text is NAME+ID+BASE64
Policy = namedtuple("Policy", "logs witnesses required lines")  # keys by partition, keys by name; as it is published
Checkpoint = namedtuple("Checkpoint", "origin size root cosigned")  # seconds since 1970, by name of the witness
Receipt = namedtuple("Receipt", "path partition sequence leaf tracker position checkpoint")

def named_key(name: str, kind: bytes, key: bytes) -> Key:
    id_ = hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4]
    return Key(name, id_, key, f"{name}+{id_.hex()}+{b64encode(kind + key).decode()}")

def read_policy(log: dict, partitions: int) -> Policy:
    logs = [named_key(f"{log['origin']}/{each}", LOG, bytes.fromhex(log["key"])) for each in range(partitions)]
    witnesses = {}
    for each in log["witness"]:
        name, _, encoded = (each["key"].split("+", 2) + ["", ""])[:3]
        key = witnesses[each["name"]] = named_key(name, WITNESS, decode_base64(encoded)[1:])
        fits = re.fullmatch(NAME, name) and len(key.key) == 32 and key.text == each["key"]
        require(fits, "election.json", f"no key of a log or witness: {each['key'][:80]}", POLICY)
    required, distinct = log["required"], len({witness.key for witness in witnesses.values()})
    require(required <= distinct == len(log["witness"]), "election.json", f"{required} of {distinct} witnesses must "
            "have cosigned", "nobody can meet that, or one witness counts twice: tell the officers")
    lines = [f"log {key.text}" for key in logs]
    lines += [f"witness {each['name']} {each['key']} {each['url']}" for each in log["witness"]]
    group = [f"group enough {required} {' '.join(witnesses)}", "quorum enough"] if required else ["quorum none"]
    return Policy(logs, witnesses, required, lines + group)

def read_checkpoint(data: bytes, log: Key, policy: Policy, where: object) -> Checkpoint:
    """A checkpoint of that log which the policy accepts. A signature of a known key that does not fit spoils it."""
    found = NOTE.fullmatch(data.decode("utf-8", errors="replace"))
    plain = len(data) <= 128 << 10 and not any(byte < 32 and byte != 10 for byte in data)
    require(found and plain, where, "it is no checkpoint: origin, size, root, a blank line, signatures", ALTERED)
    text, name, size, root = found[1], found[2], int(found[3]), decode_base64(found[4])
    require(name == log.name and size <= 2**62, where, f"it is of {name} at {size}, expected one of {log.name}", POLICY)
    require(len(root) == 32, where, "its root is no hash", ALTERED)
    has_signed, cosigned = False, dict[str, int]()
    for line in found[5].split("\n")[:-1]:
        _, name, encoded = line.split(" ")
        data = decode_base64(encoded)
        require(len(data) > 4, where, f"no signature line: {line[:80]}", ALTERED)
        id_, signature = data[:4], data[4:]
        if (name, id_) == log[:2]:
            has_signed = is_signed(log.key, signature, text.encode())
            require(has_signed, where, f"the signature of {name} does not fit", ALTERED)
        for witness, key in policy.witnesses.items():
            if (name, id_) == key[:2]:
                time = int.from_bytes(signature[:8], "big")
                fits = is_signed(key.key, signature[8:], f"cosignature/v1\ntime {time}\n{text}".encode())
                require(fits and time < 2**63, where, f"the cosignature of {witness} does not fit", ALTERED)
                cosigned.setdefault(witness, time)
    require(has_signed, where, f"it is not signed by the key of {log.name}", UNSEEN)
    require(len(cosigned) >= policy.required, where, f"{policy.required} of {len(policy.witnesses)} witnesses must "
            f"have cosigned, and there are {len(cosigned)} ({', '.join(cosigned) or 'none'})", UNSEEN)
    return Checkpoint(log.name, size, root, cosigned)

def read_receipt(path: Path, policy: Policy) -> Receipt:
    """Checks a receipt by itself: vote in frame, frame in log, log seen by witnesses."""
    head, _, note = path.read_bytes().partition(b"\n\n")
    form = PROOF.fullmatch(head.decode("utf-8", errors="replace") + "\n")
    hashes = list(map(decode_base64, form[3].split("\n")[:-1])) if form else []
    require(form and all(len(hash_) == 32 for hash_ in hashes), path, "it is no receipt", ALTERED)
    extra, index = decode_base64(form[1]), int(form[2])
    require(len(extra) >= 99 and len(extra) % 32 == 3, path, "its extra line is of no receipt", ALTERED)
    leaf, tracker, position = extra[:79], extra[79:95], int.from_bytes(extra[95:99], "big")
    version, partition, sequence, _, votes, trackers = LEAF.unpack(leaf)
    require(version == 1 and sequence == index + 1 and partition < len(policy.logs), path,
            f"it is of frame {sequence} of partition {partition}, and proves another", ALTERED)
    below = [extra[at:at + 32] for at in range(99, len(extra), 32)]
    fits = position < votes and root_above(leaf_hash(tracker), position, votes, below) == trackers
    require(fits, path, "its vote is not in its frame", ALTERED)
    checkpoint = read_checkpoint(note, policy.logs[partition], policy, path)
    fits = index < checkpoint.size and root_above(leaf_hash(leaf), index, checkpoint.size, hashes) == checkpoint.root
    require(fits, path, "its frame is not in the log that its checkpoint is of", ALTERED)
    return Receipt(path, partition, sequence, leaf, tracker, position, checkpoint)
