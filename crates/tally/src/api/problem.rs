//! Errors of the API: `application/problem+json` (RFC 9457), in French or English.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use election::Language;
use listener::{ProblemDocument, retry_after_seconds};

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
    NoSuchTopic,
    TooManyClients,
    Unauthorized,
    NoSuchFormat,
    TooManyExports,
    /// It is HTTP/1.1 and names no host, or several.
    NoHost,
    /// Its client has no request left before this time has passed.
    TooManyRequests(Duration),
}

/// How a problem shows.
struct Face {
    status: StatusCode,
    /// Last part of the problem's type; never changes.
    name: &'static str,
    /// Title and detail, in this order.
    french: [&'static str; 2],
    english: [&'static str; 2],
}

const NOT_FOUND: Face = Face {
    status: StatusCode::NOT_FOUND,
    name: "not-found",
    french: [
        "Adresse inconnue",
        "Aucune ressource à cette adresse; voir /openapi.json.",
    ],
    english: [
        "Not found",
        "There is nothing at this address; see /openapi.json.",
    ],
};
const NO_SUCH_LAW: Face = Face {
    status: StatusCode::NOT_FOUND,
    name: "no-such-law",
    french: [
        "Loi inconnue",
        "Aucune loi de ce scrutin ne porte cet identifiant; voir /api/v1/results.",
    ],
    english: [
        "No such law",
        "No law of this event has this id; see /api/v1/results.",
    ],
};
const NO_SUCH_ELECTION: Face = Face {
    status: StatusCode::NOT_FOUND,
    name: "no-such-election",
    french: [
        "Élection inconnue",
        "Aucune élection de ce scrutin ne porte ce numéro; voir /api/v1/results.",
    ],
    english: [
        "No such election",
        "No election of this event has this number; see /api/v1/results.",
    ],
};
const NO_SUCH_REGION: Face = Face {
    status: StatusCode::NOT_FOUND,
    name: "no-such-region",
    french: [
        "Région inconnue",
        "Aucune région de cette élection ne porte ce numéro.",
    ],
    english: [
        "No such region",
        "No region of this election has this number.",
    ],
};
const NO_SUCH_BALLOT: Face = Face {
    status: StatusCode::NOT_FOUND,
    name: "no-such-ballot",
    french: [
        "Bulletin inconnu",
        "Aucune loi ni élection ne porte cet identifiant; voir /api/v1/turnout.",
    ],
    english: [
        "No such ballot",
        "No law or election has this id; see /api/v1/turnout.",
    ],
};
const METHOD_NOT_ALLOWED: Face = Face {
    status: StatusCode::METHOD_NOT_ALLOWED,
    name: "method-not-allowed",
    french: [
        "Méthode refusée",
        "Cette adresse se lit seulement: GET ou HEAD.",
    ],
    english: [
        "Method not allowed",
        "This address can only be read: GET or HEAD.",
    ],
};
const NOT_READY: Face = Face {
    status: StatusCode::SERVICE_UNAVAILABLE,
    name: "not-ready",
    french: [
        "Dépouillement en cours",
        "Le registre n'est pas encore relu en entier; réessayez dans un instant.",
    ],
    english: [
        "Catching up",
        "The ledger has not been read to its end yet; try again in a moment.",
    ],
};
const NO_SUCH_TOPIC: Face = Face {
    status: StatusCode::NOT_FOUND,
    name: "no-such-topic",
    french: [
        "Sujet inconnu",
        "topics: au plus 64 parmi law, law:ID, election, election:NUMÉRO, region:NUMÉRO:RÉGION, turnout, system, séparés par des virgules.",
    ],
    english: [
        "No such topic",
        "topics: at most 64 of law, law:ID, election, election:NUMBER, region:NUMBER:REGION, turnout, system, separated by commas.",
    ],
};
const TOO_MANY_CLIENTS: Face = Face {
    status: StatusCode::SERVICE_UNAVAILABLE,
    name: "too-many-clients",
    french: [
        "Trop de connexions",
        "Le flux est complet; réessayez plus tard ou lisez /api/v1/results.",
    ],
    english: [
        "Too many clients",
        "The stream is full; try again later, or read /api/v1/results.",
    ],
};

const UNAUTHORIZED: Face = Face {
    status: StatusCode::UNAUTHORIZED,
    name: "unauthorized",
    french: [
        "Jeton requis",
        "La vérification et les exports demandent un jeton: Authorization: Bearer JETON. L'exploitant en délivre par tally token new.",
    ],
    english: [
        "Token required",
        "Audit and exports need a token: Authorization: Bearer TOKEN. The operator makes one with tally token new.",
    ],
};
const NO_SUCH_FORMAT: Face = Face {
    status: StatusCode::BAD_REQUEST,
    name: "no-such-format",
    french: ["Format inconnu", "format: csv ou json."],
    english: ["No such format", "format: csv or json."],
};
const TOO_MANY_EXPORTS: Face = Face {
    status: StatusCode::SERVICE_UNAVAILABLE,
    name: "too-many-exports",
    french: [
        "Exports en cours",
        "D'autres exports sont en cours; réessayez dans un instant.",
    ],
    english: [
        "Exports under way",
        "Other exports are under way; try again in a moment.",
    ],
};

const NO_HOST: Face = Face {
    status: StatusCode::BAD_REQUEST,
    name: "no-host",
    french: [
        "En-tête Host manquant",
        "HTTP/1.1 demande un en-tête Host, et un seul.",
    ],
    english: [
        "Host header missing",
        "HTTP/1.1 demands one Host header, and no more.",
    ],
};
const TOO_MANY_REQUESTS: Face = Face {
    status: StatusCode::TOO_MANY_REQUESTS,
    name: "too-many-requests",
    french: [
        "Trop de requêtes",
        "Réessayez après le délai de l'en-tête Retry-After.",
    ],
    english: [
        "Too many requests",
        "Try again after the delay in the Retry-After header.",
    ],
};

impl Problem {
    fn face(self) -> &'static Face {
        match self {
            Problem::NotFound => &NOT_FOUND,
            Problem::NoSuchLaw => &NO_SUCH_LAW,
            Problem::NoSuchElection => &NO_SUCH_ELECTION,
            Problem::NoSuchRegion => &NO_SUCH_REGION,
            Problem::NoSuchBallot => &NO_SUCH_BALLOT,
            Problem::MethodNotAllowed => &METHOD_NOT_ALLOWED,
            Problem::NotReady => &NOT_READY,
            Problem::NoSuchTopic => &NO_SUCH_TOPIC,
            Problem::TooManyClients => &TOO_MANY_CLIENTS,
            Problem::Unauthorized => &UNAUTHORIZED,
            Problem::NoSuchFormat => &NO_SUCH_FORMAT,
            Problem::TooManyExports => &TOO_MANY_EXPORTS,
            Problem::NoHost => &NO_HOST,
            Problem::TooManyRequests(_) => &TOO_MANY_REQUESTS,
        }
    }

    pub(crate) fn respond(self, language: Language) -> Response {
        let face = self.face();
        let [title, detail] = language.pick(face.french, face.english);
        let document = ProblemDocument {
            status: face.status,
            name: face.name,
            status_word: None,
            title,
            detail,
            language,
        };
        let mut response: Response = document.response(());
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// A header that tells the client what to do.
    fn header(self) -> Option<(HeaderName, HeaderValue)> {
        let text = HeaderValue::from_static;
        Some(match self {
            Problem::MethodNotAllowed => (header::ALLOW, text("GET, HEAD")),
            Problem::NotReady => (header::RETRY_AFTER, text("1")),
            Problem::TooManyClients | Problem::TooManyExports => (header::RETRY_AFTER, text("10")),
            Problem::TooManyRequests(wait) => {
                let seconds = retry_after_seconds(wait);
                (header::RETRY_AFTER, HeaderValue::from(seconds))
            }
            Problem::Unauthorized => (header::WWW_AUTHENTICATE, text("Bearer realm=\"scrutin\"")),
            _ => return None,
        })
    }
}
