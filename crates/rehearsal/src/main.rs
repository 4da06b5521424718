//! `rehearsal`: plays an election with the real programs and says whether every vote was counted
//! once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use commandline::print_line;
use rehearsal::attack::{self, AttackReport, Scale};
use rehearsal::ceremony::{self, Trustees};
use rehearsal::cluster::fault;
use rehearsal::definition::Definition;
use rehearsal::ends::Ends;
use rehearsal::machines::Machines;
use rehearsal::outside::Verifier;
use rehearsal::prepare::Stage;
use rehearsal::programs::Programs;
use rehearsal::services::Addresses;
use rehearsal::steps::Steps;
use rehearsal::{
    cluster, contradictions, crash, crash_tally, day, demo, equivocation, growing, log_cost,
    lost_machine, serve, startup, takeover, validators,
};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  rehearsal demo                      # 20,000 voters, a crash in the middle, one verdict line
  rehearsal demo --election fixtures/election-125.toml   # the same over 125 regions
  rehearsal serve                     # leaves validator and tally running, prints curl lines
  rehearsal crash --kills 100         # kills the validator 100 times under load, then a full disk and failing syncs
  rehearsal crash-tally --kills 100   # kills tally and PostgreSQL 100 times under load
  rehearsal day --voters 1000000      # a national day as fast as it goes, verified
  rehearsal start-up --voters 8000000 # a verified start beside hashing, and memory
  rehearsal contradictions            # the clock jumps, the ledger vanishes, an older copy is restored
  rehearsal mirror                    # the first machine is lost for good, the mirror goes on
  rehearsal equivocation              # two histories of one ledger: who notices, and when
  rehearsal takeover                  # two validators on one replicated ledger, each part killed in turn
  rehearsal cluster                   # two validators on three nodes, each kind of fault played once
  rehearsal cluster --any-1           # the same cluster wrongly set: validators must refuse it
  rehearsal serve-cluster             # leaves that cluster running, prints addresses
  rehearsal attack                    # slowloris, rubbish, wrong codes, churn, three times the peak

The programs hashgen, shardpack, validator, tally and loadgen are taken from beside this one.
Exit status: 0 every vote counted once, 1 not so, 2 wrong usage, 130 interrupted.";

/// Plays an election with the real programs, on this machine alone.
#[derive(Debug, Parser)]
#[command(name = "rehearsal", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole path of a vote, with a crash in the middle; ends with one verdict line.
    Demo {
        /// Synthetic voters; each votes on every open ballot
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
        voters: u32,
        /// Definition of another event than the example; its regions numbered from 1
        #[arg(long, value_name = "FILE")]
        election: Option<PathBuf>,
        /// Python with what the independent verifier needs; without it the verifier is not asked
        #[arg(long, value_name = "FILE")]
        python: Option<PathBuf>,
        #[command(flatten)]
        run: RunArgs,
    },
    /// The same set-up, left running on ports 8000, 8100, 8001 and 8101 to be tried by hand.
    Serve {
        /// Synthetic voters beside the sample voters
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
        voters: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// The validator killed again and again under load; every acknowledged vote is looked for.
    Crash {
        /// How often it is killed
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        kills: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// A national day as fast as it goes: roll, package, votes, count, verification; one JSON line.
    Day {
        /// Synthetic voters, and votes over all open ballots
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
        voters: u32,
        /// Requests a second [default: as fast as they are answered]
        #[arg(long)]
        rate: Option<u64>,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Both keys of an event are split among trustees, and their subsets are tried; one JSON line.
    Ceremony {
        /// Trustees of each key.
        #[arg(long, default_value_t = 5)]
        trustees: u8,
        /// Trustees who together make a key whole.
        #[arg(long, default_value_t = 3)]
        need: u8,
        /// Every subset, and not one of each size.
        #[arg(long)]
        every_subset: bool,
        #[command(flatten)]
        run: RunArgs,
    },
    /// A validator's start with a package of that many voters: time beside hashing, and memory.
    StartUp {
        /// Synthetic voters, each with a credential for every ballot
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
        voters: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// The clock jumps by ten years, the ledger vanishes, an older copy is restored, while voters vote; one JSON line.
    Contradictions {
        /// Votes in each of the three scenes
        #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000))]
        votes: u64,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Validator and witnesses lie about the ledger: what everybody sees, and when; a table, and one JSON line.
    Equivocation {
        /// Votes in each of the three parts of the true history
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(20..=10_000))]
        votes: u64,
        /// Python with what the independent verifier needs; without it the verifier is not asked
        #[arg(long, value_name = "FILE")]
        python: Option<PathBuf>,
        #[command(flatten)]
        run: RunArgs,
    },
    /// The validator's machine is lost under load, and the election goes on from its mirror; one JSON line.
    Mirror {
        /// Votes before the loss, and as many after
        #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000))]
        votes: u64,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Two validators on one replicated ledger; each part of it is stopped or killed under load; one JSON line.
    Takeover {
        /// How many parts are stopped or killed, one after the other
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        faults: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Two validators on a ledger that Patroni keeps on three nodes; each part of it is stopped, killed, frozen
    /// or cut off under load; one JSON line.
    Cluster {
        /// How many faults are played, one after the other: each kind once before one comes again
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        faults: u32,
        /// Wait for any one standby, as is wrong, and see that validators refuse it
        #[arg(long = "any-1", conflicts_with = "faults")]
        any_one: bool,
        #[command(flatten)]
        run: RunArgs,
    },
    /// That cluster, left running to be tried by hand.
    ServeCluster {
        /// Synthetic voters beside the sample voters
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
        voters: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Votes a second of a ledger in files and of replicated ones, with more and more partitions and validators; a
    /// JSON line each.
    BenchCluster {
        /// Votes of one measurement
        #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(2_000..=10_000_000))]
        votes: u64,
        /// How often each is measured
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
        rounds: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// What it costs a validator to keep its ledger as a log that witnesses watch, beside the same without one; a JSON
    /// line each.
    BenchLog {
        /// Votes of one measurement
        #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(2_000..=10_000_000))]
        votes: u64,
        /// How often each is measured
        #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=100))]
        rounds: u32,
        #[command(flatten)]
        run: RunArgs,
    },
    /// The validator attacked in one way after the other while honest voters vote; JSON lines, the verdict last.
    Attack {
        #[command(flatten)]
        run: RunArgs,
    },
    /// Tally and a private PostgreSQL killed again and again under load; every count is compared.
    CrashTally {
        /// How many kills in all
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        kills: u32,
        #[command(flatten)]
        run: RunArgs,
    },
}

/// Where a rehearsal plays, and the seed of its random choices.
#[derive(Debug, Args)]
struct RunArgs {
    /// Directory to make; it is private to its owner and stays for you to look at [default:
    /// demo/<command>, which replaces that of an earlier rehearsal]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Replace the directory of an earlier rehearsal
    #[arg(long, requires = "dir")]
    force: bool,
    /// Seed of the roll and of the voters' choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl RunArgs {
    fn stage(&self, command: &str, event: Definition) -> Result<Stage> {
        let programs = Programs::beside_this()?;
        let machines = match &self.dir {
            Some(dir) => Machines::create(dir, self.force)?,
            None => Machines::create(&Path::new("demo").join(command), true)?,
        };
        Ok(Stage {
            event,
            partitions: 1,
            is_witnessed: false,
            programs,
            machines,
        })
    }
}

impl RunArgs {
    /// With witnesses who watch the ledger's log.
    fn witnessed_stage(&self, command: &str, event: Definition) -> Result<Stage> {
        let stage = self.stage(command, event)?;
        Ok(Stage {
            is_witnessed: true,
            ..stage
        })
    }

    /// For validators that share a ledger.
    fn shared_stage(&self, command: &str) -> Result<Stage> {
        let stage = self.stage(command, Definition::example()?.showing_each_vote())?;
        Ok(Stage {
            partitions: validators::PARTITIONS,
            ..stage
        })
    }
}

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
        Command::Takeover { faults, run } => until_end(&mut ends, takeover(faults, &run)).await,
        Command::Cluster {
            any_one: true, run, ..
        } => until_end(&mut ends, any_one(&run)).await,
        Command::Cluster { faults, run, .. } => until_end(&mut ends, cluster(faults, &run)).await,
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
        Command::Attack { run } => until_end(&mut ends, attack(&run)).await,
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

async fn takeover(faults: u32, run: &RunArgs) -> Result<ExitCode> {
    let stage = Stage {
        is_witnessed: true,
        ..run.shared_stage("takeover")?
    };
    let played = takeover::run(&stage, faults, run.seed, &mut Steps::new()).await?;
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

async fn attacked(run: &RunArgs, steps: &mut Steps) -> Result<AttackReport> {
    let stage = run.stage("attack", Definition::example()?.showing_each_vote())?;
    let tell = |line: &str| print_line!("{line}");
    attack::run(&stage, Scale::FULL, run.seed, steps, tell).await
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
