//! The result of a contest as CSV: one row a round and candidate, for spreadsheets.

use std::fmt::Write as _;

use crate::ranked::{Contest, Round, Tabulation};

/// The result as CSV (RFC 4180, with plain line feeds). Columns: round, candidate_id, name, votes,
/// threshold, status. Votes that count for nobody stand in rows with an empty candidate_id, the
/// reason as the name.
#[must_use]
pub fn csv(contest: &Contest, tabulation: &Tabulation) -> String {
    let mut text = String::from("round,candidate_id,name,votes,threshold,status\n");
    for round in &tabulation.rounds {
        for (candidate, votes) in &round.counts {
            let listed = contest.candidate(*candidate);
            let (id, name) = (listed.id.as_str(), listed.name.as_str());
            let status = if round.elected.contains(candidate) {
                "elected"
            } else if round.eliminated.contains(candidate) {
                "eliminated"
            } else {
                ""
            };
            row(&mut text, tabulation, round, [id, name], *votes, status);
        }
        let inactive = &round.inactive;
        for (reason, votes) in [
            ("exhausted choices", inactive.exhausted_choices),
            ("overvotes", inactive.overvotes),
            ("repeated rankings", inactive.repeated_rankings),
            ("skipped rankings", inactive.skipped_rankings),
            ("final round surplus", inactive.final_round_surplus),
        ] {
            row(
                &mut text,
                tabulation,
                round,
                ["", reason],
                votes,
                "inactive",
            );
        }
    }
    text
}

fn row(
    text: &mut String,
    tabulation: &Tabulation,
    round: &Round,
    [id, name]: [&str; 2],
    votes: u128,
    status: &str,
) {
    let threshold = round
        .threshold
        .map_or(String::new(), |t| tabulation.amount(t).to_string());
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{},{},{},{},{threshold},{status}",
        round.number,
        field(id),
        field(name),
        tabulation.amount(votes),
    );
}

/// Quotes a field where it needs to be, and disarms what a spreadsheet would run as a formula.
fn field(value: &str) -> String {
    let armed = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let value = if armed {
        format!("'{value}")
    } else {
        value.to_owned()
    };
    if value.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", value.replace('"', "\"\""));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_and_formulas_disarmed() {
        assert_eq!(field("A. Candidat-01"), "A. Candidat-01");
        assert_eq!(field("Candidat, A. \"Z\""), "\"Candidat, A. \"\"Z\"\"\"");
        assert_eq!(field("=1+1"), "'=1+1");
    }
}
