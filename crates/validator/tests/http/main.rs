//! The program as voters, operators and attackers meet it: the real binary, a real package, real
//! sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod cors;
mod fairness;
mod fixture;
mod gateway;
mod internal_tls;
mod limits;
mod lost_ledger;
mod operation;
mod proxied;
mod refusals;
mod rotten_package;
mod secure;
mod server;
mod service;
mod startup;
mod straw_validator;
mod straw_witness;
mod tls_client;
mod voter_faults;
mod voter_pages;
mod votes;
mod witnessed;
