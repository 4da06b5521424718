//! Files of keys and passwords, as the programs insist on them.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file that only its owner can read, over an earlier one.
pub fn write_secret(path: &Path, secret: impl AsRef<[u8]>) {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = file.open(path).expect("a writable directory");
    file.write_all(secret.as_ref()).expect("room on the disk");
}
