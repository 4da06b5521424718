//! Reads the file that holds a roll key.

use std::path::Path;

use anyhow::{Context as _, Result};
use credentials::RollKey;

/// Reads a roll key from a file that is its owner's alone.
pub fn read_key(path: &Path) -> Result<RollKey> {
    let text = secrets::read(path, RollKey::FILE_LEN_MAX).context("roll key")?;
    RollKey::parse(&text).with_context(|| path.display().to_string())
}
