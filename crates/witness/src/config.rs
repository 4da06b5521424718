//! The configuration, as its operator writes it: every fault is named at once, with its line.
//!
//! ```toml
//! key = "/etc/scrutin/witness.key"
//! state = "/var/lib/scrutin-witness"
//! listen = "127.0.0.1:8300"
//!
//! [tls]                                # where no proxy does it
//! certificate = "witness.pem"
//! key = "witness-tls.key"
//!
//! [[log]]
//! key = "example.com/scrutin/0+cea050fa+AQOhB7/z..."
//! ```

use std::net::SocketAddr;
use std::path::PathBuf;

use handwritten::{Document, Reading, Section};
use listener::TlsFiles;
use transparency::{KeyUse, VerifierKey};

/// Most logs of one witness.
pub(crate) const LOGS_MAX: usize = 1_000;
/// Mistakes of syntax that are named at once.
const FAULTS_MAX: usize = 100;
const LISTEN: &str = "127.0.0.1:8300";

/// Everything that the operator of a witness sets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// File of the witness's private key.
    pub(crate) key: PathBuf,
    /// Its memory, made together with the key.
    pub(crate) state: PathBuf,
    /// Address that logs reach.
    pub(crate) listen: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    /// Keys of the logs that may submit, one for each origin.
    pub(crate) logs: Vec<VerifierKey>,
}

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// All its faults, each with its line.
    pub(crate) fn parse(text: &str) -> Result<Config, Vec<String>> {
        let mut all = Reading::new(text);
        let config = Document::parse(&mut all, FAULTS_MAX)
            .and_then(|document| read(&mut all, document.root()));
        match config {
            Some(config) if all.faults.is_empty() => Ok(config),
            _ => Err(all.faults.iter().map(ToString::to_string).collect()),
        }
    }
}

fn read(all: &mut Reading<'_>, mut root: Section<'_, '_>) -> Option<Config> {
    let key = path(all, &mut root, "key", "\"witness.key\"");
    let state = path(all, &mut root, "state", "\"/var/lib/scrutin-witness\"");
    let listen = root.optional_text(all, "listen").unwrap_or(LISTEN).parse();
    if listen.is_err() {
        fault(
            all,
            "listen",
            "expected an address and a port, such as 127.0.0.1:8300",
        );
    }
    let tls = root.table(all, "tls").map(|mut tls| {
        let files = TlsFiles {
            section: "tls",
            clients: None,
            certificate: path(all, &mut tls, "certificate", "\"witness.pem\""),
            key: path(all, &mut tls, "key", "\"witness-tls.key\""),
        };
        tls.finish(all);
        files
    });
    let logs = read_logs(all, &mut root);
    root.finish(all);
    Some(Config {
        key,
        state,
        listen: listen.ok()?,
        tls,
        logs,
    })
}

fn path(
    all: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    key: &'static str,
    example: &str,
) -> PathBuf {
    section.text(all, key, example).into()
}

fn read_logs(all: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Vec<VerifierKey> {
    let sections = root.tables(all, "log", LOGS_MAX);
    if sections.is_empty() {
        fault(
            all,
            "log",
            "no log is named: write [[log]] and the log's key",
        );
    }
    let mut logs: Vec<VerifierKey> = Vec::new();
    for mut section in sections {
        let text = section.text(all, "key", "\"example.com/log+cea050fa+AQOh...\"");
        let path = section.path_of("key");
        section.finish(all);
        if text.is_empty() {
            continue; // Said already.
        }
        match VerifierKey::parse(&text, KeyUse::Log) {
            Err(error) => fault(all, &path, &error.to_string()),
            Ok(key) if logs.iter().any(|other| other.name() == key.name()) => {
                fault(
                    all,
                    &path,
                    "a log of that name stands above: one of them is mistaken",
                );
            }
            Ok(key) => logs.push(key),
        }
    }
    logs
}

fn fault(all: &mut Reading<'_>, path: &str, message: &str) {
    let line = all.line_of(path);
    all.fault(line, path, message);
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "example.com/scrutin/0+cea050fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

    #[test]
    fn all_faults_are_named_with_their_lines() {
        let log = format!("[[log]]\nkey = \"{KEY}\"\n");
        let head = "key = \"k\"\nstate = \"s\"\n";
        let good = Config::parse(&format!("{head}{log}")).expect("a configuration");
        assert_eq!(good.listen.to_string(), LISTEN);
        assert_eq!(good.logs[0].to_string(), KEY);
        let tls = format!("{head}[tls]\ncertificate = \"c\"\nkey = \"t\"\n{log}");
        assert!(Config::parse(&tls).expect("a configuration").tls.is_some());
        for (text, expected) in [
            (
                String::new(),
                "key: is missing|state: is missing|no log is named",
            ),
            (
                format!("{head}listen = \"8300\"\n{log}"),
                "line 3: listen: expected an address",
            ),
            (
                format!("{head}witness = 1\n{log}"),
                "line 3: witness: unknown key",
            ),
            (
                format!("{head}{log}{log}"),
                "line 6: log[1].key: a log of that name",
            ),
            (
                format!("{head}[[log]]\nkey = \"x\"\n"),
                "line 4: log[0].key: not a public key",
            ),
            (format!("{head}[[log]]\n"), "log[0].key: is missing"),
            ("key = ".to_owned(), "line 1"),
        ] {
            let faults = Config::parse(&text).expect_err(&text).join("\n");
            for expected in expected.split('|') {
                assert!(faults.contains(expected), "{expected}: {faults}");
            }
        }
    }

    #[test]
    fn the_example_for_operators_is_read() {
        let text = include_str!("../../../deploy/witness.toml");
        let config = Config::parse(text).expect("an example without faults");
        assert_eq!(config.logs.len(), 1);
    }
}
