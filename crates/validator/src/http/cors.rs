//! Pages of other sites that may call this interface from a browser: the CORS protocol of the Fetch
//! standard (fetch.spec.whatwg.org, section 3.2).
//!
//! Nothing here keeps anybody out: it tells browsers which sites' scripts may read the answers. No
//! cookie or other credential of the browser takes part, so none is ever allowed.

use std::str::FromStr;

use http_body_util::Full;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};

use super::calls::Call;
use super::reply::Reply;

/// Headers of answers that scripts may read beside those that they always may.
const READABLE: HeaderValue =
    HeaderValue::from_static("idempotency-replayed, retry-after, x-request-id");
/// Headers of requests that scripts may set beside those that they always may.
const SETTABLE: HeaderValue =
    HeaderValue::from_static("content-type, idempotency-key, x-request-id");
/// Seconds for which a browser need not ask again.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");

/// A site as browsers name it in `Origin`, such as `https://vote.example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = ();

    /// Takes only what a browser would send: RFC 6454, section 6.2. Anything else would never match.
    fn from_str(text: &str) -> Result<Origin, ()> {
        let uri: Uri = text.parse().map_err(|_| ())?;
        let (scheme, host) = (uri.scheme_str().ok_or(())?, uri.host().ok_or(())?);
        let default_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(()),
        };
        let sent = match uri.port_u16() {
            Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        };
        if text != sent
            || host
                .bytes()
                .any(|byte| byte.is_ascii_uppercase() || byte == b'*')
        {
            return Err(());
        }
        HeaderValue::from_str(text).map(Origin).map_err(|_| ())
    }
}

/// The sites whose scripts may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cors {
    pub(crate) origins: Vec<Origin>,
}

impl Cors {
    /// The site that a request comes from, where it is one of ours.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            return None;
        }
        let origin = headers.get(ORIGIN)?;
        let known = self.origins.iter().any(|Origin(known)| known == origin);
        known.then(|| origin.clone())
    }

    /// Tells the browser of `origin` that the site may read this answer, and caches that the answer
    /// depends on who asks.
    pub(crate) fn mark(&self, reply: &mut Reply, origin: Option<HeaderValue>) {
        if self.origins.is_empty() {
            return;
        }
        let headers = reply.headers_mut();
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
        }
    }

    /// The answer to a browser that asks before it lets a site of ours make `call`; none where the
    /// request is no such question.
    pub(crate) fn preflight(&self, head: &Parts, call: Call) -> Option<Reply> {
        let asks = head.method == Method::OPTIONS
            && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && self.origin(&head.headers).is_some();
        asks.then(|| {
            let mut reply = Response::new(Full::default());
            *reply.status_mut() = StatusCode::NO_CONTENT;
            let headers = reply.headers_mut();
            let methods = HeaderValue::from_static(call.allow());
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, SETTABLE);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
            reply
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_sends_is_an_origin() {
        let cases = [
            ("https://vote.example.org", true),
            ("http://127.0.0.1:3000", true),
            ("https://[2001:db8::1]:8443", true),
            ("https://vote.example.org/", false),
            ("https://vote.example.org:443", false),
            ("http://vote.example.org:80", false),
            ("https://Vote.example.org", false),
            ("https://*.example.org", false),
            ("https://someone@example.org", false),
            ("https://example.org/page", false),
            ("https://example.org?x", false),
            ("ftp://example.org", false),
            ("example.org", false),
            ("*", false),
            ("null", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Origin>().is_ok(), expected, "{text:?}");
        }
    }
}
