//! Release files: one a partition, only ever appended to, read while it grows.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use durable::{OsStorage, Storage, StorageFile};

use super::line::LINE_BYTES_MAX;

/// The file of one partition.
pub(crate) fn path_of(dir: &Path, partition: u16) -> PathBuf {
    dir.join(format!("p{partition:04}.releases"))
}

/// Reads whole lines as they are appended.
pub(crate) struct Lines {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// What was read of a line whose end is not there yet.
    begun: String,
    read: u64,
}

impl Lines {
    pub(crate) fn new(path: PathBuf) -> Lines {
        Lines {
            path,
            file: None,
            begun: String::new(),
            read: 0,
        }
    }

    /// The next line without its end; none while there is none, or no file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no text.
    pub(crate) fn next_line(&mut self) -> anyhow::Result<Option<String>> {
        let named = || format!("cannot read {}", self.path.display());
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(BufReader::new(file)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error).with_context(named),
            }
        }
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        let mut rest = file.by_ref().take(LINE_BYTES_MAX);
        rest.read_line(&mut self.begun).with_context(named)?;
        if self.begun.ends_with('\n') {
            self.begun.pop();
            self.read += 1;
            return Ok(Some(std::mem::take(&mut self.begun)));
        }
        let length = self.begun.len() as u64;
        ensure!(
            length < LINE_BYTES_MAX,
            "{} is no release file: a line of more than {LINE_BYTES_MAX} bytes",
            self.path.display()
        );
        Ok(None)
    }

    /// Names the line that was read last, for errors.
    pub(crate) fn position(&self) -> String {
        format!("{} line {}", self.path.display(), self.read)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Appends whole lines to a release file. A half line that a crash left at its end is cut: it is made again.
pub(crate) struct Appending {
    path: PathBuf,
    file: Box<dyn StorageFile>,
    len: u64,
    /// Holds the lock: one program writes.
    _lock: File,
}

/// How much is read at once to find the last whole line.
const PIECE_BYTES: usize = 64 << 10;

impl Appending {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// It cannot be written, or another program writes it.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<Appending> {
        let named = || format!("cannot write {}", path.display());
        let mut file = match OsStorage.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => OsStorage.create_new(&path),
            opened => opened,
        }
        .with_context(named)?;
        let lock = File::open(&path).with_context(named)?;
        if lock.try_lock().is_err() {
            bail!(
                "another `tally release` writes {}: end it, or name another --out",
                path.display()
            );
        }
        let (whole, len) = (
            whole_lines(&*file).with_context(named)?,
            file.len().with_context(named)?,
        );
        if whole < len {
            file.truncate(whole).with_context(named)?;
        }
        Ok(Appending {
            path,
            file,
            len: whole,
            _lock: lock,
        })
    }

    /// Writes a line behind the last one.
    ///
    /// # Errors
    /// The disk's; the line may then be there in part.
    pub(crate) fn append(&mut self, line: &str) -> anyhow::Result<()> {
        let bytes = format!("{line}\n").into_bytes();
        let written = self.file.write_at(self.len, &bytes);
        written.with_context(|| format!("cannot write {}", self.path.display()))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Has everything that was appended reach stable storage.
    ///
    /// # Errors
    /// The disk's: end at once, and let the next start make it again.
    pub(crate) fn sync(&mut self) -> anyhow::Result<()> {
        let synced = self.file.fdatasync();
        synced.with_context(|| format!("cannot sync {}", self.path.display()))
    }
}

/// Bytes up to the end of the last line.
fn whole_lines(file: &dyn StorageFile) -> io::Result<u64> {
    let (mut end, mut piece) = (file.len()?, vec![0; PIECE_BYTES]);
    while end > 0 {
        let start = end.saturating_sub(PIECE_BYTES as u64);
        let read = file.read_at(start, &mut piece)?;
        let newline = piece.iter().take(read).rposition(|byte| *byte == b'\n');
        if let Some(at) = newline.filter(|at| start + (*at as u64) < end) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
