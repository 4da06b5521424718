//! Why a vote is not recorded: the facts, for whoever tells them to a voter or counts them.

use std::time::Duration;

use super::form::{Field, Malformed};
use super::rule::{InvalidField, Rule};

/// Which of the two votes a request casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoteKind {
    Law,
    Election,
}

/// Wrong codes that are left before the next is refused unlooked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TriesLeft {
    pub(crate) count: u32,
    /// How long none is looked at once none is left; where none is left, from now on.
    pub(crate) pause: Duration,
}

/// Why a vote is not recorded. Nothing here tells who voted, or what was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The body is not one JSON object.
    Malformed(Malformed),
    /// Fields are at fault whatever the ballot: all of them, at least one.
    InvalidFields(Vec<InvalidField>),
    /// No ballot of this kind has the name that was given.
    NoSuchBallot(VoteKind),
    /// NAS and code are not together on the roll of the ballot.
    NotOnRoll {
        /// None where nobody counts them.
        tries_left: Option<TriesLeft>,
    },
    /// The region that was named is not the voter's, or does not vote in this election.
    OtherRegion {
        /// The voter's region by the roll, where it votes in this election.
        own: Option<u16>,
    },
    /// The candidate does not stand, or no longer stands, in the voter's region.
    CandidateNotStanding,
    /// This ballot does not take the field as it is.
    ChoiceNotTaken(InvalidField),
    /// Voting has not begun.
    NotOpen {
        /// When it will, ms since 1970 UTC.
        opens_ms: i64,
    },
    /// Voting on the ballot is over.
    Closed {
        /// Since when, ms since 1970 UTC.
        closed_ms: i64,
    },
    /// A vote of this credential on this ballot is recorded.
    Duplicate {
        /// All votes sent with this credential, the recorded one and this one included.
        attempt_count: u32,
    },
    /// A vote of this credential on this ballot is recorded, and was repeated too often: this
    /// repetition is not.
    RepeatsUsedUp {
        /// Until another repetition is recorded.
        wait: Duration,
    },
    /// Too many wrong codes, for this NAS as well as from this client: a code that could be guessed
    /// is not looked at.
    TriesUsedUp {
        /// Until such a code is looked at again.
        wait: Duration,
    },
    /// As many votes as may wait for the ledger do; nothing is recorded, and another validator may take it.
    Overloaded,
    /// The ledger's disk is full; nothing is recorded.
    StorageFull,
    /// The system's clock jumped, so that nobody knows whether the ballot is open; nothing is recorded.
    ClockInDoubt,
    /// The package's bytes are not any more those that officers signed, so that nobody knows whether this
    /// voter is on the roll, or in which region; nothing is recorded.
    RollUnreadable,
    /// The ledger's log is not witnessed: nobody outside has seen that it is empty, or witnesses have seen another
    /// history of it; nothing is recorded.
    Unwitnessed,
    /// The ledger did not answer in time: the vote may be recorded or not. Sending it again is safe.
    OutcomeUnknown,
    /// The ledger does not know the voter whom the package named, which the start rules out.
    LedgerDisagrees,
}

impl Refusal {
    /// One field that is at fault whatever the ballot.
    pub(super) fn invalid_field(field: Field, rule: Rule) -> Refusal {
        Refusal::InvalidFields(vec![InvalidField::new(field, rule)])
    }

    /// One field that this ballot does not take as it is.
    pub(super) fn choice(field: Field, rule: Rule) -> Refusal {
        Refusal::ChoiceNotTaken(InvalidField::new(field, rule))
    }

    /// How long to wait before the same vote is sent again, where waiting alone can help and it is
    /// known for how long.
    pub(crate) fn wait(&self) -> Option<Duration> {
        match self {
            Refusal::RepeatsUsedUp { wait } | Refusal::TriesUsedUp { wait } => Some(*wait),
            Refusal::Overloaded | Refusal::OutcomeUnknown => Some(Duration::from_secs(1)),
            // An operator has to make room, to set the clock right, or to bring the package, first.
            Refusal::StorageFull | Refusal::ClockInDoubt | Refusal::RollUnreadable => {
                Some(Duration::from_secs(10))
            }
            // A new owner asks the witnesses at once.
            Refusal::Unwitnessed => Some(Duration::from_secs(2)),
            Refusal::Malformed(_)
            | Refusal::InvalidFields(_)
            | Refusal::NoSuchBallot(_)
            | Refusal::NotOnRoll { .. }
            | Refusal::OtherRegion { .. }
            | Refusal::CandidateNotStanding
            | Refusal::ChoiceNotTaken(_)
            | Refusal::NotOpen { .. }
            | Refusal::Closed { .. }
            | Refusal::Duplicate { .. }
            | Refusal::LedgerDisagrees => None,
        }
    }
}

impl InvalidField {
    fn new(field: Field, rule: Rule) -> InvalidField {
        InvalidField {
            field: field.as_str().into(),
            rule,
        }
    }
}

/// One refusal of each kind, for tests that walk a table of them. A new kind does not compile until
/// it has its place in this chain.
#[cfg(test)]
pub(crate) fn one_of_each() -> Vec<Refusal> {
    let wait = Duration::from_secs(7);
    let field = || InvalidField::new(Field::Vote, Rule::NoBlank);
    let first = Refusal::Malformed(Malformed::NotUtf8);
    let chain = std::iter::successors(Some(first), |refusal| {
        Some(match refusal {
            Refusal::Malformed(Malformed::NotUtf8) => Refusal::Malformed(Malformed::Escape),
            Refusal::Malformed(Malformed::Escape) => {
                Refusal::Malformed(Malformed::Syntax { line: 2, column: 3 })
            }
            Refusal::Malformed(Malformed::Syntax { .. }) => Refusal::InvalidFields(vec![field()]),
            Refusal::InvalidFields(_) => Refusal::NoSuchBallot(VoteKind::Law),
            Refusal::NoSuchBallot(VoteKind::Law) => Refusal::NoSuchBallot(VoteKind::Election),
            Refusal::NoSuchBallot(VoteKind::Election) => Refusal::NotOnRoll {
                tries_left: Some(TriesLeft {
                    count: 3,
                    pause: wait,
                }),
            },
            Refusal::NotOnRoll { .. } => Refusal::OtherRegion { own: Some(4) },
            Refusal::OtherRegion { .. } => Refusal::CandidateNotStanding,
            Refusal::CandidateNotStanding => Refusal::ChoiceNotTaken(field()),
            Refusal::ChoiceNotTaken(_) => Refusal::NotOpen { opens_ms: 1_000 },
            Refusal::NotOpen { .. } => Refusal::Closed { closed_ms: 2_000 },
            Refusal::Closed { .. } => Refusal::Duplicate { attempt_count: 2 },
            Refusal::Duplicate { .. } => Refusal::RepeatsUsedUp { wait },
            Refusal::RepeatsUsedUp { .. } => Refusal::TriesUsedUp { wait },
            Refusal::TriesUsedUp { .. } => Refusal::Overloaded,
            Refusal::Overloaded => Refusal::StorageFull,
            Refusal::StorageFull => Refusal::ClockInDoubt,
            Refusal::ClockInDoubt => Refusal::RollUnreadable,
            Refusal::RollUnreadable => Refusal::Unwitnessed,
            Refusal::Unwitnessed => Refusal::OutcomeUnknown,
            Refusal::OutcomeUnknown => Refusal::LedgerDisagrees,
            Refusal::LedgerDisagrees => return None,
        })
    });
    chain.collect()
}
