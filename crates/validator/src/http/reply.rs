//! Building answers: one body type, the headers that every answer carries.

use election::Language;
use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// An answer of the public listener: small, in memory.
pub(crate) type Reply = Response<Full<Bytes>>;

/// Content type of everything that is not a problem.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Content type of proofs, checkpoints and policies.
pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// An answer made for one request; caches must not keep it.
pub(crate) fn json(
    status: StatusCode,
    value: &impl Serialize,
    content_type: HeaderValue,
    language: Option<Language>,
) -> Reply {
    let body = serde_json::to_vec(value)
        .expect("answers are plain values with text as keys, and are written to memory");
    made(status, body.into(), content_type, language)
}

/// An answer from bytes already made.
pub(crate) fn made(
    status: StatusCode,
    body: Bytes,
    content_type: HeaderValue,
    language: Option<Language>,
) -> Reply {
    let mut reply = plain(status, body, content_type, NO_STORE);
    if let Some(language) = language {
        reply
            .headers_mut()
            .insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    }
    reply
}

/// A document that is the same for everybody; `max_age` as in `max-age=60`.
pub(crate) fn document(body: Bytes, max_age: &'static str) -> Reply {
    plain(
        StatusCode::OK,
        body,
        JSON,
        HeaderValue::from_static(max_age),
    )
}

fn plain(status: StatusCode, body: Bytes, content_type: HeaderValue, cache: HeaderValue) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.reserve(4);
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, cache);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    reply
}

/// Gives a request's id back to whoever sent one, a proxy mostly, whose log and the voter's report can
/// then be laid side by side. It is in no line of ours: clients choose it, and might write anything.
pub(crate) fn echo_request_id(reply: &mut Reply, id: Option<HeaderValue>) {
    if let Some(id) = id.filter(|id| id.len() <= 64) {
        reply.headers_mut().insert(REQUEST_ID, id);
    }
}

/// The answer to HEAD (RFC 9110, section 9.3.2): the length of a body that is not sent. hyper sees to it
/// for HTTP/1 only.
pub(crate) fn head_only(reply: Reply) -> Reply {
    let (mut head, body) = reply.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Full::default())
}

/// Has browsers come by TLS only from now on.
pub(crate) fn stay_secure(reply: &mut Reply) {
    let (name, value) = listener::STAY_SECURE;
    reply.headers_mut().insert(name, value);
}

/// Header of request ids.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
