//! Why a validator may not take votes: for who asks whether it is ready, and for the metrics.

/// What keeps votes from being taken, of everybody or of some.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    Stopping,
    Full,
    /// The database of a replicated ledger.
    OutOfReach,
    /// That database has lost what it acknowledged.
    SetBack,
    Clock,
    /// Nobody records votes at the moment.
    Unowned,
    Roll,
    /// Too few witnesses have cosigned the ledger's log.
    Unwitnessed,
}

impl Obstacle {
    /// All obstacles that there are.
    pub(crate) const ALL: [Obstacle; 8] = [
        Obstacle::Stopping,
        Obstacle::Full,
        Obstacle::OutOfReach,
        Obstacle::SetBack,
        Obstacle::Clock,
        Obstacle::Unowned,
        Obstacle::Roll,
        Obstacle::Unwitnessed,
    ];

    /// Its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Obstacle::Stopping => "stopping",
            Obstacle::Full => "storage-full",
            Obstacle::OutOfReach => "ledger-out-of-reach",
            Obstacle::SetBack => "ledger-set-back",
            Obstacle::Clock => "clock-in-doubt",
            Obstacle::Unowned => "ledger-without-owner",
            Obstacle::Roll => "roll-unreadable",
            Obstacle::Unwitnessed => "log-unwitnessed",
        }
    }
}
