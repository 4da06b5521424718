//! One shard of one ballot: filter, index, digests and regions that answer together.

use crate::column::{DigestColumn, RegionColumn};
use crate::digest::DigestBytes;
use crate::error::FormatError;
use crate::filter::{FilterKind, FuseFilter};
use crate::header::{Header, expect};
use crate::index::PrefixIndex;

/// The bytes of a shard's files. `regions` is there where the ballot has regions.
#[derive(Debug)]
pub(crate) struct ShardFiles<B> {
    pub(crate) index: B,
    pub(crate) filter: B,
    pub(crate) digests: B,
    pub(crate) regions: Option<B>,
}

/// A shard over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct Shard<B> {
    pub(crate) index: PrefixIndex<B>,
    pub(crate) filter: FuseFilter<B>,
    pub(crate) digests: DigestColumn<B>,
    pub(crate) regions: Option<RegionColumn<B>>,
    headers: Vec<Header>,
}

/// Endings of a shard's files, in the order in which they are kept here.
const KINDS: [&str; 4] = ["fst", "fuse", "dig", "reg"];

/// Which file of a shard is at fault.
pub(crate) type FileFault = (&'static str, FormatError);

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
        })
    }

    /// Ordinal and region (0: none) of a digest in this shard.
    ///
    /// The filter turns most strangers away; the index names the only ordinal whose digest can be
    /// equal; the column decides. So no content of filter or index makes a stranger a member.
    #[inline]
    pub(crate) fn find(&self, digest: &DigestBytes) -> Option<(u32, u16)> {
        if !self.filter.may_contain(digest) {
            return None;
        }
        let ordinal = u32::try_from(self.index.candidate(digest)?).ok()?;
        if self.digests.get(ordinal)? != digest {
            return None;
        }
        let region = match &self.regions {
            Some(regions) => regions.get(ordinal)?,
            None => 0,
        };
        // The voted bitset has one bit a credential: an ordinal beyond them would mark no voter.
        assert!(ordinal < self.digests.count(), "an ordinal out of range");
        Some((ordinal, region))
    }

    pub(crate) fn filter_kind(&self) -> FilterKind {
        self.filter.kind()
    }

    /// Compares every payload with the checksum in its header.
    pub(crate) fn check_payloads(&self) -> Result<(), FileFault> {
        let mut files = vec![self.index.file(), self.filter.file(), self.digests.file()];
        files.extend(self.regions.as_ref().map(RegionColumn::file));
        for ((kind, header), file) in KINDS.into_iter().zip(&self.headers).zip(files) {
            header.check_payload(file).map_err(|e| (kind, e))?;
        }
        Ok(())
    }
}
