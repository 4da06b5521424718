//! Damage of every kind to a small ledger: each is refused or harmless, and never shows another
//! history.

mod sim;
mod small;

use std::path::{Path, PathBuf};

use durable::Storage;
use ledger::log::files::Repair;
use ledger::{Fold, LedgerError, layout, repair_tail};

use sim::{DATA_DIR, Plan, Rng, SimDisk};
use small::Files;

fn is_damage(error: &LedgerError) -> bool {
    matches!(
        error,
        LedgerError::Damaged { .. }
            | LedgerError::AcknowledgedLost { .. }
            | LedgerError::AnotherHistory { .. }
            | LedgerError::AnotherLedger { .. }
            | LedgerError::Unclear { .. }
    )
}

/// Counts the changed files offline, then starts on them: `true` = the start is refused. Otherwise
/// bitsets and ledger must be as `whole`; a count must be in any case, or be refused.
fn refused(files: &Files, whole: &Fold, what: &str) -> bool {
    let disk = SimDisk::with_files(Rng::new(3), files);
    match small::read(&disk) {
        Ok((fold, _)) => assert!(fold == *whole, "{what}: another count"),
        Err(error) => assert!(is_damage(&error), "{what}: {error}"),
    }
    match small::open(&disk, 9) {
        Err(error) => {
            assert!(is_damage(&error), "{what}: {error}");
            true
        }
        Ok(committer) => {
            assert!(*committer.voted() == whole.voted, "{what}: other bitsets");
            let (fold, _) = small::read(&disk).expect("it has just started");
            assert!(fold == *whole, "{what}: another history");
            false
        }
    }
}

fn whole(files: &Files) -> Fold {
    small::read(&SimDisk::with_files(Rng::new(3), files))
        .expect("undamaged")
        .0
}

fn segments(files: &Files) -> Vec<PathBuf> {
    let is_segment = |path: &&PathBuf| path.extension().is_some_and(|kind| kind == "segment");
    files.keys().filter(is_segment).cloned().collect()
}

#[test]
fn invariant_1_and_8_every_byte_flipped_is_refused_or_harmless() {
    let files = small::files();
    let whole = whole(&files);
    for (path, bytes) in &files {
        let mut harmless = 0;
        for at in 0..bytes.len() {
            let mask = if at % 2 == 0 { 1 << (at / 2 % 8) } else { 0xff };
            let mut changed = files.clone();
            changed.get_mut(path).expect("it is there")[at] ^= mask;
            let what = format!("{} byte {at} ^ {mask:02x}", path.display());
            harmless += u32::from(!refused(&changed, &whole, &what));
        }
        // Derived files may be lost; of the truth every bit matters.
        if path.extension().is_some_and(|kind| kind == "segment") {
            assert_eq!(harmless, 0, "{}", path.display());
        }
    }
}

#[test]
fn invariant_8_a_cut_at_every_offset_is_refused_or_harmless() {
    let files = small::files();
    let whole = whole(&files);
    for path in segments(&files) {
        for length in 0..files[&path].len() {
            let mut changed = files.clone();
            changed
                .get_mut(&path)
                .expect("it is there")
                .truncate(length);
            let what = format!("{} cut to {length}", path.display());
            assert!(refused(&changed, &whole, &what), "{what}");
        }
    }
}

/// Without the sidecar a cut of the last segment looks like a torn write: what is left must be the
/// beginning of the same history.
#[test]
fn invariant_8_a_torn_tail_leaves_a_prefix() {
    let mut files = small::files();
    let whole = whole(&files);
    files.retain(|path, _| !path.ends_with("acknowledged"));
    let last = segments(&files).pop().expect("three segments");
    let mut lengths = Vec::new();
    for length in 0..files[&last].len() {
        let mut changed = files.clone();
        changed
            .get_mut(&last)
            .expect("it is there")
            .truncate(length);
        let disk = SimDisk::with_files(Rng::new(3), &changed);
        let Ok(committer) = small::open(&disk, 9) else {
            continue;
        };
        let (fold, _) = small::read(&disk).expect("it has just started");
        assert!(fold.voted == *committer.voted());
        assert!(fold.cursor.sequence <= whole.cursor.sequence);
        lengths.push(fold.cursor.sequence);
    }
    lengths.dedup();
    assert_eq!(lengths, [4, 5], "of six frames, two in the last segment");
}

#[test]
fn invariant_8_a_missing_or_foreign_segment_is_refused() {
    let files = small::files();
    let whole = whole(&files);
    for path in segments(&files) {
        let mut changed = files.clone();
        changed.remove(&path);
        assert!(refused(&changed, &whole, "a segment removed"));
    }
    let paths = segments(&files);
    let mut swapped = files.clone();
    swapped.insert(paths[0].clone(), files[&paths[1]].clone());
    swapped.insert(paths[1].clone(), files[&paths[0]].clone());
    assert!(refused(&swapped, &whole, "two segments swapped"));
}

/// Derived files deleted: replayed, the same bits.
#[test]
fn invariant_1_voted_bitsets_are_rebuilt_from_nothing() {
    let mut files = small::files();
    let whole = whole(&files);
    let before = files.len();
    files.retain(|path, _| path.extension().is_none_or(|kind| kind != "voted"));
    assert_eq!(before - files.len(), 3, "three bitsets");
    assert!(!refused(&files, &whole, "bitsets removed"));
}

/// Bitsets of an older ledger with the same name do not make voters vote twice or never.
#[test]
fn invariant_1_snapshots_of_another_history_are_dropped() {
    let files = small::files();
    let mut other = files.clone();
    other.retain(|path, _| path.extension().is_some_and(|kind| kind == "voted"));
    let disk = SimDisk::with_files(Rng::new(3), &other);
    let committer = small::open(&disk, 9).expect("snapshots never stop a start");
    assert_eq!(committer.voted().count(0), 0);
}

#[test]
fn invariant_2_and_8_a_fault_at_each_call_loses_nothing() {
    for count_reads in [false, true] {
        let last = if count_reads { 120 } else { 150 };
        for at in 1..last {
            for plan in [
                Plan {
                    fail_at: Some(at),
                    count_reads,
                    ..Plan::default()
                },
                Plan {
                    crash_at: Some(at),
                    count_reads,
                    ..Plan::default()
                },
            ] {
                let result = sim::run_plan(at, plan);
                assert!(
                    result.is_ok(),
                    "call {at}, reads counted {count_reads}: {result:?}"
                );
            }
        }
    }
}

#[test]
fn repair_cuts_only_the_tail_and_says_what() {
    let files = small::files();
    let last = segments(&files).pop().expect("three segments");
    let mut torn = files.clone();
    let bytes = torn.get_mut(&last).expect("it is there");
    let at = bytes.len() - 10;
    bytes[at] ^= 1;
    let disk = SimDisk::with_files(Rng::new(3), &torn);
    assert!(matches!(
        small::open(&disk, 9),
        Err(LedgerError::AcknowledgedLost { .. })
    ));
    let Repair {
        cut,
        last: left,
        acknowledged,
    } = repair_tail(&disk, Path::new(DATA_DIR), 0).expect("a tail");
    assert_eq!((left.sequence, acknowledged), (5, Some(6)));
    assert_eq!(cut.expect("something was cut").path, last);
    assert!(small::open(&disk, 9).is_ok());

    let mut damaged = files.clone();
    damaged.get_mut(&segments(&files)[0]).expect("it is there")[500] ^= 1;
    let disk = SimDisk::with_files(Rng::new(3), &damaged);
    let refused = repair_tail(&disk, Path::new(DATA_DIR), 0);
    assert!(matches!(refused, Err(LedgerError::Damaged { .. })));
}

/// A count that leaves out an acknowledged frame would be a wrong result: offline readers refuse it
/// by the sidecar, as a start does. Without a sidecar they report what they cannot tell from a tear.
/// They change nothing.
#[test]
fn invariant_2_reading_offline_tells_a_torn_tail_from_a_lost_frame() {
    let mut files = small::files();
    let last = segments(&files).pop().expect("three segments");
    let bytes = files.get_mut(&last).expect("it is there");
    bytes.truncate(bytes.len() - 1);
    let disk = SimDisk::with_files(Rng::new(3), &files);
    match small::read(&disk) {
        Err(LedgerError::AcknowledgedLost {
            path,
            acknowledged: 6,
            last: 5,
            ..
        }) => assert_eq!(path, last),
        other => panic!("an acknowledged frame is gone: {other:?}"),
    }
    assert_eq!(disk.files(), files);
    files.retain(|path, _| !path.ends_with("acknowledged"));
    let disk = SimDisk::with_files(Rng::new(3), &files);
    let (fold, end) = small::read(&disk).expect("a torn tail is no damage");
    assert_eq!(fold.cursor.sequence, 5);
    assert_eq!(end.torn_tail.expect("torn").path, last);
    let dir = layout::partition_dir(Path::new(DATA_DIR), 0);
    assert_eq!(disk.list(&dir).expect("it is there").len(), 3);
    assert_eq!(disk.files(), files);
}
