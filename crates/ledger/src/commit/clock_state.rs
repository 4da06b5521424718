//! What the system's clock says of the ledger's time, and from where on that matters.

/// From this difference on, an operator is told that the system's clock and the ledger's time are apart, in ms.
const APART_MS: u64 = 2_000;
/// From this difference on, nobody knows which of the two is right, and no vote is taken, in ms.
const IN_DOUBT_MS: u64 = 30_000;

/// What the system's clock says of the ledger's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// Both tell the same time.
    Agrees,
    /// They are more than 2 seconds apart. Votes are taken.
    Apart,
    /// They are more than 30 seconds apart. No vote is taken until they agree again.
    InDoubt,
}

impl ClockState {
    /// By how far the system's clock is ahead, in ms; negative where it is behind.
    pub(crate) fn of(system_ahead_ms: i64) -> ClockState {
        let apart_ms = system_ahead_ms.unsigned_abs();
        if apart_ms <= APART_MS {
            ClockState::Agrees
        } else if apart_ms <= IN_DOUBT_MS {
            ClockState::Apart
        } else {
            ClockState::InDoubt
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ClockState;

    #[test]
    fn beyond_2_seconds_is_told_and_beyond_30_nothing_is_taken() {
        let cases = [
            (0, ClockState::Agrees),
            (2_000, ClockState::Agrees),
            (-2_000, ClockState::Agrees),
            (2_001, ClockState::Apart),
            (-30_000, ClockState::Apart),
            (30_001, ClockState::InDoubt),
            (-30_001, ClockState::InDoubt),
            (i64::MIN, ClockState::InDoubt),
        ];
        for (ahead_ms, expected) in cases {
            assert_eq!(ClockState::of(ahead_ms), expected, "{ahead_ms} ms");
        }
    }
}
