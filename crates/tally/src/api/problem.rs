//! Errors of the API: `application/problem+json` (RFC 9457), in French or English.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Language of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    French,
    English,
}

impl Language {
    /// The preferred of the two by `Accept-Language` (RFC 9110, 12.5.4); French where neither or
    /// both alike are asked for.
    pub(crate) fn of(headers: &HeaderMap) -> Language {
        let text = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let weight = |language: &str| {
            let ranges = text.unwrap_or_default().split(',');
            ranges
                .filter_map(|range| weight_of(range, language))
                .max()
                .unwrap_or(0)
        };
        if weight("en") > weight("fr") {
            Language::English
        } else {
            Language::French
        }
    }
}

/// Weight in thousandths of a language range, where it is one of `language`.
fn weight_of(range: &str, language: &str) -> Option<u32> {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let primary = tag.trim().split('-').next()?;
    if !primary.eq_ignore_ascii_case(language) {
        return None;
    }
    let quality = parameters.trim().strip_prefix("q=");
    let weight = quality.map_or(Some(1.0), |quality| quality.parse::<f32>().ok())?;
    // Between 0 and 1,000 after the clamp; NaN becomes 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((weight.clamp(0.0, 1.0) * 1000.0) as u32)
}

/// What can be wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    NotFound,
    NoSuchLaw,
    NoSuchElection,
    NoSuchRegion,
    NoSuchBallot,
    MethodNotAllowed,
    NotReady,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Problem::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Problem::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::NOT_FOUND,
        }
    }

    /// Last part of the problem's type; never changes.
    fn name(self) -> &'static str {
        match self {
            Problem::NotFound => "not-found",
            Problem::NoSuchLaw => "no-such-law",
            Problem::NoSuchElection => "no-such-election",
            Problem::NoSuchRegion => "no-such-region",
            Problem::NoSuchBallot => "no-such-ballot",
            Problem::MethodNotAllowed => "method-not-allowed",
            Problem::NotReady => "not-ready",
        }
    }

    /// Title and detail.
    fn text(self, language: Language) -> (&'static str, &'static str) {
        let (french, english) = match self {
            Problem::NotFound => (
                (
                    "Adresse inconnue",
                    "Aucune ressource à cette adresse; voir /openapi.json.",
                ),
                (
                    "Not found",
                    "There is nothing at this address; see /openapi.json.",
                ),
            ),
            Problem::NoSuchLaw => (
                (
                    "Loi inconnue",
                    "Aucune loi de ce scrutin ne porte cet identifiant; voir /api/v1/results.",
                ),
                (
                    "No such law",
                    "No law of this event has this id; see /api/v1/results.",
                ),
            ),
            Problem::NoSuchElection => (
                (
                    "Élection inconnue",
                    "Aucune élection de ce scrutin ne porte ce numéro; voir /api/v1/results.",
                ),
                (
                    "No such election",
                    "No election of this event has this number; see /api/v1/results.",
                ),
            ),
            Problem::NoSuchRegion => (
                (
                    "Région inconnue",
                    "Aucune région de cette élection ne porte ce numéro.",
                ),
                (
                    "No such region",
                    "No region of this election has this number.",
                ),
            ),
            Problem::NoSuchBallot => (
                (
                    "Bulletin inconnu",
                    "Aucune loi ni élection ne porte cet identifiant; voir /api/v1/turnout.",
                ),
                (
                    "No such ballot",
                    "No law or election has this id; see /api/v1/turnout.",
                ),
            ),
            Problem::MethodNotAllowed => (
                (
                    "Méthode refusée",
                    "Cette adresse se lit seulement: GET ou HEAD.",
                ),
                (
                    "Method not allowed",
                    "This address can only be read: GET or HEAD.",
                ),
            ),
            Problem::NotReady => (
                (
                    "Dépouillement en cours",
                    "Le registre n'est pas encore relu en entier; réessayez dans un instant.",
                ),
                (
                    "Catching up",
                    "The ledger has not been read to its end yet; try again in a moment.",
                ),
            ),
        };
        if language == Language::French {
            french
        } else {
            english
        }
    }

    /// The response.
    pub(crate) fn respond(self, language: Language) -> Response {
        let (title, detail) = self.text(language);
        let body = serde_json::json!({
            "type": format!("urn:scrutin:problem:{}", self.name()),
            "title": title,
            "status": self.status().as_u16(),
            "detail": detail,
        });
        let tag = if language == Language::French {
            "fr"
        } else {
            "en"
        };
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CONTENT_LANGUAGE, tag),
            (header::VARY, "accept-language"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        let mut response = (self.status(), headers, body.to_string()).into_response();
        let extra = match self {
            Problem::MethodNotAllowed => Some((header::ALLOW, "GET, HEAD")),
            Problem::NotReady => Some((header::RETRY_AFTER, "1")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response
                .headers_mut()
                .insert(name, header::HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_follows_the_weights() {
        for (accept, expected) in [
            ("", Language::French),
            ("en", Language::English),
            ("en-CA, fr-CA;q=0.8", Language::English),
            ("fr-CA,fr;q=0.9,en;q=0.8", Language::French),
            ("de, en;q=0.1", Language::English),
            ("en;q=NaN", Language::French),
            ("en;q=oops", Language::French),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().expect("a header"));
            assert_eq!(Language::of(&headers), expected, "{accept}");
        }
    }
}
