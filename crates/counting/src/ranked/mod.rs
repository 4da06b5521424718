//! Ranked ballots: instant runoff, single transferable vote, bottoms-up.
//!
//! The rules are those of the public rcv-case/1 test set (see `fixtures/ranked/README.md`), and
//! they fall into two halves. What depends on one ballot alone (skipped, repeated and overvoted
//! ranks) is settled once, when the ballot is added: it becomes a path of candidates and the
//! reason why the path ends. Equal paths are one group with a weight. What depends on the contest
//! (who continues, the threshold, surpluses) is settled round by round on these groups.

mod amount;
mod ballots;
mod candidate;
mod contest;
mod count;
mod electing;
mod elimination;
mod java;
mod piles;
mod rules;
mod standings;
mod tabulation;
mod tie;
mod tie_breaker;

pub use amount::Amount;
pub use ballots::{BallotError, Rank};
pub use candidate::Candidate;
pub use contest::{Contest, ContestError};
pub use rules::{
    DuplicateRanking, Method, Overvote, Percent, Rules, Threshold, ThresholdKind, TieBreak,
    TieFallback,
};
pub use tabulation::{Inactive, Round, Tabulation};
pub use tie::{Lot, Side, Tie, TieMethod, TieUndecided};
