//! Which page a request is for, and that page.

use std::sync::Arc;

use election::Language;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request};
use listener::client::Prefix;
use pages::voter::{self, Activity, CheckFault, Marks, ReceiptView, SAVE_FIELD};
use pages::{Astray, Form, Page, PageContext, Program};
use zeroize::Zeroizing;

use super::cast;
use super::page::{asset, html, logo};
use super::proof;
use super::refused::end_of;
use super::same_site;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::rejection::Rejection;
use crate::http::reply::Reply;
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
        let reads = reads(request.method());
        let is_page = match path {
            "/" => reads && Wants::of(request) != Wants::Json,
            "/receipts" => true,
            _ if path.starts_with("/ballots/") => true,
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
        let ballot = |id: &str| app.event().ballot(id).ok_or(Rejection::NoSuchPath);
        let posts = head.method == Method::POST;
        if posts && !same_site::is_ours(&head) {
            return Err(Rejection::FromOtherSite);
        }
        if !posts && !reads(&head.method) {
            let allow = "GET, HEAD, POST";
            return Err(Rejection::MethodNotAllowed { allow });
        }
        let form = || posted(&app, &head, incoming);
        match (posts, path.as_slice()) {
            (false, ["assets", name]) => asset(name, &head.headers)
                .or_else(|| logo(&app, name))
                .ok_or(Rejection::NoSuchPath),
            (false, [""]) => Ok(html(voter::home(&context))),
            (false, ["receipts"]) => Ok(html(voter::check(&context, None))),
            (true, ["receipts"]) => Ok(self.receipt(&app, &form().await?).await?),
            // Browsers remember the addresses of the two forms; what was posted there they have not.
            (false, ["ballots", id] | ["ballots", id, "review" | "cast"]) => {
                let marks = query(head.uri.query());
                let marks = marks.map_or_else(Marks::default, |query| Marks::of_address(&query));
                Ok(html(voter::mark(&context, ballot(id)?, &marks, None)))
            }
            (true, ["ballots", id]) => {
                let ballot = ballot(id)?;
                let marks = Marks::of_form(ballot, &form().await?);
                Ok(html(voter::mark(&context, ballot, &marks, None)))
            }
            (true, ["ballots", id, "review"]) => {
                let ballot = ballot(id)?;
                Ok(html(cast::review(&context, ballot, &form().await?)?))
            }
            (true, ["ballots", id, "cast"]) => {
                let ballot = ballot(id)?;
                Ok(cast::cast(&app, client, &context, ballot, form().await?).await)
            }
            _ => Err(Rejection::NoSuchPath),
        }
    }

    /// The page that tells a problem to a voter.
    pub(crate) fn refusal(self, app: &App, problem: &Problem) -> Reply {
        if let Some(page) = astray(app, self.lang, problem) {
            return page;
        }
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
        context(app, self.lang)
    }

    async fn receipt(self, app: &Arc<App>, form: &Form) -> Result<Reply, Rejection> {
        // Whoever copies it from paper may keep its groups apart.
        let asked = form.get("id").unwrap_or_default();
        let text: String = asked.split_whitespace().collect();
        let text = text.as_str();
        let Ok(id) = text.parse() else {
            let fault = match text {
                "" => CheckFault::Missing,
                _ => CheckFault::Malformed,
            };
            return Ok(html(voter::check(&self.context(app), Some((text, fault)))));
        };
        let found = receipts::look_up(app, id).await?;
        let context = self.context(app);
        Ok(html(match found {
            Some(found) => {
                let proof = found
                    .voucher
                    .and_then(|voucher| proof::view(app, &id, voucher));
                if let Some(proof) = proof.as_ref().filter(|_| form.get(SAVE_FIELD).is_some()) {
                    return Ok(proof::file(proof));
                }
                let view = ReceiptView {
                    id: &id.to_string(),
                    ballot: None,
                    time_ms: receipts::hour_of(found.time_ms),
                    proof: proof.as_ref(),
                };
                voter::receipt(&context, &view)
            }
            None => voter::check(&context, Some((text, CheckFault::Unknown))),
        }))
    }
}

pub(super) fn lang_of<B>(request: &Request<B>) -> Language {
    let query = query(request.uri().query());
    let asked = query.as_ref().and_then(|query| query.get("lang"));
    let asked = asked.and_then(Language::from_tag);
    asked.unwrap_or_else(|| listener::negotiate(request.headers()))
}

fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// What a client says that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// A page, in this language: browsers name `text/html`.
    Page(Language),
    /// JSON, and no page.
    Json,
    /// It does not say.
    Anything,
}

impl Wants {
    /// What the client of a request says that it reads.
    pub(crate) fn of<B>(request: &Request<B>) -> Wants {
        let accept = request.headers().get(ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        match accept {
            Some(accept) if accept.contains("text/html") => Wants::Page(lang_of(request)),
            Some(accept) if accept.contains("json") => Wants::Json,
            _ => Wants::Anything,
        }
    }
}

/// The page for an address that leads nowhere, or takes another method; none where something else is wrong.
pub(crate) fn astray(app: &App, lang: Language, problem: &Problem) -> Option<Reply> {
    let (why, allow) = match problem {
        Problem::Request(Rejection::NoSuchPath) => (Astray::NoSuchPage, None),
        Problem::Request(Rejection::MethodNotAllowed { allow }) => {
            (Astray::OtherMethod, Some(*allow))
        }
        _ => return None,
    };
    let context = context(app, lang);
    let mut reply = html(pages::astray(&context, Program::Validator, why));
    if let Some(allow) = allow {
        let allow = HeaderValue::from_static(allow);
        reply.headers_mut().insert(ALLOW, allow);
    }
    Some(reply)
}

pub(super) fn context(app: &App, lang: Language) -> PageContext<'_> {
    PageContext {
        event: app.event(),
        logo: app.package().logo(),
        lang,
        now_ms: app.clock.now_ms(),
    }
}

/// A query; one that is no form counts as none.
fn query(text: Option<&str>) -> Option<Form> {
    Form::parse(text?.as_bytes()).ok()
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
