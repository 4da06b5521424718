//! The tally into a real PostgreSQL: exactly once, whatever crashes, and nothing joinable.

mod support;

use std::time::{Duration, Instant};

use election::Choice;

use support::database::{assert_verified, database, verify, wait_for_database};
use support::log::cover;
use support::postgres::Postgres;
use support::program::{Names, Running, run_to_its_end, stderr, stdout, tally};
use support::{Fixture, LATER, LIVE, OVER, OVER_MS, RANKED, SINGLE, STEPS, mix};

#[test]
fn invariant_1_memory_recount_and_database_agree_and_rows_can_be_rebuilt() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("agree");
    let fixture = Fixture::new(80);
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 70);
    ballots.set_time(OVER_MS);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_database(&running, &names);
    assert_verified(&names, &url);

    let count = tally(&names.args("count", &["--json"]));
    let count: serde_json::Value = serde_json::from_str(&stdout(&count)).expect("JSON");
    for (at, id) in [(LIVE, "LIVE"), (OVER, "OVER")] {
        let counted = &count["ballots"][usize::from(at)]["result"];
        let served = running.json(&format!("/api/v1/results/{id}"));
        assert_eq!(&served, counted);
        let row = postgres.sql_in(
            "agree",
            &format!(
                "SELECT oui_count, non_count, blanc_count FROM vote_results WHERE law_id = '{id}'"
            ),
        );
        let text = |name: &str| counted[name].to_string();
        let expected = [text("oui_count"), text("non_count"), text("blanc_count")].join("|");
        assert_eq!(row, expected, "{id}");
    }
    for (at, number) in [(SINGLE, 1), (RANKED, 2)] {
        let counted = &count["ballots"][usize::from(at)]["result"];
        assert_eq!(
            &running.json(&format!("/api/v1/elections/{number}/results")),
            counted
        );
    }
    drop(running);
    postgres.sql_in(
        "agree",
        "UPDATE vote_results SET oui_count = oui_count + 1 WHERE law_id = 'LIVE'",
    );
    let (status, text) = verify(&names, &url);
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("vote_results") && text.contains("LIVE"),
        "{text}"
    );
    let victim = "(SELECT vote_hash FROM vote_audit WHERE law_id = 'SINGLE' AND status = 'accepted' LIMIT 1)";
    postgres.sql_in(
        "agree",
        &format!("DELETE FROM vote_audit WHERE vote_hash = {victim}"),
    );
    let (status, text) = verify(&names, &url);
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("vote_audit has 69 accepted votes on SINGLE, the ledger 70"),
        "{text}"
    );
    let output = tally(&names.args("rebuild", &["--postgres", &url]));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_verified(&names, &url);
}

/// A validator that has just taken a partition serves the checkpoint that it signed when it had it last.
#[test]
fn tables_that_are_ahead_of_the_newest_checkpoint_wait_for_another() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("ahead");
    let fixture = Fixture::logged(30);
    let mut ballots = fixture.ballot_box("data");
    for from in (0..30).step_by(5) {
        ballots.fill(from, from + 5);
    }
    ballots.close();
    let names = Names::new(&fixture, "data");
    let all = cover(&fixture, "data", None, &[0, 1]);
    let args = names.args("run", &["--postgres", &url]);
    let running = Running::start(&args);
    wait_for_database(&running, &names);
    drop(running);
    cover(&fixture, "data", Some(all - 3), &[0, 1]);
    let running = Running::start(&args);
    // Longer than a ledger may seem to end before the tables.
    std::thread::sleep(Duration::from_secs(6));
    let stands = running.json("/api/v1/health")["ledger"][0]["sequence"].clone();
    assert_eq!(stands, all - 3, "{}", running.log());
    cover(&fixture, "data", None, &[0, 1]);
    wait_for_database(&running, &names);
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 30);
    assert_verified(&names, &url);
}

#[test]
fn every_vote_is_written_once_through_kills_of_tally_and_server() {
    let Some(mut postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("kills");
    // `make crash-tally KILLS=100` asks for more than every test run can wait for.
    let wanted = std::env::var("KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(12u32);
    let voters = wanted * 40;
    let fixture = Fixture::new(voters);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 5);
    let mut kills = 0;
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for from in (5..voters).step_by(5) {
                ballots.fill(from, from + 5);
                std::thread::sleep(Duration::from_millis(40));
            }
            ballots.close();
            done.store(true, std::sync::atomic::Ordering::Release);
        });
        while !done.load(std::sync::atomic::Ordering::Acquire) || kills < wanted {
            let running = Running::start(&names.args("run", &["--postgres", &url]));
            std::thread::sleep(Duration::from_millis(mix(kills.into()) % 400));
            if kills % 6 == 3 {
                postgres.crash();
                std::thread::sleep(Duration::from_millis(100));
                postgres.launch();
                std::thread::sleep(Duration::from_millis(mix(kills.into()) % 600));
            }
            running.kill();
            kills += 1;
        }
    });
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_database(&running, &names);
    assert_verified(&names, &url);
    let accepted = "SELECT count(*) FROM vote_audit WHERE status = 'accepted'";
    assert_eq!(postgres.sql_in("kills", accepted), (voters * 6).to_string());
    println!(
        "{}",
        serde_json::json!({"kills": kills, "votes": voters * 6, "differences": 0})
    );
}

#[test]
fn two_tallies_on_one_database_double_nothing() {
    let Some((postgres, url, fixture, names)) = database("two", 200) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 20);
    let args = names.args("run", &["--postgres", &url]);
    let (first, second) = (Running::start(&args), Running::start(&args));
    for from in (20..100).step_by(10) {
        ballots.fill(from, from + 10);
    }
    let heads = "SELECT COALESCE(max(seq), 0) FROM ledger_cursor";
    let started = Instant::now();
    while postgres.sql_in("two", heads) == "0" {
        assert!(started.elapsed() < Duration::from_secs(20), "nobody writes");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Whichever of them writes: the other takes over where it stopped.
    first.kill();
    ballots.fill(100, 120);
    ballots.close();
    wait_for_database(&second, &names);
    assert_verified(&names, &url);
}

#[test]
fn another_ledger_another_custody_and_a_newer_schema_are_refused() {
    let Some((postgres, url, fixture, names)) = database("refused", 40) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 10);
    ballots.fill(10, 20);
    ballots.close();
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_database(&running, &names);
    running.kill(); // It would keep the writer's lock.
    let before = postgres.dump("refused");
    let refused = |args: &[&str], words: &str| {
        let output = run_to_its_end(args);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    };
    // A ledger of the same package with another history: longer, then shorter.
    let mut others = fixture.ballot_box("other");
    others.fill(0, 7);
    for nth in 7..40 {
        others.vote(LIVE, nth, Choice::Non);
    }
    others.close();
    let other = Names::new(&fixture, "other");
    refused(
        &other.args("run", &["--postgres", &url]),
        "follows another ledger",
    );
    let mut short = fixture.ballot_box("short");
    short.vote(LIVE, 0, Choice::Oui);
    short.close();
    let short = Names::new(&fixture, "short");
    refused(
        &short.args("run", &["--postgres", &url]),
        "older copy or another ledger",
    );
    let stranger = Fixture::new(40);
    stranger.ballot_box("data").close();
    let strangers = Names::new(&stranger, "data");
    refused(
        &strangers.args("run", &["--postgres", &url]),
        "name another database",
    );
    let sealed = [
        "run",
        "--ledger",
        &names.ledger,
        "--package",
        &names.package,
        "--trust",
        &names.trust,
        "--postgres",
        &url,
    ];
    refused(&sealed, "no --mask was given");
    let strip = |dump: &str| -> Vec<String> {
        dump.lines()
            .filter(|line| !line.contains("restrict"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        strip(&postgres.dump("refused")),
        strip(&before),
        "a refused tally wrote something"
    );
    postgres.sql_in(
        "refused",
        "UPDATE ledger_cursor SET hash = decode(repeat('ab', 32), 'hex')",
    );
    refused(
        &names.args("run", &["--postgres", &url]),
        "follows another ledger",
    );
    postgres.sql_in(
        "refused",
        "INSERT INTO schema_migrations VALUES (99, 'future')",
    );
    refused(
        &names.args("run", &["--postgres", &url]),
        "schema has version 99",
    );
}

/// A tally that writes does not know what a migration changes under it.
#[test]
fn a_schema_is_not_migrated_under_a_tally_that_writes() {
    let Some((postgres, url, fixture, names)) = database("written", 10) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 10);
    ballots.close();
    let args = names.args("run", &["--postgres", &url]);
    let running = Running::start(&args);
    wait_for_database(&running, &names);
    let last = "FROM schema_migrations WHERE version = 4";
    postgres.sql_in("written", &format!("CREATE TABLE kept AS SELECT * {last}"));
    postgres.sql_in("written", &format!("DELETE {last}"));
    let output = run_to_its_end(&args);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for words in ["has version 3", "would make it 4", "stop that one first"] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(
        postgres.sql_in("written", "SELECT max(version) FROM schema_migrations"),
        "3"
    );
    running.kill();
    postgres.sql_in(
        "written",
        "INSERT INTO schema_migrations SELECT * FROM kept",
    );
    let next = Running::start(&args);
    wait_for_database(&next, &names);
}

#[test]
fn a_changed_or_unknown_migration_is_refused() {
    let Some((postgres, url, fixture, names)) = database("migrated", 10) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 5);
    ballots.close();
    let rebuild = || tally(&names.args("rebuild", &["--postgres", &url]));
    let output = rebuild();
    assert!(output.status.success(), "{}", stderr(&output));
    let sql = |text: &str| postgres.sql_in("migrated", text);
    let sums = || sql("SELECT version, name, sha256 FROM schema_migrations ORDER BY version");
    let released = sums();
    assert!(released.lines().all(|line| line.len() > 64), "{released}");
    // A database of a tally that kept no checksums gets them.
    sql("ALTER TABLE schema_migrations DROP COLUMN sha256");
    assert_verified(&names, &url);
    assert!(rebuild().status.success());
    assert_eq!(sums(), released);
    for (change, mend) in [
        (
            "UPDATE schema_migrations SET sha256 = repeat('0', 64) WHERE version = 2",
            "UPDATE schema_migrations SET sha256 = NULL WHERE version = 2",
        ),
        (
            "UPDATE schema_migrations SET name = 'other' WHERE version = 2",
            "UPDATE schema_migrations SET name = 'roles' WHERE version = 2",
        ),
        (
            "UPDATE schema_migrations SET version = 0 WHERE version = 1",
            "UPDATE schema_migrations SET version = 1 WHERE version = 0",
        ),
    ] {
        sql(change);
        let before = sql("SELECT count(*) FROM vote_audit");
        let (status, text) = verify(&names, &url);
        for (status, text) in [
            (status, text),
            (rebuild().status.code(), stderr(&rebuild())),
        ] {
            assert_eq!(status, Some(1), "{change}: {text}");
            assert!(
                text.contains("is not the one of this program"),
                "{change}: {text}"
            );
        }
        assert_eq!(sql("SELECT count(*) FROM vote_audit"), before, "{change}");
        sql(mend);
    }
    assert!(rebuild().status.success());
    assert_eq!(sums(), released);
}

#[test]
fn a_server_that_refuses_ends_the_start() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("refusing");
    let fixture = Fixture::new(10);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let refused = |url: &str, words: &str| {
        let output = run_to_its_end(&names.args("run", &["--postgres", url]));
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert!(!stderr(&output).contains("hunter2"), "{}", stderr(&output));
    };
    refused("nonsense hunter2", "postgres://USER@HOST:PORT/DATABASE");
    refused(&postgres.url("tally", "nowhere"), "createdb");
    refused(&postgres.url("nobody", "refusing"), "check the user");
    postgres.sql_in("refusing", "CREATE ROLE watcher LOGIN");
    refused(&postgres.url("watcher", "refusing"), "may not write here");
    wait_for_schema(&names, &url);
    refused(&postgres.url("watcher", "refusing"), "may not write here");
    postgres.sql_in("refusing", "GRANT scrutin_reader TO watcher");
    refused(&postgres.url("watcher", "refusing"), "may not write here");
}

/// Starts a tally once, so that the schema is there.
fn wait_for_schema(names: &Names, url: &str) {
    drop(Running::start(&names.args("run", &["--postgres", url])));
}

#[test]
fn counts_reach_the_database_as_their_policy_allows() {
    let Some((postgres, url, fixture, names)) = database("policy", 60) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    let total = |law: &str| {
        postgres.sql_in("policy", &format!("SELECT oui_count + non_count + blanc_count FROM vote_results WHERE law_id = '{law}'"))
    };
    for nth in 0..19 {
        for ballot in [LIVE, STEPS, LATER, OVER] {
            ballots.vote(ballot, nth, Choice::Oui);
        }
    }
    wait_for_database(&running, &names);
    assert_eq!(
        [total("LIVE"), total("STEPS"), total("LATER"), total("OVER")],
        ["19", "0", "0", "0"],
        "no closing frame of OVER was read yet"
    );
    assert_verified(&names, &url);
    ballots.set_time(OVER_MS);
    let started = std::time::Instant::now();
    while total("OVER") != "19" {
        assert!(
            started.elapsed().as_secs() < 20,
            "OVER stays at {}",
            total("OVER")
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_verified(&names, &url);
    ballots.vote(STEPS, 19, Choice::Non);
    ballots.close();
    wait_for_database(&running, &names);
    assert_eq!([total("STEPS"), total("LATER")], ["10", "0"]);
    assert_verified(&names, &url);
    let audit = "SELECT count(*) FROM vote_audit WHERE law_id = 'LATER' AND status = 'accepted'";
    assert_eq!(postgres.sql_in("policy", audit), "19");
}

/// One plan of releases: the database once took whatever a group of frames had come to.
#[test]
fn api_and_database_release_with_the_same_frames() {
    let Some((postgres, url, fixture, names)) = database("plan", 60) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    for nth in 0..33 {
        ballots.vote(STEPS, nth, Choice::Oui);
    }
    ballots.close();
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_database(&running, &names);
    running.wait("/api/v1/results/STEPS", |law| law["total_votes"] == 20);
    let sql = "SELECT oui_count, to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM vote_results WHERE law_id = 'STEPS'";
    assert_eq!(postgres.sql_in("plan", sql), "20|2025-07-15");
    let step = "SELECT seq FROM result_steps WHERE ballot_id = 'STEPS'";
    let position = &running.json("/api/v1/results/STEPS")["position"][0];
    assert_eq!(
        postgres.sql_in("plan", step),
        position["sequence"].to_string()
    );
    assert_verified(&names, &url);
}

#[test]
fn invariant_5_no_row_joins_who_and_what() {
    let Some((postgres, url, fixture, names)) = database("secrecy", 60) else {
        return;
    };
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    ballots.fill(0, 40);
    wait_for_database(&running, &names);
    // Votes that come alone, each in a transaction of its own: the hardest case.
    for nth in 40..46 {
        for ballot in [LIVE, SINGLE, RANKED] {
            let choice = ballots.choice(ballot, nth, 9);
            ballots.vote(ballot, nth, choice);
            wait_for_database(&running, &names);
        }
    }
    ballots.close();
    // The rankings' rewriting is rare on purpose: wait for the last.
    std::thread::sleep(Duration::from_millis(3_500));
    assert_verified(&names, &url);
    assert_eq!(
        postgres.sql_in("secrecy", "SELECT sum(votes) FROM ranking_counts"),
        "46"
    );
    let sql = |query: &str| postgres.sql_in("secrecy", query);
    let columns = "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ";
    assert_eq!(
        sql(&format!("{columns}'vote_audit'")),
        "vote_hash,law_id,status,reason,attempts,timestamp"
    );
    assert_eq!(
        sql(&format!("{columns}'duplicate_attempts'")),
        "vote_hash,law_id,attempt_count,first_attempt,last_attempt"
    );
    let hashes = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND column_name LIKE '%hash%' AND table_name NOT IN ('vote_audit', 'duplicate_attempts', 'ledger_cursor')";
    assert_eq!(sql(hashes), "0", "a digest column beside counts");
    let serials = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'S' AND nspname = 'public'";
    assert_eq!(sql(serials), "0", "a serial tells the order of rows");
    // Within a unit every row was written by one command of one transaction.
    for table in ["election_results", "ranking_counts"] {
        let writers = format!(
            "SELECT max(n) FROM (SELECT count(DISTINCT (xmin::text, cmin::text)) AS n FROM {table} GROUP BY election_id, region_id) AS units"
        );
        assert_eq!(
            sql(&writers),
            "1",
            "{table}: rows of one unit differ in xmin or cmin"
        );
    }
    let order = "SELECT bool_and(ranking >= before) FROM (SELECT ranking, lag(ranking) OVER (PARTITION BY election_id, region_id ORDER BY ctid) AS before FROM ranking_counts) AS rows";
    assert_eq!(sql(order), "t", "rankings lie in order of arrival");
    let times =
        r#"SELECT count(*) FROM vote_audit WHERE "timestamp" <> date_trunc('hour', "timestamp")"#;
    assert_eq!(
        sql(times),
        "0",
        "an audit row has a time finer than the hour"
    );
    for key in ["count.key", "mask.key"] {
        let secret = std::fs::read_to_string(fixture.path(key)).expect("key");
        let secret = secret.split(':').nth(1).expect("hex");
        assert!(!postgres.dump("secrecy").contains(secret));
    }
}
