//! Shows an evening: its day is folded at once, then its releases come in their time, or as far as somebody says.

use std::io::BufRead;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use commandline::{note, print_line};
use election::{Event, instant_text};
use listener::Signals;
use listener::lifecycle::Lifecycle;
use listener::log::LogFilter;
use shards::Package;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::crowd::Crowd;
use super::deal::Chance;
use super::evening::{EVENING_MS, Evening, PARTS};
use crate::api::{self, Shared};
use crate::commands::serving::Serving;
use crate::gate::Gates;
use crate::listening::Listening;
use crate::package_roll::PackageRoll;
use crate::policy::Board;
use crate::signature::Signature;

/// How often releases are looked for that have come meanwhile.
const TICK: Duration = Duration::from_millis(100);

/// An invented election night of 125 regions and 8,000,000 votes, on the real results pages.
#[derive(Debug, Parser)]
#[command(name = "night")]
pub struct Args {
    /// Number that decides everything about the evening.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long the evening takes.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(10..=86_400)
    )]
    seconds: u32,
    /// Stands still, and goes to the percentage of the evening that each line of standard input names.
    #[arg(long, conflicts_with = "seconds")]
    moments: bool,
    #[command(flatten)]
    listening: Listening,
}

/// Shows an evening of the event of a package until it is told to stop; returns the program's status. The package
/// brings the event, its map and the results of before; its own roll is not used.
#[must_use]
pub fn run(args: &Args, package: Package) -> ExitCode {
    listener::log::start(&LogFilter::WARN, None);
    let shown = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let shown = runtime.block_on(show(args, package));
            // The thread that reads standard input ends with the process.
            runtime.shutdown_background();
            shown
        });
    commandline::end("night", shown)
}

async fn show(args: &Args, package: Package) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot wait for signals")?;
    let serving = Serving::of(&args.listening)?;
    let bound = serving.bind()?;
    let event = package.event().clone();
    let mut chance = Chance::of(args.seed);
    let crowd = Crowd::new(&event, &mut chance);
    let mut board = Board::new(&event, &crowd, true);
    board.expect(&[0]);
    let baseline = package.baseline().context("a package with a baseline")?;
    let with = (&crowd, &mut chance);
    let evening = Evening::behind(&event, baseline, with, |fact| board.apply(&event, fact))?;
    let package = PackageRoll::of(package, Signature::Checked)?;
    let package = Arc::new(package.with_registered(crowd.registered()));
    let gates = Gates::open(&package)?;
    let shared = Shared::new(gates, package, board, None, None, &args.listening);
    let shared = Arc::new(shared);
    shared.caught_up.store(true, Ordering::Release);
    print_line!("results     http://{}/", bound.public_address()?)?;
    print_line!("internal    http://{}/monitor", bound.internal_address()?)?;
    let stopping = Lifecycle::default();
    let connections = serving.start(&shared, bound, &stopping)?;
    tokio::spawn(api::run_live(Arc::clone(&shared)));
    let certificates = serving.certificates();
    let replay = Replay { shared, evening };
    tokio::select! {
        () = signals.stop(&certificates) => {}
        moved = replay.run(args) => moved?,
    }
    stopping.stop();
    drop(connections); // who still reads then reads a closed connection
    Ok(())
}

/// An evening that is being shown.
struct Replay {
    shared: Arc<Shared>,
    evening: Evening,
}

impl Replay {
    async fn run(mut self, args: &Args) -> anyhow::Result<()> {
        if args.moments {
            return self.by_moments().await;
        }
        announce(args)?;
        let (began, all) = (Instant::now(), Duration::from_secs(args.seconds.into()));
        while self.evening.left() > 0 {
            tokio::time::sleep(TICK).await;
            let passed = began.elapsed().min(all).as_millis() * u128::from(PARTS);
            let part = u32::try_from(passed / all.as_millis());
            self.go_to(part.expect("a part of the evening"))?;
        }
        print_line!("Everything is counted. Ctrl-C ends it.")?;
        std::future::pending().await
    }

    /// Ends where standard input ends.
    async fn by_moments(&mut self) -> anyhow::Result<()> {
        let mut moments = lines();
        print_line!("A percentage of the evening, and Enter:")?;
        while let Some(line) = moments.recv().await {
            let percent = line.trim().parse::<u32>().ok();
            let Some(percent) = percent.filter(|percent| *percent <= 100) else {
                note!("night: a moment is a whole number from 0 to 100");
                continue;
            };
            let part = percent * (PARTS / 100);
            self.go_to(part)?;
            let clock = clock(self.shared.package.event(), part);
            print_line!("{percent} {clock} {} releases left", self.evening.left())?;
        }
        Ok(())
    }

    fn go_to(&mut self, part: u32) -> anyhow::Result<()> {
        let event = self.shared.package.event();
        while let Some(fact) = self.evening.next_until(part) {
            self.shared.published.board_mut().apply(event, &fact)?;
        }
        Ok(())
    }
}

/// What there is to see, and when.
fn announce(args: &Args) -> anyhow::Result<()> {
    let at = |percent: u32| args.seconds * percent / 100;
    print_line!(
        "seed        {}: the same number makes the same evening",
        args.seed
    )?;
    for (percent, what) in [
        (0, "20:00, everybody has voted and nothing is counted"),
        (3, "20:06, the first small regions"),
        (50, "21:45, half of the evening: who leads changes"),
        (67, "22:20, the law comes near to what it needs"),
        (93, "23:15, only parts of large regions are left"),
        (98, "23:25, everything is counted, the law by region too"),
    ] {
        print_line!("after {:>4} s {what}", at(percent))?;
    }
    Ok(())
}

fn clock(event: &Event, part: u32) -> String {
    let since = EVENING_MS / i64::from(PARTS) * i64::from(part);
    instant_text(event.ballots()[0].closes + since)
}

/// Lines of standard input, read by a thread of their own.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}
