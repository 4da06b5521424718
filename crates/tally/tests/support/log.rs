//! The log of a fixture's ledger: signed and cosigned by keys made from numbers.

use std::path::PathBuf;
use std::sync::Arc;

use durable::OsStorage;
use ledger::log::files;
use ledger::{Cursor, Follower, Item, layout};
use tlog::FrameLog;
use transparency::{Checkpoint, Hash, KeyName, KeyUse, Note, PrivateKey};

use super::Fixture;

pub(crate) const ORIGIN: &str = "scrutin.example/T-2025";
/// Names of the witnesses; two of them must cosign.
pub(crate) const WITNESSES: [&str; 3] = ["paper", "university", "party"];
/// When witness 0 cosigns, seconds since 1970; the others a minute later each.
pub(crate) const COSIGNED_S: u64 = 1_752_580_920;

fn key(name: &str, used: KeyUse, number: u8) -> PrivateKey {
    let name = KeyName::new(name).expect("a name");
    PrivateKey::from_seed(name, used, &[number; 32].into())
}

fn log_key(partition: u16) -> PrivateKey {
    key(&format!("{ORIGIN}/{partition}"), KeyUse::Log, 1)
}

fn witness_key(number: usize) -> PrivateKey {
    let name = format!("{}.example/w", WITNESSES[number]);
    key(
        &name,
        KeyUse::Witness,
        10 + u8::try_from(number).expect("few"),
    )
}

/// What an event's definition says of its log.
pub(crate) fn definition() -> String {
    let public = data_encoding::HEXLOWER.encode(log_key(0).public().key_bytes());
    let mut text = format!(
        "\n[log]\norigin = \"{ORIGIN}\"\nkey = \"{public}\"\n\n[witnesses]\nrequired = 2\n"
    );
    for (number, name) in WITNESSES.iter().enumerate() {
        let key = witness_key(number).public().to_string();
        text += &format!(
            "\n[[witness]]\nname = \"{name}\"\nkey = \"{key}\"\nurl = \"https://{name}.example/\"\n"
        );
    }
    text
}

/// The tree over all frames of a partition of the ledger under `<home>/<data>`.
pub(crate) fn tree(fixture: &Fixture, data: &str, partition: u16) -> FrameLog {
    let copy = files::open_copy(Arc::new(OsStorage), &fixture.path(data).join("ledger"));
    let mut follower = Follower::open(&copy, partition, Cursor::default()).expect("a ledger");
    let mut log = FrameLog::new(partition, &std::env::temp_dir()).expect("room");
    while let Some(item) = follower.next_item().expect("a sound ledger") {
        if let Item::Frame(frame) = item {
            log.append(&frame).expect("the next one");
        }
    }
    log
}

/// Where a partition's checkpoint lies.
pub(crate) fn checkpoint_file(fixture: &Fixture, data: &str, partition: u16) -> PathBuf {
    layout::checkpoint_file(&layout::partition_dir(&fixture.path(data), partition))
}

/// A checkpoint of this tree, cosigned by these witnesses.
pub(crate) fn signed(partition: u16, size: u64, root: Hash, witnesses: &[usize]) -> Note {
    let log = log_key(partition);
    let origin = log.public().name().clone();
    let mut note = Checkpoint { origin, size, root }
        .sign(&log)
        .expect("the log's key");
    for number in witnesses {
        let time_s = COSIGNED_S + 60 * *number as u64;
        let line = witness_key(*number).cosign_text(note.text(), time_s);
        note.add(line.expect("a witness's key"));
    }
    note
}

/// Lays the checkpoint over the first `size` frames beside the ledger, or over all; returns how many it covers.
pub(crate) fn cover(fixture: &Fixture, data: &str, size: Option<u64>, witnesses: &[usize]) -> u64 {
    let log = tree(fixture, data, 0);
    let size = size.unwrap_or(log.size());
    let root = log.root_at(size).expect("read").expect("so many frames");
    lay(fixture, data, &signed(0, size, root, witnesses));
    size
}

/// Lays a checkpoint beside partition 0, at once.
pub(crate) fn lay(fixture: &Fixture, data: &str, note: &Note) {
    let path = checkpoint_file(fixture, data, 0);
    durable::replace_file(&OsStorage, &path, note.to_string().as_bytes()).expect("written");
}
