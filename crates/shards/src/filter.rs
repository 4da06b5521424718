//! The binary fuse filter `.fuse`: tells most strangers from members without touching the index.
//!
//! Payload: seed u64, segment length u32, segment length mask u32, segment count length u32, twelve
//! zero bytes, fingerprints of one or two bytes. The filter's key is the digest's first eight bytes
//! as a big-endian integer; they are uniform already, the filter mixes them with its seed.
//! (Graf and Lemire, Binary Fuse Filters, 2022; the layout is that of crate `xorf`.)

use xorf::{BinaryFuse8Ref, BinaryFuse16Ref, Filter as _, FilterRef as _};

use crate::digest::{DigestBytes, filter_key};
use crate::error::FormatError;
use crate::header::{Header, Kind, expect, payload};

/// Descriptor as xorf lays it out.
pub(crate) const DESCRIPTOR_BYTES: usize = 20;
/// Descriptor and padding: fingerprints begin on an even 32-byte boundary.
pub(crate) const FINGERPRINTS_AT: usize = 32;

/// How many bits of fingerprint a filter keeps for a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKind {
    /// 9 bits a credential; one stranger in 256 goes on to the index.
    Fuse8,
    /// 18 bits a credential; one stranger in 65,536 goes on to the index.
    Fuse16,
}

impl FilterKind {
    /// Bytes of one fingerprint.
    pub(crate) fn width(self) -> u32 {
        match self {
            FilterKind::Fuse8 => 1,
            FilterKind::Fuse16 => 2,
        }
    }
}

/// A filter over bytes that need not be trusted.
#[derive(Debug)]
pub(crate) struct FuseFilter<B> {
    file: B,
    kind: FilterKind,
    descriptor: [u8; DESCRIPTOR_BYTES],
}

impl<B: AsRef<[u8]>> FuseFilter<B> {
    /// Checks everything that the probe relies on: xorf computes three positions from the
    /// descriptor and indexes the fingerprints with them, unchecked by itself.
    pub(crate) fn read(file: B) -> Result<(FuseFilter<B>, Header), FormatError> {
        let bytes = file.as_ref();
        let header = Header::read(bytes, Kind::Filter)?;
        let kind = match header.width {
            1 => FilterKind::Fuse8,
            2 => FilterKind::Fuse16,
            got => {
                let field = "fingerprint width (1 or 2)";
                return Err(FormatError::Field {
                    field,
                    expected: 1,
                    got: got.into(),
                });
            }
        };
        let payload = payload(bytes);
        let (fields, fingerprints) =
            payload
                .split_first_chunk::<FINGERPRINTS_AT>()
                .ok_or(FormatError::TooShort {
                    expected: FINGERPRINTS_AT as u64,
                    got: payload.len() as u64,
                })?;
        let (descriptor, padding) = fields
            .split_first_chunk::<DESCRIPTOR_BYTES>()
            .expect("the descriptor is shorter than the fields with their padding");
        if padding.iter().any(|&byte| byte != 0) {
            return Err(FormatError::FilterShape {
                reason: "padding is not zero",
            });
        }
        check_shape(descriptor, fingerprints, kind)?;
        let descriptor = *descriptor;
        Ok((
            FuseFilter {
                kind,
                descriptor,
                file,
            },
            header,
        ))
    }

    /// Whether the digest may be a member. `false` is certain.
    #[inline]
    pub(crate) fn may_contain(&self, digest: &DigestBytes) -> bool {
        let key = filter_key(digest);
        let fingerprints = payload(self.file.as_ref())
            .get(FINGERPRINTS_AT..)
            .expect("FuseFilter::read refuses a payload without fingerprints");
        match self.kind {
            FilterKind::Fuse8 => {
                BinaryFuse8Ref::from_dma(&self.descriptor, fingerprints).contains(&key)
            }
            FilterKind::Fuse16 => {
                BinaryFuse16Ref::from_dma(&self.descriptor, fingerprints).contains(&key)
            }
        }
    }

    pub(crate) fn file(&self) -> &[u8] {
        self.file.as_ref()
    }

    pub(crate) fn kind(&self) -> FilterKind {
        self.kind
    }
}

/// The probe's positions are h0 < `count_length` and, in each of the next two segments, the same
/// offset with its low bits flipped within the mask. They lie below `count_length + 2 * segment`
/// exactly where segments are a power of two, the mask is one less, and `count_length` is whole
/// segments; that sum must be the number of fingerprints.
fn check_shape(
    descriptor: &[u8; DESCRIPTOR_BYTES],
    fingerprints: &[u8],
    kind: FilterKind,
) -> Result<(), FormatError> {
    let field = |at: usize| -> u64 {
        let bytes = descriptor.get(at..).and_then(<[u8]>::first_chunk);
        u32::from_le_bytes(*bytes.expect("fields lie inside the descriptor")).into()
    };
    let (segment, mask, count_length) = (field(8), field(12), field(16));
    let refuse = |reason| Err(FormatError::FilterShape { reason });
    if !segment.is_power_of_two() || mask != segment - 1 {
        return refuse("segment length is not a power of two with its mask");
    }
    if count_length == 0 || count_length % segment != 0 {
        return refuse("segments do not fill the filter");
    }
    let total = count_length + 2 * segment;
    if total > u64::from(u32::MAX) {
        return refuse("filter is larger than its positions can reach");
    }
    let width = u64::from(kind.width());
    expect(
        "fingerprint bytes",
        total * width,
        fingerprints.len() as u64,
    )?;
    if kind == FilterKind::Fuse16 && fingerprints.as_ptr().align_offset(2) != 0 {
        return refuse("fingerprints lie on an odd address");
    }
    Ok(())
}
