//! The result of a contest as a table for people, one block a round.

use std::fmt::Write as _;

use super::json::method;
use crate::ranked::{Contest, Method, Round, Side, Tabulation};

/// Room for a candidate's name; longer ones push the numbers to the right.
const NAME_WIDTH: usize = 32;

/// The result as text. Shares are of the votes that still count in the round.
#[must_use]
pub fn table(name: &str, contest: &Contest, tabulation: &Tabulation) -> String {
    let mut text = String::new();
    head(&mut text, name, contest, tabulation);
    for round in &tabulation.rounds {
        self::round(&mut text, contest, tabulation, round);
    }
    for tie in &tabulation.ties {
        let tied: Vec<&str> = tie.tied.iter().map(|c| self::name(contest, *c)).collect();
        let end = match tie.side {
            Side::Winner => "wins",
            Side::Loser => "loses",
        };
        let (picked, by) = (self::name(contest, tie.picked), method(tie.method));
        line(
            &mut text,
            format!(
                "Tie in round {}: {}; {picked} {end}, by {by}",
                tie.round,
                tied.join(", ")
            ),
        );
    }
    let winners: Vec<&str> = tabulation
        .winners
        .iter()
        .map(|c| self::name(contest, *c))
        .collect();
    let winners = if winners.is_empty() {
        "nobody".to_owned()
    } else {
        winners.join(", ")
    };
    line(&mut text, format!("Elected: {winners}"));
    text
}

/// Writing to a String cannot fail.
pub(super) fn line(text: &mut String, line: impl std::fmt::Display) {
    let _ = writeln!(text, "{line}");
}

pub(super) fn name(contest: &Contest, candidate: u16) -> &str {
    &contest.candidate(candidate).name
}

/// The counting system, in words.
pub(super) fn system(contest: &Contest) -> &'static str {
    match contest.rules().method {
        Method::Irv => "instant runoff",
        Method::Stv => "single transferable vote",
        Method::BottomsUp => "bottoms-up",
        Method::Plurality => "plurality",
    }
}

fn head(text: &mut String, name: &str, contest: &Contest, tabulation: &Tabulation) {
    if !name.is_empty() {
        line(text, name);
    }
    let seats = match contest.rules().seats {
        0 => String::new(),
        1 => "1 seat, ".to_owned(),
        seats => format!("{seats} seats, "),
    };
    let Tabulation {
        total_ballots,
        blank_ballots,
        ..
    } = tabulation;
    line(
        text,
        format!(
            "{}, {seats}{total_ballots} {}, {blank_ballots} of them blank\n",
            system(contest),
            counted(u128::from(*total_ballots), "ballot", "ballots"),
        ),
    );
}

fn round(text: &mut String, contest: &Contest, tabulation: &Tabulation, round: &Round) {
    let threshold = round.threshold.map(|units| tabulation.amount(units));
    let threshold = threshold.map_or(String::new(), |units| format!(", threshold {units}"));
    let active: u128 = round.counts.iter().map(|(_, votes)| votes).sum();
    let amount = tabulation.amount(active);
    line(
        text,
        format!(
            "Round {}{threshold}, % of {amount} counting {}",
            round.number,
            if amount.to_string() == "1" {
                "vote"
            } else {
                "votes"
            },
        ),
    );
    for (candidate, votes) in &round.counts {
        let row = format!(
            "  {:NAME_WIDTH$} {:>14} {:>9} {}",
            name(contest, *candidate),
            tabulation.amount(*votes),
            share(*votes, active),
            status(tabulation, round, *candidate),
        );
        line(text, row.trim_end());
    }
    inactive(text, tabulation, round);
    text.push('\n');
}

fn status(tabulation: &Tabulation, round: &Round, candidate: u16) -> &'static str {
    let before =
        |earlier: &Round| earlier.number < round.number && earlier.elected.contains(&candidate);
    if round.elected.contains(&candidate) {
        "elected"
    } else if round.eliminated.contains(&candidate) {
        "eliminated"
    } else if tabulation.rounds.iter().any(before) {
        "elected before"
    } else {
        ""
    }
}

/// Votes that count for nobody, by reason, as far as there are any.
fn inactive(text: &mut String, tabulation: &Tabulation, round: &Round) {
    let row = |text: &mut String, label: &str, units: u128| {
        if units > 0 {
            line(
                text,
                format!("  {label:NAME_WIDTH$} {:>14}", tabulation.amount(units)),
            );
        }
    };
    row(
        text,
        "(exhausted choices)",
        round.inactive.exhausted_choices,
    );
    row(text, "(stopped at an overvote)", round.inactive.overvotes);
    row(
        text,
        "(stopped at a repeated ranking)",
        round.inactive.repeated_rankings,
    );
    row(
        text,
        "(stopped after skipped ranks)",
        round.inactive.skipped_rankings,
    );
    row(text, "(final surplus)", round.inactive.final_round_surplus);
    if round.shows_final_surplus {
        row(text, "(left by truncation)", tabulation.residual);
    }
}

/// The word for so many of a thing: one is no plural.
pub(super) fn counted<'a>(number: u128, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

/// A share in percent with two decimals, rounded half up on integers; empty of nothing.
pub(super) fn share(part: u128, whole: u128) -> String {
    if whole == 0 {
        return String::new();
    }
    // A contest has at most 10^12 ballots of 10^12 units: far from what 128 bits hold.
    let hundredths = (part * 20_000 + whole) / (2 * whole);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_rounded_half_up() {
        assert_eq!(share(1, 3), "33.33 %");
        assert_eq!(share(2, 3), "66.67 %");
        assert_eq!(share(1, 8), "12.50 %");
        assert_eq!(share(1, 20_000), "0.01 %");
        assert_eq!(share(5, 5), "100.00 %");
        assert_eq!(share(0, 0), "");
    }
}
