//! The results as files: every page and every document of the API, as the running program would show them.
//!
//! What may be seen is decided where it is decided for the API: nothing here looks at a count.

use std::sync::Arc;

use anyhow::anyhow;
use election::{BallotKind, Language};
use pages::results::{Asked, Night, Snapshot};
use pages::{Encoding, PageContext};

use super::body::Body;
use super::results::{all_document, ballot_bytes, region_bytes};
use super::site::views::summary;
use super::site::{Showing, body};
use super::turnout;
use crate::covered::CheckedBy;
use crate::package_roll::PackageRoll;
use crate::published::{Edition, Published};

/// Takes a file: its path below the directory of the snapshot, and its bytes.
pub(crate) type Write<'a> = dyn FnMut(&str, &[u8]) -> anyhow::Result<()> + 'a;

/// What a snapshot is made of.
pub(crate) struct Site<'a> {
    pub(crate) package: &'a PackageRoll,
    pub(crate) published: &'a Published,
    /// None where the event names no log.
    pub(crate) checked_by: Option<CheckedBy>,
    /// The last frame of the ledger that was read, as pages say it.
    pub(crate) position: String,
    /// Its commit time; none where the ledger has no frame. The only clock of the pages: the same ledger makes the
    /// same bytes.
    pub(crate) time_ms: Option<i64>,
}

impl Site<'_> {
    /// Hands over every file but statements and manifest. `editions` are the results of the event's ballots, in order.
    ///
    /// # Errors
    /// Those of `write`.
    pub(crate) fn write(
        &self,
        editions: &[Arc<Edition>],
        write: &mut Write<'_>,
    ) -> anyhow::Result<()> {
        self.write_documents(editions, write)?;
        for lang in Language::ALL {
            self.write_page(&Showing::Index, "/", lang, editions, write)?;
            let ballots = self.package.event().ballots().iter().zip(editions);
            for (ballot, edition) in ballots {
                let own = std::slice::from_ref(edition);
                let path = format!("/ballots/{}", ballot.id);
                let csv = format!("{path}/results.csv");
                self.write_page(&Showing::Csv(ballot), &csv, lang, own, write)?;
                let regions = ballot.election().map(|election| election.regions().iter());
                let regions = regions.into_iter().flatten().map(|region| {
                    let path = format!("{path}/regions/{region}");
                    (path, Showing::Region(ballot, *region))
                });
                let whole = [(path.clone(), Showing::Ballot(ballot))].into_iter();
                for (path, shown) in whole.chain(regions) {
                    self.write_page(&shown, &path, lang, own, write)?;
                    self.write_page(&shown, &format!("/embed{path}"), lang, own, write)?;
                }
            }
        }
        self.write_assets(write)
    }

    /// `editions` are those of the ballots that the page shows.
    fn write_page(
        &self,
        shown: &Showing<'_>,
        path: &str,
        lang: Language,
        editions: &[Arc<Edition>],
        write: &mut Write<'_>,
    ) -> anyhow::Result<()> {
        let snapshot = Snapshot {
            path,
            position: &self.position,
            time_ms: self.time_ms,
        };
        let event = self.package.event();
        let night = Night {
            context: PageContext {
                event,
                logo: self.package.logo(),
                lang,
                now_ms: self.time_ms.unwrap_or(0), // no page without a frame asks for the time
            },
            stream: None,
            embed: path.starts_with("/embed/"),
            asked: &Asked::default(),
            geometry: self.package.geometry(),
            baseline: self.package.baseline(),
            snapshot: Some(&snapshot),
        };
        let ballots = match shown {
            Showing::Index => event.ballots(),
            Showing::Ballot(ballot) | Showing::Region(ballot, _) | Showing::Csv(ballot) => {
                std::slice::from_ref(*ballot)
            }
        };
        let summaries = ballots.iter().zip(editions);
        // How long ago witnesses have seen the ledger, a file cannot say: it grows old.
        let summaries = summaries.map(|(ballot, edition)| summary(ballot, &edition.results, None));
        let summaries: Vec<_> = summaries.collect();
        let bytes = body(&night, shown, &summaries);
        write_in_all_forms(&Snapshot::file_of(path, lang), bytes, write)
    }

    fn write_documents(
        &self,
        editions: &[Arc<Edition>],
        write: &mut Write<'_>,
    ) -> anyhow::Result<()> {
        let event = self.package.event();
        let checked_by = || self.checked_by.as_ref();
        let mut document = |path: &str, bytes: serde_json::Result<Vec<u8>>| {
            write_in_all_forms(&Snapshot::data_file_of(path), bytes?, write)
        };
        let all = all_document(event, editions, checked_by());
        document("/api/v1/results", all)?;
        let board = self.published.board();
        let turnouts = turnout::all_bytes(event, self.published, &board);
        document("/api/v1/turnout", turnouts)?;
        for (ballot, edition) in event.ballots().iter().zip(editions) {
            let id = &ballot.id;
            let turnout = turnout::ballot_bytes(self.published, &board, ballot);
            document(&format!("/api/v1/turnout/{id}"), turnout)?;
            let whole = ballot_bytes(event, ballot, edition, checked_by());
            let BallotKind::Election(election) = &ballot.kind else {
                document(&format!("/api/v1/results/{id}"), whole)?;
                continue;
            };
            let path = format!("/api/v1/elections/{}", election.number);
            document(&format!("{path}/results"), whole)?;
            for region in election.regions() {
                let bytes = region_bytes(event, ballot, *region, edition, checked_by());
                document(&format!("{path}/regions/{region}/results"), bytes)?;
            }
        }
        Ok(())
    }

    fn write_assets(&self, write: &mut Write<'_>) -> anyhow::Result<()> {
        let script = pages::embed_script();
        let named =
            pages::assets().map(|asset| (format!("{}{}", pages::ASSET_PREFIX, asset.name), asset));
        for (path, asset) in named.chain([(pages::EMBED_SCRIPT.to_owned(), script)]) {
            let file = Snapshot::data_file_of(&path);
            write(&file, asset.identity)?;
            write(&format!("{file}.gz"), asset.gzip)?;
            write(&format!("{file}.br"), asset.brotli)?;
        }
        if let Some(logo) = self.package.logo() {
            let path = format!("{}{}", pages::ASSET_PREFIX, logo.file_name());
            let file = Snapshot::data_file_of(&path);
            write_in_all_forms(&file, logo.to_svg().to_vec(), write)?;
        }
        Ok(())
    }
}

/// The file, and compressed ones beside it where that saves anything: servers send those as they are.
pub(crate) fn write_in_all_forms(
    file: &str,
    bytes: Vec<u8>,
    write: &mut Write<'_>,
) -> anyhow::Result<()> {
    let body = Body::new(bytes);
    for form in [Encoding::Identity, Encoding::Gzip, Encoding::Brotli] {
        let suffix = match body.encoding(form) {
            Encoding::Identity if form != Encoding::Identity => continue,
            Encoding::Identity => "",
            Encoding::Gzip => ".gz",
            Encoding::Brotli => ".br",
        };
        write(&format!("{file}{suffix}"), &body.bytes(form))?;
    }
    Ok(())
}

/// The results of an event's ballots that may be seen, in order.
///
/// # Errors
/// The first ballot that cannot be tabulated.
pub(crate) fn editions(
    package: &PackageRoll,
    published: &Published,
) -> anyhow::Result<Vec<Arc<Edition>>> {
    let ballots = package.event().ballots().iter();
    ballots
        .map(|ballot| published.recent(ballot).map_err(|error| anyhow!("{error}")))
        .collect()
}
