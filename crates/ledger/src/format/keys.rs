//! The event's box key: choices are sealed to its public half, which stands in the event
//! definition; its secret half opens them and stays with the tally or the trustees.

use std::fmt;
use std::io;

use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, Serializable};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::format::entropy::{Entropy, SystemEntropy};
use crate::format::hex;

const TEXT_TAG: &str = "scrutin-box-key-1";
const CHECKSUM_DOMAIN: &[u8] = b"scrutin.v1 box key checksum";
/// The longest key file read: a line, with room for a trailing newline in any convention.
const TEXT_BYTES_MAX: usize = 128;

/// Why the text of a key was refused. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the one line that a key file holds.
    #[error(
        "not a box key file: expected one line scrutin-box-key-1:<64 hex>:<8 hex>, make one with `tally keygen`"
    )]
    Form,
    /// The checksum does not fit the key.
    #[error(
        "the box key's checksum does not fit: a character was lost or changed, copy the file again"
    )]
    Checksum,
    /// A public key is 64 hexadecimal digits.
    #[error("not a box public key: expected 64 hexadecimal digits")]
    PublicForm,
}

/// The half that seals: X25519, 32 bytes, public.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BoxPublicKey([u8; 32]);

impl BoxPublicKey {
    /// From its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> BoxPublicKey {
        BoxPublicKey(bytes)
    }

    /// From the 64 hexadecimal digits of an event definition's `box_key`.
    ///
    /// # Errors
    /// [`KeyError::PublicForm`].
    pub fn parse(text: &str) -> Result<BoxPublicKey, KeyError> {
        hex::parse(text.trim())
            .map(BoxPublicKey)
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

impl fmt::Display for BoxPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for BoxPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoxPublicKey({self})")
    }
}

/// The half that opens: X25519, 32 bytes, wiped from memory when dropped, never shown.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BoxSecretKey([u8; 32]);

impl BoxSecretKey {
    /// A new key from the system's CSPRNG.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn generate() -> io::Result<BoxSecretKey> {
        BoxSecretKey::generate_from(&mut SystemEntropy)
    }

    /// A new key from `entropy`.
    ///
    /// # Errors
    /// The source's.
    pub fn generate_from(entropy: &mut dyn Entropy) -> io::Result<BoxSecretKey> {
        let mut key = BoxSecretKey([0; 32]);
        entropy.fill(&mut key.0)?;
        Ok(key)
    }

    /// From the text of a key file; white space around the line is ignored.
    ///
    /// # Errors
    /// [`KeyError::Form`], [`KeyError::Checksum`].
    pub fn parse(text: &[u8]) -> Result<BoxSecretKey, KeyError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(KeyError::Form);
        }
        let line = std::str::from_utf8(text)
            .map_err(|_| KeyError::Form)?
            .trim();
        let mut fields = line.split(':');
        let (Some(TEXT_TAG), Some(key), Some(sum), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(KeyError::Form);
        };
        let key = BoxSecretKey(hex::parse(key).ok_or(KeyError::Form)?);
        let sum: [u8; 4] = hex::parse(sum).ok_or(KeyError::Form)?;
        if sum != key.checksum() {
            return Err(KeyError::Checksum);
        }
        Ok(key)
    }

    /// The text of a key file: `scrutin-box-key-1:<64 hex>:<8 hex>` and a newline.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        // Reserved whole, so that growing leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES_MAX));
        text.push_str(TEXT_TAG);
        text.push(':');
        hex::append(&mut text, &self.0);
        text.push(':');
        hex::append(&mut text, &self.checksum());
        text.push('\n');
        text
    }

    /// The public half, to which content keys are sealed.
    pub fn public(&self) -> BoxPublicKey {
        let public = X25519HkdfSha256::sk_to_pk(&self.to_hpke());
        let mut bytes = [0; 32];
        public.write_exact(&mut bytes);
        BoxPublicKey(bytes)
    }

    /// A second copy, for an opener that outlives the first. Not `Clone`: copies are deliberate.
    pub(crate) fn duplicate(&self) -> BoxSecretKey {
        BoxSecretKey(self.0)
    }

    pub(crate) fn to_hpke(&self) -> <X25519HkdfSha256 as Kem>::PrivateKey {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.0)
            .expect("any 32 bytes are an X25519 private key")
    }

    fn checksum(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(CHECKSUM_DOMAIN)
            .chain_update(self.0)
            .finalize();
        let mut sum = [0; 4];
        sum.copy_from_slice(&digest[..4]);
        sum
    }
}

impl fmt::Debug for BoxSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxSecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_reads_back_and_a_changed_digit_is_noticed() {
        let key = BoxSecretKey::generate().expect("randomness");
        let text = key.to_file_text();
        let back = BoxSecretKey::parse(text.as_bytes()).expect("own text");
        assert_eq!(back.public(), key.public());
        for at in TEXT_TAG.len() + 1..text.len() - 1 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            assert!(BoxSecretKey::parse(&bytes).is_err(), "digit {at}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let key = BoxSecretKey::generate().expect("randomness");
        assert_eq!(format!("{key:?}"), "BoxSecretKey(..)");
    }

    #[test]
    fn hostile_text_is_refused() {
        for text in [
            &b""[..],
            b":::",
            b"scrutin-box-key-1:zz:00",
            &[0xff; 64],
            &[b'a'; 4096],
        ] {
            assert!(BoxSecretKey::parse(text).is_err());
        }
        assert_eq!(BoxPublicKey::parse("12"), Err(KeyError::PublicForm));
    }
}
