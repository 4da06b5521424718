//! Small files that hold a secret.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Rights of the group and of all others.
const OTHERS: u32 = 0o077;
/// The same without the group's right to read.
const OTHERS_BUT_GROUP_READ: u32 = 0o037;
const ROOT: u32 = 0;

/// Why a secret file was not read. It never quotes the file.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The system refused it.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file as it was named.
        path: PathBuf,
        /// Why the system refused it.
        source: io::Error,
    },
    /// Other users of the machine can read or change it.
    #[error(
        "{} is open to other users of this machine (mode {mode:03o}): ask who may have read it, then \
         chmod 600 it; on a stick, which knows no such rights, copy it with install -m 600 first",
        path.display()
    )]
    OpenToOthers {
        /// The file as it was named.
        path: PathBuf,
        /// Its rights, as `chmod` writes them.
        mode: u32,
    },
    /// It is longer than any secret of its kind.
    #[error("{} has more than {len_max} bytes: it is another file", path.display())]
    TooLong {
        /// The file as it was named.
        path: PathBuf,
        /// Most bytes that were expected.
        len_max: usize,
    },
}

/// Reads a secret of at most `len_max` bytes into memory that is wiped.
///
/// The file must be its owner's alone. One of root may be read by its group too, as service managers
/// and TLS certificates have it. Pipes and terminals have no other readers.
///
/// # Errors
/// See [`SecretFileError`].
pub fn read(path: &Path, len_max: usize) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let cannot = |source| SecretFileError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(cannot)?;
    // Of the file that is open, whatever the name stands for meanwhile.
    let metadata = file.metadata().map_err(cannot)?;
    if is_open_to_others(&metadata) {
        return Err(SecretFileError::OpenToOthers {
            path: path.to_owned(),
            mode: metadata.mode() & 0o777,
        });
    }
    // Reserved whole, so that growing leaves no copy behind.
    let mut secret = Zeroizing::new(Vec::with_capacity(len_max + 1));
    file.take(len_max as u64 + 1)
        .read_to_end(&mut secret)
        .map_err(cannot)?;
    if secret.len() > len_max {
        return Err(SecretFileError::TooLong {
            path: path.to_owned(),
            len_max,
        });
    }
    Ok(secret)
}

fn is_open_to_others(metadata: &Metadata) -> bool {
    let forbidden = match metadata.uid() {
        ROOT => OTHERS_BUT_GROUP_READ,
        _ => OTHERS,
    };
    metadata.is_file() && metadata.mode() & forbidden != 0
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    /// Whether a file of `owner` with `mode` is read; none where this user may not give files away.
    fn is_read(owner: u32, mode: u32) -> Option<bool> {
        let home = tempfile::tempdir().expect("a private directory");
        let path = home.path().join("roll.key");
        fs::write(&path, "secret").expect("written");
        chown(&path, Some(owner), None).ok()?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("own file");
        match read(&path, 10) {
            Ok(secret) => Some(&*secret == b"secret"),
            Err(SecretFileError::OpenToOthers { mode: told, .. }) => {
                assert_eq!(told, mode);
                Some(false)
            }
            Err(SecretFileError::Read { source, .. }) => {
                assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let this_user = rustix::process::geteuid().as_raw();
        for mode in [0o644, 0o666, 0o604, 0o620, 0o602] {
            assert_eq!(is_read(this_user, mode), Some(false), "{mode:o}");
        }
        for mode in [0o600, 0o400] {
            assert_eq!(is_read(this_user, mode), Some(true), "{mode:o}");
        }
        // A group may read what root owns, and what nobody else owns.
        for (owner, read) in [(ROOT, true), (1234, false)] {
            let got = is_read(owner, 0o640);
            assert!(got.is_none_or(|got| got == read), "owner {owner}: {got:?}");
        }
    }

    #[test]
    fn another_file_is_not_read_whole() {
        let home = tempfile::tempdir().expect("a private directory");
        let path = home.path().join("roll.csv");
        fs::write(&path, "x".repeat(11)).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("own file");
        let error = read(&path, 10).expect_err("too long").to_string();
        assert!(error.contains("more than 10 bytes"), "{error}");
        assert_eq!(read(&path, 11).expect("a secret").len(), 11);
    }
}
