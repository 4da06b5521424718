//! Bodies that were computed once, so that a crowd of readers costs no more than one of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::Digest;

/// A body that is younger is served even where newer counts are there.
const FRESH: Duration = Duration::from_millis(200);
/// For readers and CDNs; election night asks again each second.
const CACHE_CONTROL: &str = "public, max-age=1, stale-while-revalidate=5";

/// Version of what a body was computed from.
pub(crate) type Version = Vec<(u64, bool)>;

/// By path. Only paths of existing resources are kept, so the event bounds their number.
#[derive(Default)]
pub(crate) struct Cache {
    entries: Mutex<HashMap<String, Entry>>,
}

#[derive(Clone)]
struct Entry {
    version: Version,
    computed: Instant,
    body: Bytes,
    etag: String,
}

/// What a body is, beyond its bytes.
pub(crate) struct Kind {
    pub(crate) content_type: &'static str,
    pub(crate) policy: &'static str,
}

/// A JSON document runs nothing, whatever opens it.
const JSON: Kind = Kind {
    content_type: "application/json",
    policy: "default-src 'none'; frame-ancestors 'none'",
};

impl Cache {
    /// The JSON body at `path`, computed by `compute` unless a fitting one is there; 304 where the
    /// client has it.
    pub(crate) fn respond(
        &self,
        path: &str,
        version: Version,
        headers: &HeaderMap,
        compute: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> Response {
        self.respond_as(path, version, headers, &JSON, compute)
    }

    /// The same for a body of any kind; `path` also tells bodies of one path apart.
    pub(crate) fn respond_as(
        &self,
        path: &str,
        version: Version,
        headers: &HeaderMap,
        kind: &Kind,
        compute: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> Response {
        let entry = match self.find(path, &version) {
            Some(entry) => entry,
            None => match compute() {
                Ok(body) => self.keep(path, version, body),
                Err(error) => {
                    tracing::error!(path, %error, "a result cannot be written as JSON");
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                }
            },
        };
        let known = headers.get_all(header::IF_NONE_MATCH).iter();
        let known = known.filter_map(|value| value.to_str().ok());
        let is_known = known.flat_map(|tags| tags.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == entry.etag
        });
        let common = [
            (header::ETAG, entry.etag),
            (header::CACHE_CONTROL, CACHE_CONTROL.to_owned()),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        (
            common,
            [
                (header::CONTENT_TYPE, kind.content_type),
                (header::CONTENT_SECURITY_POLICY, kind.policy),
            ],
            entry.body,
        )
            .into_response()
    }

    fn find(&self, path: &str, version: &Version) -> Option<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(path)?;
        // Closing changes what may be seen: never served stale.
        let same_windows = entry
            .version
            .iter()
            .map(|(_, closed)| closed)
            .eq(version.iter().map(|(_, c)| c));
        let fits = entry.version == *version || (same_windows && entry.computed.elapsed() < FRESH);
        fits.then(|| entry.clone())
    }

    fn keep(&self, path: &str, version: Version, body: Vec<u8>) -> Entry {
        let digest = sha2::Sha256::digest(&body);
        let etag = format!("\"{}\"", crate::recount::hex(&digest[..12]));
        let entry = Entry {
            version,
            computed: Instant::now(),
            body: body.into(),
            etag,
        };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(path.to_owned(), entry.clone());
        entry
    }
}
