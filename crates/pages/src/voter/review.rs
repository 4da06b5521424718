//! The last form: it shows the choice and asks for NAS and code.

use askama::Template;
use election::{Ballot, BallotKind, Choice, Election};

use super::{FieldFault, Line, ballot_path, marks};
use crate::frame::{Frame, Page, PageContext};
use crate::messages::Messages;

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
/// fault. The choice must have passed [`super::marked`].
#[must_use]
pub fn review(
    context: &PageContext<'_>,
    ballot: &Ballot,
    region: u16,
    choice: &Choice,
    faults: &[CredentialFault],
) -> Page {
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
