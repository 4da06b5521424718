//! What can be wrong with a package, with what was expected and what was found.

use std::io;
use std::path::PathBuf;

use credentials::{KeyId, Scheme};

use crate::hash::Sha256Sum;

/// Why a package is refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum PackageError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        source: io::Error,
    },
    /// A public key file is not one.
    #[error(
        "{} is not a minisign public key: {reason}; give the .pub file of an officer", path.display()
    )]
    PublicKey { path: PathBuf, reason: String },
    /// Trust cannot be met by any package.
    #[error(
        "{require} signatures are required but {keys} distinct keys are trusted, name more keys or require fewer (at least 1)"
    )]
    Trust { require: usize, keys: usize },
    /// A signature file is not in minisign's canonical form, or a trusted key's signature is false.
    #[error("{}: {reason}", path.display())]
    Signature {
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Too few trusted officers signed.
    #[error(
        "{} is signed by {got} of the trusted keys ({trusted}), expected {expected}: have the officers sign it (shardpack sign), or name their public keys", path.display()
    )]
    Unsigned {
        path: PathBuf,
        expected: usize,
        got: usize,
        /// Names of the trusted keys.
        trusted: String,
    },
    /// A signed document cannot be understood or contradicts itself.
    #[error("{}: {reason}", path.display())]
    Document {
        /// The manifest, the event definition, or what accompanies it.
        path: PathBuf,
        reason: String,
    },
    /// A file of the manifest is not there.
    #[error("{} is missing from the package, copy the package again", path.display())]
    Missing { path: PathBuf },
    /// Something is there that the manifest does not list.
    #[error("{} is not listed in the manifest, remove it or copy the package again", path.display())]
    Extra {
        /// The file or directory.
        path: PathBuf,
    },
    /// A file has another length than the manifest says.
    #[error("{} has {got} bytes, the manifest says {expected}: it was altered, copy the package again", path.display())]
    Size {
        path: PathBuf,
        /// Bytes by the manifest.
        expected: u64,
        got: u64,
    },
    /// A file is longer than any that we write.
    #[error("{} is longer than {limit} bytes, which none of its kind is: it was altered, copy the package again", path.display())]
    TooLong { path: PathBuf, limit: u64 },
    /// A file has another content than the manifest says.
    #[error("{} has SHA-256 {got}, the manifest says {expected}: it was altered, copy the package again", path.display())]
    Hash {
        path: PathBuf,
        /// Sum by the manifest.
        expected: Sha256Sum,
        got: Sha256Sum,
    },
    /// A file is signed but its content makes no sense: it was packed wrongly.
    #[error("{}: {source}: pack again with shardpack", path.display())]
    Format { path: PathBuf, source: FormatError },
    /// Content that contradicts the signed manifest or event.
    #[error("{}: {what} is {got}, expected {expected}: pack again with shardpack", path.display())]
    Mismatch {
        path: PathBuf,
        what: &'static str,
        /// By the manifest or by rebuilding.
        expected: String,
        got: String,
    },
}

/// Bytes of an opened package that are not any more those that officers signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}{}: not any more what was verified at the start: look into the disk and the memory, copy the package again and restart",
    path.display(),
    offset.map(|offset| format!(", byte {offset}")).unwrap_or_default()
)]
pub struct Rot {
    /// The file that they are in.
    pub path: PathBuf,
    /// Where the block begins that differs, where that is known.
    pub offset: Option<u64>,
}

/// Why a binary file's bytes are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum FormatError {
    /// Not even the fixed part is there.
    #[error("file has {got} bytes where at least {expected} are needed")]
    TooShort {
        /// Least number of bytes.
        expected: u64,
        got: u64,
    },
    /// One field is not what it must be.
    #[error("{field} is {got:#x}, expected {expected:#x}")]
    Field {
        field: &'static str,
        /// What it must be.
        expected: u64,
        got: u64,
    },
    /// The filter's descriptor would reach outside its fingerprints.
    #[error("filter descriptor is invalid: {reason}")]
    FilterShape {
        /// Which rule is broken.
        reason: &'static str,
    },
    /// Two neighbours of the digest column are not in strictly ascending order.
    #[error("digest {ordinal} does not follow the one before in order")]
    Unsorted {
        /// The later one's ordinal.
        ordinal: u64,
    },
    /// The index does not lead to the digests of the column.
    #[error("index does not lead to digest {ordinal} of the column")]
    IndexDisagrees {
        /// The first digest that it does not lead to.
        ordinal: u64,
    },
    /// The filter denies a member.
    #[error("filter denies digest {ordinal} of the column")]
    FilterDenies { ordinal: u64 },
    /// A credential's region is not one of the event's.
    #[error("region of credential {ordinal} is {got}, which the event does not define")]
    UnknownRegion { ordinal: u64, got: u16 },
}

/// Why a hasher cannot serve a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum KeyError {
    /// The package was hashed under another scheme.
    #[error("package was hashed with {}, this hasher uses {}: {}", expected.as_str(), got.as_str(), remedy(*expected))]
    Scheme { expected: Scheme, got: Scheme },
    /// The package was hashed under another roll key.
    #[error(
        "package was hashed with roll key {}, this is roll key {}: bring the key of this roll",
        id(expected),
        id(got)
    )]
    RollKey {
        /// The package's key id.
        expected: Option<KeyId>,
        /// The hasher's key id.
        got: Option<KeyId>,
    },
}

fn remedy(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Sha256 => "give no roll key",
        Scheme::HmacSha256 => "give the roll key with --key",
    }
}

fn id(key_id: &Option<KeyId>) -> String {
    key_id.map_or_else(|| "(none)".to_owned(), |id| id.to_string())
}
