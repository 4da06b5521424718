//! Seats that another party held after an earlier election. Whoever leads has gained nothing yet, and the words say so.

use std::collections::BTreeMap;

use election::{Ballot, Election};

use super::contest::Mark;
use super::night::Night;
use super::parties::party_name;

/// Who held the only seat of each region, by the party's position in today's event; none for whoever has no party today.
pub(super) struct Holders(BTreeMap<u16, Option<usize>>);

impl Holders {
    /// None where the event has no baseline for the ballot, or regions have several seats: then nobody can tell
    /// which of them changes hands.
    pub(super) fn of(night: &Night<'_>, ballot: &Ballot, election: &Election) -> Option<Holders> {
        let earlier = night.baseline?.ballot(&ballot.id)?;
        let parties = &night.context.event.parties;
        let held = earlier.regions.iter().filter_map(|region| {
            let mut seats = region.results.iter().filter(|result| result.seats > 0);
            let (holder, other) = (seats.next()?, seats.next());
            let is_alone = holder.seats == 1 && other.is_none();
            let code = holder.party.as_deref();
            let position = parties
                .iter()
                .position(|party| Some(party.code.as_str()) == code);
            is_alone.then_some((region.region, position))
        });
        (election.seats == 1).then(|| Holders(held.collect()))
    }

    /// In words, where somebody of another party is first in the region. Of candidates without a party nobody can tell
    /// whether they are who they were.
    pub(super) fn gain(
        &self,
        night: &Night<'_>,
        region: u16,
        first: Option<usize>,
        mark: Mark,
    ) -> Option<String> {
        let holder = *self.0.get(&region)?;
        let party = match holder {
            Some(_) => party_name(night, holder),
            None => night.t().get("held-by-others").into_owned(),
        };
        let id = match mark {
            Mark::Leading => "seat-held-by",
            Mark::Elected | Mark::Certified => "seat-gain",
        };
        (holder != first).then(|| night.t().fill(id, [("party", party.into())]))
    }
}
