//! A second, slow count to compare with: one ballot at a time, in the words of the rules.
//!
//! It shares nothing with the library but the vocabulary of its rules: no groups, no paths, no
//! piles. Every round walks every ballot that is not with a continuing candidate from its first
//! rank. Candidates are 0, 1, 2...; the tie-break is the candidates' order; nobody is a write-in.

use counting::ranked::{DuplicateRanking, Method, Overvote, Rules};

/// Ranks of one ballot, each with the candidates marked there.
pub(crate) type Ballot = Vec<Vec<u16>>;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) counts: Vec<(u16, u128)>,
    pub(crate) elected: Vec<u16>,
    pub(crate) eliminated: Vec<u16>,
    pub(crate) inactive: [u128; 5],
}

struct BallotState<'a> {
    marks: &'a Ballot,
    with: Option<u16>,
    value: u128,
    stopped: Option<usize>,
}

const EXHAUSTED: usize = 0;
const OVERVOTE: usize = 1;
const REPEATED: usize = 2;
const SKIPPED: usize = 3;
const FINAL: usize = 4;

/// All rounds. `rules` may be instant runoff or STV with a Droop quota.
pub(crate) fn count(candidates: u16, ballots: &[Ballot], rules: &Rules) -> Vec<Round> {
    let scale = 10u128.pow(u32::from(rules.decimals));
    let voted = ballots
        .iter()
        .filter(|ballot| ballot.iter().any(|rank| !rank.is_empty()));
    let mut states: Vec<BallotState<'_>> = voted
        .map(|marks| BallotState {
            marks,
            with: None,
            value: scale,
            stopped: None,
        })
        .collect();
    let mut continuing: Vec<u16> = (0..candidates).collect();
    let (mut kept, mut inactive) = (Vec::<(u16, u128)>::new(), [0; 5]);
    let (mut winners, mut quota, mut rounds) = (0, 0, Vec::new());
    let stv = rules.method == Method::Stv;
    loop {
        let filled = winners == rules.seats;
        deal(
            &mut states,
            &continuing,
            rules,
            stv && filled,
            &mut inactive,
        );
        let votes = |c: u16| -> u128 {
            states
                .iter()
                .filter(|s| s.stopped.is_none() && s.with == Some(c))
                .map(|s| s.value)
                .sum()
        };
        let tallies: Vec<(u16, u128)> = continuing.iter().map(|c| (*c, votes(*c))).collect();
        let active: u128 = tallies.iter().map(|(_, v)| v).sum();
        if rounds.is_empty() || !stv {
            quota = (active / scale / (u128::from(rules.seats) + 1) + 1) * scale;
        }
        let elected = elect(&tallies, quota, rules.seats - winners, stv);
        let eliminated = if elected.is_empty() && !filled {
            eliminate(&tallies, rules)
        } else {
            vec![]
        };
        let mut counts = [tallies.as_slice(), kept.as_slice()].concat();
        counts.sort_unstable();
        rounds.push(Round {
            counts,
            elected: elected.clone(),
            eliminated: eliminated.clone(),
            inactive,
        });
        winners += u32::try_from(elected.len()).unwrap();
        let nobody = elected.is_empty() && eliminated.is_empty();
        let all_in = winners < rules.seats && elected.len() == continuing.len();
        if nobody || all_in || (!stv && winners == rules.seats) {
            return rounds;
        }
        for winner in &elected {
            let had = tallies
                .iter()
                .find(|(c, _)| c == winner)
                .map_or(0, |(_, v)| *v);
            kept.push((*winner, pass_on(&mut states, *winner, had, quota, scale)));
        }
        continuing.retain(|c| !elected.contains(c) && !eliminated.contains(c));
    }
}

/// Gives every ballot that is with nobody its next candidate, or stops it.
fn deal(
    states: &mut [BallotState<'_>],
    continuing: &[u16],
    rules: &Rules,
    last: bool,
    inactive: &mut [u128; 5],
) {
    for state in states.iter_mut().filter(|s| s.stopped.is_none()) {
        if state.with.is_none_or(|c| !continuing.contains(&c)) {
            let next = if last {
                Err(FINAL)
            } else {
                walk(state.marks, continuing, rules)
            };
            state.with = next.ok();
            state.stopped = next.err();
            if let Err(reason) = next {
                inactive[reason] += state.value;
            }
        }
    }
}

/// Takes the kept part out of every ballot of the winner; returns what the winner shows.
fn pass_on(
    states: &mut [BallotState<'_>],
    winner: u16,
    had: u128,
    quota: u128,
    scale: u128,
) -> u128 {
    let fraction = if had > quota {
        (had - quota) * scale / had
    } else {
        0
    };
    let mut keeps = 0;
    for state in states
        .iter_mut()
        .filter(|s| s.stopped.is_none() && s.with == Some(winner))
    {
        let passed = state.value * fraction / scale;
        keeps += state.value - passed;
        state.value = passed;
    }
    keeps.min(quota)
}

fn walk(marks: &Ballot, continuing: &[u16], rules: &Rules) -> Result<u16, usize> {
    let (mut met, mut skipped) = (Vec::new(), 0);
    for rank in marks {
        if rank.is_empty() {
            skipped += 1;
            continue;
        }
        if rules.max_skipped_ranks.is_some_and(|max| skipped > max) {
            return Err(SKIPPED);
        }
        skipped = 0;
        let repeated = rank.iter().any(|mark| met.contains(mark));
        if repeated && rules.duplicate_ranking == DuplicateRanking::Exhaust {
            return Err(REPEATED);
        }
        met.extend(rank.iter().copied());
        let here: Vec<u16> = rank
            .iter()
            .copied()
            .filter(|c| continuing.contains(c))
            .collect();
        match (rank.len(), rules.overvote, here.as_slice()) {
            (1, _, [one]) | (_, Overvote::ExhaustIfMultipleContinuing, [one]) => return Ok(*one),
            (1, _, _) | (_, Overvote::Skip, _) => {}
            (_, Overvote::ExhaustIfMultipleContinuing, []) => {}
            _ => return Err(OVERVOTE),
        }
    }
    Err(EXHAUSTED)
}

fn elect(tallies: &[(u16, u128)], quota: u128, seats: u32, stv: bool) -> Vec<u16> {
    let seats = usize::try_from(seats).unwrap();
    if seats == 0 {
        return vec![];
    }
    if tallies.len() <= seats {
        return tallies.iter().map(|(c, _)| *c).collect();
    }
    match tallies {
        // Equal votes of the last two in instant runoff: the one listed first wins.
        [(first, a), (_, b)] if !stv && a == b => vec![*first],
        _ => tallies
            .iter()
            .filter(|(_, votes)| *votes >= quota)
            .map(|(c, _)| *c)
            .collect(),
    }
}

fn eliminate(tallies: &[(u16, u128)], rules: &Rules) -> Vec<u16> {
    let mut order = tallies.to_vec();
    // Fewest votes first; of equals the one listed last.
    order.sort_by_key(|(c, votes)| (*votes, std::cmp::Reverse(*c)));
    let batch = (2..order.len()).rev().find(|size| {
        let (out, stay) = order.split_at(*size);
        rules.batch_elimination && out.iter().map(|(_, v)| v).sum::<u128>() < stay[0].1
    });
    let mut out: Vec<u16> = order
        .iter()
        .take(batch.unwrap_or(1))
        .map(|(c, _)| *c)
        .collect();
    out.sort_unstable();
    out
}
