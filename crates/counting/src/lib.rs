//! Plurality, referendum, instant-runoff and single transferable vote: pure and exact.
//!
//! Votes go in, results come out: no file, clock, thread or chance. Every number is an integer or
//! an exact fraction, so two machines give the same bits. Every tie is reported:
//! [`plurality`] leaves it open, and [`ranked`] breaks it by the rule or by the drawn lots that it is
//! given and says which. [`case`] reads and writes ranked contests as files, from bytes to text.
//!
//! The rules, with their sources and who uses them, stand in `docs/counting.md`.

pub mod case;
pub mod plurality;
pub mod ranked;
pub mod referendum;
