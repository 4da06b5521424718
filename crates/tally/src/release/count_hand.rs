//! The count hand: adds up masked counts, which say nothing to it, and writes down each release.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use ledger::{CountOpener, HandSecretKey, Item, RegionChoices};

use super::file::{self, Appending, Lines};
use super::line::{FIXED_BYTES_MAX, HeaderLine, ReleaseLine, hash_of};
use super::{Release, Sum, Waiting};
use crate::opened::FrameReading;
use crate::package_roll::PackageRoll;

/// Makes the releases of one partition. What its file holds already must be what it makes again: it
/// refuses a ledger that is not the one it has seen.
pub(crate) struct CountHand {
    package: Arc<PackageRoll>,
    frames: FrameReading,
    opener: CountOpener,
    waiting: Waiting,
    written: Lines,
    appending: Appending,
    /// The first line; none once it is there. It waits for a ledger that the package is of.
    header: Option<HeaderLine>,
    /// Lines of the file that were made again or written, and the hash of the last.
    number: u64,
    last: String,
}

impl CountHand {
    /// Opens the file of a partition in `dir`.
    ///
    /// # Errors
    /// It cannot be written, or another program writes it.
    pub(crate) fn open(
        package: &Arc<PackageRoll>,
        key: &HandSecretKey,
        dir: &Path,
        partition: u16,
    ) -> anyhow::Result<CountHand> {
        let path = file::path_of(dir, partition);
        let appending = Appending::open(path.clone())?;
        Ok(CountHand {
            package: Arc::clone(package),
            frames: FrameReading::new(package),
            opener: CountOpener::new(key),
            waiting: Waiting::new(package.event(), partition),
            written: Lines::new(path),
            appending,
            header: Some(HeaderLine::of(package, partition)),
            number: 0,
            last: String::new(),
        })
    }

    /// Reads the first line, or writes it, once.
    fn begin(&mut self) -> anyhow::Result<()> {
        let Some(header) = self.header.take() else {
            return Ok(());
        };
        let Some(line) = self.written.next_line(FIXED_BYTES_MAX)? else {
            return self.append(&serde_json::to_string(&header)?);
        };
        let position = || self.written.position();
        let found = HeaderLine::read(&line).with_context(position)?;
        found.check(&header).with_context(position)?;
        self.last = hash_of(&line);
        Ok(())
    }

    /// Takes the next item of the partition, and writes what is released with it.
    ///
    /// # Errors
    /// Damage, choices that do not open, a file that says something else.
    pub(crate) fn take(&mut self, item: &Item) -> anyhow::Result<()> {
        let Some((header, frame)) = self.frames.take(item)? else {
            return Ok(());
        };
        let mut votes = Vec::new();
        for sealed in &frame.body.choices {
            let papers = self.package.papers(sealed.ballot);
            let voters = (papers, frame.voters_on(sealed.ballot));
            let regions = self
                .opener
                .choices(header, frame.at.sequence, sealed, voters)?;
            for (region, choices) in regions {
                let sum = match choices {
                    RegionChoices::Cells(cells) => Sum::Cells(cells),
                    RegionChoices::Rankings(rankings) => Sum::Rankings(rankings),
                };
                votes.push((sealed.ballot, region, sum));
            }
        }
        let released = self.waiting.step(self.package.event(), &frame, votes);
        for (release, sum) in released {
            self.write(&release, &sum)?;
        }
        Ok(())
    }

    /// The ledger was read to its end: its releases are there, where it has any, and nothing else is.
    ///
    /// # Errors
    /// The file goes on; the disk's.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        self.begin()?;
        if self.written.is_followed()? {
            bail!(
                "{} was not released by this ledger: the ledger is an older copy, or somebody wrote into the file; keep both as evidence",
                self.written.position()
            );
        }
        self.sync()
    }

    /// Has everything that was written reach stable storage.
    pub(crate) fn sync(&mut self) -> anyhow::Result<()> {
        self.appending.sync()
    }

    /// Releases that the file holds of what was read so far.
    pub(crate) fn releases(&self) -> u64 {
        self.number
    }

    /// SHA-256 of the last line: with the same one, two files are the same.
    pub(crate) fn head(&self) -> &str {
        &self.last
    }

    fn write(&mut self, release: &Release, sum: &Sum) -> anyhow::Result<()> {
        self.begin()?;
        self.number += 1;
        let at = (self.number, self.last.clone());
        let line = ReleaseLine::of(self.package.event(), at, release, sum);
        let line = serde_json::to_string(&line)?;
        let bytes = line.len() as u64 + 1;
        match self.written.next_line(bytes)? {
            None => self.append(&line)?,
            Some(found) if found == line => self.last = hash_of(&line),
            Some(_) => bail!(
                "{} is not what this ledger releases: the ledger forks from the one that these releases were made of, keep both as evidence; nothing is written",
                self.written.position()
            ),
        }
        Ok(())
    }

    fn append(&mut self, line: &str) -> anyhow::Result<()> {
        self.written.forget_half()?;
        self.appending.append(line)?;
        // Read back at once, so that what is read next is what others append.
        let written = self.written.next_line(line.len() as u64 + 1)?;
        if written.as_deref() != Some(line) {
            bail!(
                "{} changed while it was written: let nothing but one `tally release` write it",
                self.written.path().display()
            );
        }
        self.last = hash_of(line);
        Ok(())
    }
}
