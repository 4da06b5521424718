//! The headers by which a vote may be sent again: draft-ietf-httpapi-idempotency-key-header.
//!
//! Two answers of the draft do not occur. Two requests at once under one key are no conflict (409):
//! the ledger decides one after the other, and both get the receipt. A vote sent again with another
//! choice is not refused (422): to notice that, something would have to be kept that ties the receipt
//! to the choice. It gets the receipt of the first, whose choice stands.

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::rejection::Rejection;
use super::reply::Reply;
use crate::vote::IdempotencyKey;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of a request, where it has one. It is a String of Structured Fields (RFC 9651, section
/// 3.3.3); as many clients send it, it may also stand without quotes.
///
/// # Errors
/// It has several, or one that is no key.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Rejection> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.as_bytes().trim_ascii();
    let quoted = text.strip_prefix(b"\"");
    let text = quoted.map_or(Some(text), |rest| rest.strip_suffix(b"\""));
    let key = text.and_then(IdempotencyKey::parse);
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key)),
        _ => Err(Rejection::IdempotencyKey),
    }
}

/// Says that an answer is that of an earlier request under the same key.
pub(crate) fn mark_replayed(reply: &mut Reply) {
    let is_true = HeaderValue::from_static("true");
    reply.headers_mut().insert(REPLAYED, is_true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_quoted_or_not() {
        const UUID: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
        let quoted = format!("\"{UUID}\"");
        for (values, expected) in [
            (vec![], Ok(false)),
            (vec![UUID], Ok(true)),
            (vec![quoted.as_str()], Ok(true)),
            (vec![UUID, UUID], Err(Rejection::IdempotencyKey)),
            (
                vec!["\"8e03978e-40d5-43dd-bc93-6894a57f9324"],
                Err(Rejection::IdempotencyKey),
            ),
            (vec!["retry-1"], Err(Rejection::IdempotencyKey)),
            (vec![""], Err(Rejection::IdempotencyKey)),
        ] {
            let mut headers = HeaderMap::new();
            for value in &values {
                let value = HeaderValue::from_str(value).expect("a header");
                headers.append(KEY, value);
            }
            assert_eq!(
                key(&headers).map(|key| key.is_some()),
                expected,
                "{values:?}"
            );
        }
    }
}
