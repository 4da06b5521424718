//! A ranked contest, JSON or BLT; one that is accepted is counted and printed.
#![no_main]

use counting::case::{self, Case};
use libfuzzer_sys::fuzz_target;

/// Counting takes time by the square of the candidates: a fuzzer has better uses for it.
const CANDIDATES_MAX: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    let Ok(case) = Case::parse(bytes) else { return };
    if case.contest.candidates().len() > CANDIDATES_MAX {
        return;
    }
    if let Ok(tabulation) = case.tabulate() {
        let _ = case::unused_lots(&case.lots, &tabulation);
        let _ = case::json(&case.contest, &tabulation);
        let _ = case::csv(&case.contest, &tabulation);
        let _ = case::explain(&case.contest, &tabulation);
        let _ = case::table(&case.name, &case.contest, &tabulation);
    }
});
