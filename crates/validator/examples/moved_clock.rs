//! The validator on a machine whose clock is wrong: by as many milliseconds as the file says that
//! `MOVED_CLOCK` names. For `rehearsal contradictions`, which moves the clock while voters vote; the program that is
//! shipped has no such way in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use durable::{Clock, SystemClock};

struct MovedClock {
    system: SystemClock,
    file: PathBuf,
}

impl Clock for MovedClock {
    fn now_ms(&self) -> i64 {
        // A file that is being written, or not there, moves nothing.
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        self.system.now_ms() + text.trim().parse::<i64>().unwrap_or(0)
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }
}

fn main() -> ExitCode {
    let Some(file) = std::env::var_os("MOVED_CLOCK") else {
        eprintln!(
            "MOVED_CLOCK names the file that holds by how many milliseconds the clock is wrong"
        );
        return ExitCode::from(2);
    };
    validator::main_on(Arc::new(MovedClock {
        system: SystemClock::new(),
        file: file.into(),
    }))
}
