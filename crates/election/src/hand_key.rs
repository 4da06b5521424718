//! The public keys of the two hands, and what must not stand in their place.
//!
//! Choices are sealed to these keys by X25519 (RFC 7748). A key of 32 bytes can be well formed and
//! worthless: the server would fail at the first vote, or anybody could open all of them.

use curve25519_dalek::montgomery::MontgomeryPoint;
use data_encoding::HEXLOWER;

/// What is wrong with a key that is well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeakKey {
    /// A point of low order: nothing can be sealed to it.
    LowOrder,
    /// No program makes it: the coordinate is not reduced.
    NotReduced,
    /// No program makes it: the point is not on the curve, but on its twist.
    OnTwist,
    /// Its secret half is printed in a standard, or is no secret.
    Published,
}

impl WeakKey {
    /// What an official reads.
    pub(crate) fn explanation(self) -> &'static str {
        match self {
            WeakKey::LowOrder => {
                "nothing can be sealed to this key, it is a point of low order: make a key with `tally keygen`"
            }
            WeakKey::NotReduced | WeakKey::OnTwist => {
                "no program makes such a key, a character was changed: make a key with `tally keygen`"
            }
            WeakKey::Published => {
                "the secret half of this key is known to everybody, it stands in public examples: make \
                 a key with `tally keygen`"
            }
        }
    }
}

/// Coordinates of the points whose order divides 8, on the curve and its twist.
const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// Keys whose secret half anybody can look up.
const PUBLISHED: [&str; 11] = [
    // The base point.
    "0900000000000000000000000000000000000000000000000000000000000000",
    // RFC 7748, section 6.1: Alice and Bob.
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    // RFC 7748, section 5.2: the public halves of both scalars.
    "1c9fd88f45606d932a80c71824ae151d15d73e77de38e8e000852e614fae7019",
    "ff63fe57bfbf43fa3f563628b149af704d3db625369c49983650347a6a71e00e",
    // RFC 9180, appendices A.1 and A.2: the recipient.
    "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
    // Secret halves of nothing but 00, of nothing but 01, of nothing but ff, and 00 01 02 to 1f.
    "2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74",
    "a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209",
    "847c0d2c375234f365e660955187a3735a0f7613d1609d3a6a4d8c53aeaa5a22",
    "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f",
];

/// The 32 bytes that 64 digits in lower case stand for.
pub(crate) fn parse(text: &str) -> Option<[u8; 32]> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// What is wrong with a key, if anything is.
pub(crate) fn weakness(key: &[u8; 32]) -> Option<WeakKey> {
    let text = HEXLOWER.encode(key);
    if LOW_ORDER.contains(&text.as_str()) {
        Some(WeakKey::LowOrder)
    } else if !is_reduced(key) {
        Some(WeakKey::NotReduced)
    } else if MontgomeryPoint(*key).to_edwards(0).is_none() {
        Some(WeakKey::OnTwist)
    } else if PUBLISHED.contains(&text.as_str()) {
        Some(WeakKey::Published)
    } else {
        None
    }
}

/// Whether the coordinate, of which the first byte is the least, is below 2^255 - 19.
fn is_reduced(key: &[u8; 32]) -> bool {
    let [first, between @ .., last] = key;
    let top = between.iter().all(|byte| *byte == 0xff) && *last == 0x7f;
    *last < 0x80 && !(top && *first >= 0xed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_cannot_keep_a_secret_are_told_apart() {
        let below_the_prime = |first: &str, last: &str| format!("{first}{}{last}", "ff".repeat(30));
        for (key, expected) in [
            ("00".repeat(32), Some(WeakKey::LowOrder)),
            (below_the_prime("ec", "7f"), Some(WeakKey::LowOrder)),
            (below_the_prime("ed", "7f"), Some(WeakKey::NotReduced)),
            (below_the_prime("ff", "7f"), Some(WeakKey::NotReduced)),
            (below_the_prime("12", "ff"), Some(WeakKey::NotReduced)),
            (below_the_prime("eb", "7f"), None),
            (PUBLISHED[1].to_owned(), Some(WeakKey::Published)),
            (
                "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33".to_owned(),
                None,
            ),
        ] {
            let bytes = parse(&key).expect("64 digits");
            assert_eq!(weakness(&bytes), expected, "{key}");
        }
        for key in LOW_ORDER.iter().chain(&PUBLISHED) {
            assert!(weakness(&parse(key).expect("64 digits")).is_some(), "{key}");
        }
    }
}
