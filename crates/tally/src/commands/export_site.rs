//! `tally export --what site`: the results' pages and documents as files, for a server that has nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use election::instant_text;
use sha2::{Digest, Sha256};

use super::export_place;
use super::site_manifest::{self, Before, FileEntry, Manifest};
use crate::api::{Site, editions, write_in_all_forms};
use crate::certified::SignedStatement;
use crate::cli::Export;
use crate::covered::CheckedBy;
use crate::documents::{BallotStanding, HeadDocument, hex};
use crate::inputs::read_mask_hand;
use crate::package_roll::PackageRoll;
use crate::policy::Board;
use crate::published::Published;
use crate::recount::open_readers_inputs;
use crate::results::{Stage, position_text};

/// Writes the site beside its place, and gives it its name when it is whole.
pub(super) fn run(args: &Export) -> anyhow::Result<()> {
    let out = args.out.as_deref();
    let out = out.context("a site is a directory of files: name one to make with --out")?;
    ensure!(
        !args.ledger.untrusted,
        "a site is for everybody, who must be able to rely on it: name the officers' keys with --trust"
    );
    if let Some(releases) = &args.hand.releases {
        ensure!(
            releases.is_dir(),
            "there is no directory {}: name the one that `tally release` writes, with --releases",
            releases.display()
        );
    }
    // Refused before the long part.
    let is_ours = |dir: &Path| Before::read(dir).is_ok();
    let dir = export_place::start(args, out, ("site", is_ours))?;
    let (package, directory) = open_readers_inputs(&args.ledger)?;
    let hand = read_mask_hand(&args.hand, package.event())?;
    let event = package.event();
    let mut board = Board::new(event, &*package, hand.is_some());
    board.expect(&directory.partitions()?);
    let ends = directory.read_so_far(hand.as_ref(), |fact| Ok(board.apply(event, fact)?))?;
    let log = event.log.as_ref();
    let checked_by = log.map(|log| CheckedBy::of(log, &ends.covered, package.partitions().len()));
    let (heads, time_ms) = (board.count().heads.clone(), board.count().time_ms);
    let registered = event.ballots().iter();
    let registered = registered.map(|ballot| package.registered(ballot.index.0));
    let published = Published::new(event.clone(), board, registered.collect());
    let mut files = Files::new(dir.aside());
    certify(args, &package, &published, &mut files)?;
    let site = Site {
        package: &package,
        published: &published,
        checked_by,
        position: position_text(&heads),
        time_ms: (time_ms != 0).then_some(time_ms),
    };
    let editions = editions(&package, &published)?;
    site.write(&editions, &mut |path, bytes| files.write(path, bytes))?;
    let ballots = event.ballots().iter().zip(&editions);
    let manifest = Manifest {
        event_id: event.id.clone(),
        package_manifest_sha256: hex(&package.identity().manifest_sha256),
        position: HeadDocument::all(&heads),
        as_of: site.time_ms.map(instant_text),
        ballots: ballots
            .map(|(ballot, edition)| BallotStanding::of(ballot, &edition.results))
            .collect(),
        files: std::mem::take(&mut files.written).into_values().collect(),
    };
    if let Ok(before) = Before::read(out) {
        let followed = before.check_followed_by(&manifest);
        followed.with_context(|| {
            format!(
                "the site in {} knows more than the new one, so it stays (to replace it all the same, move it away)",
                out.display()
            )
        })?;
    }
    let mut manifest = serde_json::to_vec_pretty(&manifest)?;
    manifest.push(b'\n');
    files.write(site_manifest::FILE, &manifest)?;
    Ok(dir.finish()?)
}

/// Shows ballots as certified that signed statements state, says which, and writes these statements.
///
/// # Errors
/// A statement is not signed, has other numbers, or certifies nothing: then nothing replaces the earlier site.
fn certify(
    args: &Export,
    package: &Arc<PackageRoll>,
    published: &Published,
    files: &mut Files<'_>,
) -> anyhow::Result<()> {
    for dir in &args.statement {
        let statement = SignedStatement::read(dir, &args.ledger.trust, package)?;
        let none = || format!("there is no statement in {}", dir.display());
        let statement = statement.with_context(none)?;
        let certified = certify_by(&statement, package, published)?;
        ensure!(
            !certified.is_empty(),
            "the statement in {} certifies nothing here: none of its ballots is counted to its close and not certified by another; name the ledger to its end and all releases, or leave the statement out",
            dir.display()
        );
        let file = format!("statements/{}.json", statement.sha256);
        let write = &mut |path: &str, bytes: &[u8]| files.write(path, bytes);
        write_in_all_forms(&file, statement.bytes.clone(), write)?;
        files.write(&format!("{file}.minisig"), &statement.signature)?;
        commandline::note!(
            "note: the statement in {} certifies {}",
            dir.display(),
            certified.join(", ")
        );
    }
    Ok(())
}

/// The ballots that a statement certifies and no statement before it.
fn certify_by<'a>(
    statement: &SignedStatement,
    package: &'a PackageRoll,
    published: &Published,
) -> anyhow::Result<Vec<&'a str>> {
    let mut certified = Vec::new();
    for ballot in package.event().ballots() {
        let edition = published.recent(ballot)?;
        if edition.results.standing.stage != Stage::Preliminary {
            continue;
        }
        if let Some(certificate) = statement.certify(package, ballot, &edition.results)? {
            published.board_mut().certify(ballot, certificate);
            certified.push(ballot.id.as_str());
        }
    }
    Ok(certified)
}

/// The files of the directory that is still aside, and what the manifest says of them.
struct Files<'a> {
    dir: &'a Path,
    written: BTreeMap<String, FileEntry>,
}

impl Files<'_> {
    fn new(dir: &Path) -> Files<'_> {
        Files {
            dir,
            written: BTreeMap::new(),
        }
    }

    /// The directory's `finish` brings it to stable storage.
    fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.dir.join(name);
        let named = || format!("cannot write {}", path.display());
        let parent = path.parent().context("a file lies in a directory")?;
        fs::create_dir_all(parent).with_context(named)?;
        fs::write(&path, bytes).with_context(named)?;
        let entry = FileEntry {
            path: name.to_owned(),
            bytes: bytes.len(),
            sha256: hex(&Sha256::digest(bytes)),
        };
        self.written.insert(name.to_owned(), entry);
        Ok(())
    }
}
