//! A database held against the ledger that fills it, by the real program.

use super::Fixture;
use super::postgres::Postgres;
use super::program::{Names, Running, stderr, stdout, tally};

/// A server of this test alone with an empty database and its address, and an event whose ledger is `data`;
/// none where tests are to do without PostgreSQL.
pub(crate) fn database(name: &str, voters: u32) -> Option<(Postgres, String, Fixture, Names)> {
    let postgres = Postgres::start()?;
    let url = postgres.database(name);
    let fixture = Fixture::new(voters);
    let names = Names::new(&fixture, "data");
    Some((postgres, url, fixture, names))
}

/// Waits until the database holds every vote that was answered so far.
pub(crate) fn wait_for_database(running: &Running, names: &Names) {
    let last = names.acknowledged();
    running.wait("/api/v1/health", |health| {
        let written = health["postgres_sequences"]["0"].as_u64();
        written.is_some_and(|written| written >= last) && health["services"]["ledger"] == "healthy"
    });
    // The count hand may be a moment behind the frames.
    std::thread::sleep(std::time::Duration::from_secs(2));
}

/// Status and output of `tally verify` with the database.
pub(crate) fn verify(names: &Names, url: &str) -> (Option<i32>, String) {
    let output = tally(&names.args("verify", &["--postgres", url]));
    (output.status.code(), stdout(&output) + &stderr(&output))
}

/// Stops the test where the database is not what the ledger says, to its end.
pub(crate) fn assert_verified(names: &Names, url: &str) {
    let (status, text) = verify(names, url);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("at the ledger's end"), "{text}");
}
