//! The signed statements that certify results here, for everybody to read and to check.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use pages::Encoding;

use super::path_part::{PathPart, named};
use super::problem::Problem;
use super::shared::Shared;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
/// The name of a statement is its content's.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// `GET /statements/{file}`: a statement, or its signature, byte for byte as it was signed.
pub(super) async fn statement(
    State(shared): State<Arc<Shared>>,
    file: PathPart<String>,
    headers: HeaderMap,
) -> Response {
    let name = named(file);
    let Some(body) = name
        .as_deref()
        .and_then(|name| shared.statements.find(name))
    else {
        return Problem::NotFound.respond(listener::negotiate(&headers));
    };
    let is_signature = name.is_some_and(|name| name.ends_with(".minisig"));
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let encoding = body.encoding(Encoding::negotiate(accepted));
    let common = [
        (header::CONTENT_TYPE, if is_signature { TEXT } else { JSON }),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::VARY, "accept-encoding"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    let mut response = (common, body.bytes(encoding)).into_response();
    let headers = response.headers_mut();
    if let Some(coding) = encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    for (name, value) in pages::SECURITY_HEADERS {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
