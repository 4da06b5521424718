//! Where every group of ballots lies: the piles, their values and what has stopped counting.

use super::amount::Amount;
use super::ballots::{Ballots, End, Step};
use super::tabulation::Inactive;

/// The ballots of a contest, dealt to candidates. Amounts are units of 10^-decimals.
pub(crate) struct Piles<'a> {
    ballots: &'a Ballots,
    scale: u128,
    /// Per candidate: takes part and can receive ballots.
    continuing: Vec<bool>,
    /// Per candidate: the groups that count for it.
    piles: Vec<Vec<u32>>,
    /// Per candidate: votes, of those elected earlier what they keep.
    votes: Vec<u128>,
    /// Per group: how far along its path it is.
    at: Vec<u16>,
    /// Per group: value of one ballot; empty while every ballot is worth one vote.
    values: Vec<u128>,
    inactive: Inactive,
    /// What truncation left over of the surpluses passed on.
    residual: u128,
}

impl<'a> Piles<'a> {
    /// Deals every ballot to its first choice.
    pub(crate) fn deal(ballots: &'a Ballots, continuing: Vec<bool>, decimals: u8) -> Piles<'a> {
        let candidates = continuing.len();
        let mut piles = Piles {
            ballots,
            scale: Amount::scale(decimals),
            continuing,
            piles: vec![Vec::new(); candidates],
            votes: vec![0; candidates],
            at: vec![0; ballots.len()],
            values: Vec::new(),
            inactive: Inactive::default(),
            residual: 0,
        };
        let groups = u32::try_from(ballots.len()).expect("Ballots numbers its groups with u32");
        for group in 0..groups {
            piles.place(group);
        }
        piles
    }

    pub(crate) fn continuing(&self, candidate: usize) -> bool {
        self.continuing[candidate]
    }

    pub(crate) fn votes(&self, candidate: usize) -> u128 {
        self.votes[candidate]
    }

    /// Votes that count for nobody, by reason.
    pub(crate) fn inactive(&self) -> Inactive {
        self.inactive
    }

    /// What truncation left over of the surpluses passed on.
    pub(crate) fn residual(&self) -> u128 {
        self.residual
    }

    /// Stops the program where votes were lost or made: what the candidates hold, what counts for
    /// nobody and what truncation left over must be all ballots but the blank ones.
    pub(crate) fn assert_balanced(&self) {
        let held: u128 = self.votes.iter().sum();
        let accounted = held + self.inactive.total() + self.residual;
        let marked = self.ballots.total() - self.ballots.blank();
        let cast = u128::from(marked) * self.scale;
        assert!(
            accounted == cast,
            "the votes of a round do not add up: {accounted} units are accounted for, {cast} were cast"
        );
    }

    /// Passes the ballots of all `losers` on; they continue no more.
    pub(crate) fn eliminate(&mut self, losers: &[usize]) {
        for loser in losers {
            self.continuing[*loser] = false;
        }
        for loser in losers {
            self.votes[*loser] = 0;
            for group in std::mem::take(&mut self.piles[*loser]) {
                self.place(group);
            }
        }
    }

    /// Takes `winners` out, each with `quota`, and passes what they have beyond it on: of every
    /// ballot the truncated fraction (votes - quota) / votes of its value. With `last`, nobody
    /// receives it and it is shown as the final surplus.
    pub(crate) fn elect(&mut self, winners: &[usize], quota: u128, last: bool) {
        if self.values.is_empty() {
            self.values = vec![self.scale; self.ballots.len()];
        }
        for winner in winners {
            self.continuing[*winner] = false;
        }
        for winner in winners {
            let votes = self.votes[*winner];
            // Below the quota (elected because as many remain as there are seats) there is no surplus.
            let surplus = votes.saturating_sub(quota);
            let fraction = match votes {
                0 => 0,
                votes => surplus * self.scale / votes,
            };
            assert!(
                fraction <= self.scale,
                "a ballot passes on more than its value"
            );
            let mut kept = 0;
            for group in std::mem::take(&mut self.piles[*winner]) {
                let value = self.values[group as usize];
                let passed = value * fraction / self.scale;
                let count = u128::from(self.ballots.count(group as usize));
                self.values[group as usize] = passed;
                kept += (value - passed) * count;
                if last {
                    self.inactive.final_round_surplus += passed * count;
                } else {
                    self.place(group);
                }
            }
            self.votes[*winner] = kept.min(quota);
            self.residual += kept.saturating_sub(quota);
        }
    }

    /// Adds a group to the pile of its next continuing choice, or to the inactive ballots.
    fn place(&mut self, group: u32) {
        let at = group as usize;
        let value = if self.values.is_empty() {
            self.scale
        } else {
            self.values[at]
        };
        let amount = value * u128::from(self.ballots.count(at));
        match self.advance(at) {
            Ok(candidate) => {
                self.votes[candidate] += amount;
                self.piles[candidate].push(group);
            }
            Err(End::ExhaustedChoices) => self.inactive.exhausted_choices += amount,
            Err(End::Overvotes) => self.inactive.overvotes += amount,
            Err(End::RepeatedRankings) => self.inactive.repeated_rankings += amount,
            Err(End::SkippedRankings) => self.inactive.skipped_rankings += amount,
        }
    }

    fn advance(&mut self, group: usize) -> Result<usize, End> {
        while let Some(step) = self.ballots.step(group, self.at[group]) {
            let candidates = match &step {
                Step::Candidate(one) => std::slice::from_ref(one),
                Step::AnyOf(several) => several,
            };
            let mut continuing = candidates
                .iter()
                .map(|c| usize::from(*c))
                .filter(|c| self.continuing[*c]);
            match (continuing.next(), continuing.next()) {
                (Some(one), None) => return Ok(one),
                (Some(_), Some(_)) => return Err(End::Overvotes),
                (None, _) => self.at[group] += 1,
            }
        }
        Err(self.ballots.end(group))
    }
}
