//! Which database, as the operator named it; its password is never shown.

use std::time::Duration;

use anyhow::{Context, bail};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::verifying;
use crate::cli::PostgresFiles;
use crate::inputs::read_secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A database to connect to.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    /// Host, port and database: what messages say.
    name: String,
    /// How the connection is encrypted; none where it is not.
    tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads a URL (or libpq's key=value form), and the files beside it.
    ///
    /// The connection is encrypted where a certificate authority is named, and then always verified:
    /// `sslmode=require` means what `verify-full` does.
    ///
    /// # Errors
    /// A text that is no URL, a file that cannot be read, encryption that is asked for and cannot be
    /// verified.
    pub(crate) fn parse(url: &str, files: &PostgresFiles) -> anyhow::Result<Target> {
        // The parser's own message may quote the text, and with it a password.
        let Ok(mut config) = with_known_mode(url).parse::<Config>() else {
            bail!("the PostgreSQL URL cannot be read: expected postgres://USER@HOST:PORT/DATABASE");
        };
        if config.get_hosts().is_empty() {
            bail!("the PostgreSQL URL names no host: expected postgres://USER@HOST:PORT/DATABASE");
        }
        if let Some(path) = &files.postgres_password_file {
            let text = read_secret(path).context("password of the database")?;
            config.password(text.trim_ascii());
        }
        let tls = match (config.get_ssl_mode(), &files.postgres_ca) {
            (SslMode::Disable, Some(_)) => {
                bail!("sslmode=disable contradicts --postgres-ca: leave one of them out")
            }
            (SslMode::Require, None) => bail!(
                "sslmode=require: name the certificate authority of the server with --postgres-ca; \
                 a connection that is not verified would only look safe"
            ),
            (_, Some(authority)) => Some(verifying(authority)?),
            (_, None) => None,
        };
        config.ssl_mode(if tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        config.application_name("tally");
        config.connect_timeout(CONNECT_TIMEOUT);
        let name = name_of(&config);
        Ok(Target { config, name, tls })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// How to encrypt the connection; none where it stays in the clear.
    pub(super) fn tls(&self) -> Option<MakeRustlsConnect> {
        self.tls.clone()
    }

    /// Host, port and database.
    pub(crate) fn name(&self) -> &str {
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
    use tokio_postgres::config::Host;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => String::new(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or("?");
    format!("{host}:{port}/{database}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> anyhow::Result<Target> {
        Target::parse(url, &PostgresFiles::default())
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
        let files = PostgresFiles {
            postgres_ca: Some("ca.pem".into()),
            ..PostgresFiles::default()
        };
        let refused = Target::parse("postgres://u@db.example/votes?sslmode=disable", &files);
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
                Err(error) => format!("{error:#}"),
            };
            assert!(!text.contains("s3cret"), "{text}");
            assert!(text.contains("postgres://USER@HOST"), "{text}");
        }
    }
}
