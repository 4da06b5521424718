//! The fold as the results pages take it. What the policy hides does not get in here.

use std::collections::BTreeMap;

use election::{Ballot, BallotKind, Choice, Election, ResultsPolicy};
use pages::results::{
    AnswerCounts, CandidateVotes, ElectionView, LawCounts, LawView, RegionAnswers, RegionView,
    Round, Rounds, Seen, Summary, Turnout,
};

use crate::api::Shared;
use crate::api::results::turnout_by_region;
use crate::counts::Counts;
use crate::policy::{Board, Visible};
use crate::seats::{self, seats_of};

/// Votes and registered credentials by region.
struct Turnouts<'a> {
    votes: BTreeMap<u16, u64>,
    registered: Option<&'a BTreeMap<u16, u64>>,
}

impl Turnouts<'_> {
    fn whole(&self) -> Turnout {
        Turnout {
            votes: self.votes.values().sum(),
            registered: self.registered.map_or(0, |regions| regions.values().sum()),
        }
    }

    fn of(&self, region: u16) -> Turnout {
        let find = |sums: &BTreeMap<u16, u64>| sums.get(&region).copied().unwrap_or(0);
        Turnout {
            votes: find(&self.votes),
            registered: self.registered.map_or(0, find),
        }
    }
}

/// What may be seen of a ballot at `now_ms`.
pub(super) fn summary(shared: &Shared, board: &Board, ballot: &Ballot, now_ms: i64) -> Summary {
    let turnouts = Turnouts {
        votes: turnout_by_region(board, ballot),
        registered: shared.registered.get(usize::from(ballot.index.0)),
    };
    let visible = board.visible(ballot, now_ms);
    match &ballot.kind {
        BallotKind::Law(_) => Summary::Law(LawView {
            turnout: turnouts.whole(),
            seen: seen(&visible, |regions| {
                law_counts(regions, shows_regions(ballot, now_ms))
            }),
        }),
        BallotKind::Election(election) => Summary::Election(ElectionView {
            turnout: turnouts.whole(),
            regions: election
                .regions()
                .iter()
                .map(|region| region_view(election, *region, &visible, &turnouts))
                .collect(),
            seen: seen(&visible, |_| ()),
        }),
    }
}

fn seen<T>(visible: &Visible<'_>, counts: impl FnOnce(&BTreeMap<u16, Counts>) -> T) -> Seen<T> {
    match visible {
        Visible::Counts {
            regions,
            updated_ms,
        } => Seen::Counts {
            counts: counts(regions),
            updated_ms: (*updated_ms != 0).then_some(*updated_ms),
        },
        Visible::Withheld { available_ms } => Seen::Withheld {
            available_ms: *available_ms,
        },
        Visible::Sealed => Seen::Sealed,
    }
}

/// A batched law moves in steps of the whole: a region may have but one vote of a step, which its
/// turnout would tell whose. Until it is closed its regions stay out of sight.
fn shows_regions(ballot: &Ballot, now_ms: i64) -> bool {
    ballot.results != ResultsPolicy::Batched || now_ms >= ballot.closes
}

fn law_counts(regions: &BTreeMap<u16, Counts>, by_region: bool) -> LawCounts {
    let mut total = Counts::default();
    regions.values().for_each(|counts| total.merge(counts));
    let by_region = by_region.then(|| {
        let of_region = |(region, counts): (&u16, &Counts)| RegionAnswers {
            region: *region,
            answers: answers(counts),
        };
        regions.iter().map(of_region).collect()
    });
    LawCounts {
        total: answers(&total),
        regions: by_region,
    }
}

fn answers(counts: &Counts) -> AnswerCounts {
    AnswerCounts {
        oui: counts.of(&Choice::Oui),
        non: counts.of(&Choice::Non),
        blanc: counts.of(&Choice::Blanc),
    }
}

fn region_view(
    election: &Election,
    region: u16,
    visible: &Visible<'_>,
    turnouts: &Turnouts<'_>,
) -> RegionView {
    let view = RegionView {
        region,
        turnout: turnouts.of(region),
        ..RegionView::default()
    };
    let Visible::Counts { regions, .. } = visible else {
        return view;
    };
    let empty = Counts::default();
    let counts = regions.get(&region).unwrap_or(&empty);
    let outcome = seats_of(election, region, counts);
    let firsts = counts.first_preferences();
    RegionView {
        candidates: election
            .candidates_of(region)
            .map(|candidate| CandidateVotes {
                number: candidate.number,
                votes: firsts.get(&candidate.number).copied().unwrap_or(0),
                elected: outcome.elected.contains(&candidate.number),
            })
            .collect(),
        tied: outcome.tied,
        rounds: outcome.rounds.as_deref().map(rounds),
        ..view
    }
}

/// Amounts come as exact decimal texts; the pages take units of the finest one.
fn rounds(rounds: &[seats::Round]) -> Rounds {
    let amounts = rounds.iter().flat_map(|round| {
        let counts = round.counts.iter().map(|count| &count.votes);
        counts.chain(&round.threshold).chain([&round.exhausted])
    });
    let decimals = amounts.map(|amount| decimals_of(amount)).max().unwrap_or(0);
    let units = |amount: &String| units_of(amount, decimals);
    let rounds = rounds.iter().map(|round| Round {
        counts: round
            .counts
            .iter()
            .map(|count| (count.candidate_id, units(&count.votes)))
            .collect(),
        threshold: round.threshold.as_ref().map(units),
        elected: round.elected.clone(),
        eliminated: round.eliminated.clone(),
        exhausted: units(&round.exhausted),
    });
    Rounds {
        decimals,
        rounds: rounds.collect(),
    }
}

fn decimals_of(amount: &str) -> u8 {
    let part = amount.split_once('.').map_or("", |(_, part)| part);
    // At most 12, by the definition of an amount.
    u8::try_from(part.len()).unwrap_or(0)
}

/// `12.5` at 4 decimals is 125,000.
fn units_of(amount: &str, decimals: u8) -> u64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let digits = format!("{whole}{part:0<width$}", width = usize::from(decimals));
    // A count of votes with its decimals stays far below 2^64.
    digits.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_decimal() {
        for (amount, decimals, units) in [
            ("0", 0, 0),
            ("12", 0, 12),
            ("12", 4, 120_000),
            ("12.5", 4, 125_000),
            ("0.0001", 4, 1),
        ] {
            assert_eq!(units_of(amount, decimals), units, "{amount}");
        }
        assert_eq!(decimals_of("7.2501"), 4);
        assert_eq!(decimals_of("7"), 0);
    }
}
