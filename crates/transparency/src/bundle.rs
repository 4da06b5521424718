//! Bundles of entries (c2sp.org/tlog-tiles): up to 256 leaves, each behind its length in two bytes,
//! big-endian.

use crate::tile::TilePath;

/// Why bytes are not the bundle that their name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The bytes end inside an entry, or before the last one.
    #[error(
        "{path} ends in entry {entry} of {width}: fetch it again, or from another copy of the log"
    )]
    Truncated {
        /// Which bundle it is.
        path: TilePath,
        /// Number of the entry, from 1.
        entry: u16,
        /// Entries that its name promises.
        width: u16,
    },
    /// There are more bytes than entries.
    #[error(
        "{path} has {excess} bytes behind its last entry: fetch it again, or from another copy of the log"
    )]
    Excess {
        /// Which bundle it is.
        path: TilePath,
        /// Bytes behind the last entry.
        excess: usize,
    },
}

/// An entry is longer than a bundle can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an entry of {got} bytes is too long for a bundle, which takes {} at most",
    u16::MAX
)]
pub struct EntryTooLong {
    got: usize,
}

/// Writes entries as the bytes of a bundle.
///
/// # Errors
/// An entry has more than 65,535 bytes.
pub fn bundle_bytes<'e>(
    entries: impl IntoIterator<Item = &'e [u8]>,
) -> Result<Vec<u8>, EntryTooLong> {
    let mut bytes = Vec::new();
    for entry in entries {
        let got = entry.len();
        let length = u16::try_from(got).map_err(|_| EntryTooLong { got })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of the bundle that has this name, as many as its width says.
///
/// # Errors
/// See [`BundleError`].
pub fn read_bundle(path: TilePath, bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let width = path.width();
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(width.into());
    for entry in 1..=width {
        let (taken, behind) = take(rest).ok_or(BundleError::Truncated { path, entry, width })?;
        entries.push(taken);
        rest = behind;
    }
    if !rest.is_empty() {
        let excess = rest.len();
        return Err(BundleError::Excess { path, excess });
    }
    Ok(entries)
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}
