//! PostgreSQL: a projection of the ledger for people who ask in SQL. Never a source of truth.
//!
//! Everything goes through [`session::Session::transact`]: named, retryable transaction closures.

pub(crate) mod compare;
mod definition;
mod error;
mod migrate;
mod pending;
mod positions;
mod rows;
mod session;
mod target;
mod tls;
mod writer;

pub(crate) use migrate::empty;
pub(crate) use target::Target;
pub(crate) use writer::{Progress, Until, Writer};
