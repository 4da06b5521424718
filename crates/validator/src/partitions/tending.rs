//! One partition in the care of one thread: it stands by while another validator owns the partition, and owns it when
//! that one is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::{ClockState, LedgerError, Options, Partition, StandBy};
use listener::log::Gate;

use super::board::Place;
use super::delivery::VoteReply;
use super::happened::Happened;
use super::shared::Shared;

/// How often the links of another owner are looked for, and whether the partition is free.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Frames that a validator may lack and be level.
const LEVEL_WITHIN: u64 = 256;
/// How long whoever owns least has to take a partition before others do.
const LEFT_AFTER: Duration = Duration::from_millis(500);
/// How often an owner looks whether it should be one no more.
const LOOK_AT_OWN: Duration = Duration::from_millis(20);
/// After something that may pass by itself.
const PAUSE: Duration = Duration::from_secs(1);

/// Lines about a database that cannot be asked, one a second at most.
static UNREAD: Gate = Gate::new();

/// Tends a partition until the program stops.
pub(super) fn tend(shared: &Arc<Shared>, partition: u16) {
    while !shared.is_stopping() {
        match stand_by(shared, partition) {
            Ok(Some(standby)) => match take_over(shared, standby, partition) {
                Ok(owned) => own(shared, partition, owned),
                // Another one that stood by was faster.
                Err(LedgerError::Held { .. }) => shared.note_behind(partition),
                Err(error) => wait_after(shared, partition, &error),
            },
            Ok(None) => return,
            Err(error) => wait_after(shared, partition, &error),
        }
    }
}

/// Follows the partition until it may be taken; none where the program stops before.
fn stand_by(shared: &Arc<Shared>, partition: u16) -> Result<Option<StandBy>, LedgerError> {
    let mut standby = StandBy::begin(
        shared.log(),
        Some(&shared.opening.snapshots),
        Arc::clone(&shared.opening.shape),
        partition,
    )?;
    let mut free_since = None;
    while !shared.is_stopping() {
        match look(shared, partition, &mut standby) {
            Ok(true) => {
                let since: &Instant = free_since.get_or_insert_with(Instant::now);
                if shared.may_take(partition, since.elapsed() >= LEFT_AFTER) {
                    return Ok(Some(standby));
                }
            }
            Ok(false) => free_since = None,
            // What was read is kept: the database may come back.
            Err(error @ LedgerError::Database { .. }) => {
                free_since = None;
                UNREAD.run(|unsaid| {
                    tracing::warn!(partition, %error, unsaid, "the partition cannot be followed");
                });
            }
            Err(damage) => return Err(damage),
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(None)
}

/// Reads what the owner appended, and tells whether nobody owns the partition any more.
fn look(shared: &Arc<Shared>, partition: u16, standby: &mut StandBy) -> Result<bool, LedgerError> {
    let mut is_at_end = false;
    while !is_at_end && !shared.is_stopping() {
        is_at_end = !standby.read_some()?;
        let read = standby.last_sequence();
        shared.partitions.note_followed(partition, read);
        // While votes come in there may never be an end: a takeover reads the rest.
        is_at_end |= shared.lag(partition, read) <= LEVEL_WITHIN;
    }
    standby.note_level()?;
    shared.note_level(partition);
    // Most looks end here, without a question of their own.
    if !shared.may_take(partition, true) {
        return Ok(false);
    }
    Ok(shared.log.owner(partition)?.is_none())
}

/// A partition that is owned, and whether the ledger has ended it.
struct Owned {
    partition: Arc<Partition<VoteReply>>,
    is_lost: Arc<AtomicBool>,
}

fn take_over(shared: &Arc<Shared>, standby: StandBy, partition: u16) -> Result<Owned, LedgerError> {
    let opening = &shared.opening;
    let is_lost = Arc::new(AtomicBool::new(false));
    let options = (opening.options)(partition);
    let stop_process = options.on_fatal;
    let (lost, all) = (Arc::clone(&is_lost), Arc::clone(shared));
    let options = Options {
        // Other partitions go on: this one is another validator's now.
        on_fatal: Box::new(move |error| match error {
            // Whoever owns it next settles what is open.
            LedgerError::Fenced { .. } | LedgerError::Unsettled { .. } => {
                lost.store(true, Ordering::Relaxed);
            }
            LedgerError::SetBack { .. } => {
                lost.store(true, Ordering::Relaxed);
                all.note_set_back(error);
            }
            fatal => stop_process(fatal),
        }),
        ..options
    };
    let (snapshots, clock) = (opening.snapshots.clone(), Arc::clone(&opening.clock));
    let shape = Arc::clone(&opening.shape);
    let (owned, report) = Partition::take_over(standby, Some(snapshots), clock, shape, options)?;
    (opening.on_opened)(&report);
    shared.taken.fetch_add(1, Ordering::Relaxed);
    shared.note(Happened::Taken {
        partition,
        epoch: report.epoch,
    });
    Ok(Owned {
        partition: Arc::new(owned),
        is_lost,
    })
}

/// Has the partition until the program stops, another validator should have it, or has it already.
fn own(shared: &Arc<Shared>, partition: u16, owned: Owned) {
    let Owned {
        partition: ledger,
        is_lost,
    } = owned;
    shared
        .partitions
        .set(partition, Place::Here(Arc::clone(&ledger)));
    let is_lost = || is_lost.load(Ordering::Relaxed);
    while !shared.is_giving_up() && !is_lost() && !shared.should_give(partition) {
        if ledger.state().clock() == ClockState::InDoubt {
            shared.note_in_doubt();
        }
        std::thread::sleep(LOOK_AT_OWN);
    }
    // What is queued is decided; votes that come from now on are handed back, and wait for the next owner.
    ledger.shutdown();
    shared
        .partitions
        .note_followed(partition, ledger.state().last_sequence());
    shared.partitions.set(partition, Place::Nowhere);
    shared.retire(ledger.state());
    shared.note_behind(partition);
    shared.note(if is_lost() {
        Happened::Lost(partition)
    } else {
        Happened::GivenBack(partition)
    });
    drop(ledger);
}

/// Says what keeps this validator from owning the partition. Damage stays: this partition is left to people, and the
/// others go on.
fn wait_after(shared: &Arc<Shared>, partition: u16, error: &LedgerError) {
    match error {
        LedgerError::Database { .. }
        | LedgerError::Fenced { .. }
        | LedgerError::ClockBehind { .. } => {
            shared.note_behind(partition);
            tracing::warn!(partition, %error, "the partition cannot be owned here: tried again");
            std::thread::sleep(PAUSE);
            return;
        }
        // It concerns every partition: the others shall not count on this validator.
        LedgerError::SetBack { .. } => shared.note_set_back(error),
        damage => {
            tracing::error!(
                partition,
                error = %damage,
                remedy = "see the ledger's pages, then restart this validator",
                "the partition cannot be owned here, and is not tried again"
            );
            shared.note_level(partition);
        }
    }
    while !shared.is_stopping() {
        std::thread::sleep(PAUSE);
    }
}
