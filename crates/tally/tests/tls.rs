//! The tally's connection to a real PostgreSQL by TLS: encrypted, and never with a server that cannot
//! prove who it is.

mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use support::Fixture;
use support::postgres::Postgres;
use support::program::{Names, Running, stderr, tally};

/// An authority that signs certificates of servers.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Authority {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// Certificate and key of a server of that name, as PEM.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        (certificate.pem(), key.serialize_pem())
    }

    fn file(&self, fixture: &Fixture, name: &str) -> PathBuf {
        let path = fixture.path(name);
        std::fs::write(&path, &self.pem).expect("written");
        path
    }
}

/// Waits until the server sees the tally's connections as `expected`: whether they are encrypted, and
/// how; empty where there is none.
fn wait_for_sessions(postgres: &Postgres, expected: &str) {
    let sessions = "SELECT DISTINCT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tally'";
    let started = Instant::now();
    loop {
        let seen = postgres.sql_in("postgres", sessions);
        if seen == expected {
            return;
        }
        let patience = Duration::from_secs(20);
        assert!(started.elapsed() < patience, "{seen}, expected {expected}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_connection_is_encrypted_and_only_with_a_server_that_proves_who_it_is() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let url = postgres.database("encrypted");
    let fixture = Fixture::new(10);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let (ours, strangers) = (Authority::new(), Authority::new());
    let ours_file = ours.file(&fixture, "ours.pem");
    let strangers_file = strangers.file(&fixture, "strangers.pem");
    let (ours_file, strangers_file) = (
        ours_file.to_str().expect("UTF-8"),
        strangers_file.to_str().expect("UTF-8"),
    );
    let refused = |url: &str, authority: &str, words: &str| {
        let args = ["--postgres", url, "--postgres-ca", authority];
        let output = tally(&names.args("run", &args));
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(words), "{told}");
    };
    refused(&url, ours_file, "does not support TLS");
    let (certificate, key) = ours.certify("127.0.0.1");
    postgres.encrypt(&certificate, &key);
    refused(&url, strangers_file, "cannot be trusted");
    let by_name = url.replace("127.0.0.1", "localhost");
    refused(&by_name, ours_file, "cannot be trusted");
    refused(&url, "/dev/null", "no certificate in it");
    for mode in [
        "",
        "?sslmode=prefer",
        "?sslmode=require",
        "?sslmode=verify-full",
    ] {
        let url = format!("{url}{mode}");
        let args = ["--postgres", &url, "--postgres-ca", ours_file];
        let running = Running::start(&names.args("run", &args));
        wait_for_sessions(&postgres, "t|TLSv1.3");
        running.kill();
        wait_for_sessions(&postgres, "");
    }
    // In the clear where nobody asks for more, as on a socket.
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    wait_for_sessions(&postgres, "f|");
    drop(running);
}
