//! Turns the fields of a form into a choice, and a choice into hidden fields.
//!
//! A law's form has `vote` = `oui`, `non` or `blanc`; a single choice has `candidate`; a ranking has
//! `rank-1`, `rank-2`, … each a candidate's number or empty (an empty rank is passed over, so the
//! order counts and gaps do not). Elections carry `region` beside it.

use election::{Ballot, BallotKind, Choice, ChoiceError, Election, Method};

use crate::Form;

/// An answer to a law: the value of the form, and the message.
pub(super) struct Answer {
    pub(super) value: &'static str,
    pub(super) message: &'static str,
}

/// The answers of every law, the blank vote last.
pub(super) const ANSWERS: [Answer; 3] = [
    Answer {
        value: "oui",
        message: "answer-oui",
    },
    Answer {
        value: "non",
        message: "answer-non",
    },
    Answer {
        value: "blanc",
        message: "answer-blanc",
    },
];

/// Why a form holds no choice that the ballot allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// The form holds no choice: the voter marked nothing.
    #[error("no choice is marked, mark one")]
    Nothing,
    /// A value that the form does not offer.
    #[error("field {field} holds none of the form's values, use the form of this ballot")]
    Unreadable {
        /// Name of the field.
        field: &'static str,
    },
    /// The ballot does not allow the choice.
    #[error(transparent)]
    Refused(#[from] ChoiceError),
}

/// What the voter marked, checked against the ballot: the region (0 for a law) and the choice.
///
/// # Errors
/// The form holds no choice, cannot be read, or the ballot does not allow the choice.
pub fn marked(ballot: &Ballot, form: &Form) -> Result<(u16, Choice), MarkError> {
    let (region, choice) = match &ballot.kind {
        BallotKind::Law(_) => (0, law_answer(form)?),
        BallotKind::Election(election) => (region(form)?, preference(election, form)?),
    };
    ballot.check(region, &choice)?;
    Ok((region, choice))
}

/// The hidden fields that carry a choice to the next form.
pub(super) fn fields(choice: &Choice) -> Vec<(String, String)> {
    let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    match choice {
        Choice::Oui => one("vote", "oui"),
        Choice::Non => one("vote", "non"),
        Choice::Blanc => one("vote", "blanc"),
        Choice::Candidate(number) => one("candidate", &number.to_string()),
        Choice::Ranking(numbers) => numbers
            .iter()
            .enumerate()
            .map(|(at, number)| (format!("rank-{}", at + 1), number.to_string()))
            .collect(),
    }
}

fn law_answer(form: &Form) -> Result<Choice, MarkError> {
    match form.get("vote").unwrap_or_default() {
        "" => Err(MarkError::Nothing),
        "oui" => Ok(Choice::Oui),
        "non" => Ok(Choice::Non),
        "blanc" => Ok(Choice::Blanc),
        _ => Err(MarkError::Unreadable { field: "vote" }),
    }
}

fn region(form: &Form) -> Result<u16, MarkError> {
    form.get("region")
        .and_then(|value| value.parse().ok())
        .ok_or(MarkError::Unreadable { field: "region" })
}

fn preference(election: &Election, form: &Form) -> Result<Choice, MarkError> {
    match election.method {
        Method::SingleChoice => match form.get("candidate").unwrap_or_default() {
            "" => Err(MarkError::Nothing),
            value => number(value, "candidate").map(Choice::Candidate),
        },
        Method::RankedChoice => {
            let mut ranking = Vec::new();
            for rank in 1..=election.max_ranks {
                match form.get(&format!("rank-{rank}")).unwrap_or_default() {
                    "" => {}
                    value => ranking.push(number(value, "rank")?),
                }
            }
            if ranking.is_empty() {
                return Err(MarkError::Nothing);
            }
            Ok(Choice::Ranking(ranking))
        }
    }
}

fn number(value: &str, field: &'static str) -> Result<u32, MarkError> {
    value.parse().map_err(|_| MarkError::Unreadable { field })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::event;

    #[test]
    fn a_choice_survives_the_way_through_a_form() {
        let event = event();
        let cases = [
            ("L2025-001", 0, Choice::Oui),
            ("L2025-002", 0, Choice::Blanc),
            ("E2025-QC", 1, Choice::Candidate(1)),
        ];
        for (id, region, choice) in cases {
            check_survives(
                event.ballot(id).expect("an example ballot"),
                region,
                &choice,
            );
        }
        let ranked = event.ballot("E2025-RG").expect("an example ballot");
        let election = ranked.election().expect("an election");
        let mut numbers: Vec<u32> = election.candidates_of(1).map(|c| c.number).collect();
        numbers.reverse();
        numbers.truncate(election.max_ranks as usize);
        check_survives(ranked, 1, &Choice::Ranking(numbers));
    }

    fn check_survives(ballot: &Ballot, region: u16, choice: &Choice) {
        let mut body = format!("region={region}");
        for (name, value) in fields(choice) {
            body.push_str(&format!("&{name}={value}"));
        }
        let form = Form::parse(body.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(marked(ballot, &form), Ok((region, choice.clone())));
    }

    #[test]
    fn what_the_ballot_does_not_take_is_refused() {
        let event = event();
        let check = |id: &str, body: &str, expected: &dyn Fn(&MarkError) -> bool| {
            let form = Form::parse(body.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            let ballot = event.ballot(id).expect("an example ballot");
            let error = marked(ballot, &form).expect_err("refused");
            assert!(expected(&error), "{body}: {error}");
        };
        check("L2025-001", "", &|e| *e == MarkError::Nothing);
        check("L2025-001", "vote=peut-etre", &|e| {
            matches!(e, MarkError::Unreadable { .. })
        });
        check("L2025-001", "vote=blanc", &|e| {
            matches!(e, MarkError::Refused(_))
        });
        check("E2025-QC", "candidate=1", &|e| {
            matches!(e, MarkError::Unreadable { .. })
        });
        check("E2025-QC", "region=2&candidate=1", &|e| {
            matches!(e, MarkError::Refused(_))
        });
        check("E2025-RG", "region=1&rank-1=&rank-2=", &|e| {
            *e == MarkError::Nothing
        });
        check("E2025-RG", "region=1&rank-1=1&rank-3=1", &|e| {
            matches!(e, MarkError::Refused(_))
        });
    }
}
