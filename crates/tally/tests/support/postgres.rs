//! A private PostgreSQL server in a temporary directory, stopped by its process id.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use specimen::PostgresPrograms;
use tempfile::TempDir;

/// A server of this test alone, on a free port.
pub(crate) struct Postgres {
    programs: PostgresPrograms,
    dir: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Starts a server; none where tests are to do without.
    pub(crate) fn start() -> Option<Postgres> {
        let programs = PostgresPrograms::find()?;
        let dir = TempDir::with_prefix("tally-pg-").expect("a private directory");
        let data = dir.path().join("data");
        std::fs::create_dir(&data).expect("a data directory");
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).expect("chmod");
        programs.give(&data);
        programs.make_cluster(&data, "tally");
        let mut postgres = Postgres {
            programs,
            dir,
            port: free_port(),
            server: None,
        };
        postgres.launch();
        Some(postgres)
    }

    /// Starts the server's process and waits until it answers.
    pub(crate) fn launch(&mut self) {
        let settings = format!(
            "-h 127.0.0.1 -p {} -k /tmp -c shared_buffers=32MB -c fsync=on -c max_connections=20",
            self.port
        );
        let server = self
            .programs
            .server("postgres")
            .arg("-D")
            .arg(self.dir.path().join("data"))
            .args(settings.split(' '))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(server.expect("postgres"));
        let started = Instant::now();
        while !self.try_sql("SELECT 1").is_ok_and(|text| text == "1") {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "PostgreSQL does not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Turns TLS on, with this certificate and key (PEM).
    pub(crate) fn encrypt(&self, certificate: &str, key: &str) {
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let file = self.file(name);
            std::fs::write(&file, pem).expect("written");
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("chmod");
            self.programs.give(Path::new(&file));
        }
        self.sql_in("postgres", "ALTER SYSTEM SET ssl = on");
        self.sql_in("postgres", "SELECT pg_reload_conf()");
        let started = Instant::now();
        while self.sql_in("postgres", "SHOW ssl") != "on" {
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "PostgreSQL does not take the certificate"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// SIGKILL to the postmaster, as a crash would end it; its children follow.
    pub(crate) fn crash(&mut self) {
        let pid = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid"))
            .expect("a running server");
        let pid = pid.lines().next().expect("a process id").to_owned();
        let killed = Command::new("kill").args(["-KILL", &pid]).status();
        assert!(killed.expect("kill").success());
        if let Some(mut server) = self.server.take() {
            server.wait().expect("wait");
        }
        // Backends notice within moments that their postmaster is gone.
        std::thread::sleep(Duration::from_millis(300));
        let _ = std::fs::remove_file(self.dir.path().join("data/postmaster.pid"));
    }

    /// A new database and its URL.
    pub(crate) fn database(&self, name: &str) -> String {
        self.sql_in("postgres", &format!("CREATE DATABASE {name}"));
        self.url("tally", name)
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, self.port))
    }

    /// Name of a file that the server may write.
    pub(crate) fn file(&self, name: &str) -> String {
        self.dir
            .path()
            .join("data")
            .join(name)
            .display()
            .to_string()
    }

    /// Runs SQL in a database; rows as lines, columns separated by `|`.
    pub(crate) fn sql_in(&self, database: &str, sql: &str) -> String {
        match self.psql(database, sql) {
            Ok(text) => text,
            Err(text) => panic!("{sql}: {text}"),
        }
    }

    fn try_sql(&self, sql: &str) -> Result<String, String> {
        self.psql("postgres", sql)
    }

    fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = self
            .programs
            .client("psql")
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .arg(self.url("tally", database))
            .output()
            .expect("psql");
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Everything in a database, as `pg_dump` writes it.
    pub(crate) fn dump(&self, database: &str) -> String {
        let output = self
            .programs
            .client("pg_dump")
            .arg(self.url("tally", database))
            .output()
            .expect("pg_dump");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid"));
        if let Some(pid) = pid.ok().as_deref().and_then(|text| text.lines().next()) {
            // Immediate shutdown: the data directory is thrown away.
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
