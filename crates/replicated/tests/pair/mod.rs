//! A primary and its synchronous standby in temporary directories, each stopped by its process id.

pub(crate) mod wire;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use database::{Access, Target};
use replicated::{Member, PostgresLog, SCHEMA};
use specimen::PostgresPrograms;
use tempfile::TempDir;

use wire::Wire;

/// Name of the standby, as the primary knows it.
const STANDBY: &str = "s1";
/// How long leases last here.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// Two servers, one the standby of the other.
pub(crate) struct Pair {
    programs: PostgresPrograms,
    dir: TempDir,
    primary: Child,
    standby: Child,
    port: u16,
}

impl Pair {
    /// Starts both and makes the tables; none where tests are to do without.
    pub(crate) fn start() -> Option<Pair> {
        let programs = PostgresPrograms::find()?;
        let dir = TempDir::with_prefix("replicated-").expect("a private directory");
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).expect("chmod");
        let (port, standby_port) = (free_port(), free_port());
        programs.make_cluster(&dir.path().join("primary"), "postgres");
        let primary = launch(&programs, &dir.path().join("primary"), port, "");
        wait_until(|| psql(&programs, port, "SELECT 1").is_ok());
        let copied = programs
            .server("pg_basebackup")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port.to_string(),
                "-U",
                "postgres",
                "-R",
                "-c",
                "fast",
                "-D",
            ])
            .arg(dir.path().join("standby"))
            .stderr(Stdio::null())
            .status();
        assert!(copied.expect("pg_basebackup").success());
        let standby = launch(
            &programs,
            &dir.path().join("standby"),
            standby_port,
            STANDBY,
        );
        let pair = Pair {
            programs,
            dir,
            primary,
            standby,
            port,
        };
        pair.sql(SCHEMA);
        pair.sql("CREATE ROLE validator LOGIN IN ROLE scrutin_ledger");
        pair.name_standby(STANDBY);
        pair
            .wait_for("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'", "1");
        Some(pair)
    }

    /// The log as the validator `name` keeps it.
    pub(crate) fn log(&self, name: &str) -> PostgresLog {
        self.log_as("validator", name)
    }

    /// The same by another role.
    pub(crate) fn log_as(&self, role: &str, name: &str) -> PostgresLog {
        log_at(self.port, role, name)
    }

    /// The same over a wire that can hold back what was sent.
    pub(crate) fn log_over_wire(&self) -> (PostgresLog, Wire) {
        let wire = Wire::to(self.port);
        (log_at(wire.port(), "validator", "v1"), wire)
    }

    /// The log where another host is named before this one.
    pub(crate) fn log_behind(&self, port: u16) -> PostgresLog {
        let hosts = format!("127.0.0.1:{port},127.0.0.1:{}", self.port);
        let url = format!("postgres://validator@{hosts}/postgres?target_session_attrs=read-write");
        log_of(&url, "v1")
    }

    /// What the role of validators is answered.
    pub(crate) fn sql_of_validator(&self, sql: &str) -> Result<String, String> {
        psql(
            &self.programs,
            self.port,
            &format!("SET ROLE validator; {sql}"),
        )
    }

    /// Runs SQL as the owner of the database, without waiting for the standby.
    pub(crate) fn sql(&self, sql: &str) -> String {
        psql(
            &self.programs,
            self.port,
            &format!(
                "SET synchronous_commit = local; SET session_replication_role = replica; {sql}"
            ),
        )
        .expect("SQL that the server takes")
    }

    pub(crate) fn wait_for(&self, sql: &str, expected: &str) {
        wait_until(|| self.sql(sql) == expected);
    }

    /// Sets which standbys commits wait for.
    pub(crate) fn name_standby(&self, names: &str) {
        for sql in [
            format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"),
            "SELECT pg_reload_conf()".to_owned(),
        ] {
            psql(&self.programs, self.port, &sql).expect("a setting");
        }
        self.wait_for("SHOW synchronous_standby_names", names);
    }

    /// Holds the standby where it is: every process of it.
    pub(crate) fn freeze_standby(&self) {
        self.signal_standby("-STOP");
    }

    pub(crate) fn thaw_standby(&self) {
        self.signal_standby("-CONT");
    }

    fn signal_standby(&self, signal: &str) {
        let own = self.standby.id().to_string();
        let children = Command::new("pgrep")
            .args(["-P", &own])
            .output()
            .expect("pgrep");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        for process in children.split_whitespace().chain([own.as_str()]) {
            let sent = Command::new("kill").args([signal, process]).status();
            assert!(sent.expect("kill").success());
        }
    }

    /// Ends what every validator is asking at the moment.
    pub(crate) fn terminate_validators(&self) {
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'validator'",
        );
    }

    /// Cancels what every validator is asking at the moment.
    pub(crate) fn cancel_validators(&self) {
        self.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'validator'");
    }

    /// SIGKILL to the primary, which starts again on what it had.
    pub(crate) fn crash_primary(&mut self) {
        self.primary.kill().expect("a running server");
        self.primary.wait().expect("a killed server");
        let data = self.dir.path().join("primary");
        self.primary = launch(&self.programs, &data, self.port, "");
        wait_until(|| {
            // It ends by itself while processes of the former one are still there.
            if matches!(self.primary.try_wait(), Ok(Some(_))) {
                self.primary = launch(&self.programs, &data, self.port, "");
            }
            psql(&self.programs, self.port, "SELECT 1").is_ok()
        });
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.thaw_standby();
        for server in [&mut self.standby, &mut self.primary] {
            // SIGINT: fast shutdown, which leaves no process behind.
            let _ = Command::new("kill")
                .args(["-INT", &server.id().to_string()])
                .status();
            let _ = server.wait();
        }
    }
}

fn log_at(port: u16, role: &str, name: &str) -> PostgresLog {
    let url = format!("postgres://{role}@127.0.0.1:{port}/postgres");
    log_of(&url, name)
}

fn log_of(url: &str, name: &str) -> PostgresLog {
    let target = Target::parse(url, &Access::default()).expect("a URL");
    let member = Member {
        name: name.to_owned(),
        lease: LEASE,
    };
    PostgresLog::new(target, member)
}

fn launch(programs: &PostgresPrograms, data: &Path, port: u16, name: &str) -> Child {
    let settings = format!(
        "-h 127.0.0.1 -p {port} -k /tmp -c shared_buffers=32MB -c max_connections=40 -c wal_level=replica -c hot_standby=on -c wal_keep_size=256MB -c wal_receiver_status_interval=1 -c wal_retrieve_retry_interval=100ms -c cluster_name={name}"
    );
    let server = programs
        .server("postgres")
        .arg("-D")
        .arg(data)
        .args(settings.split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    server.expect("postgres")
}

fn psql(programs: &PostgresPrograms, port: u16, sql: &str) -> Result<String, String> {
    let output = programs
        .client("psql")
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
        ])
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A half minute at most.
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to that");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address").port()
}
