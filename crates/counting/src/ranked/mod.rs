//! Ranked ballots: instant runoff, single transferable vote, bottoms-up.
//!
//! The rules are those of the public rcv-case/1 test set (see `fixtures/ranked/README.md`), and
//! they fall into two halves. What depends on one ballot alone (skipped, repeated and overvoted
//! ranks) is settled once, when the ballot is added: it becomes a path of candidates and the
//! reason why the path ends. Equal paths are one group with a weight. What depends on the contest
//! (who continues, the threshold, surpluses) is settled round by round on these groups.

mod amount;
mod ballots;
mod contest;
mod count;
mod elimination;
mod java;
mod piles;
mod rules;
mod tabulation;
mod tie;

pub use amount::Amount;
pub use ballots::{BallotError, Rank};
pub use contest::{Candidate, Contest, ContestError};
pub use count::TieUndecided;
pub use rules::{
    DuplicateRanking, Method, Overvote, Percent, Rules, Threshold, ThresholdKind, TieBreak,
    TieFallback,
};
pub use tabulation::{Inactive, Round, Tabulation};
pub use tie::{Lot, Side, Tie, TieMethod};
