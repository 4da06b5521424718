//! Ledgers of several validators, each a partition, counted as one and written to one database.

mod support;

use election::Choice;

use support::postgres::Postgres;
use support::program::{Names, Running, stderr, tally};
use support::{Fixture, LIVE};

#[test]
fn ledgers_of_two_validators_are_one_count_and_one_database() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("partitions");
    let fixture = Fixture::partitioned(60, 2);
    for (partition, data) in [(0u16, "data"), (1, "other")] {
        let mut ballots = fixture.ballot_box_of(data, partition);
        // Each partition records one of the two shards.
        let of_partition = |nth: &u32| {
            let voter = fixture.credential(LIVE, *nth);
            voter.is_some_and(|(shard, _, _)| shard == u32::from(partition))
        };
        for nth in (0..60).filter(of_partition).take(20) {
            ballots.vote(LIVE, nth, Choice::Oui);
        }
        ballots.close();
    }
    let ledger = |data: &str| fixture.path(data).join("ledger");
    let (from, into) = (ledger("other").join("p0001"), ledger("data").join("p0001"));
    std::os::unix::fs::symlink(from, into).expect("the other validator's partition");
    let names = Names::new(&fixture, "data");
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    running.wait("/api/v1/results/LIVE", |law| law["oui_count"] == 40);
    running.wait("/api/v1/health", |health| {
        let written = &health["postgres_sequences"];
        let heads = health["ledger"].as_array().expect("partitions");
        let at_end =
            |head: &serde_json::Value| written[head["partition"].to_string()] == head["sequence"];
        heads.len() == 2 && heads.iter().all(at_end)
    });
    running.kill();
    let verified = tally(&names.args("verify", &["--postgres", &url]));
    assert!(verified.status.success(), "{}", stderr(&verified));
    let cursors = "SELECT count(*) FROM ledger_cursor";
    assert_eq!(postgres.sql_in("partitions", cursors), "2");
}
