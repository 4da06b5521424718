//! Finding the vote of a receipt: the request id names its frame.

use crate::error::LedgerError;
use crate::format::receipt::{Receipt, RequestId};
use crate::log::Log;

/// Looks a request id up in a log; `None` where no such vote is recorded.
///
/// # Errors
/// The frame cannot be read or is damaged.
pub fn find_receipt(log: &dyn Log, id: &RequestId) -> Result<Option<Receipt>, LedgerError> {
    let Some(frame) = log.frame(id.partition, id.sequence)? else {
        return Ok(None);
    };
    let body = frame.body().map_err(|error| LedgerError::Followed {
        log: log.name(),
        sequence: id.sequence.saturating_sub(1),
        defect: error.into(),
    })?;
    let found = body.trackers.binary_search(&id.tracker).is_ok();
    Ok(found.then_some(Receipt {
        time_ms: frame.header.time_ms,
    }))
}
