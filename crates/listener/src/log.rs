//! Log lines: JSON on standard error, RFC 3339 UTC, without personal data, few under floods.

use std::borrow::Cow;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Lets one line a second through and counts those kept back.
#[derive(Debug, Default)]
pub struct Gate {
    /// Second of the process's life in which the last line went through, plus 1.
    last: AtomicU64,
    unsaid: AtomicU64,
}

impl Gate {
    /// A gate that has let nothing through yet.
    pub const fn new() -> Gate {
        Gate {
            last: AtomicU64::new(0),
            unsaid: AtomicU64::new(0),
        }
    }

    /// Calls `line` with the number of lines kept back before it, or keeps this one back too.
    pub fn run(&self, line: impl FnOnce(u64)) {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let second = START.elapsed().as_secs() + 1;
        if self.last.swap(second, Ordering::Relaxed) == second {
            self.unsaid.fetch_add(1, Ordering::Relaxed);
        } else {
            line(self.unsaid.swap(0, Ordering::Relaxed));
        }
    }
}

/// A filter of log lines, such as `info` or `info,validator=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(Cow<'static, str>);

impl LogFilter {
    /// What an operator should know of a service in good order, and whatever is wrong.
    pub const INFO: LogFilter = LogFilter(Cow::Borrowed("info"));
    /// What is wrong, or may soon be.
    pub const WARN: LogFilter = LogFilter(Cow::Borrowed("warn"));
    /// What one is, for whoever wrote another.
    pub const EXPECTED: &str = "error, warn, info, debug, trace, or a level for each of several targets: info,validator=debug";
}

impl FromStr for LogFilter {
    type Err = ();

    /// A word that is no level is refused. The library takes it for the name of a target, and logs
    /// nothing else.
    fn from_str(text: &str) -> Result<LogFilter, ()> {
        let known = |directive: &str| {
            directive.contains('=')
                || !directive.is_empty() && LevelFilter::from_str(directive).is_ok()
        };
        let sound = !text.is_empty()
            && text.split(',').all(|directive| known(directive.trim()))
            && EnvFilter::try_new(text).is_ok();
        sound
            .then(|| LogFilter(Cow::Owned(text.to_owned())))
            .ok_or(())
    }
}

/// Takes every line: what cannot be written is lost. A full disk or a reader that is gone must not
/// end a process that people vote on, and the library's own complaint about it would.
#[derive(Debug)]
struct Unfailing<W>(W);

impl<W: Write> Write for Unfailing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// Starts logging. A panic in a thread whose name begins with `vital` ends the process: it cannot go on
/// without that thread.
pub fn start(filter: &LogFilter, vital: Option<&'static str>) {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new(&*filter.0)) // It was read before.
        .with_writer(|| Unfailing(io::stderr()))
        .init();
    std::panic::set_hook(Box::new(move |info| panicked(info, vital)));
}

/// Logs where a panic happened and nothing of what it says, which might hold a voter's bytes.
///
/// A panic ends the connection that met it and no other, unless it happened in a vital thread.
fn panicked(info: &PanicHookInfo<'_>, vital: Option<&str>) {
    let place = info.location().map(|place| {
        let (file, line) = (without_build_path(place.file()), place.line());
        format!("{file}:{line}")
    });
    let place = place.unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(place, thread, "panic: report this place to the authors");
    if vital.is_some_and(|vital| thread.starts_with(vital)) {
        std::process::abort();
    }
}

/// A source file from the name of its crate on. What stands before it is a directory of the machine on
/// which the program was built.
fn without_build_path(file: &str) -> &str {
    // Crates of the registry lie at .../registry/src/INDEX/CRATE-VERSION/src/FILE, the standard library's
    // at /rustc/HASH/library/CRATE/src/FILE, ours at crates/CRATE/src/FILE.
    let before = file.rfind("/src/").unwrap_or(file.len());
    let start = file[..before].rfind('/').map_or(0, |slash| slash + 1);
    &file[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_slip_in_a_filter_is_no_filter() {
        for sound in [
            "info",
            "warn",
            "off",
            "info,validator=debug",
            "INFO,hyper=warn",
        ] {
            assert!(LogFilter::from_str(sound).is_ok(), "{sound}");
        }
        for slip in [
            "warning",
            "validator",
            "",
            "info,",
            "validator=loud",
            "info validator",
        ] {
            assert!(LogFilter::from_str(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn no_path_of_the_building_machine_is_logged() {
        for (file, told) in [
            ("crates/listener/src/log.rs", "listener/src/log.rs"),
            (
                "/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/hyper-1.12.0/src/proto/h1/io.rs",
                "hyper-1.12.0/src/proto/h1/io.rs",
            ),
            (
                "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/io/stdio.rs",
                "std/src/io/stdio.rs",
            ),
            ("/home/somebody/scrutin/tests/x.rs", "x.rs"),
        ] {
            assert_eq!(without_build_path(file), told);
        }
    }

    #[test]
    fn a_flood_is_counted_not_logged() {
        let gate = Gate::new();
        let lines = Cell::new(0);
        for _ in 0..10_000 {
            gate.run(|_| lines.set(lines.get() + 1));
        }
        assert!((1..=3).contains(&lines.get()), "{} lines", lines.get());
    }
}
