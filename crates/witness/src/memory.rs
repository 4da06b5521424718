//! The state directory of a witness: what it may never forget.
//!
//! | file | content |
//! | --- | --- |
//! | `witness.pub` | the public key to which this memory belongs, written by `witness keygen` |
//! | `logs` | the origin of every log that was ever configured, one a line |
//! | `<SHA-256 of the origin>.log` | what is remembered of that log |
//! | `evidence-...` | two trees of one size that a log has signed (as `evidence.rs` has them); nothing reads them here |
//! | `lock` | held by the one witness that runs |
//!
//! A witness that forgot a log would cosign any other history of it. So where something is missing, damaged or
//! of another key, it does not start. A directory is made together with its key, so that a lost directory
//! cannot be replaced by an empty one; and a log's file is written before the log counts as known.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use durable::{Storage, StorageLock, replace_file};
use sha2::{Digest, Sha256};
use transparency::{KeyName, NOTE_BYTES_MAX, VerifierKey};

use crate::remembered::Remembered;

const KEY_FILE: &str = "witness.pub";
const LOGS_FILE: &str = "logs";
const LOCK_FILE: &str = "lock";

/// Longest file of the directory that is read: a note and a few lines, or the origins of all logs.
const FILE_BYTES_MAX: u64 = NOTE_BYTES_MAX as u64 * 2;

/// The state directory of a running witness.
pub(crate) struct Memory {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    /// Held as long as this lives. Nobody takes the mutex: it lets threads share the rest.
    _lock: Mutex<Box<dyn StorageLock>>,
}

/// What is missing is told apart from what is at fault.
fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

impl Memory {
    /// Makes the empty memory of a new key.
    ///
    /// # Errors
    /// The directory holds a memory already, or cannot be written.
    pub(crate) fn begin(storage: &dyn Storage, dir: &Path, key: &VerifierKey) -> Result<()> {
        let cannot = || format!("cannot make the state directory {}", dir.display());
        storage.create_dir_all(dir).with_context(cannot)?;
        if !storage.list(dir).with_context(cannot)?.is_empty() {
            bail!(
                "{} is not empty: name a new directory; the memory of another key stays with that key",
                dir.display()
            );
        }
        replace_file(storage, &dir.join(LOGS_FILE), b"").with_context(cannot)?;
        let key = format!("{key}\n");
        replace_file(storage, &dir.join(KEY_FILE), key.as_bytes()).with_context(cannot)
    }

    /// Opens the memory of a key, for one witness at a time.
    ///
    /// # Errors
    /// It is another key's, it is missing, or another witness runs on it.
    pub(crate) fn open(storage: Arc<dyn Storage>, dir: &Path, key: &VerifierKey) -> Result<Memory> {
        let path = dir.join(KEY_FILE);
        let owner = match read(&*storage, &path) {
            Ok(owner) => owner,
            Err(error) if is_missing(&error) => bail!(
                "{} has no {KEY_FILE}: it is not the memory that witness keygen made with this key. Where that \
                 memory is lost, this key must not sign any more: make a new one and hand out its public half",
                dir.display()
            ),
            Err(error) => return Err(cannot_read(&path, error)),
        };
        if owner != format!("{key}\n").as_bytes() {
            bail!(
                "{} is the memory of another key: name the directory that was made with this one",
                dir.display()
            );
        }
        let lock = storage
            .lock_exclusive(&dir.join(LOCK_FILE))
            .map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => anyhow::anyhow!(
                    "another witness runs on {}: two would sign two histories; end one of them",
                    dir.display()
                ),
                _ => anyhow::Error::from(error)
                    .context(format!("cannot lock {}", dir.join(LOCK_FILE).display())),
            })?;
        Ok(Memory {
            storage,
            dir: dir.to_owned(),
            _lock: Mutex::new(lock),
        })
    }

    /// What is remembered of these logs. One that was never configured before begins with nothing.
    ///
    /// # Errors
    /// The file of a known log is missing, or any file is damaged.
    pub(crate) fn recall(&self, logs: &[VerifierKey]) -> Result<BTreeMap<KeyName, Remembered>> {
        let mut known = self.known()?;
        let mut all = BTreeMap::new();
        for key in logs {
            let origin = key.name().clone();
            let remembered = match known.contains(origin.as_str()) {
                true => self.recall_known(key)?,
                false => self.recall_new(key)?,
            };
            known.insert(origin.as_str().to_owned());
            all.insert(origin, remembered);
        }
        let mut lines = String::new();
        for origin in &known {
            lines.push_str(&format!("{origin}\n"));
        }
        let path = self.dir.join(LOGS_FILE);
        replace_file(&*self.storage, &path, lines.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(all)
    }

    fn known(&self) -> Result<BTreeSet<String>> {
        let path = self.dir.join(LOGS_FILE);
        let bytes = read(&*self.storage, &path).map_err(|error| cannot_read(&path, error))?;
        let text = String::from_utf8(bytes).ok();
        let text = text.filter(|text| text.is_empty() || text.ends_with('\n'));
        let text = text.with_context(|| format!("{} is damaged: {RESTORE}", path.display()))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn recall_known(&self, key: &VerifierKey) -> Result<Remembered> {
        let path = self.path_of(key.name());
        match read(&*self.storage, &path) {
            Ok(bytes) => parse(&path, &bytes, key),
            Err(error) if is_missing(&error) => bail!(
                "{} is missing, and this witness has known {} before: {RESTORE}",
                path.display(),
                key.name()
            ),
            Err(error) => Err(cannot_read(&path, error)),
        }
    }

    /// A start that was broken off may have left the file.
    fn recall_new(&self, key: &VerifierKey) -> Result<Remembered> {
        let path = self.path_of(key.name());
        match read(&*self.storage, &path) {
            Ok(bytes) => parse(&path, &bytes, key),
            Err(error) if is_missing(&error) => {
                let nothing = Remembered::nothing(key.name().clone());
                self.remember(&nothing)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                Ok(nothing)
            }
            Err(error) => Err(cannot_read(&path, error)),
        }
    }

    /// Brings the state of a log to stable storage. When this returns, it survives whatever happens.
    ///
    /// # Errors
    /// The old state is there still, or, after another error than a full disk, perhaps the new one.
    pub(crate) fn remember(&self, state: &Remembered) -> io::Result<()> {
        let path = self.path_of(&state.origin);
        replace_file(&*self.storage, &path, state.to_text().as_bytes())
    }

    /// Names of all files of the directory.
    ///
    /// # Errors
    /// It cannot be listed.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let listed = self.storage.list(&self.dir);
        listed.with_context(|| format!("cannot list {}", self.dir.display()))
    }

    /// Brings a file that nothing here reads again to stable storage.
    ///
    /// # Errors
    /// There is no such file, or, after another error than a full disk, perhaps there is.
    pub(crate) fn keep_evidence(&self, name: &str, text: &str) -> io::Result<()> {
        replace_file(&*self.storage, &self.dir.join(name), text.as_bytes())
    }

    fn path_of(&self, origin: &KeyName) -> PathBuf {
        let name = HEXLOWER.encode(&Sha256::digest(origin.as_str()));
        self.dir.join(format!("{name}.log"))
    }
}

const RESTORE: &str = "restore the newest copy of the state directory; where there is none, this key must not \
     sign any more, make a new one";

fn cannot_read(path: &Path, error: io::Error) -> anyhow::Error {
    let path = path.display();
    anyhow::Error::from(error).context(format!("cannot read {path}: {RESTORE}"))
}

fn parse(path: &Path, bytes: &[u8], key: &VerifierKey) -> Result<Remembered> {
    let parsed = Remembered::parse(bytes, key);
    parsed.map_err(|error| anyhow::anyhow!("{}: {error}: {RESTORE}", path.display()))
}

fn read(storage: &dyn Storage, path: &Path) -> io::Result<Vec<u8>> {
    let file = storage.open_read(path)?;
    let length = file.len()?;
    if length > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is longer than any such file",
        ));
    }
    let length = usize::try_from(length).expect("bounded above");
    let mut bytes = vec![0; length];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}
