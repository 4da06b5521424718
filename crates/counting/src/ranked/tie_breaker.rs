//! Decides ties: by a lot that was drawn, or else by the rule of the contest.

use super::candidate::{Candidate, position};
use super::java::JavaRandom;
use super::rules::{TieBreak, TieFallback};
use super::tabulation::Round;
use super::tie::{Lot, Side, Tie, TieMethod};

/// Decides the ties of one count, in the order in which they arise.
pub(crate) struct TieBreaker<'a> {
    candidates: &'a [Candidate],
    rule: TieBreak,
    lots: &'a [Lot],
    /// One stream of draws for the whole count, as the published seed says.
    random: Option<JavaRandom>,
    /// Place of each candidate in the shuffled order.
    shuffled: Vec<usize>,
}

impl<'a> TieBreaker<'a> {
    pub(crate) fn new(candidates: &'a [Candidate], rule: TieBreak, lots: &'a [Lot]) -> Self {
        let (seed, shuffle) = match rule {
            TieBreak::JavaRandom(seed)
            | TieBreak::PreviousRounds(TieFallback::JavaRandom(seed)) => (Some(seed), false),
            TieBreak::JavaShuffle(seed) => (Some(seed), true),
            _ => (None, false),
        };
        let mut random = seed.map(JavaRandom::new);
        let shuffled = match (&mut random, shuffle) {
            (Some(random), true) => shuffled_places(candidates, random),
            _ => Vec::new(),
        };
        TieBreaker {
            candidates,
            rule,
            lots,
            random,
            shuffled,
        }
    }

    /// Picks one of `tied` (two or more, in list order); none where only a lot could.
    pub(crate) fn pick(
        &mut self,
        tied: &[usize],
        side: Side,
        round: u32,
        before: &[Round],
    ) -> Option<Tie> {
        let (picked, method) = match self.lot(tied, side, round) {
            Some(picked) => (picked, TieMethod::Lot),
            None => self.by_rule(tied, side, before)?,
        };
        Some(Tie {
            round,
            tied: tied.iter().map(|c| position(*c)).collect(),
            picked: position(picked),
            side,
            method,
        })
    }

    fn lot(&self, tied: &[usize], side: Side, round: u32) -> Option<usize> {
        let fits = |lot: &&Lot| {
            let mut drawn: Vec<usize> = lot.tied.iter().map(|c| usize::from(*c)).collect();
            drawn.sort_unstable();
            lot.round == round && lot.side == side && drawn == tied
        };
        let picked = usize::from(self.lots.iter().find(fits)?.picked);
        tied.contains(&picked).then_some(picked)
    }

    fn by_rule(
        &mut self,
        tied: &[usize],
        side: Side,
        before: &[Round],
    ) -> Option<(usize, TieMethod)> {
        let in_list_order = |tied: &[usize]| ordered(tied, side, |c| c, TieMethod::CandidateOrder);
        let decided = match self.rule {
            TieBreak::CandidateOrder => in_list_order(tied),
            TieBreak::JavaRandom(seed) => self.draw(tied, seed),
            TieBreak::JavaShuffle(seed) => {
                let place = |c: usize| self.shuffled[c];
                ordered(tied, side, place, TieMethod::ShuffledOrder(seed))
            }
            TieBreak::Ask => return None,
            TieBreak::PreviousRounds(fallback) => match by_rounds_before(tied, side, before) {
                Ok(decided) => decided,
                Err(tied) => match fallback {
                    TieFallback::CandidateOrder => in_list_order(&tied),
                    TieFallback::JavaRandom(seed) => self.draw(&tied, seed),
                    TieFallback::Ask => return None,
                },
            },
        };
        Some(decided)
    }

    /// Draws one of `tied`, sorted by name, with the next number of the seed's stream.
    fn draw(&mut self, tied: &[usize], seed: i64) -> (usize, TieMethod) {
        let mut names = tied.to_vec();
        names.sort_by(|a, b| java_order(&self.candidates[*a].name, &self.candidates[*b].name));
        let random = self.random.as_mut();
        let random = random.expect("a rule with a seed has a stream of draws");
        let drawn = names[random.index_by_double(names.len())];
        (drawn, TieMethod::Seed(seed))
    }
}

/// The one whose place comes first wins, the one whose place comes last loses.
fn ordered(
    tied: &[usize],
    side: Side,
    place: impl Fn(usize) -> usize,
    method: TieMethod,
) -> (usize, TieMethod) {
    let tied = tied.iter().copied();
    let picked = match side {
        Side::Winner => tied.min_by_key(|c| place(*c)),
        Side::Loser => tied.max_by_key(|c| place(*c)),
    };
    (picked.expect("a tie has two candidates or more"), method)
}

/// Narrows the tied down by their votes in the rounds before, the latest first.
fn by_rounds_before(
    tied: &[usize],
    side: Side,
    before: &[Round],
) -> Result<(usize, TieMethod), Vec<usize>> {
    let mut tied = tied.to_vec();
    for round in before.iter().rev() {
        let votes = |c: &usize| round.votes_of(*c);
        let best = match side {
            Side::Winner => tied.iter().map(votes).max(),
            Side::Loser => tied.iter().map(votes).min(),
        };
        tied.retain(|c| Some(votes(c)) == best);
        if let [picked] = tied.as_slice() {
            return Ok((*picked, TieMethod::PreviousRound(round.number)));
        }
    }
    Err(tied)
}

fn shuffled_places(candidates: &[Candidate], random: &mut JavaRandom) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| java_order(&candidates[*a].name, &candidates[*b].name));
    random.shuffle(&mut order);
    let mut places = vec![0; order.len()];
    for (place, candidate) in order.into_iter().enumerate() {
        places[candidate] = place;
    }
    places
}

/// `String.compareTo`: UTF-16 code units.
fn java_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}
