//! The whole path of a vote, rehearsed with the real programs as child processes.
//!
//! `rehearsal demo` plays a small election from roll to results with a crash in the middle,
//! `rehearsal serve` leaves it running to be tried by hand, `rehearsal crash` kills the validator
//! again and again under load, `rehearsal attack` attacks it while honest voters vote, `rehearsal equivocation` shows two
//! histories of one ledger. This crate knows the programs by their command lines and their HTTP interfaces alone: it
//! links none of their formats, so it cannot share their mistakes.

pub mod api;
pub mod attack;
pub mod authority;
pub mod ceremony;
pub mod chance;
pub mod child;
pub mod choice;
pub mod cluster;
pub mod contradictions;
pub mod counts;
pub mod crash;
pub mod crash_tally;
pub mod day;
pub mod definition;
pub mod demo;
pub mod disaster;
pub mod ends;
pub mod equivocation;
pub mod failed_sync;
pub mod full_disk;
pub mod growing;
pub mod history;
pub mod http;
pub mod judge;
pub mod log_cost;
pub mod lost_machine;
pub mod machines;
pub mod memory;
pub mod outside;
pub mod ports;
pub mod postgres;
pub mod prepare;
pub mod programs;
pub mod pulse;
pub mod races;
pub mod replicas;
pub mod search;
pub mod serve;
pub mod services;

pub mod small_disk;
pub mod stack;
pub mod startup;
pub mod steps;
pub mod takeover;
pub mod truth;
pub mod upgrade;
pub mod validators;
pub mod verdict;
pub mod viewers;
mod voters;
pub mod voting;
pub mod witnesses;
