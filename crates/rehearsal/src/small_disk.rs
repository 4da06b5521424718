//! A filesystem so small that a rehearsal can fill it.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

static BALLAST_BLOCK: [u8; 1 << 16] = [0x5a; 1 << 16];

/// A filesystem in memory over an existing directory, unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// `options` are those of tmpfs, its size first.
    ///
    /// # Errors
    /// The system refuses; usually because this user may not mount.
    pub fn mount(path: &Path, options: &CStr) -> std::io::Result<SmallDisk> {
        let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
        mount("rehearsal", path, "tmpfs", flags, options)?;
        let path = path.to_owned();
        Ok(SmallDisk { path })
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Leaves no byte free.
    ///
    /// # Errors
    /// Any error but that the disk is full.
    pub fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.ballast()).context("cannot write ballast")?;
        loop {
            match ballast.write_all(&BALLAST_BLOCK) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("cannot fill the small disk"),
            }
        }
    }

    /// Takes so many bytes more, as far as there is room.
    ///
    /// # Errors
    /// Any error but that the disk is full.
    pub fn pour(&self, bytes: usize) -> Result<()> {
        let mut ballast = File::options();
        let ballast = ballast.create(true).append(true).open(self.ballast());
        let mut ballast = ballast.context("cannot write ballast")?;
        match ballast.write_all(&vec![0x5a; bytes]) {
            Err(error) if error.kind() != ErrorKind::StorageFull => {
                Err(error).context("cannot take room on the small disk")
            }
            _ => Ok(()),
        }
    }

    /// Undoes [`SmallDisk::fill`] and [`SmallDisk::pour`].
    ///
    /// # Errors
    /// The system's.
    pub fn make_room(&self) -> Result<()> {
        fs::remove_file(self.ballast()).context("cannot remove the ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Files may still be open: the filesystem goes away when they are closed.
        let _ = unmount(&self.path, UnmountFlags::DETACH);
    }
}
