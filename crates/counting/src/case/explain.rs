//! The result of a contest in words: round by round, what happened and why.

use super::json::method;
use super::table::{counted, line, name, system};
use crate::ranked::{Contest, Method, Round, Rules, Side, Tabulation, ThresholdKind, Tie};

/// The count told in sentences.
#[must_use]
pub fn explain(contest: &Contest, tabulation: &Tabulation) -> String {
    let mut text = String::new();
    let valid = tabulation.total_ballots - tabulation.blank_ballots;
    line(
        &mut text,
        format!(
            "{} {}, counted by {}: {} blank, {valid} with a mark.",
            tabulation.total_ballots,
            counted(tabulation.total_ballots.into(), "ballot", "ballots"),
            system(contest),
            tabulation.blank_ballots,
        ),
    );
    for round in &tabulation.rounds {
        line(&mut text, "");
        let story = Story {
            contest,
            tabulation,
            round,
        };
        story.votes(&mut text);
        story.elected(&mut text);
        story.eliminated(&mut text);
        story.end(&mut text);
    }
    text
}

struct Story<'a> {
    contest: &'a Contest,
    tabulation: &'a Tabulation,
    round: &'a Round,
}

impl Story<'_> {
    fn rules(&self) -> &Rules {
        self.contest.rules()
    }

    fn names(&self, list: &[u16]) -> String {
        let names: Vec<&str> = list.iter().map(|c| name(self.contest, *c)).collect();
        match names.as_slice() {
            [] => "nobody".to_owned(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    fn amount(&self, units: u128) -> String {
        self.tabulation.amount(units).to_string()
    }

    /// An amount with its noun: `1 vote`, `0.5 votes`.
    fn so_many_votes(&self, units: u128) -> String {
        let amount = self.amount(units);
        let votes = if amount == "1" { "vote" } else { "votes" };
        format!("{amount} {votes}")
    }

    fn votes_of(&self, candidate: u16) -> u128 {
        let found = self.round.counts.iter().find(|(c, _)| *c == candidate);
        let (_, votes) = found.expect("a round counts everybody whom it elects or eliminates");
        *votes
    }

    fn votes(&self, text: &mut String) {
        let active: u128 = self.round.counts.iter().map(|(_, votes)| votes).sum();
        let threshold = self.round.threshold.map(|units| {
            let formula = match self.rules().threshold.kind {
                ThresholdKind::Droop if self.rules().seats <= 1 => "a majority",
                ThresholdKind::Droop => "the Droop quota",
                ThresholdKind::Hare => "the Hare quota",
                ThresholdKind::Percent(_) => "the percentage that must be exceeded",
            };
            format!(" The threshold is {}, {formula}.", self.amount(units))
        });
        line(
            text,
            format!(
                "Round {}: {} for {} {}, {} for nobody any more.{}",
                self.round.number,
                self.so_many_votes(active),
                self.round.counts.len(),
                counted(self.round.counts.len() as u128, "candidate", "candidates"),
                self.amount(self.round.inactive.total()),
                threshold.unwrap_or_default(),
            ),
        );
    }

    fn elected(&self, text: &mut String) {
        for candidate in &self.round.elected {
            let votes = self.votes_of(*candidate);
            let why = self.why_elected(*candidate, votes);
            let who = name(self.contest, *candidate);
            line(
                text,
                format!(
                    "  {who} is elected with {}: {why}.",
                    self.so_many_votes(votes)
                ),
            );
        }
    }

    fn why_elected(&self, candidate: u16, votes: u128) -> String {
        if let Some(tie) = self.tie(candidate, Side::Winner) {
            return format!(
                "tied with {}, and picked by {}",
                self.others(tie),
                method(tie.method)
            );
        }
        let Some(threshold) = self.round.threshold else {
            return "nobody outside the seats has more".to_owned();
        };
        if self.rules().threshold.reached_by(votes, threshold)
            && self.rules().method != Method::BottomsUp
        {
            "that reaches the threshold".to_owned()
        } else if matches!(self.rules().threshold.kind, ThresholdKind::Percent(_)) {
            "everybody who remains is above the percentage".to_owned()
        } else if self.rules().method == Method::Irv && self.rules().threshold.first_round_rule {
            "the leader of the last two wins, even below the threshold of round 1".to_owned()
        } else {
            "as many candidates remain as there are seats".to_owned()
        }
    }

    fn eliminated(&self, text: &mut String) {
        let Some(first) = self.round.eliminated.first() else {
            return;
        };
        let names = self.names(&self.round.eliminated);
        let write_in = |c: &u16| self.contest.candidates()[usize::from(*c)].undeclared_write_in;
        let together: u128 = self
            .round
            .eliminated
            .iter()
            .map(|c| self.votes_of(*c))
            .sum();
        let together = self.amount(together);
        let why = if self.round.eliminated.len() > 1 {
            format!(
                "together they hold {together}, fewer than the next candidate, so none can catch up"
            )
        } else if write_in(first) && self.votes_of(*first) > 0 {
            format!(
                "undeclared write-ins cannot be elected, the {together} that they hold pass on first"
            )
        } else if let Some(tie) = self.tie(*first, Side::Loser) {
            let (others, by) = (self.others(tie), method(tie.method));
            format!("tied for the fewest votes, {together}, with {others}, and picked by {by}")
        } else {
            format!("the fewest votes, {together}")
        };
        line(text, format!("  Eliminated: {names} ({why})."));
    }

    /// Says how the last round differs from the others.
    fn end(&self, text: &mut String) {
        if self.round.shows_final_surplus {
            line(
                text,
                format!(
                    "  The last surplus, {}, passes on to nobody; truncation left {}.",
                    self.amount(self.round.inactive.final_round_surplus),
                    self.amount(self.tabulation.residual),
                ),
            );
        }
        let last = self
            .tabulation
            .rounds
            .last()
            .is_some_and(|r| r.number == self.round.number);
        if last {
            line(
                text,
                format!(
                    "  Elected in all: {}.",
                    self.names(&self.tabulation.winners)
                ),
            );
        }
    }

    fn tie(&self, picked: u16, side: Side) -> Option<&Tie> {
        let this =
            |tie: &&Tie| tie.round == self.round.number && tie.picked == picked && tie.side == side;
        self.tabulation.ties.iter().find(this)
    }

    fn others(&self, tie: &Tie) -> String {
        let others: Vec<u16> = tie
            .tied
            .iter()
            .copied()
            .filter(|c| *c != tie.picked)
            .collect();
        self.names(&others)
    }
}
