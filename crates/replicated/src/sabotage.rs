//! Rules that tests take out to see that the simulation notices. Compiled into tests only.

use std::cell::Cell;

/// One rule of the discipline, taken out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// A success counts though it came with a notice.
    BelieveNotices,
    /// A success counts though the server was never ready for the next statement.
    CountCompleteStatements,
    /// Nobody looks whether the standby's name is the same behind an append.
    ForgetNames,
    /// What is read on a new connection is believed without a barrier.
    SkipBarrier,
    /// A statement is carried out whatever attempt the row has.
    ForgetAttempt,
    /// A statement is carried out whatever epoch the row has.
    ForgetEpoch,
    /// Any names will do: none, `*`, any one of several.
    TakeAnyNames,
    /// The named standby need not be streaming, nor synchronous.
    TakeAnyState,
    /// An owner looks at its standby once, and never again.
    LookOnce,
    /// An owner looks at its standby before an append, and not behind one that took long.
    LookBeforeOnly,
    /// Readers are given rows, whatever is known of them.
    ShowAnyRow,
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
