//! A law: its answers added up, and whether it has what it needs.

use std::collections::BTreeMap;

use counting::referendum;
use election::{Ballot, Choice, Event, Law, Threshold};

use super::error::{Cause, TabulationError};
use crate::ballot_count::ReleasedCounts;
use crate::counts::Counts;
use crate::results::{Answers, LawResults};

/// `is_complete`: whether every vote is released; regions are known only then.
pub(super) fn tabulate(
    event: &Event,
    ballot: &Ballot,
    law: &Law,
    votes: &ReleasedCounts,
    is_complete: bool,
) -> Result<LawResults, TabulationError> {
    let total = answers(&votes.country).map_err(|cause| cause.at(ballot, 0))?;
    let by_region = votes.regions.iter().map(|(region, counts)| {
        let answers = answers(counts).map_err(|cause| cause.at(ballot, *region))?;
        Ok((*region, answers))
    });
    let regions: BTreeMap<u16, Answers> = by_region.collect::<Result<_, TabulationError>>()?;
    let decision = if is_complete {
        decide(event, &law.threshold, &regions)
    } else {
        let votes_alone = Threshold {
            regions: None,
            ..law.threshold
        };
        decide(event, &votes_alone, &BTreeMap::from([(0, total)]))
    };
    Ok(LawResults {
        total,
        regions: is_complete.then_some(regions),
        decision,
    })
}

fn answers(counts: &Counts) -> Result<Answers, Cause> {
    let mut answers = Answers::default();
    for (choice, votes) in counts.iter() {
        match choice {
            Choice::Oui => answers.oui += votes,
            Choice::Non => answers.non += votes,
            Choice::Blanc => answers.blanc += votes,
            Choice::Candidate(_) | Choice::Ranking(_) => return Err(Cause::NotOffered),
        }
    }
    Ok(answers)
}

fn decide(
    event: &Event,
    threshold: &Threshold,
    regions: &BTreeMap<u16, Answers>,
) -> referendum::ReferendumResult {
    let threshold = referendum::Threshold {
        votes: share(&threshold.votes),
        regions: threshold
            .regions
            .as_ref()
            .map(|double| referendum::RegionalMajority {
                votes: share(&double.votes),
                share: share(&double.share),
            }),
    };
    let votes: Vec<referendum::RegionVotes> = regions
        .iter()
        .map(|(region, answers)| referendum::RegionVotes {
            region: *region,
            oui: answers.oui,
            non: answers.non,
        })
        .collect();
    let of_event = u32::try_from(event.regions.len()).expect("an event has at most 4,096 regions");
    referendum::decide(&votes, of_event, &threshold)
}

fn share(share: &election::Share) -> referendum::Share {
    referendum::Share {
        numerator: share.numerator,
        denominator: share.denominator,
        more_than: share.more_than,
    }
}
