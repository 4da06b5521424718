//! The voter's pages over HTTP: which page a request is for, and the page as an answer.
//!
//! What stands on the pages is the business of crate `pages`. Here a request becomes a call of it:
//! look-ups of ballots and receipts, forms that become votes, refusals that become pages. The pages
//! are for people and no part of the interface that `openapi.json` describes.

mod cast;
mod monitor;
mod page;
mod picture;
mod proof;
mod refused;
mod same_site;
mod visit;

pub(crate) use monitor::{cluster, history, monitor, watch};
pub(crate) use page::asset;
#[cfg(test)]
pub(crate) use refused::{NotCast, end_of, not_cast};
pub(crate) use visit::{Visit, Wants, astray};
