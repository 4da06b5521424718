//! The witness: it remembers one checkpoint of each log, and cosigns the next one only where that continues
//! what it remembers. Parties, newspapers and universities run one each, so that the operator of a ledger
//! cannot show different ledgers to different people, or rewrite one later.
//!
//! To read in this order: `remembered`, `memory` and `evidence` keep the state, `witness` decides and signs, `service`
//! and `run` put HTTP around it. `audit` is the other side: it follows a log and checks all of it that needs
//! no key. docs/transparency.md says what each of them proves.

mod audit;
mod cli;
mod config;
mod evidence;
mod keygen;
mod memory;
mod metrics;
mod remembered;
mod run;
mod service;
#[cfg(test)]
#[path = "../tests/log/mod.rs"]
mod test_log;
#[cfg(test)]
mod tests;
mod time;
mod witness;

pub use cli::main;
