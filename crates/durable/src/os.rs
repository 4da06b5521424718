//! The real storage: the system calls that `storage` promises, and no other.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{CWD, FallocateFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::storage::{Storage, StorageFile, StorageLock};

/// The filesystem of the machine, by system calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsStorage;

struct OsFile(File);

/// The lock lives as long as the open file description.
#[derive(Debug)]
pub(crate) struct OsLock(File);

/// Closing the file is not enough: a program that another thread is just starting holds a copy of it for
/// a moment, and the lock with it.
impl Drop for OsLock {
    fn drop(&mut self) {
        // Where the system cannot, closing still lets go.
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl Storage for OsStorage {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(OsFile(
            OpenOptions::new().read(true).write(true).open(path)?,
        )))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(OsFile(File::open(path)?)))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        Ok(Box::new(OsFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(rustix::fs::rename(from, to)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn fsync_dir(&self, dir: &Path) -> io::Result<()> {
        fsync_dir(dir)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        create_dir_all(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            let name = entry?.file_name().into_string().map_err(|name| {
                let message = format!("file name {name:?} is not UTF-8, move it away");
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
            names.push(name);
        }
        names.sort_unstable();
        Ok(names)
    }

    fn lock_exclusive(&self, path: &Path) -> io::Result<Box<dyn StorageLock>> {
        Ok(Box::new(lock_exclusive(path)?))
    }
}

impl StorageLock for OsLock {}

impl StorageFile for OsFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn is_named(&self, path: &Path) -> io::Result<bool> {
        let here = self.0.metadata()?;
        match fs::metadata(path) {
            Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn read_at(&self, mut offset: u64, mut buf: &mut [u8]) -> io::Result<usize> {
        // A signal or a page boundary may shorten one pread64; only the end of the file may
        // shorten the answer.
        let wanted = buf.len();
        while !buf.is_empty() {
            match self.0.read_at(buf, offset) {
                Ok(0) => break,
                Ok(read) => {
                    offset += read as u64;
                    buf = buf
                        .get_mut(read..)
                        .expect("a read fills no more than its buffer");
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(wanted - buf.len())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn fdatasync(&mut self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&self.0)?)
    }

    fn preallocate(&mut self, len: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, len) {
            Ok(()) => Ok(()),
            Err(Errno::OPNOTSUPP) => self.fill_with_zeros(len),
            Err(error) => Err(error.into()),
        }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}

impl OsFile {
    fn fill_with_zeros(&mut self, len: u64) -> io::Result<()> {
        static ZEROS: [u8; 65536] = [0; 65536];
        let mut end = self.len()?;
        while end < len {
            // As much as is missing, or one block where more is missing than a block holds.
            let missing = usize::try_from(len - end).ok();
            let step = missing
                .and_then(|missing| ZEROS.get(..missing))
                .unwrap_or(&ZEROS);
            self.write_at(end, step)?;
            end += step.len() as u64;
        }
        Ok(())
    }
}

/// The lock of a file, which is made where there is none; refused at once where another holds it.
pub(crate) fn lock_exclusive(path: &Path) -> io::Result<OsLock> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(OsLock(file))
}

/// Three system calls: `openat(O_RDONLY|O_DIRECTORY|O_CLOEXEC)`, `fsync`, `close`.
pub(crate) fn fsync_dir(dir: &Path) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::fs::openat(CWD, dir, flags, Mode::empty())?;
    Ok(rustix::fs::fsync(&handle)?)
}

/// The directory that holds `path`: `.` for a bare name.
pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn create_dir_all(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = parent_of(dir);
    if parent != dir {
        create_dir_all(parent)?;
    }
    match fs::create_dir(dir) {
        Ok(()) => fsync_dir(parent),
        // Another process was faster: it syncs what it made.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}
