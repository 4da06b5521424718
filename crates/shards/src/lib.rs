//! The package: signed, memory-mapped files that answer who is on the roll.
//!
//! A package is a directory that officials can carry and check with stock tools: `manifest.json`
//! with minisign signatures over it, `SHA256SUMS`, the event's `election.json`, where they were brought
//! `geometry.json`, `baseline.json` and `logo.svg`, and for each ballot and shard a prefix index, a filter, a column of
//! digests and a column of regions.
//!
//! [`Package::open`] verifies all of it; [`Package::lookup`] then answers in a few cache misses, and
//! only by bytes that are still what was verified (`docs/package.md`).
//! Making packages stands behind the feature `builder`, so that the query side carries none of it.
//!
//! ```no_run
//! use credentials::{BallotId, Code, Hasher, Nas};
//! use election::BallotIndex;
//! use shards::{Membership, Package, Trust};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trust = Trust::from_files(&["officer.pub".into()], 1)?;
//! let package = Package::open("package".as_ref(), &trust)?;
//! let ballot = BallotId::parse("L2025-001")?;
//! let digest = Hasher::sha256().digest(&Nas::parse(b"123456789")?, &Code::parse(b"ABC123")?, &ballot);
//! match package.lookup(BallotIndex(0), &digest)? {
//!     Membership::Member { shard, ordinal, region } => println!("{shard}/{ordinal} of {region}"),
//!     Membership::NotOnRoll | Membership::NoSuchBallot => println!("refused"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! This crate knows nothing of HTTP, databases, asynchronous runtimes or command lines.

// Bytes of files are fetched with a bounds check that can fail, never with one that panics.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod audit;
mod blocks;
mod bounded;
#[cfg(feature = "builder")]
pub mod builder;
mod column;
mod digest;
mod error;
mod filter;
#[cfg(feature = "builder")]
pub mod fuzzing;
mod hash;
mod header;
#[cfg(all(test, feature = "builder"))]
mod hostile_tests;
mod index;
mod manifest;
mod map;
mod open;
mod package;
mod recheck;
mod shard;
mod trust;

pub use error::{FormatError, KeyError, PackageError, Rot};
pub use filter::FilterKind;
pub use hash::{Sha256Sum, Sha256SumError};
pub use manifest::{
    BASELINE_FILE, BallotManifest, EVENT_FILE, FORMAT, FileEntry, GEOMETRY_FILE, LOGO_FILE,
    MANIFEST_FILE, Manifest, PARTITIONS_MAX, SHARDS_DIR, SUMS_FILE, ShardManifest,
};
pub use package::{Membership, Package};
pub use trust::{SIGNATURE_SUFFIX, Trust, UNTRUSTED_COMMENT, is_signature_name};
