//! What the voters of each region want: the results of an earlier event, swung, with a tie and some close regions.

use companions::Baseline;
use election::{Ballot, Candidate, Choice, Election, Event, Method};

use super::crowd::Crowd;
use super::deal::{Chance, divide, to_index};

/// Regions whose first two end that near to each other, in votes.
const CLOSE: [u64; 5] = [0, 6, 18, 44, 90];
/// Of a thousand voters on the law: those who leave it blank.
const BLANK: u64 = 20;
/// Shares of a candidate's first choices that stop there, or name the next ones in turn.
const TAILS: [(u64, &[usize]); 5] = [
    (20, &[]),
    (25, &[0]),
    (25, &[0, 1]),
    (15, &[1, 0, 2]),
    (15, &[1]),
];

/// Votes of a region for each choice, each at least once named.
pub(super) type Wishes = Vec<(Choice, u64)>;

/// An election by region, in the order of the event.
pub(super) fn of_election(
    event: &Event,
    baseline: &Baseline,
    crowd: &Crowd,
    (ballot, election): (&Ballot, &Election),
    chance: &mut Chance,
) -> Vec<Wishes> {
    let ranks = crowd.ranks();
    let is_ranked = election.method == Method::RankedChoice;
    let mut close: Vec<(u64, u64)> = Vec::new();
    while !is_ranked && close.len() < CLOSE.len() {
        let at = chance.between(20, event.regions.len() as u64);
        if close.iter().all(|(other, _)| *other != at) {
            close.push((at, CLOSE[close.len()]));
        }
    }
    let regions = event.regions.iter().enumerate().map(|(at, region)| {
        let candidates: Vec<&Candidate> = election.candidates_of(region.number).collect();
        let weights = candidates.iter().map(|candidate| {
            let earlier = earlier(baseline, &ballot.id, region.number, candidate);
            earlier * swing(candidate, ranks[at]) / 1_000 * chance.between(880, 1_120)
        });
        let weights: Vec<u64> = weights.collect();
        let mut votes = divide(crowd.votes(ballot.index.0)[at], &weights);
        if let Some((_, margin)) = close.iter().find(|(close, _)| to_index(*close) == at) {
            bring_close(&mut votes, *margin);
        }
        let numbers: Vec<u32> = candidates
            .iter()
            .map(|candidate| candidate.number)
            .collect();
        if is_ranked {
            ranked(&numbers, &votes, chance)
        } else {
            numbers
                .into_iter()
                .map(Choice::Candidate)
                .zip(votes)
                .collect()
        }
    });
    regions.collect()
}

fn earlier(baseline: &Baseline, ballot: &str, region: u16, candidate: &Candidate) -> u64 {
    let ballot = baseline.ballot(ballot);
    let regions = ballot.into_iter().flat_map(|ballot| &ballot.regions);
    let here = regions.filter(|earlier| earlier.region == region);
    let mut results = here.flat_map(|region| &region.results);
    let own = results.find(|result| result.party == candidate.party);
    own.map_or(1, |own| own.votes)
}

/// In thousandths. Some parties gain where many live, which are the regions that come late.
fn swing(candidate: &Candidate, rank: u64) -> u64 {
    match candidate.party.as_deref() {
        Some("PA") => 1_130 - 3 * rank,
        Some("PB") => 860 + 3 * rank,
        Some("PC") => 980 + rank,
        Some("PD") => 1_040 - rank,
        _ => 1_000,
    }
}

/// Leaves the first two with `margin` votes between them; the third one gets or gives what is left over.
fn bring_close(votes: &mut [u64], margin: u64) {
    let mut order: Vec<usize> = (0..votes.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(votes[*at]));
    let both = votes[order[0]] + votes[order[1]];
    let second = (both - margin) / 2;
    votes[order[0]] = second + margin;
    votes[order[1]] = second;
    votes[order[2]] += both - 2 * second - margin;
}

fn ranked(numbers: &[u32], firsts: &[u64], chance: &mut Chance) -> Wishes {
    let mut wishes = Vec::new();
    for (at, votes) in firsts.iter().enumerate() {
        let turn = to_index(chance.between(1, 4));
        let others: Vec<u32> = (0..numbers.len())
            .map(|step| (at + turn + step) % numbers.len())
            .filter(|other| *other != at)
            .map(|other| numbers[other])
            .collect();
        let shares = divide(*votes, &TAILS.map(|(share, _)| share));
        for ((_, tail), votes) in TAILS.iter().zip(shares) {
            let tail = tail.iter().map(|rank| others[*rank]);
            let ranking = [numbers[at]].into_iter().chain(tail).collect();
            wishes.push((Choice::Ranking(ranking), votes));
        }
    }
    wishes
}

/// The law in steps of the whole country: against it at first, for it in the end.
pub(super) fn of_law(steps: &[u64], chance: &mut Chance) -> Vec<[u64; 3]> {
    let last = steps.len().max(2) as u64 - 1;
    let lean = chance.between(0, 9);
    let steps = (0u64..).zip(steps).map(|(at, votes)| {
        let yes = 452 + lean + 125 * at / last + chance.between(0, 17);
        let valid = 1_000 - BLANK;
        let parts = divide(*votes, &[yes * valid, (1_000 - yes) * valid, BLANK * 1_000]);
        [parts[0], parts[1], parts[2]]
    });
    steps.collect()
}

/// The same law by region, of regions with so many votes; comes to the same for each answer.
pub(super) fn of_law_by_region(
    total: [u64; 3],
    votes: &[u64],
    chance: &mut Chance,
) -> Vec<[u64; 3]> {
    let blank = divide(total[2], votes);
    let valid: Vec<u64> = votes
        .iter()
        .zip(&blank)
        .map(|(all, none)| all - none)
        .collect();
    let tilted = valid.iter().map(|valid| valid * chance.between(800, 1_200));
    let yes = divide(total[0], &tilted.collect::<Vec<_>>());
    let regions = valid.iter().zip(yes).zip(blank);
    regions
        .map(|((valid, yes), blank)| [yes, valid - yes, blank])
        .collect()
}

/// The answers of a law as choices.
pub(super) fn answers([yes, no, blank]: [u64; 3]) -> Wishes {
    vec![
        (Choice::Oui, yes),
        (Choice::Non, no),
        (Choice::Blanc, blank),
    ]
}
