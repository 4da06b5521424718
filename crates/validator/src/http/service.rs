//! One request, from its head to its answer: limits first, then the call, then the books.

use super::face;
use super::language::Language;
use super::problem::Problem;
use super::reply::{self, REQUEST_ID, Reply};
use super::routes;
use crate::app::App;
use crate::server::Peer;
use crate::site::Visit;
use hyper::Request;
use hyper::body::Incoming;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// Answers one request of the public listener.
pub(crate) async fn serve(app: &Arc<App>, peer: Peer, request: Request<Incoming>) -> Reply {
    let started = Instant::now();
    let language = Language::of(request.headers());
    let request_id = request.headers().get(REQUEST_ID).cloned();
    let origin = app.cors.origin(request.headers());
    let visit = Visit::of(&request);
    let answered = match (admit(app, peer.address, &request), visit) {
        (Ok(()), None) => routes::answer(app, request, language).await,
        // Boxed, so that a vote's future does not carry the room for a page's.
        (Ok(()), Some(visit)) => Box::pin(visit.answer(app, request)).await,
        (Err(problem), _) => Err(problem),
    };
    let mut reply = answered.unwrap_or_else(|problem| {
        app.metrics.note_problem(problem.face);
        match visit {
            None => problem.reply(language),
            Some(visit) => visit.refusal(app, &problem),
        }
    });
    reply::echo_request_id(&mut reply, request_id);
    app.cors.mark(&mut reply, origin);
    if peer.secure {
        reply::stay_secure(&mut reply);
    }
    app.metrics.note_reply(reply.status(), started.elapsed());
    reply
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
