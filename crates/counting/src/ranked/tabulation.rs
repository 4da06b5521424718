//! The result of a ranked count, round by round.

use super::amount::Amount;
use super::tie::Tie;

/// A whole count. Candidates are positions in the contest's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tabulation {
    /// Everybody elected, in the order of the list.
    pub winners: Vec<u16>,
    /// The rounds, first to last.
    pub rounds: Vec<Round>,
    /// Ties in the order in which they arose.
    pub ties: Vec<Tie>,
    /// Ballots cast, blank ones included.
    pub total_ballots: u64,
    /// Ballots without a mark.
    pub blank_ballots: u64,
    /// What truncation left over, in units of 10^-decimals.
    pub residual: u128,
    /// Decimals of every amount of this tabulation.
    pub decimals: u8,
}

/// One round: the votes as they stood, and what was decided on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Number of the round, from 1.
    pub number: u32,
    /// Votes of those in the round: the continuing, and in STV those elected earlier, in the
    /// order of the list.
    pub counts: Vec<(u16, u128)>,
    /// Votes that elect; none in plurality.
    pub threshold: Option<u128>,
    /// Elected in this round, in the order of the list.
    pub elected: Vec<u16>,
    /// Eliminated in this round, in the order of the list.
    pub eliminated: Vec<u16>,
    /// Votes that count for nobody any more, blank ballots apart.
    pub inactive: Inactive,
    /// Whether this is the last round of an STV count, which shows the last surplus.
    pub shows_final_surplus: bool,
}

/// Votes that count for nobody, by reason, in units of 10^-decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inactive {
    /// No further choice is left.
    pub exhausted_choices: u128,
    /// Stopped at an overvote.
    pub overvotes: u128,
    /// Stopped at a candidate ranked twice.
    pub repeated_rankings: u128,
    /// Stopped after too many skipped ranks.
    pub skipped_rankings: u128,
    /// Surplus of the last elected, passed on to nobody.
    pub final_round_surplus: u128,
}

impl Inactive {
    /// Votes that count for nobody, for whatever reason.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.exhausted_choices
            + self.overvotes
            + self.repeated_rankings
            + self.skipped_rankings
            + self.final_round_surplus
    }
}

impl Round {
    /// Votes of a candidate who stands in this round or in a later one.
    pub(crate) fn votes_of(&self, candidate: usize) -> u128 {
        let found = self
            .counts
            .iter()
            .find(|(c, _)| usize::from(*c) == candidate);
        let (_, votes) = found.expect("who stands now stood in every round before");
        *votes
    }
}

impl Tabulation {
    /// An amount of this tabulation, for printing.
    #[must_use]
    pub fn amount(&self, units: u128) -> Amount {
        Amount {
            units,
            decimals: self.decimals,
        }
    }
}
