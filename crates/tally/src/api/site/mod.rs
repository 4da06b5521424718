//! The results pages over HTTP: which page a request is, and the page as a cached answer.
//!
//! What stands on the pages is crate `pages`' business, what may be seen on them the policy's. The
//! pages are for people and no part of the API that `openapi.json` describes.

mod views;

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use election::{Ballot, BallotKind};
use pages::results::{self, Night, Summary};
use pages::{Form, Lang, Page, Program, Site, voter};

use super::Shared;
use super::cache::{Kind, Version};
use super::named;

const HTML: &str = "text/html; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8";

/// What a path under `/` or `/embed` shows.
enum Place<'a> {
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
    let lang = lang_of(&uri, &headers);
    let parts: Vec<&str> = uri.path().split('/').skip(1).collect();
    let (embed, parts) = match parts.as_slice() {
        ["embed", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let night = Night {
        site: site(&shared, lang),
        // Any change of what may be seen comes with one of turnout, or with the clock.
        stream: Some("/api/v1/stream?topics=turnout"),
        embed,
    };
    match place(&shared, parts) {
        Some(place) => answer(&shared, &night, &place, uri.path(), &headers),
        None => uncached(voter::not_found(&night.site)),
    }
}

fn place<'a>(shared: &'a Shared, parts: &[&str]) -> Option<Place<'a>> {
    let ballot = |id: &str| shared.package.event().ballot(id);
    match parts {
        [""] => Some(Place::Index),
        ["ballots", id] => ballot(id).map(Place::Ballot),
        ["ballots", id, "results.csv"] => ballot(id).map(Place::Csv),
        ["ballots", id, "regions", number] => {
            let (ballot, number) = (ballot(id)?, number.parse().ok()?);
            let votes_there = ballot.election()?.regions().contains(&number);
            votes_there.then_some(Place::Region(ballot, number))
        }
        _ => None,
    }
}

/// From the cache where nothing that the page shows has changed.
fn answer(
    shared: &Shared,
    night: &Night<'_>,
    place: &Place<'_>,
    path: &str,
    headers: &HeaderMap,
) -> Response {
    let board = shared.board();
    let ballots = match place {
        Place::Index => shared.package.event().ballots(),
        Place::Ballot(ballot) | Place::Region(ballot, _) | Place::Csv(ballot) => {
            std::slice::from_ref(*ballot)
        }
    };
    let now = night.site.now_ms;
    // A page also says whether voting has begun.
    let begun = |ballot: &Ballot| (u64::from(now >= ballot.opens), now >= ballot.opens);
    let version: Version = ballots
        .iter()
        .flat_map(|ballot| [board.version(ballot, now), begun(ballot)])
        .collect();
    let kind = Kind {
        content_type: if matches!(place, Place::Csv(_)) {
            CSV
        } else {
            HTML
        },
        policy: if night.embed {
            pages::EMBED_CSP
        } else {
            pages::CSP
        },
    };
    let key = format!("{path}?lang={}", night.site.lang.tag());
    let mut response = shared.cache.respond_as(&key, version, headers, &kind, || {
        Ok(body(night, place, |ballot| {
            views::summary(shared, &board, ballot, now)
        }))
    });
    secure(response.headers_mut(), night.site.lang);
    response
}

fn body(night: &Night<'_>, place: &Place<'_>, summary: impl Fn(&Ballot) -> Summary) -> Vec<u8> {
    let page = match place {
        Place::Index => {
            let ballots = night.site.event.ballots().iter();
            let summaries: Vec<Summary> = ballots.map(summary).collect();
            Some(results::index(night, &summaries))
        }
        Place::Csv(ballot) => return csv(night, ballot, &summary(ballot)).into_bytes(),
        Place::Ballot(ballot) => match (&ballot.kind, summary(ballot)) {
            (BallotKind::Law(law), Summary::Law(view)) => {
                Some(results::law(night, ballot, law, &view))
            }
            (BallotKind::Election(election), Summary::Election(view)) => {
                Some(results::election(night, ballot, election, &view))
            }
            _ => None,
        },
        Place::Region(ballot, number) => match (&ballot.kind, summary(ballot)) {
            (BallotKind::Election(election), Summary::Election(view)) => {
                let region = view.regions.iter().find(|region| region.region == *number);
                region.and_then(|r| results::region(night, ballot, election, &view.seen, r))
            }
            _ => None,
        },
    };
    // Places name what exists, and summaries follow the kind of their ballot.
    page.unwrap_or_else(|| voter::not_found(&night.site))
        .html
        .into_bytes()
}

fn csv(night: &Night<'_>, ballot: &Ballot, summary: &Summary) -> String {
    match (&ballot.kind, summary) {
        (BallotKind::Election(election), Summary::Election(view)) => {
            results::election_csv(night, ballot, election, view)
        }
        (_, Summary::Law(view)) => results::law_csv(night, ballot, view),
        _ => String::new(),
    }
}

/// `GET /monitor`: the operators' page over `/metrics`.
pub(super) async fn monitor(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let lang = lang_of(&uri, &headers);
    uncached(pages::monitor(&site(&shared, lang), Program::Tally))
}

/// `GET /assets/{name}`
pub(super) async fn asset(name: super::PathPart<String>, headers: HeaderMap) -> Response {
    let Some(asset) = named(name).and_then(|name| pages::asset(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let (bytes, encoding) = asset.encoded(accepted.and_then(|value| value.to_str().ok()));
    let common = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, pages::ASSET_CACHE_CONTROL),
        (header::VARY, "accept-encoding"),
    ];
    let encoding = encoding.map(|coding| [(header::CONTENT_ENCODING, coding)]);
    let mut response = (common, bytes).into_response();
    for (name, value) in encoding.into_iter().flatten() {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in pages::SECURITY_HEADERS {
        let name = HeaderName::from_static(name);
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a client that may be a program asks for JSON; browsers name `text/html` first.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("json") && !accept.contains("text/html"))
}

fn site(shared: &Shared, lang: Lang) -> Site<'_> {
    Site {
        event: shared.package.event(),
        lang,
        now_ms: shared.now_ms(),
    }
}

fn lang_of(uri: &Uri, headers: &HeaderMap) -> Lang {
    let query = uri
        .query()
        .and_then(|query| Form::parse(query.as_bytes()).ok());
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    Lang::negotiate(
        query.as_ref().and_then(|query| query.get("lang")),
        accepted.and_then(|value| value.to_str().ok()),
    )
}

fn uncached(page: Page) -> Response {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CACHE_CONTROL, pages::NO_STORE),
        (header::CONTENT_SECURITY_POLICY, page.csp),
    ];
    let mut response = (status, headers, page.html).into_response();
    secure(response.headers_mut(), page.lang);
    response
}

fn secure(headers: &mut HeaderMap, lang: Lang) {
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-language"),
    );
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(lang.tag()),
    );
    for (name, value) in pages::SECURITY_HEADERS {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
}
