//! Reading the body of a vote: bounded in size and time, wiped after use.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use listener::within;
use zeroize::Zeroizing;

use super::rejection::Rejection;

/// Bounds of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyLimits {
    /// Most bytes of a body.
    pub(crate) bytes_max: usize,
    /// Time in which all of it must have come.
    pub(crate) read_timeout: Duration,
}

/// Whether the headers announce plain JSON.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), Rejection> {
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_json);
    let plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|value| value == "identity");
    if json && plain {
        Ok(())
    } else {
        Err(Rejection::UnsupportedMediaType)
    }
}

/// `application/json`, with whatever parameters; RFC 8259 defines none that matters.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Collects a body.
///
/// The announced length is looked at first, so that a long body is refused before it is sent by
/// clients that wait for `100 Continue`.
pub(crate) async fn collect(
    body: Incoming,
    limits: BodyLimits,
) -> Result<Zeroizing<Vec<u8>>, Rejection> {
    let announced = body.size_hint().lower();
    if announced > limits.bytes_max as u64 {
        return Err(Rejection::BodyTooLarge);
    }
    within(limits.read_timeout, gather(body, limits.bytes_max))
        .await
        .unwrap_or(Err(Rejection::BodyTimeout))
}

async fn gather(mut body: Incoming, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, Rejection> {
    // Reserved whole, so that growing leaves no unwiped copy behind.
    let announced = body
        .size_hint()
        .exact()
        .and_then(|bytes| usize::try_from(bytes).ok());
    let mut bytes = Zeroizing::new(Vec::with_capacity(announced.unwrap_or(bytes_max)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Rejection::BrokenBody)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > bytes_max {
            return Err(Rejection::BodyTooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_json_is_taken() {
        let cases = [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("Application/JSON ;x", true),
            ("application/jsonp", false),
            ("text/plain", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_json(text), expected, "{text:?}");
        }
    }
}
