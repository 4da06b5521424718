//! Which call a request is, and the answer to it.

use super::face;
use super::language::{Language, Words};
use super::problem::Problem;
use super::reply::{self, JSON, Reply};
use super::{body, health, receipts};
use crate::app::App;
use crate::vote;
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, StatusCode};
use ledger::RequestId;
use listener::client::Prefix;
use matchit::{Params, Router};
use std::pin::Pin;
use std::sync::Arc;

/// The service description, kept by hand; tests hold it to what the server does.
const OPENAPI: &str = include_str!("../../openapi.json");

/// A call of the public interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    LawVote,
    ElectionVote,
    Laws,
    Elections,
    Regions,
    Candidates,
    Receipt,
    Health,
    Live,
    Ready,
    OpenApi,
    Description,
}

/// Every path and its call.
pub(crate) const PATHS: &[(&str, Call)] = &[
    ("/api/v1/vote", Call::LawVote),
    ("/api/v1/elections/vote", Call::ElectionVote),
    ("/api/v1/laws", Call::Laws),
    ("/api/v1/elections", Call::Elections),
    ("/api/v1/regions", Call::Regions),
    (
        "/api/v1/elections/{election_id}/regions/{region_id}/candidates",
        Call::Candidates,
    ),
    ("/api/v1/receipts/{request_id}", Call::Receipt),
    ("/api/v1/health", Call::Health),
    ("/livez", Call::Live),
    ("/readyz", Call::Ready),
    ("/openapi.json", Call::OpenApi),
    ("/", Call::Description),
];

impl Call {
    /// Whether it takes a body by POST; the others are read by GET and HEAD.
    pub(crate) fn is_vote(self) -> bool {
        matches!(self, Call::LawVote | Call::ElectionVote)
    }

    /// Methods taken, as the Allow header names them.
    pub(crate) fn allow(self) -> &'static str {
        if self.is_vote() { "POST" } else { "GET, HEAD" }
    }

    fn takes(self, method: &Method) -> bool {
        if self.is_vote() {
            method == Method::POST
        } else {
            method == Method::GET || method == Method::HEAD
        }
    }
}

/// The table of paths.
pub(crate) struct Routes(Router<Call>);

impl Routes {
    /// # Errors
    /// Two paths that clash: a fault of [`PATHS`].
    pub(crate) fn new() -> Result<Routes, matchit::InsertError> {
        let mut router = Router::new();
        for (path, call) in PATHS {
            router.insert(*path, *call)?;
        }
        Ok(Routes(router))
    }
}

/// What is left of a request once its head has been looked at.
pub(crate) enum Rest {
    /// A vote, whose body is still to be read.
    Vote(Call, Incoming),
    /// Nothing.
    Answered(Reply),
    /// Boxed, so that a vote's future does not carry the room for it.
    Other(Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>),
}

/// Looks at the head of a request; whether it may ask at all was decided before.
pub(crate) fn start(
    app: &Arc<App>,
    request: Request<Incoming>,
    language: Language,
) -> Result<Rest, Problem> {
    let (head, incoming) = request.into_parts();
    let Ok(matched) = app.routes.0.at(head.uri.path()) else {
        return Err(Problem::from(&face::NOT_FOUND));
    };
    let call = *matched.value;
    if let Some(reply) = app.cors.preflight(&head, call) {
        return Ok(Rest::Answered(reply));
    }
    if !call.takes(&head.method) {
        return Err(Problem::allow(call.allow()));
    }
    if call.is_vote() {
        body::check_type(&head.headers)?;
        return Ok(Rest::Vote(call, incoming));
    }
    read(app, call, &matched.params, language)
}

/// Reads the body of a vote and casts it.
pub(crate) async fn vote(
    app: &App,
    client: Option<Prefix>,
    call: Call,
    incoming: Incoming,
    language: Language,
) -> Result<Reply, Problem> {
    let bytes = body::collect(incoming, app.body).await?;
    let receipt = match call {
        Call::LawVote => vote::law(app, client, &bytes).await?,
        _ => vote::election(app, client, &bytes).await?,
    };
    Ok(accepted(&receipt, language))
}

/// 202: recorded, on stable storage.
fn accepted(receipt: &RequestId, language: Language) -> Reply {
    const MESSAGE: Words = Words {
        fr: "Votre vote est enregistré. Gardez request_id : c'est votre reçu.",
        en: "Your vote is recorded. Keep request_id: it is your receipt.",
    };
    // A request id is digits, hyphens and letters; the messages hold nothing to escape.
    let body = format!(
        "{{\"request_id\":\"{receipt}\",\"status\":\"accepted\",\"message\":\"{}\"}}",
        MESSAGE.in_language(language)
    );
    reply::made(StatusCode::ACCEPTED, body.into(), JSON, Some(language))
}

fn read(
    app: &Arc<App>,
    call: Call,
    params: &Params<'_, '_>,
    language: Language,
) -> Result<Rest, Problem> {
    const MINUTE: &str = "public, max-age=60";
    const SECOND: &str = "public, max-age=1";
    let now_ms = app.clock.now_ms();
    Ok(Rest::Answered(match call {
        Call::Laws => reply::document(app.catalogue.laws(app.event(), now_ms), SECOND),
        Call::Elections => reply::document(app.catalogue.elections(app.event(), now_ms), SECOND),
        Call::Regions => reply::document(app.catalogue.regions(), MINUTE),
        Call::Candidates => reply::document(candidates(app, params)?, MINUTE),
        Call::Receipt => {
            let (app, id) = (Arc::clone(app), param(params, "request_id").to_owned());
            let found = async move { receipts::find(&app, &id, language).await };
            return Ok(Rest::Other(Box::pin(found)));
        }
        Call::Health => health::health(app),
        Call::Live => health::live(),
        Call::Ready => health::ready(app)?,
        Call::OpenApi => reply::document(Bytes::from_static(OPENAPI.as_bytes()), MINUTE),
        Call::Description => reply::document(app.catalogue.description(), MINUTE),
        Call::LawVote | Call::ElectionVote => return Err(Problem::from(&face::INTERNAL)),
    }))
}

fn candidates(app: &App, params: &Params<'_, '_>) -> Result<Bytes, Problem> {
    let election = param(params, "election_id").parse().ok();
    let election = election.filter(|number| app.ballots.election(*number).is_some());
    let election = election.ok_or(&face::NO_SUCH_ELECTION)?;
    let region = param(params, "region_id").parse().ok();
    let document = region.and_then(|region| app.catalogue.candidates(election, region));
    Ok(document.ok_or(&face::NO_SUCH_REGION)?)
}

fn param<'p>(params: &'p Params<'_, '_>, name: &str) -> &'p str {
    params.get(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

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
            let methods = if call.is_vote() {
                vec!["post"]
            } else {
                vec!["get", "head"]
            };
            let found = described.iter().find(|(known, _)| known == path);
            let found = found.unwrap_or_else(|| panic!("{path} is not described"));
            assert_eq!(found.1, methods, "{path}");
        }
    }

    #[test]
    fn the_description_names_every_type_of_refusal() {
        let openapi: Value = serde_json::from_str(OPENAPI).expect("JSON");
        for face in face::ALL {
            // Not of the public listener.
            if face.slug == face::INVALID_QUERY.slug {
                continue;
            }
            let urn = format!("urn:scrutin:problem:{}", face.slug);
            let types = openapi["components"]["schemas"]["ProblemType"]["enum"]
                .as_array()
                .expect("an enumeration");
            assert!(
                types.contains(&Value::from(urn.as_str())),
                "{urn} is not described"
            );
        }
    }
}
