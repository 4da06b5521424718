//! Which database, as the operator named it; its password is never shown.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::{AuthorityError, verifying};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a connection needs beside the URL.
#[derive(Clone, Copy, Default)]
pub struct Access<'a> {
    /// What the server's list of connections calls this program.
    pub program: &'a str,
    /// In place of one in the URL; white space around it is ignored.
    pub password: Option<&'a [u8]>,
    /// Certificate authority of the server (PEM). With it, the connection is encrypted and verified.
    pub authority: Option<&'a Path>,
}

/// Why it is not known which database is meant, or how it proves who it is. No message quotes the URL: it
/// may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Neither a URL nor libpq's form.
    #[error("the PostgreSQL URL cannot be read: expected postgres://USER@HOST:PORT/DATABASE")]
    Unreadable,
    /// It names no host.
    #[error("the PostgreSQL URL names no host: expected postgres://USER@HOST:PORT/DATABASE")]
    NoHost,
    /// Encryption is forbidden and asked for.
    #[error(
        "sslmode=disable contradicts the certificate authority (--postgres-ca): leave one of them out"
    )]
    Contradiction,
    /// Encryption is asked for, and nothing says whose certificate counts.
    #[error(
        "sslmode=require: name the certificate authority of the server (--postgres-ca); a connection that is not verified would only look safe"
    )]
    Unverified,
    /// The authority's file is at fault.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
}

/// A database to connect to.
#[derive(Clone)]
pub struct Target {
    config: Config,
    /// Host, port and database: what messages say.
    name: String,
    /// How the connection is encrypted; none where it is not.
    tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads a URL, or libpq's key=value form.
    ///
    /// The connection is encrypted where a certificate authority is named, and then always verified:
    /// `sslmode=require` means what `verify-full` does.
    ///
    /// # Errors
    /// A text that is no URL, a file that cannot be read, encryption that is asked for and cannot be
    /// verified.
    pub fn parse(url: &str, access: &Access<'_>) -> Result<Target, TargetError> {
        // The parser's own message may quote the text, and with it a password.
        let Ok(mut config) = with_known_mode(url).parse::<Config>() else {
            return Err(TargetError::Unreadable);
        };
        if config.get_hosts().is_empty() {
            return Err(TargetError::NoHost);
        }
        if let Some(password) = access.password {
            config.password(password.trim_ascii());
        }
        let tls = match (config.get_ssl_mode(), access.authority) {
            (SslMode::Disable, Some(_)) => return Err(TargetError::Contradiction),
            (SslMode::Require, None) => return Err(TargetError::Unverified),
            (_, Some(authority)) => Some(verifying(authority)?),
            (_, None) => None,
        };
        config.ssl_mode(if tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        config.application_name(access.program);
        config.connect_timeout(CONNECT_TIMEOUT);
        let name = name_of(&config);
        Ok(Target { config, name, tls })
    }

    /// Addresses, user, database and what limits a connection.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The same for each host alone, in the order in which they were named.
    pub fn each_host(&self) -> Vec<Config> {
        let ports = self.config.get_ports();
        let port = |at: usize| ports.get(at).or(ports.first()).copied();
        let hosts = self.config.get_hosts().iter().enumerate();
        hosts
            .map(|(at, host)| {
                let mut config = Config::new();
                match host {
                    Host::Tcp(name) => config.host(name),
                    Host::Unix(path) => config.host_path(path),
                };
                config.port(port(at).unwrap_or(5432));
                let all = &self.config;
                all.get_user().map(|user| config.user(user));
                all.get_password().map(|password| config.password(password));
                all.get_dbname().map(|name| config.dbname(name));
                all.get_options().map(|options| config.options(options));
                all.get_application_name()
                    .map(|name| config.application_name(name));
                config.ssl_mode(all.get_ssl_mode());
                config.target_session_attrs(all.get_target_session_attrs());
                config.connect_timeout(CONNECT_TIMEOUT);
                config
            })
            .collect()
    }

    /// Whether every host is this machine, which nobody listens in on.
    pub fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
            }
        })
    }

    /// How to encrypt the connection; none where it stays in the clear.
    pub fn tls(&self) -> Option<MakeRustlsConnect> {
        self.tls.clone()
    }

    /// Host, port and database.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// `url` with `sslmode=verify-full`, which the parser does not know, as `require`: both verify.
fn with_known_mode(url: &str) -> String {
    let Some((before, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let parameters: Vec<&str> = query
        .split('&')
        .map(|parameter| match parameter {
            "sslmode=verify-full" => "sslmode=require",
            other => other,
        })
        .collect();
    format!("{before}?{}", parameters.join("&"))
}

fn name_of(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let hosts = config.get_hosts().iter().enumerate();
    let places = hosts.map(|(at, host)| match host {
        Host::Tcp(host) => format!("{host}:{}", port(at)),
        Host::Unix(path) => format!("{}:{}", path.display(), port(at)),
    });
    let places: Vec<String> = places.collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or("?");
    format!("{}/{database}", places.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, TargetError> {
        Target::parse(url, &Access::default())
    }

    #[test]
    fn encryption_without_verification_is_refused() {
        for mode in ["require", "verify-full"] {
            let url = format!("postgres://u@db.example/votes?sslmode={mode}");
            let refused = parse(&url).err().map(|error| error.to_string());
            assert!(
                refused.is_some_and(|text| text.contains("--postgres-ca")),
                "{mode}"
            );
        }
        let access = Access {
            authority: Some(Path::new("ca.pem")),
            ..Access::default()
        };
        let refused = Target::parse("postgres://u@db.example/votes?sslmode=disable", &access);
        let refused = refused.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("contradicts")));
    }

    #[test]
    fn a_password_is_never_shown() {
        let target = parse("postgres://u:s3cret@db.example:6000/votes").expect("url");
        assert_eq!(target.name(), "db.example:6000/votes");
        for url in [
            "postgres://u:s3cret@h:notaport/x",
            "nonsense s3cret",
            "postgres:///s3cret",
        ] {
            let text = match parse(url) {
                Ok(_) => panic!("{url} was read"),
                Err(error) => error.to_string(),
            };
            assert!(!text.contains("s3cret"), "{text}");
            assert!(text.contains("postgres://USER@HOST"), "{text}");
        }
    }
}
