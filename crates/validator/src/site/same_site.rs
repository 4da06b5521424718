//! Whether a form comes from a page of ours, as the browser says that sends it.
//!
//! A page of another site could otherwise have a visitor's browser post a choice to the review, where
//! it would stand as if the visitor had marked it.

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Today's browsers say it in Sec-Fetch-Site, which no page can set. Older ones name the page's site
/// in Origin. A program that says neither has nobody whom it could trick.
pub(super) fn is_ours(head: &Parts) -> bool {
    if let Some(site) = head.headers.get(FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = head.headers.get(ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().unwrap_or_default(); // no site that is ours
    let site = origin.split_once("://").map(|(_, site)| site);
    site.zip(host(head))
        .is_some_and(|(site, host)| site.eq_ignore_ascii_case(host))
}

/// The host that is asked: HTTP/2 has it in the target (RFC 9113, section 8.3.1).
fn host(head: &Parts) -> Option<&str> {
    match head.headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        None => head.uri.authority().map(|authority| authority.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    #[test]
    fn only_pages_of_ours_send_forms() {
        let site = "sec-fetch-site";
        let cases: [(&[(&str, &str)], bool); 11] = [
            (&[(site, "same-origin")], true),
            (&[(site, "none")], true),
            (&[(site, "same-site")], false),
            (&[(site, "cross-site")], false),
            (
                &[(site, "cross-site"), ("origin", "https://vote.example.org")],
                false,
            ),
            (&[("origin", "https://vote.example.org")], true),
            (&[("origin", "https://VOTE.example.org")], true),
            (&[("origin", "https://vote.example.org:8443")], false),
            (&[("origin", "https://evil.example.org")], false),
            (&[("origin", "null")], false),
            (&[], true),
        ];
        for (headers, expected) in cases {
            for by_target in [false, true] {
                let mut request = Request::post(match by_target {
                    true => "https://vote.example.org/ballots/L/review",
                    false => "/ballots/L/review",
                });
                if !by_target {
                    request = request.header("host", "vote.example.org");
                }
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let (head, ()) = request.body(()).expect("a request").into_parts();
                assert_eq!(is_ours(&head), expected, "{headers:?} {by_target}");
            }
        }
    }
}
