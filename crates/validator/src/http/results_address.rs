//! Where results are, for those who ask for them here: the voting port has none.

use std::str::FromStr;

use hyper::body::Bytes;
use hyper::header::{HeaderValue, LOCATION};
use hyper::http::request::Parts;
use hyper::{StatusCode, Uri};

use super::rejection::Rejection;
use super::reply::{self, JSON, Reply};

/// The address under which results are published, where operators have named one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResultsAddress(Option<String>);

impl FromStr for ResultsAddress {
    type Err = ();

    /// Scheme and authority alone: paths are the same there. Nothing where the text is empty.
    fn from_str(text: &str) -> Result<ResultsAddress, ()> {
        if text.is_empty() {
            return Ok(ResultsAddress(None));
        }
        let uri: Uri = text.parse().map_err(|_| ())?;
        let sound = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some()
            && uri.path() == "/"
            && uri.query().is_none();
        let address = text.trim_end_matches('/').to_owned();
        sound.then_some(ResultsAddress(Some(address))).ok_or(())
    }
}

impl ResultsAddress {
    /// The answer to a request for a path that this server does not have.
    ///
    /// # Errors
    /// Results are not asked, or nobody has said where they are.
    pub(crate) fn instead_of(&self, head: &Parts) -> Result<Reply, Rejection> {
        if !is_of_results(head.uri.path()) {
            return Err(Rejection::NoSuchPath);
        }
        let address = self.0.as_ref().ok_or(Rejection::ResultsElsewhere)?;
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let location = HeaderValue::from_str(&format!("{address}{path}"))
            .expect("both were read as parts of an address");
        let status = StatusCode::TEMPORARY_REDIRECT;
        let mut reply = reply::made(status, Bytes::new(), JSON, None);
        reply.headers_mut().insert(LOCATION, location);
        Ok(reply)
    }
}

/// Whether the tally has this path and this server has not.
fn is_of_results(path: &str) -> bool {
    let of_all = ["results", "turnout", "exports", "stream"];
    let Some(rest) = path.strip_prefix("/api/v1/") else {
        return ["/embed/", "/statements/"]
            .iter()
            .any(|own| path.starts_with(own));
    };
    let mut parts = rest.split('/');
    let first = parts.next().unwrap_or_default(); // split yields one part at least
    of_all.contains(&first) || first == "elections" && parts.next_back() == Some("results")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn asked(address: &str, path: &str) -> Result<Option<String>, Rejection> {
        let address: ResultsAddress = address.parse().expect("an address");
        let (head, ()) = Request::get(path).body(()).expect("a request").into_parts();
        let reply = address.instead_of(&head)?;
        let location = reply.headers().get(LOCATION);
        Ok(location.map(|value| value.to_str().expect("ASCII").to_owned()))
    }

    #[test]
    fn who_asks_for_results_is_sent_where_they_are() {
        for path in [
            "/api/v1/results",
            "/api/v1/results/L2025-001?lang=fr",
            "/api/v1/elections/1/results",
            "/api/v1/elections/1/regions/1/results",
            "/api/v1/turnout/L2025-001",
            "/api/v1/stream",
            "/embed/ballots/L2025-001",
            "/statements/0a1b.json.minisig",
        ] {
            let sent = asked("https://results.example.org/", path);
            let there = format!("https://results.example.org{path}");
            assert_eq!(sent, Ok(Some(there)), "{path}");
            assert_eq!(asked("", path), Err(Rejection::ResultsElsewhere), "{path}");
        }
        for path in [
            "/nowhere",
            "/statements",
            "/api/v1/elections/1",
            "/api/v2/results",
        ] {
            let refused = asked("https://results.example.org", path);
            assert_eq!(refused, Err(Rejection::NoSuchPath), "{path}");
        }
    }

    #[test]
    fn an_address_is_scheme_and_authority() {
        for (text, sound) in [
            ("", true),
            ("http://127.0.0.1:8001", true),
            ("https://results.example.org", true),
            ("results.example.org", false),
            ("https://results.example.org/here", false),
            ("https://results.example.org/?x", false),
            ("ftp://results.example.org", false),
        ] {
            assert_eq!(text.parse::<ResultsAddress>().is_ok(), sound, "{text:?}");
        }
    }
}
