"""What the seals of a ledger are made of, in stock Python and nothing else: ChaCha20 and Poly1305
(RFC 8439), X25519 (RFC 7748), and HPKE in base mode over them (RFC 9180: DHKEM X25519 with
HKDF-SHA256, ChaCha20-Poly1305). Slow, and not in constant time: for auditors and tests, never for a
server. attack_join.py imports it; as a program it does nothing."""
import hashlib, hmac, struct

P25519 = 2**255 - 19
BASE_POINT = (9).to_bytes(32, "little")
WORD = 0xFFFFFFFF


def _quarter(x, a, b, c, d):
    for left, right, turn, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[left] = (x[left] + x[right]) & WORD
        mixed = x[turn] ^ x[left]
        x[turn] = ((mixed << by) | (mixed >> (32 - by))) & WORD


def _block(key, counter, nonce):
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), counter,
             *struct.unpack("<3I", nonce)]
    x = list(start)
    for _ in range(10):
        for column in range(4):
            _quarter(x, column, column + 4, column + 8, column + 12)
        for row in range(4):
            _quarter(x, row, (row + 1) % 4 + 4, (row + 2) % 4 + 8, (row + 3) % 4 + 12)
    return struct.pack("<16I", *((a + b) & WORD for a, b in zip(x, start)))


def keystream(key, nonce, length, counter=0):
    """So many bytes of the ChaCha20 keystream, from that block on."""
    blocks = (_block(key, counter + at, nonce) for at in range((length + 63) // 64))
    return b"".join(blocks)[:length]


def _xor(data, stream):
    return bytes(a ^ b for a, b in zip(data, stream))


def _poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        block = int.from_bytes(message[at:at + 16] + b"\1", "little")
        total = (total + block) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _tag(key, nonce, associated, ciphertext):
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, ciphertext))
    lengths = struct.pack("<QQ", len(associated), len(ciphertext))
    return _poly1305(keystream(key, nonce, 32), padded + lengths)


def seal(key, nonce, associated, plain):
    """ChaCha20-Poly1305: ciphertext, then the tag of 16 bytes."""
    ciphertext = _xor(plain, keystream(key, nonce, len(plain), 1))
    return ciphertext + _tag(key, nonce, associated, ciphertext)


def unseal(key, nonce, associated, sealed):
    """What `seal` sealed, or None where key, place or bytes are others."""
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if not hmac.compare_digest(tag, _tag(key, nonce, associated, ciphertext)):
        return None
    return _xor(ciphertext, keystream(key, nonce, len(ciphertext), 1))


def x25519(secret, point):
    """The shared secret of a secret half and a public half; with BASE_POINT the own public half."""
    k = int.from_bytes(secret, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P25519, x1 * (da - cb) ** 2 % P25519
        x2, z2 = aa * bb % P25519, e * (aa + 121665 * e) % P25519
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")


KEM = b"KEM" + struct.pack(">H", 0x20)
SUITE = b"HPKE" + struct.pack(">HHH", 0x20, 1, 3)


def _extract(suite, salt, label, material):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, hashlib.sha256)


def _expand(suite, key, label, info, length):
    told = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, told + b"\1", hashlib.sha256)[:length]


def _hpke_key(shared, encapsulated, public, info):
    inner = _extract(KEM, b"", b"eae_prk", shared)
    shared = _expand(KEM, inner, b"shared_secret", encapsulated + public, 32)
    context = b"\0" + _extract(SUITE, b"", b"psk_id_hash", b"") + _extract(SUITE, b"", b"info_hash", info)
    secret = _extract(SUITE, shared, b"secret", b"")
    return _expand(SUITE, secret, b"key", context, 32), _expand(SUITE, secret, b"base_nonce", context, 12)


def hpke_seal(public, info, plain, ephemeral):
    """Encapsulated key (32 bytes) and ciphertext; `ephemeral` is a fresh secret half."""
    encapsulated = x25519(ephemeral, BASE_POINT)
    key, nonce = _hpke_key(x25519(ephemeral, public), encapsulated, public, info)
    return encapsulated, seal(key, nonce, b"", plain)


def hpke_unseal(secret, info, encapsulated, ciphertext):
    """What was sealed to the public half of `secret`, or None where it was sealed to another."""
    public = x25519(secret, BASE_POINT)
    key, nonce = _hpke_key(x25519(secret, encapsulated), encapsulated, public, info)
    return unseal(key, nonce, b"", ciphertext)
