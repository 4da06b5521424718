//! Validators that do not belong to those that share a ledger: each is told why, and none of them writes.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use rehearsal::child::Call;
use rehearsal::http;
use rehearsal::prepare::Stage;
use rehearsal::replicas::Replicas;
use rehearsal::services::{self, Addresses};
use rehearsal::steps::Steps;

/// What a call that must not succeed says.
async fn refused(call: Call) -> String {
    let outcome = tokio::time::timeout(Duration::from_secs(30), call.run()).await;
    let refused = outcome
        .expect("it ends by itself")
        .expect_err("it is refused");
    format!("{refused:#}")
}

fn member(stage: &Stage, replicas: &Replicas, name: &str) -> Call {
    let at = Addresses::free().unwrap();
    stage.member_call(&replicas.shared(), name, at).unwrap()
}

#[tokio::test]
async fn a_validator_that_does_not_belong_is_told_why() {
    let (_dir, stage) = support::shared_stage();
    if !support::has_postgres() {
        return;
    }
    stage.prepare(200, 1, &mut Steps::new()).await.unwrap();
    let replicas = Replicas::start(&stage).await.unwrap();
    let said = refused(member(&stage, &replicas, "v1")).await;
    assert!(said.contains("no ledger was begun there"), "{said}");
    stage.begin_on(&replicas.shared()).await.unwrap();

    let (_other_dir, other) = support::shared_stage();
    other.prepare(200, 2, &mut Steps::new()).await.unwrap();
    let said = refused(member(&other, &replicas, "v1")).await;
    assert!(said.contains("the ledger of another package"), "{said}");

    let at = Addresses::free().unwrap();
    let first = stage.member_call(&replicas.shared(), "v1", at);
    let mut first = first.unwrap().start().unwrap();
    let alive = "SELECT count(*) FROM ledger_members WHERE name = 'v1'";
    while replicas.sql(alive).await.unwrap().trim() != "1" {
        first.check().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let said = refused(member(&stage, &replicas, "v1")).await;
    let expected = "another validator is called v1, and is alive";
    assert!(said.contains(expected), "{said}");

    let of_v1 = replicas.shared().dir.join("v1");
    let call = member(&stage, &replicas, "v2")
        .variable("VALIDATOR_RELAY_CERTIFICATE", of_v1.join("server.pem"))
        .variable("VALIDATOR_RELAY_KEY", of_v1.join("server.key"));
    let said = refused(call).await;
    assert!(said.contains("ledger.member is v2"), "{said}");

    replicas
        .sql("UPDATE ledger_schema SET version = 1")
        .await
        .unwrap();
    let said = refused(member(&stage, &replicas, "v2")).await;
    assert!(said.contains("the tables have version 1"), "{said}");
    let checks = stage.check_on(&replicas.shared(), "v2").unwrap();
    let said = refused(checks.clone()).await;
    assert!(said.contains("its tables have version 1"), "{said}");
    replicas
        .sql("UPDATE ledger_schema SET version = 2")
        .await
        .unwrap();
    checks.run().await.unwrap();
    let told = fs::read_to_string(stage.machines.logs().join("validator.log")).unwrap();
    assert!(told.contains("speaks version 1 of the relay"), "{told}");

    // The ledger of a later release: one that took a partition over would stop at its first link.
    let vote = serde_json::json!({
        "nas": "123456789", "code": "ABC123", "law_id": "L2025-001", "vote": "oui",
    });
    let headers = "SELECT count(*) FROM ledger_links WHERE number = 1";
    let deadline = Instant::now() + Duration::from_secs(30);
    while replicas.sql(headers).await.unwrap().trim() == "0" {
        assert!(Instant::now() < deadline, "the vote began no partition");
        first.check().unwrap();
        let _ = http::post(at.public, "/api/v1/vote", &vote).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let later = "UPDATE ledger_links SET body = set_byte(body, 7, ascii('3')) WHERE number = 1";
    replicas.sql(later).await.unwrap();
    for call in [member(&stage, &replicas, "v2"), checks] {
        let said = refused(call).await;
        assert!(said.contains("format version 3"), "{said}");
    }
    let alive = "SELECT count(*) FROM ledger_members WHERE name = 'v2'";
    assert_eq!(replicas.sql(alive).await.unwrap().trim(), "0");
    first.stop().await.unwrap();
}

/// Its votes are recorded all the same, by the others.
#[tokio::test]
async fn a_validator_whose_clock_is_wrong_owns_nothing_and_hands_votes_on() {
    let (dir, stage) = support::shared_stage();
    if !support::has_postgres() {
        return;
    }
    stage.prepare(200, 1, &mut Steps::new()).await.unwrap();
    let replicas = Replicas::start(&stage).await.unwrap();
    stage.begin_on(&replicas.shared()).await.unwrap();
    let (sound, wrong) = (Addresses::free().unwrap(), Addresses::free().unwrap());
    let shared = replicas.shared();
    let mut first = stage
        .member_call(&shared, "v1", sound)
        .unwrap()
        .start()
        .unwrap();
    let clock = dir.path().join("clock");
    fs::write(&clock, "5000").unwrap();
    let call = stage.member_call(&shared, "v2", wrong).unwrap();
    let call = call
        .by(stage.programs.path("examples/moved_clock"))
        .variable("MOVED_CLOCK", &clock);
    let mut second = call.start().unwrap();
    services::wait_until_ready(&mut first, sound.public)
        .await
        .unwrap();
    services::wait_until_ready(&mut second, wrong.public)
        .await
        .unwrap();
    // Longer than it takes to share the partitions out.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let owned = |at: Addresses| services::metric(at.internal, "ledger_partitions_owned");
    assert_eq!(owned(sound).await.unwrap(), u64::from(stage.partitions));
    assert_eq!(owned(wrong).await.unwrap(), 0);
    let roll = fs::read_to_string(stage.machines.voters()).unwrap();
    let voter: Vec<&str> = roll.lines().nth(1).unwrap().split(',').collect();
    let vote = serde_json::json!({
        "nas": voter[0], "code": voter[1], "law_id": "L2025-001", "vote": "oui"
    });
    let answer = http::post(wrong.public, "/api/v1/vote", &vote)
        .await
        .unwrap();
    assert_eq!(answer.status, 202);
    let told = "the clocks of this validator and the database are apart";
    assert!(
        second.log_tail().contains(told)
            || fs::read_to_string(stage.machines.logs().join("v2.log"))
                .unwrap()
                .contains(told)
    );

    // A person sets the clock right and starts it again.
    second.stop().await.unwrap();
    fs::write(&clock, "0").unwrap();
    let mut second = call.start().unwrap();
    services::wait_until_ready(&mut second, wrong.public)
        .await
        .unwrap();
    let mut looks = 0;
    while owned(wrong).await.unwrap() < 2 && looks < 100 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        looks += 1;
    }
    assert_eq!(owned(wrong).await.unwrap(), 2, "shared out evenly again");
    assert_eq!(owned(sound).await.unwrap(), 2, "shared out evenly again");
    second.stop().await.unwrap();
    first.stop().await.unwrap();
}
