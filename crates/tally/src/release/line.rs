//! The lines of a release file: JSON, each naming the SHA-256 of the line before.

use std::fmt;

use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use election::Event;
use ledger::{HandPublicKeys, SealedRankings};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Release, Scope, Sum};
use crate::package_roll::PackageRoll;

/// Longest line that is read: the rankings of a whole ballot stand in one.
pub(crate) const LINE_BYTES_MAX: u64 = 8 << 30;
const FORMAT: &str = "scrutin-releases/1";

/// The first line: whose releases these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderLine {
    format: String,
    event: String,
    manifest_sha256: String,
    count_key: String,
    mask_key: String,
    partition: u16,
}

/// A release, as the count hand writes it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseLine {
    /// SHA-256 of the line before, without its end.
    previous: String,
    /// Its place in the file, from 1.
    number: u64,
    ballot: String,
    scope: ScopeWord,
    first_frame: u64,
    last_frame: u64,
    /// Hash of the last frame.
    link: String,
    votes: u64,
    /// Masked counts, of the ballot paper's choices in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<Vec<u32>>,
    /// Rankings sealed to the mask key, ascending.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<String>>,
    /// Masked sum of the witnesses of the rankings, modulo 2^128, little-endian.
    #[serde(skip_serializing_if = "Option::is_none")]
    witnesses: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum ScopeWord {
    Region(u16),
    Country(Country),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Country {
    Country,
}

impl HeaderLine {
    pub(crate) fn of(package: &PackageRoll, partition: u16) -> HeaderLine {
        let (event, keys) = (package.event(), HandPublicKeys::of(package.event()));
        HeaderLine {
            format: FORMAT.to_owned(),
            event: event.id.clone(),
            manifest_sha256: HEXLOWER.encode(&package.manifest_sha256()),
            count_key: keys.count.to_string(),
            mask_key: keys.mask.to_string(),
            partition,
        }
    }

    /// Refuses the releases of another event, package or partition.
    ///
    /// # Errors
    /// The first thing that differs.
    pub(crate) fn check(&self, expected: &HeaderLine) -> anyhow::Result<()> {
        for (what, got, expected) in [
            ("format", &self.format, &expected.format),
            ("event", &self.event, &expected.event),
            ("package", &self.manifest_sha256, &expected.manifest_sha256),
            ("count key", &self.count_key, &expected.count_key),
            ("mask key", &self.mask_key, &expected.mask_key),
        ] {
            ensure!(
                got == expected,
                "releases of another {what}: {got}, expected {expected}; name the releases that were made of this ledger and package"
            );
        }
        let (got, expected) = (self.partition, expected.partition);
        ensure!(
            got == expected,
            "releases of partition {got}, expected {expected}"
        );
        Ok(())
    }
}

impl ReleaseLine {
    /// The line behind the one with the hash `previous`.
    pub(crate) fn of(
        event: &Event,
        at: (u64, String),
        release: &Release,
        sum: &Sum,
    ) -> ReleaseLine {
        let mut line = ReleaseLine::planned(event, at, release);
        match sum {
            Sum::Cells(cells) => line.sums = Some(cells.clone()),
            Sum::Rankings(rankings) => {
                // Sealed rankings look like random bytes: in ascending order nobody tells whose is whose,
                // and every holder of the count key writes the same line.
                let records = rankings.records.iter();
                let mut hex: Vec<String> = records.map(|r| HEXLOWER.encode(r)).collect();
                hex.sort_unstable();
                line.records = Some(hex);
                line.witnesses = Some(HEXLOWER.encode(&rankings.witnesses.to_le_bytes()));
            }
        }
        line
    }

    /// What the plan says of a release, without its votes.
    fn planned(event: &Event, (number, previous): (u64, String), release: &Release) -> ReleaseLine {
        ReleaseLine {
            previous,
            number,
            ballot: event.ballots()[usize::from(release.unit.ballot)].id.clone(),
            scope: match release.unit.scope {
                Scope::Country => ScopeWord::Country(Country::Country),
                Scope::Region(region) => ScopeWord::Region(region),
            },
            first_frame: release.first,
            last_frame: release.last.sequence,
            link: release.last.link.to_string(),
            votes: release.votes,
            sums: None,
            records: None,
            witnesses: None,
        }
    }

    /// The masked counts or the rankings, where the line is that of `release`.
    ///
    /// # Errors
    /// The line says something else than the plan, or stands elsewhere in the chain.
    pub(crate) fn sum_of(
        mut self,
        event: &Event,
        at: (u64, String),
        release: &Release,
    ) -> anyhow::Result<Sum> {
        let planned = ReleaseLine::planned(event, at, release);
        ensure!(
            self.previous == planned.previous && self.number == planned.number,
            "it does not follow the line before: a line was changed, removed or added"
        );
        let sum = match (self.sums.take(), self.records.take(), self.witnesses.take()) {
            (Some(cells), None, None) => Sum::Cells(cells),
            (None, Some(records), Some(witnesses)) => {
                Sum::Rankings(decode_rankings(&records, &witnesses)?)
            }
            _ => anyhow::bail!("it holds neither sums nor records with their witnesses"),
        };
        if self.link != planned.link && self.last_frame == planned.last_frame {
            anyhow::bail!(
                "frame {} has the hash {} there and {} in the ledger: they are of two histories, keep both as evidence",
                self.last_frame,
                self.link,
                planned.link
            );
        }
        ensure!(
            self == planned,
            "it releases {self}, where the plan releases {planned}: the releases are of another ledger, or were made by another plan"
        );
        Ok(sum)
    }
}

fn decode_rankings(records: &[String], witnesses: &str) -> anyhow::Result<SealedRankings> {
    ensure!(
        records.is_sorted_by(|one, next| one < next),
        "its records are not in ascending order, each once"
    );
    let records = records
        .iter()
        .map(|record| HEXLOWER.decode(record.as_bytes()));
    let records: Result<Vec<Vec<u8>>, _> = records.collect();
    let witnesses = HEXLOWER.decode(witnesses.as_bytes()).ok();
    let witnesses = witnesses.and_then(|bytes| bytes.try_into().ok());
    Ok(SealedRankings {
        records: records.context("a record is not hexadecimal")?,
        witnesses: u128::from_le_bytes(
            witnesses.context("its witnesses are not 32 hexadecimal digits")?,
        ),
    })
}

/// What is released, for messages.
impl fmt::Display for ReleaseLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let votes = commandline::count(self.votes, "vote");
        write!(f, "{votes} of ballot {}, ", self.ballot)?;
        match self.scope {
            ScopeWord::Country(Country::Country) => f.write_str("the whole country, ")?,
            ScopeWord::Region(region) => write!(f, "region {region}, ")?,
        }
        write!(f, "in frames {} to {}", self.first_frame, self.last_frame)
    }
}

/// SHA-256 of a line, as the next one names it.
pub(crate) fn hash_of(line: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(line))
}
