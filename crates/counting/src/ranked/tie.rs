//! Ties: which lot or rule decides them, and the record of how.

use super::contest::Candidate;
use super::java::JavaRandom;
use super::rules::{TieBreak, TieFallback};
use super::tabulation::Round;

/// Whether a tie is about who wins or about who loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one picked is elected.
    Winner,
    /// The one picked is eliminated.
    Loser,
}

/// A lot drawn by hand, for one tie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Round in which the tie arises, from 1.
    pub round: u32,
    /// The tied candidates, by position, in any order.
    pub tied: Vec<u16>,
    /// The one drawn.
    pub picked: u16,
    /// What the one drawn becomes.
    pub side: Side,
}

/// A tie that arose, and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Round, from 1.
    pub round: u32,
    /// The tied candidates, by position, in the order of the list.
    pub tied: Vec<u16>,
    /// The one picked.
    pub picked: u16,
    /// What the one picked becomes.
    pub side: Side,
    /// What decided.
    pub method: TieMethod,
}

/// What decided a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieMethod {
    /// A lot given to the count.
    Lot,
    /// The order of the list.
    CandidateOrder,
    /// A draw from the published seed.
    Seed(i64),
    /// The order of names shuffled from the published seed.
    ShuffledOrder(i64),
    /// The votes of that earlier round.
    PreviousRound(u32),
}

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
        let position = |c: usize| u16::try_from(c).ok();
        let tied = tied.iter().filter_map(|c| position(*c)).collect();
        Some(Tie {
            round,
            tied,
            picked: position(picked)?,
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
        match self.rule {
            TieBreak::CandidateOrder => ordered(tied, side, |c| c, TieMethod::CandidateOrder),
            TieBreak::JavaRandom(seed) => self.draw(tied, seed),
            TieBreak::JavaShuffle(seed) => ordered(
                tied,
                side,
                |c| self.shuffled[c],
                TieMethod::ShuffledOrder(seed),
            ),
            TieBreak::Ask => None,
            TieBreak::PreviousRounds(fallback) => match by_rounds_before(tied, side, before) {
                Ok(decided) => Some(decided),
                Err(tied) => match fallback {
                    TieFallback::CandidateOrder => {
                        ordered(&tied, side, |c| c, TieMethod::CandidateOrder)
                    }
                    TieFallback::JavaRandom(seed) => self.draw(&tied, seed),
                    TieFallback::Ask => None,
                },
            },
        }
    }

    fn draw(&mut self, tied: &[usize], seed: i64) -> Option<(usize, TieMethod)> {
        let mut names = tied.to_vec();
        names.sort_by(|a, b| java_order(&self.candidates[*a].name, &self.candidates[*b].name));
        let at = self.random.as_mut()?.index_by_double(names.len());
        Some((*names.get(at)?, TieMethod::Seed(seed)))
    }
}

/// The one whose place comes first wins, the one whose place comes last loses.
fn ordered(
    tied: &[usize],
    side: Side,
    place: impl Fn(usize) -> usize,
    method: TieMethod,
) -> Option<(usize, TieMethod)> {
    let tied = tied.iter().copied();
    let picked = match side {
        Side::Winner => tied.min_by_key(|c| place(*c)),
        Side::Loser => tied.max_by_key(|c| place(*c)),
    };
    Some((picked?, method))
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
