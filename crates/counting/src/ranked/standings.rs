//! Where a count stands: who continues, who is elected, what each candidate holds, and the rounds
//! and ties so far. It keeps the books; [`super::count`] decides what happens next.

use super::amount::Amount;
use super::ballots::Ballots;
use super::candidate::{Candidate, position};
use super::piles::Piles;
use super::rules::{Method, Rules};
use super::tabulation::{Round, Tabulation};
use super::tie::{Lot, Side, Tie, TieUndecided};
use super::tie_breaker::TieBreaker;

/// Candidates are named by their index in the list of the contest.
pub(crate) struct Standings<'a> {
    pub(crate) rules: &'a Rules,
    candidates: &'a [Candidate],
    ballots: &'a Ballots,
    piles: Piles<'a>,
    /// Elected so far, in the order of their election.
    winners: Vec<usize>,
    /// Units that elect in this round.
    threshold: u128,
    rounds: Vec<Round>,
    ties: Vec<Tie>,
    tie_breaker: TieBreaker<'a>,
}

impl<'a> Standings<'a> {
    /// Every ballot lies with its first choice; no round is recorded.
    pub(crate) fn new(
        candidates: &'a [Candidate],
        rules: &'a Rules,
        ballots: &'a Ballots,
        lots: &'a [Lot],
    ) -> Standings<'a> {
        let continuing = candidates.iter().map(|c| !c.excluded).collect();
        Standings {
            rules,
            candidates,
            ballots,
            piles: Piles::deal(ballots, continuing, rules.decimals),
            winners: Vec::new(),
            threshold: 0,
            rounds: Vec::new(),
            ties: Vec::new(),
            tie_breaker: TieBreaker::new(candidates, rules.tie_break, lots),
        }
    }

    /// Candidates who take part in this round and can receive votes, in list order. In instant
    /// runoff a winner stays among them.
    pub(crate) fn standing(&self) -> Vec<usize> {
        (0..self.candidates.len())
            .filter(|c| self.piles.continuing(*c))
            .collect()
    }

    pub(crate) fn is_elected(&self, candidate: usize) -> bool {
        self.winners.contains(&candidate)
    }

    pub(crate) fn nobody_is_elected(&self) -> bool {
        self.winners.is_empty()
    }

    pub(crate) fn is_write_in(&self, candidate: usize) -> bool {
        self.candidates[candidate].undeclared_write_in
    }

    pub(crate) fn votes(&self, candidate: usize) -> u128 {
        self.piles.votes(candidate)
    }

    /// Whether the candidate's votes elect, by the threshold of this round.
    pub(crate) fn reaches_threshold(&self, candidate: usize) -> bool {
        let threshold = &self.rules.threshold;
        threshold.reached_by(self.votes(candidate), self.threshold)
    }

    /// Seats without a winner; 0 in a count down to a percentage, which may elect anybody.
    pub(crate) fn seats_left(&self) -> usize {
        self.seats().saturating_sub(self.winners.len())
    }

    fn seats(&self) -> usize {
        usize::try_from(self.rules.seats).expect("usize has 32 bits or more")
    }

    /// The pool of undeclared write-ins, where it holds votes in this round.
    pub(crate) fn write_in_with_votes(&self) -> Option<usize> {
        self.standing()
            .into_iter()
            .find(|c| self.is_write_in(*c) && self.votes(*c) > 0)
    }

    /// Number of the round that is being counted, from 1.
    fn round_number(&self) -> u32 {
        // A round that does not end the count elects or eliminates a candidate for good.
        u32::try_from(self.rounds.len() + 1).expect("a count has fewer rounds than u32 counts")
    }

    /// Rounds recorded so far.
    pub(crate) fn rounds(&self) -> u32 {
        self.round_number() - 1
    }

    /// Computes what elects in this round, unless it was fixed in an earlier one.
    pub(crate) fn set_threshold(&mut self) {
        let fixed = self.rules.threshold.fixed_in_round_1
            || self.rules.method == Method::Stv
            || !self.winners.is_empty();
        if fixed && !self.rounds.is_empty() {
            return;
        }
        let active = self.standing().into_iter().map(|c| self.votes(c)).sum();
        let scale = Amount::scale(self.rules.decimals);
        self.threshold = self.rules.threshold.units(active, self.rules.seats, scale);
    }

    /// The only one of `tied`, or the one that a lot or the rule picks.
    pub(crate) fn one_of(&mut self, tied: &[usize], side: Side) -> Result<usize, TieUndecided> {
        if let [only] = tied {
            return Ok(*only);
        }
        let round = self.round_number();
        let decided = self.tie_breaker.pick(tied, side, round, &self.rounds);
        let tie = decided.ok_or_else(|| TieUndecided {
            round,
            tied: tied
                .iter()
                .map(|c| self.candidates[*c].id.clone())
                .collect(),
            side,
        })?;
        let picked = usize::from(tie.picked);
        self.ties.push(tie);
        Ok(picked)
    }

    /// Writes the round down and adds `elected` to the winners.
    ///
    /// Stops the program where the books do not balance: a count that lost or made a vote must
    /// not end in a result.
    pub(crate) fn record(&mut self, elected: &[usize], eliminated: &[usize]) {
        self.piles.assert_balanced();
        let shown = |c: &usize| self.piles.continuing(*c) || self.is_elected(*c);
        let counts = (0..self.candidates.len())
            .filter(shown)
            .map(|c| (position(c), self.votes(c)))
            .collect();
        let threshold = (self.rules.method != Method::Plurality).then_some(self.threshold);
        self.rounds.push(Round {
            number: self.round_number(),
            counts,
            threshold,
            elected: elected.iter().map(|c| position(*c)).collect(),
            eliminated: eliminated.iter().map(|c| position(*c)).collect(),
            inactive: self.piles.inactive(),
            shows_final_surplus: false,
        });
        self.winners.extend_from_slice(elected);
        assert!(
            self.rules.down_to_percentage() || self.winners.len() <= self.seats(),
            "{} are elected for {} seats",
            self.winners.len(),
            self.rules.seats
        );
    }

    /// Passes the surplus of `winners` on, or, with `last`, shows it as nobody's.
    pub(crate) fn pass_surplus(&mut self, winners: &[usize], last: bool) {
        self.piles.elect(winners, self.threshold, last);
    }

    /// Passes the ballots of `losers` on.
    pub(crate) fn eliminate(&mut self, losers: &[usize]) {
        self.piles.eliminate(losers);
    }

    /// The result, once the last round is recorded.
    pub(crate) fn finish(mut self) -> Tabulation {
        if let (Method::Stv, Some(last)) = (self.rules.method, self.rounds.last_mut()) {
            last.shows_final_surplus = true;
        }
        self.winners.sort_unstable();
        Tabulation {
            winners: self.winners.iter().map(|c| position(*c)).collect(),
            rounds: self.rounds,
            ties: self.ties,
            total_ballots: self.ballots.total(),
            blank_ballots: self.ballots.blank(),
            residual: self.piles.residual(),
            decimals: self.rules.decimals,
        }
    }
}
