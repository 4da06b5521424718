//! Replacing a small file as a whole: readers and crashes see the old bytes or the new ones.

use std::io;
use std::path::{Path, PathBuf};

use crate::os::parent_of;
use crate::storage::Storage;

/// Replaces `path` (or creates it) by `bytes`, atomically and stably: when this returns, the new
/// content survives a crash; if it fails or the machine stops on the way, the old content does.
///
/// The new file is written beside the old one as `<name>.new`; one left by a crash is removed first.
/// The caller is the only writer of `path`.
/// Calls: `create_new`, `write_at`, `fdatasync`, `rename`, `fsync_dir`.
pub fn replace_file(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = aside_name(path)?;
    match storage.remove(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = storage.create_new(&aside)?;
    file.write_at(0, bytes)?;
    file.fdatasync()?;
    drop(file);
    storage.rename(&aside, path)?;
    storage.fsync_dir(parent_of(path))
}

fn aside_name(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "path has no file name, name a file",
        )
    })?;
    let mut aside = name.to_owned();
    aside.push(".new");
    Ok(path.with_file_name(aside))
}
