//! Ranked contests as files: from bytes to a counted result to text.
//!
//! [`Case::parse`] reads an `rcv-case/1` JSON file (described in `fixtures/ranked/README.md`) or a
//! BLT file, the exchange format of STV programs; [`json()`], [`table()`], [`csv()`] and
//! [`explain()`] write what came of it. All of it works on bytes and strings: files are opened by
//! programs.

mod blt;
mod claims;
mod csv;
mod explain;
mod json;
mod parsed;
mod rcv;
mod rcv_rules;
mod read;
mod table;

pub use csv::csv;
pub use explain::explain;
pub use json::json;
pub use parsed::{Case, CaseError};
pub use read::FILE_BYTES_MAX;
pub use table::table;

use crate::ranked::{Lot, Tabulation};

/// Lots that decided nothing: each names a tie that did not arise.
#[must_use]
pub fn unused_lots<'a>(lots: &'a [Lot], tabulation: &Tabulation) -> Vec<&'a Lot> {
    let used = |lot: &Lot| {
        tabulation.ties.iter().any(|tie| {
            let mut drawn = lot.tied.clone();
            drawn.sort_unstable();
            tie.round == lot.round && tie.side == lot.side && tie.tied == drawn
        })
    };
    lots.iter().filter(|lot| !used(lot)).collect()
}
