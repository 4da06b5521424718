//! The configuration: read whole, all faults at once, before anything of the system is touched.

mod keys;
mod reader;
mod settings;

use anyhow::{Result, bail};
use listener::client::Addresses;
use listener::log::LogFilter;
use listener::throttle::Quota;
use listener::{ConnectionLimits, TlsFiles};
use relay::{Identity, IdentityFiles};

use crate::http::body::BodyLimits;
use crate::http::cors::Cors;
use crate::http::results_address::ResultsAddress;
use reader::Reader;
pub(crate) use settings::{PREFIX, Settings, variable_names};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that operators set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// Directory of the signed package.
    pub(crate) package: PathBuf,
    /// Public keys of the officers.
    pub(crate) trust: Vec<PathBuf>,
    /// How many of them must have signed.
    pub(crate) require: usize,
    /// File of the roll key, where the package's scheme has one.
    pub(crate) key: Option<PathBuf>,
    /// Directory of ledger and voted bitsets.
    pub(crate) data: PathBuf,
    /// Address that voters reach.
    pub(crate) listen: SocketAddr,
    /// Address of metrics and ledger stream; never to be reachable by voters.
    pub(crate) internal: SocketAddr,
    /// Where results are published.
    pub(crate) results: ResultsAddress,
    /// Certificate and key, where voters come by TLS without a proxy.
    pub(crate) tls: Option<TlsFiles>,
    /// The same of metrics and ledger stream, and the authority of who may ask for them.
    pub(crate) internal_tls: Option<TlsFiles>,
    /// Other sites whose scripts may call.
    pub(crate) cors: Cors,
    /// Proxies and exempt clients.
    pub(crate) addresses: Addresses,
    /// Requests of one client.
    pub(crate) requests: Quota,
    /// Wrong codes of one NAS; repetitions of one voter's vote on a ballot.
    pub(crate) failed_attempts: Quota,
    /// Wrong codes of one client.
    pub(crate) client_failed_attempts: Quota,
    pub(crate) connections: ConnectionLimits,
    pub(crate) body: BodyLimits,
    /// Votes that may wait for the commit thread.
    pub(crate) queue_max: usize,
    /// How long a voter waits for the commit before the answer is "outcome unknown".
    pub(crate) commit_timeout: Duration,
    /// The database that keeps the ledger, where that is not the data directory.
    pub(crate) replicated: Option<Replicated>,
    /// Threads that serve connections; 0 = one per processor.
    pub(crate) threads: usize,
    /// How long requests in flight may take after SIGTERM.
    pub(crate) drain_timeout: Duration,
    /// What is logged of the process.
    pub(crate) log: LogFilter,
    /// By which the ledger's log is kept, where the event names one.
    pub(crate) log_keeping: LogKeeping,
    /// What a person has decided at this start.
    pub(crate) accepted: Accepted,
}

/// What keeping the ledger's log takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogKeeping {
    /// File of the key that signs checkpoints.
    pub(crate) key: Option<PathBuf>,
    /// Certificate authorities (PEM) of witnesses that speak TLS.
    pub(crate) authorities: PathBuf,
}

/// Settings that name a file of a listener's TLS.
const TLS_SETTINGS: [&str; 5] = [
    "tls.key",
    "tls.certificate",
    "internal_tls.key",
    "internal_tls.certificate",
    "internal_tls.ca",
];

/// Shortest lease of a replicated ledger.
const LEASE_MIN: Duration = Duration::from_secs(2);

/// A ledger on PostgreSQL, and the validator's place among those that share it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Replicated {
    /// May hold a password: never shown.
    pub(crate) url: String,
    pub(crate) password_file: Option<PathBuf>,
    /// Certificate authority of the server (PEM).
    pub(crate) authority: Option<PathBuf>,
    /// Name of this validator.
    pub(crate) member: String,
    /// How long the others wait for one that has died.
    pub(crate) lease: Duration,
    pub(crate) relay: Relay,
}

impl Replicated {
    /// What this validator proves to the others who it is by.
    ///
    /// # Errors
    /// Certificate, key or authority cannot be read, or name another validator.
    pub(crate) fn identity(&self) -> Result<Identity> {
        let identity = Identity::read(&self.relay.identity)?;
        if identity.name() != self.member {
            bail!(
                "ledger.member is {}, and {} names {}: give this validator a certificate of its own",
                self.member,
                self.relay.identity.certificate.display(),
                identity.name()
            );
        }
        Ok(identity)
    }
}

/// How validators that share a ledger hand each other votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relay {
    /// Address at which this one answers.
    pub(crate) listen: SocketAddr,
    /// The same as the others reach it.
    pub(crate) address: String,
    pub(crate) identity: IdentityFiles,
}

impl std::fmt::Debug for Replicated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Replicated({})", self.member)
    }
}

/// What a person has decided to go on with at one start. Flags only: a decision that stands in a file
/// would be made again at every start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Accepted {
    /// The end of the ledger, although voted bitsets name frames behind it.
    pub(crate) rollback: Option<u64>,
    /// The last frame, although it lies in the future.
    pub(crate) clock_behind: Option<u64>,
}

impl Config {
    /// Where the certificates and keys of listeners lie, whatever else is at fault.
    pub(crate) fn tls_files(settings: &Settings) -> Vec<TlsFiles> {
        let mut reader = Reader::new(settings, Vec::new());
        reader.refuse_contents(&TLS_SETTINGS);
        let files = [tls_files(&mut reader), internal_tls_files(&mut reader)];
        if reader.faults.is_empty() {
            files.into_iter().flatten().collect()
        } else {
            Vec::new()
        }
    }

    /// Resolves settings; `faults` are those found while they were gathered.
    ///
    /// # Errors
    /// Every fault, one line each.
    pub(crate) fn resolve(settings: &Settings, faults: Vec<String>) -> Result<Config, Vec<String>> {
        let mut reader = Reader::new(settings, faults);
        let config = read(&mut reader);
        match config {
            Some(config) if reader.faults.is_empty() => Ok(config),
            Some(_) => Err(reader.faults),
            None => {
                assert!(
                    !reader.faults.is_empty(),
                    "what cannot be read notes a fault"
                );
                Err(reader.faults)
            }
        }
    }
}

/// Reads everything before deciding, so that all faults are noted.
fn read(r: &mut Reader<'_>) -> Option<Config> {
    let package = r.required("package", "give --package DIRECTORY, as shardpack wrote it");
    let data = r.required("data", "give --data DIRECTORY, where the ledger is kept");
    r.refuse_contents(&["key", "relay.key", "relay.certificate", "log.key"]);
    r.refuse_contents(&TLS_SETTINGS);
    let trust = trust(r);
    let require = r.integer("require", 1..=64);
    let (listen, internal) = listeners(r);
    let address = "scheme and host, such as https://results.example.org";
    let results = r.parsed("results", address);
    let tls = tls_files(r);
    let internal_tls = internal_tls_files(r);
    let origin = "origins as browsers send them, such as https://vote.example.org";
    let origins = r.parsed_list("cors.origins", origin);
    let addresses = addresses(r);
    let requests = quota(
        r,
        "clients.requests_per_second",
        "clients.requests_burst",
        1,
    );
    let failed_attempts = quota(
        r,
        "clients.failed_attempts_per_hour",
        "clients.failed_attempts_burst",
        3_600,
    );
    let client_failed_attempts = quota(
        r,
        "clients.client_failed_attempts_per_hour",
        "clients.client_failed_attempts_burst",
        3_600,
    );
    let bytes_max = r.integer("http.body_bytes_max", 256..=65_536);
    let read_timeout = r.milliseconds("http.body_timeout_ms", 60_000);
    let queue_max = r.integer("ledger.queue_max", 1..=1_048_576);
    let commit_timeout = r.milliseconds("ledger.commit_timeout_ms", 300_000);
    let replicated = replicated(r);
    let connections = connection_limits(r, read_timeout, commit_timeout);
    let threads = r.integer("process.threads", 0..=1_024);
    let drain_timeout = r.milliseconds("process.drain_timeout_ms", 600_000);
    let log: Option<LogFilter> = r.parsed("process.log", LogFilter::EXPECTED);
    let log_keeping = log_keeping(r);
    Some(Config {
        package: package?.into(),
        trust,
        require: require?,
        key: r.optional("key").map(PathBuf::from),
        data: data?.into(),
        listen: listen?,
        internal: internal?,
        results: results?,
        tls,
        internal_tls,
        cors: Cors { origins },
        addresses: addresses?,
        requests: requests?,
        failed_attempts: failed_attempts?,
        client_failed_attempts: client_failed_attempts?,
        connections: connections?,
        body: BodyLimits {
            bytes_max: bytes_max?,
            read_timeout: read_timeout?,
        },
        queue_max: queue_max?,
        commit_timeout: commit_timeout?,
        replicated: replicated?,
        threads: threads?,
        drain_timeout: drain_timeout?,
        log: log?,
        log_keeping: log_keeping?,
        accepted: Accepted::default(),
    })
}

fn trust(r: &mut Reader<'_>) -> Vec<PathBuf> {
    let paths: Vec<PathBuf> = r.list("trust").iter().map(PathBuf::from).collect();
    if paths.is_empty() {
        r.faults
            .push("trust is not set: give --trust OFFICER.pub for each officer".to_owned());
    }
    paths
}

fn listeners(r: &mut Reader<'_>) -> (Option<SocketAddr>, Option<SocketAddr>) {
    let expected = "an address and a port, such as 127.0.0.1:8000";
    let listen: Option<SocketAddr> = r.parsed("listen", expected);
    let internal: Option<SocketAddr> = r.parsed("internal", expected);
    if let (Some(listen), Some(internal)) = (listen, internal)
        && listen == internal
        && listen.port() != 0
    {
        r.faults.push(format!(
            "listen and internal are both {listen}: give each its own port"
        ));
    }
    (listen, internal)
}

fn log_keeping(r: &mut Reader<'_>) -> Option<LogKeeping> {
    let remedy =
        "give the certificate authorities of witnesses, such as /etc/ssl/certs/ca-certificates.crt";
    let authorities = r.required("log.authorities", remedy);
    Some(LogKeeping {
        key: r.optional("log.key").map(PathBuf::from),
        authorities: authorities?.into(),
    })
}

/// Which addresses are proxies, how they name their clients, and who is not counted.
fn addresses(r: &mut Reader<'_>) -> Option<Addresses> {
    let networks = "address prefixes such as 10.0.0.0/8";
    let trusted_proxies = r.parsed_list("clients.trusted_proxies", networks);
    let exempt = r.parsed_list("clients.exempt", networks);
    let proxy_protocol = r.parsed("clients.proxy_protocol", "true or false");
    if proxy_protocol == Some(true) && trusted_proxies.is_empty() {
        r.faults.push(
            "clients.proxy_protocol is set and clients.trusted_proxies is not: name the proxies that speak it"
                .to_owned(),
        );
    }
    Some(Addresses {
        trusted_proxies,
        proxy_protocol: proxy_protocol?,
        exempt,
    })
}

/// All three files or none.
fn internal_tls_files(r: &mut Reader<'_>) -> Option<TlsFiles> {
    let files =
        ["certificate", "key", "ca"].map(|name| r.optional(&format!("internal_tls.{name}")));
    match files {
        [Some(certificate), Some(key), Some(clients)] => Some(TlsFiles {
            section: "internal_tls",
            certificate: certificate.into(),
            key: key.into(),
            clients: Some(clients.into()),
        }),
        [None, None, None] => None,
        _ => {
            let fault = "some of internal_tls.certificate, internal_tls.key and internal_tls.ca are set: give all, or none";
            r.faults.push(fault.to_owned());
            None
        }
    }
}

/// Both files or none.
fn tls_files(r: &mut Reader<'_>) -> Option<TlsFiles> {
    match (r.optional("tls.certificate"), r.optional("tls.key")) {
        (Some(certificate), Some(key)) => Some(TlsFiles {
            section: "tls",
            certificate: certificate.into(),
            key: key.into(),
            clients: None,
        }),
        (None, None) => None,
        _ => {
            let fault = "one of tls.certificate and tls.key is set: give both, or neither";
            r.faults.push(fault.to_owned());
            None
        }
    }
}

/// The outer option is none at a fault, the inner one where the ledger is kept in files.
#[expect(
    clippy::option_option,
    reason = "a fault is not the same as nothing asked for"
)]
fn replicated(r: &mut Reader<'_>) -> Option<Option<Replicated>> {
    const BESIDE: [&str; 8] = [
        "relay.listen",
        "relay.address",
        "relay.certificate",
        "relay.key",
        "relay.ca",
        "ledger.member",
        "ledger.postgres_password_file",
        "ledger.postgres_ca",
    ];
    let lease = r.milliseconds("ledger.lease_ms", 60_000);
    let Some(url) = r.optional("ledger.postgres") else {
        for key in BESIDE {
            if r.optional(key).is_some() {
                r.faults.push(format!(
                    "{key} is set and ledger.postgres is not: name the database, or leave both out to keep the ledger in files"
                ));
            }
        }
        return Some(None);
    };
    if lease.is_some_and(|lease| lease < LEASE_MIN) {
        r.faults.push(
            "ledger.lease_ms is below 2000: an owner at rest renews once a second, and would lose it".to_owned(),
        );
    }
    let remedy = "give this validator a name that no other one has, such as v1";
    let member = r.required("ledger.member", remedy);
    let relay = relay(r);
    let path = |key: &str| r.optional(key).map(PathBuf::from);
    Some(Some(Replicated {
        relay: relay?,
        password_file: path("ledger.postgres_password_file"),
        authority: path("ledger.postgres_ca"),
        url: url.to_owned(),
        member: member?.to_owned(),
        lease: lease?,
    }))
}

/// The way between validators that share a ledger.
fn relay(r: &mut Reader<'_>) -> Option<Relay> {
    let listen =
        "give the address at which the other validators reach this one, such as 10.0.0.1:8200";
    r.required("relay.listen", listen)?;
    let listen: Option<SocketAddr> = r.parsed("relay.listen", listen);
    let certificate =
        "give the certificate (PEM) that names this validator, its member name as DNS name";
    let certificate = r.required("relay.certificate", certificate);
    let key = r.required("relay.key", "give the private key of the certificate");
    let ca = "give the certificate authority (PEM) of all validators that share the ledger";
    let authority = r.required("relay.ca", ca);
    let identity = IdentityFiles {
        certificate: certificate?.into(),
        key: key?.into(),
        authority: authority?.into(),
    };
    let address = r.optional("relay.address").map(str::to_owned);
    Some(Relay {
        address: address.unwrap_or_else(|| listen.map_or_else(String::new, |at| at.to_string())),
        listen: listen?,
        identity,
    })
}

/// `rate` uses in `seconds`, `burst` at once.
fn quota(r: &mut Reader<'_>, rate: &str, burst: &str, seconds: u64) -> Option<Quota> {
    let rate: Option<u64> = r.integer(rate, 1..=1_000_000_000);
    let burst = r.integer(burst, 1..=1_000_000_000);
    Some(Quota {
        period: Duration::from_nanos(seconds * 1_000_000_000 / rate?),
        burst: burst?,
    })
}

fn connection_limits(
    r: &mut Reader<'_>,
    read_timeout: Option<Duration>,
    commit_timeout: Option<Duration>,
) -> Option<ConnectionLimits> {
    let max = r.integer("clients.connections_max", 1..=1_000_000);
    let per_client_max = r.integer("clients.connections_per_client_max", 1..=1_000_000);
    let header_bytes_max = r.integer("http.header_bytes_max", 1_024..=65_536);
    let headers_max = r.integer("http.headers_max", 8..=256);
    let header_timeout = r.milliseconds("http.header_timeout_ms", 300_000);
    let unacknowledged_timeout = r.milliseconds("http.unacknowledged_timeout_ms", 300_000);
    let age_max = r
        .integer("http.connection_age_s_max", 1..=86_400)
        .map(Duration::from_secs);
    Some(ConnectionLimits {
        max: max?,
        per_client_max: per_client_max?,
        header_bytes_max: header_bytes_max?,
        headers_max: headers_max?,
        header_timeout: header_timeout?,
        unacknowledged_timeout: unacknowledged_timeout?,
        answer_max: header_timeout? + read_timeout? + commit_timeout? + unacknowledged_timeout?,
        age_max: age_max?,
    })
}

#[cfg(test)]
mod tests;
