//! Other releases: what of package, ledger, database and other validators this program cannot work with, said before
//! anything starts (docs/upgrade.md).

use std::fmt::Display;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ledger::log::Log;
use relay::Greeted;
use replicated::{EventLedger, SCHEMA_VERSION};
use shards::{Package, PackageError};

use crate::config::{Config, Replicated};
use crate::start::{Kept, Shared};

/// What was found of one thing that has a version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This program can work with it.
    Fits(String),
    /// It is not there yet, or cannot be asked; why.
    Unseen(String),
    /// This program cannot work with it, and what to do.
    Differs(String),
}

/// Looks at package, ledger, database and other validators, and changes none of them.
pub(crate) fn look(config: &Config) -> Vec<Found> {
    let dir = config.package.display();
    let (manifest, sha256) = match Package::unverified_manifest(&config.package) {
        Ok(read) => read,
        Err(error @ (PackageError::Io { .. } | PackageError::Missing { .. })) => {
            return vec![Found::Unseen(error.to_string())];
        }
        Err(error) => return vec![Found::Differs(error.to_string())],
    };
    let package = format!("package {dir}: {}, as this program reads", shards::FORMAT);
    let event = EventLedger {
        manifest_sha256: sha256,
        partitions: manifest.partitions,
    };
    let mut found = vec![Found::Fits(package)];
    match (Kept::of(config), &config.replicated) {
        (Ok(Kept::Files(log)), _) => found.push(in_files(&*log)),
        (Ok(Kept::Replicated(shared)), Some(replicated)) => {
            found.extend(in_database(&shared, replicated, &event));
        }
        (Ok(Kept::Replicated(_)), None) => {}
        (Err(error), _) => found.push(differs(&error)),
    }
    found
}

fn differs(error: &anyhow::Error) -> Found {
    Found::Differs(format!("{error:#}"))
}

/// All partitions are begun together, so the first tells of all.
fn in_files(log: &dyn Log) -> Found {
    let first = log
        .read_from(0, 0)
        .and_then(|mut links| links.next_bytes(1));
    match first {
        Ok(bytes) => in_format(&log.name(), Some(bytes).filter(|bytes| !bytes.is_empty())),
        Err(error @ ledger::LedgerError::AnotherLedger { .. }) => Found::Differs(error.to_string()),
        Err(error) => Found::Unseen(error.to_string()),
    }
}

fn in_format(log: &impl Display, first: Option<Vec<u8>>) -> Found {
    let ours = ledger::FORMAT_VERSION;
    match first.map(|bytes| ledger::check_version(&bytes)) {
        None => Found::Unseen(format!("{log} has no frame yet")),
        Some(Ok(())) => Found::Fits(format!("{log}: format {ours}, as this program writes")),
        Some(Err(defect)) => Found::Differs(format!("{log}: {defect}")),
    }
}

fn in_database(shared: &Shared, replicated: &Replicated, event: &EventLedger) -> Vec<Found> {
    match shared.members.schema_version() {
        Err(error) => vec![Found::Unseen(error.to_string())],
        Ok(Some(SCHEMA_VERSION)) => match among_others(shared, replicated, event) {
            Ok(told) => told.into_iter().map(Found::Fits).collect(),
            Err(error) => vec![differs(&error)],
        },
        Ok(found) => {
            let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
            let log = shared.log.name();
            vec![Found::Differs(format!(
                "{log}: its tables have version {found}, this program knows {SCHEMA_VERSION}: use the release that made them"
            ))]
        }
    }
}

/// Whether this validator can share a ledger with those that are alive: what was found, for people.
///
/// # Errors
/// Another event, tables or links of another version, another version of the relay; the database cannot be asked.
pub(crate) fn among_others(
    shared: &Shared,
    replicated: &Replicated,
    event: &EventLedger,
) -> Result<Vec<String>> {
    let identity = Arc::new(replicated.identity()?);
    let others = shared.members.others(event)?;
    let mut told = vec![format!(
        "tables of version {SCHEMA_VERSION}, as this program knows"
    )];
    for partition in 0..event.partitions {
        let log = format!("partition {partition} of the {}", shared.log.name());
        match in_format(&log, shared.log.first_link(partition)?) {
            Found::Differs(why) => bail!(why),
            Found::Fits(line) | Found::Unseen(line) => told.push(line),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot talk to other validators")?;
    for other in others {
        let (who, identity) = ((other.name.clone(), other.address), Arc::clone(&identity));
        let greeting = relay::greet(who.0, who.1, identity, &event.manifest_sha256);
        told.push(match runtime.block_on(greeting) {
            Greeted::Agrees => format!(
                "validator {} of version {} speaks version {} of the relay's protocol, as this program does",
                other.name,
                other.version,
                relay::VERSION
            ),
            Greeted::Unheard(why) => format!("a validator cannot be greeted: {why}"),
            Greeted::Differs(why) => bail!(
                "validator {} of version {} is alive and cannot work with this program of version {}: {why}",
                other.name,
                other.version,
                env!("CARGO_PKG_VERSION")
            ),
        });
    }
    Ok(told)
}
