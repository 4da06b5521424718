//! Outputs of the offline tools: written aside, synced, renamed; refused where something exists.
//!
//! A tool that fails, is interrupted or loses power leaves either its complete output or nothing
//! under the name it was given. Dropping an output without `finish` removes what was written aside;
//! after a crash an aside copy may stay behind, under a name that starts with a dot and ends in
//! `.aside-<process>-<number>`.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::os::{self, OsLock, fsync_dir, parent_of};

/// Large enough that a sequential writer makes few system calls.
const BUFFER_BYTES: usize = 1 << 18;
/// Between the name of an output and the numbers of its aside copy.
const ASIDE: &str = ".aside-";

/// Why an output could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something has that name already and `--force` was not given.
    #[error("{} exists already, choose another name or pass --force to replace it", path.display())]
    Exists {
        /// The output's final name.
        path: PathBuf,
    },
    /// Another job is writing the same output.
    #[error("another job is writing {} (it holds {}): wait for its end, or look why it takes so long", path.display(), lock.display())]
    Busy {
        /// The output's final name.
        path: PathBuf,
        /// The lock that the other job holds.
        lock: PathBuf,
    },
    /// The name cannot be an output, such as `/` or one that ends in `..`.
    #[error("{} does not name a file or directory to write, choose another name", path.display())]
    NoName {
        /// The name that was given.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, such as `create` or `sync`.
        action: &'static str,
        /// The file or directory concerned.
        path: PathBuf,
        /// Why the system refused it.
        source: io::Error,
    },
}

impl OutputError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OutputError {
        let path = path.to_owned();
        move |source| OutputError::Io {
            action,
            path,
            source,
        }
    }
}

/// One output file. Write to it (it buffers), then [`OutputFile::finish`].
#[derive(Debug)]
pub struct OutputFile {
    // Declared first: the buffer is gone before the aside copy is removed.
    writer: Option<BufWriter<File>>,
    target: Target,
}

impl OutputFile {
    /// Starts the file that will be `path`, readable by all (subject to the umask).
    ///
    /// Errors: [`OutputError::Exists`] where `path` exists and `force` is false; nothing is written
    /// then. The check is repeated, atomically, by [`OutputFile::finish`].
    pub fn create(path: &Path, force: bool) -> Result<OutputFile, OutputError> {
        OutputFile::create_with_mode(path, force, 0o666)
    }

    /// As [`OutputFile::create`], for secrets: readable and writable by the owner only (0600).
    pub fn create_secret(path: &Path, force: bool) -> Result<OutputFile, OutputError> {
        OutputFile::create_with_mode(path, force, 0o600)
    }

    fn create_with_mode(path: &Path, force: bool, mode: u32) -> Result<OutputFile, OutputError> {
        let target = Target::new(path, force, Kind::File)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&target.aside)
            .map_err(OutputError::io("create", &target.aside))?;
        Ok(OutputFile {
            writer: Some(BufWriter::with_capacity(BUFFER_BYTES, file)),
            target,
        })
    }

    /// Brings the content to stable storage; what is missing then is the name. For whoever tells somebody
    /// what is in the file before it finishes it: a full disk is noticed first.
    ///
    /// System calls: `write`, `fsync`.
    pub fn settle(&mut self) -> Result<(), OutputError> {
        let aside = &self.target.aside;
        if let Some(writer) = &mut self.writer {
            writer.flush().map_err(OutputError::io("write", aside))?;
            rustix::fs::fsync(writer.get_ref())
                .map_err(|error| OutputError::io("sync", aside)(error.into()))?;
        }
        Ok(())
    }

    /// Gives the file its name. When this returns, content and name are on stable storage.
    ///
    /// System calls: `write`, `fsync`, `renameat2` (`RENAME_NOREPLACE` without force), `fsync` of
    /// the directory.
    pub fn finish(mut self) -> Result<(), OutputError> {
        self.settle()?;
        drop(self.writer.take());
        self.target.publish()
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open()?.flush()
    }
}

impl io::Seek for OutputFile {
    /// For formats whose header is known last: seek to 0 and write it over its placeholder.
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.open()?.seek(position)
    }
}

impl OutputFile {
    fn open(&mut self) -> io::Result<&mut BufWriter<File>> {
        // Taken by `finish` alone, which consumes the output.
        self.writer
            .as_mut()
            .ok_or_else(|| io::Error::other("output is finished already"))
    }
}

/// One output directory. Write files below [`OutputDir::aside`], then [`OutputDir::finish`].
#[derive(Debug)]
pub struct OutputDir {
    // Declared first: what is aside is gone before the next job may begin.
    target: Target,
    _lock: Option<OsLock>,
}

impl OutputDir {
    /// Starts the directory that will be `path`; it is empty.
    ///
    /// Errors: [`OutputError::Exists`] where `path` exists and `force` is false.
    pub fn create(path: &Path, force: bool) -> Result<OutputDir, OutputError> {
        let target = Target::new(path, force, Kind::Directory)?;
        fs::create_dir(&target.aside).map_err(OutputError::io("create", &target.aside))?;
        Ok(OutputDir {
            target,
            _lock: None,
        })
    }

    /// As [`OutputDir::create`], for a place that jobs write again and again: one job at a time, which holds the
    /// lock `.NAME.lock` beside the place. The lock's empty file stays. What killed jobs left aside is removed.
    ///
    /// Errors: also [`OutputError::Busy`] where another job is at it; what it has written stays.
    pub fn create_alone(path: &Path, force: bool) -> Result<OutputDir, OutputError> {
        let name = name_of(path)?;
        let lock_path = beside(path, name, ".lock");
        let lock = os::lock_exclusive(&lock_path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => OutputError::Busy {
                path: path.to_owned(),
                lock: lock_path.clone(),
            },
            _ => OutputError::io("lock", &lock_path)(error),
        })?;
        remove_left(path, name)?;
        Ok(OutputDir {
            _lock: Some(lock),
            ..OutputDir::create(path, force)?
        })
    }

    /// Where to write meanwhile. The directory lies beside its final place, on the same filesystem.
    pub fn aside(&self) -> &Path {
        &self.target.aside
    }

    /// Syncs every file and directory below, then gives the directory its name. With force, what
    /// had the name is exchanged for the new directory in one step and removed after that.
    ///
    /// System calls: `fsync` of each file and directory, `renameat2` (`RENAME_NOREPLACE`, or
    /// `RENAME_EXCHANGE` over an existing directory), `fsync` of the parent.
    pub fn finish(mut self) -> Result<(), OutputError> {
        sync_tree(&self.target.aside)?;
        self.target.publish()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
}

/// A final name and the aside copy that will take it.
#[derive(Debug)]
struct Target {
    path: PathBuf,
    aside: PathBuf,
    kind: Kind,
    force: bool,
}

impl Target {
    fn new(path: &Path, force: bool, kind: Kind) -> Result<Target, OutputError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = name_of(path)?;
        if !force && fs::symlink_metadata(path).is_ok() {
            return Err(OutputError::Exists {
                path: path.to_owned(),
            });
        }
        if kind == Kind::File && path.is_dir() {
            let is_directory = io::ErrorKind::IsADirectory.into();
            return Err(OutputError::io("replace", path)(is_directory));
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let aside = beside(
            path,
            name,
            &format!("{ASIDE}{}-{number}", std::process::id()),
        );
        Ok(Target {
            path: path.to_owned(),
            aside,
            kind,
            force,
        })
    }

    fn publish(&mut self) -> Result<(), OutputError> {
        let renamed = if self.force {
            self.replace()
        } else {
            self.rename_new()
        };
        match renamed {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                return Err(OutputError::Exists {
                    path: self.path.clone(),
                });
            }
            Err(error) => return Err(OutputError::io("rename to", &self.path)(error.into())),
        }
        let parent = parent_of(&self.path);
        fsync_dir(parent).map_err(OutputError::io("sync", parent))
        // An exchange left the replaced directory under the aside name: Drop removes it.
    }

    fn rename_new(&self) -> Result<(), Errno> {
        match renameat_with(CWD, &self.aside, CWD, &self.path, RenameFlags::NOREPLACE) {
            // Filesystems of old USB sticks know no flags: look, then rename.
            Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => {
                if fs::symlink_metadata(&self.path).is_ok() {
                    return Err(Errno::EXIST);
                }
                rustix::fs::rename(&self.aside, &self.path)
            }
            other => other,
        }
    }

    fn replace(&self) -> Result<(), Errno> {
        // Plain rename replaces a file, and an empty directory, but not a full one.
        if self.kind == Kind::File || fs::symlink_metadata(&self.path).is_err() {
            return rustix::fs::rename(&self.aside, &self.path);
        }
        renameat_with(CWD, &self.aside, CWD, &self.path, RenameFlags::EXCHANGE)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Best effort: the aside name is gone after a rename, and a leftover harms nobody.
        let _ = match fs::symlink_metadata(&self.aside) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&self.aside),
            Ok(_) => fs::remove_file(&self.aside),
            Err(_) => Ok(()),
        };
    }
}

fn name_of(path: &Path) -> Result<&OsStr, OutputError> {
    path.file_name().ok_or_else(|| OutputError::NoName {
        path: path.to_owned(),
    })
}

/// A file or directory of our own beside `path`: `.NAME` and what tells it apart.
fn beside(path: &Path, name: &OsStr, end: &str) -> PathBuf {
    let mut own = OsString::from(".");
    own.push(name);
    own.push(end);
    parent_of(path).join(own)
}

/// Removes directories that jobs of this place left aside, none of which runs any more.
fn remove_left(path: &Path, name: &OsStr) -> Result<(), OutputError> {
    let parent = parent_of(path);
    let start = beside(path, name, ASIDE);
    let start = start.file_name().unwrap_or_default().as_encoded_bytes();
    for entry in fs::read_dir(parent).map_err(OutputError::io("read", parent))? {
        let entry = entry.map_err(OutputError::io("read", parent))?;
        let name = entry.file_name();
        let number = name.as_encoded_bytes().strip_prefix(start);
        let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        let is_left = number.is_some_and(|number| number.iter().all(is_number));
        if is_left && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let left = entry.path();
            fs::remove_dir_all(&left).map_err(OutputError::io("remove", &left))?;
        }
    }
    Ok(())
}

fn sync_tree(dir: &Path) -> Result<(), OutputError> {
    let entries = fs::read_dir(dir).map_err(OutputError::io("read", dir))?;
    for entry in entries {
        let path = entry.map_err(OutputError::io("read", dir))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            let file = File::open(&path).map_err(OutputError::io("open", &path))?;
            rustix::fs::fsync(&file).map_err(|e| OutputError::io("sync", &path)(e.into()))?;
        }
    }
    fsync_dir(dir).map_err(OutputError::io("sync", dir))
}
