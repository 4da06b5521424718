//! The command line: raw arguments, then resolved ones, then the work.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use durable::{Clock, SystemClock};
use listener::{Tls, log};

use crate::config::{Accepted, Config, PREFIX, Settings, variable_names};
use crate::exposure::{Exposure, exposures};
use crate::versions::Found;
use crate::{run, start, versions};

const EXAMPLES: &str = "\
Examples:
  validator init --package package/ --trust officer.pub --data data/     # once: begins the ledger
  validator --package package/ --trust officer.pub --key roll.key --data data/
  validator --config /etc/scrutin/validator.toml --listen 0.0.0.0:8000
  validator check-config --config /etc/scrutin/validator.toml

Each setting is a flag, or an environment variable (VALIDATOR_LISTEN, VALIDATOR_HTTP_BODY_BYTES_MAX),
or a line of the configuration file, in this order. deploy/validator.toml explains all of them.
The log is JSON on standard error; its line \"listening\" tells the addresses.
Exit status: 0 stopped in good order, 1 failed, 2 wrong usage or configuration.";

/// How the names of the ledger's threads begin. When the one that commits panics, the next start
/// recovers the ledger.
const COMMIT_THREAD: &str = "ledger";

/// Takes votes over HTTP and writes them to the ledger.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct Raw {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin the ledger of an event in the data directory, once; the validator starts on no other
    Init(Flags),
    /// Print the tables of a replicated ledger, which the owner of the database makes once
    LedgerSchema,
    /// Look at the configuration, certificate and key, and at the formats of package, ledger and database: name all
    /// faults, change nothing
    CheckConfig(Flags),
}

#[derive(Debug, Args)]
struct Flags {
    /// Configuration file in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the signed package
    #[arg(long, value_name = "DIRECTORY")]
    package: Option<String>,
    /// Public key of an officer whose signature counts; repeatable
    #[arg(long, value_name = "FILE")]
    trust: Vec<String>,
    /// How many of these officers must have signed [default: 1]
    #[arg(long, value_name = "N")]
    require: Option<String>,
    /// The roll key, where the package's scheme has one
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// Directory of the ledger
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<String>,
    /// Address that voters reach [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Address of metrics and ledger stream, never for voters [default: 127.0.0.1:8100]
    #[arg(long, value_name = "ADDRESS")]
    internal: Option<String>,
    /// Proxy that is believed about its clients; repeatable
    #[arg(long, value_name = "PREFIX")]
    trusted_proxy: Vec<String>,
    /// A person's decision: go on although voted bitsets name frames that the ledger lacks; FRAME is
    /// the last one that it has, as the refused start says
    #[arg(long, value_name = "FRAME")]
    accept_rollback: Option<u64>,
    /// A person's decision: go on although the last frame lies in the future; FRAME is that frame, as
    /// the refused start says
    #[arg(long, value_name = "FRAME")]
    accept_clock_behind: Option<u64>,
}

impl Flags {
    /// All layers in order, and the faults found while they were gathered.
    fn settings(self) -> Result<(Settings, Vec<String>), Vec<String>> {
        let mut settings = Settings::defaults();
        let mut faults = Vec::new();
        if let Some(path) = &self.config {
            let text = read(path).map_err(|fault| vec![fault])?;
            faults = settings.lay_file(path, &text);
        }
        faults.extend(commandline::variable_faults(PREFIX, &variable_names()));
        settings.lay_environment(|name| std::env::var(name).ok());
        let one = |value: Option<String>| value.into_iter().collect();
        settings.lay_flag("package", "package", one(self.package));
        settings.lay_flag("trust", "trust", self.trust);
        settings.lay_flag("require", "require", one(self.require));
        settings.lay_flag("key", "key", one(self.key));
        settings.lay_flag("data", "data", one(self.data));
        settings.lay_flag("listen", "listen", one(self.listen));
        settings.lay_flag("internal", "internal", one(self.internal));
        settings.lay_flag(
            "trusted-proxy",
            "clients.trusted_proxies",
            self.trusted_proxy,
        );
        Ok((settings, faults))
    }

    fn resolve(self) -> Result<Config, Vec<String>> {
        let accepted = Accepted {
            rollback: self.accept_rollback,
            clock_behind: self.accept_clock_behind,
        };
        let (settings, mut faults) = self.settings()?;
        // Read now and again at the start, so that their faults come together with all others.
        for files in Config::tls_files(&settings) {
            faults.extend(Tls::load(files).err().into_iter().flatten());
        }
        let config = Config::resolve(&settings, faults)?;
        Ok(Config { accepted, ..config })
    }
}

/// The configuration that such arguments make.
#[cfg(any(test, fuzzing))]
pub(crate) fn configure(arguments: &[String]) -> Result<Config, String> {
    let program = std::iter::once("validator".to_owned());
    let raw = Raw::try_parse_from(program.chain(arguments.iter().cloned()));
    let flags = raw.map_err(|error| error.to_string())?.flags;
    flags.resolve().map_err(|faults| faults.join("; "))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| {
        format!(
            "cannot read {}: {error}; name it with --config",
            path.display()
        )
    })
}

/// Runs the program and returns its exit status.
#[must_use]
pub fn main() -> ExitCode {
    main_on(Arc::new(SystemClock::new()))
}

/// The program on a machine with that clock, for rehearsals of clocks that are wrong. The program that
/// is shipped knows no clock but the system's.
#[must_use]
pub fn main_on(machine: Arc<dyn Clock>) -> ExitCode {
    let raw = match commandline::arguments::<Raw>() {
        Ok(raw) => raw,
        Err(status) => return status,
    };
    match raw.command {
        None => with(raw.flags, |config| serve(config, machine)),
        Some(Command::Init(flags)) => with(flags, init),
        Some(Command::LedgerSchema) => {
            let told = commandline::print_line!("{}", replicated::SCHEMA.trim_end());
            commandline::end("validator", told.map_err(Into::into))
        }
        Some(Command::CheckConfig(flags)) => with(flags, check),
    }
}

/// Does the work by the configuration that flags make, and returns the program's exit status.
fn with(flags: Flags, work: impl FnOnce(&Config) -> ExitCode) -> ExitCode {
    let config = match flags.resolve() {
        Ok(config) => config,
        Err(faults) => {
            for fault in &faults {
                commandline::note!("error: {fault}");
            }
            return ExitCode::from(2);
        }
    };
    work(&config)
}

fn exposures_of(config: &Config) -> Vec<Exposure> {
    let encrypted = config.tls.is_some() || !config.addresses.trusted_proxies.is_empty();
    let guarded = config.internal_tls.is_some();
    exposures(config.listen, config.internal, encrypted, guarded)
}

fn check(config: &Config) -> ExitCode {
    for exposure in exposures_of(config) {
        commandline::note!("warning: {exposure}");
    }
    let mut differs = Vec::new();
    for found in versions::look(config) {
        match found {
            Found::Fits(told) => commandline::note!("{told}"),
            Found::Unseen(why) => commandline::note!("not looked at: {why}"),
            Found::Differs(why) => differs.push(why),
        }
    }
    if !differs.is_empty() {
        return commandline::failure("validator", &anyhow::anyhow!(differs.join("; ")));
    }
    let told = commandline::print_line!("the configuration is sound");
    commandline::end("validator", told.map_err(Into::into))
}

fn init(config: &Config) -> ExitCode {
    log::start(&config.log, Some(COMMIT_THREAD));
    commandline::end("validator", start::init(config))
}

fn serve(config: &Config, machine: Arc<dyn Clock>) -> ExitCode {
    log::start(&config.log, Some(COMMIT_THREAD));
    for exposure in exposures_of(config) {
        tracing::warn!("{exposure}");
    }
    commandline::end("validator", run::run(config, machine))
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::Raw>().expect("target/ can be written");
    }
}
