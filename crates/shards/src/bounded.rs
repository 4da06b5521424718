//! Reads small files whole, up to a limit: a hostile file must not fill the memory.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::PackageError;

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, PackageError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => PackageError::Missing {
            path: path.to_owned(),
        },
        _ => PackageError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        },
    };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        let path = path.to_owned();
        return Err(PackageError::TooLong { path, limit });
    }
    Ok(bytes)
}
