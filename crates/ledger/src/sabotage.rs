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
    use crate::sim;

    /// The simulator must notice a broken rule within a few seeds.
    fn check(sabotage: Sabotage) {
        let (_, violations) = with(sabotage, || sim::run_all(0..30));
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
}
