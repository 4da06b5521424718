//! The database's roles as an administrator grants them: who writes, and what others may read.

mod support;

use election::Choice;

use support::database::{database, wait_for_database};
use support::postgres::Postgres;
use support::program::{Names, Running, run_to_its_end, stderr, tally};
use support::{Fixture, LIVE, RANKED};

#[test]
fn the_writers_role_suffices_for_a_whole_night_and_no_more() {
    let Some((postgres, owners, fixture, names)) = database("roles", 40) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    // The owner makes the schema once; after that a login of the writers' role does.
    drop(Running::start(&names.args("run", &["--postgres", &owners])));
    postgres.sql_in(
        "roles",
        "CREATE ROLE clerk LOGIN; GRANT scrutin_writer TO clerk",
    );
    let clerks = postgres.url("clerk", "roles");
    let running = Running::start(&names.args("run", &["--postgres", &clerks]));
    // Rankings twice: the second time their rows are there and are written anew.
    for half in [0..10, 10..20] {
        for nth in half {
            ballots.vote(LIVE, nth, Choice::Oui);
            let ranking = ballots.choice(RANKED, nth, 3);
            ballots.vote(RANKED, nth, ranking);
        }
        wait_for_database(&running, &names);
    }
    running.kill();
    ballots.close();
    let verified = tally(&names.args("verify", &["--postgres", &clerks]));
    assert!(verified.status.success(), "{}", stderr(&verified));
    let may = |action: &str, table: &str| {
        let asked = format!("SELECT has_table_privilege('clerk', '{table}', '{action}')");
        postgres.sql_in("roles", &asked) == "t"
    };
    assert!(may("DELETE", "ranking_counts"));
    for table in [
        "vote_audit",
        "vote_results",
        "election_results",
        "duplicate_attempts",
        "ledger_cursor",
    ] {
        assert!(!may("DELETE", table) && !may("TRUNCATE", table), "{table}");
    }
}

/// What the demonstration's operators typed works here too: results, and audit rows by status.
#[test]
fn the_questions_of_the_demonstrations_operators_are_answered() {
    let Some((postgres, url, fixture, names)) = database("asked", 40) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 30);
    ballots.close();
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_database(&running, &names);
    let rows = |sql: &str| postgres.sql_in("asked", sql).lines().count();
    assert!(rows("SELECT * FROM election_results") > 0);
    assert!(rows("SELECT law_id, oui_count, non_count FROM vote_results ORDER BY law_id") > 0);
    assert!(rows("SELECT status, COUNT(*) FROM vote_audit GROUP BY status") >= 2);
    assert!(rows("SELECT * FROM duplicate_attempts ORDER BY attempt_count DESC LIMIT 10") > 0);
    let choices = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'vote_audit' AND column_name LIKE '%choice%'";
    assert_eq!(postgres.sql_in("asked", choices), "0");
}

#[test]
fn a_wrong_password_is_told_without_showing_it() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    postgres.database("locked");
    postgres.sql_in(
        "locked",
        "CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'synthetic-right'",
    );
    let rules = postgres.file("pg_hba.conf");
    let old = std::fs::read_to_string(&rules).expect("the server's rules");
    let locked = format!("host all locked 127.0.0.1/32 scram-sha-256\n{old}");
    std::fs::write(&rules, locked).expect("written");
    postgres.sql_in("locked", "SELECT pg_reload_conf()");
    let fixture = Fixture::new(10);
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let file = fixture.path("password");
    let url = postgres.url("locked", "locked");
    let given = file.to_str().expect("UTF-8");
    let args = ["--postgres", &url, "--postgres-password-file", given];
    specimen::write_secret(&file, "synthetic-wrong\n");
    let refused = run_to_its_end(&names.args("run", &args));
    let said = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("check the user"), "{said}");
    assert!(!said.contains("synthetic"), "{said}");
    specimen::write_secret(&file, "synthetic-right\n");
    wait_for_database(&Running::start(&names.args("run", &args)), &names);
}
