//! In which encoding a client takes a body: Brotli before gzip before the body as it is.

/// The encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The format of Brotli (RFC 7932).
    Brotli,
    /// The format of gzip (RFC 1952).
    Gzip,
    /// The body as it is.
    Identity,
}

impl Encoding {
    /// The best encoding that an `Accept-Encoding` takes. Answer with `Vary: Accept-Encoding`.
    #[must_use]
    pub fn negotiate(accept_encoding: Option<&str>) -> Encoding {
        let accepts = |wanted: &str| {
            accept_encoding.unwrap_or_default().split(',').any(|part| {
                let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
                let refused = weight
                    .trim()
                    .strip_prefix("q=")
                    .is_some_and(|q| q.bytes().all(|b| b == b'0' || b == b'.'));
                coding.trim().eq_ignore_ascii_case(wanted) && !refused
            })
        };
        if accepts("br") {
            Encoding::Brotli
        } else if accepts("gzip") {
            Encoding::Gzip
        } else {
            Encoding::Identity
        }
    }

    /// The value of `Content-Encoding`; none for a body as it is.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Encoding::Brotli => Some("br"),
            Encoding::Gzip => Some("gzip"),
            Encoding::Identity => None,
        }
    }
}
