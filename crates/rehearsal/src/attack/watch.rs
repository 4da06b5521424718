//! Looking for panics in the validator's log.

use std::fs;

use anyhow::{Context, Result};

use crate::prepare::Stage;

/// Lines in the validator's log that tell of a panic, whether its log or the panic itself wrote them.
pub(super) fn panics(stage: &Stage) -> Result<u64> {
    let path = stage.machines.logs().join("validator.log");
    let log = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let panicked = |line: &&str| line.contains("panic");
    Ok(log.lines().filter(panicked).count() as u64)
}
