//! A night to look at: an invented evening of the example province, shown by the real API and pages.
//!
//! The day's marks are folded first, as frames of a ledger that nobody wrote; the real release plan says what of
//! them is released together. What each release holds, and when in the evening it comes, is drawn from a seed: small
//! regions first, large ones late. The same seed makes the same evening.
//!
//! Two things are not as in an election. Nothing is sealed, so nobody has to open it. A release is stamped with the
//! time of the evening at which it comes, and not with the commit time of its last frame, so that the pages have
//! a clock to look at.
//!
//! This module exists with the feature `night` and in tests alone. The program `tally` has no command that leads
//! here, so it cannot show an invented evening.

mod crowd;
mod day;
mod deal;
mod definition;
mod evening;
mod show;
mod wishes;

#[cfg(test)]
mod tests;

pub use definition::definition;
pub use show::{Args, run};
