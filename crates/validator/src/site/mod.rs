//! The voter's pages over HTTP: which page a request is, and the page as an answer.
//!
//! What stands on the pages is crate `pages`' business. Here a request becomes a call of it: look-ups
//! of ballots and receipts, forms that become votes (`cast`), problems that become pages. The pages
//! are for people and no part of the interface that `openapi.json` describes.

mod cast;

use crate::app::App;
use crate::http::face;
use crate::http::problem::{Extra, Problem};
use crate::http::reply::{self, Reply};
use crate::http::{body, receipts};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, VARY,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, StatusCode};
use listener::client::Prefix;
use pages::voter::{self, CheckFault, End};
use pages::{Form, Lang, Page, Program, Site};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const FORM: &str = "application/x-www-form-urlencoded";
/// What a voter is told to wait where nothing better is known.
const RETRY: Duration = Duration::from_secs(5);

/// A request for a page, and the language of its answer.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    lang: Lang,
}

impl Visit {
    /// None: the request is for the interface, not for a page.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Visit> {
        let path = request.uri().path();
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let is_page = match path {
            "/" => reads && !wants_json(request.headers()),
            "/receipts" => reads,
            _ if path.starts_with("/ballots/") => reads || request.method() == Method::POST,
            _ => reads && path.starts_with(pages::ASSET_PREFIX),
        };
        is_page.then(|| Visit {
            lang: lang_of(request),
        })
    }

    /// Answers a request of a client that is within its quota, where it is counted.
    ///
    /// # Errors
    /// What the interface would answer; [`Visit::refusal`] makes a page of it.
    pub(crate) async fn answer(
        self,
        app: Arc<App>,
        client: Option<Prefix>,
        request: Request<Incoming>,
    ) -> Result<Reply, Problem> {
        let (head, incoming) = request.into_parts();
        let path: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let site = self.site(&app);
        let ballot = |id: &str| app.event().ballot(id);
        match (head.method == Method::POST, path.as_slice()) {
            (false, ["assets", name]) => Ok(asset(name, &head.headers)),
            (false, [""]) => Ok(html(voter::home(&site))),
            (false, ["receipts"]) => Ok(html(self.receipt(&app, head.uri.query()).await?)),
            (false, ["ballots", id]) => Ok(match ballot(id) {
                Some(ballot) => html(voter::mark(&site, ballot, region(head.uri.query()), None)),
                None => html(voter::not_found(&site)),
            }),
            (true, ["ballots", id, step @ ("review" | "cast")]) => match ballot(id) {
                Some(ballot) => {
                    let form = posted(&app, &head, incoming).await?;
                    Ok(match *step {
                        "review" => html(cast::review(&site, ballot, &form)),
                        _ => cast::cast(&app, client, &site, ballot, form).await,
                    })
                }
                None => Ok(html(voter::not_found(&site))),
            },
            _ => Ok(html(voter::not_found(&site))),
        }
    }

    /// A problem as the voter reads it, on a page of its own.
    pub(crate) fn refusal(self, app: &App, problem: &Problem) -> Reply {
        let page = voter::ended(&self.site(app), None, &end_of(problem));
        html(Page {
            status: problem.face.status.as_u16(),
            ..page
        })
    }

    fn site(self, app: &App) -> Site<'_> {
        Site {
            event: app.event(),
            lang: self.lang,
            now_ms: app.clock.now_ms(),
        }
    }

    async fn receipt(self, app: &Arc<App>, query_text: Option<&str>) -> Result<Page, Problem> {
        let query = query(query_text);
        let asked = query.as_ref().and_then(|query| query.get("id"));
        let asked = asked.map(str::trim);
        let Some(text) = asked else {
            return Ok(voter::check(&self.site(app), None));
        };
        let Ok(id) = text.parse() else {
            let fault = CheckFault::Malformed;
            return Ok(voter::check(&self.site(app), Some((text, fault))));
        };
        let found = receipts::look_up(app, id).await?;
        let site = self.site(app);
        Ok(match found {
            Some(receipt) => voter::receipt(&site, &id.to_string(), receipt.time_ms),
            None => voter::check(&site, Some((text, CheckFault::Unknown))),
        })
    }
}

/// How a problem ends a vote.
fn end_of(problem: &Problem) -> End {
    let wait = match problem.extra {
        Extra::RetryAfter(wait) => wait,
        _ => RETRY,
    };
    let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    let retry_after_s = seconds.max(1);
    match (&problem.extra, problem.face.slug) {
        (Extra::Attempts(attempt_count), _) => End::Duplicate {
            attempt_count: *attempt_count,
        },
        (Extra::Opens(opens_ms), _) => End::NotOpen {
            opens_ms: *opens_ms,
        },
        (Extra::Closes(closed_ms), _) => End::Closed {
            closed_ms: *closed_ms,
        },
        (_, slug) if slug == face::OUTCOME_UNKNOWN.slug || slug == face::INTERNAL.slug => {
            End::Unsure { retry_after_s }
        }
        _ if problem.face.status == StatusCode::TOO_MANY_REQUESTS => {
            End::TooManyTries { retry_after_s }
        }
        _ if problem.face.status == StatusCode::SERVICE_UNAVAILABLE => End::Busy { retry_after_s },
        _ => End::Broken,
    }
}

/// The operators' page, for the internal listener.
pub(crate) fn monitor<B>(app: &App, request: &Request<B>) -> Reply {
    let visit = Visit {
        lang: lang_of(request),
    };
    html(pages::monitor(&visit.site(app), Program::Validator))
}

fn lang_of<B>(request: &Request<B>) -> Lang {
    let query = query(request.uri().query());
    let header = request.headers().get(ACCEPT_LANGUAGE);
    let accepted = header.and_then(|value| value.to_str().ok());
    Lang::negotiate(query.as_ref().and_then(|q| q.get("lang")), accepted)
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
async fn posted(app: &App, head: &Parts, incoming: Incoming) -> Result<Form, Problem> {
    let content_type = head.headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case(FORM)) {
        return Err(Problem::from(&face::UNSUPPORTED_MEDIA_TYPE));
    }
    let bytes: Zeroizing<Vec<u8>> = body::collect(incoming, app.body).await?;
    Form::parse(&bytes).map_err(|_| Problem::from(&face::MALFORMED))
}

/// A page as an answer.
fn html(page: Page) -> Reply {
    // Every page names a status of HTTP.
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    let mut reply = reply::made(status, page.html.into(), HTML, None);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(page.csp));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(pages::NO_STORE));
    if let Some(seconds) = page.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(page.lang.tag()));
    secure(headers);
    reply
}

/// On to another page; the form that led here is not sent again by a reload.
fn see_other(location: &str) -> Reply {
    let mut reply = html_free(StatusCode::SEE_OTHER);
    if let Ok(location) = HeaderValue::from_str(location) {
        reply.headers_mut().insert(LOCATION, location);
    }
    reply
}

fn html_free(status: StatusCode) -> Reply {
    let mut reply = reply::made(status, Bytes::new(), HTML, None);
    secure(reply.headers_mut());
    reply
}

/// An embedded file in the best encoding that the browser takes.
pub(crate) fn asset(name: &str, request: &HeaderMap) -> Reply {
    let Some(asset) = pages::asset(name) else {
        return html_free(StatusCode::NOT_FOUND);
    };
    let accepted = request.get(ACCEPT_ENCODING);
    let (bytes, encoding) = asset.encoded(accepted.and_then(|value| value.to_str().ok()));
    let content_type = HeaderValue::from_static(asset.content_type);
    let mut reply = reply::made(
        StatusCode::OK,
        Bytes::from_static(bytes),
        content_type,
        None,
    );
    let headers = reply.headers_mut();
    let cache = HeaderValue::from_static(pages::ASSET_CACHE_CONTROL);
    headers.insert(CACHE_CONTROL, cache);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    secure(headers);
    reply
}

fn secure(headers: &mut HeaderMap) {
    for (name, value) in pages::SECURITY_HEADERS {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
}
