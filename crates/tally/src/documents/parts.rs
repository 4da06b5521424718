//! What several documents have in common: percentages, titles, how final numbers are, and whether
//! counts are shown.

use std::collections::BTreeMap;

use election::{Ballot, instant_text};
use ledger::Cursor;
use serde::Serialize;

use crate::fraction::Fraction;
use crate::results::{Results, Shown, Stage, Standing};

/// The member that percentages of candidates and parties are of.
pub(super) const PERCENTAGE_OF: &str = "total_votes";

/// A text in both languages.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Titles {
    pub(crate) fr: String,
    pub(crate) en: String,
}

impl Titles {
    pub(crate) fn of(text: &election::Text) -> Titles {
        Titles {
            fr: text.fr.clone(),
            en: text.en.clone(),
        }
    }
}

/// A percentage as a JSON number with at most two decimals; null where the whole is 0.
pub(crate) fn percentage(fraction: Fraction) -> Option<f64> {
    fraction
        .hundredths()
        .map(|hundredths| f64::from(hundredths) / 100.0)
}

/// Bytes as lower-case hexadecimal digits, two a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Whether counts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// Counts of the ballot so far, or in the end.
    Available,
    /// Turnout only until the ballot is closed.
    Withheld,
    /// Turnout only: this tally holds no mask key.
    Sealed,
}

/// The members of a document that say how final its numbers are, on which frames they stand, and
/// whether counts are shown.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StandingDocument {
    /// `counting`, `preliminary` (the closing frame was read) or `certified`.
    status: &'static str,
    /// While counting, the last frame with a vote that is counted here; else the closing frame.
    position: Vec<HeadDocument>,
    /// Commit time of the latest of these frames.
    as_of: Option<String>,
    /// How many releases of votes the counts stand on.
    releases: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateDocument>,
    results: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_at: Option<String>,
}

/// How final the numbers of one ballot are.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BallotStanding {
    ballot_id: String,
    #[serde(flatten)]
    standing: StandingDocument,
}

impl BallotStanding {
    pub(crate) fn of(ballot: &Ballot, results: &Results) -> BallotStanding {
        BallotStanding {
            ballot_id: ballot.id.clone(),
            standing: StandingDocument::of(results),
        }
    }
}

/// The signed statement that certifies the numbers.
#[derive(Debug, Clone, Serialize)]
struct CertificateDocument {
    statement_sha256: String,
    /// Key id of the officer who signed.
    signed_by: String,
}

/// Where a partition's ledger stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HeadDocument {
    partition: u16,
    sequence: u64,
    hash: String,
}

impl HeadDocument {
    /// The heads of all partitions, ascending.
    pub(crate) fn all(heads: &BTreeMap<u16, Cursor>) -> Vec<HeadDocument> {
        let heads = heads.iter().map(|(partition, cursor)| HeadDocument {
            partition: *partition,
            sequence: cursor.sequence,
            hash: cursor.link.to_string(),
        });
        heads.collect()
    }
}

impl StandingDocument {
    pub(super) fn of(results: &Results) -> StandingDocument {
        let (shown, available_ms) = match &results.shown {
            Shown::Counts { .. } => (Status::Available, None),
            Shown::Withheld { available_ms } => (Status::Withheld, Some(*available_ms)),
            Shown::Sealed => (Status::Sealed, None),
        };
        let Standing {
            stage,
            position,
            time_ms,
            releases,
        } = &results.standing;
        let certificate = match stage {
            Stage::Counting | Stage::Preliminary => None,
            Stage::Certified(certificate) => Some(CertificateDocument {
                statement_sha256: certificate.statement_sha256.clone(),
                signed_by: certificate.signed_by.clone(),
            }),
        };
        StandingDocument {
            status: stage.name(),
            position: HeadDocument::all(position),
            as_of: time_ms.map(instant_text),
            releases: *releases,
            certificate,
            results: shown,
            available_at: available_ms.map(instant_text),
        }
    }
}

/// When the last vote that is shown was recorded.
pub(super) fn updated_at(results: &Results) -> Option<String> {
    match &results.shown {
        Shown::Counts { updated_ms, .. } => updated_ms.map(instant_text),
        Shown::Withheld { .. } | Shown::Sealed => None,
    }
}
