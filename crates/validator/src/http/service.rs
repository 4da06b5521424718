//! One request, from its head to its answer: limits first, then the call, then the books.

use std::sync::Arc;
use std::time::Instant;

use election::Language;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::{Method, Request};
use listener::{NotAdmitted, Peer};

use super::problem::Problem;
use super::rejection::Rejection;
use super::reply::{self, REQUEST_ID, Reply};
use super::routes::{self, Rest};
use crate::app::App;
use crate::site::{self, Visit, Wants};
use crate::vote::Sender;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

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
        language: listener::negotiate(headers),
        request_id: headers.get(REQUEST_ID).cloned(),
        origin: app.cors.origin(headers),
        visit: Visit::of(&request),
        wants: Wants::of(&request),
        has_body: !request.body().is_end_stream(),
        is_head: request.method() == Method::HEAD,
        is_chunked: headers.contains_key(TRANSFER_ENCODING),
        secure: peer.secure,
    };
    let admitted = app.admission.request(peer.address, &request);
    // One that is turned away needs none.
    let client = admitted.ok().flatten();
    let rest = match (admitted, asked.visit) {
        (Err(not_admitted), _) => Err(Problem::from(Rejection::from(not_admitted))),
        (Ok(_), None) => routes::start(&app, request, asked.language),
        (Ok(client), Some(visit)) => {
            let answer = visit.answer(Arc::clone(&app), client, request);
            Ok(Rest::Other(Box::pin(async move { Ok(answer.await?) })))
        }
    };
    async move {
        let answered = match rest {
            Ok(Rest::Vote(kind, key, body)) => {
                let sender = Sender { client, key };
                routes::vote(&app, sender, kind, body, asked.language).await
            }
            Ok(Rest::Answered(reply)) => Ok(reply),
            Ok(Rest::Other(answer)) => answer.await,
            Err(problem) => Err(problem),
        };
        asked.close(&app, answered)
    }
}

/// The parts of a request that its answer needs, whichever call it is.
struct Asked {
    started: Instant,
    language: Language,
    request_id: Option<HeaderValue>,
    /// Another site that asks by a browser, where it may.
    origin: Option<HeaderValue>,
    /// A page that is asked for.
    visit: Option<Visit>,
    wants: Wants,
    has_body: bool,
    /// Whether only the head of the answer is wanted.
    is_head: bool,
    /// Whether its body came in chunks, with an announced length or without: a proxy may have seen
    /// another end of it than we, so nothing more is read after it (RFC 9112, section 6.1).
    is_chunked: bool,
    /// Whether by TLS of ours.
    secure: bool,
}

impl Asked {
    /// The answer with everything that answers carry, written into the books.
    fn close(self, app: &App, answered: Result<Reply, Problem>) -> Reply {
        // What is left unread would stand where the next request begins.
        let mut is_last = self.is_chunked;
        let mut reply = answered.unwrap_or_else(|problem| {
            app.metrics.note_problem(&problem);
            is_last |= self.has_body && problem.leaves_body_unread();
            self.told(app, &problem)
        });
        reply::echo_request_id(&mut reply, self.request_id);
        app.cors.mark(&mut reply, self.origin);
        if self.secure {
            reply::stay_secure(&mut reply);
        }
        if is_last {
            reply.headers_mut().insert(CONNECTION, CLOSE);
        }
        if self.is_head {
            reply = reply::head_only(reply);
        }
        app.metrics.note_reply(self.started.elapsed());
        reply
    }
}

impl Asked {
    /// A problem as a page for people, and as JSON for programs. Who asks for a page need not say so.
    fn told(&self, app: &App, problem: &Problem) -> Reply {
        let page = match (self.visit, self.wants) {
            (_, Wants::Json) | (None, Wants::Anything) => None,
            (Some(visit), _) => Some(visit.refusal(app, problem)),
            (None, Wants::Page(lang)) => site::astray(app, lang, problem),
        };
        page.unwrap_or_else(|| problem.reply(self.language))
    }
}

impl From<NotAdmitted> for Rejection {
    fn from(not_admitted: NotAdmitted) -> Rejection {
        match not_admitted {
            NotAdmitted::OverQuota(wait) => Rejection::TooManyRequests { wait },
            NotAdmitted::NoHost => Rejection::NoHost,
        }
    }
}
