"""Signed notes and checkpoints (C2SP): what a log said, and which witnesses had seen it."""
import hashlib
import re
from base64 import b64encode
from collections import namedtuple

from .basics import decode_base64, is_signed, require

LOG, WITNESS = b"\1", b"\4"  # types of keys
ALTERED = "the file was altered or cut: fetch it again, and keep this copy as evidence"
POLICY = "compare the package and its policy with what was published"
UNSEEN = "too few of those who watch the log have seen this history: others may have been shown another one"
NAME = r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}"
DECIMAL = "0|[1-9][0-9]{0,18}"
NOTE = re.compile(f"((.*)\n({DECIMAL})\n(.*)\n)\n((?:\u2014 {NAME} [^ \n]+\n){{1,100}})")

Key = namedtuple("Key", "name id key text")  # of a log or a witness; its text is NAME+ID+BASE64
Policy = namedtuple("Policy", "logs witnesses required lines")  # keys by partition, keys by name; as it is published
Checkpoint = namedtuple("Checkpoint", "origin size root cosigned")  # when, in seconds since 1970, by name of the witness

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
    require(len(cosigned) >= policy.required, where, f"{policy.required} of {len(policy.witnesses)} witnesses must have "
            f"cosigned, and there are {len(cosigned)} ({', '.join(cosigned) or 'none'})", UNSEEN)
    return Checkpoint(log.name, size, root, cosigned)
