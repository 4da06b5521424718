//! The last form: it shows the choice and asks for NAS and code.

use askama::Template;
use election::{Ballot, BallotKind, Choice, Election};

use super::kept::hidden_fields;
use super::wait::wait;
use super::{FieldFault, Line, ballot_path};
use crate::frame::{Frame, HiddenForm, Page, PageContext, Switch};
use crate::help::whom_to_call;
use crate::messages::Messages;
use crate::wording::time_of_day;

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
}

/// Wrong codes that are left to a voter, where they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriesLeft {
    /// How many may still be sent.
    pub count: u32,
    /// How long no code is looked at once none is left, in seconds; where none is left, from now on.
    pub pause_s: u32,
}

impl CredentialFault {
    /// The fields that are at fault, and what is said beside each.
    fn field_faults(self) -> Vec<FieldFault> {
        let (fields, message): (&[&str], _) = match self {
            CredentialFault::NasMissing => (&["nas"], "fault-nas-missing"),
            CredentialFault::NasMalformed => (&["nas"], "fault-nas-malformed"),
            CredentialFault::CodeMissing => (&["code"], "fault-code-missing"),
            CredentialFault::CodeMalformed => (&["code"], "fault-code-malformed"),
            // Nobody can say which of the two is wrong.
            CredentialFault::NotRecognised => (&["nas", "code"], "fault-not-recognised"),
        };
        let fields = fields.iter().map(|field| FieldFault {
            field: (*field).to_owned(),
            message,
        });
        fields.collect()
    }

    fn status(self) -> u16 {
        match self {
            CredentialFault::NotRecognised => 403,
            _ => 400,
        }
    }
}

#[derive(Template)]
#[template(path = "voter/review.html")]
struct Review<'a> {
    frame: Frame<'a>,
    /// What stands above the form, each message once.
    faults: Vec<FieldFault>,
    nas_fault: Option<&'static str>,
    code_fault: Option<&'static str>,
    /// How many wrong codes are left, where they are counted.
    tries_left: Option<String>,
    /// What to do about a lost letter, where NAS and code are not known together.
    lost_letter: Option<String>,
    title: &'a str,
    question: Option<&'a str>,
    region_name: Option<&'a str>,
    ranked: bool,
    chosen: Vec<Chosen>,
    change: HiddenForm,
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
    tries_left: Option<TriesLeft>,
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
    let marks = hidden_fields(region, choice);
    let mut frame = Frame::new(context, t.get(title).into_owned(), &path);
    frame.switch = Switch::Post(HiddenForm {
        action: frame.link_of_other(&format!("{path}/review")),
        fields: marks.clone(),
    });
    frame.has_faults = !faults.is_empty();
    frame.scripts = &["credentials.js", "cast.js"];
    frame.script_prefixes = match choice {
        // A voter of another region gets a ballot to rank in place of this page.
        Choice::Ranking(_) => &["script-", "rank-"],
        _ => &["script-"],
    };
    let found = faults.iter().flat_map(|fault| fault.field_faults());
    let mut found: Vec<FieldFault> = found.collect();
    let message_of = |field| found.iter().find(|f| f.field == field).map(|f| f.message);
    let is_unknown = faults.contains(&CredentialFault::NotRecognised);
    let (nas_fault, code_fault) = match is_unknown {
        true => (Some("fault-nas-compare"), Some("fault-code-compare")),
        false => (message_of("nas"), message_of("code")),
    };
    found.dedup_by_key(|fault| fault.message);
    let law = ballot.law();
    Page::new(
        context.lang,
        &Review {
            nas_fault,
            code_fault,
            tries_left: tries_left.map(|tries| told(context, tries)),
            lost_letter: is_unknown.then(|| lost_letter(context)),
            title: ballot.title.in_language(context.lang),
            question: law.map(|law| law.question.in_language(context.lang)),
            region_name: context
                .event
                .region(region)
                .map(|r| r.name.in_language(context.lang)),
            ranked: matches!(choice, Choice::Ranking(_)),
            chosen: chosen(context, ballot, choice),
            change: HiddenForm {
                action: frame.link(&path),
                fields: marks.clone(),
            },
            action: frame.link(&format!("{path}/cast")),
            hidden: [marks, vec![(KEY_FIELD.to_owned(), key.to_owned())]].concat(),
            faults: found,
            frame,
        },
    )
    .with_status(faults.first().map_or(200, |fault| fault.status()))
}

/// What to do about a lost letter, whose number is lost with it.
pub(super) fn lost_letter(context: &PageContext<'_>) -> String {
    let call = whom_to_call(context.event, context.lang, "call-nobody");
    Messages::of(context.lang).fill("fault-lost-letter", [("call", call.into())])
}

/// How many tries are left, and what follows the last one.
fn told(context: &PageContext<'_>, tries: TriesLeft) -> String {
    let t = Messages::of(context.lang);
    let TriesLeft { count, pause_s } = tries;
    if count == 0 {
        let until_ms = context.now_ms.saturating_add(i64::from(pause_s) * 1_000);
        let time = time_of_day(context.lang, &context.event.time_zone, until_ms);
        return t.fill("fault-no-tries", [("time", time.into())]);
    }
    let values = [("count", count.into()), ("wait", wait(t, pause_s).into())];
    t.fill("fault-tries", values)
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
