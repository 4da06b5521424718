//! The processes of one node. Whatever a node starts works in its directory, so they are found by that, also
//! those whose parent is gone: a server of PostgreSQL outlives the Patroni that started it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Looks for processes that were started meanwhile.
const LOOKS: u32 = 500;
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Stops every process that works in `dir` where it stands (SIGSTOP).
///
/// # Errors
/// The system refuses.
pub fn freeze(dir: &Path) -> Result<()> {
    let mut frozen = BTreeSet::new();
    loop {
        let found = working_in(dir)?;
        let new: Vec<i32> = found.difference(&frozen).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        send(&new, Signal::STOP);
        frozen.extend(new);
    }
}

/// Has those that were frozen go on (SIGCONT).
///
/// # Errors
/// The system refuses.
pub fn thaw(dir: &Path) -> Result<()> {
    let found: Vec<i32> = working_in(dir)?.into_iter().collect();
    send(&found, Signal::CONT);
    Ok(())
}

/// Kills every process that works in `dir` (SIGKILL), and returns when they are gone.
///
/// # Errors
/// Some are still there after seconds.
pub fn kill(dir: &Path) -> Result<()> {
    for _ in 0..LOOKS {
        let found: Vec<i32> = working_in(dir)?.into_iter().collect();
        if found.is_empty() {
            return Ok(());
        }
        send(&found, Signal::KILL);
        std::thread::sleep(LOOK_AGAIN);
    }
    bail!("processes in {} cannot be killed", dir.display())
}

/// Kills one process by its number.
///
/// # Errors
/// There is none.
pub fn kill_one(number: i32) -> Result<()> {
    let id = Pid::from_raw(number).context("no process has that number")?;
    kill_process(id, Signal::KILL).with_context(|| format!("cannot kill process {number}"))
}

/// Stops these processes where they stand, and has nothing against one that has ended.
pub fn freeze_these(numbers: &[i32]) {
    send(numbers, Signal::STOP);
}

/// Has these go on.
pub fn thaw_these(numbers: &[i32]) {
    send(numbers, Signal::CONT);
}

fn working_in(dir: &Path) -> Result<BTreeSet<i32>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").context("cannot read /proc")? {
        let Ok(entry) = entry else { continue };
        let number = entry.file_name().to_str().and_then(|n| n.parse().ok());
        let Some(number) = number else { continue };
        // A process that has ended meanwhile, or is another user's, is none of the node's.
        let works = fs::read_link(entry.path().join("cwd")).is_ok_and(|at| at.starts_with(dir));
        if works {
            found.insert(number);
        }
    }
    Ok(found)
}

/// One that has ended meanwhile needs no signal.
fn send(numbers: &[i32], signal: Signal) {
    for id in numbers.iter().filter_map(|number| Pid::from_raw(*number)) {
        let _ = kill_process(id, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Call;

    #[tokio::test]
    async fn processes_of_a_directory_are_killed_with_those_that_they_started() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let script = "sleep 60 & sleep 60 & wait";
        let shell = Call::new("/bin/sh".into(), log).flag("-c", script);
        let mut server = shell.in_dir(dir.path()).start().unwrap();
        while working_in(dir.path()).unwrap().len() < 3 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        freeze(dir.path()).unwrap();
        thaw(dir.path()).unwrap();
        kill(dir.path()).unwrap();
        assert!(!server.wait().await.unwrap().success());
        assert!(working_in(dir.path()).unwrap().is_empty());
    }
}
