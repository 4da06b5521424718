//! The key under which a vote may be sent again: draft-ietf-httpapi-idempotency-key-header.

use zeroize::Zeroizing;

/// What a client sends with a vote, and again with the same vote. Wiped on drop, shown by nothing:
/// whoever has it and the credential gets the receipt.
pub(crate) struct IdempotencyKey(Zeroizing<Vec<u8>>);

impl IdempotencyKey {
    /// Fewest characters: fewer hold no 128 random bits, however they are written.
    pub(crate) const CHARACTERS_MIN: usize = 20;
    /// Most characters of a key.
    pub(crate) const CHARACTERS_MAX: usize = 128;

    /// Reads a key; none where the text is none.
    pub(crate) fn parse(text: &[u8]) -> Option<IdempotencyKey> {
        let length = IdempotencyKey::CHARACTERS_MIN..=IdempotencyKey::CHARACTERS_MAX;
        let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let sound = length.contains(&text.len()) && text.iter().all(plain);
        sound.then(|| IdempotencyKey(Zeroizing::new(text.to_vec())))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_enough_to_be_random_and_printable() {
        let longest = "k".repeat(IdempotencyKey::CHARACTERS_MAX);
        let too_long = "k".repeat(IdempotencyKey::CHARACTERS_MAX + 1);
        for (text, sound) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", true),
            ("0123456789abcdef0123456789abcdef", true),
            ("aGVsbG8gd29ybGQsIGJ5ZQ==", true),
            (&longest, true),
            (&too_long, false),
            ("1", false),
            ("", false),
            ("0123456789 0123456789", false),
            ("0123456789\"0123456789", false),
            ("0123456789\\0123456789", false),
            ("0123456789é0123456789", false),
        ] {
            let read = IdempotencyKey::parse(text.as_bytes());
            assert_eq!(read.is_some(), sound, "{text:?}");
        }
    }
}
