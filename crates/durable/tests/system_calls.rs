//! The system calls that the documentation promises, held against `strace`.
//!
//! The test runs itself under strace: the traced process does one call of the trait at a time
//! between two marks (a failing `unlink` of a name that says which call), and the calls between the
//! marks are compared with the documented ones.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use durable::output::{OutputDir, OutputFile};
use durable::{OsStorage, Storage, replace_file};

const DIRECTORY: &str = "DURABLE_TRACED_DIRECTORY";
const TRACED: &str = "trace=openat,pread64,pwrite64,write,fdatasync,fsync,fallocate,ftruncate,\
                      rename,renameat,renameat2,unlink,mkdir,flock,statx,getdents64";

/// Each step: its name and the calls expected, in order.
const EXPECTED: [(&str, &[&str]); 14] = [
    ("create_new", &["openat"]),
    ("preallocate", &["fallocate"]),
    ("write_at", &["pwrite64"]),
    ("fdatasync", &["fdatasync"]),
    ("read_at", &["pread64"]),
    ("truncate", &["ftruncate"]),
    ("rename", &["renameat"]),
    ("fsync_dir", &["openat", "fsync"]),
    ("remove", &["unlink"]),
    ("create_dir_all", &["mkdir", "openat", "fsync"]),
    ("lock_exclusive", &["openat", "flock"]),
    (
        "replace_file",
        &[
            "unlink",
            "openat",
            "pwrite64",
            "fdatasync",
            "renameat",
            "openat",
            "fsync",
        ],
    ),
    (
        "output_file",
        &["openat", "write", "fsync", "renameat2", "openat", "fsync"],
    ),
    (
        "output_dir",
        &[
            "mkdir",
            "getdents64",
            "openat",
            "fsync",
            "renameat2",
            "openat",
            "fsync",
        ],
    ),
];

/// What the traced process does; a no-op in an ordinary run of the tests.
#[test]
fn traced_steps() {
    let Some(dir) = std::env::var_os(DIRECTORY).map(PathBuf::from) else {
        return;
    };
    let storage = OsStorage;
    let (first, second) = (dir.join("first"), dir.join("second"));
    let step = |name: &str| drop(std::fs::remove_file(dir.join(format!("mark-{name}"))));
    step("create_new");
    let mut file = storage.create_new(&first).expect("created");
    step("preallocate");
    file.preallocate(4096).expect("preallocated");
    step("write_at");
    file.write_at(100, b"frame").expect("written");
    step("fdatasync");
    file.fdatasync().expect("synced");
    step("read_at");
    file.read_at(100, &mut [0; 5]).expect("read");
    step("truncate");
    file.truncate(105).expect("cut");
    step("rename");
    storage.rename(&first, &second).expect("renamed");
    step("fsync_dir");
    storage.fsync_dir(&dir).expect("synced");
    step("remove");
    storage.remove(&second).expect("removed");
    step("create_dir_all");
    storage.create_dir_all(&dir.join("ledger")).expect("made");
    step("lock_exclusive");
    let lock = storage.lock_exclusive(&dir.join("lock")).expect("locked");
    step("replace_file");
    replace_file(&storage, &dir.join("small"), b"content").expect("replaced");
    step("output_file");
    let mut output = OutputFile::create(&dir.join("file"), false).expect("started");
    output.write_all(b"content").expect("written");
    output.finish().expect("finished");
    step("output_dir");
    let output = OutputDir::create(&dir.join("package"), false).expect("started");
    output.finish().expect("finished");
    step("end");
    drop(lock);
}

#[test]
fn documented_system_calls_are_the_real_ones() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let trace = dir.path().join("trace");
    let program = std::env::current_exe().expect("this test");
    let output = Command::new("strace")
        .args(["-f", "-e", TRACED, "-o"])
        .arg(&trace)
        .arg(program)
        .args(["--exact", "traced_steps", "--test-threads=1"])
        .env(DIRECTORY, dir.path())
        .output();
    let Ok(output) = output else {
        return eprintln!("skipped: strace is not installed (Debian: apt install strace)");
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("Operation not permitted") || stderr.contains("PTRACE_TRACEME") {
        return eprintln!("skipped: strace may not trace here: {stderr}");
    }
    assert!(output.status.success(), "{stderr}");
    let trace = std::fs::read_to_string(trace).expect("a trace");
    for (step, expected) in EXPECTED {
        assert_eq!(calls_of(&trace, step, dir.path()), expected, "step {step}");
    }
}

/// Names of the calls after the mark of `step` and before the next mark that succeeded or looked
/// for one of our files; looks at directories and files' kinds are left out.
fn calls_of(trace: &str, step: &str, dir: &Path) -> Vec<String> {
    let mark = format!("mark-{step}\"");
    let mut lines = trace.lines().skip_while(|line| !line.contains(&mark));
    assert!(lines.next().is_some(), "step {step} ran");
    let dir = dir.display().to_string();
    let mut calls: Vec<String> = lines
        .take_while(|line| !line.contains("/mark-"))
        .filter(|line| !line.contains("statx("))
        .filter_map(|line| {
            let call = line
                .split_once(' ')
                .map_or(line, |(_, call)| call.trim_start());
            let name = call.split('(').next()?;
            let opens_to_read = name == "openat" && call.contains(&dir) && is_listing(call);
            (!opens_to_read).then(|| name.to_owned())
        })
        .collect();
    calls.dedup_by(|later, earlier| later == earlier && later == "getdents64");
    calls
}

/// The standard library opens directories to list them non-blocking.
fn is_listing(call: &str) -> bool {
    call.contains("O_NONBLOCK")
}
