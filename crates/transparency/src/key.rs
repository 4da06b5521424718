//! Keys that sign notes (c2sp.org/signed-note): a name, a type and an Ed25519 key.
//!
//! ```text
//! public   name+id+base64(type ‖ key)               id: 8 hexadecimal digits
//! private  PRIVATE+KEY+name+id+base64(type ‖ seed)  in files of its owner alone
//! id       the first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key)
//! ```

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{SECRET_KEY_LENGTH, Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::text;

/// Longest name of a key, in bytes.
pub const KEY_NAME_BYTES_MAX: usize = 255;
/// Longest text of a public or private key that is read.
pub const KEY_TEXT_BYTES_MAX: usize = 512;
/// Bytes of an Ed25519 signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;

const PRIVATE: &str = "PRIVATE+KEY+";

/// The name of a key, such as `example.com/log`: without spaces and plus signs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// The first bytes of a hash over name, type and key: which key a signature is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// A log signs its checkpoints: type 0x01.
    Log,
    /// A witness cosigns the checkpoints of others, with the time: type 0x04.
    Witness,
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name cannot stand in a note.
    #[error(
        "{name} is no name of a key: write 1 to {KEY_NAME_BYTES_MAX} bytes without spaces, control characters and plus signs, such as example.com/log"
    )]
    Name {
        /// The name that was given.
        name: String,
    },
    /// The text does not have the three parts of a key.
    #[error(
        "not a public key of a log or witness: expected name+id+key in one line, as it was handed out"
    )]
    Form,
    /// The id belongs to another name or key.
    #[error(
        "the id of key {name} is {got} and must be {expected}: part of the key was altered or mistyped, ask for it again"
    )]
    Id {
        /// Name of the key.
        name: KeyName,
        /// The id that name and key make.
        expected: KeyId,
        /// The id that is written.
        got: KeyId,
    },
    /// The key is of another use.
    #[error("key {name} has type 0x{got:02x}, and {} 0x{:02x} is needed here: {}", used.noun(), used.signature_type(), used.remedy())]
    Type {
        /// Name of the key.
        name: KeyName,
        /// What it would be used for.
        used: KeyUse,
        /// The type that is written.
        got: u8,
    },
    /// The bytes are no point of the curve, or one that anybody can sign for.
    #[error(
        "the key of {name} is no Ed25519 key, or one that anybody could sign for: ask for it again"
    )]
    Point {
        /// Name of the key.
        name: KeyName,
    },
    /// A private key has another form.
    #[error("not a private key of a log or witness: expected the file that a keygen command wrote")]
    PrivateForm,
}

impl KeyUse {
    /// The byte that stands before the key.
    #[must_use]
    pub fn signature_type(self) -> u8 {
        match self {
            KeyUse::Log => 0x01,
            KeyUse::Witness => 0x04,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            KeyUse::Log => "a log's type",
            KeyUse::Witness => "a witness's type",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            KeyUse::Log => "give the key with which the log signs",
            KeyUse::Witness => "give the key with which the witness cosigns",
        }
    }
}

impl KeyName {
    /// Takes a text as the name of a key.
    ///
    /// # Errors
    /// It is empty, too long, or has a character that would break a note.
    pub fn new(name: &str) -> Result<KeyName, KeyError> {
        let sound = !name.is_empty()
            && name.len() <= KEY_NAME_BYTES_MAX
            && !name
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || c == '+');
        if !sound {
            let name = text::quoted(name);
            return Err(KeyError::Name { name });
        }
        Ok(KeyName(name.to_owned()))
    }

    /// The name as it stands in notes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyId {
    fn of(name: &KeyName, used: KeyUse, key: &VerifyingKey) -> KeyId {
        let hash = Sha256::new()
            .chain_update(name.0.as_bytes())
            .chain_update([b'\n', used.signature_type()])
            .chain_update(key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        KeyId([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The public half of a key. Its text form is what is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    used: KeyUse,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: KeyName, used: KeyUse, key: VerifyingKey) -> VerifierKey {
        let id = KeyId::of(&name, used, &key);
        VerifierKey {
            name,
            id,
            used,
            key,
        }
    }

    /// The public key that these 32 bytes are, as RFC 8032 encodes it.
    ///
    /// # Errors
    /// [`KeyError::Point`].
    pub fn of_bytes(name: KeyName, used: KeyUse, key: &[u8; 32]) -> Result<VerifierKey, KeyError> {
        let key = VerifyingKey::from_bytes(key).ok();
        match key.filter(|key| !key.is_weak()) {
            Some(key) => Ok(VerifierKey::new(name, used, key)),
            None => Err(KeyError::Point { name }),
        }
    }

    /// Reads a public key for one use.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn parse(text: &str, used: KeyUse) -> Result<VerifierKey, KeyError> {
        let parts = Parts::read(text).ok_or(KeyError::Form)?;
        let (name, got) = parts.name_and_use(used)?;
        let key: [u8; 32] = parts
            .key
            .as_slice()
            .try_into()
            .map_err(|_| KeyError::Form)?;
        let key = VerifierKey::of_bytes(name, used, &key)?;
        key.check_id(got)?;
        Ok(key)
    }

    fn check_id(&self, got: KeyId) -> Result<(), KeyError> {
        if self.id == got {
            return Ok(());
        }
        Err(KeyError::Id {
            name: self.name.clone(),
            expected: self.id,
            got,
        })
    }

    /// The name in signature lines; of a log, its origin.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id in signature lines.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What the key signs.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        self.used
    }

    /// The key alone, as RFC 8032 encodes it.
    #[must_use]
    pub fn key_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.key.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.used.signature_type()];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, self.id, BASE64.encode(&bytes))
    }
}

/// The private half of a key, wiped when it is dropped. It has no `Debug` and no `Display`.
pub struct PrivateKey {
    public: VerifierKey,
    key: SigningKey,
}

impl PrivateKey {
    /// The key that this seed makes; the seed comes from the system's generator of random bytes.
    #[must_use]
    pub fn from_seed(
        name: KeyName,
        used: KeyUse,
        seed: &Zeroizing<[u8; SECRET_KEY_LENGTH]>,
    ) -> PrivateKey {
        let key = SigningKey::from_bytes(seed);
        let public = VerifierKey::new(name, used, key.verifying_key());
        PrivateKey { public, key }
    }

    /// The same key under another name, and so with another id: each partition of a ledger is a log with a
    /// name of its own, and all of them sign with one key.
    #[must_use]
    pub fn named(&self, name: KeyName) -> PrivateKey {
        let public = VerifierKey::new(name, self.public.used, self.public.key);
        let key = self.key.clone();
        PrivateKey { public, key }
    }

    /// Reads a private key for one use; the line may end in a newline.
    ///
    /// # Errors
    /// See [`KeyError`]. No message quotes the text.
    pub fn parse(text: &[u8], used: KeyUse) -> Result<PrivateKey, KeyError> {
        let line = std::str::from_utf8(text).map_err(|_| KeyError::PrivateForm)?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_prefix(PRIVATE).ok_or(KeyError::PrivateForm)?;
        let parts = Parts::read(line).ok_or(KeyError::PrivateForm)?;
        // A message about the name would quote what may be the key of a file of another kind.
        let (name, got) = parts.name_and_use(used).map_err(|error| match error {
            KeyError::Type { .. } => error,
            _ => KeyError::PrivateForm,
        })?;
        let mut seed = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        if parts.key.len() != seed.len() {
            return Err(KeyError::PrivateForm);
        }
        seed.copy_from_slice(&parts.key);
        let private = PrivateKey::from_seed(name, used, &seed);
        private.public.check_id(got)?;
        Ok(private)
    }

    /// The text for the key's file, newline included. It is the only way in which the key leaves.
    #[must_use]
    pub fn file_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 1 + SECRET_KEY_LENGTH]);
        bytes[0] = self.public.used.signature_type();
        bytes[1..].copy_from_slice(self.key.as_bytes());
        let encoded = Zeroizing::new(BASE64.encode(&*bytes));
        let VerifierKey { name, id, .. } = &self.public;
        // Reserved whole, so that growing leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(KEY_TEXT_BYTES_MAX));
        for part in [
            PRIVATE,
            name.as_str(),
            "+",
            &id.to_string(),
            "+",
            &encoded,
            "\n",
        ] {
            text.push_str(part);
        }
        text
    }

    /// The half that others may have.
    #[must_use]
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(message).to_bytes()
    }
}

/// What both halves of a key have in common: a name, an id, a type and bytes.
struct Parts<'t> {
    name: &'t str,
    id: KeyId,
    signature_type: u8,
    key: Zeroizing<Vec<u8>>,
}

impl<'t> Parts<'t> {
    fn read(text: &'t str) -> Option<Parts<'t>> {
        if text.len() > KEY_TEXT_BYTES_MAX {
            return None;
        }
        // Base 64 may have plus signs of its own.
        let mut parts = text.splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let id = HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
        let mut key = Zeroizing::new(text::base64(key)?);
        if key.is_empty() {
            return None;
        }
        let signature_type = key.remove(0);
        Some(Parts {
            name,
            id: KeyId(id),
            signature_type,
            key,
        })
    }

    fn name_and_use(&self, used: KeyUse) -> Result<(KeyName, KeyId), KeyError> {
        let name = KeyName::new(self.name)?;
        let got = self.signature_type;
        if got != used.signature_type() {
            return Err(KeyError::Type { name, used, got });
        }
        Ok((name, self.id))
    }
}

impl FromStr for KeyName {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<KeyName, KeyError> {
        KeyName::new(text)
    }
}
