//! What a witness cosigns, what it refuses, and what it never forgets.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use durable::{Clock, OsStorage, Storage, StorageFile, StorageLock};
use tempfile::TempDir;
use transparency::{
    Hash, KeyName, KeyUse, Note, PrivateKey, Statement, Submission, VerifierKey, parse_signatures,
};

use crate::memory::Memory;
use crate::test_log::TestLog;
use crate::witness::{Refusal, Witness};

const ORIGIN: &str = "example.com/log";

/// A clock that a test sets.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// A disk that can be full.
#[derive(Default)]
struct Disk {
    full: AtomicBool,
}

impl Storage for Disk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        if self.full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        OsStorage.create_new(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        OsStorage.open(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        OsStorage.open_read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsStorage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        OsStorage.remove(path)
    }

    fn fsync_dir(&self, dir: &Path) -> io::Result<()> {
        OsStorage.fsync_dir(dir)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        OsStorage.create_dir_all(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        OsStorage.list(dir)
    }

    fn lock_exclusive(&self, path: &Path) -> io::Result<Box<dyn StorageLock>> {
        OsStorage.lock_exclusive(path)
    }
}

/// A state directory, and what is needed to open it again and again.
struct Home {
    dir: TempDir,
    disk: Arc<Disk>,
    clock: Arc<SetClock>,
}

fn key() -> PrivateKey {
    let name = KeyName::new("witness.example/1").expect("a name");
    PrivateKey::from_seed(name, KeyUse::Witness, &[9; 32].into())
}

impl Home {
    fn new() -> Home {
        let dir = tempfile::tempdir().expect("a private directory");
        Memory::begin(&OsStorage, &dir.path().join("state"), key().public()).expect("begun");
        Home {
            dir,
            disk: Arc::default(),
            clock: Arc::new(SetClock(AtomicI64::new(1_000_000))),
        }
    }

    fn state(&self) -> std::path::PathBuf {
        self.dir.path().join("state")
    }

    fn try_open(&self, logs: &[&TestLog]) -> anyhow::Result<Witness> {
        let logs: Vec<VerifierKey> = logs.iter().map(|log| log.key.public().clone()).collect();
        let disk = Arc::clone(&self.disk);
        let memory = Memory::open(disk, &self.state(), key().public())?;
        let clock = Arc::clone(&self.clock);
        Witness::new(key(), memory, logs, clock)
    }

    fn open(&self, logs: &[&TestLog]) -> Witness {
        self.try_open(logs).expect("it opens")
    }

    /// The words with which it does not open.
    fn refusal(&self, logs: &[&TestLog]) -> String {
        match self.try_open(logs) {
            Ok(_) => panic!("it opened"),
            Err(error) => format!("{error:#}"),
        }
    }

    /// The file of the one log.
    fn log_file(&self) -> std::path::PathBuf {
        let entries = fs::read_dir(self.state()).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut logs = paths.filter(|path| path.extension().is_some_and(|e| e == "log"));
        logs.next().expect("the log's file")
    }

    /// The files that prove two histories.
    fn evidence(&self) -> Vec<String> {
        let entries = fs::read_dir(self.state()).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let named = |path: &Path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .map(str::to_owned)
        };
        let kept = paths.filter(|path| named(path).is_some_and(|n| n.starts_with("evidence-")));
        kept.map(|path| fs::read_to_string(path).expect("read"))
            .collect()
    }
}

fn submit(witness: &Witness, submission: &Submission) -> Result<u64, Refusal> {
    let signature = witness.add_checkpoint(submission.to_string().as_bytes())?;
    // What is answered is a line that fits the checkpoint.
    let line = parse_signatures(&format!("{signature}\n")).expect("one line");
    let mut note: Note = submission.checkpoint.clone();
    note.add(line[0].clone());
    match note.statement_of(key().public()) {
        Ok(Some(Statement::Cosigned { time_s })) => Ok(time_s),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_continues_is_cosigned_and_nothing_else() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 40));
    let witness = home.open(&[&log]);
    let size = |old, new| submit(&witness, &log.submission(old, new));
    // The empty log, before the first vote.
    assert_eq!(size(0, 0), Ok(1_000));
    assert_eq!(size(0, 5), Ok(1_000));
    assert_eq!(size(5, 5), Ok(1_000));
    assert_eq!(size(5, 40), Ok(1_000));
    // A rollback, with and without the truth about what came before.
    assert_eq!(size(0, 5), Err(Refusal::Conflict { size: 40 }));
    assert_eq!(size(5, 20), Err(Refusal::Conflict { size: 40 }));
    let refused = size(40, 5);
    assert_eq!(refused, Err(Refusal::OldLarger { old: 40, new: 5 }));
    // Another history of the same length, and of a greater one.
    let fork = log.forked(17);
    let refused = submit(&witness, &fork.submission(40, 40));
    assert_eq!(refused, Err(Refusal::OtherRoot { size: 40 }));
    let mut longer = TestLog::new(ORIGIN, 50);
    longer.leaves[3] = fork.leaves[17];
    let refused = submit(&witness, &longer.submission(40, 50));
    assert!(matches!(refused, Err(Refusal::NoProof(_))), "{refused:?}");
    // The right history goes on.
    let log = TestLog::new(ORIGIN, 50);
    assert_eq!(submit(&witness, &log.submission(40, 50)), Ok(1_000));
}

#[test]
fn no_wrong_proof_is_taken() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 40));
    let witness = home.open(&[&log]);
    submit(&witness, &log.submission(0, 13)).expect("the first");
    let good = log.submission(13, 40);
    let mut wrong = Vec::new();
    for at in 0..good.proof.len() {
        let mut proof = good.proof.clone();
        proof[at].0[0] ^= 1;
        wrong.push(proof.clone());
        proof.remove(at);
        wrong.push(proof);
    }
    wrong.push(Vec::new());
    wrong.push([good.proof.clone(), vec![Hash::default()]].concat());
    for proof in wrong {
        let submission = Submission {
            proof,
            ..good.clone()
        };
        let refused = submit(&witness, &submission);
        assert!(matches!(refused, Err(Refusal::NoProof(_))), "{refused:?}");
    }
    // The first checkpoint of all needs no proof, and takes none.
    let other = TestLog::new("example.com/other", 3);
    let home = Home::new();
    let witness = home.open(&[&other]);
    let proof = vec![Hash::default()];
    let refused = submit(
        &witness,
        &Submission {
            proof,
            ..other.submission(0, 3)
        },
    );
    assert!(matches!(refused, Err(Refusal::NoProof(_))), "{refused:?}");
}

#[test]
fn only_known_logs_with_their_own_keys_are_heard() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 3));
    let witness = home.open(&[&log]);
    let stranger = TestLog::new("example.com/stranger", 3);
    let refused = submit(&witness, &stranger.submission(0, 3));
    assert!(
        matches!(refused, Err(Refusal::UnknownLog { .. })),
        "{refused:?}"
    );
    let name = log.key.public().name().clone();
    let forger = PrivateKey::from_seed(name, KeyUse::Log, &[4; 32].into());
    let forged = TestLog {
        key: forger,
        leaves: log.leaves.clone(),
    };
    let refused = submit(&witness, &forged.submission(0, 3));
    assert!(
        matches!(refused, Err(Refusal::Unsigned { .. })),
        "{refused:?}"
    );
    // A signature of the right key over another checkpoint.
    let text = log.submission(0, 3).to_string();
    let other = log.submission(0, 2).to_string();
    let (head, _) = text.rsplit_once("\n\n").expect("a note");
    let (_, signature) = other.rsplit_once("\n\n").expect("a note");
    let refused = witness.add_checkpoint(format!("{head}\n\n{signature}").as_bytes());
    assert!(
        matches!(refused, Err(Refusal::BadSignature(_))),
        "{refused:?}"
    );
    for body in ["", "old 0\n", "x"] {
        let refused = witness.add_checkpoint(body.as_bytes());
        assert!(matches!(refused, Err(Refusal::Malformed(_))), "{refused:?}");
    }
    assert_eq!(witness.views()[0].last, None);
}

/// Two checkpoints at once from the same older one: one of them is cosigned, whatever the timing, and the
/// memory is that one.
#[test]
fn of_two_checkpoints_at_once_one_is_cosigned() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 200));
    let witness = home.open(&[&log]);
    let mut size = 0;
    while size < 190 {
        let submissions = [1, 2, 3, 4].map(|more| log.submission(size, size + more));
        let together = Barrier::new(submissions.len());
        let answers: Vec<_> = std::thread::scope(|scope| {
            let threads = submissions.each_ref().map(|submission| {
                scope.spawn(|| {
                    together.wait();
                    submit(&witness, submission)
                })
            });
            threads
                .map(|thread| thread.join().expect("no panic"))
                .into()
        });
        let view = witness.views().remove(0).last.expect("cosigned").0;
        for (answer, more) in answers.iter().zip(1..) {
            let expected = if size + more == view.size {
                Ok(1_000)
            } else {
                Err(Refusal::Conflict { size: view.size })
            };
            // A smaller one that comes behind a larger one has an old size that is no longer right either.
            assert_eq!(*answer, expected);
        }
        size = view.size;
    }
}

#[test]
fn a_restart_remembers() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 40));
    let (first, second) = (
        TestLog::new("example.com/a", 1),
        TestLog::new("example.com/b", 1),
    );
    submit(&home.open(&[&log]), &log.submission(0, 13)).expect("cosigned");
    // With more logs, without the log, and with it again.
    drop(home.open(&[&first, &log, &second]));
    drop(home.open(&[&second]));
    let witness = home.open(&[&log]);
    let refused = submit(&witness, &log.submission(0, 40));
    assert_eq!(refused, Err(Refusal::Conflict { size: 13 }));
    assert_eq!(submit(&witness, &log.submission(13, 40)), Ok(1_000));
}

#[test]
fn two_witnesses_do_not_run_on_one_memory() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 3));
    let witness = home.open(&[&log]);
    let told = home.refusal(&[&log]);
    assert!(told.contains("another witness runs"), "{told}");
    drop(witness);
    drop(home.open(&[&log]));
}

#[test]
fn a_witness_that_has_forgotten_does_not_start() {
    let log = TestLog::new(ORIGIN, 3);
    let lost = |spoil: &dyn Fn(&Home)| {
        let home = Home::new();
        submit(&home.open(&[&log]), &log.submission(0, 3)).expect("cosigned");
        spoil(&home);
        home.refusal(&[&log])
    };
    let told = lost(&|home| fs::remove_file(home.log_file()).expect("removed"));
    assert!(
        told.contains("is missing, and this witness has known"),
        "{told}"
    );
    let told = lost(&|home| fs::remove_file(home.state().join("logs")).expect("removed"));
    assert!(told.contains("restore the newest copy"), "{told}");
    let told = lost(&|home| fs::remove_dir_all(home.state()).expect("removed"));
    assert!(told.contains("must not sign any more"), "{told}");
    let told = lost(&|home| {
        fs::remove_dir_all(home.state()).expect("removed");
        let name = KeyName::new("witness.example/1").expect("a name");
        let other = PrivateKey::from_seed(name, KeyUse::Witness, &[1; 32].into());
        Memory::begin(&OsStorage, &home.state(), other.public()).expect("begun");
    });
    assert!(told.contains("memory of another key"), "{told}");
    let told = lost(&|home| {
        let name = log.key.public().name().clone();
        let key = PrivateKey::from_seed(name, KeyUse::Log, &[8; 32].into());
        let other = TestLog {
            key,
            leaves: Vec::new(),
        };
        let path = home.log_file();
        let told = home.refusal(&[&other]);
        assert!(told.contains("key was changed"), "{told}");
        fs::remove_file(path).expect("removed");
    });
    assert!(told.contains("is missing"), "{told}");
    // A memory is begun once.
    let home = Home::new();
    assert!(Memory::begin(&OsStorage, &home.state(), key().public()).is_err());
}

#[test]
fn every_damaged_byte_of_the_memory_is_noticed() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 3));
    submit(&home.open(&[&log]), &log.submission(0, 3)).expect("cosigned");
    let path = home.log_file();
    let sound = fs::read(&path).expect("read");
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).expect("written");
        let told = home.refusal(&[&log]);
        // A flipped number of the format reads as another one.
        let is_noticed = told.contains("damaged") || told.contains("has format version 0");
        assert!(is_noticed, "byte {at}: {told}");
        fs::write(&path, &sound[..at]).expect("written");
        let told = home.refusal(&[&log]);
        assert!(told.contains("damaged"), "cut at {at}: {told}");
    }
    fs::write(&path, &sound).expect("written");
    drop(home.open(&[&log]));
}

/// Nothing tells an older copy of the directory from the newest one. What happens then: the witness
/// refuses the log's next checkpoint with its own size, takes the missing part with a proof, and would cosign
/// another history of that part. Its log tells the operator (docs/transparency.md).
#[test]
fn an_older_copy_is_caught_up_with_by_the_log() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 9));
    submit(&home.open(&[&log]), &log.submission(0, 3)).expect("cosigned");
    let older = fs::read(home.log_file()).expect("read");
    submit(&home.open(&[&log]), &log.submission(3, 6)).expect("cosigned");
    fs::write(home.log_file(), older).expect("written");
    let witness = home.open(&[&log]);
    let refused = submit(&witness, &log.submission(6, 9));
    assert_eq!(refused, Err(Refusal::Conflict { size: 3 }));
    assert_eq!(submit(&witness, &log.submission(3, 9)), Ok(1_000));
}

#[test]
fn what_cannot_be_remembered_is_not_cosigned() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 9));
    let witness = home.open(&[&log]);
    submit(&witness, &log.submission(0, 3)).expect("cosigned");
    home.disk.full.store(true, Ordering::SeqCst);
    let refused = submit(&witness, &log.submission(3, 6));
    assert_eq!(refused, Err(Refusal::StorageFull));
    // What is remembered already needs no room.
    assert_eq!(submit(&witness, &log.submission(3, 3)), Ok(1_000));
    home.disk.full.store(false, Ordering::SeqCst);
    assert_eq!(submit(&witness, &log.submission(3, 6)), Ok(1_000));
}

#[test]
fn no_cosignature_is_older_than_the_one_before() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 9));
    let witness = home.open(&[&log]);
    let at = |now_s: i64, old, new| {
        home.clock.0.store(now_s * 1_000, Ordering::SeqCst);
        submit(&witness, &log.submission(old, new))
    };
    assert_eq!(at(5_000, 0, 3), Ok(5_000));
    assert_eq!(at(4_950, 3, 4), Ok(5_000));
    assert_eq!(at(4_900, 4, 5), Err(Refusal::ClockBehind));
    assert_eq!(at(-1, 4, 5), Err(Refusal::ClockBehind));
    assert_eq!(at(5_001, 4, 5), Ok(5_001));
}

/// Over a restart too, to the minute: where the checkpoint stays the same, the time is written once a minute.
#[test]
fn a_restart_remembers_the_time_to_the_minute() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 9));
    let at = |witness: &Witness, now_s: i64| {
        home.clock.0.store(now_s * 1_000, Ordering::SeqCst);
        let old = witness.views()[0].last.as_ref().map_or(0, |_| 3);
        submit(witness, &log.submission(old, 3))
    };
    let witness = home.open(&[&log]);
    for now_s in [5_000, 5_030, 5_059] {
        assert_eq!(at(&witness, now_s), Ok(now_s.unsigned_abs()));
    }
    let before = fs::read(home.log_file()).expect("read");
    for now_s in [5_060, 5_090, 5_119] {
        assert_eq!(at(&witness, now_s), Ok(now_s.unsigned_abs()));
    }
    assert_ne!(fs::read(home.log_file()).expect("read"), before);
    drop(witness);
    let witness = home.open(&[&log]);
    assert_eq!(at(&witness, 5_030), Ok(5_060));
    assert_eq!(at(&witness, 4_999), Err(Refusal::ClockBehind));
    // What cannot be remembered is not said.
    home.disk.full.store(true, Ordering::SeqCst);
    assert_eq!(at(&witness, 5_119), Ok(5_119));
    assert_eq!(at(&witness, 5_120), Err(Refusal::StorageFull));
}

/// Two trees of one size, both signed by the log, prove to anybody that it has two histories. They stay, once each.
#[test]
fn two_trees_of_one_size_are_kept_as_files() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 120));
    let fork = |witness: &Witness, at| {
        let refused = submit(witness, &log.forked(at).submission(120, 120));
        assert_eq!(refused, Err(Refusal::OtherRoot { size: 120 }));
    };
    let witness = home.open(&[&log]);
    submit(&witness, &log.submission(0, 120)).expect("cosigned");
    // Anybody can send a checkpoint with a proof that does not hold.
    let mut unproven = TestLog::new(ORIGIN, 121).submission(120, 121);
    unproven.proof.clear();
    for _ in 0..3 {
        assert!(matches!(
            submit(&witness, &unproven),
            Err(Refusal::NoProof(_))
        ));
    }
    assert_eq!(home.evidence(), [""; 0]);
    fork(&witness, 17);
    fork(&witness, 17);
    let kept = home.evidence();
    assert_eq!(kept.len(), 1);
    for note in [log.checkpoint(120), log.forked(17).checkpoint(120)] {
        assert!(kept[0].contains(&note.to_string()), "{}", kept[0]);
    }
    drop(witness);
    let witness = home.open(&[&log]);
    for at in 0..120 {
        fork(&witness, at);
    }
    assert_eq!(home.evidence().len(), 100);
    assert!(home.evidence().contains(&kept[0]));
}

/// A disk without room keeps the answer the same, and the file is written when there is some.
#[test]
fn evidence_waits_for_room() {
    let (home, log) = (Home::new(), TestLog::new(ORIGIN, 9));
    let witness = home.open(&[&log]);
    submit(&witness, &log.submission(0, 9)).expect("cosigned");
    for (is_full, files) in [(true, 0), (false, 1)] {
        home.disk.full.store(is_full, Ordering::SeqCst);
        let refused = submit(&witness, &log.forked(3).submission(9, 9));
        assert_eq!(refused, Err(Refusal::OtherRoot { size: 9 }));
        assert_eq!(home.evidence().len(), files);
    }
}
