//! The document of a recount: what identifies the ledger, and every ballot with its results.

use election::{Ballot, BallotKind, Event, instant_text};
use serde::Serialize;

use super::election::ElectionDocument;
use super::law::LawDocument;
use super::parts::{HeadDocument, Titles, hex, percentage};
use crate::recount::{BallotReport, InvalidReport, Report};
use crate::results::{Answers, Results};
use crate::signature::Signature;

/// The numbers of a recount, and what identifies what was counted.
#[derive(Debug, Serialize)]
pub(crate) struct ReportDocument {
    event_id: String,
    manifest_sha256: String,
    /// `checked`, or `unchecked` where nobody vouches for the package.
    package_signature: &'static str,
    /// The last frame of each partition: with the same heads, everybody counts the same.
    ledger: Vec<HeadDocument>,
    /// Partitions behind whose last frame others may be missing; empty where the ledger is whole.
    ledger_ends_unknown: Vec<u16>,
    last_commit_at: Option<String>,
    votes: u64,
    duplicates: u64,
    invalid: Vec<InvalidDocument>,
    ballots: Vec<BallotReportDocument>,
}

/// Attempts that were refused for one reason.
#[derive(Debug, Serialize)]
struct InvalidDocument {
    /// Null where no ballot was named, or none that exists.
    ballot_id: Option<String>,
    reason: &'static str,
    attempts: u64,
}

/// Turnout, refusals and results of one ballot.
#[derive(Debug, Serialize)]
struct BallotReportDocument {
    ballot_id: String,
    /// Of the whole package; here again, because a ballot's numbers are copied alone.
    package_signature: &'static str,
    /// Credentials on the roll of this ballot.
    registered: u64,
    votes: u64,
    turnout_percentage_of_registered: Option<f64>,
    duplicates: u64,
    /// Regions of the roll, ascending.
    regions: Vec<RegionReportDocument>,
    result: BallotDocument,
}

/// Turnout of one region, and its answers where the ballot is a law. Votes for candidates stand in
/// the ballot's result, by region too.
#[derive(Debug, Serialize)]
struct RegionReportDocument {
    /// 0: the roll names no region.
    region_id: u16,
    /// Null where the roll names no region.
    region_name: Option<Titles>,
    /// Credentials on the roll of this ballot.
    registered: u64,
    votes: u64,
    turnout_percentage_of_registered: Option<f64>,
    #[serde(flatten)]
    answers: Option<AnswersDocument>,
}

/// Answers to a law in one region. Blank votes are apart from the valid ones.
#[derive(Debug, Serialize)]
struct AnswersDocument {
    oui_count: u64,
    non_count: u64,
    valid_votes: u64,
    blanc_count: u64,
    oui_percentage_of_valid_votes: Option<f64>,
}

/// The document of a ballot, by its kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum BallotDocument {
    Law(Box<LawDocument>),
    Election(Box<ElectionDocument>),
}

impl BallotDocument {
    pub(crate) fn of(event: &Event, ballot: &Ballot, results: &Results) -> BallotDocument {
        match &ballot.kind {
            BallotKind::Law(law) => {
                BallotDocument::Law(Box::new(LawDocument::of(ballot, law, results)))
            }
            BallotKind::Election(election) => BallotDocument::Election(Box::new(
                ElectionDocument::of(event, ballot, election, results),
            )),
        }
    }
}

impl ReportDocument {
    pub(crate) fn of(event: &Event, report: &Report) -> ReportDocument {
        let ballots = report.ballots.iter();
        ReportDocument {
            event_id: event.id.clone(),
            manifest_sha256: hex(&report.manifest_sha256),
            package_signature: report.signature.name(),
            ledger: HeadDocument::all(&report.ledger),
            ledger_ends_unknown: report.ends_unknown.clone(),
            last_commit_at: report.last_commit_ms.map(instant_text),
            votes: report.votes,
            duplicates: report.duplicates,
            invalid: report.invalid.iter().map(InvalidDocument::of).collect(),
            ballots: ballots
                .map(|counted| BallotReportDocument::of(event, report.signature, counted))
                .collect(),
        }
    }
}

impl InvalidDocument {
    fn of(invalid: &InvalidReport) -> InvalidDocument {
        InvalidDocument {
            ballot_id: invalid.ballot_id.clone(),
            reason: invalid.reason.name(),
            attempts: invalid.attempts,
        }
    }
}

impl BallotReportDocument {
    fn of(event: &Event, signature: Signature, counted: &BallotReport) -> BallotReportDocument {
        let ballot = event.ballot(&counted.ballot_id);
        let ballot = ballot.expect("a report holds the ballots of its event");
        let turnout = counted.results.turnout.whole();
        BallotReportDocument {
            ballot_id: ballot.id.clone(),
            package_signature: signature.name(),
            registered: turnout.whole,
            votes: turnout.part,
            turnout_percentage_of_registered: percentage(turnout),
            duplicates: counted.duplicates,
            regions: region_reports(event, &counted.results),
            result: BallotDocument::of(event, ballot, &counted.results),
        }
    }
}

fn region_reports(event: &Event, results: &Results) -> Vec<RegionReportDocument> {
    let regions = results.turnout.regions();
    let documents = regions.map(|(region, turnout)| RegionReportDocument {
        region_id: region,
        region_name: event.region(region).map(|place| Titles::of(&place.name)),
        registered: turnout.whole,
        votes: turnout.part,
        turnout_percentage_of_registered: percentage(turnout),
        answers: results
            .law()
            .and_then(|law| law.answers_of(region))
            .map(AnswersDocument::of),
    });
    documents.collect()
}

impl AnswersDocument {
    fn of(answers: Answers) -> AnswersDocument {
        AnswersDocument {
            oui_count: answers.oui,
            non_count: answers.non,
            valid_votes: answers.valid(),
            blanc_count: answers.blanc,
            oui_percentage_of_valid_votes: percentage(answers.oui_of_valid()),
        }
    }
}
