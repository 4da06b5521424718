//! The ledger's log as rows of PostgreSQL with one synchronous standby, for whoever may not lose a machine.
//!
//! The links are those of the files log, byte for byte. What is ours is one statement ([`lease`]) and the
//! discipline around it: a success counts only where a standby has the link, too, and PostgreSQL reports
//! many successes that are none. docs/cluster.md names each, and what this crate does about it:
//!
//! - An append counts if one row was written, not one notice came, and the server was ready for the next
//!   statement, all on a connection on which [`replication`] found a named standby that is in step.
//! - Everything else is unknown. The connection is given up; the next one takes a higher attempt number in the
//!   row of the lease, behind which a statement that was lost on the way can no longer be carried out.
//! - Another owner has a higher epoch in that row: the statements of the one before write nothing.
//!
//! This crate knows no HTTP and decides no vote.

mod acknowledged;
mod connection;
mod lease;
mod log;
mod members;
mod postgres;
mod replication;
mod rows;
#[cfg(test)]
mod sabotage;
mod server;
mod silence;
#[cfg(test)]
mod simulated;
mod store;
mod stream;
mod time;

pub use log::PostgresLog;
pub use members::{
    Beat, ClockOffset, EventLedger, Introduction, Members, Membership, Picture, SeenMember,
    SeenPartition,
};
pub use postgres::SCHEMA_VERSION;
pub use store::Member;

/// The tables, for the owner of the database to make once (`psql --file`).
pub const SCHEMA: &str = include_str!("schema.sql");
