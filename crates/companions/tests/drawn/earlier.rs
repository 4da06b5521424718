//! Results of an earlier event that never was: plausible numbers by a fixed seed.

use std::fmt::Write as _;

use companions::Baseline;
use election::Event;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Votes of a region, fewest and most.
const VOTES: [u64; 2] = [18_000, 42_000];
/// How strong each party is in all, in hundredths; nobody's party is the last.
const STRENGTH: [u64; 5] = [34, 29, 19, 13, 5];

/// Who had voted by 10 a.m. and by each full hour until the close at 8 p.m., in hundredths of all who voted.
const BY_HOUR: [u64; 11] = [5, 11, 18, 26, 33, 40, 49, 60, 74, 88, 100];

/// The turnout of a baseline by hour, of people in round numbers.
pub(crate) fn hours(baseline: &Baseline) -> String {
    let mut text = String::from("ballot,until,votes,registered\n");
    let day = baseline.date();
    for earlier in baseline.ballots() {
        let rows = earlier.regions.iter().flat_map(|region| &region.results);
        let votes: u64 = rows.map(|row| row.votes).sum();
        let registered = votes * 3 / 2;
        for (hour, share) in (10..).zip(BY_HOUR) {
            let until = votes * share / 100;
            let _ = writeln!(
                text,
                "{},{day}T{hour}:00,{until},{registered}",
                earlier.ballot
            );
        }
    }
    text
}

pub(crate) fn csv(event: &Event) -> String {
    let mut random = SplitMix64::seed_from_u64(2021);
    let mut text = String::from("ballot,region,party,votes,seats\n");
    for (ballot, election) in event.elections() {
        for region in election.regions() {
            let all = VOTES[0] + random.next_u64() % (VOTES[1] - VOTES[0]);
            // Each party has from half to one and a half times its strength here.
            let shares = STRENGTH.map(|strength| strength * (50 + random.next_u64() % 101));
            let sum: u64 = shares.iter().sum();
            let most = shares.iter().max().expect("parties");
            let codes = event.parties.iter().map(|party| party.code.as_str());
            for (party, share) in codes.chain([""]).zip(&shares) {
                let seats = if share == most { election.seats } else { 0 };
                let votes = all * share / sum;
                let _ = writeln!(text, "{},{region},{party},{votes},{seats}", ballot.id);
            }
        }
    }
    text
}
