//! A mirror has the same bytes as the ledger that it follows, wherever either of them is stopped.

mod small;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::log::Log;
use ledger::log::files::{self, Mirror};
use ledger::{Item, LedgerError};
use simulation::{DATA_DIR, Rng, SimDisk};

fn open(disk: &SimDisk) -> Result<Mirror, LedgerError> {
    let log = files::open(Arc::new(disk.clone()), Path::new(DATA_DIR));
    log.mirror(0, &mut accept)
}

#[expect(clippy::unnecessary_wraps, reason = "what a visitor answers")]
fn accept(_: &Item) -> Result<(), ledger::Defect> {
    Ok(())
}

/// Everything behind a frame, in pieces of `size` bytes.
fn stream(of: &SimDisk, after: u64, size: usize) -> Vec<Vec<u8>> {
    let mut stream = small::log(of).read_from(0, after).expect("a stream");
    let mut all = Vec::new();
    loop {
        let bytes = stream.next_bytes(1 << 20).expect("links");
        if bytes.is_empty() {
            return all.chunks(size).map(<[u8]>::to_vec).collect();
        }
        all.extend(bytes);
    }
}

fn ledger_files(disk: &SimDisk) -> small::Files {
    let mut files = disk.files();
    let is_segment = |path: &PathBuf| path.extension() == Some("segment".as_ref());
    files.retain(|path, _| is_segment(path) || path.ends_with("acknowledged"));
    // Reserved space that a crash brought back reads as zeros.
    for bytes in files.values_mut() {
        let end = bytes.iter().rposition(|byte| *byte != 0);
        bytes.truncate(end.map_or(0, |end| end + 1));
    }
    files
}

#[test]
fn a_mirror_that_is_killed_after_any_piece_ends_with_the_same_bytes() {
    let source = SimDisk::with_files(Rng::new(1), &small::files());
    let pieces = stream(&source, 0, 331).len();
    for killed_after in 0..pieces {
        let copy = SimDisk::new(Rng::new(killed_after as u64));
        let mut mirror = open(&copy).expect("a new copy");
        for piece in stream(&source, 0, 331).iter().take(killed_after) {
            mirror.push(piece, &mut accept).expect("a sound stream");
        }
        let told = mirror.cursor();
        drop(mirror);
        copy.lose_power();
        let mut mirror = open(&copy).expect("it goes on");
        assert_eq!(mirror.cursor(), told, "what was taken is stable");
        for piece in stream(&source, told.sequence, 700) {
            mirror.push(&piece, &mut accept).expect("a sound stream");
        }
        mirror.close().expect("a healthy disk");
        drop(mirror);
        assert_eq!(
            ledger_files(&copy),
            ledger_files(&source),
            "after {killed_after}"
        );
        // The votes go on from here.
        let owner = small::open(&copy, 9).expect("a whole ledger");
        assert_eq!(owner.last_sequence(), 6);
    }
}

#[test]
fn a_mirror_refuses_another_history_and_changed_bytes() {
    let source = SimDisk::with_files(Rng::new(1), &small::files());
    let copy = SimDisk::new(Rng::new(5));
    let mut mirror = open(&copy).expect("a new copy");
    let pieces = stream(&source, 0, usize::MAX);
    mirror
        .push(&pieces[0], &mut accept)
        .expect("a sound stream");
    let known = ledger_files(&copy);
    mirror.resume();
    // The same votes again, from the beginning: not what follows.
    assert!(mirror.push(&pieces[0], &mut accept).is_err());
    assert_eq!(ledger_files(&copy), known, "nothing was written");
    let fresh = SimDisk::new(Rng::new(6));
    let mut mirror = open(&fresh).expect("a new copy");
    let mut changed = pieces[0].clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(mirror.push(&changed, &mut accept).is_err());
}
