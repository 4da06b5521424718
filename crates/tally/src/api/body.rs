//! The body of an answer, as it is and compressed: each form is made once, when somebody first asks.

use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use pages::Encoding;
use sha2::Digest;

use crate::documents::hex;

/// Shorter bodies fit into one packet: compressing them saves nothing.
const COMPRESSED_FROM_BYTES: usize = 1_024;
/// A few milliseconds for the page of 125 regions, and within a tenth of the best.
const BROTLI_QUALITY: i32 = 5;

/// A body in the encodings that were asked for so far.
pub(super) struct Body {
    identity: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
    /// SHA-256 of the body as it is, cut to 96 bits.
    tag: String,
}

impl Body {
    pub(super) fn new(bytes: Vec<u8>) -> Body {
        let digest = sha2::Sha256::digest(&bytes);
        Body {
            identity: bytes.into(),
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
            tag: hex(&digest[..12]),
        }
    }

    /// The body of a page or a delta.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.identity).expect("what is written here is UTF-8")
    }

    /// What names the body, whatever its encoding.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// The encoding in which the body is sent to a client who takes `accepted`.
    pub(super) fn encoding(&self, accepted: Encoding) -> Encoding {
        if self.identity.len() < COMPRESSED_FROM_BYTES {
            Encoding::Identity
        } else {
            accepted
        }
    }

    /// The bytes in an encoding.
    pub(super) fn bytes(&self, encoding: Encoding) -> Bytes {
        match encoding {
            Encoding::Identity => self.identity.clone(),
            Encoding::Gzip => self.gzip.get_or_init(|| gzip(&self.identity)).clone(),
            Encoding::Brotli => self.brotli.get_or_init(|| brotli(&self.identity)).clone(),
        }
    }

    /// The entity tag in an encoding: other bytes, another tag (RFC 9110, section 8.8.3.3).
    pub(super) fn etag(&self, encoding: Encoding) -> String {
        match encoding.name() {
            None => format!("\"{}\"", self.tag),
            Some(name) => format!("\"{}-{name}\"", self.tag),
        }
    }
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to a Vec cannot fail").into()
}

fn brotli(bytes: &[u8]) -> Bytes {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let written = brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters);
    written.expect("writing to a Vec cannot fail");
    out.into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn every_form_unpacks_to_the_same_bytes() {
        let text = "<td>12,5 %</td>".repeat(1_000).into_bytes();
        let body = Body::new(text.clone());
        let mut unpacked = Vec::new();
        let packed = body.bytes(Encoding::Gzip);
        let mut gzip = flate2::read::GzDecoder::new(&packed[..]);
        gzip.read_to_end(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, text);
        let mut unpacked = Vec::new();
        let packed = body.bytes(Encoding::Brotli);
        brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).expect("Brotli");
        assert_eq!(unpacked, text);
        assert_eq!(body.bytes(Encoding::Identity), text);
    }

    #[test]
    fn short_bodies_are_sent_as_they_are_and_forms_have_tags_of_their_own() {
        assert_eq!(
            Body::new(vec![b'x'; 1_023]).encoding(Encoding::Gzip),
            Encoding::Identity
        );
        let body = Body::new(vec![b'x'; 1_024]);
        assert_eq!(body.encoding(Encoding::Gzip), Encoding::Gzip);
        let [plain, gzip, brotli] =
            [Encoding::Identity, Encoding::Gzip, Encoding::Brotli].map(|form| body.etag(form));
        assert!(plain != gzip && gzip != brotli && brotli != plain);
    }
}
