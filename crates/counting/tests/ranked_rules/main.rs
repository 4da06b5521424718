//! Each rule of a ranked count on the smallest contest that shows it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod ballots;
mod contest;
mod rounds;
mod stv;
mod ties;
