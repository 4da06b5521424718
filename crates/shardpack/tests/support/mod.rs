//! The real program in a private directory, with digest sets of the example event.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its data has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use election::Event;
use specimen::Roll;
use tempfile::TempDir;

/// What the digest sets of one directory are like.
#[derive(Clone)]
pub(crate) struct Sets {
    pub(crate) roll: Roll,
    pub(crate) shard_bits: u8,
}

impl Sets {
    pub(crate) fn of(roll: Roll) -> Sets {
        Sets {
            roll,
            shard_bits: 1,
        }
    }
}

impl Default for Sets {
    /// 300 voters in the regions of the example event.
    fn default() -> Sets {
        Sets::of(Roll::example(300))
    }
}

/// A private directory to work in.
pub(crate) struct Desk {
    home: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk {
            home: TempDir::new().unwrap(),
        }
    }

    /// A desk with digest sets of the example event.
    pub(crate) fn with_digests(sets: &Sets) -> Desk {
        let desk = Desk::new();
        desk.write_digests("digests", sets);
        desk
    }

    /// A desk with a package signed by one officer, without a password.
    pub(crate) fn with_signed_package() -> Desk {
        let desk = Desk::with_digests(&Sets::default());
        desk.pack("package", &[]);
        desk.keygen("officer");
        ok(&desk.run(&["sign", "package", "--key", "officer.key", "--no-password"]));
        desk
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.home.path().join(inside)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_shardpack");
        Command::new(program)
            .args(args)
            .current_dir(self.home.path())
            .output()
            .unwrap()
    }

    pub(crate) fn pack(&self, out: &str, extra: &[&str]) {
        ok(&self.run_pack("digests", out, extra));
    }

    pub(crate) fn run_pack(&self, digests: &str, out: &str, extra: &[&str]) -> Output {
        let election = definition_path();
        let election = election.to_str().unwrap();
        let args = [
            "pack",
            "--digests",
            digests,
            "--election",
            election,
            "--out",
            out,
        ];
        self.run(&[&args, extra].concat())
    }

    pub(crate) fn keygen(&self, officer: &str) {
        ok(&self.run(&["keygen", "--out", officer, "--no-password"]));
    }

    /// Writes a digest set for every ballot of the example event.
    pub(crate) fn write_digests(&self, dir: &str, sets: &Sets) {
        for ballot in definition().ballots() {
            self.write_ballot(dir, &ballot.id, sets);
        }
    }

    pub(crate) fn write_ballot(&self, dir: &str, id: &str, sets: &Sets) {
        specimen::write_digests(&self.path(dir), id, &sets.roll, sets.shard_bits);
    }

    /// The text of the example's definition, with the files that it names beside it on the desk.
    pub(crate) fn with_files_of_example(&self) -> String {
        for name in ["regions.geojson", "baseline.csv", "logo.svg"] {
            fs::copy(definition_path().with_file_name(name), self.path(name)).unwrap();
        }
        specimen::EXAMPLE.to_owned()
    }

    /// Names directly below the desk, sorted; what a failed run left behind would show.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn definition_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/election.toml")
}

pub(crate) fn definition() -> Event {
    Event::from_toml(specimen::EXAMPLE).unwrap()
}

/// Every file below a directory with its bytes, sorted by path.
pub(crate) fn tree(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push((
                    path.strip_prefix(dir).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                ));
            }
        }
    }
    files.sort();
    files
}

/// Requires success and returns stdout.
pub(crate) fn ok(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "failed: {stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Requires the exit status, nothing on stdout, and every word on stderr.
pub(crate) fn refused(output: &Output, status: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "stderr: {stderr}");
    assert!(
        output.stdout.is_empty(),
        "stdout: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
}
