//! Where the real programs are: in the directory of this one, as a build leaves them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Every program that a rehearsal runs.
const NEEDED: [&str; 6] = [
    "hashgen",
    "shardpack",
    "validator",
    "tally",
    "witness",
    "loadgen",
];

/// The directory that holds the programs.
#[derive(Clone, Debug)]
pub struct Programs {
    dir: PathBuf,
}

impl Programs {
    /// The programs in the directory of this executable.
    ///
    /// # Errors
    /// Names the first program that is missing and how to build it.
    pub fn beside_this() -> Result<Programs> {
        let this = std::env::current_exe().context("cannot tell where this program lies")?;
        let dir = this.parent().context("this program lies in no directory")?;
        Programs::in_dir(dir)
    }

    /// The programs in `dir`.
    ///
    /// # Errors
    /// Names the first program that is missing and how to build it.
    pub fn in_dir(dir: &Path) -> Result<Programs> {
        for name in NEEDED {
            if !dir.join(name).is_file() {
                bail!(
                    "no program {name} in {}: run `cargo build --bins` (with --release for a release build)",
                    dir.display()
                );
            }
        }
        Ok(Programs {
            dir: dir.to_owned(),
        })
    }

    /// Path of one program.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}
