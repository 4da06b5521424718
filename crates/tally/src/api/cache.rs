//! Bodies of answers, kept so that a crowd of readers costs no more than a single reader.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pages::Encoding;

use super::body::Body;
use super::earlier::Earlier;
use crate::policy::Version;
use crate::published::{Edition, FRESH};
use crate::tabulate::TabulationError;

/// For readers and CDNs; election night asks again each second.
const CACHE_CONTROL: &str = "public, max-age=1, stale-while-revalidate=5";

/// What a body is made from, and when.
#[derive(Clone)]
pub(crate) struct Stamp {
    /// Of the ballots that the body is about, in order.
    versions: Vec<Version>,
    /// Of the checkpoints, where the body says who has checked the ledger.
    checked: u64,
    /// When the body is asked for and, where none fits, made: how old its results are does not matter. Those of a
    /// ballot without new votes may be hours old.
    made: Instant,
}

impl Stamp {
    /// The stamp of a body that is made of these results now.
    pub(crate) fn of(editions: &[Arc<Edition>]) -> Stamp {
        Stamp::now(editions.iter().map(|edition| edition.version).collect())
    }

    /// Of what is read from the count now.
    pub(crate) fn now(versions: Vec<Version>) -> Stamp {
        Stamp {
            versions,
            checked: 0,
            made: Instant::now(),
        }
    }

    /// Of a body that also says who has checked the ledger, as [`Gates::checked_stamp`](crate::gate::Gates::checked_stamp)
    /// numbers it.
    pub(crate) fn with_checked(self, checked: u64) -> Stamp {
        Stamp { checked, ..self }
    }

    /// Whether a body of this stamp is of earlier results than one of `other`.
    fn is_before(&self, other: &Stamp) -> bool {
        let mut both = self.versions.iter().zip(&other.versions);
        both.any(|(this, other)| this < other)
    }

    /// Whether a body of this stamp may be served to a reader who would get one of `newest`.
    fn serves(&self, newest: &Stamp, fresh: Duration) -> bool {
        let phases =
            |stamp: &Stamp| -> Vec<_> { stamp.versions.iter().map(Version::phase).collect() };
        // Another stage is never kept back.
        (&self.versions, self.checked) == (&newest.versions, newest.checked)
            || (phases(self) == phases(newest) && self.made.elapsed() < fresh)
    }
}

/// By path and what of its query matters. Only existing resources are kept, so the event bounds their
/// number.
#[derive(Default)]
pub(crate) struct Cache {
    bodies: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    stamp: Stamp,
    body: Arc<Body>,
    /// What the body was before, where viewers are sent what changed.
    earlier: Earlier,
}

/// What a body is, beyond its bytes.
pub(crate) struct Kind {
    pub(crate) content_type: &'static str,
    pub(crate) policy: &'static str,
    /// What of a request the body depends on, beside its address.
    pub(crate) vary: &'static str,
    /// A body that is younger is served even where newer results are there.
    pub(crate) fresh: Duration,
    /// Whether viewers who have an earlier version may be sent what changed.
    pub(crate) has_deltas: bool,
}

/// A JSON document runs nothing, whatever opens it.
const JSON: Kind = Kind {
    content_type: "application/json",
    policy: "default-src 'none'; frame-ancestors 'none'",
    vary: "accept-encoding",
    fresh: FRESH,
    has_deltas: false,
};

impl Cache {
    /// The JSON body at `path`, computed by `compute` unless a fitting one is there; 304 where the
    /// client has it.
    pub(crate) fn respond(
        &self,
        path: &str,
        stamp: Stamp,
        headers: &HeaderMap,
        compute: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> Response {
        self.respond_as(Some(path), stamp, headers, &JSON, compute)
    }

    /// The same for a body of any kind. `key` also tells bodies of one path apart; a body without a
    /// key is made for this answer alone.
    pub(crate) fn respond_as(
        &self,
        key: Option<&str>,
        stamp: Stamp,
        headers: &HeaderMap,
        kind: &Kind,
        compute: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> Response {
        match self.newest(key, stamp, kind, compute) {
            Ok(kept) => sent(&kept.body, headers, kind),
            Err(error) => unwritten(key, &error),
        }
    }

    /// What has changed in the body since the version of that tag: a delta, or nothing (204). The whole body
    /// where the version is not known any more, and where a delta would be no shorter.
    ///
    /// `since` is only compared with what is kept, so a made-up one costs and keeps nothing.
    pub(crate) fn respond_since(
        &self,
        (key, since): (&str, &str),
        stamp: Stamp,
        headers: &HeaderMap,
        kind: &Kind,
        compute: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> Response {
        let kept = match self.newest(Some(key), stamp, kind, compute) {
            Ok(kept) => kept,
            Err(error) => return unwritten(Some(key), &error),
        };
        if kept.body.tag() == since {
            let common = [
                (header::CACHE_CONTROL, CACHE_CONTROL),
                (header::VARY, kind.vary),
            ];
            return (StatusCode::NO_CONTENT, common).into_response();
        }
        match kept.earlier.delta(since, &kept.body) {
            Some(delta) => sent(
                &delta,
                headers,
                &Kind {
                    vary: kind.vary,
                    ..JSON
                },
            ),
            None => sent(&kept.body, headers, kind),
        }
    }

    fn newest(
        &self,
        key: Option<&str>,
        stamp: Stamp,
        kind: &Kind,
        compute: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> serde_json::Result<Kept> {
        let before = key.and_then(|key| self.find(key));
        if let Some(kept) = &before
            && kept.stamp.serves(&stamp, kind.fresh)
        {
            return Ok(kept.clone());
        }
        let body = Arc::new(Body::new(compute()?));
        let kept = match before {
            // What was compressed before, and the deltas to it, stay.
            Some(before) if before.body.tag() == body.tag() => Kept { stamp, ..before },
            Some(before) if kind.has_deltas => Kept {
                stamp,
                earlier: before.earlier.with(&before.body, &body),
                body,
            },
            _ => Kept {
                stamp,
                body,
                earlier: Earlier::default(),
            },
        };
        if let Some(key) = key {
            let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
            // Another answer may have been faster, and have newer results.
            match bodies.get(key) {
                Some(newer) if kept.stamp.is_before(&newer.stamp) => return Ok(newer.clone()),
                _ => bodies.insert(key.to_owned(), kept.clone()),
            };
        }
        Ok(kept)
    }

    fn find(&self, key: &str) -> Option<Kept> {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.get(key).cloned()
    }
}

/// The body in an encoding that the client takes; 304 where the client has it.
fn sent(body: &Body, headers: &HeaderMap, kind: &Kind) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let encoding = body.encoding(Encoding::negotiate(accepted));
    let etag = body.etag(encoding);
    let is_known = knows(headers, &etag);
    let common = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, CACHE_CONTROL.to_owned()),
        (header::VARY, kind.vary.to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let of_kind = [
        (header::CONTENT_TYPE, kind.content_type),
        (header::CONTENT_SECURITY_POLICY, kind.policy),
    ];
    let mut response = (common, of_kind, body.bytes(encoding)).into_response();
    if let Some(name) = encoding.name() {
        let name = HeaderValue::from_static(name);
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, name);
    }
    response
}

fn unwritten(key: Option<&str>, error: &serde_json::Error) -> Response {
    tracing::error!(key, %error, "a result cannot be written as JSON");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Whether the client has the body of that tag.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok());
    known.flat_map(|tags| tags.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

/// The answer where there is no result: the count stops and says why (`tally run` ends with it).
pub(crate) fn broken(path: &str, error: &TabulationError) -> Response {
    tracing::error!(path, %error, "no result can be shown");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use election::{Choice, Event};

    use super::*;
    use crate::documents::golden::event;
    use crate::policy::Board;
    use crate::published::Published;
    use crate::roll::NoVoters;

    const PAGE: Kind = Kind {
        fresh: Duration::from_millis(600),
        ..JSON
    };

    fn published() -> (Event, Published) {
        let event = event();
        let board = Board::new(&event, &NoVoters, true);
        let registered = event.ballots().iter().map(|_| BTreeMap::new()).collect();
        let published = Published::new(event.clone(), board, registered);
        (event, published)
    }

    fn stamp(event: &Event, published: &Published) -> Stamp {
        let ballots = event.ballots().iter();
        let editions: Result<Vec<_>, _> = ballots.map(|ballot| published.recent(ballot)).collect();
        Stamp::of(&editions.expect("results"))
    }

    /// Asks for the page; whether it was made for this.
    fn is_made(cache: &Cache, stamp: Stamp, page: &str) -> bool {
        let mut made = false;
        let compute = || {
            made = true;
            Ok(page.as_bytes().to_vec())
        };
        cache
            .newest(Some("/"), stamp, &PAGE, compute)
            .expect("a page");
        made
    }

    #[test]
    fn a_page_is_as_old_as_itself_and_not_as_the_quietest_ballot_on_it() {
        let (event, published) = published();
        let busy = event.ballot("IRV").expect("a ballot");
        let vote = || {
            let choice = Choice::Ranking(vec![1]);
            published.board_mut().vote(busy, 1, &choice, 1);
        };
        let cache = Cache::default();
        // Nobody votes on the other ballots: their results get old.
        assert!(is_made(&cache, stamp(&event, &published), "before"));
        std::thread::sleep(PAGE.fresh + Duration::from_millis(50));
        vote();
        assert!(is_made(&cache, stamp(&event, &published), "first"));
        std::thread::sleep(FRESH + Duration::from_millis(50));
        vote();
        let newer = stamp(&event, &published);
        assert!(!is_made(&cache, newer.clone(), "second"), "still fresh");
        std::thread::sleep(PAGE.fresh);
        assert!(is_made(&cache, newer, "second"), "no longer");
    }

    #[test]
    fn a_slower_answer_does_not_take_the_place_of_newer_results() {
        let (event, published) = published();
        let ballot = event.ballot("IRV").expect("a ballot");
        let cache = Cache::default();
        let older = stamp(&event, &published);
        let choice = Choice::Ranking(vec![1]);
        published.board_mut().vote(ballot, 1, &choice, 1);
        std::thread::sleep(FRESH + Duration::from_millis(50));
        let newer = stamp(&event, &published);
        let slow = || {
            // While this one is made, another is.
            assert!(is_made(&cache, newer.clone(), "newer"));
            Ok(b"older".to_vec())
        };
        let kept = cache.newest(Some("/"), older, &PAGE, slow).expect("a page");
        assert_eq!(kept.body.text(), "newer");
        assert!(!is_made(&cache, newer.clone(), "again"));
    }
}
