//! The real storage keeps the parts of its contract that can be seen without a crash.

use std::io::ErrorKind;

use durable::{OsStorage, Storage};
use tempfile::TempDir;

#[test]
fn files_are_read_and_written_at_offsets() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("segment");
    let mut file = OsStorage.create_new(&path).expect("created");
    assert!(file.is_empty().expect("a length"));
    file.preallocate(8192).expect("preallocated");
    assert_eq!(file.len().expect("a length"), 8192);
    file.write_at(8190, b"frame").expect("written");
    file.fdatasync().expect("synced");
    let mut buf = [9; 8];
    let reader = OsStorage.open_read(&path).expect("opened");
    assert_eq!(
        reader.read_at(8188, &mut buf).expect("read"),
        7,
        "the file ends"
    );
    assert_eq!(buf, *b"\0\0frame\x09");
    assert_eq!(
        reader.read_at(9000, &mut buf).expect("read"),
        0,
        "beyond the end"
    );
    file.truncate(3).expect("cut");
    assert_eq!(reader.len().expect("a length"), 3);
    file.preallocate(2).expect("preallocated");
    assert_eq!(
        file.len().expect("a length"),
        3,
        "preallocation never shortens"
    );
}

#[test]
fn a_file_opened_for_reading_cannot_be_written() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("segment");
    OsStorage.create_new(&path).expect("created");
    let mut file = OsStorage.open_read(&path).expect("opened");
    assert!(file.write_at(0, b"x").is_err());
    assert!(file.truncate(0).is_err());
}

#[test]
fn names_are_exclusive_and_listed_in_order() {
    let home = TempDir::new().expect("a directory");
    let at = |name: &str| home.path().join(name);
    for name in ["b", "a"] {
        OsStorage.create_new(&at(name)).expect("created");
    }
    OsStorage.create_dir_all(&at("c/d")).expect("made");
    OsStorage.create_dir_all(&at("c/d")).expect("it may exist");
    assert_eq!(
        OsStorage.list(home.path()).expect("listed"),
        ["a", "b", "c"]
    );
    let taken = OsStorage
        .create_new(&at("a"))
        .err()
        .map(|error| error.kind());
    assert_eq!(taken, Some(ErrorKind::AlreadyExists));
    OsStorage.rename(&at("a"), &at("b")).expect("replaces");
    OsStorage.fsync_dir(home.path()).expect("synced");
    OsStorage.remove(&at("b")).expect("removed");
    let gone = OsStorage.open(&at("b")).err().map(|error| error.kind());
    assert_eq!(gone, Some(ErrorKind::NotFound));
}

#[test]
fn one_holder_of_a_lock() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("lock");
    let held = OsStorage.lock_exclusive(&path).expect("locked");
    let second = OsStorage
        .lock_exclusive(&path)
        .err()
        .map(|error| error.kind());
    assert_eq!(second, Some(ErrorKind::WouldBlock));
    drop(held);
    OsStorage.lock_exclusive(&path).expect("free again");
}
