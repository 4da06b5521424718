//! The window of a ballot: votes are taken from its first millisecond to the one before its last.

use crate::decide::submission::Decision;
use crate::format::body::InvalidReason;
use crate::format::shape::BallotShape;

/// When votes on a ballot are taken, ms since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    opens_ms: i64,
    closes_ms: i64,
}

impl Window {
    pub(crate) fn of(ballot: &BallotShape) -> Window {
        Window {
            opens_ms: ballot.opens_ms,
            closes_ms: ballot.closes_ms,
        }
    }

    /// Why a vote committed at `now_ms` is turned away, if it is.
    pub(crate) fn refusal(&self, now_ms: i64) -> Option<(Decision, InvalidReason)> {
        if now_ms < self.opens_ms {
            Some((Decision::NotOpen, InvalidReason::NotOpen))
        } else if now_ms >= self.closes_ms {
            Some((Decision::Closed, InvalidReason::Closed))
        } else {
            None
        }
    }

    /// Whether the window ended after `last_ms`, and by `now_ms`.
    pub(crate) fn ended_between(&self, last_ms: i64, now_ms: i64) -> bool {
        last_ms < self.closes_ms && self.closes_ms <= now_ms
    }
}
