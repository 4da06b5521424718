//! The durability contract: what each call promises about stable storage, and what it does not.
//!
//! *Stable* means: survives a crash of the process, the kernel and the power supply.
//! Until the sync call named in its documentation returns, a change may survive, vanish, be torn at
//! sector granularity, or be reordered with other changes that were not synced either.

use std::io;
use std::path::Path;

/// A directory tree with a durability contract. Object-safe: hold it as `Arc<dyn Storage>`.
///
/// Errors are the operating system's; callers add which file they concern. A full disk is
/// [`io::ErrorKind::StorageFull`].
pub trait Storage: Send + Sync {
    /// Opens an existing file for reading and writing.
    ///
    /// Contract: changes nothing. Errors: `NotFound`.
    /// System call: `openat(O_RDWR|O_CLOEXEC)`.
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Opens an existing file for reading; its writing calls fail.
    ///
    /// Contract: changes nothing. Errors: `NotFound`.
    /// System call: `openat(O_RDONLY|O_CLOEXEC)`.
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Creates an empty file that did not exist, for reading and writing.
    ///
    /// Contract: the name is stable after [`Storage::fsync_dir`] of its directory; before it, a
    /// crash may remove the file whatever was synced inside it. Errors: `AlreadyExists`.
    /// System call: `openat(O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC)`.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Moves a file onto `to`, replacing what was there.
    ///
    /// Contract: atomic; after a crash `to` names either the old or the new file, never neither.
    /// Stable after [`Storage::fsync_dir`] of the directory. The *content* must have been synced
    /// before, or a crash may leave the new name with missing bytes. Both paths lie in one directory.
    /// System call: `renameat`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// Contract: stable after [`Storage::fsync_dir`]; before it, the file may come back.
    /// Errors: `NotFound`. System call: `unlink`.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes every creation, rename and removal done so far in this directory stable.
    ///
    /// An error is fatal, as for [`StorageFile::fdatasync`].
    /// System calls: `openat(O_RDONLY|O_DIRECTORY|O_CLOEXEC)`, `fsync`, `close`.
    fn fsync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Creates a directory and its missing parents; one that exists is fine.
    ///
    /// Contract: each created name is stable on return (the parents are synced here, because
    /// nobody else knows which of them were new).
    /// System calls: `mkdir`, then `fsync` of the parent, for each that was missing.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// Names in a directory, files and directories, sorted by bytes.
    ///
    /// Errors: `NotFound`; `InvalidData` where a name is not UTF-8 (none of ours is).
    /// System call: `getdents64`.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Takes the one exclusive lock on `path`, creating that file where it is missing, and holds it
    /// until the guard is dropped or the process dies.
    ///
    /// Contract: advisory, between processes and between guards of one process; not about
    /// durability. Errors: `WouldBlock` where another holder lives.
    /// System calls: `openat(O_RDWR|O_CREAT|O_CLOEXEC)`, `flock(LOCK_EX|LOCK_NB)`.
    fn lock_exclusive(&self, path: &Path) -> io::Result<Box<dyn StorageLock>>;
}

/// One open file. Offsets and lengths are in bytes.
pub trait StorageFile: Send {
    /// Length of the file now. System call: `statx`.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file holds no byte.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Whether `path` still names this very file. `false` where the name is gone, or stands for another
    /// file: somebody removed or replaced the file, or mounted something over its directory.
    ///
    /// Contract: changes nothing. System calls: `fstat`, `stat`.
    fn is_named(&self, path: &Path) -> io::Result<bool>;

    /// Reads at `offset` into `buf`; fewer bytes than asked for, down to 0, only at the end of the
    /// file.
    ///
    /// Contract: sees every earlier write of this machine, synced or not. What is read is therefore
    /// not proof of what would survive. System call: `pread64`.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`, lengthening the file where needed.
    ///
    /// Contract: stable after [`StorageFile::fdatasync`]; before it, any subset of the touched
    /// sectors may have been written, in any order. After an error (a full disk included) the range
    /// holds any mixture of old and new. System call: `pwrite64`.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes every earlier write, preallocation and truncation of this file stable.
    ///
    /// **An error is fatal: abort, never retry.** The kernel reports a lost write once and may then
    /// mark the pages clean, so that a second call succeeds without the data. The file's *name* is
    /// not covered: see [`Storage::create_new`]. System call: `fdatasync` (it covers the length,
    /// which is needed to read the data back, and skips the timestamps).
    fn fdatasync(&mut self) -> io::Result<()>;

    /// Reserves space for `len` bytes, so that writes below `len` cannot fail for lack of room. The
    /// file becomes at least `len` long; bytes never written read as zero.
    ///
    /// Contract: stable after [`StorageFile::fdatasync`]. Errors: `StorageFull`, after which the
    /// file may be longer than before. System call: `fallocate(0)`; where the filesystem has none,
    /// zeros are written from the end of the file.
    fn preallocate(&mut self, len: u64) -> io::Result<()>;

    /// Cuts the file to `len` bytes, or lengthens it with zeros.
    ///
    /// Contract: stable after [`StorageFile::fdatasync`]; before it, bytes beyond `len` may come
    /// back. System call: `ftruncate`.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// Holds an exclusive lock while it lives.
pub trait StorageLock: Send {}
