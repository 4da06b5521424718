//! Reads the open ballots from an event definition, for a validator that does not list them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use election::{BallotKind, CandidateStatus, Election, Event, Window};

use super::{Ballot, Kind, Method};
use crate::choice::Field;

/// Ballots of the definition at `path` that are open at `now_ms` (UTC, since 1970).
/// Errors list every fault of the definition with its line.
pub(crate) fn read(path: &Path, seed: u64, now_ms: i64) -> Result<Vec<Ballot>> {
    let name = path.display();
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read definition {name}"))?;
    let event = match Event::from_toml(&text) {
        Ok(event) => event,
        Err(faults) => {
            let list: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            bail!(
                "definition {name} has faults, correct them:\n{}",
                list.join("\n")
            );
        }
    };
    let open = event
        .ballots()
        .iter()
        .filter(|b| b.window(now_ms) == Window::Open);
    Ok(open
        .map(|ballot| Ballot {
            id: ballot.id.clone(),
            kind: kind(&ballot.kind, seed),
        })
        .collect())
}

fn kind(kind: &BallotKind, seed: u64) -> Kind {
    match kind {
        BallotKind::Law(law) => Kind::Law {
            allow_blanc: law.allow_blank,
        },
        BallotKind::Election(election) => Kind::Election {
            number: election.number,
            method: match election.method {
                election::Method::SingleChoice => Method::Single,
                election::Method::RankedChoice => Method::Ranked {
                    max_ranks: election.max_ranks,
                },
            },
            fields: fields(election, seed),
        },
    }
}

fn fields(election: &Election, seed: u64) -> BTreeMap<u16, Field> {
    let mut active: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for candidate in election.candidates() {
        if candidate.status == CandidateStatus::Active {
            active
                .entry(candidate.region)
                .or_default()
                .push(candidate.number);
        }
    }
    super::popularity(active, election.number, seed)
}
