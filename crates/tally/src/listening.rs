//! Where the tally listens and what its clients may use: flags, and environment variables with the
//! names that the validator's have (`TALLY_HTTP_HEADER_TIMEOUT_MS` as `VALIDATOR_HTTP_...`).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use clap::Args;
use ipnet::IpNet;
use listener::client::Addresses;
use listener::throttle::Quota;
use listener::{Admission, ConnectionLimits, Tls, TlsFiles};

use crate::internal_tls::InternalTls;

/// Addresses, certificate and limits of the two listeners.
#[derive(Debug, Args)]
#[command(next_help_heading = "Listening")]
pub(crate) struct Listening {
    /// Address of the results API; port 0 takes a free one and logs it.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8001",
        env = "TALLY_LISTEN"
    )]
    pub(crate) listen: SocketAddr,
    /// Address of /metrics and /monitor, never for readers of results.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8101",
        env = "TALLY_INTERNAL"
    )]
    pub(crate) internal: SocketAddr,
    #[command(flatten)]
    pub(crate) internal_tls: InternalTls,
    /// PEM file of the certificate and those between it and a root; without it, plain HTTP.
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        env = "TALLY_TLS_CERTIFICATE"
    )]
    tls_certificate: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_certificate",
        env = "TALLY_TLS_KEY"
    )]
    tls_key: Option<PathBuf>,
    /// Proxy or content delivery network that is believed about its clients; may be repeated.
    #[arg(
        long = "trusted-proxy",
        value_name = "PREFIX",
        value_delimiter = ',',
        env = "TALLY_CLIENTS_TRUSTED_PROXIES"
    )]
    trusted_proxies: Vec<IpNet>,
    /// Trusted proxies name their clients by the PROXY protocol, version 2, and not by X-Forwarded-For.
    #[arg(
        long,
        requires = "trusted_proxies",
        env = "TALLY_CLIENTS_PROXY_PROTOCOL"
    )]
    proxy_protocol: bool,
    /// Clients that no limit counts; may be repeated.
    #[arg(
        long,
        value_name = "PREFIX",
        value_delimiter = ',',
        default_value = "127.0.0.0/8,::1/128",
        env = "TALLY_CLIENTS_EXEMPT"
    )]
    exempt: Vec<IpNet>,
    /// Requests that one client (IPv4 address, IPv6 /64) may make a second, after a burst.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000_000),
        env = "TALLY_CLIENTS_REQUESTS_PER_SECOND"
    )]
    requests_per_second: u32,
    /// Requests that one client may make at once after a rest.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000_000),
        env = "TALLY_CLIENTS_REQUESTS_BURST"
    )]
    requests_burst: u32,
    /// Connections at once; further ones wait in the kernel.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 4_096,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        env = "TALLY_CLIENTS_CONNECTIONS_MAX"
    )]
    connections_max: u32,
    /// Connections at once of one client; further ones are closed at once.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        env = "TALLY_CLIENTS_CONNECTIONS_PER_CLIENT_MAX"
    )]
    connections_per_client_max: u32,
    /// WebSockets of the live stream at once of one client.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        env = "TALLY_CLIENTS_STREAMS_PER_CLIENT_MAX"
    )]
    streams_per_client_max: u32,
    /// Bytes of a request line and its headers.
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 8_192,
        value_parser = clap::value_parser!(u32).range(1_024..=65_536),
        env = "TALLY_HTTP_HEADER_BYTES_MAX"
    )]
    header_bytes_max: u32,
    /// Header lines of a request.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(8..=256),
        env = "TALLY_HTTP_HEADERS_MAX"
    )]
    headers_max: u32,
    /// Time for a TLS handshake, and for the headers of each request; bounds idle connections too.
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=300_000),
        env = "TALLY_HTTP_HEADER_TIMEOUT_MS"
    )]
    header_timeout_ms: u32,
    /// Time in which a client must take some piece of its answer.
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 30_000,
        value_parser = clap::value_parser!(u32).range(1..=300_000),
        env = "TALLY_HTTP_ANSWER_TIMEOUT_MS"
    )]
    answer_timeout_ms: u32,
    /// Time in which a client's machine must acknowledge what was sent.
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=300_000),
        env = "TALLY_HTTP_UNACKNOWLEDGED_TIMEOUT_MS"
    )]
    unacknowledged_timeout_ms: u32,
    /// Age at which a connection is closed after its current request; an export must end within it.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 3_600,
        value_parser = clap::value_parser!(u32).range(1..=86_400),
        env = "TALLY_HTTP_CONNECTION_AGE_S_MAX"
    )]
    connection_age_s_max: u32,
}

impl Listening {
    /// Certificate and key, where clients come by TLS without a proxy.
    ///
    /// # Errors
    /// Every fault of both files.
    pub(crate) fn certificate(&self) -> anyhow::Result<Option<Arc<Tls>>> {
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else {
            return Ok(None);
        };
        let files = TlsFiles {
            section: "tls",
            clients: None,
            certificate: certificate.clone(),
            key: key.clone(),
        };
        let tls = Tls::load(files).map_err(|faults| anyhow!(faults.join("; ")))?;
        Ok(Some(Arc::new(tls)))
    }

    /// # Errors
    /// Both listeners would take the same port.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.listen != self.internal || self.listen.port() == 0,
            "--listen and --internal are both {}: give each its own port",
            self.listen
        );
        Ok(())
    }

    /// Logs what strangers can reach: sound, and perhaps not what the operator meant.
    pub(crate) fn warn(&self) {
        if listener::is_open_to_all(self.internal) && !self.internal_tls.is_set() {
            tracing::warn!(
                "--internal is {}, which other machines reach: metrics and the operators' page are for \
                 whoever asks there; listen on 127.0.0.1, or on an address of a private network alone, or name \
                 --internal-certificate",
                self.internal
            );
        }
    }

    /// What each client may ask.
    pub(crate) fn admission(&self) -> Admission {
        let addresses = Addresses {
            trusted_proxies: self.trusted_proxies.clone(),
            proxy_protocol: self.proxy_protocol,
            exempt: self.exempt.clone(),
        };
        let requests = Quota {
            period: Duration::from_secs(1) / self.requests_per_second,
            burst: self.requests_burst,
        };
        Admission::new(addresses, requests)
    }

    /// WebSockets of one client.
    pub(crate) fn streams_per_client_max(&self) -> usize {
        size(self.streams_per_client_max)
    }

    /// Bounds of the connections for readers of results.
    pub(crate) fn limits(&self) -> ConnectionLimits {
        let milliseconds = |ms: u32| Duration::from_millis(ms.into());
        ConnectionLimits {
            max: size(self.connections_max),
            per_client_max: size(self.connections_per_client_max),
            header_bytes_max: size(self.header_bytes_max),
            headers_max: size(self.headers_max),
            header_timeout: milliseconds(self.header_timeout_ms),
            unacknowledged_timeout: milliseconds(self.unacknowledged_timeout_ms),
            answer_max: milliseconds(self.answer_timeout_ms),
            age_max: Duration::from_secs(self.connection_age_s_max.into()),
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).expect("this program is for machines of 64 bits")
}
