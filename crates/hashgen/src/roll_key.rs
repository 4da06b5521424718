//! Reads the file that holds a roll key.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use credentials::RollKey;
use zeroize::Zeroizing;

/// Reads a roll key file, at most one byte more than such a file can have.
pub fn read_key(path: &Path) -> Result<RollKey> {
    let mut text = Zeroizing::new(Vec::with_capacity(RollKey::FILE_LEN_MAX + 1));
    File::open(path)
        .and_then(|file| {
            file.take(RollKey::FILE_LEN_MAX as u64 + 1)
                .read_to_end(&mut text)
        })
        .with_context(|| format!("cannot read the roll key {}", path.display()))?;
    RollKey::parse(&text).with_context(|| path.display().to_string())
}
