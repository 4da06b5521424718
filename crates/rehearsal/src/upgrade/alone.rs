//! A ledger in files has one validator: to exchange it is a short outage, after which voters come again.

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use super::releases::Release;
use super::report::{Alone, Exchanged, Met};
use crate::prepare::Stage;
use crate::pulse::Pulse;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::voting::{LOOK_AGAIN, Load, Voting};

const CONNECTIONS: u32 = 32;
const VOTERS_MIN: u32 = 4_000;
/// How long voters vote undisturbed before and after an exchange.
const QUIET: Duration = Duration::from_secs(2);

/// Exchanges the validator of a ledger in files for the next release, and back, while voters vote.
///
/// # Errors
/// Anything that keeps it from being played.
pub async fn run(
    stage: &Stage,
    (before, after): (&Release, &Release),
    (rate, seed): (u64, u64),
    steps: &mut Steps,
) -> Result<Alone> {
    let voters = u32::try_from(rate * 20)?.max(VOTERS_MIN);
    stage.prepare(voters, seed, &mut Steps::new()).await?;
    let at = Addresses::free()?;
    let mut validator = stage.start_validator(at).await?;
    let pulse = Pulse::start(vec![at.internal], stage.partitions);
    let casting = stage.cast(
        at,
        Voting {
            load: Load::Rate(rate),
            votes: None,
            connections: CONNECTIONS,
            seed,
        },
    )?;
    let mut exchanged = Vec::new();
    for release in [after, before] {
        tokio::time::sleep(QUIET).await;
        pulse.mark();
        let (began, frames) = (Instant::now(), pulse.frames());
        validator.stop().await?;
        let call = stage.validator_call(at);
        validator = call.by(release.programs.path("validator")).start()?;
        services::wait_until_ready(&mut validator, at.public).await?;
        let back_s = began.elapsed().as_secs_f64();
        while !pulse.has_grown(&frames, 1) {
            validator.check()?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        tokio::time::sleep(QUIET).await;
        exchanged.push(Exchanged {
            what: "the only validator, files".to_owned(),
            to: release.version.clone(),
            back_s,
            gap_s: pulse.longest().as_secs_f64(),
        });
    }
    casting.end_early()?;
    let summary = casting.summed_up().await?;
    validator.stop().await?;
    let judged = stage.judge(&summary, None).await?;
    steps.done("a ledger in files: its validator exchanged, and exchanged back");
    Ok(Alone {
        exchanged,
        met: Met::of(rate, &summary),
        judged,
    })
}
