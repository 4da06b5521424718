//! Beginning the ledger of an event: done once, by a person, before the first vote.

use crate::error::LedgerError;
use crate::log::Log;
use crate::replay::snapshot::Snapshots;

/// Begins the chain of a partition. Every later start finds it begun, or refuses: a ledger that is
/// missing is never mistaken for a new one.
///
/// # Errors
/// [`LedgerError::Begun`] where anything is left of a ledger, also where only voted bitsets are; the
/// system's.
pub fn begin(
    log: &dyn Log,
    snapshots: Option<&Snapshots>,
    partition: u16,
) -> Result<(), LedgerError> {
    if let Some(snapshots) = snapshots
        && let Some(path) = snapshots.any_of(partition)?
    {
        let found = path.display().to_string();
        return Err(LedgerError::Begun { found });
    }
    log.begin(partition)
}
