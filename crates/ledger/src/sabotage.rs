//! Faults that tests switch on to see that the simulator notices them. Compiled into tests only.

use std::cell::Cell;

/// One rule, broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Voters are answered before the frame is synced.
    AcknowledgeBeforeSync,
    /// A new segment's name is not synced.
    SkipDirectorySync,
    /// The arbiter forgets a mark: a second vote of one credential is accepted.
    DoubleMark,
    /// Frames do not name the one before.
    ForgetChain,
}

thread_local! {
    static ACTIVE: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Whether `fault` is on in this thread.
pub(crate) fn is(fault: Fault) -> bool {
    ACTIVE.get() == Some(fault)
}

/// Runs `body` with `fault` on.
pub(crate) fn with<T>(fault: Fault, body: impl FnOnce() -> T) -> T {
    ACTIVE.set(Some(fault));
    let result = body();
    ACTIVE.set(None);
    result
}
