//! One request, from its head to its answer: limits first, then the call, then the books.

use super::face;
use super::language::Language;
use super::problem::Problem;
use super::reply::{self, REQUEST_ID, Reply};
use super::routes::{self, Rest};
use crate::app::App;
use crate::server::Peer;
use crate::site::Visit;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Method, Request};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// Answers one request of the public listener.
///
/// The head is looked at here and now, and dropped: it is large, and hyper can use its buffer again.
/// What is returned carries no more than it needs, because as much is moved and kept for every vote
/// that waits.
pub(crate) fn serve(
    app: Arc<App>,
    peer: Peer,
    request: Request<Incoming>,
) -> impl Future<Output = Reply> + Send {
    let headers = request.headers();
    let asked = Asked {
        started: Instant::now(),
        language: Language::of(headers),
        request_id: headers.get(REQUEST_ID).cloned(),
        origin: app.cors.origin(headers),
        visit: Visit::of(&request),
        is_head: request.method() == Method::HEAD,
        secure: peer.secure,
    };
    let rest = admit(&app, peer.address, &request).and_then(|()| match asked.visit {
        None => routes::start(&app, request, asked.language),
        Some(visit) => Ok(Rest::Other(Box::pin(
            visit.answer(Arc::clone(&app), request),
        ))),
    });
    async move {
        let answered = match rest {
            Ok(Rest::Vote(call, body)) => routes::vote(&app, call, body, asked.language).await,
            Ok(Rest::Answered(reply)) => Ok(reply),
            Ok(Rest::Other(answer)) => answer.await,
            Err(problem) => Err(problem),
        };
        asked.close(&app, answered)
    }
}

/// What of a request matters to its answer, whatever it asks.
struct Asked {
    started: Instant,
    language: Language,
    request_id: Option<HeaderValue>,
    /// Another site that asks by a browser, where it may.
    origin: Option<HeaderValue>,
    /// A page that is asked for.
    visit: Option<Visit>,
    /// Whether only the head of the answer is wanted.
    is_head: bool,
    /// Whether by TLS of ours.
    secure: bool,
}

impl Asked {
    /// The answer with everything that answers carry, written into the books.
    fn close(self, app: &App, answered: Result<Reply, Problem>) -> Reply {
        let mut reply = answered.unwrap_or_else(|problem| {
            app.metrics.note_problem(problem.face);
            match self.visit {
                None => problem.reply(self.language),
                Some(visit) => visit.refusal(app, &problem),
            }
        });
        reply::echo_request_id(&mut reply, self.request_id);
        app.cors.mark(&mut reply, self.origin);
        if self.secure {
            reply::stay_secure(&mut reply);
        }
        if self.is_head {
            reply = reply::head_only(reply);
        }
        app.metrics
            .note_reply(reply.status(), self.started.elapsed());
        reply
    }
}

/// Counts the request against its client's quota.
fn admit(app: &App, peer: IpAddr, request: &Request<Incoming>) -> Result<(), Problem> {
    let Some(client) = app.addresses.of_request(peer, request.headers()) else {
        return Ok(());
    };
    app.requests
        .take(client, app.clock.monotonic())
        .map_err(|wait| Problem::retry_after(&face::TOO_MANY_REQUESTS, wait))
}
