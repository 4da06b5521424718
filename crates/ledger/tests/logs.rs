//! The contract of a log, held by every log: the same bytes, streams that resume anywhere, one owner.

mod small;

use std::sync::Arc;

use election::Choice;
use ledger::log::memory::{MemoryLog, Trouble};
use ledger::log::{Append, Barrier, Log};
use ledger::{Committer, Decoder, EncodedLink, Item, LedgerError};
use simulation::{Rng, SimDisk};

use small::contract::{CLAIM, bytes, lease, only_what_follows_is_appended};
use small::{Silent, live, open_log, vote};

/// A log in memory in which the partition is begun.
fn begun() -> MemoryLog {
    let log = MemoryLog::new();
    log.begin(0).expect("nothing was begun");
    log
}

/// The small ledger in memory.
fn in_memory() -> MemoryLog {
    let log = begun();
    for life in 0..3u32 {
        let owner = open_log(Arc::new(log.clone()), None, life.into());
        live(owner.expect("a healthy log"), life);
    }
    log
}

/// The small ledger on a disk.
fn on_disk() -> SimDisk {
    SimDisk::with_files(Rng::new(3), &small::files())
}

#[test]
fn the_bytes_of_a_ledger_are_the_same_in_every_log() {
    let (memory, disk) = (in_memory(), on_disk());
    let files = small::log(&disk);
    for after in 0..=6 {
        assert!(bytes(&memory, after) == bytes(&files, after), "{after}");
    }
    let is_segment = |path: &std::path::Path| path.extension().is_some_and(|k| k == "segment");
    let on_disk: Vec<u8> = small::files()
        .into_iter()
        .filter(|(path, _)| is_segment(path))
        .flat_map(|(_, bytes)| bytes)
        .collect();
    assert!(bytes(&memory, 0) == on_disk);
    for sequence in 0..8 {
        let (one, other) = (memory.frame(0, sequence), files.frame(0, sequence));
        let (one, other) = (one.expect("whole"), other.expect("whole"));
        assert_eq!(one, other);
        assert_eq!(one.is_some(), (1..=6).contains(&sequence));
    }
}

#[test]
fn a_stream_beyond_the_last_frame_is_refused() {
    let disk = on_disk();
    let (memory, files) = (in_memory(), small::log(&disk));
    for log in [&memory as &dyn Log, &files] {
        for after in [7, u64::MAX] {
            let refused = log.read_from(0, after).map(drop);
            assert!(matches!(refused, Err(LedgerError::Followed { .. })));
        }
    }
}

#[test]
fn a_link_that_does_not_follow_is_in_conflict_and_another_epoch_is_fenced() {
    let disk = on_disk();
    let (memory, files) = (in_memory(), small::log(&disk));
    for log in [&memory as &dyn Log, &files] {
        only_what_follows_is_appended(log);
    }
}

#[test]
fn a_second_owner_is_refused_by_files_and_fences_the_first_in_memory() {
    let disk = on_disk();
    let files = small::log(&disk);
    let (_held, _) = lease(&files);
    let second = files.lease(CLAIM).map(drop);
    assert!(matches!(second, Err(LedgerError::Locked { .. })));
    let memory = in_memory();
    let (mut first, header) = lease(&memory);
    let _second = memory.lease(CLAIM).expect("a lease may be taken");
    assert!(matches!(first.append(&header), Ok(Append::Fenced)));
    assert_eq!(first.barrier().expect("not fatal"), Barrier::Fenced);
}

fn owner(log: &MemoryLog) -> Committer<Silent> {
    open_log(Arc::new(log.clone()), None, 0).expect("a healthy log")
}

/// What nobody knows is found out behind a barrier, and sent again byte for byte where it is lost.
#[test]
fn invariant_2_an_unknown_append_is_settled_before_anything_else() {
    for trouble in [Trouble::UnknownWritten, Trouble::UnknownLost] {
        let log = begun();
        let mut owner = owner(&log);
        let mut batch = vec![vote(0, 0, 1, Choice::Oui)];
        owner.step(&mut batch).expect("a healthy log");
        log.next_append_meets(trouble);
        log.next_barriers_fail(1);
        let mut batch = vec![vote(0, 0, 2, Choice::Non)];
        owner.step(&mut batch).expect("not fatal");
        assert!(owner.is_unsettled() && batch.is_empty());
        assert!(owner.state().is_out_of_reach(), "told to operators");
        let mut next = vec![vote(0, 0, 3, Choice::Oui)];
        owner.step(&mut next).expect("not fatal");
        assert_eq!((owner.is_unsettled(), next.len()), (true, 1));
        let closed = owner.close();
        assert!(closed.is_ok(), "the second barrier answers: {closed:?}");
        assert_eq!(owner.last_sequence(), 2);
        assert!(!owner.state().is_out_of_reach());
        let sent: Vec<EncodedLink> = log.offered();
        match trouble {
            Trouble::UnknownLost => assert_eq!(sent[2], sent[3]),
            _ => assert_eq!(sent.len(), 3),
        }
    }
}

#[test]
fn invariant_3_an_owner_that_was_fenced_stops() {
    for (trouble, fenced) in [(Trouble::Fenced, true), (Trouble::Conflict, false)] {
        let log = begun();
        let mut owner = owner(&log);
        log.next_append_meets(trouble);
        let stopped = owner.step(&mut vec![vote(0, 0, 2, Choice::Non)]);
        let expected = match stopped {
            Err(LedgerError::Fenced { .. }) => fenced,
            Err(LedgerError::Conflict { .. }) => !fenced,
            _ => false,
        };
        assert!(expected, "{stopped:?}");
        let read = bytes(&log, 0);
        assert!(read.is_empty(), "nothing was written");
    }
}

/// No room: the keys of the segment are dropped with the frame that they sealed.
#[test]
fn invariant_5_a_refused_frame_is_followed_by_a_new_segment() {
    let log = begun();
    let mut owner = owner(&log);
    owner
        .step(&mut vec![vote(0, 0, 1, Choice::Oui)])
        .expect("a healthy log");
    log.next_append_meets(Trouble::Full);
    for _ in 0..2 {
        let mut batch = vec![vote(0, 0, 2, Choice::Non)];
        owner.step(&mut batch).expect("a full log is not fatal");
    }
    let mut decoder = Decoder::new();
    decoder.push(&bytes(&log, 0));
    let items = std::iter::from_fn(|| decoder.next_item().expect("whole"));
    let kinds: Vec<bool> = items.map(|item| matches!(item, Item::Segment(_))).collect();
    assert_eq!(kinds, [true, false, true, false]);
}
