//! One shard of one ballot: filter, index, digests and regions that answer together.

use std::sync::OnceLock;

use crate::blocks::{ChangedBlock, CheckedFile};
use crate::column::{DigestColumn, RegionColumn};
use crate::digest::DigestBytes;
use crate::error::{FormatError, Rot};
use crate::filter::{FilterKind, FuseFilter};
use crate::header::{Header, expect};
use crate::index::PrefixIndex;

/// The bytes of a shard's files. `regions` is there where the ballot has regions.
#[derive(Debug)]
pub(crate) struct ShardFiles<B> {
    pub(crate) index: B,
    pub(crate) filter: B,
    pub(crate) digests: CheckedFile<B>,
    pub(crate) regions: Option<CheckedFile<B>>,
}

/// A shard over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct Shard<B> {
    pub(crate) index: PrefixIndex<B>,
    pub(crate) filter: FuseFilter<B>,
    pub(crate) digests: DigestColumn<B>,
    pub(crate) regions: Option<RegionColumn<B>>,
    headers: Vec<Header>,
    /// Set once its index or filter is known to differ from what was verified: whoever is not found
    /// may be a member then.
    pub(crate) unsure: OnceLock<Rot>,
}

/// Endings of a shard's files, in the order in which they are kept here.
const KINDS: [&str; 4] = ["fst", "fuse", "dig", "reg"];

/// Which file of a shard is at fault.
pub(crate) type FileFault = (&'static str, FormatError);

/// Which column of a shard holds something else than what was verified.
pub(crate) type ChangedColumn = (&'static str, ChangedBlock);

impl<B: AsRef<[u8]>> Shard<B> {
    /// Checks each file by itself, then that all are of this shard, with as many credentials.
    pub(crate) fn read(
        files: ShardFiles<B>,
        shard: u32,
        credentials: u32,
    ) -> Result<Shard<B>, FileFault> {
        let (index, index_header) = PrefixIndex::read(files.index).map_err(|e| ("fst", e))?;
        let (filter, filter_header) = FuseFilter::read(files.filter).map_err(|e| ("fuse", e))?;
        let (digests, digest_header) = DigestColumn::read(files.digests).map_err(|e| ("dig", e))?;
        let mut headers = vec![index_header, filter_header, digest_header];
        let regions = match files.regions {
            Some(file) => {
                let (regions, header) = RegionColumn::read(file).map_err(|e| ("reg", e))?;
                headers.push(header);
                Some(regions)
            }
            None => None,
        };
        for (kind, header) in KINDS.into_iter().zip(&headers) {
            expect("shard", shard.into(), header.shard.into()).map_err(|e| (kind, e))?;
            expect("credentials", credentials.into(), header.count).map_err(|e| (kind, e))?;
        }
        Ok(Shard {
            index,
            filter,
            digests,
            regions,
            headers,
            unsure: OnceLock::new(),
        })
    }

    /// Ordinal and region (0: none) of a digest in this shard.
    ///
    /// The filter turns most strangers away; the index names the only ordinal whose digest can be
    /// equal; the column decides. So no content of filter or index makes a stranger a member.
    ///
    /// # Errors
    /// The block of a column that would decide is not any more what was verified.
    #[inline]
    pub(crate) fn find(&self, digest: &DigestBytes) -> Result<Option<(u32, u16)>, ChangedColumn> {
        if !self.filter.may_contain(digest) {
            return Ok(None);
        }
        let candidate = self.index.candidate(digest);
        let Some(ordinal) = candidate.and_then(|ordinal| u32::try_from(ordinal).ok()) else {
            return Ok(None);
        };
        if self.digests.get(ordinal).map_err(|e| ("dig", e))?.as_ref() != Some(digest) {
            return Ok(None);
        }
        // The voted bitset has one bit a credential: an ordinal beyond them would mark no voter.
        assert!(ordinal < self.digests.count(), "an ordinal out of range");
        Ok(self.region(ordinal)?.map(|region| (ordinal, region)))
    }

    /// The region of an ordinal that the shard has; 0 where the ballot's roll has no regions.
    ///
    /// # Errors
    /// Its block is not any more what was verified.
    #[inline]
    pub(crate) fn region(&self, ordinal: u32) -> Result<Option<u16>, ChangedColumn> {
        match &self.regions {
            Some(regions) => regions.get(ordinal).map_err(|e| ("reg", e)),
            None => Ok(Some(0)),
        }
    }

    pub(crate) fn filter_kind(&self) -> FilterKind {
        self.filter.kind()
    }

    /// Compares every payload with the checksum in its header.
    pub(crate) fn check_payloads(&self) -> Result<(), FileFault> {
        for ((kind, file), header) in self.files().into_iter().zip(&self.headers) {
            header.check_payload(file).map_err(|e| (kind, e))?;
        }
        Ok(())
    }

    /// All files with their endings, unchecked.
    pub(crate) fn files(&self) -> Vec<(&'static str, &[u8])> {
        let mut files = vec![self.index.file(), self.filter.file(), self.digests.file()];
        files.extend(self.regions.as_ref().map(RegionColumn::file));
        KINDS.into_iter().zip(files).collect()
    }
}
