//! Damage of every kind to a small ledger: each is refused or harmless, and never shows another
//! history.

mod small;

use std::path::{Path, PathBuf};

use durable::Storage;
use ledger::log::files::Repair;
use ledger::{Cursor, Follower, Item, LedgerError, layout, repair_tail};
use simulation::{DATA_DIR, Plan, Rng, SimDisk};

use small::{Files, Recounted};

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
fn refused(files: &Files, whole: &Recounted, what: &str) -> bool {
    let disk = SimDisk::with_files(Rng::new(3), files);
    match small::read(&disk) {
        Ok((read, _)) => assert!(read == *whole, "{what}: another count"),
        Err(error) => assert!(is_damage(&error), "{what}: {error}"),
    }
    match small::open(&disk, 9) {
        Err(error) => {
            assert!(is_damage(&error), "{what}: {error}");
            true
        }
        Ok(committer) => {
            assert!(
                *committer.voted() == whole.fold.voted,
                "{what}: other bitsets"
            );
            let (read, _) = small::read(&disk).expect("it has just started");
            assert!(read == *whole, "{what}: another history");
            false
        }
    }
}

fn whole(files: &Files) -> Recounted {
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

/// Without sidecar and voted bitsets a cut of the last segment looks like a torn write: what is left must be the
/// beginning of the same history.
#[test]
fn invariant_8_a_torn_tail_leaves_a_prefix() {
    let mut files = small::files();
    let whole = whole(&files);
    let knows = |path: &Path| path.ends_with("acknowledged") || is_bitset(path);
    files.retain(|path, _| !knows(path));
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
        let fold = small::read(&disk).expect("it has just started").0.fold;
        assert!(fold.voted == *committer.voted());
        assert!(fold.cursor.sequence <= whole.fold.cursor.sequence);
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
    files.retain(|path, _| !is_bitset(path));
    assert_eq!(before - files.len(), 3, "three bitsets");
    assert!(!refused(&files, &whole, "bitsets removed"));
}

fn is_bitset(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "voted")
}

/// Bitsets that know of more frames than the ledger has: a start refuses, and changes nothing, until a
/// person names the frame behind which to go on. Then the bitsets are kept, under other names.
#[test]
fn invariant_10_an_older_ledger_beside_newer_bitsets_needs_a_person() {
    let files = small::files();
    let newest = segments(&files).pop().expect("three segments");
    let mut older = files.clone();
    older.retain(|path, _| *path != newest && !path.ends_with("acknowledged"));
    let disk = SimDisk::with_files(Rng::new(3), &older);
    for accepted in [None, Some(6), Some(3)] {
        match small::open_accepting(&disk, 9, accepted) {
            Err(LedgerError::RolledBack { frame, last, .. }) => assert_eq!((frame, last), (6, 4)),
            other => panic!("{accepted:?}: {:?}", other.err()),
        }
        assert_eq!(
            bitsets(&disk),
            bitsets(&SimDisk::with_files(Rng::new(3), &older))
        );
    }
    let committer = small::open_accepting(&disk, 9, Some(4)).expect("a person decided");
    assert_eq!(committer.last_sequence(), 4);
    drop(committer);
    let kept = disk.files();
    for (path, bytes) in bitsets(&SimDisk::with_files(Rng::new(3), &older)) {
        let aside = PathBuf::from(format!("{}.kept-1", path.display()));
        assert_eq!(kept.get(&aside), Some(&bytes), "{}", aside.display());
    }
    assert!(
        small::open(&disk, 10).is_ok(),
        "the decision holds for good"
    );
}

fn bitsets(disk: &SimDisk) -> small::Files {
    let mut files = disk.files();
    files.retain(|path, _| is_bitset(path));
    files
}

/// A directory without a ledger, such as the place of a disk that is not mounted.
#[test]
fn invariant_10_a_missing_ledger_is_never_begun_by_a_start() {
    let bitsets: small::Files = {
        let mut files = small::files();
        files.retain(|path, _| is_bitset(path));
        files
    };
    for files in [small::Files::new(), bitsets] {
        let disk = SimDisk::with_files(Rng::new(3), &files);
        let refused = small::open(&disk, 9);
        assert!(matches!(refused, Err(LedgerError::Missing { .. })));
        assert_eq!(disk.files(), files, "nothing was made");
        let begun = ledger::begin(&small::log(&disk), Some(&small::snapshots(&disk)), 0);
        match (files.is_empty(), begun) {
            (true, Ok(())) => assert!(small::open(&disk, 9).is_ok()),
            (false, Err(LedgerError::Begun { found })) => assert!(found.ends_with(".voted")),
            (_, begun) => panic!("{begun:?}"),
        }
        let again = ledger::begin(&small::log(&disk), Some(&small::snapshots(&disk)), 0);
        assert!(matches!(again, Err(LedgerError::Begun { .. })), "twice");
    }
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
                let result = simulation::run_plan(at, plan);
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
        kept,
        last: left,
        acknowledged,
    } = repair_tail(&disk, Path::new(DATA_DIR), 0).expect("a tail");
    assert_eq!((left.sequence, acknowledged), (5, Some(6)));
    let cut = cut.expect("something was cut");
    assert_eq!(cut.path, last);
    // What was cut is kept, byte for byte.
    let from = usize::try_from(cut.offset).expect("a small file");
    let kept = disk.file(&kept.expect("kept aside")).expect("it is there");
    assert_eq!(kept, torn[&last][from..from + kept.len()]);
    assert_eq!(kept.len() as u64, cut.bytes);
    assert!(matches!(
        small::open(&disk, 9),
        Err(LedgerError::RolledBack { last: 5, .. })
    ));
    assert!(small::open_accepting(&disk, 9, Some(5)).is_ok());

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
    let (read, end) = small::read(&disk).expect("a torn tail is no damage");
    assert_eq!(read.fold.cursor.sequence, 5);
    assert_eq!(end.torn_tail.expect("torn").path, last);
    let dir = layout::partition_dir(Path::new(DATA_DIR), 0);
    assert_eq!(disk.list(&dir).expect("it is there").len(), 3);
    assert_eq!(disk.files(), files);
}

/// A directory under the name of another partition would be counted twice.
#[test]
fn a_partition_under_the_name_of_another_is_named() {
    let dir = |partition| layout::partition_dir(Path::new(DATA_DIR), partition);
    let (own, other) = (dir(0), dir(1));
    let mut files = small::files();
    let copies = files.iter().filter_map(|(path, bytes)| {
        let inside = path.strip_prefix(&own).ok()?;
        Some((other.join(inside), bytes.clone()))
    });
    let copies: Files = copies.collect();
    files.extend(copies);
    let log = small::log(&SimDisk::with_files(Rng::new(3), &files));
    let visit = |_: &Item| Ok::<(), LedgerError>(());
    let read = log.read_all(1, visit).map(drop).expect_err("a copy");
    let mut follower = Follower::open(&log, 1, Cursor::default()).expect("it is there");
    let followed = follower.next_item().map(drop).expect_err("a copy");
    for error in [read, followed] {
        let error = error.to_string();
        let named = error.contains("p0001") || error.contains("/data");
        let said = error.contains("partition 0 in the directory of partition 1: it was copied");
        assert!(named && said, "{error}");
    }
    log.read_all(0, visit).expect("the partition itself");
}

/// The ledger of another release is no damage: told to restore it, an operator would restore the same again.
#[test]
fn another_format_is_told_by_its_version_and_nothing_is_changed() {
    let files = small::files();
    let first = segments(&files).remove(0);
    for (at, byte, version) in [(7, b'3', 3), (7, b'1', 1), (8, 9, 9)] {
        let mut changed = files.clone();
        changed.get_mut(&first).expect("it is there")[at] = byte;
        let head = ledger::check_version(&changed[&first]);
        assert!(head.is_err(), "{head:?}");
        let disk = SimDisk::with_files(Rng::new(3), &changed);
        let opened = small::open(&disk, 9).err().expect("it is refused");
        let read = small::read(&disk).expect_err("it is refused");
        for error in [opened, read] {
            let told = error.to_string();
            assert!(matches!(error, LedgerError::AnotherLedger { .. }), "{told}");
            let expected = format!("format version {version}, this program reads version 2");
            assert!(told.contains(&expected), "{told}");
            assert!(!told.contains("the ledger is damaged"), "{told}");
        }
        assert_eq!(disk.files(), changed);
    }
    assert_eq!(ledger::check_version(&files[&first]), Ok(()));
    assert!(ledger::check_version(&files[&first][..11]).is_err());
}
