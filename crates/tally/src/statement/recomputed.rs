//! Who came to the same numbers: whoever makes masked sums could shift them unseen, and whoever takes the
//! masks off could write anything down. So each hand's work is done again by a second holder of its key.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::documents::hex;
use crate::release::file::path_of;

/// What a statement says of the second holders of both keys.
#[derive(Debug, Serialize)]
pub(crate) struct Recomputed {
    /// SHA-256 of each release file that was counted.
    pub(crate) releases: Vec<ReleaseFile>,
    /// Holders of the count key who made these very files, the first included.
    pub(crate) count_hands: usize,
    /// SHA-256 of each statement in which another holder of the mask key came to the same count.
    pub(crate) recounts: Vec<String>,
}

/// A release file, by its content.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ReleaseFile {
    pub(crate) partition: u16,
    pub(crate) sha256: String,
}

/// The part of a statement that depends on votes alone.
#[derive(Deserialize)]
struct Counted<'a> {
    #[serde(borrow)]
    count: &'a RawValue,
}

impl Recomputed {
    /// Compares the releases that were counted with those of other count hands, and the count with those
    /// that other mask hands stated. `count`: the JSON of the statement's count.
    ///
    /// # Errors
    /// The first file that says something else, or cannot be read.
    pub(crate) fn compare(
        (releases, partitions): (&Path, &[u16]),
        others: &[PathBuf],
        (count, statements): (&str, &[PathBuf]),
    ) -> anyhow::Result<Recomputed> {
        let counted = files_of(releases, partitions)?;
        let dirs: Vec<&Path> = std::iter::once(releases)
            .chain(others.iter().map(PathBuf::as_path))
            .collect();
        each_once(&dirs)?;
        for partition in partitions {
            let files: Vec<PathBuf> = dirs.iter().map(|dir| path_of(dir, *partition)).collect();
            each_once(&files)?;
        }
        let stated: Vec<&Path> = statements.iter().map(PathBuf::as_path).collect();
        each_once(&stated)?;
        for other in others {
            let again = files_of(other, partitions)?;
            let differs = counted.iter().zip(&again).find(|(one, two)| one != two);
            if let Some((one, _)) = differs {
                anyhow::bail!(
                    "{} is not what was counted: two holders of the count key came to different masked sums of partition {}; nothing is stated until it is known why",
                    path_of(other, one.partition).display(),
                    one.partition
                );
            }
        }
        let recounts = statements.iter().map(|path| same_count(path, count));
        Ok(Recomputed {
            releases: counted,
            count_hands: 1 + others.len(),
            recounts: recounts.collect::<anyhow::Result<_>>()?,
        })
    }
}

/// Refuses the same place under two names: nobody has computed it again. A copy cannot be told from what somebody
/// else made.
fn each_once<P: AsRef<Path>>(paths: &[P]) -> anyhow::Result<()> {
    let mut seen = BTreeMap::new();
    for path in paths.iter().map(AsRef::as_ref) {
        let found = std::fs::metadata(path);
        let found = found.with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(first) = seen.insert((found.dev(), found.ino()), path) {
            anyhow::bail!(
                "{} and {} are the same: name what another holder of the key has made",
                first.display(),
                path.display()
            );
        }
    }
    Ok(())
}

fn files_of(dir: &Path, partitions: &[u16]) -> anyhow::Result<Vec<ReleaseFile>> {
    let of = |partition: &u16| {
        let path = path_of(dir, *partition);
        let named = || format!("cannot read {}", path.display());
        let mut file = BufReader::new(File::open(&path).with_context(named)?);
        let mut hash = Sha256::new();
        loop {
            let piece = file.fill_buf().with_context(named)?;
            if piece.is_empty() {
                break;
            }
            hash.update(piece);
            let read = piece.len();
            file.consume(read);
        }
        Ok(ReleaseFile {
            partition: *partition,
            sha256: hex(&hash.finalize()),
        })
    };
    partitions.iter().map(of).collect()
}

/// SHA-256 of another statement, which must hold the same count, byte for byte.
fn same_count(path: &Path, count: &str) -> anyhow::Result<String> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let other: Counted<'_> = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no statement.json", path.display()))?;
    ensure!(
        other.count.get() == count,
        "{} states other numbers than this recount, or of other ballots: nothing is stated until it is known why",
        path.display()
    );
    Ok(hex(&Sha256::digest(&text)))
}
