//! The count itself: round after round until the seats are filled.

use super::contest::Contest;
use super::piles::Piles;
use super::rules::{Method, Rules};
use super::tabulation::{Round, Tabulation};
use super::tie::{Lot, Side, Tie, TieBreaker};

/// A tie that only a lot can decide, and for which none was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "round {round}: {} are tied to be {}, and the rules leave it to a lot: draw one and give it in `lots`",
    tied.join(", "), match side { Side::Winner => "elected", Side::Loser => "eliminated" }
)]
pub struct TieUndecided {
    /// Round, from 1.
    pub round: u32,
    /// Ids of the tied, in the order of the list.
    pub tied: Vec<String>,
    /// What the lot decides.
    pub side: Side,
}

pub(super) struct Count<'a> {
    contest: &'a Contest,
    pub(super) rules: &'a Rules,
    pub(super) piles: Piles<'a>,
    /// Elected so far, in order.
    pub(super) winners: Vec<usize>,
    threshold: u128,
    rounds: Vec<Round>,
    ties: Vec<Tie>,
    tie_breaker: TieBreaker<'a>,
}

impl<'a> Count<'a> {
    pub(super) fn new(contest: &'a Contest, lots: &'a [Lot]) -> Count<'a> {
        let Contest {
            candidates,
            rules,
            ballots,
        } = contest;
        let continuing = candidates.iter().map(|c| !c.excluded).collect();
        Count {
            contest,
            rules,
            piles: Piles::deal(ballots, continuing, rules.decimals),
            winners: Vec::new(),
            threshold: 0,
            rounds: Vec::new(),
            ties: Vec::new(),
            tie_breaker: TieBreaker::new(candidates, rules.tie_break, lots),
        }
    }

    pub(super) fn run(mut self) -> Result<Tabulation, TieUndecided> {
        // Every round elects or eliminates somebody, except the last.
        loop {
            self.set_threshold();
            let elected = self.newly_elected()?;
            let eliminated = if elected.is_empty() {
                self.losers()?
            } else {
                Vec::new()
            };
            self.record(&elected, &eliminated);
            self.winners.extend_from_slice(&elected);
            if self.is_over(&elected, &eliminated) {
                return Ok(self.finish());
            }
            if self.rules.method == Method::Stv && !elected.is_empty() {
                let last = self.seats_left() == 0;
                self.piles.elect(&elected, self.threshold, last);
            }
            self.piles.eliminate(&eliminated);
        }
    }

    /// Candidates who take part in this round and are not out, in list order. In instant runoff a
    /// winner stays among them.
    pub(super) fn standing(&self) -> Vec<usize> {
        (0..self.contest.candidates.len())
            .filter(|c| self.piles.continuing(*c))
            .collect()
    }

    pub(super) fn is_elected(&self, candidate: usize) -> bool {
        self.winners.contains(&candidate)
    }

    pub(super) fn seats_left(&self) -> usize {
        usize::try_from(self.rules.seats)
            .unwrap_or(usize::MAX)
            .saturating_sub(self.winners.len())
    }

    fn is_write_in(&self, candidate: usize) -> bool {
        self.contest.candidates[candidate].undeclared_write_in
    }

    /// The pool of undeclared write-ins, where it holds votes in this round.
    pub(super) fn write_in_with_votes(&self) -> Option<usize> {
        self.standing()
            .into_iter()
            .find(|c| self.is_write_in(*c) && self.piles.votes(*c) > 0)
    }

    fn set_threshold(&mut self) {
        let fixed = self.rules.threshold.fixed_in_round_1
            || self.rules.method == Method::Stv
            || !self.winners.is_empty();
        if fixed && !self.rounds.is_empty() {
            return;
        }
        let active = self
            .standing()
            .into_iter()
            .map(|c| self.piles.votes(c))
            .sum();
        let scale = super::Amount::scale(self.rules.decimals);
        self.threshold = self.rules.threshold.units(active, self.rules.seats, scale);
    }

    /// Who is elected in this round, in list order.
    fn newly_elected(&mut self) -> Result<Vec<usize>, TieUndecided> {
        let standing = self.standing();
        let mut able = standing.clone();
        able.retain(|c| !self.is_write_in(*c) && !self.is_elected(*c));
        if self.rules.method == Method::Plurality {
            return self.most_votes(able);
        }
        if self.write_in_with_votes().is_some() {
            return Ok(Vec::new());
        }
        if self.rules.down_to_percentage() {
            let all_above = self.winners.is_empty() && standing.iter().all(|c| self.reaches(*c));
            return Ok(if all_above { able } else { Vec::new() });
        }
        if self.seats_left() == 0 {
            return Ok(Vec::new());
        }
        let elected = if standing.len() <= self.seats_left() {
            able
        } else {
            self.by_threshold(&standing, able)?
        };
        let one_by_one = self.rules.one_winner_per_round && self.rules.method == Method::Stv;
        if elected.len() > self.seats_left() || (one_by_one && elected.len() > 1) {
            return Ok(vec![self.largest(&elected)?]);
        }
        Ok(elected)
    }

    fn by_threshold(
        &mut self,
        standing: &[usize],
        able: Vec<usize>,
    ) -> Result<Vec<usize>, TieUndecided> {
        if self.rules.method == Method::BottomsUp {
            return Ok(Vec::new());
        }
        let reached: Vec<usize> = able.iter().copied().filter(|c| self.reaches(*c)).collect();
        if !reached.is_empty() || self.rules.method != Method::Irv || standing.len() != 2 {
            return Ok(reached);
        }
        // The last two, neither at the threshold: equal votes, or a threshold of round 1.
        let tied = standing
            .iter()
            .all(|c| self.piles.votes(*c) == self.piles.votes(standing[0]));
        if tied || self.rules.threshold.first_round_rule {
            return Ok(vec![self.largest(&able)?]);
        }
        Ok(Vec::new())
    }

    fn reaches(&self, candidate: usize) -> bool {
        self.rules
            .threshold
            .reached_by(self.piles.votes(candidate), self.threshold)
    }

    /// As many as there are seats, those with the most votes first.
    fn most_votes(&mut self, mut able: Vec<usize>) -> Result<Vec<usize>, TieUndecided> {
        let mut elected = Vec::new();
        while elected.len() < self.seats_left() && !able.is_empty() {
            let next = self.largest(&able)?;
            able.retain(|c| *c != next);
            elected.push(next);
        }
        elected.sort_unstable();
        Ok(elected)
    }

    /// The one with the most votes, by lot or rule where several have them.
    fn largest(&mut self, among: &[usize]) -> Result<usize, TieUndecided> {
        let most = among.iter().map(|c| self.piles.votes(*c)).max();
        let first: Vec<usize> = among
            .iter()
            .copied()
            .filter(|c| Some(self.piles.votes(*c)) == most)
            .collect();
        self.one_of(&first, Side::Winner)
    }

    /// The only one of `tied`, or the one that a lot or the rule picks.
    pub(super) fn one_of(&mut self, tied: &[usize], side: Side) -> Result<usize, TieUndecided> {
        if let [only] = tied {
            return Ok(*only);
        }
        let round = self.round_number();
        let tie = self
            .tie_breaker
            .pick(tied, side, round, &self.rounds)
            .ok_or_else(|| {
                let ids = tied
                    .iter()
                    .map(|c| self.contest.candidates[*c].id.clone())
                    .collect();
                TieUndecided {
                    round,
                    tied: ids,
                    side,
                }
            })?;
        let picked = usize::from(tie.picked);
        self.ties.push(tie);
        Ok(picked)
    }

    /// Number of the round that is being counted.
    fn round_number(&self) -> u32 {
        u32::try_from(self.rounds.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    fn record(&mut self, elected: &[usize], eliminated: &[usize]) {
        let shown = |c: &usize| self.piles.continuing(*c) || self.is_elected(*c);
        let all = 0..self.contest.candidates.len();
        let counts = all
            .filter(shown)
            .map(|c| (position(c), self.piles.votes(c)))
            .collect();
        let threshold = (self.rules.method != Method::Plurality).then_some(self.threshold);
        self.rounds.push(Round {
            number: self.round_number(),
            counts,
            threshold,
            elected: elected.iter().map(|c| position(*c)).collect(),
            eliminated: eliminated.iter().map(|c| position(*c)).collect(),
            inactive: self.piles.inactive,
            shows_final_surplus: false,
        });
    }

    fn is_over(&self, elected: &[usize], eliminated: &[usize]) -> bool {
        let round = u32::try_from(self.rounds.len()).unwrap_or(u32::MAX);
        let nothing_done = elected.is_empty() && eliminated.is_empty();
        if self.rules.stop_after_round == Some(round) || nothing_done {
            return true;
        }
        let filled = self.seats_left() == 0;
        match self.rules.method {
            Method::Plurality => true,
            Method::Irv if self.rules.continue_until_two => {
                filled && eliminated.is_empty() && self.standing().len() <= 2
            }
            Method::Irv => filled,
            Method::BottomsUp => !elected.is_empty(),
            // Once the seats are filled, one more round shows the last surplus.
            Method::Stv => self.nobody_left(filled),
        }
    }

    /// STV with more seats than candidates: everybody is elected and there is nothing to show.
    fn nobody_left(&self, filled: bool) -> bool {
        !filled && self.standing().iter().all(|c| self.is_elected(*c))
    }

    fn finish(mut self) -> Tabulation {
        if let (Method::Stv, Some(last)) = (self.rules.method, self.rounds.last_mut()) {
            last.shows_final_surplus = true;
        }
        self.winners.sort_unstable();
        Tabulation {
            winners: self.winners.iter().map(|c| position(*c)).collect(),
            rounds: self.rounds,
            ties: self.ties,
            total_ballots: self.contest.ballots.total(),
            blank_ballots: self.contest.ballots.blank(),
            residual: self.piles.residual,
            decimals: self.rules.decimals,
        }
    }
}

/// A position in the list; contests have at most 2^15 candidates.
fn position(candidate: usize) -> u16 {
    u16::try_from(candidate).unwrap_or(u16::MAX)
}
