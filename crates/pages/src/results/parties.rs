//! Parties over all regions: seats, votes, how they are drawn, and the bar of all seats.

use std::collections::BTreeMap;

use election::{Candidate, Election, Event};

use super::contest::Mark;
use super::earlier::{Change, Earlier};
use super::night::{Night, width};
use super::view::ElectionView;
use crate::chart::{self, NEUTRAL, Segment};

/// A party over all regions.
pub(super) struct PartyLine<'a> {
    pub(super) name: String,
    /// Its code, for where a name has no room; a dash for candidates without a party.
    pub(super) short: &'a str,
    pub(super) fill: Fill<'a>,
    /// Whether this line is that of all candidates without a party.
    pub(super) is_nobodys: bool,
    pub(super) seats: u64,
    pub(super) votes: String,
    pub(super) percent: String,
    pub(super) width: String,
    /// Both empty where nothing is compared.
    pub(super) change: Change,
}

/// How a party is drawn: its colour, and a pattern for who cannot tell the colours apart.
#[derive(Clone, Copy)]
pub(super) struct Fill<'a> {
    pub(super) colour: &'a str,
    pub(super) pattern: usize,
}

/// All seats of an election, to draw.
pub(super) struct SeatBar<'a> {
    pub(super) parts: Vec<SeatPart<'a>>,
    /// Whether it is drawn hollow: leading, not elected.
    pub(super) is_hollow: bool,
    /// Where the line of the majority stands, and its words; none where no party can have one.
    pub(super) majority: Option<(String, String)>,
}

/// The seats of one party in the bar.
pub(super) struct SeatPart<'a> {
    pub(super) segment: Segment,
    pub(super) fill: Fill<'a>,
    pub(super) short: &'a str,
}

/// Seats of all regions together.
pub(super) fn all_seats(election: &Election, view: &ElectionView) -> u64 {
    u64::from(election.seats).saturating_mul(view.regions.len() as u64)
}

/// Seats with which a party has more than half of all.
pub(super) fn majority_of(seats: u64) -> u64 {
    seats / 2 + 1
}

/// Votes that are in the counts of all regions; first choices where votes are ranked.
pub(super) fn total_votes(view: &ElectionView) -> u64 {
    let candidates = view.regions.iter().flat_map(|region| &region.candidates);
    candidates.map(|c| c.votes).fold(0, u64::saturating_add)
}

/// Parties with a candidate, most seats first, then most votes; none while counts are hidden.
pub(super) fn party_lines<'a>(
    night: &Night<'a>,
    election: &Election,
    view: &ElectionView,
    earlier: Option<&Earlier>,
) -> Vec<PartyLine<'a>> {
    let event = night.context.event;
    let mut sums: BTreeMap<Option<usize>, (u64, u64)> = BTreeMap::new();
    for candidate in view.regions.iter().flat_map(|region| &region.candidates) {
        let (seats, votes) = sums
            .entry(party_position(event, election, candidate.number))
            .or_default();
        *seats += u64::from(candidate.wins);
        *votes = votes.saturating_add(candidate.votes);
    }
    let total = total_votes(view);
    let mut sorted: Vec<_> = sums.into_iter().collect();
    sorted.sort_by_key(|(_, sums)| std::cmp::Reverse(*sums));
    sorted
        .into_iter()
        .map(|(position, (seats, votes))| PartyLine {
            name: party_name(night, position),
            short: party_short(event, position),
            fill: fill(event, position),
            is_nobodys: position.is_none(),
            seats,
            votes: night.count(votes),
            percent: night.percent(votes, total),
            width: width(votes, total),
            change: earlier.map_or_else(Change::default, |earlier| {
                earlier.change(night, position, (seats, votes, total))
            }),
        })
        .collect()
}

/// The bar of all seats; none before the first seat has somebody.
pub(super) fn seat_bar<'a>(
    night: &Night<'_>,
    parties: &[PartyLine<'a>],
    all: u64,
    mark: Mark,
) -> Option<SeatBar<'a>> {
    let with_seats = || parties.iter().filter(|party| party.seats > 0);
    let seats: Vec<u64> = with_seats().map(|party| party.seats).collect();
    if seats.is_empty() {
        return None;
    }
    let needed = majority_of(all);
    let parts = with_seats().zip(chart::segments(&seats, all, needed));
    let words = || night.t().fill("majority-line", [("needed", needed.into())]);
    Some(SeatBar {
        parts: parts
            .map(|(party, segment)| SeatPart {
                segment,
                fill: party.fill,
                short: party.short,
            })
            .collect(),
        is_hollow: mark.is_hollow(),
        majority: parties
            .iter()
            .any(|party| !party.is_nobodys)
            .then(|| (chart::majority_line(needed, all), words())),
    })
}

/// Position in the event of a candidate's party; none for an independent.
pub(super) fn party_position(event: &Event, election: &Election, number: u32) -> Option<usize> {
    let code = election.candidate(number)?.party.as_deref()?;
    event.parties.iter().position(|party| party.code == code)
}

pub(super) fn party_name(night: &Night<'_>, position: Option<usize>) -> String {
    match position.and_then(|at| night.context.event.parties.get(at)) {
        Some(party) => party.name.in_language(night.lang()).to_owned(),
        None => night.t().get("independent").into_owned(),
    }
}

/// The party's code; a dash for candidates without a party.
pub(super) fn party_short(event: &Event, position: Option<usize>) -> &str {
    let party = position.and_then(|at| event.parties.get(at));
    party.map_or("–", |party| party.code.as_str())
}

pub(super) fn fill(event: &Event, position: Option<usize>) -> Fill<'_> {
    match position.and_then(|at| Some((at, event.parties.get(at)?))) {
        Some((at, party)) => Fill {
            colour: &party.colour,
            pattern: chart::pattern_of(at),
        },
        None => Fill {
            colour: NEUTRAL,
            pattern: 0,
        },
    }
}

pub(super) fn candidate_name(election: &Election, number: u32) -> String {
    let name = |candidate: &Candidate| format!("{} {}", candidate.first_name, candidate.last_name);
    election.candidate(number).map_or_else(String::new, name)
}
