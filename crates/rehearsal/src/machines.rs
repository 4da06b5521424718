//! The directory of one rehearsal, with a part for each machine of an election.
//!
//! `air-gapped/` stands for the machine that sees the roll, `online/` for the one that faces the
//! internet, `count-hand/` and `mask-hand/` for those of the two holders of keys. A rehearsal searches `online/` for the secrets of voters, which must not be there.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Marks a directory as ours, so that nothing else is ever deleted, and is locked while a rehearsal
/// plays there.
const MARK: &str = ".rehearsal";

/// One of the two holders of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Adds up masked counts.
    Count,
    /// Takes the masks off, and shows results.
    Mask,
}

impl Hand {
    /// Both holders, the count hand first.
    pub const ALL: [Hand; 2] = [Hand::Count, Hand::Mask];
}

impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hand::Count => "count",
            Hand::Mask => "mask",
        })
    }
}

/// Paths of the files of one rehearsal.
#[derive(Debug)]
pub struct Machines {
    root: PathBuf,
    /// Keeps the directory locked.
    _mark: File,
}

impl Machines {
    /// Makes a fresh directory that only its owner can enter.
    ///
    /// # Errors
    /// An existing directory without `replace`; with it, one that no rehearsal made, or in which
    /// one plays now.
    pub fn create(root: &Path, replace: bool) -> Result<Machines> {
        let name = root.display();
        if root.exists() {
            if !replace {
                bail!("{name} exists already, choose another --dir or pass --force to replace it");
            }
            remove(root)?;
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(root);
        made.with_context(|| format!("cannot make {name}"))?;
        let mut mark = File::create_new(root.join(MARK))?;
        mark.lock()?;
        mark.write_all(b"made by `rehearsal`, may be deleted\n")?;
        // Absolute, so that a path printed for people works from anywhere.
        let machines = Machines {
            root: fs::canonicalize(root)?,
            _mark: mark,
        };
        let hands = Hand::ALL.map(|hand| machines.hand(hand));
        let others = [machines.air_gapped(), machines.online(), machines.logs()];
        for dir in others.into_iter().chain(hands) {
            fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        Ok(machines)
    }

    /// The directory that holds both machines.
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

    /// The signed package, as it was carried over.
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

    /// The machine of one hand.
    #[must_use]
    pub fn hand(&self, hand: Hand) -> PathBuf {
        self.root.join(format!("{hand}-hand"))
    }

    /// Secret half of one hand's key.
    #[must_use]
    pub fn hand_key(&self, hand: Hand) -> PathBuf {
        self.hand(hand).join(format!("{hand}.key"))
    }

    /// What the count hand releases while the validator runs.
    #[must_use]
    pub fn releases(&self) -> PathBuf {
        self.hand(Hand::Count).join("releases")
    }

    /// The same, made once more by a second holder of the count key.
    #[must_use]
    pub fn releases_again(&self) -> PathBuf {
        self.hand(Hand::Count).join("releases-again")
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

    /// Each attempt at a vote with its answer, where a rehearsal asks for it.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.online().join("history.csv")
    }

    /// What the programs said on standard error, one file for each.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.online().join("logs")
    }
}

/// Removes what an earlier rehearsal made.
fn remove(root: &Path) -> Result<()> {
    let name = root.display();
    let Ok(mark) = File::open(root.join(MARK)) else {
        bail!("{name} was not made by a rehearsal and stays as it is: choose another --dir");
    };
    if mark.try_lock().is_err() {
        bail!("a rehearsal plays in {name} now: end it first, or choose another --dir");
    }
    fs::remove_dir_all(root).with_context(|| {
        format!("cannot remove {name} (a `rehearsal crash` that was killed leaves {name}/online/data mounted: umount it)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn site_is_private_and_replaces_only_its_own_kind() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("demo");
        let machines = Machines::create(&root, false).unwrap();
        assert_eq!(
            fs::metadata(machines.root()).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert!(
            Machines::create(&root, false)
                .unwrap_err()
                .to_string()
                .contains("--force")
        );
        let error = Machines::create(&root, true).unwrap_err().to_string();
        assert!(error.contains("plays in"), "{error}");
        drop(machines);
        Machines::create(&root, true).unwrap();
        let foreign = dir.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("precious"), "x").unwrap();
        assert!(Machines::create(&foreign, true).is_err());
        assert!(
            foreign.join("precious").exists(),
            "nothing of others is deleted"
        );
    }
}
