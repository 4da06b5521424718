//! The table of docs/ledger.md quotes what the ledger says: an operator searches for these words.

use std::path::PathBuf;

use ledger::LedgerError;

const PAGE: &str = include_str!("../../../docs/ledger.md");

/// The words are in the message and, as code, in the page.
fn check(error: &LedgerError, words: &str) {
    let message = error.to_string();
    assert!(message.contains(words), "`{words}` is not in: {message}");
    assert!(PAGE.contains(&format!("| `{words}` |")), "{words}");
}

#[test]
fn the_page_quotes_the_messages() {
    let path = || PathBuf::from("data/ledger/p0000/00000001.segment");
    let defect = || ledger::Defect::Truncated {
        expected: 2,
        got: 1,
    };
    check(
        &LedgerError::Locked { path: path() },
        "another validator runs on this data directory",
    );
    let damaged = LedgerError::Damaged {
        path: path(),
        offset: 7,
        defect: defect(),
    };
    check(
        &damaged,
        "the ledger is damaged, restore this file from a copy",
    );
    let lost = LedgerError::AcknowledgedLost {
        path: path(),
        offset: 7,
        acknowledged: 6,
        last: 5,
    };
    check(&lost, "this is damage, not a torn write");
    let unclear = LedgerError::Unclear {
        path: path(),
        segment: path(),
        offset: 7,
    };
    check(&unclear, "whether votes are lost cannot be told");
    let history = LedgerError::AnotherHistory {
        path: path(),
        sequence: 6,
    };
    check(&history, "restore both from one copy");
    let log = "data/ledger/p0000".to_owned();
    check(&LedgerError::Missing { log }, "holds no ledger");
    check(
        &LedgerError::Gone { path: path() },
        "is not the file any more",
    );
    let rolled_back = LedgerError::RolledBack {
        path: path(),
        frame: 7,
        last: 5,
    };
    check(&rolled_back, "older copy or another history");
    let behind = LedgerError::ClockBehind {
        frame: 7,
        last_ms: 2,
        now_ms: 1,
    };
    check(&behind, "set the clock right and start again");
}
