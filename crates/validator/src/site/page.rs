//! Pages and their assets as answers, with the headers that browsers need.

use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY,
    HeaderName, HeaderValue, RETRY_AFTER, VARY,
};
use hyper::{HeaderMap, StatusCode};
use pages::Page;

use crate::app::App;
use crate::http::reply::{self, Reply};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A page as an answer.
pub(super) fn html(page: Page) -> Reply {
    let status = StatusCode::from_u16(page.status).expect("every page names a status of HTTP");
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

/// An embedded file in the best encoding that the browser takes; none where there is no such file.
pub(crate) fn asset(name: &str, request: &HeaderMap) -> Option<Reply> {
    let asset = pages::asset(name)?;
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
    Some(reply)
}

/// The authority's logo under the name that its pages give it; none where the package has no such file.
pub(super) fn logo(app: &App, name: &str) -> Option<Reply> {
    let logo = app
        .package()
        .logo()
        .filter(|logo| logo.file_name() == name)?;
    let mut reply = Reply::new(Bytes::copy_from_slice(logo.to_svg()).into());
    insert(reply.headers_mut(), pages::LOGO_HEADERS);
    secure(reply.headers_mut());
    Some(reply)
}

fn secure(headers: &mut HeaderMap) {
    insert(headers, pages::SECURITY_HEADERS);
}

fn insert(headers: &mut HeaderMap, more: &'static [(&str, &str)]) {
    for (name, value) in more {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
}
