//! The command line of `rehearsal`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::run_args::RunArgs;
use crate::stack_args::StackArgs;
use crate::upgrade_args::UpgradeArgs;

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
  rehearsal disaster                  # site, database, hands, packages and keys lost, and the way back, measured
  rehearsal equivocation              # two histories of one ledger: who notices, and when
  rehearsal takeover                  # two validators on one replicated ledger, each part killed in turn
  rehearsal cluster                   # two validators on three nodes, each kind of fault played once
  rehearsal cluster --any-1           # the same cluster wrongly set: validators must refuse it
  rehearsal upgrade                   # two releases side by side, exchanged under load, and one step back
  rehearsal serve-cluster             # leaves that cluster running, prints addresses
  rehearsal stack                     # everything of deploy/compose.yaml, one failure for each alert
  rehearsal viewers                   # 10,000 live pages and 500 page loads a second beside voting
  rehearsal attack                    # slowloris, rubbish, wrong codes, churn, three times the peak

The programs hashgen, shardpack, validator, tally and loadgen are taken from beside this one.
Exit status: 0 every vote counted once, 1 not so, 2 wrong usage, 130 interrupted.";

/// Plays an election with the real programs, on this machine alone.
#[derive(Debug, Parser)]
#[command(name = "rehearsal", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is rehearsed, with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
    /// Site, database, both hands, package and keys are lost under load, and restored; a table, and a JSON line each.
    Disaster {
        /// Votes before each loss, and as many after
        #[arg(long, default_value_t = 1_500, value_parser = clap::value_parser!(u64).range(1_200..=10_000))]
        votes: u64,
        /// Restore without the archive's newest segment, as is wrong, and see the verdict say so
        #[arg(long)]
        forget_segment: bool,
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
    /// Validators and hands of one release exchanged for those of the next while voters vote, and one back; a table,
    /// and one JSON line.
    Upgrade(UpgradeArgs),
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
    /// Everything of deploy/compose.yaml without containers: up and green, every dashboard asked, one failure for each
    /// alert; JSON lines, the verdict last.
    Stack(StackArgs),
    /// The validator attacked in one way after the other while honest voters vote; JSON lines, the verdict last.
    Attack {
        #[command(flatten)]
        run: RunArgs,
    },
    /// Viewers with live pages, and page loads, beside voting on an event of 125 regions: a table and a verdict.
    Viewers {
        /// Pages that follow the stream
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=12_000))]
        viewers: u32,
        /// Further page loads a second
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        loads: u32,
        /// Votes that fall due in each second
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        rate: u64,
        /// Seconds of voting, first without viewers and then with them
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
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
