//! Where votes are recorded: each partition of the ledger by its owner, which is this validator or another one.

mod answering;
mod board;
mod delivery;
mod even;
mod happened;
mod recent;
mod shared;
mod steward;
mod tending;
mod unsent;
mod words;

pub(crate) use answering::Answering;
pub(crate) use board::{Partitions, Place, UNOWNED_MAX, Undecided};
pub(crate) use happened::Happened;
pub(crate) use recent::{Recent, Stamped};
pub(crate) use shared::Opening;
pub(crate) use steward::{Standing, Steward};
pub(crate) use words::{Answer, LogQuestion};
