//! `tally verify`: the validator's voted bitsets, which a start trusts, against the ledger.

use std::sync::Arc;

use anyhow::bail;
use durable::OsStorage;
use ledger::check_snapshots;

use crate::directory::Directory;
use crate::package_roll::PackageRoll;

/// What the snapshots beside a ledger came to.
pub(crate) struct ComparedSnapshots {
    /// Snapshots that equal the ledger.
    pub(crate) whole: u64,
    /// Snapshots that the next start would drop, and why.
    pub(crate) refused: Vec<String>,
}

/// Compares every partition's bitsets from snapshots and the frames behind them with those of all
/// frames. A copied ledger has none beside it: then there is nothing to compare.
///
/// # Errors
/// The first partition whose bitsets differ from the ledger.
pub(crate) fn check(
    directory: &Directory,
    package: &PackageRoll,
) -> anyhow::Result<ComparedSnapshots> {
    let mut found = ComparedSnapshots {
        whole: 0,
        refused: Vec::new(),
    };
    let Some(data_dir) = directory.data_dir() else {
        return Ok(found);
    };
    let shape = package.shape();
    let log = directory.log();
    let snapshots = ledger::Snapshots::new(Arc::new(OsStorage), data_dir);
    for partition in directory.partitions()? {
        let checked = check_snapshots(&log, &snapshots, &shape, partition)?;
        if let Some(difference) = checked.difference {
            bail!(
                "the voted bitsets under {} differ from the ledger: {difference}; the ledger may be an \
                 older copy of itself: delete nothing, keep both as evidence and follow docs/rollback.md",
                data_dir.join("voted").display()
            );
        }
        found.whole += checked.snapshots;
        found.refused.extend(checked.refused);
    }
    Ok(found)
}
