//! Which database, as the operator named it; its password is never shown.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::inputs::read_secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A database to connect to.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    /// Host, port and database: what messages say.
    name: String,
}

impl Target {
    /// Reads a URL (or libpq's key=value form) and the password file.
    pub(crate) fn parse(url: &str, password_file: Option<&Path>) -> anyhow::Result<Target> {
        // The parser's own message may quote the text, and with it a password.
        let Ok(mut config) = url.parse::<Config>() else {
            bail!("the PostgreSQL URL cannot be read: expected postgres://USER@HOST:PORT/DATABASE");
        };
        if config.get_hosts().is_empty() {
            bail!("the PostgreSQL URL names no host: expected postgres://USER@HOST:PORT/DATABASE");
        }
        if let Some(path) = password_file {
            let context = || format!("cannot read password file {}", path.display());
            let text = read_secret(path).with_context(context)?;
            config.password(text.trim_ascii());
        }
        if config.get_ssl_mode() == SslMode::Require {
            bail!(
                "sslmode=require: tally does not encrypt its connection to PostgreSQL; run both on one \
                 machine and connect by its socket (postgres:///DATABASE?host=/run/postgresql), or \
                 through a tunnel, and leave sslmode out"
            );
        }
        config.application_name("tally");
        config.connect_timeout(CONNECT_TIMEOUT);
        let name = name_of(&config);
        Ok(Target { config, name })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Host, port and database.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
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

    #[test]
    fn encryption_is_not_promised() {
        let url = "postgres://u@db.example/votes?sslmode=require";
        let refused = Target::parse(url, None)
            .err()
            .map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("tunnel")));
    }

    #[test]
    fn a_password_is_never_shown() {
        let target = Target::parse("postgres://u:s3cret@db.example:6000/votes", None).expect("url");
        assert_eq!(target.name(), "db.example:6000/votes");
        for url in [
            "postgres://u:s3cret@h:notaport/x",
            "nonsense s3cret",
            "postgres:///s3cret",
        ] {
            let text = match Target::parse(url, None) {
                Ok(_) => panic!("{url} was read"),
                Err(error) => format!("{error:#}"),
            };
            assert!(!text.contains("s3cret"), "{text}");
            assert!(text.contains("postgres://USER@HOST"), "{text}");
        }
    }
}
