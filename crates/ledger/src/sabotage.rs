//! Faults that tests switch on to see that the simulator notices them. Compiled into tests only.

use std::cell::Cell;

/// One rule, broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Voters are answered before the frame is synced.
    AcknowledgeBeforeSync,
    /// A new segment's name is not synced.
    SkipDirectorySync,
    /// The arbiter forgets a mark: a second vote of one credential is accepted.
    DoubleMark,
    /// Frames do not name the one before.
    ForgetChain,
    /// A start believes what it reads, which after a failed sync may be in the page cache only.
    TrustPageCache,
    /// Frames go on while a full disk keeps the sidecar from being written.
    LetSidecarLag,
    /// An append that may have been lost is taken for appended, and voters are answered.
    TakeUnknownForAppended,
    /// An owner that another one has replaced goes on and answers.
    GoOnFenced,
    /// A frame of which it was not known whether it was appended is sent again with other bytes.
    ResendOtherBytes,
    /// Votes are stamped by the system's clock, wherever somebody sets it.
    FollowSystemClock,
    /// Votes are taken while nobody knows what time it is.
    ServeInDoubt,
    /// A frame of attempts moves the time, which whoever sends rubbish then does.
    AttemptsMoveTime,
    /// A start whose last frame lies in the future goes on.
    StartInThePast,
    /// A close that a start finds in the past is written down at once.
    CloseAtOnce,
    /// The ledger's files may vanish under the running process.
    WatchNothing,
    /// A start begins anew where the ledger is missing.
    BeginAnew,
    /// A start goes on with an older ledger than the snapshots know.
    AcceptAnyRollback,
}

thread_local! {
    static ACTIVE: Cell<Option<Sabotage>> = const { Cell::new(None) };
}

/// Whether `sabotage` is on in this thread.
pub(crate) fn is(sabotage: Sabotage) -> bool {
    ACTIVE.get() == Some(sabotage)
}

/// Runs `body` with `sabotage` on.
pub(crate) fn with<T>(sabotage: Sabotage, body: impl FnOnce() -> T) -> T {
    ACTIVE.set(Some(sabotage));
    let result = body();
    ACTIVE.set(None);
    result
}

#[cfg(test)]
mod tests {
    use super::{Sabotage, with};
    use crate::simulation;

    /// The simulator must notice a broken rule within a few seeds.
    fn check(sabotage: Sabotage) {
        let (_, violations) = with(sabotage, || simulation::run_all(0..30, simulation::run));
        assert!(!violations.is_empty(), "{sabotage:?} went unnoticed");
        println!(
            "{sabotage:?}: noticed in {} of 30 seeds, {:?}",
            violations.len(),
            violations[0]
        );
    }

    #[test]
    fn invariant_2_answers_before_the_sync_are_noticed() {
        check(Sabotage::AcknowledgeBeforeSync);
    }

    #[test]
    fn invariant_2_a_skipped_directory_sync_is_noticed() {
        check(Sabotage::SkipDirectorySync);
    }

    #[test]
    fn invariant_3_a_double_mark_is_noticed() {
        check(Sabotage::DoubleMark);
    }

    #[test]
    fn invariant_8_a_forgotten_chain_is_noticed() {
        check(Sabotage::ForgetChain);
    }

    #[test]
    fn invariant_8_a_start_that_trusts_the_page_cache_is_noticed() {
        check(Sabotage::TrustPageCache);
    }

    #[test]
    fn invariant_8_a_sidecar_that_lags_is_noticed() {
        check(Sabotage::LetSidecarLag);
    }

    #[test]
    fn invariant_2_an_unknown_append_taken_for_appended_is_noticed() {
        check(Sabotage::TakeUnknownForAppended);
    }

    #[test]
    fn invariant_3_a_fenced_owner_that_goes_on_is_noticed() {
        check(Sabotage::GoOnFenced);
    }

    #[test]
    fn invariant_5_a_frame_sent_again_with_other_bytes_is_noticed() {
        check(Sabotage::ResendOtherBytes);
    }

    #[test]
    fn invariant_10_time_that_follows_the_system_clock_is_noticed() {
        check(Sabotage::FollowSystemClock);
    }

    #[test]
    fn invariant_10_votes_taken_while_the_clock_is_in_doubt_are_noticed() {
        check(Sabotage::ServeInDoubt);
    }

    #[test]
    fn invariant_10_attempts_that_move_time_are_noticed() {
        check(Sabotage::AttemptsMoveTime);
    }

    #[test]
    fn invariant_10_a_ledger_that_vanishes_unwatched_is_noticed() {
        check(Sabotage::WatchNothing);
    }

    #[test]
    fn invariant_10_a_start_that_begins_anew_is_noticed() {
        check(Sabotage::BeginAnew);
    }

    #[test]
    fn invariant_10_a_start_on_an_older_copy_is_noticed() {
        check(Sabotage::AcceptAnyRollback);
    }

    #[test]
    fn invariant_10_a_close_that_is_written_at_once_is_noticed() {
        check(Sabotage::CloseAtOnce);
    }

    #[test]
    fn invariant_10_a_start_in_the_past_is_noticed() {
        check(Sabotage::StartInThePast);
    }
}
