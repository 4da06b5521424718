//! A full disk under load, on a small filesystem that is really full. Votes are taken as long as space
//! was reserved ahead, refused with 503 when it is used up, and taken again by the same process as soon
//! as there is room. No vote that was answered is lost.

use std::ffi::CStr;

use anyhow::{Result, bail};
use serde_json::json;

use crate::api::{self, LedgerState, ProblemType};
use crate::http;
use crate::judge::{Experiment, Judged};
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::small_disk::SmallDisk;
use crate::steps::Steps;
use crate::voting::Voting;

/// Room for one segment (64 MiB) and not for two.
const DISK: &CStr = c"size=80m,mode=0700";
/// Votes that must arrive in each phase.
const VOTES: u64 = 200;

/// Fills a disk that is mounted over the data directory, where a new ledger begins; the files below the
/// mount are back afterwards. The truth file is replaced.
///
/// # Errors
/// Anything that keeps it from being played, and a validator that does not answer as promised.
pub async fn run(stage: &Stage, voting: Voting, steps: &mut Steps) -> Result<Experiment> {
    let disk = match SmallDisk::mount(&stage.machines.data(), DISK) {
        Ok(disk) => disk,
        Err(error) => return Ok(Experiment::not_tested("a full disk", &error, steps)),
    };
    let played = play(stage, voting, &disk, steps).await?;
    steps.done("ledger verified after the full disk");
    Ok(Experiment::Judged(played))
}

async fn play(
    stage: &Stage,
    voting: Voting,
    disk: &SmallDisk,
    steps: &mut Steps,
) -> Result<Judged> {
    let at = Addresses::free()?;
    stage.begin_ledger().await?;
    let mut validator = stage.start_validator(at).await?;
    let casting = stage.cast(at, voting)?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    disk.fill()?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    steps.done("disk full: votes go on in the space reserved ahead");
    // A start gives reserved space back, and now it is too little for a new segment.
    validator.kill().await?;
    let mut validator = stage.start_validator_on_full_disk(at).await?;
    services::grown(&mut validator, at, "ledger_full_total", 1).await?;
    refuses(at).await?;
    expect_ledger(at, LedgerState::Full).await?;
    let recorded = services::metric(at.internal, "ledger_votes_total").await?;
    if recorded > 0 {
        bail!("{recorded} votes were recorded on a full disk");
    }
    steps.done("killed and started on the full disk: votes answered 503 with Retry-After");
    disk.make_room()?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    expect_ledger(at, LedgerState::Ok).await?;
    steps.done("room again: votes taken again, by the same process");
    casting.end_early()?;
    let summary = casting.finish().await?;
    validator.stop().await?;
    stage.judge(&summary, None).await
}

/// Fails where the validator tells another state of its ledger.
async fn expect_ledger(at: Addresses, expected: LedgerState) -> Result<()> {
    let got = api::ledger_state(at.public).await?;
    if got != expected {
        bail!("health says {got:?} of the ledger, expected {expected:?}");
    }
    let status = if expected == LedgerState::Ok {
        200
    } else {
        503
    };
    for path in ["/api/v1/health", "/readyz"] {
        let (got, _) = http::get(at.public, path).await?;
        if got != status {
            bail!("{path} answers {got} with the ledger {expected:?}, expected {status}");
        }
    }
    Ok(())
}

/// Fails where a vote is not refused with the reason and a time to come back.
async fn refuses(at: Addresses) -> Result<()> {
    let vote = json!({"nas": "123456789", "code": "ABC123", "law_id": "L2025-001", "vote": "oui"});
    let told = http::post(at.public, "/api/v1/vote", &vote).await?;
    let is_full = ProblemType::of(&told.body) == Some(ProblemType::StorageFull);
    if told.status != 503 || told.retry_after_s.is_none() || !is_full {
        bail!(
            "a vote on a full disk was answered {} with Retry-After {:?}, expected 503 storage-full \
             with one: {}",
            told.status,
            told.retry_after_s,
            String::from_utf8_lossy(&told.body)
        );
    }
    Ok(())
}
