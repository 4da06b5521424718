//! `tally release`: the count hand's part.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use ledger::{Hand, HandSecretKey};
use listener::Signals;

use crate::cli::ReleaseArgs;
use crate::directory::{Directory, Heard};
use crate::gate::{Gate, Gates};
use crate::inputs::read_hand_key;
use crate::package_roll::PackageRoll;
use crate::recount::open_readers_inputs;
use crate::release::count_hand::CountHand;

/// Makes every release of the ledger, once or as it grows.
pub(crate) fn run(args: &ReleaseArgs) -> anyhow::Result<()> {
    let (package, directory) = open_readers_inputs(&args.ledger)?;
    let key = read_hand_key(&args.key, Hand::Count, package.event())?;
    let partitions = directory.partitions()?;
    let named = || format!("cannot make {}", args.out.display());
    fs::create_dir_all(&args.out).with_context(named)?;
    if args.follow {
        return follow(&package, &directory, &key, args, &partitions);
    }
    let gates = Gates::open(&package)?;
    for partition in partitions {
        let mut hand = CountHand::open(&package, &key, &args.out, partition)?;
        let gate = gates.gate(partition);
        let (_, covered) = directory.read_items(partition, gate, |item| hand.take(item))?;
        if let Some(words) = covered.and_then(|covered| covered.uncovered_in_words()) {
            commandline::note!("note: {words}");
        }
        hand.finish()?;
        let releases = commandline::count(hand.releases(), "release");
        let last = hand.head();
        let line = format!("partition {partition}: {releases}, SHA-256 of the last {last}\n");
        commandline::print(package.signature().mark(&line))?;
    }
    Ok(())
}

/// Follows every partition until told to stop; a partition that cannot be followed ends the program.
fn follow(
    package: &Arc<PackageRoll>,
    directory: &Directory,
    key: &HandSecretKey,
    args: &ReleaseArgs,
    partitions: &[u16],
) -> anyhow::Result<()> {
    let hands: anyhow::Result<Vec<CountHand>> = partitions
        .iter()
        .map(|partition| CountHand::open(package, key, &args.out, *partition))
        .collect();
    let hands = hands?;
    let gates = Gates::open(package)?;
    let stopping = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stopping);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let signals = runtime.block_on(async { Signals::new() });
    let mut signals = signals.context("cannot wait for signals")?;
    runtime.spawn(async move {
        signals.stop(&[]).await;
        told.store(true, Ordering::Relaxed);
    });
    listener::notify::tell(listener::notify::READY);
    std::thread::scope(|scope| {
        let following: Vec<_> = hands
            .into_iter()
            .zip(partitions)
            .map(|(hand, partition)| {
                let (stopping, gate) = (&stopping, gates.gate(*partition));
                scope.spawn(move || {
                    let followed = follow_partition(directory, gate, (*partition, hand), stopping);
                    stopping.store(true, Ordering::Relaxed);
                    followed
                })
            })
            .collect();
        following.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

fn follow_partition(
    directory: &Directory,
    gate: Gate,
    (partition, mut hand): (u16, CountHand),
    stopping: &AtomicBool,
) -> anyhow::Result<()> {
    let mut synced = hand.releases();
    directory.follow_items(partition, gate, |heard| {
        match heard {
            Heard::Item(item) => hand.take(item)?,
            Heard::Waiting | Heard::CaughtUp { .. } if hand.releases() != synced => {
                hand.sync()?;
                synced = hand.releases();
            }
            Heard::Waiting | Heard::CaughtUp { .. } => {}
        }
        Ok(match stopping.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    })?;
    hand.sync()
}
