//! A digest as the package's files see it: sixteen bytes in lexicographic order.

use credentials::Digest;

/// Bytes kept of a credential's digest.
pub(crate) const DIGEST_BYTES: usize = Digest::LEN;

/// The bytes of one digest.
pub(crate) type DigestBytes = [u8; DIGEST_BYTES];

/// The key under which the filter knows a digest. Ascending digests have ascending keys.
#[inline]
pub(crate) fn filter_key(digest: &DigestBytes) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
