//! The last form: it shows the choice and asks for NAS and code.

use askama::Template;
use election::{Ballot, BallotKind, Choice, Election};

use super::{FieldFault, Line, ballot_path, marks};
use crate::frame::{Frame, Page, PageContext};
use crate::messages::Messages;

/// Name of the hidden field with the key under which the vote of a form may be sent again.
pub const KEY_FIELD: &str = "key";

/// A ballot as its voter has marked it.
#[derive(Clone, Copy)]
pub struct MarkedBallot<'a> {
    /// What is being voted on.
    pub ballot: &'a Ballot,
    /// The voter's region; 0 for a law.
    pub region: u16,
    /// The choice, which has passed [`super::marked`].
    pub choice: &'a Choice,
    /// Sent with the vote, and again whenever the very same form is sent again.
    pub key: &'a str,
}

/// What is wrong with NAS or code. It holds neither: the fields come back empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// The field for the NAS is empty.
    NasMissing,
    /// What the voter wrote as NAS is not nine digits.
    NasMalformed,
    /// The field for the code is empty.
    CodeMissing,
    /// The code is not 6 to 32 letters and digits.
    CodeMalformed,
    /// NAS and code together are not on the roll of this ballot.
    NotRecognised,
    /// NAS and code are on the roll, in another region than the one of the form.
    NotYourRegion,
}

impl CredentialFault {
    fn field_fault(self) -> FieldFault {
        let (field, message) = match self {
            CredentialFault::NasMissing => ("nas", "fault-nas-missing"),
            CredentialFault::NasMalformed => ("nas", "fault-nas-malformed"),
            CredentialFault::CodeMissing => ("code", "fault-code-missing"),
            CredentialFault::CodeMalformed => ("code", "fault-code-malformed"),
            CredentialFault::NotRecognised => ("nas", "fault-not-recognised"),
            CredentialFault::NotYourRegion => ("summary", "fault-not-your-region"),
        };
        FieldFault { field, message }
    }

    fn status(self) -> u16 {
        match self {
            CredentialFault::NotRecognised | CredentialFault::NotYourRegion => 403,
            _ => 400,
        }
    }
}

#[derive(Template)]
#[template(path = "voter/review.html")]
struct Review<'a> {
    frame: Frame<'a>,
    faults: Vec<FieldFault>,
    nas_fault: Option<&'static str>,
    code_fault: Option<&'static str>,
    /// How many wrong codes are left, where they are counted.
    tries_left: Option<String>,
    title: &'a str,
    question: Option<&'a str>,
    region_name: Option<&'a str>,
    ranked: bool,
    chosen: Vec<Chosen>,
    change: String,
    action: String,
    hidden: Vec<(String, String)>,
}

struct Chosen {
    name: String,
    party: String,
}

/// The choice, as it will be cast, and the form for NAS and code. Status 200, or that of the first
/// fault. `tries_left` says how many wrong codes are left, where they are counted.
#[must_use]
pub fn review(
    context: &PageContext<'_>,
    marked: &MarkedBallot<'_>,
    faults: &[CredentialFault],
    tries_left: Option<u32>,
) -> Page {
    let MarkedBallot {
        ballot,
        region,
        choice,
        key,
    } = *marked;
    let t = Messages::of(context.lang);
    let title = match faults {
        [] => "review-title",
        _ => "review-retry-title",
    };
    let path = ballot_path(ballot);
    let change = match region {
        0 => path.clone(),
        region => format!("{path}?region={region}"),
    };
    // In the other language the choice is marked again: it must not stand in a link.
    let mut frame = Frame::new(context, t.get(title).into_owned(), &change);
    frame.scripts = &["credentials.js", "cast.js"];
    frame.script_prefix = "script-";
    let mut hidden = marks::fields(choice);
    hidden.push((KEY_FIELD.to_owned(), key.to_owned()));
    if region != 0 {
        hidden.push(("region".to_owned(), region.to_string()));
    }
    let found: Vec<FieldFault> = faults.iter().map(|fault| fault.field_fault()).collect();
    let message_of = |field| found.iter().find(|f| f.field == field).map(|f| f.message);
    let law = ballot.law();
    Page::new(
        context.lang,
        &Review {
            nas_fault: message_of("nas"),
            code_fault: message_of("code"),
            tries_left: tries_left.map(|left| t.fill("fault-tries", [("count", left.into())])),
            title: ballot.title.in_language(context.lang),
            question: law.map(|law| law.question.in_language(context.lang)),
            region_name: context
                .event
                .region(region)
                .map(|r| r.name.in_language(context.lang)),
            ranked: matches!(choice, Choice::Ranking(_)),
            chosen: chosen(context, ballot, choice),
            change: frame.link(&change),
            action: frame.link(&format!("{path}/cast")),
            hidden,
            faults: found,
            frame,
        },
    )
    .with_status(faults.first().map_or(200, |fault| fault.status()))
}

fn chosen(context: &PageContext<'_>, ballot: &Ballot, choice: &Choice) -> Vec<Chosen> {
    let t = Messages::of(context.lang);
    let answer = |id: &str| {
        vec![Chosen {
            name: t.get(id).into_owned(),
            party: String::new(),
        }]
    };
    let candidates = |numbers: &[u32]| match &ballot.kind {
        BallotKind::Election(election) => named(context, election, numbers),
        BallotKind::Law(_) => Vec::new(),
    };
    match choice {
        Choice::Oui => answer("answer-oui"),
        Choice::Non => answer("answer-non"),
        Choice::Blanc => answer("answer-blanc"),
        Choice::Candidate(number) => candidates(&[*number]),
        Choice::Ranking(numbers) => candidates(numbers),
    }
}

fn named(context: &PageContext<'_>, election: &Election, numbers: &[u32]) -> Vec<Chosen> {
    let found = numbers.iter().filter_map(|n| election.candidate(*n));
    found
        .map(|candidate| Line::of(context, candidate))
        .map(|line| Chosen {
            name: line.name,
            party: line.party,
        })
        .collect()
}
