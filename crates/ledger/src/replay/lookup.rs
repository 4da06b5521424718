//! Finding the vote of a receipt: the request id names its frame.

use crate::error::LedgerError;
use crate::format::frame::Frame;
use crate::format::receipt::RequestId;
use crate::log::Log;

/// The frame that holds the vote of a request id; `None` where no such vote is recorded.
///
/// # Errors
/// The frame cannot be read or is damaged.
pub fn find_vote(log: &dyn Log, id: &RequestId) -> Result<Option<Frame>, LedgerError> {
    let Some(frame) = log.frame(id.partition, id.sequence)? else {
        return Ok(None);
    };
    let body = frame.body().map_err(|error| LedgerError::Followed {
        log: log.name(),
        sequence: id.sequence.saturating_sub(1),
        defect: error.into(),
    })?;
    let found = body.trackers.binary_search(&id.tracker).is_ok();
    Ok(found.then_some(frame))
}
