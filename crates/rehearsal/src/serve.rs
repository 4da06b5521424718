//! `rehearsal serve`: the set-up of a rehearsal, left running to be tried by hand.

use std::future::Future;
use std::time::Duration;

use anyhow::Result;

use crate::child::Server;
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::witnesses;

/// Pause between two looks whether the servers still run.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Prepares, starts both servers at these addresses, prints addresses and things to try on
/// standard output, and runs until `end`.
///
/// # Errors
/// A program fails, a server ends by itself.
pub async fn run(
    stage: &Stage,
    at: Addresses,
    voters: u32,
    seed: u64,
    steps: &mut Steps,
    end: impl Future<Output = ()>,
) -> Result<()> {
    stage.prepare(voters, seed, steps).await?;
    let witnesses = stage.start_witnesses().await?;
    let mut validator = stage.start_validator(at).await?;
    let mut count_hand = stage.start_count_hand()?;
    let mut tally = stage.start_tally(at).await?;
    steps.done("validator and tally take requests, the count hand releases");
    commandline::print(things_to_try(stage, at))?;
    tokio::select! {
        () = end => {}
        failed = look_after([&mut validator, &mut count_hand, &mut tally]) => failed?,
    }
    steps.note("ending: the validator drains, then the tally");
    validator.stop().await?;
    tally.stop().await?;
    count_hand.stop().await?;
    witnesses::stop(witnesses).await?;
    steps.done("all ended with status 0");
    Ok(())
}

/// Returns when a server has ended by itself.
async fn look_after(mut servers: [&mut Server; 3]) -> Result<()> {
    loop {
        for server in &mut servers {
            server.check()?;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn things_to_try(stage: &Stage, at: Addresses) -> String {
    let Addresses {
        public,
        internal,
        results,
        results_internal,
    } = at;
    let json = "-H 'Content-Type: application/json'";
    format!(
        "\
validator   http://{public}      metrics http://{internal}/metrics
tally       http://{results}      metrics http://{results_internal}/metrics
in a browser: vote at http://{public}/, results at http://{results}/, monitors at
            http://{internal}/monitor and http://{results_internal}/monitor
files       {root}

A sample voter votes on a law; run it twice, and read 202, then 409 with attempt_count 2:
  curl -i -X POST http://{public}/api/v1/vote {json} \\
    -d '{{\"nas\":\"123456789\",\"code\":\"ABC123\",\"law_id\":\"L2025-001\",\"vote\":\"oui\"}}'
The same voter votes in an election:
  curl -i -X POST http://{public}/api/v1/elections/vote {json} \\
    -d '{{\"nas\":\"123456789\",\"code\":\"ABC123\",\"election_id\":1,\"region_id\":1,\"candidate_id\":1,\"voting_method\":\"single_choice\"}}'
A code that nobody has: 403. A law whose window is over: 403.
  curl -i -X POST http://{public}/api/v1/vote {json} \\
    -d '{{\"nas\":\"123456789\",\"code\":\"ZZZ999\",\"law_id\":\"L2025-001\",\"vote\":\"oui\"}}'
  curl -i -X POST http://{public}/api/v1/vote {json} \\
    -d '{{\"nas\":\"123456789\",\"code\":\"ABC123\",\"law_id\":\"L2024-009\",\"vote\":\"oui\"}}'
The results:
  curl http://{results}/api/v1/results/L2025-001
  curl http://{results}/api/v1/elections/1/regions/1/results
Every synthetic voter votes:
  {loadgen} --url http://{public} --roll {voters} --rate 2000

Ctrl-C ends both servers.
",
        root = stage.machines.root().display(),
        voters = stage.machines.voters().display(),
        loadgen = stage.programs.path("loadgen").display(),
    )
}
