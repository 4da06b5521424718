//! PostgreSQL: a projection of the ledger for people who ask in SQL. Never a source of truth.
//!
//! Everything goes through [`session::Session::transact`]: named, retryable transaction closures.

pub(crate) mod compare;
mod compare_voters;
mod compare_votes;
mod definition;
mod error;
mod expected;
mod gathering;
mod group;
mod migrate;
mod pending;
mod positions;
mod progress;
mod rows;
mod session;
mod timestamp;
mod writer;

pub(crate) use gathering::Until;
pub(crate) use migrate::empty;
pub(crate) use progress::Progress;
pub(crate) use writer::Writer;
