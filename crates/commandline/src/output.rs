//! Standard output, with errors that say what could not be written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// What kept data from standard output. It travels inside an [`io::Error`], through every writer
/// between the data and [`StandardOutput`].
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(crate) struct Unwritten(#[source] pub(crate) io::Error);

/// Standard output as a writer, for data that is not kept in memory as a whole. Flush it at the end:
/// what is lost after that is lost silently.
#[derive(Debug)]
pub struct StandardOutput(io::Stdout);

impl Default for StandardOutput {
    fn default() -> StandardOutput {
        StandardOutput(io::stdout())
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(unwritten)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(unwritten)
    }
}

pub(crate) fn unwritten(error: io::Error) -> io::Error {
    // Writers try again after an interruption: they look at the kind alone.
    io::Error::new(error.kind(), Unwritten(error))
}

/// Prints data on standard output, and flushes it.
///
/// # Errors
/// Standard output does not take all of it.
pub fn print(data: impl AsRef<[u8]>) -> io::Result<()> {
    let mut output = StandardOutput::default();
    output.write_all(data.as_ref())?;
    output.flush()
}

/// Prints one line that nobody can ask for again, such as a token, before what belongs to it is kept.
///
/// The system takes every byte for the null device, and a program that was started without standard
/// output (`>&-`) has the null device in its place. So that device is refused here.
///
/// # Errors
/// Nobody would see the line, or standard output does not take all of it.
pub fn print_once(line: &str) -> io::Result<()> {
    if is_null_device(io::stdout().as_fd())? {
        return Err(io::Error::other(NOBODY_SEES));
    }
    print(format!("{line}\n"))
}

const NOBODY_SEES: &str = "standard output is closed or /dev/null, and what this command shows is shown \
     only once: start it with a terminal, a pipe or a private file as standard output";

fn is_null_device(output: BorrowedFd<'_>) -> io::Result<bool> {
    let output = File::from(output.try_clone_to_owned()?).metadata()?;
    let null = fs::metadata("/dev/null")?;
    Ok(output.file_type().is_char_device() && output.rdev() == null.rdev())
}

/// Writes for people on standard error. Where that is broken there is nobody to tell: nothing happens.
pub fn remark(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
