//! How far an auditor has seen a log: the checkpoint's three lines in a file.

use std::path::Path;

use anyhow::{Context, Result};
use durable::{OsStorage, replace_file};
use transparency::Checkpoint;

use crate::audit::source::read_file;

/// It has three short lines.
const BYTES_MAX: usize = 1 << 10;

/// The last checkpoint that held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen(pub(crate) Checkpoint);

impl Seen {
    /// None where there is no such file yet.
    pub(crate) fn read(path: &Path) -> Result<Option<Seen>> {
        let cannot = || {
            format!(
                "{} does not tell how far the log was seen: take it away to check the log from its beginning",
                path.display()
            )
        };
        match read_file(path, BYTES_MAX) {
            Ok(bytes) => {
                let text = String::from_utf8(bytes).with_context(cannot)?;
                let checkpoint = Checkpoint::parse(&text).with_context(cannot)?;
                Ok(Some(Seen(checkpoint)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(cannot),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        replace_file(&OsStorage, path, self.0.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
