//! Which call a request is, and the answer to it.

use std::pin::Pin;
use std::sync::Arc;

use election::Language;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, StatusCode};
use matchit::Params;

use super::calls::{Call, Resource};
use super::problem::Problem;
use super::rejection::Rejection;
use super::reply::{self, JSON, Reply};
use super::words::Words;
use super::{body, health, idempotency, receipts};
use crate::app::App;
use crate::vote::{IdempotencyKey, Recorded, Sender, VoteKind};

/// The service description, kept by hand; tests hold it to what the server does.
const OPENAPI: &str = include_str!("../../openapi.json");

/// What is left to do about a request once its head has been looked at.
pub(crate) enum Rest {
    /// Its body is a vote, and is still to be read.
    Vote(VoteKind, Option<IdempotencyKey>, Incoming),
    /// Nothing is left: this is the reply.
    Answered(Reply),
    /// Boxed, so that a vote's future does not carry the room for it.
    Other(Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>),
}

/// Finds the call that a request makes, and answers it unless it is a vote, whose body is still to be
/// read. The quota of the client was looked at before.
pub(crate) fn start(
    app: &Arc<App>,
    request: Request<Incoming>,
    language: Language,
) -> Result<Rest, Problem> {
    let (head, incoming) = request.into_parts();
    let Ok(matched) = app.routes.at(head.uri.path()) else {
        return app
            .results
            .instead_of(&head)
            .map(Rest::Answered)
            .map_err(Problem::from);
    };
    let call = *matched.value;
    if let Some(reply) = app.cors.preflight(&head, call) {
        return Ok(Rest::Answered(reply));
    }
    if !call.takes(&head.method) {
        let allow = call.allow();
        return Err(Rejection::MethodNotAllowed { allow }.into());
    }
    match call {
        Call::Vote(kind) => {
            body::check_type(&head.headers)?;
            let key = idempotency::key(&head.headers)?;
            Ok(Rest::Vote(kind, key, incoming))
        }
        Call::Read(resource) => read(app, resource, &matched.params, language),
    }
}

/// Reads the body of a vote and casts it.
pub(crate) async fn vote(
    app: &App,
    sender: Sender,
    kind: VoteKind,
    incoming: Incoming,
    language: Language,
) -> Result<Reply, Problem> {
    let bytes = body::collect(incoming, app.body).await?;
    let recorded = app.station.vote(&sender, kind, &bytes).await?;
    app.metrics.note_recorded(&recorded);
    Ok(accepted(&recorded, language))
}

/// 202: recorded, on stable storage.
fn accepted(recorded: &Recorded, language: Language) -> Reply {
    const MESSAGE: Words = Words {
        fr: "Votre vote est enregistré. Gardez request_id : c'est votre reçu.",
        en: "Your vote is recorded. Keep request_id: it is your receipt.",
    };
    let receipt = recorded.receipt;
    // A request id is digits, hyphens and letters; the messages hold nothing to escape.
    let body = format!(
        "{{\"request_id\":\"{receipt}\",\"status\":\"accepted\",\"message\":\"{}\"}}",
        MESSAGE.in_language(language)
    );
    let mut reply = reply::made(StatusCode::ACCEPTED, body.into(), JSON, Some(language));
    if recorded.replayed {
        idempotency::mark_replayed(&mut reply);
    }
    reply
}

fn read(
    app: &Arc<App>,
    resource: Resource,
    params: &Params<'_, '_>,
    language: Language,
) -> Result<Rest, Problem> {
    const MINUTE: &str = "public, max-age=60";
    const SECOND: &str = "public, max-age=1";
    let now_ms = app.clock.now_ms();
    Ok(Rest::Answered(match resource {
        Resource::Laws => reply::document(app.catalogue.laws(app.event(), now_ms), SECOND),
        Resource::Elections => {
            reply::document(app.catalogue.elections(app.event(), now_ms), SECOND)
        }
        Resource::Regions => reply::document(app.catalogue.regions(), MINUTE),
        Resource::Candidates => reply::document(candidates(app, params)?, MINUTE),
        Resource::Receipt => {
            let (app, id) = (Arc::clone(app), param(params, "request_id").to_owned());
            let found = async move { Ok(receipts::find(&app, &id, language).await?) };
            return Ok(Rest::Other(Box::pin(found)));
        }
        Resource::Proof => {
            let (app, id) = (Arc::clone(app), param(params, "request_id").to_owned());
            let found = async move { Ok(receipts::proof(&app, &id).await?) };
            return Ok(Rest::Other(Box::pin(found)));
        }
        Resource::Health => health::health(app),
        Resource::Live => health::live(),
        Resource::Ready => health::ready(app)?,
        Resource::OpenApi => reply::document(Bytes::from_static(OPENAPI.as_bytes()), MINUTE),
        Resource::Description => reply::document(app.catalogue.description(), MINUTE),
    }))
}

fn candidates(app: &App, params: &Params<'_, '_>) -> Result<Bytes, Rejection> {
    let election = param(params, "election_id").parse().ok();
    let election = election.filter(|number| app.station.ballots.election(*number).is_some());
    let election = election.ok_or(Rejection::NoSuchElection)?;
    let region = param(params, "region_id").parse().ok();
    let document = region.and_then(|region| app.catalogue.candidates(election, region));
    document.ok_or(Rejection::NoSuchRegion)
}

fn param<'p>(params: &'p Params<'_, '_>, name: &str) -> &'p str {
    params
        .get(name)
        .expect("the path of this call has the parameter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::calls::PATHS;
    use crate::http::problem_type::ProblemType;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_names_every_path_and_method() {
        let openapi: Value = serde_json::from_str(OPENAPI).expect("JSON");
        let described: Vec<(String, Vec<String>)> = openapi["paths"]
            .as_object()
            .expect("paths")
            .iter()
            .map(|(path, item)| {
                let methods = item.as_object().expect("a path item").keys();
                (
                    path.clone(),
                    methods
                        .filter(|key| *key != "parameters")
                        .cloned()
                        .collect(),
                )
            })
            .collect();
        assert_eq!(described.len(), PATHS.len());
        for (path, call) in PATHS {
            let methods = match call {
                Call::Vote(_) => vec!["post"],
                Call::Read(_) => vec!["get", "head"],
            };
            let found = described.iter().find(|(known, _)| known == path);
            let found = found.unwrap_or_else(|| panic!("{path} is not described"));
            assert_eq!(found.1, methods, "{path}");
        }
    }

    #[test]
    fn the_description_names_every_type_of_problem_and_no_other() {
        let openapi: Value = serde_json::from_str(OPENAPI).expect("JSON");
        let described = openapi["components"]["schemas"]["ProblemType"]["enum"]
            .as_array()
            .expect("an enumeration");
        let described: BTreeSet<&str> = described.iter().filter_map(Value::as_str).collect();
        let types = ProblemType::ALL.into_iter();
        // Only the internal listener answers one, only pages the other.
        let elsewhere = [ProblemType::InvalidQuery, ProblemType::FromOtherSite];
        let types = types.filter(|problem_type| !elsewhere.contains(problem_type));
        let types: Vec<String> = types
            .map(|problem_type| format!("urn:scrutin:problem:{}", problem_type.definition().slug))
            .collect();
        assert_eq!(described, types.iter().map(String::as_str).collect());
    }
}
