//! An officer's key, in the files that the stock minisign makes and reads.
//!
//! A password lives in a buffer that is wiped and is handed to minisign by value; no error quotes it.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::str::Utf8Error;

use data_encoding::HEXUPPER;
use minisign::{KeyPair, PError, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use zeroize::Zeroizing;

use crate::file::{SecretFileError, read};

/// Longest key or password file read.
const FILE_LEN_MAX: usize = 4096;

/// Why a key or a password cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum OfficerError {
    /// The file cannot be read, or others can read it.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// The file is none that minisign or a person wrote.
    #[error("{} is not a text file", path.display())]
    NoText { path: PathBuf, source: Utf8Error },
    /// minisign would index a second line.
    #[error("{} is not a minisign secret key: it has fewer than two lines", path.display())]
    NoKey { path: PathBuf },
    /// minisign refuses the file, or the password.
    #[error("officer's key {}: {reason}: check the file and its password", path.display())]
    Unusable { path: PathBuf, reason: PError },
    /// There is no password in the file.
    #[error("{}: the first line is empty, write the password there", path.display())]
    NoPassword { path: PathBuf },
    /// Nobody can be asked.
    #[error("cannot ask for a password without a terminal, pass --password-file")]
    NoTerminal(#[source] io::Error),
    /// The officer mistyped a new password.
    #[error("the two passwords differ, start again")]
    PasswordsDiffer,
    /// An empty password protects nothing.
    #[error("password is empty, choose one or pass --no-password")]
    EmptyPassword,
    /// minisign makes no key.
    #[error("cannot make a key pair: {0}")]
    NoPair(PError),
    /// minisign makes no signature.
    #[error("cannot sign {name}: {reason}")]
    Unsigned { name: String, reason: PError },
}

/// Where the password of a key comes from.
#[derive(Debug, Clone, Copy)]
pub enum Password<'a> {
    /// The key is not encrypted, and whoever says so expects it.
    Unencrypted,
    /// The first line of a file.
    File(&'a Path),
    /// The officer, asked at the terminal.
    Ask,
}

/// A key pair as its two files hold it.
pub struct NewOfficer {
    /// What the officer keeps.
    pub secret: Zeroizing<String>,
    /// What the operators get.
    pub public: String,
    /// The key id as minisign shows it.
    pub key_id: String,
}

impl NewOfficer {
    /// Makes a key pair; a password that is asked for is asked for twice.
    ///
    /// # Errors
    /// There is no password, or minisign makes no key.
    pub fn make(password: Password<'_>) -> Result<NewOfficer, OfficerError> {
        let (pair, kind) = match new_password(password)? {
            Some(password) => {
                let password = Some(password.to_string());
                let pair = KeyPair::generate_encrypted_keypair(password);
                (pair, "encrypted ")
            }
            None => (KeyPair::generate_unencrypted_keypair(), ""),
        };
        let KeyPair { pk, sk } = pair.map_err(OfficerError::NoPair)?;
        let comment = format!("minisign {kind}secret key");
        let secret = sk.to_box(Some(&comment)).map_err(OfficerError::NoPair)?;
        let public = pk.to_box().map_err(OfficerError::NoPair)?;
        Ok(NewOfficer {
            secret: Zeroizing::new(secret.into_string()),
            public: public.into_string(),
            key_id: key_id(&pk),
        })
    }
}

/// An officer who can sign.
pub struct Officer {
    secret: SecretKey,
    public: PublicKey,
}

impl Officer {
    /// Reads the key in `path`. One that is not encrypted needs no password, and none is asked for.
    ///
    /// # Errors
    /// A file that is no minisign secret key, a wrong password, no terminal to ask at.
    pub fn read(path: &Path, password: Password<'_>) -> Result<Officer, OfficerError> {
        let text = read_text(path)?;
        let unusable = |reason| OfficerError::Unusable {
            path: path.to_owned(),
            reason,
        };
        if text.lines().count() < 2 {
            return Err(OfficerError::NoKey {
                path: path.to_owned(),
            });
        }
        let boxed = || SecretKeyBox::from_string(&text);
        let in_clear = || boxed().and_then(SecretKeyBox::into_unencrypted_secret_key);
        let with_password = |password: Zeroizing<String>| {
            boxed().and_then(|boxed| boxed.into_secret_key(Some(password.to_string())))
        };
        let secret = match password {
            Password::Unencrypted => in_clear(),
            Password::File(file) => with_password(first_line(file)?),
            Password::Ask => match in_clear() {
                Ok(secret) => Ok(secret),
                Err(_) => with_password(ask(&format!("password of {}: ", path.display()))?),
            },
        };
        let secret = secret.map_err(unusable)?;
        let public = PublicKey::from_secret_key(&secret).map_err(unusable)?;
        Ok(Officer { secret, public })
    }

    /// The key id as minisign shows it: sixteen upper-case hexadecimal digits.
    #[must_use]
    pub fn key_id(&self) -> String {
        key_id(&self.public)
    }

    /// Whether one of these files, in minisign's form of a public key, is of this officer.
    #[must_use]
    pub fn is_among(&self, public_keys: &[PathBuf]) -> bool {
        let is_own =
            |path: &PathBuf| PublicKey::from_file(path).is_ok_and(|key| key == self.public);
        public_keys.iter().any(is_own)
    }

    /// Whether a signature in minisign's text form names this officer's key.
    #[must_use]
    pub fn is_named_in(&self, signature: &str) -> bool {
        SignatureBox::from_string(signature)
            .is_ok_and(|signature| signature.keynum() == self.public.keynum())
    }

    /// A detached signature over `bytes`, which are or will be the file `name`, in minisign's text form.
    /// `comment` is the one that is not signed.
    ///
    /// # Errors
    /// minisign refuses the key.
    pub fn sign(
        &self,
        bytes: &[u8],
        name: &str,
        now_ms: i64,
        comment: &str,
    ) -> Result<String, OfficerError> {
        let seconds = now_ms.div_euclid(1_000);
        let trusted = format!("timestamp:{seconds}\tfile:{name}\thashed");
        let signature = minisign::sign(
            Some(&self.public),
            &self.secret,
            Cursor::new(bytes),
            Some(&trusted),
            Some(comment),
        );
        match signature {
            Ok(signature) => Ok(signature.into_string()),
            Err(reason) => Err(OfficerError::Unsigned {
                name: name.to_owned(),
                reason,
            }),
        }
    }
}

fn key_id(key: &PublicKey) -> String {
    let mut shown = key.keynum().to_vec();
    shown.reverse();
    HEXUPPER.encode(&shown)
}

fn new_password(source: Password<'_>) -> Result<Option<Zeroizing<String>>, OfficerError> {
    match source {
        Password::Unencrypted => Ok(None),
        Password::File(path) => first_line(path).map(Some),
        Password::Ask => {
            let password = ask("password for the new secret key: ")?;
            if *ask("the same again: ")? != *password {
                return Err(OfficerError::PasswordsDiffer);
            }
            if password.is_empty() {
                return Err(OfficerError::EmptyPassword);
            }
            Ok(Some(password))
        }
    }
}

fn first_line(path: &Path) -> Result<Zeroizing<String>, OfficerError> {
    let text = read_text(path)?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(Zeroizing::new(password.to_owned())),
        _ => Err(OfficerError::NoPassword {
            path: path.to_owned(),
        }),
    }
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, OfficerError> {
    let bytes = read(path, FILE_LEN_MAX)?;
    let text = std::str::from_utf8(&bytes).map_err(|source| OfficerError::NoText {
        path: path.to_owned(),
        source,
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, OfficerError> {
    let answer = rpassword::prompt_password(prompt).map_err(OfficerError::NoTerminal)?;
    Ok(Zeroizing::new(answer))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn private(path: &Path, text: &str) {
        fs::write(path, text).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("own file");
    }

    #[test]
    fn who_made_a_key_can_sign_with_it_and_a_wrong_file_is_named() {
        let home = tempfile::tempdir().expect("a private directory");
        let file = |name: &str| home.path().join(name);
        let made = NewOfficer::make(Password::Unencrypted).expect("a pair");
        private(&file("officer.key"), &made.secret);
        let officer = Officer::read(&file("officer.key"), Password::Ask).expect("in the clear");
        assert_eq!(officer.key_id(), made.key_id);
        assert!(made.public.contains(&made.key_id), "{}", made.public);
        let signed = officer.sign(b"text", "text.txt", 1_999, "a test");
        let signed = signed.expect("signed");
        assert!(
            signed.contains("timestamp:1\tfile:text.txt\thashed"),
            "{signed}"
        );
        assert!(officer.is_named_in(&signed));
        let other = NewOfficer::make(Password::Unencrypted).expect("a pair");
        private(&file("other.key"), &other.secret);
        let other = Officer::read(&file("other.key"), Password::Unencrypted).expect("in the clear");
        assert!(!other.is_named_in(&signed));

        private(&file("one line"), "untrusted comment: x");
        private(&file("empty"), "\n");
        for (key, password, says) in [
            ("one line", Password::Unencrypted, "fewer than two lines"),
            ("nowhere", Password::Unencrypted, "cannot read"),
            (
                "officer.key",
                Password::File(&file("empty")),
                "first line is empty",
            ),
        ] {
            let Err(error) = Officer::read(&file(key), password) else {
                panic!("{key} was read");
            };
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
