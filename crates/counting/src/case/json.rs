//! The result of a contest as JSON, in the form that `rcv-case/1` calls `expected`.
//!
//! Beside what that form has, `ties_broken_by` says for each tie what decided it, and an STV count
//! carries `residual_surplus`, the votes that truncation left over.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::ranked::{Contest, Inactive, Round, Side, Tabulation, Tie, TieMethod};

#[derive(serde::Serialize)]
struct Expected<'a> {
    winners: Vec<&'a str>,
    rounds: Vec<RoundJson<'a>>,
    total_ballots: u64,
    blank_ballots: u64,
    ties: Vec<TieJson<'a>>,
    ties_broken_by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    residual_surplus: Option<String>,
}

#[derive(serde::Serialize)]
struct RoundJson<'a> {
    counts: Counts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<String>,
    elected: Vec<&'a str>,
    eliminated: Vec<&'a str>,
    exhausted: String,
    inactive: InactiveJson,
}

#[derive(serde::Serialize)]
struct InactiveJson {
    exhausted_choices: String,
    overvotes: String,
    repeated_rankings: String,
    skipped_rankings: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    final_round_surplus: Option<String>,
}

#[derive(serde::Serialize)]
struct TieJson<'a> {
    round: u32,
    tied: Vec<&'a str>,
    picked: &'a str,
    #[serde(rename = "as")]
    side: &'static str,
}

/// Votes by candidate id, in the order of the list.
struct Counts<'a>(Vec<(&'a str, String)>);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (id, votes) in &self.0 {
            map.serialize_entry(id, votes)?;
        }
        map.end()
    }
}

/// The result as indented JSON, with a line end.
#[must_use]
pub fn json(contest: &Contest, tabulation: &Tabulation) -> String {
    let ids = |list: &[u16]| list.iter().map(|c| id(contest, *c)).collect();
    let last = tabulation
        .rounds
        .last()
        .filter(|round| round.shows_final_surplus);
    let expected = Expected {
        winners: ids(&tabulation.winners),
        rounds: tabulation
            .rounds
            .iter()
            .map(|r| round(contest, tabulation, r))
            .collect(),
        total_ballots: tabulation.total_ballots,
        blank_ballots: tabulation.blank_ballots,
        ties: tabulation.ties.iter().map(|t| tie(contest, t)).collect(),
        ties_broken_by: tabulation.ties.iter().map(|t| method(t.method)).collect(),
        residual_surplus: last.map(|_| tabulation.amount(tabulation.residual).to_string()),
    };
    let mut text = serde_json::to_string_pretty(&expected)
        .expect("strings and numbers are written to memory, with strings as keys");
    text.push('\n');
    text
}

fn id(contest: &Contest, candidate: u16) -> &str {
    &contest.candidate(candidate).id
}

fn round<'a>(contest: &'a Contest, tabulation: &Tabulation, round: &Round) -> RoundJson<'a> {
    let text = |units: u128| tabulation.amount(units).to_string();
    let ids = |list: &[u16]| list.iter().map(|c| id(contest, *c)).collect();
    let Inactive {
        exhausted_choices,
        overvotes,
        repeated_rankings,
        skipped_rankings,
        final_round_surplus,
    } = round.inactive;
    RoundJson {
        counts: Counts(
            round
                .counts
                .iter()
                .map(|(c, v)| (id(contest, *c), text(*v)))
                .collect(),
        ),
        threshold: round.threshold.map(text),
        elected: ids(&round.elected),
        eliminated: ids(&round.eliminated),
        exhausted: text(round.inactive.total()),
        inactive: InactiveJson {
            exhausted_choices: text(exhausted_choices),
            overvotes: text(overvotes),
            repeated_rankings: text(repeated_rankings),
            skipped_rankings: text(skipped_rankings),
            final_round_surplus: round.shows_final_surplus.then(|| text(final_round_surplus)),
        },
    }
}

fn tie<'a>(contest: &'a Contest, tie: &Tie) -> TieJson<'a> {
    TieJson {
        round: tie.round,
        tied: tie.tied.iter().map(|c| id(contest, *c)).collect(),
        picked: id(contest, tie.picked),
        side: side(tie.side),
    }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Winner => "winner",
        Side::Loser => "loser",
    }
}

/// What decided a tie, in words.
pub(super) fn method(method: TieMethod) -> String {
    match method {
        TieMethod::Lot => "a drawn lot".to_owned(),
        TieMethod::CandidateOrder => "the order of the candidates".to_owned(),
        TieMethod::Seed(seed) => format!("a draw from the published seed {seed}"),
        TieMethod::ShuffledOrder(seed) => {
            format!("the order of names shuffled from the published seed {seed}")
        }
        TieMethod::PreviousRound(round) => format!("the votes of round {round}"),
    }
}
