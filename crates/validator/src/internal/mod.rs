//! The internal listener: metrics for operators, the ledger for tallies. Voters never reach it.

mod log;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use listener::lifecycle::Stop;
use listener::{ConnectionLimits, Handler, Peer, exposition};

use crate::app::App;
use crate::http::health;
use crate::http::problem::Problem;
use crate::http::rejection::Rejection;
use crate::http::reply::{self, Reply};
use crate::site;
use stream::LedgerBody;

/// Sequence of the last frame as the stream begins: who has read it has caught up.
const LEDGER_HEAD: HeaderName = HeaderName::from_static("ledger-head");
/// Content type of ledger bytes.
const LEDGER: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// Connections of the internal listener.
const CONNECTIONS_MAX: usize = 512;
/// A tally follows for as long as the event lasts.
const AGE_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Answers operators and tallies.
#[derive(Clone)]
pub(crate) struct Internal {
    pub(crate) app: Arc<App>,
    /// When streams have to end; later than the public side stops.
    pub(crate) stop: Stop,
}

/// Bounds of its connections: few, but long-lived.
pub(crate) fn limits(public: ConnectionLimits) -> ConnectionLimits {
    ConnectionLimits {
        max: CONNECTIONS_MAX,
        per_client_max: CONNECTIONS_MAX,
        answer_max: AGE_MAX,
        age_max: AGE_MAX,
        ..public
    }
}

impl Handler for Internal {
    type Body = Either<Full<Bytes>, LedgerBody>;

    async fn answer(self, _: Peer, request: Request<Incoming>) -> Response<Self::Body> {
        let language = listener::negotiate(request.headers());
        let answered = match request.uri().path().strip_prefix("/log/") {
            Some(name) if reads(&request) => {
                let file = log::file(&self.app, name).await;
                file.map(whole).map_err(Problem::from)
            }
            _ => self.route(&request),
        };
        answered.unwrap_or_else(|problem| whole(problem.reply(language)))
    }
}

impl Internal {
    fn route(
        &self,
        request: &Request<Incoming>,
    ) -> Result<Response<<Self as Handler>::Body>, Problem> {
        let path = request.uri().path();
        let ledger = path.strip_prefix("/ledger/");
        let asset = path.strip_prefix(pages::ASSET_PREFIX);
        let log = path.strip_prefix("/log/");
        let known = matches!(
            path,
            "/metrics" | "/livez" | "/readyz" | "/monitor" | "/monitor/history" | "/cluster"
        );
        if !known && ledger.is_none() && asset.is_none() && log.is_none() {
            return Err(Rejection::NoSuchPath.into());
        }
        if !reads(request) {
            let allow = "GET, HEAD";
            return Err(Rejection::MethodNotAllowed { allow }.into());
        }
        Ok(match path {
            "/metrics" => whole(self.metrics()),
            "/livez" => whole(health::live()),
            "/readyz" => whole(health::ready(&self.app)?),
            "/monitor" => whole(site::monitor(&self.app, request)),
            "/monitor/history" => whole(site::history(&self.app)),
            "/cluster" => whole(site::cluster(&self.app, request)),
            _ if ledger.is_none() => {
                let asset = site::asset(asset.unwrap_or_default(), request.headers());
                whole(asset.ok_or(Rejection::NoSuchPath)?)
            }
            _ => self.ledger(ledger.unwrap_or_default(), request.uri().query())?,
        })
    }

    fn metrics(&self) -> Reply {
        let text = self.app.metrics.text(health::obstacle(&self.app));
        let content_type = HeaderValue::from_static(exposition::CONTENT_TYPE);
        reply::made(StatusCode::OK, text.into(), content_type, None)
    }

    fn ledger(
        &self,
        partition: &str,
        query: Option<&str>,
    ) -> Result<Response<<Self as Handler>::Body>, Rejection> {
        let number = partition.parse().ok();
        let number = number.filter(|number: &u16| {
            *number < self.app.partitions.count() && number.to_string() == partition
        });
        let partition = number.ok_or(Rejection::NoSuchPath)?;
        let after = after(query).ok_or(Rejection::InvalidQuery)?;
        let head = self.app.last_sequence(partition);
        let head = head.ok_or(Rejection::OutOfReach)?;
        let body = LedgerBody::start(&self.app, (partition, after), self.stop.clone())?;
        let mut reply = reply::made(StatusCode::OK, Bytes::new(), LEDGER, None);
        reply.headers_mut().insert(LEDGER_HEAD, head.into());
        Ok(reply.map(|_| Either::Right(body)))
    }
}

fn reads(request: &Request<Incoming>) -> bool {
    request.method() == Method::GET || request.method() == Method::HEAD
}

fn whole(reply: Reply) -> Response<<Internal as Handler>::Body> {
    reply.map(Either::Left)
}

/// The sequence behind which a stream begins; from the start where nothing is said.
fn after(query: Option<&str>) -> Option<u64> {
    match query {
        None | Some("") => Some(0),
        Some(query) => query.strip_prefix("after=")?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn reads_where_a_stream_begins() {
        let cases = [
            (None, Some(0)),
            (Some(""), Some(0)),
            (Some("after=0"), Some(0)),
            (Some("after=18446744073709551615"), Some(u64::MAX)),
            (Some("after=-1"), None),
            (Some("after="), None),
            (Some("before=1"), None),
            (Some("after=1&after=2"), None),
        ];
        for (query, expected) in cases {
            assert_eq!(after(query), expected, "{query:?}");
        }
    }
}
