//! The keys of the two hands. Choices are masked: the holder of the count key adds up masked counts,
//! the holder of the mask key their masks, and only both together know a sum. Public halves stand in
//! the event definition, secret halves stay with their holders.

use std::fmt;
use std::io;

use election::Event;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, Serializable};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::format::entropy::{Entropy, SystemEntropy};
use crate::format::hex;

const CHECKSUM_DOMAIN: &[u8] = b"scrutin.v2 hand key checksum";
/// The longest key file read: a line, with room for a trailing newline in any convention.
const TEXT_BYTES_MAX: usize = 128;

/// Which of the two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hand {
    /// Adds up masked counts.
    Count,
    /// Knows the masks of counts.
    Mask,
}

impl Hand {
    /// Both hands, in the order of the format.
    pub const ALL: [Hand; 2] = [Hand::Count, Hand::Mask];

    /// The hand's name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Hand::Count => "count",
            Hand::Mask => "mask",
        }
    }

    /// First field of a key file.
    fn tag(self) -> &'static str {
        match self {
            Hand::Count => "scrutin-count-key-2",
            Hand::Mask => "scrutin-mask-key-2",
        }
    }
}

impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why the text of a key was refused. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the one line that a key file holds.
    #[error(
        "not a key file of a hand: expected one line scrutin-count-key-2:<64 hex>:<8 hex> or scrutin-mask-key-2:..., make one with `tally keygen`"
    )]
    Form,
    /// The checksum does not fit the key.
    #[error(
        "the key's checksum does not fit: a character was lost or changed, copy the file again"
    )]
    Checksum,
    /// A public key is 64 hexadecimal digits.
    #[error("not a public key: expected 64 hexadecimal digits")]
    PublicForm,
    /// No X25519 key that `tally keygen` makes.
    #[error("not the public half of a key that `tally keygen` makes: copy it again")]
    NotOnCurve,
}

/// The public half of one hand's key: X25519, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HandPublicKey([u8; 32]);

impl HandPublicKey {
    /// From its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> HandPublicKey {
        HandPublicKey(bytes)
    }

    /// From the 64 hexadecimal digits of an event definition.
    ///
    /// # Errors
    /// [`KeyError::PublicForm`].
    pub fn parse(text: &str) -> Result<HandPublicKey, KeyError> {
        hex::parse(text.trim())
            .map(HandPublicKey)
            .ok_or(KeyError::PublicForm)
    }

    /// The key's 32 bytes, as X25519 writes them (RFC 7748).
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn to_hpke(self) -> Result<<X25519HkdfSha256 as Kem>::PublicKey, hpke::HpkeError> {
        <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&self.0)
    }
}

impl fmt::Display for HandPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for HandPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandPublicKey({self})")
    }
}

/// The public halves of an event's two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandPublicKeys {
    /// Masked counts are sealed to it.
    pub count: HandPublicKey,
    /// Masks and rankings are sealed to it.
    pub mask: HandPublicKey,
}

impl HandPublicKeys {
    /// The keys that an event names.
    pub fn of(event: &Event) -> HandPublicKeys {
        HandPublicKeys {
            count: HandPublicKey(event.count_key),
            mask: HandPublicKey(event.mask_key),
        }
    }

    /// The key of one hand.
    pub fn key(&self, hand: Hand) -> HandPublicKey {
        match hand {
            Hand::Count => self.count,
            Hand::Mask => self.mask,
        }
    }
}

/// The secret half of one hand's key: X25519, 32 bytes, wiped from memory when dropped, never shown.
#[derive(ZeroizeOnDrop)]
pub struct HandSecretKey {
    #[zeroize(skip)]
    hand: Hand,
    key: [u8; 32],
}

impl Zeroize for HandSecretKey {
    fn zeroize(&mut self) {
        self.key.zeroize();
    }
}

impl HandSecretKey {
    /// A new key from the system's CSPRNG.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn generate(hand: Hand) -> io::Result<HandSecretKey> {
        HandSecretKey::generate_from(hand, &mut SystemEntropy)
    }

    /// A new key from `entropy`.
    ///
    /// # Errors
    /// The source's.
    pub fn generate_from(hand: Hand, entropy: &mut dyn Entropy) -> io::Result<HandSecretKey> {
        let mut key = [0; 32];
        entropy.fill(&mut key)?;
        Ok(HandSecretKey { hand, key })
    }

    /// From the 32 bytes of a key whose shares were joined.
    pub fn from_bytes(hand: Hand, key: &[u8; 32]) -> HandSecretKey {
        HandSecretKey { hand, key: *key }
    }

    /// The 32 bytes of the key, to be split into shares.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key)
    }

    /// Whose key it is.
    pub fn hand(&self) -> Hand {
        self.hand
    }

    /// From the text of a key file; white space around the line is ignored.
    ///
    /// # Errors
    /// [`KeyError::Form`], [`KeyError::Checksum`].
    pub fn parse(text: &[u8]) -> Result<HandSecretKey, KeyError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(KeyError::Form);
        }
        let line = std::str::from_utf8(text)
            .map_err(|_| KeyError::Form)?
            .trim();
        let mut fields = line.split(':');
        let (Some(tag), Some(key), Some(sum), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(KeyError::Form);
        };
        let hand = Hand::ALL.into_iter().find(|hand| hand.tag() == tag);
        let key = HandSecretKey {
            hand: hand.ok_or(KeyError::Form)?,
            key: hex::parse(key).ok_or(KeyError::Form)?,
        };
        let sum: [u8; 4] = hex::parse(sum).ok_or(KeyError::Form)?;
        if sum != key.checksum() {
            return Err(KeyError::Checksum);
        }
        Ok(key)
    }

    /// The text of a key file: `scrutin-count-key-2:<64 hex>:<8 hex>` or `scrutin-mask-key-2:...`, and
    /// a newline.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        // Reserved whole, so that growing leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES_MAX));
        text.push_str(self.hand.tag());
        text.push(':');
        hex::append(&mut text, &self.key);
        text.push(':');
        hex::append(&mut text, &self.checksum());
        text.push('\n');
        text
    }

    /// The public half, which stands in the event.
    pub fn public(&self) -> HandPublicKey {
        let public = X25519HkdfSha256::sk_to_pk(&self.to_hpke());
        let mut bytes = [0; 32];
        public.write_exact(&mut bytes);
        HandPublicKey(bytes)
    }

    /// A second copy, for an opener that outlives the first. Not `Clone`: copies are deliberate.
    pub(crate) fn duplicate(&self) -> HandSecretKey {
        HandSecretKey {
            hand: self.hand,
            key: self.key,
        }
    }

    pub(crate) fn to_hpke(&self) -> <X25519HkdfSha256 as Kem>::PrivateKey {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.key)
            .expect("any 32 bytes are an X25519 private key")
    }

    fn checksum(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(CHECKSUM_DOMAIN)
            .chain_update(self.hand.name())
            .chain_update(self.key)
            .finalize();
        let mut sum = [0; 4];
        sum.copy_from_slice(&digest[..4]);
        sum
    }
}

impl fmt::Debug for HandSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandSecretKey({}, ..)", self.hand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_reads_back_and_a_changed_digit_is_noticed() {
        for hand in Hand::ALL {
            let key = HandSecretKey::generate(hand).expect("randomness");
            let text = key.to_file_text();
            let back = HandSecretKey::parse(text.as_bytes()).expect("own text");
            assert_eq!((back.public(), back.hand()), (key.public(), hand));
            for at in hand.tag().len() + 1..text.len() - 1 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
                assert!(HandSecretKey::parse(&bytes).is_err(), "digit {at}");
            }
        }
    }

    #[test]
    fn the_key_of_one_hand_is_not_taken_for_that_of_the_other() {
        let key = HandSecretKey::generate(Hand::Count).expect("randomness");
        let renamed = key.to_file_text().replace("-count-", "-mask-");
        let error = HandSecretKey::parse(renamed.as_bytes()).err();
        assert_eq!(error, Some(KeyError::Checksum));
    }

    #[test]
    fn debug_shows_no_key() {
        let key = HandSecretKey::generate(Hand::Mask).expect("randomness");
        assert_eq!(format!("{key:?}"), "HandSecretKey(mask, ..)");
    }

    #[test]
    fn hostile_text_is_refused() {
        for text in [
            &b""[..],
            b":::",
            b"scrutin-count-key-2:zz:00",
            b"scrutin-count-key-1:00:00",
            &[0xff; 64],
            &[b'a'; 4096],
        ] {
            assert!(HandSecretKey::parse(text).is_err());
        }
        assert_eq!(HandPublicKey::parse("12"), Err(KeyError::PublicForm));
    }
}
