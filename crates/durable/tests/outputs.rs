//! Outputs appear whole or not at all, and never over something else unasked.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use durable::output::{OutputDir, OutputError, OutputFile};
use durable::{OsStorage, Storage, replace_file};
use tempfile::TempDir;

fn names(dir: &Path) -> Vec<String> {
    OsStorage.list(dir).expect("a directory")
}

fn write(path: &Path, force: bool, content: &str) -> Result<(), OutputError> {
    let mut output = OutputFile::create(path, force)?;
    output.write_all(content.as_bytes()).expect("written");
    output.finish()
}

#[test]
fn a_file_appears_when_it_is_finished() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("report.json");
    let mut output = OutputFile::create(&path, false).expect("started");
    output.write_all(b"????content").expect("written");
    output.seek(SeekFrom::Start(0)).expect("rewound");
    output.write_all(b"head").expect("written");
    assert!(!path.exists());
    output.finish().expect("finished");
    assert_eq!(fs::read_to_string(&path).expect("there"), "headcontent");
    assert_eq!(names(home.path()), ["report.json"]);
}

#[test]
fn an_unfinished_output_leaves_nothing() {
    let home = TempDir::new().expect("a directory");
    let mut file = OutputFile::create(&home.path().join("file"), false).expect("started");
    file.write_all(b"half").expect("written");
    let dir = OutputDir::create(&home.path().join("dir"), false).expect("started");
    fs::write(dir.aside().join("half"), "half").expect("written");
    assert_eq!(names(home.path()).len(), 2);
    drop((file, dir));
    assert!(names(home.path()).is_empty());
}

#[test]
fn one_job_at_a_time_writes_a_place_and_sweeps_up_after_killed_ones() {
    let home = TempDir::new().expect("a directory");
    let place = home.path().join("site");
    let ours = [".site.aside-4242-0", ".site.aside-17-3"];
    let others = [".site.aside-mine", ".sites.aside-7-0"];
    for name in ours.iter().chain(&others) {
        fs::create_dir(home.path().join(name)).expect("made");
    }
    fs::write(home.path().join(".site.aside-5-5"), "no directory").expect("written");
    let first = OutputDir::create_alone(&place, true).expect("started");
    let second = OutputDir::create_alone(&place, true).expect_err("another is at it");
    assert!(matches!(second, OutputError::Busy { .. }), "{second}");
    assert!(first.aside().exists(), "the first goes on");
    let beside = OutputDir::create_alone(&home.path().join("other"), true);
    drop(beside.expect("another place"));
    first.finish().expect("finished");
    drop(OutputDir::create_alone(&place, true).expect("the next one"));
    let left = [
        ".other.lock",
        ".site.aside-5-5",
        ".site.aside-mine",
        ".site.lock",
        ".sites.aside-7-0",
        "site",
    ];
    assert_eq!(names(home.path()), left);
}

#[test]
fn an_existing_output_is_refused_unless_forced() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("file");
    write(&path, false, "old").expect("written");
    let refused = write(&path, false, "new").expect_err("it exists");
    assert!(refused.to_string().contains("--force"), "{refused}");
    assert!(
        refused.to_string().contains(&path.display().to_string()),
        "{refused}"
    );
    assert_eq!(fs::read_to_string(&path).expect("there"), "old");
    write(&path, true, "new").expect("replaced");
    assert_eq!(fs::read_to_string(&path).expect("there"), "new");
    assert_eq!(names(home.path()), ["file"]);
}

/// Something that took the name while the output was being written is not overwritten.
#[test]
fn a_name_taken_meanwhile_is_refused() {
    let home = TempDir::new().expect("a directory");
    for (name, finish) in [
        ("file", finish_file as fn(&Path) -> OutputError),
        ("dir", finish_dir),
    ] {
        let refused = finish(&home.path().join(name));
        assert!(matches!(refused, OutputError::Exists { .. }), "{refused}");
    }
    assert_eq!(names(home.path()), ["dir", "file"], "no aside copy stays");
}

fn finish_file(path: &Path) -> OutputError {
    let output = OutputFile::create(path, false).expect("started");
    fs::write(path, "theirs").expect("written");
    output.finish().expect_err("the name is taken")
}

fn finish_dir(path: &Path) -> OutputError {
    let output = OutputDir::create(path, false).expect("started");
    fs::create_dir(path).expect("made");
    output.finish().expect_err("the name is taken")
}

#[test]
fn a_forced_directory_replaces_a_full_one() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("package");
    for content in ["old", "new"] {
        let output = OutputDir::create(&path, true).expect("started");
        fs::create_dir(output.aside().join("shards")).expect("made");
        fs::write(output.aside().join("shards").join(content), content).expect("written");
        output.finish().expect("finished");
        assert_eq!(names(&path.join("shards")), [content]);
    }
    assert_eq!(names(home.path()), ["package"]);
}

#[test]
fn secrets_are_their_owner_s() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("roll.key");
    OutputFile::create_secret(&path, false)
        .expect("started")
        .finish()
        .expect("finished");
    let mode = fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn names_that_are_none_are_refused() {
    for path in ["/", "..", "a/.."] {
        let refused = OutputFile::create(Path::new(path), false).expect_err("no name");
        assert!(matches!(refused, OutputError::NoName { .. }), "{refused}");
    }
}

#[test]
fn replacing_a_file_survives_a_stale_aside_copy() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("snapshot");
    fs::write(
        home.path().join("snapshot.new"),
        "left by a crash, and longer",
    )
    .expect("written");
    for content in ["one", "two"] {
        replace_file(&OsStorage, &path, content.as_bytes()).expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("there"), content);
    }
    assert_eq!(names(home.path()), ["snapshot"]);
}
