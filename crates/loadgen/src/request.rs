//! Bodies for the two calls by which votes are cast: correct ones and malformed ones.

use election::Choice;
use serde::Serialize;

use crate::offer::{Ballot, Kind};

/// Path and JSON body of one POST.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) path: &'static str,
    pub(crate) body: Vec<u8>,
}

const LAW_PATH: &str = "/api/v1/vote";
const ELECTION_PATH: &str = "/api/v1/elections/vote";

/// The credential of a request: of a voter on the roll, or invented.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    pub(crate) nas: &'a [u8],
    pub(crate) code: &'a [u8],
    pub(crate) region: u16,
}

#[derive(Serialize)]
struct LawVote<'a> {
    nas: &'a str,
    code: &'a str,
    law_id: &'a str,
    vote: &'a str,
}

#[derive(Serialize)]
struct ElectionVote<'a> {
    nas: &'a str,
    code: &'a str,
    election_id: u32,
    region_id: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_id: Option<u32>,
    voting_method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranked_choices: Option<&'a [u32]>,
}

/// The vote of `who` for `choice` on `ballot`; the choice must be of the ballot's kind.
pub(crate) fn vote(ballot: &Ballot, who: Credential<'_>, choice: &Choice) -> Call {
    let nas = std::str::from_utf8(who.nas).expect("a NAS is digits");
    let code = std::str::from_utf8(who.code).expect("a code is letters and digits");
    match &ballot.kind {
        Kind::Law { .. } => Call {
            path: LAW_PATH,
            body: json(&LawVote {
                nas,
                code,
                law_id: &ballot.id,
                vote: &text(choice),
            }),
        },
        Kind::Election { number, .. } => {
            let (candidate_id, ranked_choices, voting_method) = match choice {
                Choice::Ranking(ranks) => (None, Some(ranks.as_slice()), "ranked_choice"),
                Choice::Candidate(candidate) => (Some(*candidate), None, "single_choice"),
                Choice::Oui | Choice::Non | Choice::Blanc => (None, None, "single_choice"),
            };
            let vote = ElectionVote {
                nas,
                code,
                election_id: *number,
                region_id: who.region,
                candidate_id,
                voting_method,
                ranked_choices,
            };
            Call {
                path: ELECTION_PATH,
                body: json(&vote),
            }
        }
    }
}

/// A choice as truth files and the law call write it: `oui`, `candidate:7`, `ranking:3>1>2`.
pub(crate) fn text(choice: &Choice) -> String {
    match choice {
        Choice::Oui => "oui".into(),
        Choice::Non => "non".into(),
        Choice::Blanc => "blanc".into(),
        Choice::Candidate(number) => format!("candidate:{number}"),
        Choice::Ranking(ranks) => {
            let ranks: Vec<String> = ranks.iter().map(u32::to_string).collect();
            format!("ranking:{}", ranks.join(">"))
        }
    }
}

/// A malformed request, chosen by `number`. Each has one fault that must be answered 400.
pub(crate) fn malformed(number: u64) -> Call {
    const WRONG: [(&str, &[u8]); 8] = [
        (
            LAW_PATH,
            br#"{"nas":"100000009","code":"ABCDEFG","law_id":"#,
        ), // cut short
        (
            LAW_PATH,
            br#"{"nas":"100000009","code":"ABCDEFG","vote":"oui"}"#,
        ), // no law
        (
            LAW_PATH,
            br#"{"nas":"10000000","code":"ABCDEFG","law_id":"L","vote":"oui"}"#,
        ), // 8 digits
        (
            LAW_PATH,
            br#"{"nas":"100000009","code":"ABCDEFG","law_id":"L","vote":"peut-etre"}"#,
        ),
        (LAW_PATH, br#"["nas","code","law_id","vote"]"#), // no object
        (
            LAW_PATH,
            b"{\"nas\":\"\xff\xfe\",\"code\":\"ABCDEFG\",\"law_id\":\"L\",\"vote\":\"oui\"}",
        ),
        (
            ELECTION_PATH,
            br#"{"nas":100000009,"code":"ABCDEFG","election_id":"one"}"#,
        ), // wrong types
        (ELECTION_PATH, b""),
    ];
    #[allow(clippy::cast_possible_truncation)] // below the length
    let at = (number % WRONG.len() as u64) as usize;
    let (path, body) = WRONG[at];
    Call {
        path,
        body: body.to_vec(),
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts and numbers are written to memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::Method;
    use std::collections::BTreeMap;

    const WHO: Credential<'_> = Credential {
        nas: b"123456789",
        code: b"ABC123",
        region: 4,
    };

    fn check(ballot: &Ballot, choice: &Choice, path: &str, body: &str) {
        let call = vote(ballot, WHO, choice);
        assert_eq!(
            (call.path, String::from_utf8(call.body).unwrap().as_str()),
            (path, body)
        );
    }

    #[test]
    fn votes_are_written_as_the_interface_reads_them() {
        let law = Ballot {
            id: "L2025-001".into(),
            kind: Kind::Law { allow_blanc: true },
        };
        check(
            &law,
            &Choice::Oui,
            "/api/v1/vote",
            r#"{"nas":"123456789","code":"ABC123","law_id":"L2025-001","vote":"oui"}"#,
        );
        let election = |method| Ballot {
            id: "E1".into(),
            kind: Kind::Election {
                number: 1,
                method,
                fields: BTreeMap::new(),
            },
        };
        check(
            &election(Method::Single),
            &Choice::Candidate(7),
            "/api/v1/elections/vote",
            r#"{"nas":"123456789","code":"ABC123","election_id":1,"region_id":4,"candidate_id":7,"voting_method":"single_choice"}"#,
        );
        check(
            &election(Method::Ranked { max_ranks: 3 }),
            &Choice::Ranking(vec![3, 1]),
            "/api/v1/elections/vote",
            r#"{"nas":"123456789","code":"ABC123","election_id":1,"region_id":4,"voting_method":"ranked_choice","ranked_choices":[3,1]}"#,
        );
    }

    #[test]
    fn choices_have_one_text_form() {
        assert_eq!(text(&Choice::Blanc), "blanc");
        assert_eq!(text(&Choice::Candidate(7)), "candidate:7");
        assert_eq!(text(&Choice::Ranking(vec![3, 1, 2])), "ranking:3>1>2");
    }
}
