//! What a voter has marked on a ballot, kept to be shown again: also where the ballot does not take it.

use std::collections::BTreeSet;

use election::{Ballot, BallotKind, Choice, ChoiceError, Method};

use super::MarkError;
use super::marks::ANSWERS;
use crate::Form;

/// What the form of a ballot holds. It is shown again as it is, and never checked here: what a vote is made of
/// comes from [`super::marked`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    region: RegionAsked,
    /// The value of the form of a law.
    pub(super) answer: Option<&'static str>,
    /// The candidate of each list of a ranking; a single choice has one list.
    pub(super) candidates: Vec<Option<u32>>,
}

/// Whether a region is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RegionAsked {
    #[default]
    No,
    /// The field is there, and holds no number.
    Unreadable,
    Number(u16),
}

impl Marks {
    /// An empty ballot, of the region that an address names.
    #[must_use]
    pub fn of_address(query: &Form) -> Marks {
        Marks {
            region: RegionAsked::of(query),
            ..Marks::default()
        }
    }

    /// What a posted form of this ballot holds.
    #[must_use]
    pub fn of_form(ballot: &Ballot, form: &Form) -> Marks {
        let value = |name: &str| form.get(name).unwrap_or_default();
        let lists = match &ballot.kind {
            BallotKind::Law(_) => vec![],
            BallotKind::Election(election) => match election.method {
                Method::SingleChoice => vec!["candidate".to_owned()],
                Method::RankedChoice => (1..=election.max_ranks)
                    .map(|rank| format!("rank-{rank}"))
                    .collect(),
            },
        };
        let mut answers = ANSWERS.iter().map(|answer| answer.value);
        Marks {
            region: RegionAsked::of(form),
            answer: answers.find(|answer| *answer == value("vote")),
            candidates: lists.iter().map(|name| value(name).parse().ok()).collect(),
        }
    }

    /// An empty ballot of this region.
    pub(super) fn of_region(region: u16) -> Marks {
        Marks {
            region: RegionAsked::Number(region),
            ..Marks::default()
        }
    }

    pub(super) fn region(&self) -> Option<u16> {
        match self.region {
            RegionAsked::Number(number) => Some(number),
            RegionAsked::No | RegionAsked::Unreadable => None,
        }
    }

    /// Whether the form for the region was sent, with whatever value.
    pub(super) fn asks_for_region(&self) -> bool {
        self.region != RegionAsked::No
    }

    /// The candidate of the list of that rank, from 1.
    pub(super) fn at_rank(&self, rank: u32) -> Option<u32> {
        let at = usize::try_from(rank.checked_sub(1)?).ok()?;
        *self.candidates.get(at)?
    }

    /// The ranks whose lists hold what is at fault, from 1. A choice passes over empty lists, so its ranks are
    /// not those of the lists.
    pub(super) fn ranks_at_fault(&self, fault: &MarkError) -> BTreeSet<u32> {
        let filled = (1..).zip(&self.candidates);
        let filled = filled.filter_map(|(rank, candidate)| Some((rank, (*candidate)?)));
        let filled: Vec<(u32, u32)> = filled.collect();
        let is_at_fault = |place: usize, candidate: u32| match fault {
            MarkError::Refused(ChoiceError::Repeated { .. }) => {
                filled
                    .iter()
                    .filter(|(_, other)| *other == candidate)
                    .count()
                    > 1
            }
            MarkError::Refused(
                ChoiceError::OtherRegion { rank, .. }
                | ChoiceError::Withdrawn { rank }
                | ChoiceError::UnknownCandidate { rank },
            ) => place + 1 == *rank,
            _ => false,
        };
        let places = filled.iter().enumerate();
        let wrong = places.filter(|(place, (_, candidate))| is_at_fault(*place, *candidate));
        wrong.map(|(_, (rank, _))| *rank).collect()
    }
}

impl RegionAsked {
    fn of(form: &Form) -> RegionAsked {
        match form.get("region").map(str::parse) {
            None => RegionAsked::No,
            Some(Err(_)) => RegionAsked::Unreadable,
            Some(Ok(number)) => RegionAsked::Number(number),
        }
    }
}

/// The hidden fields that carry a choice that the ballot takes to the next form; region 0 is none.
pub(super) fn hidden_fields(region: u16, choice: &Choice) -> Vec<(String, String)> {
    let mut fields = super::marks::fields(choice);
    if region != 0 {
        fields.push(("region".to_owned(), region.to_string()));
    }
    fields
}
