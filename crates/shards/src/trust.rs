//! Whose signatures count, and whether enough of them are on a manifest.
//!
//! Signatures are in minisign's format (prehashed Ed25519 with a signed trusted comment), so that
//! an official can check them with the stock tool. What that format leaves unsigned, the untrusted
//! comment, must be minisign's own: then no byte of a signature file can be changed unseen.

use std::fs;
use std::path::{Path, PathBuf};

use minisign_verify::{Error, PublicKey, Signature};

use crate::bounded::read_bounded;
use crate::error::PackageError;
use crate::manifest::MANIFEST_FILE;

/// First line of a signature file, as the stock tool writes it.
pub const UNTRUSTED_COMMENT: &str = "untrusted comment: signature from minisign secret key";
/// Ending of signature files.
pub const SIGNATURE_SUFFIX: &str = ".minisig";
const SIGNATURE_FILES_MAX: usize = 64;
const SMALL_FILE_BYTES_MAX: u64 = 4096;

/// The public keys an operator trusts, and how many of them must have signed.
#[derive(Debug, Clone)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    require: usize,
}

#[derive(Debug, Clone)]
struct TrustedKey {
    name: String,
    key: PublicKey,
}

impl Trust {
    /// Reads public key files (minisign's `.pub` format). A key given twice counts once.
    ///
    /// # Errors
    /// A file that is no public key; `require` of 0 or more than there are distinct keys.
    pub fn from_files(paths: &[PathBuf], require: usize) -> Result<Trust, PackageError> {
        let mut keys: Vec<TrustedKey> = Vec::new();
        for path in paths {
            let key = read_public_key(path)?;
            if keys.iter().all(|known| known.key != key) {
                keys.push(TrustedKey {
                    name: path.display().to_string(),
                    key,
                });
            }
        }
        if require == 0 || require > keys.len() {
            return Err(PackageError::Trust {
                require,
                keys: keys.len(),
            });
        }
        Ok(Trust { keys, require })
    }

    /// Checks every signature file beside the manifest and names the trusted keys that signed.
    ///
    /// # Errors
    /// Fewer than required; a signature that claims a trusted key and is false; a malformed file.
    pub(crate) fn check(&self, dir: &Path, manifest: &[u8]) -> Result<Vec<String>, PackageError> {
        let mut signers: Vec<String> = Vec::new();
        for path in signature_files(dir)? {
            if let Some(signer) = self.check_one(&path, manifest)?
                && !signers.contains(&signer)
            {
                signers.push(signer);
            }
        }
        if signers.len() < self.require {
            let names: Vec<&str> = self.keys.iter().map(|key| key.name.as_str()).collect();
            return Err(PackageError::Unsigned {
                path: dir.join(MANIFEST_FILE),
                expected: self.require,
                got: signers.len(),
                trusted: names.join(", "),
            });
        }
        Ok(signers)
    }

    /// The trusted key that made this signature; none where the signer is not trusted.
    fn check_one(&self, path: &Path, manifest: &[u8]) -> Result<Option<String>, PackageError> {
        let refuse = |reason: &str| PackageError::Signature {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let text = read_small(path)?;
        check_layout(&text).map_err(refuse)?;
        let signature =
            Signature::decode(&text).map_err(|_| refuse("not a minisign signature, sign again"))?;
        for trusted in &self.keys {
            match trusted.key.verify(manifest, &signature, false) {
                Ok(()) => return Ok(Some(trusted.name.clone())),
                Err(Error::UnexpectedKeyId) => {}
                Err(Error::UnexpectedAlgorithm) => {
                    return Err(refuse(
                        "signature is of minisign's legacy kind, sign without -l",
                    ));
                }
                Err(_) => {
                    let name = &trusted.name;
                    return Err(refuse(&format!(
                        "signature by {name} does not fit the manifest: manifest or signature was altered, copy the package again"
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// Signature files beside the manifest, sorted by name: the first officer's
/// `manifest.json.minisig`, further ones `manifest.json.<KEYID>.minisig`.
fn signature_files(dir: &Path) -> Result<Vec<PathBuf>, PackageError> {
    let failed = |source| PackageError::Io {
        action: "list",
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(is_signature_name) {
            files.push(entry.path());
        }
        if files.len() > SIGNATURE_FILES_MAX {
            let reason = format!("more than {SIGNATURE_FILES_MAX} signature files, remove some");
            return Err(PackageError::Signature {
                path: dir.to_owned(),
                reason,
            });
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Whether a file of that name beside the manifest is a signature.
pub fn is_signature_name(name: &str) -> bool {
    let Some(middle) = name
        .strip_prefix(MANIFEST_FILE)
        .and_then(|rest| rest.strip_suffix(SIGNATURE_SUFFIX))
    else {
        return false;
    };
    let is_key_id = |id: &str| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit());
    middle.is_empty() || middle.strip_prefix('.').is_some_and(is_key_id)
}

/// Four lines, each ended by a line feed, and the comment that nobody signs is the known one.
fn check_layout(text: &str) -> Result<(), &'static str> {
    let lines: Vec<&str> = text.split('\n').collect();
    let [comment, _, trusted, _, ""] = lines.as_slice() else {
        return Err("a signature file has four lines ended by line feeds, copy it again");
    };
    if *comment != UNTRUSTED_COMMENT {
        return Err("untrusted comment is not minisign's own, sign again without -c");
    }
    if trusted.contains(|c: char| c.is_control() && c != '\t') {
        return Err("trusted comment has control characters, sign again");
    }
    if !text.is_ascii() {
        return Err("signature file is not ASCII, sign again with a plain trusted comment");
    }
    Ok(())
}

fn read_public_key(path: &Path) -> Result<PublicKey, PackageError> {
    let refused = |reason: String| PackageError::PublicKey {
        path: path.to_owned(),
        reason,
    };
    // The operator has named it: no package is at fault.
    let text = read_small(path).map_err(|error| match error {
        PackageError::Missing { .. } => refused("there is no such file".to_owned()),
        PackageError::TooLong { .. } => refused("it is longer than a key".to_owned()),
        PackageError::Signature { .. } => refused("it is not text".to_owned()),
        error => error,
    })?;
    // The untrusted comment is no part of the key: two copies that differ in it are one key.
    let line = text.lines().nth(1);
    let line = line.ok_or_else(|| refused("it has no second line".to_owned()))?;
    PublicKey::from_base64(line.trim()).map_err(|error| refused(error.to_string().to_lowercase()))
}

fn read_small(path: &Path) -> Result<String, PackageError> {
    let bytes = read_bounded(path, SMALL_FILE_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|_| PackageError::Signature {
        path: path.to_owned(),
        reason: "file is not text, copy it again".to_owned(),
    })
}
