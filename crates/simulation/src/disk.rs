//! A simulated disk behind [`durable::Storage`]: keeps apart what programs see and what would
//! survive, and fails at any call when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use durable::{Storage, StorageFile, StorageLock};

use super::inode::{Inode, SECTOR_BYTES};
use super::plan::Plan;
use super::rng::Rng;

/// A change of a directory that no sync has made stable yet.
enum NameChange {
    Link(PathBuf, u64),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, u64),
}

/// A plan put aside.
pub struct Paused {
    plan: Plan,
    calls: u64,
}

/// Names that were taken away, with their files.
pub struct Taken(BTreeMap<PathBuf, u64>);

struct DiskState {
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<PathBuf, u64>,
    stable_names: BTreeMap<PathBuf, u64>,
    pending_names: Vec<NameChange>,
    dirs: BTreeSet<PathBuf>,
    locks: BTreeSet<PathBuf>,
    rng: Rng,
    plan: Plan,
    calls: u64,
    stopped: bool,
    failed: bool,
}

/// Handle to the disk; clones are the same disk.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<DiskState>>);

/// What a call may need or do, as far as faults care.
#[derive(PartialEq)]
enum Need {
    Nothing,
    Space,
    Read,
}

/// How much of a failing call happens all the same.
#[derive(PartialEq)]
enum Effect {
    Nothing,
    Part,
    Whole,
}

/// The call fails, after this much of it happened.
struct Failure(io::Error, Effect);

impl SimDisk {
    /// An empty disk that draws what it loses.
    pub fn new(rng: Rng) -> SimDisk {
        SimDisk(Arc::new(Mutex::new(DiskState {
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            stable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            dirs: BTreeSet::new(),
            locks: BTreeSet::new(),
            rng,
            plan: Plan::default(),
            calls: 0,
            stopped: false,
            failed: false,
        })))
    }

    fn state(&self) -> MutexGuard<'_, DiskState> {
        self.0.lock().expect("the simulation has one thread")
    }

    /// A disk on which these files are stable.
    pub fn with_files(rng: Rng, files: &BTreeMap<PathBuf, Vec<u8>>) -> SimDisk {
        let disk = SimDisk::new(rng);
        let mut state = disk.state();
        for (id, (path, bytes)) in (0..).zip(files) {
            state.names.insert(path.clone(), id);
            state
                .dirs
                .extend(path.ancestors().skip(1).map(Path::to_path_buf));
            let inode = state.inode(id);
            inode.write(0, bytes);
            inode.sync();
        }
        state.stable_names = state.names.clone();
        drop(state);
        disk
    }

    /// Every file as programs see it.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let file = |(path, id): (&PathBuf, &u64)| {
            Some((path.clone(), state.inodes.get(id)?.cached.clone()))
        };
        state.names.iter().filter_map(file).collect()
    }

    /// One file as programs see it.
    pub fn file(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let inode = state.inodes.get(state.names.get(path)?)?;
        Some(inode.cached.clone())
    }

    /// Takes everything below `dir` away, as an unmounted disk does; open files stay as they are.
    pub fn take_away(&self, dir: &Path) -> Taken {
        let state = &mut *self.state();
        let (below, rest) = std::mem::take(&mut state.names)
            .into_iter()
            .partition(|(path, _)| path.starts_with(dir));
        state.names = rest;
        state.stable_names.retain(|path, _| !path.starts_with(dir));
        state
            .pending_names
            .retain(|change| !change.path().starts_with(dir));
        state.dirs.retain(|path| !path.starts_with(dir));
        Taken(below)
    }

    /// Puts back what was taken away, stably, in the place of whatever is there now.
    pub fn put_back(&self, dir: &Path, taken: Taken) {
        drop(self.take_away(dir));
        let state = &mut *self.state();
        for (path, id) in taken.0 {
            state
                .dirs
                .extend(path.ancestors().skip(1).map(Path::to_path_buf));
            state.names.insert(path.clone(), id);
            state.stable_names.insert(path, id);
        }
    }

    /// Puts copies of files there, stably.
    pub fn put(&self, files: &BTreeMap<PathBuf, Vec<u8>>) {
        let mut ids = BTreeMap::new();
        let state = &mut *self.state();
        for (path, bytes) in files {
            let id = state.inodes.len() as u64;
            let inode = state.inode(id);
            inode.write(0, bytes);
            inode.sync();
            ids.insert(path.clone(), id);
            state
                .dirs
                .extend(path.ancestors().skip(1).map(Path::to_path_buf));
        }
        state.stable_names.extend(ids.clone());
        state.names.extend(ids);
    }

    /// Starts a life of the process.
    pub fn start(&self, plan: Plan) {
        let mut state = self.state();
        (state.plan, state.calls, state.stopped, state.failed) = (plan, 0, false, false);
    }

    /// From now on there is no room, or room again.
    pub fn set_full(&self, full: bool) {
        self.state().plan.full = full;
    }

    /// Lets somebody look from outside: no faults, no counting, until [`SimDisk::resume`].
    pub fn pause(&self) -> Paused {
        let mut state = self.state();
        let paused = Paused {
            plan: state.plan,
            calls: state.calls,
        };
        state.plan = Plan::default();
        paused
    }

    /// Goes on as before the pause.
    pub fn resume(&self, paused: Paused) {
        let mut state = self.state();
        (state.plan, state.calls) = (paused.plan, paused.calls);
    }

    /// Whether a fault was injected after which the process must not go on.
    pub fn faulted(&self) -> bool {
        let state = self.state();
        state.stopped || state.failed
    }

    /// The power goes: what was not synced survives in any mixture.
    pub fn lose_power(&self) {
        let state = &mut *self.state();
        for inode in state.inodes.values_mut() {
            inode.lose_power(&mut state.rng);
        }
        let keep_percent = [0, 100, 50][state.rng.index(3)];
        for change in std::mem::take(&mut state.pending_names) {
            if state.rng.chance(keep_percent) {
                change.apply(&mut state.stable_names);
            }
        }
        state.names = state.stable_names.clone();
    }

    /// Flips bits of one byte of a file chosen at random; says which, to flip it back.
    pub fn rot(&self, rng: &mut Rng) -> Option<(PathBuf, usize, u8)> {
        let state = &mut *self.state();
        let paths: Vec<PathBuf> = state.names.keys().cloned().collect();
        let path = paths.get(rng.index(paths.len()))?.clone();
        let inode = state.inodes.get_mut(state.names.get(&path)?)?;
        if inode.cached.is_empty() {
            return None;
        }
        let at = rng.index(inode.cached.len());
        let mask = 1 << rng.below(8);
        inode.flip(at, mask);
        Some((path, at, mask))
    }

    /// Takes back what was flipped.
    pub fn unrot(&self, (path, at, mask): (PathBuf, usize, u8)) {
        let state = &mut *self.state();
        if let Some(inode) = state
            .names
            .get(&path)
            .and_then(|id| state.inodes.get_mut(id))
        {
            inode.flip(at, mask);
        }
    }
}

impl NameChange {
    fn apply(self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            NameChange::Link(path, id) => drop(names.insert(path, id)),
            NameChange::Unlink(path) => drop(names.remove(&path)),
            NameChange::Rename(from, to, id) => {
                names.remove(&from);
                names.insert(to, id);
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            NameChange::Link(path, _) | NameChange::Unlink(path) => path,
            NameChange::Rename(_, to, _) => to,
        }
    }

    fn dir(&self) -> Option<&Path> {
        self.path().parent()
    }
}

impl DiskState {
    /// Decides whether this call fails, and how much of it happens.
    fn call(&mut self, need: Need) -> Result<(), Failure> {
        if self.stopped {
            return Err(Failure(
                io::Error::other("the machine has stopped"),
                Effect::Nothing,
            ));
        }
        if need == Need::Read && !self.plan.count_reads {
            return Ok(());
        }
        self.calls += 1;
        let effect = match self.rng.below(3) {
            0 => Effect::Nothing,
            1 => Effect::Part,
            _ => Effect::Whole,
        };
        if self.plan.crash_at == Some(self.calls) {
            self.stopped = true;
            return Err(Failure(io::Error::other("the machine stops"), effect));
        }
        if self.plan.fail_at == Some(self.calls) {
            self.failed = true;
            return Err(Failure(io::Error::from_raw_os_error(5), effect));
        }
        if need == Need::Space && self.plan.full && self.rng.chance(80) {
            let part = if effect == Effect::Whole {
                Effect::Part
            } else {
                effect
            };
            return Err(Failure(ErrorKind::StorageFull.into(), part));
        }
        Ok(())
    }

    fn find(&self, path: &Path) -> io::Result<u64> {
        self.names
            .get(path)
            .copied()
            .ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn inode(&mut self, id: u64) -> &mut Inode {
        self.inodes.entry(id).or_default()
    }

    fn change(&mut self, change: impl Fn() -> NameChange) {
        change().apply(&mut self.names);
        self.pending_names.push(change());
    }
}

/// Does `whole` where the call succeeds or fails with its effect, then answers.
fn with_effect(verdict: Result<(), Failure>, whole: impl FnOnce()) -> io::Result<()> {
    match verdict {
        Ok(()) => whole(),
        Err(Failure(error, effect)) => {
            if effect == Effect::Whole {
                whole();
            }
            return Err(error);
        }
    }
    Ok(())
}

impl Storage for SimDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let mut state = self.state();
        state.call(Need::Read).map_err(|failure| failure.0)?;
        let id = state.find(path)?;
        Ok(Box::new(SimFile {
            disk: self.clone(),
            id,
        }))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.open(path)
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let state = &mut *self.state();
        let verdict = state.call(Need::Space);
        if state.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let id = state.inodes.len() as u64;
        with_effect(verdict, || {
            state.inodes.insert(id, Inode::default());
            state.change(|| NameChange::Link(path.to_path_buf(), id));
        })?;
        Ok(Box::new(SimFile {
            disk: self.clone(),
            id,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let verdict = state.call(Need::Space);
        let id = state.find(from)?;
        with_effect(verdict, || {
            state.change(|| NameChange::Rename(from.to_path_buf(), to.to_path_buf(), id));
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let verdict = state.call(Need::Nothing);
        if verdict.is_ok() {
            state.find(path)?;
        }
        with_effect(verdict, || {
            state.change(|| NameChange::Unlink(path.to_path_buf()))
        })
    }

    fn fsync_dir(&self, dir: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let verdict = state.call(Need::Nothing);
        with_effect(verdict, || {
            for change in std::mem::take(&mut state.pending_names) {
                if change.dir() == Some(dir) {
                    change.apply(&mut state.stable_names);
                } else {
                    state.pending_names.push(change);
                }
            }
        })
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let verdict = state.call(Need::Nothing);
        with_effect(verdict, || {
            state.dirs.extend(dir.ancestors().map(Path::to_path_buf));
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.call(Need::Read).map_err(|failure| failure.0)?;
        if !state.dirs.contains(dir) {
            return Err(ErrorKind::NotFound.into());
        }
        let all = state.names.keys().chain(&state.dirs);
        let inside = all.filter(|path| path.parent() == Some(dir));
        let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
        Ok(inside.filter_map(name).collect())
    }

    fn lock_exclusive(&self, path: &Path) -> io::Result<Box<dyn StorageLock>> {
        if !self.state().locks.insert(path.to_path_buf()) {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock {
            disk: self.clone(),
            path: path.to_path_buf(),
        }))
    }
}

struct SimLock {
    disk: SimDisk,
    path: PathBuf,
}

impl StorageLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.state().locks.remove(&self.path);
    }
}

struct SimFile {
    disk: SimDisk,
    id: u64,
}

fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).expect("simulated files are small")
}

impl StorageFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.call(Need::Read).map_err(|failure| failure.0)?;
        Ok(state.inode(self.id).cached.len() as u64)
    }

    fn is_named(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.disk.state();
        state.call(Need::Read).map_err(|failure| failure.0)?;
        Ok(state.names.get(path) == Some(&self.id))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.call(Need::Read).map_err(|failure| failure.0)?;
        let cached = &state.inode(self.id).cached;
        let from = cached.get(to_usize(offset)..).unwrap_or_default();
        let len = from.len().min(buf.len());
        buf[..len].copy_from_slice(&from[..len]);
        Ok(len)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let verdict = state.call(Need::Space);
        let offset = to_usize(offset);
        if let Err(Failure(_, Effect::Part)) = &verdict {
            // Up to a sector's end, as a kernel that was interrupted would leave it.
            let sectors = (offset % SECTOR_BYTES + bytes.len()) / SECTOR_BYTES;
            let end = state.rng.index(sectors + 1) * SECTOR_BYTES;
            let part = end.saturating_sub(offset % SECTOR_BYTES);
            state.inode(self.id).write(offset, &bytes[..part]);
        }
        with_effect(verdict, || state.inode(self.id).write(offset, bytes))
    }

    fn fdatasync(&mut self) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let verdict = state.call(Need::Nothing);
        if verdict.is_err() && state.failed && !state.stopped {
            let rng = &mut state.rng.split();
            state.inode(self.id).fail_sync(rng);
            return verdict.map_err(|failure| failure.0);
        }
        with_effect(verdict, || state.inode(self.id).sync())
    }

    fn preallocate(&mut self, len: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let verdict = state.call(Need::Space);
        let id = self.id;
        with_effect(verdict, || {
            let inode = state.inode(id);
            let len = to_usize(len).max(inode.cached.len());
            inode.set_length(len);
        })
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let verdict = state.call(Need::Nothing);
        let id = self.id;
        with_effect(verdict, || state.inode(id).set_length(to_usize(len)))
    }
}
