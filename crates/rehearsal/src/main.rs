//! `rehearsal`: plays an election with the real programs and says whether every vote was counted
//! once.

mod cli;
mod run_args;
mod stack_args;
mod upgrade_args;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use commandline::print_line;
use rehearsal::attack::{self, AttackReport};
use rehearsal::ceremony::{self, Trustees};
use rehearsal::cluster::fault;
use rehearsal::definition::Definition;
use rehearsal::ends::Ends;
use rehearsal::outside::Verifier;
use rehearsal::prepare::Stage;
use rehearsal::services::Addresses;
use rehearsal::stack;
use rehearsal::stack::report::{self, Played};
use rehearsal::steps::Steps;
use rehearsal::{
    cluster, contradictions, crash, crash_tally, day, demo, disaster, equivocation, growing,
    log_cost, lost_machine, serve, startup, takeover, upgrade, viewers,
};
use serde::Serialize;

use crate::cli::{Cli, Command};
use crate::run_args::RunArgs;
use crate::stack_args::StackArgs;
use crate::upgrade_args::UpgradeArgs;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = match commandline::arguments::<Cli>() {
        Ok(cli) => cli.command,
        Err(status) => return status,
    };
    let is_demo = matches!(command, Command::Demo { .. });
    match play(command).await {
        Ok(code) => code,
        Err(error) if is_demo => match print_line!("VERDICT: failed: {error:#}") {
            Ok(()) => ExitCode::FAILURE,
            Err(unwritten) => commandline::failure("rehearsal", &unwritten.into()),
        },
        Err(error) => commandline::failure("rehearsal", &error),
    }
}

/// Plays one rehearsal. Ctrl-C and SIGTERM end it, and every child with it.
async fn play(command: Command) -> Result<ExitCode> {
    let mut ends = Ends::new()?;
    match command {
        Command::Demo {
            voters,
            election,
            python,
            run,
        } => {
            let playing = demo(voters, election.as_deref(), python.as_deref(), &run);
            until_end(&mut ends, playing).await
        }
        Command::Crash { kills, run } => until_end(&mut ends, crash(kills, &run)).await,
        Command::CrashTally { kills, run } => until_end(&mut ends, crash_tally(kills, &run)).await,
        Command::Ceremony {
            trustees: of,
            need,
            every_subset,
            run,
        } => {
            let playing = ceremony(Trustees { of, need }, every_subset, &run);
            until_end(&mut ends, playing).await
        }
        Command::StartUp { voters, run } => until_end(&mut ends, start_up(voters, &run)).await,
        Command::Contradictions { votes, run } => {
            until_end(&mut ends, contradictions(votes, &run)).await
        }
        Command::Equivocation { votes, python, run } => {
            until_end(&mut ends, equivocation(votes, python.as_deref(), &run)).await
        }
        Command::Mirror { votes, run } => until_end(&mut ends, mirror(votes, &run)).await,
        Command::Disaster {
            votes,
            forget_segment,
            run,
        } => until_end(&mut ends, disaster((votes, forget_segment), &run)).await,
        Command::Takeover { faults, run } => until_end(&mut ends, takeover(faults, &run)).await,
        Command::Cluster {
            any_one: true, run, ..
        } => until_end(&mut ends, any_one(&run)).await,
        Command::Cluster { faults, run, .. } => until_end(&mut ends, cluster(faults, &run)).await,
        Command::Upgrade(args) => until_end(&mut ends, upgrade(&args)).await,
        Command::BenchCluster { votes, rounds, run } => {
            until_end(&mut ends, bench_cluster((votes, rounds), &run)).await
        }
        Command::BenchLog { votes, rounds, run } => {
            until_end(&mut ends, bench_log((votes, rounds), &run)).await
        }
        Command::ServeCluster { voters, run } => {
            let stage = run.shared_stage("serve-cluster")?;
            let at = cluster::standard_address()?;
            let mut steps = Steps::new();
            cluster::serve(&stage, at, voters, run.seed, &mut steps, ends.any()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Stack(args) if args.stay => {
            let (stage, mut steps) = (args.stage()?, Steps::new());
            stack::stay(&stage, args.plan(), &mut steps, ends.any()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Stack(args) => until_end(&mut ends, stacked(&args)).await,
        Command::Attack { run } => until_end(&mut ends, attack(&run)).await,
        Command::Viewers {
            viewers,
            loads,
            rate,
            seconds,
            run,
        } => {
            let plan = viewers::Plan {
                viewers,
                loads_per_s: loads,
                votes_per_s: rate,
                seconds,
            };
            until_end(&mut ends, watched(plan, &run)).await
        }
        Command::Day { voters, rate, run } => until_end(&mut ends, day(voters, rate, &run)).await,
        Command::Serve { voters, run } => {
            let at = Addresses::standard()?; // before an earlier rehearsal's directory is replaced
            let stage = run.witnessed_stage("serve", Definition::example()?)?;
            serve::run(&stage, at, voters, run.seed, &mut Steps::new(), ends.any()).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Plays until the end or a signal. Dropping `rehearsal` drops the handles of its children, which kills
/// them.
async fn until_end(
    ends: &mut Ends,
    rehearsal: impl Future<Output = Result<ExitCode>>,
) -> Result<ExitCode> {
    tokio::select! {
        () = ends.any() => Ok(ExitCode::from(130)),
        played = rehearsal => played,
    }
}

async fn demo(
    voters: u32,
    election: Option<&Path>,
    python: Option<&Path>,
    run: &RunArgs,
) -> Result<ExitCode> {
    let verifier = python.map(Verifier::find).transpose()?;
    // Read before an earlier rehearsal's directory is replaced.
    let event = match election {
        Some(path) => {
            let event = Definition::read(path)?;
            commandline::note!(
                "this rehearsal shows each vote by itself (release_min = 1), whatever {} says",
                path.display()
            );
            event.showing_each_vote()
        }
        None => Definition::example()?.showing_each_vote(),
    };
    let stage = run.witnessed_stage("demo", event)?;
    let (size, steps) = ((voters, run.seed), &mut Steps::new());
    let shown = demo::run(&stage, size, verifier.as_ref(), steps).await?;
    print_line!("{}", shown.verdict())?;
    Ok(ExitCode::SUCCESS)
}

async fn crash(kills: u32, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("crash", Definition::example()?.showing_each_vote())?;
    let played = crash::run(&stage, kills, run.seed, &mut Steps::new()).await?;
    print(&played, played.is_clean())
}

async fn day(voters: u32, rate: Option<u64>, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("day", Definition::example()?.showing_each_vote())?;
    let played = day::run(&stage, voters, rate, run.seed, &mut Steps::new()).await?;
    print(&played, played.verdict.is_clean())
}

async fn watched(plan: viewers::Plan, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage(
        "viewers",
        Definition::province()?.showing_at_least(viewers::SHOWN_TOGETHER),
    )?;
    let played = viewers::run(&stage, plan, run.seed, &mut Steps::new()).await?;
    commandline::note!("{}", played.table());
    print(&played, played.verdict.is_clean())
}

async fn ceremony(trustees: Trustees, every_subset: bool, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("ceremony", Definition::example()?)?;
    let played = ceremony::run(&stage, trustees, every_subset, &mut Steps::new()).await?;
    print(&played, true)
}

async fn start_up(voters: u32, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("start-up", Definition::example()?.showing_each_vote())?;
    let measured = startup::run(&stage, voters, run.seed, &mut Steps::new()).await?;
    print(&measured, measured.verdict.is_clean())
}

async fn contradictions(votes: u64, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("contradictions", Definition::example()?.showing_each_vote())?;
    let played = contradictions::run(&stage, votes, run.seed, &mut Steps::new()).await?;
    print(&played, played.verdict.is_clean())
}

async fn equivocation(votes: u64, python: Option<&Path>, run: &RunArgs) -> Result<ExitCode> {
    let verifier = python.map(Verifier::find).transpose()?;
    let event = Definition::example()?.showing_each_vote();
    let stage = run.witnessed_stage("equivocation", event)?;
    let (size, steps) = ((votes, run.seed), &mut Steps::new());
    let played = equivocation::run(&stage, size, verifier.as_ref(), steps).await?;
    commandline::note!("{}", played.table());
    print(&played, played.verdict.is_clean())
}

async fn mirror(votes: u64, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("mirror", Definition::example()?.showing_each_vote())?;
    let played = lost_machine::run(&stage, votes, run.seed, &mut Steps::new()).await?;
    print(&played, played.verdict.is_clean())
}

async fn disaster((votes, forgets_segment): (u64, bool), run: &RunArgs) -> Result<ExitCode> {
    let plan = disaster::Plan {
        votes,
        forgets_segment,
        seed: run.seed,
    };
    let stage = |scene: &str, is_witnessed| {
        let event = Definition::example()?.showing_each_vote();
        let stage = run.scene("disaster", scene).stage(scene, event)?;
        Ok(Stage {
            is_witnessed,
            ..stage
        })
    };
    let tell = |scene: &disaster::told::Scene| print(scene, true).map(drop);
    let scenes = disaster::run(stage, plan, &mut Steps::new(), tell).await?;
    commandline::note!("{}", disaster::told::table(&scenes));
    Ok(match scenes.iter().all(|scene| scene.verdict.is_clean()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

async fn takeover(faults: u32, run: &RunArgs) -> Result<ExitCode> {
    let stage = Stage {
        is_witnessed: true,
        ..run.shared_stage("takeover")?
    };
    let played = takeover::run(&stage, faults, run.seed, &mut Steps::new()).await?;
    print(&played, played.verdict.is_clean())
}

async fn upgrade(args: &UpgradeArgs) -> Result<ExitCode> {
    let (stage, after) = (args.stage()?, args.after()?);
    let played = upgrade::run(&stage, &after, args.size(), &mut Steps::new()).await?;
    commandline::note!("{}", played.table());
    print(&played, played.verdict.is_clean())
}

async fn cluster(faults: u32, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.shared_stage("cluster")?;
    let faults = fault::drawn(faults, run.seed);
    let played = cluster::run(&stage, faults, run.seed, &mut Steps::new()).await?;
    commandline::note!("{}", played.table());
    print(&played, played.verdict.is_clean())
}

async fn bench_cluster(size: (u64, u32), run: &RunArgs) -> Result<ExitCode> {
    let stage = |command: &str, partitions| {
        let stage = run.stage(command, Definition::example()?.showing_each_vote())?;
        Ok(Stage {
            partitions,
            ..stage
        })
    };
    for measured in growing::run(stage, size, run.seed, &mut Steps::new()).await? {
        print(&measured, true)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn bench_log(size: (u64, u32), run: &RunArgs) -> Result<ExitCode> {
    let stage = |is_witnessed| {
        let stage = run.stage("bench-log", Definition::example()?.showing_each_vote())?;
        Ok(Stage {
            is_witnessed,
            ..stage
        })
    };
    for measured in log_cost::run(stage, size, run.seed, &mut Steps::new()).await? {
        print(&measured, true)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn any_one(run: &RunArgs) -> Result<ExitCode> {
    let stage = run.shared_stage("cluster")?;
    let tried = cluster::any_one(&stage, run.seed, &mut Steps::new()).await?;
    print(&tried, tried.verdict.is_clean())
}

async fn attack(run: &RunArgs) -> Result<ExitCode> {
    let mut steps = Steps::new();
    let played = attacked(run, &mut steps).await?;
    if !played.only_times_missed() {
        return print(&played, played.verdict.is_clean());
    }
    print(&played, false)?;
    steps.done("only times were missed, as on a busy machine: everything is played once more");
    let again = RunArgs {
        dir: run.dir.clone(),
        force: true,
        seed: run.seed,
    };
    let played = attacked(&again, &mut steps).await?;
    print(&played, played.verdict.is_clean())
}

async fn stacked(args: &StackArgs) -> Result<ExitCode> {
    let (stage, mut steps) = (args.stage()?, Steps::new());
    let tell = |played: &Played| Ok(print_line!("{}", serde_json::to_string(played)?)?);
    let report = stack::run(&stage, args.plan(), &mut steps, tell).await?;
    commandline::note!("{}", report::table(&report.alerts));
    print(&report, report.verdict.is_clean())
}

async fn attacked(run: &RunArgs, steps: &mut Steps) -> Result<AttackReport> {
    let stage = run.stage("attack", Definition::example()?.showing_each_vote())?;
    let tell = |line: &str| print_line!("{line}");
    attack::run(&stage, attack::Scale::FULL, run.seed, steps, tell).await
}

async fn crash_tally(kills: u32, run: &RunArgs) -> Result<ExitCode> {
    let stage = run.stage("crash-tally", Definition::example()?.showing_each_vote())?;
    let played = crash_tally::run(&stage, kills, run.seed, &mut Steps::new()).await?;
    print(&played, played.is_clean())
}

/// Prints a report as one line of JSON.
fn print(report: &impl Serialize, is_clean: bool) -> Result<ExitCode> {
    let line = serde_json::to_string(report).context("cannot write the report")?;
    print_line!("{line}")?;
    Ok(if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
