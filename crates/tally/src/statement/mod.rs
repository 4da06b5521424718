//! The statement of results: what an officer signs, as canonical JSON and as text in both languages.
//!
//! The JSON depends on package, ledger, the ballots stated and the recomputations named alone: whoever
//! recounts the same files gets the same bytes, and only the signatures differ. Its `count` is the object that
//! `tally count --json` prints.

mod lines;
mod recomputed;
mod text;
mod text_election;
mod wording;

use election::{Ballot, BallotKind, CountingRules, Event, Method, Threshold, instant_text};
use serde::Serialize;

use crate::covered::Covered;
use crate::documents::{LogDocument, ReportDocument, Titles};
use crate::recount::{BallotReport, Report};

pub(crate) use recomputed::Recomputed;
pub(crate) use text::render;

/// Version of the JSON form.
const SCHEMA: &str = "scrutin-statement/2";

/// A statement of results. The order of the fields is that of the canonical JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Statement {
    pub(crate) schema: &'static str,
    /// Whether a ballot is stated whose closing frame was not read: such numbers may still grow.
    pub(crate) interim: bool,
    pub(crate) title: Titles,
    pub(crate) time_zone: String,
    /// Of each ballot in `count`, in the same order.
    pub(crate) terms: Vec<Terms>,
    pub(crate) recomputed: Recomputed,
    /// The checkpoints that the ledger was held against; none where the event names no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<LogDocument>,
    pub(crate) count: ReportDocument,
}

/// When and by which rules a ballot was voted and counted.
#[derive(Debug, Serialize)]
pub(crate) struct Terms {
    pub(crate) ballot_id: String,
    pub(crate) opens: String,
    pub(crate) closes: String,
    pub(crate) interim: bool,
    pub(crate) rule_set: RuleSet,
    /// The same in words.
    pub(crate) rules: Vec<Titles>,
}

/// The rules as the event's definition holds them.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum RuleSet {
    Law {
        allow_blank: bool,
        threshold: Threshold,
    },
    Election {
        method: Method,
        seats: u32,
        max_ranks: u32,
        counting: CountingRules,
    },
}

/// Why a statement is not made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StatementError {
    /// The ledger may still hold votes that are not counted.
    #[error(
        "the ledger holds no closing frame of ballot {ballot}, which closes at {closes}: state it once the validator has written that frame, name the closed ballots with --ballot, or pass --interim"
    )]
    NotClosed { ballot: String, closes: String },
    /// No such ballot in the event.
    #[error("event {event} has no ballot {got}: its ballots are {known}")]
    NoSuchBallot {
        event: String,
        got: String,
        known: String,
    },
}

/// The ballots named by `ids`, or all where none is named, in the order of the event.
///
/// # Errors
/// An id that no ballot of the event has.
pub(crate) fn stated<'a>(
    event: &'a Event,
    ids: &[String],
) -> Result<Vec<&'a Ballot>, StatementError> {
    let known = || event.ballots().iter().map(|ballot| ballot.id.as_str());
    if let Some(got) = ids.iter().find(|id| event.ballot(id).is_none()) {
        return Err(StatementError::NoSuchBallot {
            event: event.id.clone(),
            got: got.clone(),
            known: known().collect::<Vec<_>>().join(", "),
        });
    }
    let named = |ballot: &&Ballot| ids.is_empty() || ids.contains(&ballot.id);
    Ok(event.ballots().iter().filter(named).collect())
}

/// Refuses ballots whose numbers may still grow, whatever the clock says.
///
/// # Errors
/// The first ballot of which `report` saw no closing frame.
pub(crate) fn check_complete(
    event: &Event,
    ballots: &[&Ballot],
    report: &Report,
) -> Result<(), StatementError> {
    let mut counted = ballots.iter().zip(&report.ballots);
    match counted.find(|(_, counted)| !is_complete(counted)) {
        None => Ok(()),
        Some((ballot, _)) => Err(StatementError::NotClosed {
            ballot: ballot.id.clone(),
            closes: event.local_time(ballot.closes),
        }),
    }
}

fn is_complete(counted: &BallotReport) -> bool {
    counted.results.standing.stage.is_complete()
}

impl Statement {
    /// The statement of `ballots`; `report` counts these and no others.
    pub(crate) fn new(
        event: &Event,
        ballots: &[&Ballot],
        report: &Report,
        (recomputed, covered): (Recomputed, &[Covered]),
    ) -> Statement {
        let counted = ballots.iter().zip(&report.ballots);
        let terms: Vec<Terms> = counted
            .map(|(ballot, counted)| Terms::of(ballot, counted))
            .collect();
        Statement {
            schema: SCHEMA,
            interim: terms.iter().any(|terms| terms.interim),
            title: Titles::of(&event.title),
            time_zone: event.time_zone.clone(),
            terms,
            recomputed,
            log: LogDocument::of(event.log.as_ref(), covered),
            count: ReportDocument::of(event, report),
        }
    }

    /// One byte form: fields in the order of the types, no white space, a line end.
    pub(crate) fn to_canonical_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl Terms {
    fn of(ballot: &Ballot, counted: &BallotReport) -> Terms {
        Terms {
            ballot_id: ballot.id.clone(),
            opens: instant_text(ballot.opens),
            closes: instant_text(ballot.closes),
            interim: !is_complete(counted),
            rule_set: RuleSet::of(ballot),
            rules: ballot.rules_in_words().iter().map(Titles::of).collect(),
        }
    }
}

impl RuleSet {
    fn of(ballot: &Ballot) -> RuleSet {
        match &ballot.kind {
            BallotKind::Law(law) => RuleSet::Law {
                allow_blank: law.allow_blank,
                threshold: law.threshold,
            },
            BallotKind::Election(election) => RuleSet::Election {
                method: election.method,
                seats: election.seats,
                max_ranks: election.max_ranks,
                counting: election.counting,
            },
        }
    }
}
