//! The digest column `.dig` and the region column `.reg`: what an ordinal stands for.
//!
//! Digests: 16 bytes each, strictly ascending, so that the ordinal is the position. Regions: one
//! byte each where every number of the shard is below 256, else two, little-endian; 0 is "no region".

use credentials::Digest;

use crate::digest::{DIGEST_BYTES, DigestBytes};
use crate::error::FormatError;
use crate::header::{Header, Kind, expect, payload};

/// Sorted digests over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct DigestColumn<B> {
    file: B,
    count: u32,
}

impl<B: AsRef<[u8]>> DigestColumn<B> {
    /// Checks header and length; [`DigestColumn::check_order`] checks the content.
    pub(crate) fn read(file: B) -> Result<(DigestColumn<B>, Header), FormatError> {
        let header = Header::read(file.as_ref(), Kind::Digests)?;
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
        self.file.as_ref()
    }

    /// Credentials in the shard.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The digest at an ordinal.
    #[inline]
    pub(crate) fn get(&self, ordinal: u32) -> Option<&DigestBytes> {
        let at = usize::try_from(ordinal).ok()?.checked_mul(DIGEST_BYTES)?;
        payload(self.file.as_ref()).get(at..)?.first_chunk()
    }

    /// All digests in order.
    pub(crate) fn as_slice(&self) -> &[DigestBytes] {
        payload(self.file.as_ref()).as_chunks().0
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
    file: B,
    wide: bool,
}

impl<B: AsRef<[u8]>> RegionColumn<B> {
    /// Checks header and length.
    pub(crate) fn read(file: B) -> Result<(RegionColumn<B>, Header), FormatError> {
        let header = Header::read(file.as_ref(), Kind::Regions)?;
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
        self.file.as_ref()
    }

    /// The region of an ordinal.
    #[inline]
    pub(crate) fn get(&self, ordinal: u32) -> Option<u16> {
        let ordinal = usize::try_from(ordinal).ok()?;
        let regions = payload(self.file.as_ref());
        if self.wide {
            let at = ordinal.checked_mul(2)?;
            Some(u16::from_le_bytes(*regions.get(at..)?.first_chunk()?))
        } else {
            regions.get(ordinal).map(|&number| number.into())
        }
    }
}

fn count_of(header: &Header) -> Result<u32, FormatError> {
    u32::try_from(header.count).map_err(|_| FormatError::Field {
        field: "credentials of a shard (at most)",
        expected: u32::MAX.into(),
        got: header.count,
    })
}
