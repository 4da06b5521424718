//! The lines of a release file: JSON, each naming the SHA-256 of the line before.

use std::fmt;

use anyhow::{Context, bail, ensure};
use data_encoding::HEXLOWER;
use election::Event;
use ledger::{HandPublicKeys, Paper, SealedRankings};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Release, Scope, Sum};
use crate::package_roll::PackageRoll;

/// Most bytes of a first line, and of a release without its votes.
pub(crate) const FIXED_BYTES_MAX: u64 = 4096;
/// A masked count in decimal digits, and a comma.
const SUM_BYTES: u64 = 11;
/// Around a record in hexadecimal: quotation marks and a comma.
const RECORD_MARKS: u64 = 3;
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

    /// Reads a first line. One of another format is told as such before its unknown fields are complained of.
    ///
    /// # Errors
    /// Another format, or no first line at all.
    pub(crate) fn read(line: &str) -> anyhow::Result<HeaderLine> {
        #[derive(Deserialize)]
        struct Named {
            format: String,
        }
        let Named { format } = serde_json::from_str(line)?;
        ensure!(
            format == FORMAT,
            "releases of another format: {format:?}, expected {FORMAT:?}; both hands need one release: use the one that began this file"
        );
        Ok(serde_json::from_str(line)?)
    }

    /// Refuses the releases of another event, package or partition.
    ///
    /// # Errors
    /// The first thing that differs.
    pub(crate) fn check(&self, expected: &HeaderLine) -> anyhow::Result<()> {
        for (what, got, expected) in [
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

/// Most bytes of the line of a release of so many votes on this paper.
pub(crate) fn line_bytes_max(paper: &Paper, votes: u64) -> u64 {
    let of_votes = match paper {
        Paper::Cells(choices) => choices.len() as u64 * SUM_BYTES,
        Paper::Ranked { .. } => votes.saturating_mul(2 * paper.bytes_of(1) + RECORD_MARKS),
    };
    FIXED_BYTES_MAX.saturating_add(of_votes)
}

impl ReleaseLine {
    /// The line behind the one with the hash `previous`.
    pub(crate) fn of(
        event: &Event,
        at: (u64, String),
        release: &Release,
        sum: &Sum,
    ) -> ReleaseLine {
        ReleaseLine::planned(event, at, release).with(sum)
    }

    /// The line with these votes in place of its own.
    pub(crate) fn with(mut self, sum: &Sum) -> ReleaseLine {
        match sum {
            Sum::Cells(cells) => self.sums = Some(cells.clone()),
            Sum::Rankings(rankings) => {
                // Sealed rankings look like random bytes: in ascending order nobody tells whose is whose,
                // and every holder of the count key writes the same line.
                let records = rankings.records.iter();
                let mut hex: Vec<String> = records.map(|r| HEXLOWER.encode(r)).collect();
                hex.sort_unstable();
                self.records = Some(hex);
                self.witnesses = Some(HEXLOWER.encode(&rankings.witnesses.to_le_bytes()));
            }
        }
        self
    }

    /// Takes the votes out of the line.
    fn take_sum(&mut self) -> anyhow::Result<Sum> {
        match (self.sums.take(), self.records.take(), self.witnesses.take()) {
            (Some(cells), None, None) => Ok(Sum::Cells(cells)),
            (None, Some(records), Some(witnesses)) => {
                Ok(Sum::Rankings(decode_rankings(&records, &witnesses)?))
            }
            _ => bail!("it holds neither sums nor records with their witnesses"),
        }
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
        let sum = self.take_sum()?;
        if self.link != planned.link && self.last_frame == planned.last_frame {
            bail!(
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

/// A release as a line tells it, and its votes, which are taken out of it.
///
/// # Errors
/// No line of a release.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_line(text: &str) -> anyhow::Result<(ReleaseLine, Sum)> {
    let mut line: ReleaseLine = serde_json::from_str(text)?;
    let sum = line.take_sum()?;
    Ok((line, sum))
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
