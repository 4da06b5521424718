//! What operators and readers of the database meet: a server that is away, a schema in the way, and SQL
//! that was written for the first design.

mod support;

use std::process::Output;

use election::{BallotIndex, Choice};

use support::database::{assert_verified, database, wait_for_database};
use support::postgres::Postgres;
use support::program::{Names, Running, run_to_its_end, stderr, tally};
use support::{Fixture, LIVE};

/// It once needed the server at its start, and survived its loss only later.
#[test]
fn a_tally_starts_without_its_database_and_catches_up() {
    let Some((mut postgres, url, fixture, names)) = database("late", 40) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 30);
    ballots.close();
    postgres.crash();
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    running.wait("/api/v1/health", |health| {
        health["services"]["ledger"] == "healthy"
    });
    let health = running.json("/api/v1/health");
    assert_eq!(health["services"]["postgres"], "degraded");
    assert_eq!(running.json("/api/v1/results/LIVE")["total_votes"], 30);
    assert!(
        running.log().contains("starting without the database"),
        "{}",
        running.log()
    );
    let away = "postgres://tally:hunter2@127.0.0.1:1/x";
    let elsewhere = Running::start(&names.args("run", &["--postgres", away]));
    let told = elsewhere.log();
    assert!(
        told.contains("not reachable") && !told.contains("hunter2"),
        "{told}"
    );
    postgres.launch();
    wait_for_database(&running, &names);
    assert_verified(&names, &url);
    assert!(
        running.log().contains("the database is back"),
        "{}",
        running.log()
    );
}

#[test]
fn a_schema_in_the_way_and_a_dropped_table_are_told_with_the_remedy() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let fixture = Fixture::new(10);
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let refused = |url: &str, words: [&str; 2]| {
        for command in ["run", "rebuild"] {
            let output = run_or_rebuild(&names, command, url);
            let told = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{command}: {told}");
            for words in words {
                assert!(told.contains(words), "{command}: {told}");
            }
        }
    };
    let first = postgres.database("first_design");
    postgres.sql_in("first_design", SEEDS_TABLES);
    refused(&first, ["already exists", "name an empty database"]);
    let dropped = postgres.database("dropped");
    assert!(run_or_rebuild(&names, "rebuild", &dropped).status.success());
    postgres.sql_in(
        "dropped",
        "DROP VIEW seeds.vote_results; DROP TABLE vote_results",
    );
    refused(&dropped, ["vote_results", "tally rebuild"]);
}

/// It once ended the tally in the middle of the night.
#[test]
fn results_go_on_where_a_table_is_dropped_under_a_running_tally() {
    let Some((postgres, url, fixture, names)) = database("under", 40) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 10);
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_database(&running, &names);
    postgres.sql_in(
        "under",
        "DROP VIEW seeds.vote_results; ALTER TABLE vote_results RENAME TO elsewhere",
    );
    ballots.fill(10, 30);
    ballots.close();
    running.wait("/api/v1/results/LIVE", |law| law["total_votes"] == 30);
    running.wait("/api/v1/health", |health| {
        health["services"]["postgres"] == "degraded"
    });
    let told = running.log();
    for words in ["tally rebuild", "results are served from the ledger"] {
        assert!(told.contains(words), "{told}");
    }
    postgres.sql_in("under", "ALTER TABLE elsewhere RENAME TO vote_results");
    wait_for_database(&running, &names);
    assert_verified(&names, &url);
}

fn run_or_rebuild(names: &Names, command: &str, url: &str) -> Output {
    let args = names.args(command, &["--postgres", url]);
    match command {
        "run" => run_to_its_end(&args),
        _ => tally(&args),
    }
}

/// The tables of the first design, as its documents write them, but for the indexes, which they put
/// where PostgreSQL takes none.
const SEEDS_TABLES: &str = "
CREATE TABLE vote_results (
  law_id VARCHAR(50) PRIMARY KEY,
  oui_count BIGINT DEFAULT 0,
  non_count BIGINT DEFAULT 0,
  updated_at TIMESTAMP DEFAULT NOW()
);

CREATE TABLE vote_audit (
  id BIGSERIAL PRIMARY KEY,
  vote_hash VARCHAR(64) NOT NULL,
  law_id VARCHAR(50) NOT NULL,
  vote VARCHAR(3) NOT NULL,
  status VARCHAR(20) NOT NULL, -- 'accepted', 'duplicate', 'invalid'
  timestamp TIMESTAMP DEFAULT NOW()
);

CREATE TABLE duplicate_attempts (
  vote_hash VARCHAR(64) PRIMARY KEY,
  attempt_count INT DEFAULT 1,
  first_attempt TIMESTAMP DEFAULT NOW(),
  last_attempt TIMESTAMP DEFAULT NOW()
);
";

/// `WHERE vote_hash = '<64 hex>'` once found nothing.
#[test]
fn sql_of_the_first_design_runs_word_for_word() {
    let Some((postgres, url, fixture, names)) = database("words", 40) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 34);
    ballots.close();
    assert!(run_or_rebuild(&names, "rebuild", &url).status.success());
    // Every column of the first design is there, and has its type.
    postgres.database("design");
    postgres.sql_in("design", SEEDS_TABLES);
    let columns = |schema: &str| {
        format!(
            "SELECT table_name, column_name, data_type, character_maximum_length
             FROM information_schema.columns WHERE table_schema = '{schema}'"
        )
    };
    let had = postgres.sql_in("words", &columns("seeds"));
    for column in postgres.sql_in("design", &columns("public")).lines() {
        assert!(
            had.lines().any(|line| line == column),
            "{column} is not in\n{had}"
        );
    }
    let ask = |sql: &str| {
        let sql = format!("SET search_path = seeds, public; {sql}");
        postgres.sql_in("words", &sql)
    };
    let (shard, ordinal, _) = fixture.credential(LIVE, 0).expect("on the roll");
    let digest = fixture.package.digest_at(BallotIndex(LIVE), shard, ordinal);
    let digest = digest.expect("sound bytes");
    let kept = digest.expect("a digest").to_string();
    let whole = format!("{kept}{}", "5a".repeat(16));
    assert_eq!(whole.len(), 64);
    for hash in [&whole, &kept, &whole.to_uppercase()] {
        let audit = format!(
            "SELECT law_id, status, vote FROM vote_audit WHERE vote_hash = '{hash}' ORDER BY id"
        );
        assert_eq!(ask(&audit), "LIVE|accepted|\nLIVE|duplicate|");
        let sql =
            format!("SELECT attempt_count FROM duplicate_attempts WHERE vote_hash = '{hash}'");
        assert_eq!(ask(&sql), "2");
    }
    let nobody = "0".repeat(64);
    let audit = format!("SELECT count(*) FROM vote_audit WHERE vote_hash = '{nobody}'");
    assert_eq!(ask(&audit), "0");
    let results =
        "SELECT oui_count, non_count, total_votes FROM vote_results WHERE law_id = 'LIVE'";
    assert!(ask(results).ends_with("|34"), "{}", ask(results));
    assert!(!ask("SELECT * FROM election_results;").is_empty());
    let columns = "SELECT election_code, election_name, election_type, start_datetime, end_datetime, voting_method, status FROM elections ORDER BY id";
    assert!(
        ask(columns).contains("ranked_choice|active"),
        "{}",
        ask(columns)
    );
    let names = "SELECT first_name, last_name, bio FROM candidates LIMIT 1";
    assert!(ask(names).starts_with("C.|Candidat-"));
}
