//! The directory of one rehearsal: what lies on which machine.
//!
//! `air-gapped/` stands for the machine that sees the roll, `online/` for the one that faces the
//! internet. Whatever a voter must never find again is searched for under `online/`.

use anyhow::{Context, Result, bail};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Marks a directory as ours, so that `--force` deletes nothing else.
const MARK: &str = ".rehearsal";

/// Paths of one rehearsal.
#[derive(Clone, Debug)]
pub struct Site {
    root: PathBuf,
}

impl Site {
    /// Makes a fresh directory that only its owner can enter.
    ///
    /// # Errors
    /// An existing directory without `force`; with it, one that no rehearsal made.
    pub fn create(root: &Path, force: bool) -> Result<Site> {
        let name = root.display();
        if root.exists() {
            if !force {
                bail!("{name} exists already, choose another --dir or pass --force to replace it");
            }
            if !root.join(MARK).is_file() {
                bail!(
                    "{name} was not made by a rehearsal and stays as it is: choose another --dir"
                );
            }
            fs::remove_dir_all(root).with_context(|| format!("cannot remove {name}"))?;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .with_context(|| format!("cannot make {name}"))?;
        fs::write(root.join(MARK), "made by `rehearsal`, may be deleted\n")?;
        // Absolute, so that an address or a path printed for people works from anywhere.
        let site = Site {
            root: fs::canonicalize(root)?,
        };
        for dir in [site.air_gapped(), site.online(), site.logs()] {
            fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        Ok(site)
    }

    /// The whole of it.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The machine without network: roll, keys, digests.
    #[must_use]
    pub fn air_gapped(&self) -> PathBuf {
        self.root.join("air-gapped")
    }

    /// The machine with network: package, ledger, logs.
    #[must_use]
    pub fn online(&self) -> PathBuf {
        self.root.join("online")
    }

    /// The roll that is hashed: synthetic voters and the sample voters.
    #[must_use]
    pub fn roll(&self) -> PathBuf {
        self.air_gapped().join("roll.csv")
    }

    /// The synthetic voters alone; the sample voters stay free to vote by hand.
    #[must_use]
    pub fn voters(&self) -> PathBuf {
        self.air_gapped().join("voters.csv")
    }

    /// The signed package, as carried over.
    #[must_use]
    pub fn package(&self) -> PathBuf {
        self.online().join("package")
    }

    /// Key that turns credentials into digests.
    #[must_use]
    pub fn roll_key(&self) -> PathBuf {
        self.online().join("roll.key")
    }

    /// Public key of officer `n`, from 1.
    #[must_use]
    pub fn officer_public(&self, n: u32) -> PathBuf {
        self.online().join(format!("officer-{n}.pub"))
    }

    /// Secret half of the box key.
    #[must_use]
    pub fn box_key(&self) -> PathBuf {
        self.online().join("box.key")
    }

    /// The validator's data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.online().join("data")
    }

    /// The ledger in it.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.data().join("ledger")
    }

    /// What the load generator was answered.
    #[must_use]
    pub fn truth(&self) -> PathBuf {
        self.online().join("truth.json")
    }

    /// What the programs said.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.online().join("logs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn site_is_private_and_replaces_only_its_own_kind() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("demo");
        let site = Site::create(&root, false).unwrap();
        assert_eq!(
            fs::metadata(site.root()).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert!(
            Site::create(&root, false)
                .unwrap_err()
                .to_string()
                .contains("--force")
        );
        Site::create(&root, true).unwrap();
        let foreign = dir.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("precious"), "x").unwrap();
        assert!(Site::create(&foreign, true).is_err());
        assert!(
            foreign.join("precious").exists(),
            "nothing of others is deleted"
        );
    }
}
