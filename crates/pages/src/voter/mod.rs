//! The voter's pages: choose a ballot, mark it, review and cast it, keep the receipt.
//!
//! Routes that the program serves, all with `?lang=fr|en`: `GET /` ([`home`]), `GET /ballots/{id}` with
//! `?region=` ([`mark`]), `POST /ballots/{id}` ([`mark`] with what is marked), `POST /ballots/{id}/review`
//! ([`marked`], then [`review`] or [`mark`] with the fault), `POST /ballots/{id}/cast` ([`receipt`], or
//! [`review`] with faults, [`own_ballot`] or [`ended`]), `GET /receipts` ([`check`]), `POST /receipts` with the
//! number ([`receipt`], or [`check`] with the fault; with [`SAVE_FIELD`], the proof as a file). `GET` of the
//! addresses of the two forms, which browsers remember, is the empty ballot.

mod end;
mod kept;
mod mark;
mod marks;
mod receipt;
mod review;
mod state;
mod wait;

pub use end::{Activity, End, ended};
pub use kept::Marks;
pub use mark::{mark, own_ballot, unless_open};
pub use marks::{MarkError, marked};
pub use receipt::{
    CosignedBy, PolicyView, ProofShows, ProofView, ReceiptView, SAVE_FIELD, WitnessView, receipt,
};
pub use review::{CredentialFault, KEY_FIELD, MarkedBallot, TriesLeft, review};

pub(crate) use end::BELOW;
pub(crate) use state::CastState;

use askama::Template;
use election::{Ballot, BallotKind, Candidate, Method, Window};

use crate::frame::{Frame, Page, PageContext};
use crate::wording::{closing, moment};

/// The path of a ballot's page.
fn ballot_path(ballot: &Ballot) -> String {
    format!("/ballots/{}", ballot.id)
}

/// What kind of ballot this is, as a message id.
pub(crate) fn kind_of(ballot: &Ballot) -> &'static str {
    match &ballot.kind {
        BallotKind::Law(_) => "kind-law",
        BallotKind::Election(election) => match election.method {
            Method::SingleChoice => "kind-election",
            Method::RankedChoice => "kind-ranked",
        },
    }
}

/// A fault of a form: the id of the field to go to, and the message.
struct FieldFault {
    field: String,
    message: &'static str,
}

/// A candidate as a page names one.
struct Line<'a> {
    number: u32,
    name: String,
    party: String,
    colour: Option<&'a str>,
    withdrawn: bool,
    /// Whether it is the one that is marked, where a ballot takes one.
    marked: bool,
}

impl<'a> Line<'a> {
    fn of(context: &PageContext<'a>, candidate: &Candidate) -> Line<'a> {
        let party = candidate
            .party
            .as_deref()
            .and_then(|code| context.event.party(code));
        let t = crate::messages::Messages::of(context.lang);
        Line {
            number: candidate.number,
            name: format!("{} {}", candidate.first_name, candidate.last_name),
            party: party.map_or_else(
                || t.get("independent").into_owned(),
                |party| party.name.in_language(context.lang).to_owned(),
            ),
            colour: party.map(|party| party.colour.as_str()),
            withdrawn: candidate.status == election::CandidateStatus::Withdrawn,
            marked: false,
        }
    }
}

#[derive(Template)]
#[template(path = "voter/home.html")]
struct Home<'a> {
    frame: Frame<'a>,
    cards: Vec<Card<'a>>,
}

struct Card<'a> {
    kind: &'static str,
    title: &'a str,
    /// `open`, `waiting` or `closed`: also the class of the card.
    state: &'static str,
    when: String,
    href: String,
    label: String,
    /// Where the results of a closed ballot are published.
    results: Option<String>,
}

/// The ballots of the event and whether they are open.
#[must_use]
pub fn home(context: &PageContext<'_>) -> Page {
    let t = crate::messages::Messages::of(context.lang);
    let frame = Frame::new(context, t.get("home-title").into_owned(), "/");
    let cards = context
        .event
        .ballots()
        .iter()
        .map(|ballot| card(context, &frame, ballot))
        .collect();
    Page::new(context.lang, &Home { frame, cards })
}

fn card<'a>(context: &PageContext<'a>, frame: &Frame<'_>, ballot: &'a Ballot) -> Card<'a> {
    let zone = &context.event.time_zone;
    let closes = || closing(context.lang, zone, ballot.closes);
    let (state, message, time) = match ballot.window(context.now_ms) {
        Window::NotOpen { opens } => {
            let opens = moment(context.lang, zone, opens);
            ("waiting", "home-not-open", opens)
        }
        Window::Open => ("open", "home-open", closes()),
        Window::Closed { .. } => ("closed", "home-closed", closes()),
    };
    let title = ballot.title.in_language(context.lang);
    let authority = context.event.authority.as_ref();
    let results = authority.and_then(|authority| authority.results.as_ref());
    let results = results.map(|origin| frame.link(&format!("{origin}{}", ballot_path(ballot))));
    Card {
        kind: kind_of(ballot),
        title,
        state,
        when: frame.t.fill(message, [("time", time.text.into())]),
        href: frame.link(&ballot_path(ballot)),
        results: results.filter(|_| state == "closed"),
        label: frame.t.fill("home-vote-about", [("title", title.into())]),
    }
}

/// Why a check of a receipt finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckFault {
    /// The field is empty.
    Missing,
    /// The text is not a request id.
    Malformed,
    /// The ledger holds no vote with this request id.
    Unknown,
}

#[derive(Template)]
#[template(path = "voter/check.html")]
struct Check<'a> {
    frame: Frame<'a>,
    faults: Vec<FieldFault>,
    value: &'a str,
}

/// The form that asks whether a vote is recorded, with the receipt that was asked for and the reason why
/// it was not found.
#[must_use]
pub fn check(context: &PageContext<'_>, asked: Option<(&str, CheckFault)>) -> Page {
    let t = crate::messages::Messages::of(context.lang);
    let mut frame = Frame::new(context, t.get("check-title").into_owned(), "/receipts");
    frame.has_faults = asked.is_some();
    frame.scripts = &["check.js"];
    let (value, faults, status) = match asked {
        None => ("", vec![], 200),
        Some((value, CheckFault::Missing)) => (value, vec![id_fault("check-missing")], 400),
        Some((value, CheckFault::Malformed)) => (value, vec![id_fault("check-malformed")], 400),
        Some((value, CheckFault::Unknown)) => (value, vec![id_fault("check-unknown")], 404),
    };
    Page::new(
        context.lang,
        &Check {
            frame,
            faults,
            value,
        },
    )
    .with_status(status)
}

fn id_fault(message: &'static str) -> FieldFault {
    FieldFault {
        field: "id".to_owned(),
        message,
    }
}
