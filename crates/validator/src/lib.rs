//! The validator: takes votes over HTTP, answers from a signed package who may vote, and writes what
//! is accepted to the ledger before it says so.
//!
//! A vote's way: `listener` takes the connection, [`http`] the request, [`vote`] reads its fields,
//! asks the package and hands it to the owner of its partition ([`partitions`]). [`start`] and [`run`] put the parts together;
//! [`internal`] serves operators and tallies on a port of their own.

mod app;
mod ballots;
mod catalogue;
mod checkpoints;
mod cli;
mod config;
mod exposure;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod internal;
mod metrics;
mod obstacle;
mod package_check;
mod partitions;
mod run;
mod site;
mod start;
#[cfg(test)]
mod told;
mod versions;
mod vote;

pub use cli::{main, main_on};
