//! `manifest.json` of a site: what it holds and of which ledger it is, and that no site is replaced by an older one.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::documents::{BallotStanding, HeadDocument};

pub(super) const FILE: &str = "manifest.json";

/// What a site holds, and of which ledger it is.
#[derive(Serialize)]
pub(super) struct Manifest {
    pub(super) event_id: String,
    pub(super) package_manifest_sha256: String,
    /// The last frame of each partition that was read.
    pub(super) position: Vec<HeadDocument>,
    /// Commit time of the latest of these frames.
    pub(super) as_of: Option<String>,
    pub(super) ballots: Vec<BallotStanding>,
    /// By their paths, ascending. The manifest itself is not among them.
    pub(super) files: Vec<FileEntry>,
}

#[derive(Serialize)]
pub(super) struct FileEntry {
    pub(super) path: String,
    pub(super) bytes: usize,
    pub(super) sha256: String,
}

/// What is compared of two manifests.
#[derive(Deserialize)]
pub(super) struct Before {
    event_id: String,
    package_manifest_sha256: String,
    position: Vec<Head>,
    ballots: Vec<Standing>,
    #[serde(rename = "files")]
    _files: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Head {
    partition: u16,
    sequence: u64,
}

#[derive(Deserialize)]
struct Standing {
    ballot_id: String,
    status: String,
    releases: u64,
}

impl Before {
    /// Of the site in a directory.
    ///
    /// # Errors
    /// There is no manifest, or it is none of this program.
    pub(super) fn read(dir: &Path) -> anyhow::Result<Before> {
        let path = dir.join(FILE);
        let named = || format!("cannot read {}", path.display());
        let bytes = fs::read(&path).with_context(named)?;
        serde_json::from_slice(&bytes).with_context(named)
    }

    /// Whether the site of `manifest` knows at least what this one does.
    ///
    /// # Errors
    /// It is of another event or package, ends at an earlier frame, counts fewer releases, or does not certify
    /// what this one does.
    pub(super) fn check_followed_by(&self, manifest: &Manifest) -> anyhow::Result<()> {
        let manifest: Before = serde_json::from_value(serde_json::to_value(manifest)?)?;
        let of = |site: &Before| {
            let (event, package) = (&site.event_id, &site.package_manifest_sha256);
            format!("event {event}, package {package}")
        };
        ensure!(
            of(self) == of(&manifest),
            "it is of {}, and the new one of {}",
            of(self),
            of(&manifest)
        );
        for Head {
            partition,
            sequence,
        } in &self.position
        {
            let mut now = manifest.position.iter();
            let now = now.find(|head| head.partition == *partition);
            let now = now.map_or(0, |head| head.sequence);
            ensure!(
                now >= *sequence,
                "it goes to frame {sequence} of partition {partition}, and the new one to frame {now}: name the newest ledger with --ledger"
            );
        }
        for before in &self.ballots {
            let mut now = manifest.ballots.iter();
            let id = &before.ballot_id;
            let Some(now) = now.find(|now| now.ballot_id == *id) else {
                bail!("it has ballot {id}, and the new one does not");
            };
            ensure!(
                now.releases >= before.releases,
                "it counts {} of ballot {id}, and the new one {}: name the mask key with --mask, and the newest releases with --releases",
                commandline::count(before.releases, "release"),
                now.releases
            );
            let is_certified = |status: &str| status == "certified";
            ensure!(
                is_certified(&now.status) || !is_certified(&before.status),
                "it certifies ballot {id}, and the new one does not: name the signed statement with --statement"
            );
        }
        Ok(())
    }
}
