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

Key = namedtuple("Key", "name id key text")  # of a log or a witness; its text is NAME+ID+BASE64
Policy = namedtuple("Policy", "logs witnesses required lines")  # keys by partition, keys by name; as it is published
Checkpoint = namedtuple("Checkpoint", "origin size root cosigned")  # when, in seconds since 1970, by name of the witness

def named_key(name: str, kind: bytes, key: bytes) -> Key:
    id_ = hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4]
    return Key(name, id_, key, f"{name}+{id_.hex()}+{b64encode(kind + key).decode()}")

def parse_key(text: str) -> Key:
    """The key of a witness, in its one spelling."""
    name, _, encoded = (text.split("+", 2) + ["", ""])[:3]
    key = named_key(name, WITNESS, decode_base64(encoded)[1:])
    fits = re.fullmatch(NAME, name) and len(key.key) == 32 and key.text == text
    require(fits, "election.json", f"no key of a log or witness: {text[:80]}", POLICY)
    return key

def read_policy(log: dict, partitions: int) -> Policy:
    """Which keys of logs and witnesses count, as the event says."""
    logs = [named_key(f"{log['origin']}/{each}", LOG, bytes.fromhex(log["key"])) for each in range(partitions)]
    witnesses = {each["name"]: parse_key(each["key"]) for each in log["witness"]}
    required, distinct = log["required"], len({witness.key for witness in witnesses.values()})
    require(required <= distinct == len(log["witness"]), "election.json", f"{required} of {distinct} witnesses must "
            "have cosigned", "nobody can meet that, or one witness counts twice: tell the officers")
    lines = [f"log {key.text}" for key in logs]
    lines += [f"witness {each['name']} {each['key']} {each['url']}" for each in log["witness"]]
    group = [f"group enough {required} {' '.join(witnesses)}", "quorum enough"] if required else ["quorum none"]
    return Policy(logs, witnesses, required, lines + group)

def parse_note(data: bytes, where: object) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """A text, and its signatures (name, id, bytes), none of them checked."""
    text, blank, behind = data.decode("utf-8", errors="replace").rpartition("\n\n")
    *lines, rest = behind.split("\n")
    plain = len(data) <= 128 << 10 and not any(byte < 32 and byte != 10 for byte in data)
    require(blank and plain and lines and not rest, where, "it is no signed note", ALTERED)
    require(len(lines) <= 100, where, "more than 100 signatures", ALTERED)
    signatures = []
    for line in lines:
        found = re.fullmatch(f"\u2014 ({NAME}) (.*)", line)
        signature = decode_base64(found[2]) if found else b""
        require(len(signature) >= 5, where, f"no signature line: {line[:80]}", ALTERED)
        signatures.append((found[1], signature[:4], signature[4:]))
    return text + "\n", signatures

def read_checkpoint(data: bytes, log: Key, policy: Policy, where: object) -> Checkpoint:
    """A checkpoint of that log which the policy accepts. A signature of a known key that does not fit spoils it."""
    text, signatures = parse_note(data, where)
    found = re.fullmatch(rf"(.*)\n({DECIMAL})\n(.*)\n", text)
    root = decode_base64(found[3]) if found else b""
    require(len(root) == 32, where, "it is no checkpoint: origin, size, root", ALTERED)
    name, size = found[1], int(found[2])
    require(name == log.name and size <= 2**62, where, f"it is of {name} at {size}, expected one of {log.name}", POLICY)
    has_signed, cosigned = False, dict[str, int]()
    for name, id_, signature in signatures:
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
