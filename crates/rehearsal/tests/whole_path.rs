//! A small election with the real programs, and what must hold when it is over.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use rehearsal::api::{self, HealthStatus};
use rehearsal::counts::Counts;
use rehearsal::demo;
use rehearsal::outside::Verifier;
use rehearsal::ports;
use rehearsal::postgres::Postgres;
use rehearsal::prepare::Stage;
use rehearsal::search::{Searched, Secrets};
use rehearsal::steps::Steps;

const VOTERS: u32 = 300;

async fn played() -> (tempfile::TempDir, Stage) {
    let (dir, stage) = support::stage();
    let stage = Stage {
        is_witnessed: true,
        ..stage
    };
    let verifier = specimen::python().map(|python| Verifier::find(&python).unwrap());
    let shown = demo::run(&stage, (VOTERS, 1), verifier.as_ref(), &mut Steps::new())
        .await
        .unwrap();
    let verdict = shown.verdict();
    assert!(
        verdict.starts_with("VERDICT: every vote counted once (1200 votes"),
        "{verdict}"
    );
    if verifier.is_some() {
        let outside = "cosigned by 2 of 3 witnesses; the independent verifier agrees";
        assert!(verdict.ends_with(outside), "{verdict}");
    }
    (dir, stage)
}

/// Has the tally write the ledger into a new database, until that holds every frame and counts what was
/// acknowledged. Tells what it counts, which is something else where half a minute was not enough.
async fn write_database(stage: &Stage, postgres: &Postgres, database: &str) -> Counts {
    let url = postgres.database(database).await.unwrap();
    let at = ports::free().unwrap();
    let tally = stage.reading("run").await.unwrap();
    let tally = tally
        .flag("--postgres", url)
        .flag("--listen", at.to_string())
        .flag("--internal", ports::free().unwrap().to_string());
    let mut tally = tally.start().unwrap();
    let (acknowledged, _) = stage.acknowledged().unwrap();
    let mut counts = Counts::new();
    for _ in 0..600 {
        tally.check().unwrap();
        if holds_every_frame(at).await {
            // Releases and rankings come a moment behind the frames.
            counts = postgres.counts(database).await.unwrap();
            if counts == acknowledged {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tally.stop().await.unwrap();
    counts
}

/// Whether the database of the tally `at` stands at the ledger's end. A tally that has just been started does
/// not answer yet.
async fn holds_every_frame(at: SocketAddr) -> bool {
    let Ok(health) = api::tally_health(at).await else {
        return false;
    };
    let is_written = health.counted().is_some() && health.written() == health.counted();
    health.status == HealthStatus::Healthy && is_written
}

/// The answers, the files, the stream's API (compared by the demo itself) and the database.
#[tokio::test]
async fn invariant_1_every_count_is_the_ledgers() {
    let (_dir, stage) = played().await;
    let (acknowledged, _) = stage.acknowledged().unwrap();
    assert_eq!(stage.counted_from_files().await.unwrap(), acknowledged);
    let Some(postgres) = support::postgres(&stage).await else {
        return;
    };
    let counted = write_database(&stage, &postgres, "election").await;
    assert_eq!(counted, acknowledged);
    // Derived means it can be thrown away: the same rows come back from the ledger alone.
    let dropped = postgres.sql("postgres", "DROP DATABASE election").await;
    dropped.unwrap();
    let counted = write_database(&stage, &postgres, "election").await;
    assert_eq!(counted, acknowledged);
}

/// Data, package, logs, truth file, everything on the online machine, and a database dump.
#[tokio::test]
async fn invariant_4_nas_and_code_never_rest() {
    let (dir, stage) = played().await;
    let searched = demo::search(&stage).unwrap();
    assert!(
        searched.files > 20 && searched.bytes > 100_000,
        "{searched:?}"
    );
    if let Some(postgres) = support::postgres(&stage).await {
        write_database(&stage, &postgres, "election").await;
        let dumps = dir.path().join("dumps");
        fs::create_dir(&dumps).unwrap();
        let dump = postgres.dump("election").await.unwrap();
        fs::write(dumps.join("election.sql"), dump).unwrap();
        let secrets = Secrets::of_roll(&stage.machines.roll()).unwrap();
        let mut searched = Searched::default();
        assert_eq!(secrets.search(&dumps, &mut searched).unwrap(), None);
        assert!(
            searched.bytes > 10_000,
            "a dump without rows proves nothing: {searched:?}"
        );
    }
    // The search can fail: what one careless log line would leave behind is found.
    let roll = fs::read_to_string(stage.machines.voters()).unwrap();
    let nas = roll
        .lines()
        .nth(7)
        .and_then(|row| row.split(',').next())
        .unwrap();
    fs::write(
        stage.machines.logs().join("careless.log"),
        format!("refused voter {nas}\n"),
    )
    .unwrap();
    let error = demo::search(&stage).unwrap_err().to_string();
    assert!(
        error.contains("careless.log") && !error.contains(nas),
        "{error}"
    );
}

/// `tally verify --expect` is the judge of load tests: it must notice one vote and one receipt.
#[tokio::test]
async fn verify_notices_one_vote_and_one_receipt() {
    let (_dir, stage) = played().await;
    stage.verify().await.unwrap();
    let truth = fs::read_to_string(stage.machines.truth()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let counts = &value["ballots"]["L2025-001"]["counts"][0]["votes"];
    let mut other_vote = value.clone();
    other_vote["ballots"]["L2025-001"]["counts"][0]["votes"] =
        (counts.as_u64().unwrap() + 1).into();
    let mut other_receipt = value.clone();
    let receipt = value["receipts"][0].as_str().unwrap();
    let last = if receipt.ends_with('0') { '1' } else { '0' };
    other_receipt["receipts"][0] = format!("{}{last}", &receipt[..receipt.len() - 1]).into();
    for (altered, what) in [(other_vote, "vote"), (other_receipt, "receipt")] {
        fs::write(stage.machines.truth(), altered.to_string()).unwrap();
        let error = stage.verify().await.expect_err(what).to_string();
        assert!(
            error.contains("L2025-001") || error.contains("receipt"),
            "{what}: {error}"
        );
    }
}
