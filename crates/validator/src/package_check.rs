//! The check of the package in service: once an hour every file is hashed again, at a rate that nobody
//! notices, and held against what officers signed. docs/package.md says what it finds, and what then.

use std::io;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use shards::Package;

/// How a package is checked.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    /// From the end of one check to the beginning of the next.
    pub(crate) pause: Duration,
    pub(crate) bytes_a_second: u64,
}

impl Default for Rate {
    fn default() -> Rate {
        Rate {
            pause: Duration::from_secs(3_600),
            bytes_a_second: 16 << 20,
        }
    }
}

/// Checks a package for as long as somebody else has it, and counts the checks that found it sound.
///
/// # Errors
/// The thread could not be started.
pub(crate) fn start(package: &Arc<Package>, rate: Rate, sound: Counter) -> io::Result<()> {
    let package = Arc::downgrade(package);
    let check = move || {
        loop {
            thread::sleep(rate.pause);
            if !check_once(&package, rate, &sound) {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("package-check".to_owned());
    thread.spawn(check).map(|_| ())
}

/// `false` where nobody has the package any more.
fn check_once(package: &Weak<Package>, rate: Rate, sound: &Counter) -> bool {
    let Some(package) = package.upgrade() else {
        return false;
    };
    let began = Instant::now();
    let mut read = 0;
    let checked = package.recheck(|bytes| {
        read += bytes as u64;
        let due = Duration::from_secs_f64(read as f64 / rate.bytes_a_second as f64);
        thread::sleep(due.saturating_sub(began.elapsed()));
        Arc::strong_count(&package) > 1
    });
    match checked.as_deref() {
        None => return false,
        Some([]) => {
            sound.inc();
        }
        Some(rotten) => rotten.iter().for_each(|rot| {
            tracing::error!(%rot, "a file of the package changed: voters may be refused");
        }),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use specimen::{Recipe, Specimen};
    use std::fs::OpenOptions;
    use std::os::unix::fs::FileExt;

    const WAIT: Duration = Duration::from_secs(10);

    fn wait_for(what: &str, is_there: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_there() {
            assert!(began.elapsed() < WAIT, "no {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_package_is_checked_again_and_again_until_nobody_has_it() {
        let specimen = Specimen::new(&Recipe::default());
        let package = Package::open_unsigned(&specimen.package()).expect("a sound package");
        let package = Arc::new(package);
        let (rate, sound) = (
            Rate {
                pause: Duration::from_millis(5),
                bytes_a_second: 100 << 20,
            },
            Counter::default(),
        );
        start(&package, rate, sound.clone()).expect("a thread");
        wait_for("second check", || sound.get() >= 2);
        assert_eq!(package.rot(), None);
        let index = specimen.package().join("shards/L-1/0000.fst");
        let file = OpenOptions::new().write(true).open(&index);
        let file = file.expect("a file of the package");
        file.write_all_at(&[0; 8], 80).expect("written");
        wait_for("rot", || package.rot().is_some());
        let rot = package.rot().map(|rot| rot.path.clone());
        assert_eq!(rot, Some(index));
        let gone = Arc::downgrade(&package);
        drop(package);
        wait_for("end", || gone.strong_count() == 0);
    }

    #[test]
    fn a_check_keeps_to_its_rate() {
        let specimen = Specimen::new(&Recipe::default());
        let package = Package::open_unsigned(&specimen.package()).expect("a sound package");
        let package = Arc::new(package);
        let rate = Rate {
            pause: Duration::ZERO,
            bytes_a_second: package.manifest().bytes() * 5,
        };
        let began = Instant::now();
        let sound = Counter::default();
        // Another owner than the check itself.
        let _owner = Arc::clone(&package);
        assert!(check_once(&Arc::downgrade(&package), rate, &sound));
        assert!(began.elapsed() >= Duration::from_millis(200));
        assert_eq!(sound.get(), 1);
    }
}
