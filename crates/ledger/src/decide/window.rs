//! The window of a ballot: votes are taken from its first millisecond to the one before its last.

use crate::decide::submission::Decision;
use crate::format::body::InvalidReason;
use crate::format::shape::BallotShape;

/// The times by which a batch is decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecisionTimes {
    /// What its votes are stamped with: the time, or that of the last frame while a close is held.
    pub(crate) stamp_ms: i64,
    /// What time it is, which never goes back.
    pub(crate) now_ms: i64,
    /// Windows that ended after the first and by the second of these are held to be neither open nor
    /// closed.
    pub(crate) held: Option<(i64, i64)>,
}

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

    /// Whether nobody knows if a vote is in time: its close is held, or it was not open when time began
    /// to stand still because of another one's.
    pub(crate) fn is_in_doubt(&self, times: &DecisionTimes) -> bool {
        let Some((last_ms, started_ms)) = times.held else {
            return false;
        };
        let is_open = |ms| self.refusal(ms).is_none();
        self.ended_between(last_ms, started_ms) || is_open(times.now_ms) && !is_open(times.stamp_ms)
    }

    /// Whether the window ended after `last_ms`, and by `now_ms`.
    pub(crate) fn ended_between(&self, last_ms: i64, now_ms: i64) -> bool {
        last_ms < self.closes_ms && self.closes_ms <= now_ms
    }
}
