//! From votes per choice to results: the one place in which a ballot is tabulated.
//!
//! `error` says why a ballot cannot be, `law` decides a law, `regions` adds up an election's regions and parties,
//! `plurality` and `ranked` fill the seats of one region by the counting crate.

mod ballot;
mod error;
mod law;
mod plurality;
mod ranked;
mod regions;

pub(crate) use ballot::results_of;
pub(crate) use error::TabulationError;

#[cfg(test)]
mod refused;
