//! Where an auditor reads a log: from its server, or from a directory with a copy.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::audit::http::Server;

/// The files of one log.
pub(crate) enum Source {
    Directory(PathBuf),
    Server(Server),
}

impl Source {
    /// Reads an address or the name of a directory. Nothing is fetched yet.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn new(log: &str, authorities: &Path) -> Result<Source> {
        if log.contains("://") {
            return Ok(Source::Server(Server::new(log, authorities)?));
        }
        let directory = PathBuf::from(log);
        if !directory.is_dir() {
            bail!("{log} is no directory, and no address that begins with http:// or https://");
        }
        Ok(Source::Directory(directory))
    }

    /// One file of the log, at most `bytes_max` long.
    ///
    /// # Errors
    /// [`Unread`]: it is not there, cannot be read, or is longer.
    pub(crate) fn read(&mut self, name: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let read = match self {
            Source::Directory(directory) => {
                let read = read_file(&directory.join(name), bytes_max);
                read.map_err(anyhow::Error::from)
            }
            Source::Server(server) => server.get(name, bytes_max),
        };
        let name = name.to_owned();
        read.context(Unread { name })
    }
}

/// A file that could not be had: the log may be sound all the same.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name} of the log")]
pub(crate) struct Unread {
    name: String,
}

/// A file whole, where it is not longer than `bytes_max`.
pub(crate) fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        let told = format!("it has more than {bytes_max} bytes: it is another file");
        return Err(io::Error::new(io::ErrorKind::InvalidData, told));
    }
    Ok(bytes)
}
