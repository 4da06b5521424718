//! Results as JSON: one document a ballot or region, for the API, the live stream, `tally count` and
//! the signed statement. Nothing is counted here.

mod checked;
mod election;
mod law;
mod parts;
mod report;

#[cfg(test)]
pub(crate) mod golden;

pub(crate) use checked::{CheckedByDocument, LogDocument};
pub(crate) use election::{ElectionSummary, RegionDocument};
pub(crate) use law::LawDocument;
pub(crate) use parts::{BallotStanding, HeadDocument, Titles, hex, percentage};
pub(crate) use report::{BallotDocument, ReportDocument};
