//! How this machine may hold secrets: keys and passwords in files, and NAS, codes and keys in memory.
//! Every program that holds one stands on this crate; it does not know what the secrets are for.
//!
//! [`read`] refuses a file that other users can read. [`seal_memory`] keeps the memory of the process
//! out of core dumps, of other processes' reach, and of swap. With the feature `officer`, [`Officer`] signs
//! with a minisign key.

mod file;
mod memory;
#[cfg(feature = "officer")]
mod officer;

pub use file::{SecretFileError, read};
pub use memory::{Unsealed, seal_memory};
#[cfg(feature = "officer")]
pub use officer::{NewOfficer, Officer, OfficerError, Password};
