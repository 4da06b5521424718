//! The list of settings: every name there is, with its default. `deploy/validator.toml` explains
//! each to operators, and a test holds the two together.

/// A setting that may be given.
#[derive(Debug)]
pub(crate) struct SettingKey {
    /// Name in the file, with its section.
    pub(crate) name: &'static str,
    /// Text of the default; none where the setting is optional or must be given.
    pub(crate) default: Option<&'static str>,
    /// Whether it takes several values.
    pub(crate) list: bool,
}

impl SettingKey {
    /// The section that it stands in; none at the top of the file.
    pub(crate) fn section(&self) -> Option<&'static str> {
        self.name.split_once('.').map(|(section, _)| section)
    }

    /// Its name within its section.
    pub(crate) fn last(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(_, last)| last)
    }
}

const fn one(name: &'static str, default: &'static str) -> SettingKey {
    SettingKey {
        name,
        default: Some(default),
        list: false,
    }
}

const fn given(name: &'static str) -> SettingKey {
    SettingKey {
        name,
        default: None,
        list: false,
    }
}

const fn list(name: &'static str, default: Option<&'static str>) -> SettingKey {
    SettingKey {
        name,
        default,
        list: true,
    }
}

/// Every setting that the program knows.
pub(crate) const KEYS: &[SettingKey] = &[
    given("package"),
    list("trust", None),
    one("require", "1"),
    given("key"),
    given("data"),
    one("listen", "127.0.0.1:8000"),
    one("internal", "127.0.0.1:8100"),
    one("results", ""),
    one("tls.certificate", ""),
    one("tls.key", ""),
    one("internal_tls.certificate", ""),
    one("internal_tls.key", ""),
    one("internal_tls.ca", ""),
    list("cors.origins", Some("")),
    list("clients.trusted_proxies", Some("")),
    one("clients.proxy_protocol", "false"),
    list("clients.exempt", Some("127.0.0.0/8, ::1/128")),
    one("clients.requests_per_second", "50"),
    one("clients.requests_burst", "200"),
    one("clients.failed_attempts_per_hour", "60"),
    one("clients.failed_attempts_burst", "20"),
    one("clients.client_failed_attempts_per_hour", "120"),
    one("clients.client_failed_attempts_burst", "40"),
    one("clients.connections_max", "10000"),
    one("clients.connections_per_client_max", "256"),
    one("http.header_bytes_max", "8192"),
    one("http.headers_max", "32"),
    one("http.header_timeout_ms", "5000"),
    one("http.body_bytes_max", "4096"),
    one("http.body_timeout_ms", "3000"),
    one("http.unacknowledged_timeout_ms", "10000"),
    one("http.connection_age_s_max", "300"),
    one("ledger.queue_max", "8192"),
    one("ledger.commit_timeout_ms", "10000"),
    one("ledger.postgres", ""),
    one("ledger.postgres_password_file", ""),
    one("ledger.postgres_ca", ""),
    one("ledger.member", ""),
    one("ledger.lease_ms", "3000"),
    one("relay.listen", ""),
    one("relay.address", ""),
    one("relay.certificate", ""),
    one("relay.key", ""),
    one("relay.ca", ""),
    one("log.key", ""),
    one("log.authorities", "/etc/ssl/certs/ca-certificates.crt"),
    one("process.threads", "0"),
    one("process.drain_timeout_ms", "10000"),
    one("process.log", "info"),
];
