//! The digest column `.dig` and the region column `.reg`: what an ordinal stands for.
//!
//! Digests: 16 bytes each, strictly ascending, so that the ordinal is the position. Regions: one
//! byte each where every number of the shard is below 256, else two, little-endian; 0 is "no region".

use credentials::Digest;

use crate::blocks::{ChangedBlock, CheckedFile};
use crate::digest::{DIGEST_BYTES, DigestBytes};
use crate::error::FormatError;
use crate::header::{HEADER_BYTES, Header, Kind, expect, payload};

/// Sorted digests over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct DigestColumn<B> {
    file: CheckedFile<B>,
    count: u32,
}

impl<B: AsRef<[u8]>> DigestColumn<B> {
    /// Checks header and length; [`DigestColumn::check_order`] checks the content.
    pub(crate) fn read(file: CheckedFile<B>) -> Result<(DigestColumn<B>, Header), FormatError> {
        let header = Header::read(file.bytes(), Kind::Digests)?;
        expect("element width", DIGEST_BYTES as u64, header.width.into())?;
        let count = count_of(&header)?;
        expect(
            "digest bytes",
            u64::from(count) * DIGEST_BYTES as u64,
            header.payload_len,
        )?;
        Ok((DigestColumn { file, count }, header))
    }

    pub(crate) fn file(&self) -> &[u8] {
        self.file.bytes()
    }

    /// Credentials in the shard.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The digest at an ordinal.
    ///
    /// # Errors
    /// Its block is not any more what was verified.
    #[inline]
    pub(crate) fn get(&self, ordinal: u32) -> Result<Option<DigestBytes>, ChangedBlock> {
        element(&self.file, ordinal)
    }

    /// All digests in order, unchecked.
    pub(crate) fn as_slice(&self) -> &[DigestBytes] {
        payload(self.file.bytes()).as_chunks().0
    }

    /// Checks that the digests ascend strictly and belong into this shard: one credential has one
    /// ordinal, or one voter could mark two.
    pub(crate) fn check_order(&self, shard: u32, shard_bits: u8) -> Result<(), FormatError> {
        let mut before: Option<u128> = None;
        for (ordinal, digest) in self.as_slice().iter().enumerate() {
            let value = u128::from_be_bytes(*digest);
            if before.is_some_and(|before| before >= value) {
                return Err(FormatError::Unsorted {
                    ordinal: ordinal as u64,
                });
            }
            before = Some(value);
        }
        // The digests ascend: if the ends belong here, all do.
        for digest in self
            .as_slice()
            .first()
            .into_iter()
            .chain(self.as_slice().last())
        {
            let leading = Digest(*digest).shard(shard_bits);
            expect("leading bits of a digest", shard.into(), leading.into())?;
        }
        Ok(())
    }
}

/// Region numbers over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct RegionColumn<B> {
    file: CheckedFile<B>,
    wide: bool,
}

impl<B: AsRef<[u8]>> RegionColumn<B> {
    /// Checks header and length.
    pub(crate) fn read(file: CheckedFile<B>) -> Result<(RegionColumn<B>, Header), FormatError> {
        let header = Header::read(file.bytes(), Kind::Regions)?;
        let wide = match header.width {
            1 => false,
            2 => true,
            got => {
                let field = "region width (1 or 2)";
                return Err(FormatError::Field {
                    field,
                    expected: 1,
                    got: got.into(),
                });
            }
        };
        let count = count_of(&header)?;
        let expected = u64::from(count) * u64::from(header.width);
        expect("region bytes", expected, header.payload_len)?;
        Ok((RegionColumn { file, wide }, header))
    }

    pub(crate) fn file(&self) -> &[u8] {
        self.file.bytes()
    }

    /// The region of an ordinal.
    ///
    /// # Errors
    /// Its block is not any more what was verified.
    #[inline]
    pub(crate) fn get(&self, ordinal: u32) -> Result<Option<u16>, ChangedBlock> {
        Ok(if self.wide {
            element(&self.file, ordinal)?.map(u16::from_le_bytes)
        } else {
            element(&self.file, ordinal)?.map(|[number]| number.into())
        })
    }

    /// All regions in order, unchecked.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> {
        let (regions, width) = (payload(self.file.bytes()), if self.wide { 2 } else { 1 });
        regions.chunks_exact(width).map(|number| match number {
            [low, high] => u16::from_le_bytes([*low, *high]),
            number => number.iter().copied().map(u16::from).sum(),
        })
    }
}

/// The element of `N` bytes at an ordinal of a column; none behind its end.
#[inline]
fn element<B: AsRef<[u8]>, const N: usize>(
    column: &CheckedFile<B>,
    ordinal: u32,
) -> Result<Option<[u8; N]>, ChangedBlock> {
    let ordinal = usize::try_from(ordinal).ok();
    let at = ordinal.and_then(|ordinal| ordinal.checked_mul(N)?.checked_add(HEADER_BYTES));
    at.map_or(Ok(None), |at| column.element(at))
}

fn count_of(header: &Header) -> Result<u32, FormatError> {
    u32::try_from(header.count).map_err(|_| FormatError::Field {
        field: "credentials of a shard (at most)",
        expected: u32::MAX.into(),
        got: header.count,
    })
}
