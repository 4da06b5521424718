//! Which page a request is for, and that page.

use std::sync::Arc;

use election::Language;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, StatusCode};
use listener::client::Prefix;
use pages::voter::{self, Activity, CheckFault};
use pages::{ClusterTable, Form, Page, PageContext, Program};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::cast;
use super::page::{asset, html};
use super::picture::picture;
use super::refused::end_of;
use super::same_site;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::rejection::Rejection;
use crate::http::reply::{self, Reply};
use crate::http::{body, receipts};

const FORM: &str = "application/x-www-form-urlencoded";

/// A request for a page, and the language of its answer.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    lang: Language,
    /// Whether a receipt is asked for.
    checks: bool,
}

impl Visit {
    /// The visit that a request is; none where it is for the interface and not for a page.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Visit> {
        let path = request.uri().path();
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let posts = request.method() == Method::POST;
        let is_page = match path {
            "/" => reads && !wants_json(request.headers()),
            "/receipts" => reads || posts,
            _ if path.starts_with("/ballots/") => reads || posts,
            _ => reads && path.starts_with(pages::ASSET_PREFIX),
        };
        is_page.then(|| Visit {
            lang: lang_of(request),
            checks: path == "/receipts",
        })
    }

    /// Answers a request of a client that is within its quota, where it is counted.
    ///
    /// # Errors
    /// Why there is no such page; [`Visit::refusal`] tells it on a page.
    pub(crate) async fn answer(
        self,
        app: Arc<App>,
        client: Option<Prefix>,
        request: Request<Incoming>,
    ) -> Result<Reply, Rejection> {
        let (head, incoming) = request.into_parts();
        let path: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let context = self.context(&app);
        let ballot = |id: &str| app.event().ballot(id);
        if head.method == Method::POST && !same_site::is_ours(&head) {
            return Err(Rejection::FromOtherSite);
        }
        match (head.method == Method::POST, path.as_slice()) {
            (false, ["assets", name]) => Ok(asset(name, &head.headers)),
            (false, [""]) => Ok(html(voter::home(&context))),
            (false, ["receipts"]) => Ok(html(voter::check(&context, None))),
            (true, ["receipts"]) => {
                let form = posted(&app, &head, incoming).await?;
                Ok(html(self.receipt(&app, &form).await?))
            }
            (false, ["ballots", id]) => Ok(match ballot(id) {
                Some(ballot) => html(voter::mark(
                    &context,
                    ballot,
                    region(head.uri.query()),
                    None,
                )),
                None => html(voter::not_found(&context)),
            }),
            (true, ["ballots", id, "review"]) => match ballot(id) {
                Some(ballot) => {
                    let form = posted(&app, &head, incoming).await?;
                    Ok(html(cast::review(&context, ballot, &form)?))
                }
                None => Ok(html(voter::not_found(&context))),
            },
            (true, ["ballots", id, "cast"]) => match ballot(id) {
                Some(ballot) => {
                    let form = posted(&app, &head, incoming).await?;
                    Ok(cast::cast(&app, client, &context, ballot, form).await)
                }
                None => Ok(html(voter::not_found(&context))),
            },
            _ => Ok(html(voter::not_found(&context))),
        }
    }

    /// The page that tells a problem to a voter.
    pub(crate) fn refusal(self, app: &App, problem: &Problem) -> Reply {
        let activity = if self.checks {
            Activity::Checking
        } else {
            Activity::Looking
        };
        let page = voter::ended(&self.context(app), activity, &end_of(problem));
        html(Page {
            status: problem.problem_type().definition().status.as_u16(),
            ..page
        })
    }

    fn context(self, app: &App) -> PageContext<'_> {
        PageContext {
            event: app.event(),
            lang: self.lang,
            now_ms: app.clock.now_ms(),
        }
    }

    async fn receipt(self, app: &Arc<App>, form: &Form) -> Result<Page, Rejection> {
        let text = form.get("id").unwrap_or_default().trim();
        let Ok(id) = text.parse() else {
            let fault = CheckFault::Malformed;
            return Ok(voter::check(&self.context(app), Some((text, fault))));
        };
        let found = receipts::look_up(app, id).await?;
        let context = self.context(app);
        Ok(match found {
            Some(found) => {
                let hour_ms = receipts::hour_of(found.time_ms);
                voter::receipt(&context, &id.to_string(), hour_ms)
            }
            None => voter::check(&context, Some((text, CheckFault::Unknown))),
        })
    }
}

/// The operators' page, for the internal listener.
pub(crate) fn monitor<B>(app: &App, request: &Request<B>) -> Reply {
    let visit = Visit {
        lang: lang_of(request),
        checks: false,
    };
    let tables = pages::cluster_tables(visit.lang, &picture(app));
    html(pages::monitor(
        &visit.context(app),
        Program::Validator,
        &tables,
    ))
}

/// `GET /cluster`: the tables of the monitor, as JSON.
pub(crate) fn cluster<B>(app: &App, request: &Request<B>) -> Reply {
    let tables = pages::cluster_tables(lang_of(request), &picture(app));
    let rows = |table: &ClusterTable| json!({"id": table.id, "rows": table.rows});
    let tables: Vec<Value> = tables.iter().map(rows).collect();
    reply::json(StatusCode::OK, &tables, reply::JSON, None)
}

fn lang_of<B>(request: &Request<B>) -> Language {
    let query = query(request.uri().query());
    let asked = query.as_ref().and_then(|query| query.get("lang"));
    let asked = asked.and_then(Language::from_tag);
    asked.unwrap_or_else(|| listener::negotiate(request.headers()))
}

/// Whether a client that may be a program asks for JSON; browsers name `text/html` first.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("json") && !accept.contains("text/html"))
}

/// A query; one that is no form counts as none.
fn query(text: Option<&str>) -> Option<Form> {
    Form::parse(text?.as_bytes()).ok()
}

fn region(query_text: Option<&str>) -> Option<u16> {
    query(query_text)?.get("region")?.parse().ok()
}

/// The form of a request; its bytes are wiped when they have been read.
async fn posted(app: &App, head: &Parts, incoming: Incoming) -> Result<Form, Rejection> {
    let content_type = head.headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case(FORM)) {
        return Err(Rejection::UnsupportedMediaType);
    }
    let bytes: Zeroizing<Vec<u8>> = body::collect(incoming, app.body).await?;
    Form::parse(&bytes).map_err(|_| Rejection::NotAForm)
}
