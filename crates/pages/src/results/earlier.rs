//! What parties had in an earlier election, in the regions that have votes in today's count: like is compared with
//! like while the count goes on.

use std::collections::BTreeMap;

use companions::{EarlierBallot, EarlierResult};
use election::Ballot;

use super::night::Night;
use super::view::{ElectionView, RegionView};
use crate::wording;

/// Sums of the earlier election, by the party's position in today's event; none for whoever has no party today.
pub(super) struct Earlier {
    parties: BTreeMap<Option<usize>, Sums>,
    votes: u64,
    /// Says what is compared with.
    pub(super) note: String,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    seats: u64,
    votes: u64,
}

/// How a party has changed, in signed words.
#[derive(Default)]
pub(super) struct Change {
    pub(super) seats: String,
    /// Points of the share.
    pub(super) share: String,
}

impl Earlier {
    /// None where the event has no baseline for the ballot, or nothing is counted.
    pub(super) fn of(night: &Night<'_>, ballot: &Ballot, view: &ElectionView) -> Option<Earlier> {
        let baseline = night.baseline?;
        let results = counted(baseline.ballot(&ballot.id)?, view);
        let mut parties: BTreeMap<Option<usize>, Sums> = BTreeMap::new();
        for result in results {
            let code = result.party.as_deref();
            let parties_now = &night.context.event.parties;
            let position = parties_now
                .iter()
                .position(|party| Some(party.code.as_str()) == code);
            let sums = parties.entry(position).or_default();
            sums.seats += u64::from(result.seats);
            sums.votes = sums.votes.saturating_add(result.votes);
        }
        let votes = parties.values().map(|sums| sums.votes);
        let votes = votes.fold(0, u64::saturating_add);
        let title = baseline.title().in_language(night.lang()).to_owned();
        let note = night.t().fill("baseline-note", [("title", title.into())]);
        (votes > 0).then_some(Earlier {
            parties,
            votes,
            note,
        })
    }

    /// The change of a party that has `seats` now and `votes` of `all`.
    pub(super) fn change(
        &self,
        night: &Night<'_>,
        position: Option<usize>,
        (seats, votes, all): (u64, u64, u64),
    ) -> Change {
        let before = self.parties.get(&position).copied().unwrap_or_default();
        let share = wording::thousandths(votes, all);
        let share_before = wording::thousandths(before.votes, self.votes);
        Change {
            seats: wording::change(night.lang(), (before.seats, seats), 0),
            share: wording::change(night.lang(), (share_before, share), 1),
        }
    }
}

/// The earlier results of regions in which somebody has a vote by now.
fn counted<'a>(
    earlier: &'a EarlierBallot,
    view: &ElectionView,
) -> impl Iterator<Item = &'a EarlierResult> {
    let has_votes = |region: &&RegionView| region.candidates.iter().any(|c| c.votes > 0);
    let regions = view.regions.iter().filter(has_votes);
    let numbers: Vec<u16> = regions.map(|region| region.region).collect();
    let regions = earlier.regions.iter();
    regions
        .filter(move |region| numbers.contains(&region.region))
        .flat_map(|region| &region.results)
}
