//! From a form to a vote: every field checked, all faults named at once.

use credentials::{BallotId, Code, Nas};
use election::{Choice, Method};

use super::form::{ELECTION_FIELDS, Field, Form, LAW_FIELDS, Value};
use super::refusal::Refusal;
use super::rule::Rule;

/// Who votes, as the voter says. Wiped on drop, shown by nothing.
pub(crate) struct Credential {
    pub(crate) nas: Nas,
    pub(crate) code: Code,
}

/// `POST /api/v1/vote`: a vote on a law.
pub(crate) struct LawVote<'a> {
    pub(crate) credential: Credential,
    pub(crate) law_id: &'a str,
    pub(crate) choice: Choice,
}

/// `POST /api/v1/elections/vote`: a vote in an election.
pub(crate) struct ElectionVote {
    pub(crate) credential: Credential,
    pub(crate) election: u32,
    pub(crate) region: u32,
    pub(crate) method: Method,
    pub(crate) choice: Choice,
    /// Whether candidate_id, where a ranking has it too, is another than its first choice.
    pub(crate) contradicts: bool,
}

impl<'a> LawVote<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<LawVote<'a>, Refusal> {
        let mut form = Form::read(body, LAW_FIELDS).map_err(Refusal::Malformed)?;
        let credential = credential(&mut form);
        let law_id = text(&mut form, Field::LawId, Rule::BallotId, |id| {
            BallotId::check(id).ok().map(|()| id)
        });
        let choice = text(&mut form, Field::Vote, Rule::LawVote, |vote| match vote {
            "oui" => Some(Choice::Oui),
            "non" => Some(Choice::Non),
            "blanc" => Some(Choice::Blanc),
            _ => None,
        });
        match (credential, law_id, choice) {
            (Some(credential), Some(law_id), Some(choice)) if form.faults.is_empty() => {
                Ok(LawVote {
                    credential,
                    law_id,
                    choice,
                })
            }
            _ => Err(at_fault(form)),
        }
    }
}

impl ElectionVote {
    pub(crate) fn read(body: &[u8]) -> Result<ElectionVote, Refusal> {
        let mut form = Form::read(body, ELECTION_FIELDS).map_err(Refusal::Malformed)?;
        let credential = credential(&mut form);
        let election = required(&mut form, Field::ElectionId);
        let region = required(&mut form, Field::RegionId);
        let method = text(
            &mut form,
            Field::VotingMethod,
            Rule::VotingMethod,
            |method| match method {
                "single_choice" => Some(Method::SingleChoice),
                "ranked_choice" => Some(Method::RankedChoice),
                _ => None,
            },
        );
        let choice = choice(&mut form, method);
        match (credential, election, region, method, choice) {
            (
                Some(credential),
                Some(election),
                Some(region),
                Some(method),
                Some((choice, contradicts)),
            ) if form.faults.is_empty() => Ok(ElectionVote {
                credential,
                election,
                region,
                method,
                choice,
                contradicts,
            }),
            _ => Err(at_fault(form)),
        }
    }
}

/// The refusal of a form in which a field is missing or at fault.
fn at_fault(form: Form<'_>) -> Refusal {
    let faults = form.faults;
    assert!(!faults.is_empty(), "whatever cannot be read notes a fault");
    Refusal::InvalidFields(faults)
}

fn credential(form: &mut Form<'_>) -> Option<Credential> {
    let nas = text(form, Field::Nas, Rule::Nas, |nas| {
        Nas::parse(nas.as_bytes()).ok()
    });
    let code = text(form, Field::Code, Rule::Code, |code| {
        Code::parse(code.as_bytes()).ok()
    });
    Some(Credential {
        nas: nas?,
        code: code?,
    })
}

/// The choice of an election ballot, and whether candidate_id contradicts its ranking. Where the
/// method itself is at fault, the fields are only checked for their types.
fn choice(form: &mut Form<'_>, method: Option<Method>) -> Option<(Choice, bool)> {
    let candidate = optional(form, Field::CandidateId);
    let ranking = ranking(form);
    match method? {
        Method::SingleChoice => {
            if matches!(&ranking, Given::Value(ranks) if !ranks.is_empty()) {
                form.note(Field::RankedChoices.as_str(), Rule::NotRanked);
            }
            candidate
                .or_missing(form, Field::CandidateId)
                .map(|candidate| (Choice::Candidate(candidate), false))
        }
        Method::RankedChoice => {
            let ranking = ranking.or_missing(form, Field::RankedChoices)?;
            let Some(first) = ranking.first() else {
                form.note(Field::RankedChoices.as_str(), Rule::NoRank);
                return None;
            };
            let contradicts = matches!(candidate, Given::Value(named) if named != *first);
            Some((Choice::Ranking(ranking), contradicts))
        }
    }
}

/// What a field holds that may be left out. The fault of one that is at fault is noted already.
enum Given<T> {
    Absent,
    AtFault,
    Value(T),
}

impl<T> Given<T> {
    fn or_missing(self, form: &mut Form<'_>, name: Field) -> Option<T> {
        match self {
            Given::Value(value) => Some(value),
            Given::AtFault => None,
            Given::Absent => {
                form.note(name.as_str(), Rule::Missing);
                None
            }
        }
    }
}

fn text<'a, T>(
    form: &mut Form<'a>,
    name: Field,
    rule: Rule,
    read: impl FnOnce(&'a str) -> Option<T>,
) -> Option<T> {
    let fault = match form.take(name) {
        Value::Text(text) => match read(text) {
            Some(value) => return Some(value),
            None => rule,
        },
        Value::Absent => Rule::Missing,
        _ => Rule::Text,
    };
    form.note(name.as_str(), fault);
    None
}

fn required(form: &mut Form<'_>, name: Field) -> Option<u32> {
    optional(form, name).or_missing(form, name)
}

fn optional(form: &mut Form<'_>, name: Field) -> Given<u32> {
    match form.take(name) {
        Value::Absent => return Given::Absent,
        Value::Integer(number) if number >= 1 => {
            if let Ok(number) = u32::try_from(number) {
                return Given::Value(number);
            }
        }
        _ => {}
    }
    form.note(name.as_str(), Rule::Integer);
    Given::AtFault
}

fn ranking(form: &mut Form<'_>) -> Given<Vec<u32>> {
    let rule = match form.take(Field::RankedChoices) {
        Value::Absent => return Given::Absent,
        Value::Integers(ranks) => return Given::Value(ranks),
        Value::TooMany => Rule::TooManyRanks,
        _ => Rule::Integers,
    };
    form.note(Field::RankedChoices.as_str(), rule);
    Given::AtFault
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(refusal: Refusal) -> Vec<String> {
        match refusal {
            Refusal::InvalidFields(faults) => faults
                .iter()
                .map(|fault| format!("{}: {:?}", fault.field, fault.rule))
                .collect(),
            other => vec![format!("{other:?}")],
        }
    }

    fn check_law(body: &str, expected: &[&str]) {
        let got = LawVote::read(body.as_bytes())
            .err()
            .map(named)
            .unwrap_or_default();
        assert_eq!(got, expected, "{body}");
    }

    fn check_election(rest: &str, expected: &[&str]) {
        let body = format!("{{\"nas\":\"000000000\",\"code\":\"AAAAAA\",{rest}}}");
        let got = ElectionVote::read(body.as_bytes())
            .err()
            .map(named)
            .unwrap_or_default();
        assert_eq!(got, expected, "{rest}");
    }

    #[test]
    fn law_votes_name_every_fault_at_once() {
        check_law(
            r#"{"nas":"000-000 000","code":"aaa-aaa","law_id":"L1","vote":"blanc"}"#,
            &[],
        );
        check_law(
            "{}",
            &[
                "nas: Missing",
                "code: Missing",
                "law_id: Missing",
                "vote: Missing",
            ],
        );
        check_law(
            r#"{"nas":"12","code":"?","law_id":"../x","vote":"maybe","x":1}"#,
            &[
                "x: Unknown",
                "nas: Nas",
                "code: Code",
                "law_id: BallotId",
                "vote: LawVote",
            ],
        );
        check_law(
            r#"{"nas":1,"code":[],"law_id":{},"vote":null}"#,
            &["nas: Text", "code: Text", "law_id: Text", "vote: Missing"],
        );
    }

    #[test]
    fn single_choices() {
        let e = r#""election_id":1,"region_id":1,"voting_method":"single_choice""#;
        check_election(&format!(r#"{e},"candidate_id":1"#), &[]);
        check_election(&format!(r#"{e},"candidate_id":1,"ranked_choices":[]"#), &[]);
        check_election(e, &["candidate_id: Missing"]);
        check_election(
            &format!(r#"{e},"candidate_id":0"#),
            &["candidate_id: Integer"],
        );
        check_election(
            &format!(r#"{e},"candidate_id":1,"ranked_choices":[1]"#),
            &["ranked_choices: NotRanked"],
        );
    }

    #[test]
    fn rankings() {
        let e = r#""election_id":1,"region_id":1,"voting_method":"ranked_choice""#;
        check_election(&format!(r#"{e},"ranked_choices":[3,1]"#), &[]);
        check_election(
            &format!(r#"{e},"candidate_id":3,"ranked_choices":[3,1]"#),
            &[],
        );
        check_election(
            &format!(r#"{e},"candidate_id":null,"ranked_choices":[3]"#),
            &[],
        );
        check_election(
            &format!(r#"{e},"candidate_id":1,"ranked_choices":[3,1]"#),
            &[],
        );
        check_election(e, &["ranked_choices: Missing"]);
        check_election(
            &format!(r#"{e},"ranked_choices":[]"#),
            &["ranked_choices: NoRank"],
        );
        check_election(
            &format!(r#"{e},"ranked_choices":[1,"2"]"#),
            &["ranked_choices: Integers"],
        );
    }

    #[test]
    fn elections_name_every_fault_at_once() {
        check_election(
            r#""election_id":"1","region_id":-1,"voting_method":"best","candidate_id":"x""#,
            &[
                "election_id: Integer",
                "region_id: Integer",
                "voting_method: VotingMethod",
                "candidate_id: Integer",
            ],
        );
    }
}
