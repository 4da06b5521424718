//! The results pages over HTTP: which page a request is, and the page as a cached answer.
//!
//! What stands on the pages is crate `pages`' business, what may be seen on them the policy's. The
//! pages are for people and no part of the API that `openapi.json` describes.

pub(super) mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use companions::Logo;
use election::{Ballot, BallotKind, Language};
use pages::results::{self, Asked, Night, Show, Summary};
use pages::{Astray, Form, Page, PageContext, Program};

use super::cache::{Kind, Stamp, broken};
use super::path_part::{PathPart, named, plain_number};
use super::shared::Shared;
use crate::published::FRESH;
use views::summary;

const HTML: &str = "text/html; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8";

/// How old a page may be while votes come: a crowd of viewers has few versions among it, and few deltas are
/// made. The pages' script, results.js, waits as long after a change before it asks.
const PAGE_FRESH: Duration = Duration::from_secs(2);
/// How often a page says anew how long ago witnesses have seen the ledger.
const SAID_AGAIN_MS: i64 = 10_000;

/// What a path under `/` or `/embed` shows.
pub(super) enum Showing<'a> {
    Index,
    Ballot(&'a Ballot),
    Region(&'a Ballot, u16),
    Csv(&'a Ballot),
}

/// `GET /`, `/ballots/...`, `/embed/ballots/...`: a page, or a CSV of it.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let query = query_of(&uri);
    let lang = lang_of(query.as_ref(), &headers);
    let parts: Vec<&str> = uri.path().split('/').skip(1).collect();
    let (embed, parts) = match parts.as_slice() {
        ["embed", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let context = context(&shared, lang);
    let Some(shown) = showing(&shared, parts) else {
        let why = match embed {
            true => Astray::NoSuchView,
            false => Astray::NoSuchPage,
        };
        return uncached(pages::astray(&context, Program::Tally, why));
    };
    let asked = query.as_ref().map(Asked::of).unwrap_or_default();
    let night = Night {
        context,
        stream: Some("/api/v1/stream?topics=changes"),
        embed,
        asked: &shown.heeds(asked),
        geometry: shared.package.geometry(),
        baseline: shared.package.baseline(),
        snapshot: None,
    };
    let since = query.as_ref().and_then(|query| query.get("since"));
    answer(&shared, &night, &shown, (uri.path(), since), &headers)
}

impl Showing<'_> {
    /// What of a question the page answers. The rest is left out, so that it makes no further page.
    fn heeds(&self, asked: Asked) -> Asked {
        match self {
            Showing::Index | Showing::Csv(_) => Asked::default(),
            Showing::Ballot(ballot) => Asked {
                search: asked.search,
                show: {
                    let shows = match ballot.kind {
                        BallotKind::Election(_) => Show::OF_ELECTIONS,
                        BallotKind::Law(_) => Show::OF_LAWS,
                    };
                    let heeded = Some(asked.show).filter(|show| shows.contains(show));
                    heeded.unwrap_or_default()
                },
                round: None,
            },
            Showing::Region(ballot, number) => {
                let election = ballot
                    .election()
                    .expect("only elections have pages of regions");
                let rounds_max = election.candidates_of(*number).count();
                Asked {
                    round: asked.round.filter(|round| *round <= rounds_max),
                    ..Asked::default()
                }
            }
        }
    }
}

fn showing<'a>(shared: &'a Shared, parts: &[&str]) -> Option<Showing<'a>> {
    let ballot = |id: &str| shared.package.event().ballot(id);
    match parts {
        [""] => Some(Showing::Index),
        ["ballots", id] => ballot(id).map(Showing::Ballot),
        ["ballots", id, "results.csv"] => ballot(id).map(Showing::Csv),
        ["ballots", id, "regions", number] => {
            let (ballot, number) = (ballot(id)?, plain_number(number)?);
            let votes_there = ballot.election()?.regions().contains(&number);
            votes_there.then_some(Showing::Region(ballot, number))
        }
        _ => None,
    }
}

/// From the cache where nothing that the page shows has changed.
fn answer(
    shared: &Shared,
    night: &Night<'_>,
    shown: &Showing<'_>,
    (path, since): (&str, Option<&str>),
    headers: &HeaderMap,
) -> Response {
    let ballots = match shown {
        Showing::Index => shared.package.event().ballots(),
        Showing::Ballot(ballot) | Showing::Region(ballot, _) | Showing::Csv(ballot) => {
            std::slice::from_ref(*ballot)
        }
    };
    let editions = match shared.editions(ballots) {
        Ok(editions) => editions,
        Err(error) => return broken(path, &error),
    };
    let kind = kind_of(shown, night.embed);
    // What people type is kept by nobody; everything else that can be asked, the event bounds.
    let key = night.asked.search.is_empty().then(|| {
        let (asked, lang) = (night.asked.query(), night.context.lang.tag());
        format!("{path}{asked}#{lang}")
    });
    let now_ms = night.context.now_ms;
    let checked_by = shared.gates.checked_by();
    let checked_by = checked_by.map(|checked_by| views::checked(&checked_by, now_ms));
    // The page says how long ago that was.
    let said_at = checked_by.as_ref().map_or(0, |_| now_ms / SAID_AGAIN_MS);
    let stamp = Stamp::of(&editions).with_checked(said_at.unsigned_abs());
    let made = || {
        let summaries = ballots.iter().zip(&editions);
        let summaries = summaries
            .map(|(ballot, edition)| summary(ballot, &edition.results, checked_by.clone()));
        Ok(body(night, shown, &summaries.collect::<Vec<Summary>>()))
    };
    let (cache, key) = (&shared.cache, key.as_deref());
    let mut response = match key.zip(since) {
        Some(known) if kind.has_deltas => cache.respond_since(known, stamp, headers, &kind, made),
        _ => cache.respond_as(key, stamp, headers, &kind, made),
    };
    secure(response.headers_mut(), night.context.lang);
    response
}

fn kind_of(shown: &Showing<'_>, embed: bool) -> Kind {
    let is_page = !matches!(shown, Showing::Csv(_));
    Kind {
        content_type: if is_page { HTML } else { CSV },
        policy: if embed { pages::EMBED_CSP } else { pages::CSP },
        vary: match shown {
            // The same address is JSON for programs.
            Showing::Index => "accept, accept-language, accept-encoding",
            // A page's script finds the document in the browser's cache, though it asks by other words.
            _ => "accept-language, accept-encoding",
        },
        fresh: if is_page { PAGE_FRESH } else { FRESH },
        has_deltas: is_page,
    }
}

/// `summaries` are those of the ballots that are shown: all on the index, else one.
pub(super) fn body(night: &Night<'_>, shown: &Showing<'_>, summaries: &[Summary]) -> Vec<u8> {
    let page = match shown {
        Showing::Index => results::index(night, summaries),
        Showing::Csv(ballot) => return csv(night, ballot, &summaries[0]).into_bytes(),
        Showing::Ballot(ballot) => match (&ballot.kind, &summaries[0]) {
            (BallotKind::Law(law), Summary::Law(view)) => results::law(night, ballot, law, view),
            (BallotKind::Election(election), Summary::Election(view)) => {
                results::election(night, ballot, election, view)
            }
            _ => unreachable!("{OF_ITS_KIND}"),
        },
        Showing::Region(ballot, number) => region(night, ballot, *number, &summaries[0]),
    };
    page.html.into_bytes()
}

const OF_ITS_KIND: &str = "a summary is of its ballot's kind";

fn region(night: &Night<'_>, ballot: &Ballot, number: u16, summary: &Summary) -> Page {
    let (BallotKind::Election(election), Summary::Election(view)) = (&ballot.kind, summary) else {
        unreachable!("{OF_ITS_KIND}, and only elections have pages of regions");
    };
    let region = view.regions.iter().find(|region| region.region == number);
    let region = region.expect("the address was compared with the election's regions");
    results::region(
        night,
        ballot,
        election,
        (&view.progress, &view.seen),
        region,
    )
    .expect("a definition's candidates stand in regions that it names")
}

fn csv(night: &Night<'_>, ballot: &Ballot, summary: &Summary) -> String {
    match (&ballot.kind, summary) {
        (BallotKind::Election(election), Summary::Election(view)) => {
            results::election_csv(night, ballot, election, view)
        }
        (BallotKind::Law(_), Summary::Law(view)) => results::law_csv(night, ballot, view),
        _ => unreachable!("{OF_ITS_KIND}"),
    }
}

/// `GET /assets/{name}`: a file that pages load.
pub(super) async fn asset(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    name: PathPart<String>,
    headers: HeaderMap,
) -> Response {
    let name = named(name);
    let is_asked = |logo: &&Logo| name.as_deref() == Some(logo.file_name());
    if let Some(logo) = shared.package.logo().filter(is_asked) {
        return logo_file(logo);
    }
    let Some(asset) = name.and_then(|name| pages::asset(&name)) else {
        let page = astray(&shared, &uri, &headers, Astray::NoSuchPage);
        return page.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response());
    };
    file(asset, pages::ASSET_CACHE_CONTROL, &headers)
}

/// `GET /embed.js`: what newsrooms load into their own pages, at an address that stays.
pub(super) async fn embed_script(headers: HeaderMap) -> Response {
    let script = pages::embed_script();
    file(script, pages::EMBED_SCRIPT_CACHE_CONTROL, &headers)
}

fn file(asset: pages::Asset, cache_control: &'static str, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let (bytes, encoding) = asset.encoded(accepted.and_then(|value| value.to_str().ok()));
    let common = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, cache_control),
        (header::VARY, "accept-encoding"),
    ];
    let encoding = encoding.map(|coding| [(header::CONTENT_ENCODING, coding)]);
    let mut response = (common, bytes).into_response();
    for (name, value) in encoding.into_iter().flatten() {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    with_headers(response.headers_mut(), pages::SECURITY_HEADERS);
    response
}

/// The authority's logo, which comes from the package.
fn logo_file(logo: &Logo) -> Response {
    let mut response = logo.to_svg().to_vec().into_response();
    let headers = response.headers_mut();
    with_headers(headers, pages::LOGO_HEADERS);
    with_headers(headers, pages::SECURITY_HEADERS);
    response
}

fn with_headers(headers: &mut HeaderMap, more: &'static [(&str, &str)]) {
    for (name, value) in more {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Whether a client that may be a program asks for JSON; browsers name `text/html` first.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    !wants_page(headers) && accept(headers).contains("json")
}

fn wants_page(headers: &HeaderMap) -> bool {
    accept(headers).contains("text/html")
}

fn accept(headers: &HeaderMap) -> &str {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    accept.unwrap_or_default() // nothing is asked for by name
}

/// The page for an address that leads nowhere, or takes another method; none for programs.
pub(super) fn astray(
    shared: &Shared,
    uri: &Uri,
    headers: &HeaderMap,
    why: Astray,
) -> Option<Response> {
    if !wants_page(headers) {
        return None;
    }
    let lang = lang_of(query_of(uri).as_ref(), headers);
    let context = context(shared, lang);
    let mut response = uncached(pages::astray(&context, Program::Tally, why));
    if why == Astray::OtherMethod {
        let allow = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allow);
    }
    Some(response)
}

fn context(shared: &Shared, lang: Language) -> PageContext<'_> {
    PageContext {
        event: shared.package.event(),
        logo: shared.package.logo(),
        lang,
        now_ms: shared.now_ms(),
    }
}

/// For whom a page is rendered that somebody asks for.
pub(super) fn context_of<'a>(
    shared: &'a Shared,
    uri: &Uri,
    headers: &HeaderMap,
) -> PageContext<'a> {
    context(shared, lang_of(query_of(uri).as_ref(), headers))
}

fn query_of(uri: &Uri) -> Option<Form> {
    let query = uri.query()?;
    Form::parse(query.as_bytes()).ok()
}

fn lang_of(query: Option<&Form>, headers: &HeaderMap) -> Language {
    let asked = query.and_then(|query| query.get("lang"));
    let asked = asked.and_then(Language::from_tag);
    asked.unwrap_or_else(|| listener::negotiate(headers))
}

/// A page that nobody keeps.
pub(super) fn uncached(page: Page) -> Response {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CACHE_CONTROL, pages::NO_STORE),
        (header::CONTENT_SECURITY_POLICY, page.csp),
        (header::VARY, "accept, accept-language"),
    ];
    let mut response = (status, headers, page.html).into_response();
    secure(response.headers_mut(), page.lang);
    response
}

fn secure(headers: &mut HeaderMap, lang: Language) {
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(lang.tag()),
    );
    with_headers(headers, pages::SECURITY_HEADERS);
}
