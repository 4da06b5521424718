//! PostgreSQL's programs, as Debian's packages install them, for tests that run servers of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the programs of the newest installed version are.
#[derive(Debug, Clone)]
pub struct PostgresPrograms(PathBuf);

impl PostgresPrograms {
    /// None where tests are to do without, by SCRUTIN_WITHOUT_POSTGRES=1.
    ///
    /// # Panics
    /// PostgreSQL is not installed, and nobody said that tests are to do without: a check that is skipped is said.
    #[must_use]
    pub fn find() -> Option<PostgresPrograms> {
        if std::env::var("SCRUTIN_WITHOUT_POSTGRES").is_ok_and(|value| value == "1") {
            eprintln!("SKIPPED: told to do without PostgreSQL");
            return None;
        }
        let found = newest().expect(
            "PostgreSQL is not in /usr/lib/postgresql: install it (Debian: apt-get install \
             postgresql), or set SCRUTIN_WITHOUT_POSTGRES=1",
        );
        Some(PostgresPrograms(found))
    }

    /// A program as the user who may run servers: PostgreSQL refuses root, user `postgres` then runs it.
    #[must_use]
    pub fn server(&self, name: &str) -> Command {
        let program = self.0.join(name);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
            .arg(program)
            .current_dir("/");
        command
    }

    /// A program as whoever runs the tests.
    #[must_use]
    pub fn client(&self, name: &str) -> Command {
        Command::new(self.0.join(name))
    }

    /// Makes the data directory of a server, in which `superuser` needs no password.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn make_cluster(&self, data: &Path, superuser: &str) {
        let made = self
            .server("initdb")
            .args(["-A", "trust", "-U", superuser, "--no-sync"])
            .args(["-E", "UTF8", "--locale=C", "-D"])
            .arg(data)
            .stdout(Stdio::null())
            .status();
        assert!(made.expect("initdb").success(), "initdb failed");
    }

    /// Gives a file or directory to the user who runs servers.
    ///
    /// # Panics
    /// The system refuses.
    pub fn give(&self, path: &Path) {
        if is_root() {
            let mut chown = Command::new("chown");
            let given = chown.arg("postgres:postgres").arg(path).status();
            assert!(given.expect("chown").success());
        }
    }
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut bins: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    bins.retain(|bin| bin.join("initdb").is_file());
    bins.sort_unstable();
    bins.pop()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id");
    output.stdout.trim_ascii() == b"0"
}
