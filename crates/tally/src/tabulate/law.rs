//! A law: its answers added up, and whether it has what it needs.

use std::collections::BTreeMap;

use counting::referendum;
use election::{Ballot, Choice, Event, Law};

use super::error::{Cause, TabulationError};
use crate::counts::Counts;
use crate::results::{Answers, LawResults};

pub(super) fn tabulate(
    event: &Event,
    ballot: &Ballot,
    law: &Law,
    votes: &BTreeMap<u16, Counts>,
    by_region: bool,
) -> Result<LawResults, TabulationError> {
    let mut total = Answers::default();
    let mut regions = BTreeMap::new();
    for (region, counts) in votes {
        let answers = answers(counts).map_err(|cause| cause.at(ballot, *region))?;
        total.oui += answers.oui;
        total.non += answers.non;
        total.blanc += answers.blanc;
        regions.insert(*region, answers);
    }
    let decision = decide(event, law, &regions);
    Ok(LawResults {
        total,
        regions: by_region.then_some(regions),
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
    law: &Law,
    regions: &BTreeMap<u16, Answers>,
) -> referendum::ReferendumResult {
    let threshold = referendum::Threshold {
        votes: share(&law.threshold.votes),
        regions: law
            .threshold
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
