//! The ledger's transparency log and its witnesses, as the officers sign them with the event.
//!
//! Every partition of the ledger is a log of its own, named by the event's origin and its number, and all are
//! signed by one key. `docs/transparency.md` says what logs and witnesses are for.

// How addresses are written, and no sockets: this crate is part of programs that know no network.
use core::net::Ipv6Addr;

use handwritten::Fault;
use serde::{Deserialize, Serialize};
use transparency::{KeyError, KeyName, KeyUse, Policy, PolicyError, VerifierKey};

/// Bytes of a witness's short name and address.
const WITNESS_TEXT_BYTES_MAX: usize = 200;
/// Number of the last partition that a ledger may have: its log has the longest name.
const PARTITION_LAST: u16 = 63;
/// Name of the group in the policy that has to cosign.
const GROUP: &str = "enough";

/// The log that a ledger is kept as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLog {
    /// Name of the log without the partition, such as `scrutin.example/QC-2025`.
    pub origin: String,
    /// Public half of the key that signs checkpoints (Ed25519, 32 bytes).
    pub key: [u8; 32],
    /// How many witnesses must have cosigned a checkpoint before it counts; 0 = none.
    pub required: u32,
    /// Who may cosign, in the order written.
    pub witnesses: Vec<EventWitness>,
}

/// Somebody who watches that the log only grows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventWitness {
    /// Short name for people and policies: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Its public key as it hands it out, `name+id+base64`.
    pub key: String,
    /// Where it takes checkpoints, `http://` or `https://`.
    pub url: String,
}

/// The log as written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogDefinition {
    pub(crate) origin: String,
    /// 64 hexadecimal digits, lower case.
    pub(crate) key: String,
    pub(crate) required: u32,
    pub(crate) witness: Vec<EventWitness>,
}

impl EventLog {
    /// The name of the log of one partition.
    #[must_use]
    pub fn origin_of(&self, partition: u16) -> String {
        origin_of(&self.origin, partition)
    }

    /// Which checkpoints count for a ledger of so many partitions, as the text that is published.
    #[must_use]
    pub fn policy_text(&self, partitions: u16) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for partition in 0..partitions {
            let key = log_key(&self.origin_of(partition), &self.key);
            let key = key.expect("validate checks origin and key");
            let _ = writeln!(text, "log {key}"); // a text takes every write
        }
        for EventWitness { name, key, url } in &self.witnesses {
            let _ = writeln!(text, "witness {name} {key} {url}");
        }
        if self.required == 0 {
            text.push_str("quorum none\n");
            return text;
        }
        let names: Vec<&str> = self.witnesses.iter().map(|w| w.name.as_str()).collect();
        let _ = writeln!(text, "group {GROUP} {} {}", self.required, names.join(" "));
        let _ = writeln!(text, "quorum {GROUP}");
        text
    }

    /// The same as the policy by which checkpoints are checked.
    ///
    /// # Panics
    /// Never for the log of an event that was read: reading checks it for as many partitions as there may be.
    #[must_use]
    pub fn policy(&self, partitions: u16) -> Policy {
        Policy::parse(self.policy_text(partitions).as_bytes())
            .expect("validate has parsed the policy of this log")
    }
}

impl LogDefinition {
    /// Call it only where [`validate`] found no fault.
    ///
    /// # Panics
    /// On a key that is none, which `validate` reports.
    pub(crate) fn into_log(self) -> EventLog {
        EventLog {
            origin: self.origin,
            key: crate::hand_key::parse(&self.key).expect("validate checks the key"),
            required: self.required,
            witnesses: self.witness,
        }
    }

    pub(crate) fn of(log: &EventLog) -> LogDefinition {
        LogDefinition {
            origin: log.origin.clone(),
            key: data_encoding::HEXLOWER.encode(&log.key),
            required: log.required,
            witness: log.witnesses.clone(),
        }
    }
}

/// Every fault of the log and its witnesses, by path in the vocabulary of `election.toml`.
pub(crate) fn validate(log: &LogDefinition) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |path: String, message: String| {
        faults.push(Fault {
            line: None,
            path,
            message,
        });
    };
    match crate::hand_key::parse(&log.key) {
        None => fault(
            "log.key".to_owned(),
            "expected the public half of the log's key, 64 hexadecimal digits in lower case: make one with `shardpack keygen --log`".to_owned(),
        ),
        Some(key) => match every_log_key(&log.origin, &key) {
            Err(error @ KeyError::Point { .. }) => fault("log.key".to_owned(), error.to_string()),
            Err(error) => fault("log.origin".to_owned(), error.to_string()),
            Ok(()) => {}
        },
    }
    for (at, witness) in log.witness.iter().enumerate() {
        let path = |key: &str| format!("witness[{at}].{key}");
        if let Some(message) = name_fault(&witness.name) {
            fault(path("name"), message.to_owned());
        }
        if let Err(error) = VerifierKey::parse(&witness.key, KeyUse::Witness) {
            fault(path("key"), error.to_string());
        }
        if !is_address(&witness.url) {
            let message = "expected http://HOST:PORT/PATH or https://HOST:PORT/PATH, port and path where needed, at most 200 bytes, no query and no user";
            fault(path("url"), message.to_owned());
        }
    }
    if log.required as usize > log.witness.len() {
        let named = log.witness.len();
        fault(
            "witnesses.required".to_owned(),
            format!(
                "{} must cosign and {named} are named, so that nobody could ever vote: write a [[witness]] for each, or ask for fewer",
                log.required
            ),
        );
    }
    if faults.is_empty()
        && let Err(PolicyError { fault, .. }) = parsed(log)
    {
        faults.push(Fault {
            line: None,
            path: "witness".to_owned(),
            message: fault.to_string(),
        });
    }
    faults
}

/// What no single value shows: two witnesses of one key or name, a name that a policy cannot have.
fn parsed(log: &LogDefinition) -> Result<Policy, PolicyError> {
    Policy::parse(log.clone().into_log().policy_text(1).as_bytes())
}

fn origin_of(origin: &str, partition: u16) -> String {
    format!("{origin}/{partition}")
}

/// Checks the name as it is written, and the longest of those that partitions make of it.
fn every_log_key(origin: &str, key: &[u8; 32]) -> Result<(), KeyError> {
    log_key(origin, key)?;
    log_key(&origin_of(origin, PARTITION_LAST), key)?;
    Ok(())
}

fn log_key(origin: &str, key: &[u8; 32]) -> Result<VerifierKey, KeyError> {
    VerifierKey::of_bytes(KeyName::new(origin)?, KeyUse::Log, key)
}

fn name_fault(name: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let sound = (1..=WITNESS_TEXT_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed);
    (!sound).then_some("use letters, digits, dots, underscores or hyphens")
}

/// Takes less than whoever asks the witness can read: an address that is signed cannot be mended.
fn is_address(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        url.len() <= WITNESS_TEXT_BYTES_MAX && is_authority(authority) && is_path(path)
    })
}

/// A host by name or number, or an IPv6 address in brackets, and a port where one is needed.
fn is_authority(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(host, port)| {
            host.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port))
        });
    }
    let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
    !host.is_empty() && host.bytes().all(allowed) && (port.is_empty() || is_port(port))
}

/// A colon and a number from 1 to 65535.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| {
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        is_number && digits.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

fn is_path(path: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._~-/".contains(&b);
    path.bytes().all(allowed)
}
