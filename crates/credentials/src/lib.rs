//! What a voter is, once hashed: normalised NAS and code, the two hashing schemes, and digest sets.
//!
//! This crate is shared by the program that hashes the roll and the program that checks a vote, so
//! that both agree to the byte on what a credential is. It knows no HTTP, no database and no
//! command line.
//!
//! ```
//! use credentials::{BallotId, Code, Hasher, Nas};
//!
//! let nas = Nas::parse(b"123-456-789")?;
//! let code = Code::parse(b"abc 123")?;
//! let ballot = BallotId::parse("L2025-001")?;
//! let digest = Hasher::sha256().digest(&nas, &code, &ballot);
//! assert_eq!(digest.to_string(), "fbbeb8f3dc022d9ddb1753049a715678");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ballot_id;
mod code;
mod digest;
pub mod digestset;
mod hasher;
pub mod mint;
mod nas;
mod roll_key;

pub use ballot_id::{BallotId, BallotIdError};
pub use code::{Code, CodeError};
pub use digest::{Digest, DigestParseError, MAX_SHARD_BITS, shard_bits_for};
pub use hasher::{Hasher, Scheme, SchemeError};
pub use nas::{Nas, NasError};
pub use roll_key::{KeyId, KeyIdError, RollKey, RollKeyError};
