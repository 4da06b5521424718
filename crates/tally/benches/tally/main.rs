//! Figures of the tally: recount from files, votes into PostgreSQL against COPY of the same rows, and
//! those of the night (`live.rs`).
//!
//! `cargo bench -p tally --bench tally -- VOTERS` (each votes on a law, a single-choice and a ranked
//! election); one JSON line a figure on standard output. With `hands VOTERS`, those of the two hands alone.

mod hands;
mod live;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use support::postgres::Postgres;
use support::program::{Names, stderr, tally};
use support::{Fixture, LIVE, RANKED, SINGLE};

const VOTERS: u32 = 300_000;
const LAG_SECONDS: u32 = 10;

fn main() {
    // Cargo passes `--bench` on; the first number is ours.
    let voters = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(VOTERS);
    if std::env::args().any(|arg| arg == "hands") {
        return hands::bench(voters);
    }
    let fixture = Fixture::new(voters);
    fill(&fixture, voters);
    let names = Names::new(&fixture, "data");
    let votes = u64::from(voters) * 3;
    bench_recount(&names, votes);
    bench_postgres(&names, votes);
    let fixture = Fixture::new(LAG_SECONDS * 1_000);
    let names = Names::new(&fixture, "data");
    live::bench_lag(&fixture, &names, LAG_SECONDS);
    live::bench_idle_clients(&fixture, &names);
}

/// Everybody votes, in the full batches of a busy hour.
fn fill(fixture: &Fixture, voters: u32) {
    let mut ballots = fixture.ballot_box("data");
    for from in (0..voters).step_by(4_096) {
        let to = voters.min(from + 4_096);
        for nth in from..to {
            for ballot in [LIVE, SINGLE, RANKED] {
                let choice = ballots.choice(ballot, nth, 3);
                ballots.send(ballot, nth, choice);
            }
        }
        for _ in 0..(to - from) * 3 {
            ballots.outcome();
        }
    }
    ballots.close();
}

fn seconds(work: impl FnOnce() -> std::process::Output) -> f64 {
    let started = Instant::now();
    let output = work();
    assert!(output.status.success(), "{}", stderr(&output));
    started.elapsed().as_secs_f64()
}

fn bench_recount(names: &Names, votes: u64) {
    let best = (0..3)
        .map(|_| seconds(|| tally(&names.args("count", &["--json"]))))
        .fold(f64::INFINITY, f64::min);
    report("recount", votes, best, None);
}

/// The floor is COPY of the audit rows alone: the tally writes counts and turnout besides.
fn bench_postgres(names: &Names, votes: u64) {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("bench");
    let (mut best, mut floor) = (f64::INFINITY, f64::INFINITY);
    for run in 0..3 {
        best = best.min(seconds(|| {
            tally(&names.args("rebuild", &["--postgres", &url]))
        }));
        postgres.sql_in(
            "bench",
            "DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE vote_audit INCLUDING ALL)",
        );
        let file = postgres.file("audit.copy");
        if run == 0 {
            postgres.sql_in("bench", &format!("COPY vote_audit TO '{file}' BINARY"));
        }
        let started = Instant::now();
        postgres.sql_in("bench", &format!("COPY copied FROM '{file}' BINARY"));
        floor = floor.min(started.elapsed().as_secs_f64());
    }
    report("postgres", votes, best, Some(floor));
}

fn report(bench: &str, votes: u64, seconds: f64, floor: Option<f64>) {
    // Counts of a bench: far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let rate = votes as f64 / seconds;
    let mut line = serde_json::json!({
        "bench": bench,
        "votes": votes,
        "seconds": seconds,
        "votes_per_second": rate.round(),
    });
    if let Some(floor) = floor {
        line["floor_seconds"] = floor.into();
        line["speed_of_floor"] = (floor / seconds).into();
    }
    println!("{line}");
}
