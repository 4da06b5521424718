//! The ledger as a transparency log: each frame of a partition is a leaf of that partition's tree.
//!
//! Whoever serves a log keeps a [`FrameLog`]: it makes the tiles, the proofs that one size continues
//! another, and the receipts. Whoever counts a ledger reads it through [`Coverage`], which holds frames
//! back until a checkpoint that log and witnesses signed covers them. docs/transparency.md has the forms.
//!
//! This crate knows no network, no clock and no signing key. What it keeps in files is derived from the
//! ledger and lost with the process.

mod coverage;
mod error;
mod frame_log;
mod leaf;
mod records;

pub use coverage::{Accepted, Coverage, CoverageError, HELD_BYTES_MAX, Told};
pub use error::TlogError;
pub use frame_log::FrameLog;
pub use leaf::leaf_of;
