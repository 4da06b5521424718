//! What the counts of one region say: who has its seats, by how much, or why nobody has.

use std::cmp::{Ordering, Reverse};

use election::{CountingRules, Election, Language, System};

use super::asked::Show;
use super::view::{CandidateVotes, Progress, RegionView, Stage};
use crate::wording;

/// A margin below one in so many votes is a close one.
const CLOSE_ONE_IN: u64 = 20;

/// How sure a seat, or the answer to a law, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// First in the votes counted so far; others may come.
    Leading,
    /// Every vote is counted.
    Elected,
    /// Every vote is counted, and a signed statement says so.
    Certified,
}

impl Mark {
    pub(super) fn of(progress: &Progress) -> Mark {
        match progress.stage {
            Stage::Counting => Mark::Leading,
            Stage::Preliminary => Mark::Elected,
            Stage::Certified { .. } => Mark::Certified,
        }
    }

    /// Message id and style class of a candidate's mark.
    pub(super) fn of_candidate(self) -> &'static str {
        match self {
            Mark::Leading => "leader-leading",
            Mark::Elected => "leader-elected",
            Mark::Certified => "leader-certified",
        }
    }

    /// Whether a segment of a seat bar is hollow.
    pub(super) fn is_hollow(self) -> bool {
        self == Mark::Leading
    }
}

/// What the counts of a region say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contest {
    /// No vote of the region is in the counts.
    NothingCounted,
    /// The last seat is between several candidates.
    Tied {
        /// Who has the seats before the last one.
        winners: Vec<u32>,
        /// Who is tied for it.
        tied: Vec<u32>,
    },
    /// Each seat has a candidate.
    Ahead {
        /// Who has the seats; most votes first.
        winners: Vec<u32>,
        /// None where a count of several seats has no single margin.
        margin: Option<Margin>,
    },
}

/// By how much the last seat is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Margin {
    /// Votes between the last seat and the first candidate without one, in units of 10^-decimals.
    pub(super) votes: u64,
    /// All votes among which that is the margin, in the same units.
    pub(super) of: u64,
    /// Decimals of both numbers.
    pub(super) decimals: u8,
}

impl Margin {
    fn between(winner: u64, other: u64, of: u64, decimals: u8) -> Margin {
        Margin {
            votes: winner.saturating_sub(other),
            of,
            decimals,
        }
    }

    /// Of the votes, in per cent. One vote of many is not nothing.
    pub(super) fn share(self, lang: Language) -> String {
        wording::percent_beside(lang, self.votes, self.of, &[(0, 1)])
    }

    pub(super) fn is_close(self) -> bool {
        self.votes.saturating_mul(CLOSE_ONE_IN) < self.of
    }

    /// By the share of the votes, the smaller first.
    fn compare(self, other: Margin) -> Ordering {
        let share = |one: Margin, two: Margin| u128::from(one.votes) * u128::from(two.of);
        share(self, other).cmp(&share(other, self))
    }
}

impl Contest {
    pub(super) fn of(election: &Election, view: &RegionView) -> Contest {
        let mut order: Vec<&CandidateVotes> = view.candidates.iter().collect();
        order.sort_by_key(|candidate| Reverse(candidate.votes));
        let winners = order.iter().filter(|c| c.wins).map(|c| c.number);
        let winners: Vec<u32> = winners.collect();
        if !view.tied.is_empty() {
            let tied = view.tied.clone();
            return Contest::Tied { winners, tied };
        }
        if winners.is_empty() {
            return Contest::NothingCounted;
        }
        let margin = margin(election, view, &winners);
        Contest::Ahead { winners, margin }
    }

    /// Seats that a candidate has.
    pub(super) fn seats_taken(&self) -> u64 {
        match self {
            Contest::NothingCounted => 0,
            Contest::Tied { winners, .. } | Contest::Ahead { winners, .. } => winners.len() as u64,
        }
    }

    /// Whether a filter of the list shows the region.
    pub(super) fn is_in(&self, show: Show) -> bool {
        match (show, self) {
            (Show::All, _)
            | (Show::Tied | Show::Closest, Contest::Tied { .. })
            | (Show::NotReleased, Contest::NothingCounted) => true,
            (Show::Closest, Contest::Ahead { margin, .. }) => margin.is_some_and(Margin::is_close),
            _ => false,
        }
    }

    /// Ties first, then the smallest margins; last, regions without a vote in the counts.
    pub(super) fn compare(&self, other: &Contest) -> Ordering {
        let rank = |contest: &Contest| match contest {
            Contest::Tied { .. } => 0,
            Contest::Ahead {
                margin: Some(_), ..
            } => 1,
            Contest::Ahead { margin: None, .. } => 2,
            Contest::NothingCounted => 3,
        };
        match (self, other) {
            (
                Contest::Ahead {
                    margin: Some(one), ..
                },
                Contest::Ahead {
                    margin: Some(two), ..
                },
            ) => one.compare(*two),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// Of a plurality: between the last winner and the best other candidate. Of a ranked count of one
/// seat: the same in the last round that has two candidates.
fn margin(election: &Election, view: &RegionView, winners: &[u32]) -> Option<Margin> {
    let last_round = view.rounds.as_ref().and_then(|rounds| {
        let mut rounds_back = rounds.rounds.iter().rev();
        let round = rounds_back.find(|round| round.counts.len() > 1)?;
        Some((round.counts.clone(), rounds.decimals))
    });
    let (counts, decimals) = match last_round {
        Some(_) if winners.len() > 1 || election.seats > 1 => return None,
        Some(round) => round,
        None => {
            let votes = view.candidates.iter().map(|c| (c.number, c.votes));
            (votes.collect(), 0)
        }
    };
    let of = counts.iter().map(|(_, votes)| *votes);
    let of = of.fold(0, u64::saturating_add);
    let (with, without): (Vec<_>, Vec<_>) = counts
        .iter()
        .partition(|(number, _)| winners.contains(number));
    let last = with.iter().map(|(_, votes)| *votes).min()?;
    let best = without.iter().map(|(_, votes)| *votes).max();
    Some(Margin::between(last, best.unwrap_or(0), of, decimals))
}

/// Whether the margins of the election are those of a last round.
pub(super) fn margins_of_rounds(election: &Election) -> bool {
    let CountingRules { system, .. } = &election.counting;
    !matches!(system, System::Plurality)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(votes: u64, of: u64) -> Contest {
        Contest::Ahead {
            winners: vec![1],
            margin: Some(Margin::between(votes, 0, of, 0)),
        }
    }

    #[test]
    fn the_closest_regions_come_first_and_the_uncounted_last() {
        let tied = Contest::Tied {
            winners: vec![],
            tied: vec![1, 2],
        };
        let several = Contest::Ahead {
            winners: vec![1, 2],
            margin: None,
        };
        let mut sorted = vec![
            Contest::NothingCounted,
            several.clone(),
            ahead(100, 1_000),
            ahead(90, 10_000),
            tied.clone(),
            ahead(1, 3),
        ];
        sorted.sort_by(Contest::compare);
        assert_eq!(
            sorted,
            [
                tied,
                ahead(90, 10_000),
                ahead(100, 1_000),
                ahead(1, 3),
                several,
                Contest::NothingCounted,
            ]
        );
    }

    #[test]
    fn close_is_below_five_in_a_hundred() {
        for (votes, close) in [(0, true), (49, true), (50, false), (1_000, false)] {
            assert_eq!(ahead(votes, 1_000).is_in(Show::Closest), close, "{votes}");
        }
        assert!(!Contest::NothingCounted.is_in(Show::Closest));
        assert!(Contest::NothingCounted.is_in(Show::NotReleased));
    }
}
