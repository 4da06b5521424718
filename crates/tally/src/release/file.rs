//! Release files: one a partition, only ever appended to, read while it grows.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use durable::{OsStorage, Storage, StorageFile};

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

    /// The next line without its end; none while there is none, or no file. `most`: how many bytes it can
    /// have.
    ///
    /// # Errors
    /// The file cannot be read, holds no text, or a longer line.
    pub(crate) fn next_line(&mut self, most: u64) -> anyhow::Result<Option<String>> {
        let named = || format!("cannot read {}", self.path.display());
        if self.file.is_none() {
            if !is_there(&self.path).with_context(named)? {
                return Ok(None);
            }
            let file = File::open(&self.path).with_context(named)?;
            self.file = Some(BufReader::new(file));
        }
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        let room = (most + 1).saturating_sub(self.begun.len() as u64);
        let mut rest = file.by_ref().take(room);
        rest.read_line(&mut self.begun).with_context(named)?;
        if self.begun.ends_with('\n') {
            self.begun.pop();
            self.read += 1;
            return Ok(Some(std::mem::take(&mut self.begun)));
        }
        ensure!(
            self.begun.len() as u64 <= most,
            "{} is not what `tally release` writes: line {} has more than {most} bytes",
            self.path.display(),
            self.read + 1
        );
        Ok(None)
    }

    /// Whether a whole line follows; what is read for that is gone.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn is_followed(&mut self) -> anyhow::Result<bool> {
        let Some(file) = &mut self.file else {
            return is_there(&self.path).with_context(|| self.position());
        };
        loop {
            let piece = file.fill_buf()?;
            let (bytes, ends) = (piece.len(), piece.contains(&b'\n'));
            if bytes == 0 || ends {
                return Ok(ends);
            }
            file.consume(bytes);
        }
    }

    /// Takes back what was read of a line whose end is not there: it is written anew.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn forget_half(&mut self) -> anyhow::Result<()> {
        let half = i64::try_from(std::mem::take(&mut self.begun).len())?;
        match &mut self.file {
            Some(file) if half > 0 => Ok(file.seek_relative(-half)?),
            _ => Ok(()),
        }
    }

    /// Names the line that was read last, for errors.
    pub(crate) fn position(&self) -> String {
        format!("{} line {}", self.path.display(), self.read)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether there is such a file.
///
/// # Errors
/// It is none: a pipe would be waited for without end.
fn is_there(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Appends whole lines to a release file. A half line that a crash left at its end is made whole.
pub(crate) struct Appending {
    path: PathBuf,
    file: Box<dyn StorageFile>,
    /// Bytes of whole lines.
    len: u64,
    /// Bytes behind them, of a line without an end.
    half: u64,
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
        let mut file = if is_there(&path).with_context(named)? {
            OsStorage.open(&path)
        } else {
            OsStorage.create_new(&path)
        }
        .with_context(named)?;
        let lock = File::open(&path).with_context(named)?;
        if lock.try_lock().is_err() {
            bail!(
                "another `tally release` writes {}: end it, or name another --out",
                path.display()
            );
        }
        let whole = whole_lines(&*file).with_context(named)?;
        let len = without_zeros(&*file, whole).with_context(named)?;
        // A crash left room for lines that it did not write.
        if len < file.len().with_context(named)? {
            file.truncate(len).with_context(named)?;
        }
        Ok(Appending {
            path,
            file,
            len: whole,
            half: len - whole,
            _lock: lock,
        })
    }

    /// Writes a line behind the last one.
    ///
    /// # Errors
    /// The disk's; the line may then be there in part. Half a line is there that is none of this one.
    pub(crate) fn append(&mut self, line: &str) -> anyhow::Result<()> {
        let bytes = format!("{line}\n").into_bytes();
        self.cut_half_of(&bytes)?;
        let written = self.file.write_at(self.len, &bytes);
        written.with_context(|| format!("cannot write {}", self.path.display()))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Cuts what a crash left of this very line.
    fn cut_half_of(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        if self.half == 0 {
            return Ok(());
        }
        let named = || format!("cannot write {}", self.path.display());
        let mut left = vec![0; usize::try_from(self.half)?.min(bytes.len())];
        self.file.read_at(self.len, &mut left).with_context(named)?;
        ensure!(
            self.half <= bytes.len() as u64 && bytes.starts_with(&left),
            "{} ends with half a line that is not of this ledger: keep it as evidence, and name another --out; nothing is written",
            self.path.display()
        );
        self.file.truncate(self.len).with_context(named)?;
        self.half = 0;
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

/// Bytes up to the last one behind `start` that is not zero.
fn without_zeros(file: &dyn StorageFile, start: u64) -> io::Result<u64> {
    let (mut end, mut piece) = (file.len()?, vec![0; PIECE_BYTES]);
    while end > start {
        let from = end.saturating_sub(PIECE_BYTES as u64).max(start);
        let read = file.read_at(from, &mut piece)?;
        let read = read.min(usize::try_from(end - from).unwrap_or(usize::MAX));
        if let Some(at) = piece.iter().take(read).rposition(|byte| *byte != 0) {
            return Ok(from + at as u64 + 1);
        }
        end = from;
    }
    Ok(start)
}
