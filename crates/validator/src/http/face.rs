//! Every kind of refusal: its stable type, its HTTP status and its words in both languages.

use super::language::Words;
use hyper::StatusCode;

/// What does not depend on the request.
#[derive(Debug)]
pub(crate) struct Face {
    pub(crate) status: StatusCode,
    /// Last part of the problem's `type`, `urn:scrutin:problem:<slug>`.
    pub(crate) slug: &'static str,
    /// Value of the member `status` where the refusal answers a vote; the number otherwise.
    pub(crate) vote_status: Option<&'static str>,
    pub(crate) title: Words,
    pub(crate) detail: Words,
}

const fn words(fr: &'static str, en: &'static str) -> Words {
    Words { fr, en }
}

const fn face(status: StatusCode, slug: &'static str, title: Words, detail: Words) -> Face {
    Face {
        status,
        slug,
        vote_status: None,
        title,
        detail,
    }
}

const fn vote_face(
    status: StatusCode,
    slug: &'static str,
    vote_status: &'static str,
    title: Words,
    detail: Words,
) -> Face {
    Face {
        status,
        slug,
        vote_status: Some(vote_status),
        title,
        detail,
    }
}

pub(crate) const MALFORMED: Face = face(
    StatusCode::BAD_REQUEST,
    "malformed",
    words("Requête illisible", "Malformed request"),
    words(
        "Le corps doit être un seul objet JSON en UTF-8, sans barre oblique inverse.",
        "The body must be one JSON object in UTF-8, without backslashes.",
    ),
);

pub(crate) const NO_HOST: Face = face(
    StatusCode::BAD_REQUEST,
    "no-host",
    words("En-tête Host manquant", "Host header missing"),
    words(
        "HTTP/1.1 demande un en-tête Host, et un seul.",
        "HTTP/1.1 demands one Host header, and no more.",
    ),
);

pub(crate) const BROKEN_BODY: Face = face(
    StatusCode::BAD_REQUEST,
    "broken-body",
    words("Corps interrompu", "Broken body"),
    words(
        "Le corps de la requête n'est pas arrivé en entier.",
        "The body of the request did not arrive whole.",
    ),
);

pub(crate) const INVALID_FIELDS: Face = face(
    StatusCode::BAD_REQUEST,
    "invalid-fields",
    words("Champs invalides", "Invalid fields"),
    words(
        "Corrigez les champs nommés dans « errors ».",
        "Correct the fields named in \"errors\".",
    ),
);

pub(crate) const INVALID_QUERY: Face = face(
    StatusCode::BAD_REQUEST,
    "invalid-query",
    words("Paramètre invalide", "Invalid parameter"),
    words(
        "« after » doit être un numéro de séquence, un entier à partir de 0.",
        "\"after\" must be a sequence number, an integer from 0.",
    ),
);

pub(crate) const NO_SUCH_LAW: Face = face(
    StatusCode::NOT_FOUND,
    "no-such-law",
    words("Loi inconnue", "No such law"),
    words(
        "Les lois soumises au vote sont sous /api/v1/laws.",
        "Laws put to the vote are under /api/v1/laws.",
    ),
);

pub(crate) const NO_SUCH_ELECTION: Face = face(
    StatusCode::NOT_FOUND,
    "no-such-election",
    words("Élection inconnue", "No such election"),
    words(
        "Les élections sont sous /api/v1/elections.",
        "Elections are under /api/v1/elections.",
    ),
);

pub(crate) const NO_SUCH_REGION: Face = face(
    StatusCode::NOT_FOUND,
    "no-such-region",
    words("Région inconnue", "No such region"),
    words(
        "Cette région n'a pas de candidats à cette élection ; les régions sont sous /api/v1/regions.",
        "This region has no candidates in this election; regions are under /api/v1/regions.",
    ),
);

pub(crate) const NO_SUCH_RECEIPT: Face = face(
    StatusCode::NOT_FOUND,
    "no-such-receipt",
    words("Reçu inconnu", "No such receipt"),
    words(
        "Aucun vote n'est enregistré sous cet identifiant : vérifiez-le caractère par caractère.",
        "No vote is recorded under this identifier: check it character by character.",
    ),
);

pub(crate) const NOT_FOUND: Face = face(
    StatusCode::NOT_FOUND,
    "not-found",
    words("Adresse inconnue", "Not found"),
    words(
        "Les adresses de ce service sont sous /openapi.json.",
        "The paths of this service are under /openapi.json.",
    ),
);

pub(crate) const METHOD_NOT_ALLOWED: Face = face(
    StatusCode::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    words("Méthode refusée", "Method not allowed"),
    words(
        "L'en-tête Allow nomme les méthodes admises.",
        "The Allow header names the methods that are taken.",
    ),
);

pub(crate) const TIMEOUT: Face = face(
    StatusCode::REQUEST_TIMEOUT,
    "body-timeout",
    words("Délai dépassé", "Request timeout"),
    words(
        "Le corps de la requête est arrivé trop lentement.",
        "The body of the request arrived too slowly.",
    ),
);

pub(crate) const TOO_LARGE: Face = face(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body-too-large",
    words("Corps trop long", "Body too large"),
    words(
        "Un vote tient en quelques centaines d'octets.",
        "A vote fits a few hundred bytes.",
    ),
);

pub(crate) const UNSUPPORTED_MEDIA_TYPE: Face = face(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    words("Type de contenu refusé", "Unsupported media type"),
    words(
        "Envoyez du JSON non compressé, avec Content-Type: application/json.",
        "Send uncompressed JSON, with Content-Type: application/json.",
    ),
);

pub(crate) const TOO_MANY_REQUESTS: Face = face(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-requests",
    words("Trop de requêtes", "Too many requests"),
    words(
        "Réessayez après le délai de l'en-tête Retry-After.",
        "Try again after the delay in the Retry-After header.",
    ),
);

pub(crate) const TOO_MANY_FAILURES: Face = face(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-failed-attempts",
    words("Trop de tentatives", "Too many failed attempts"),
    words(
        "Trop de votes refusés ou répétés pour ce NAS ; réessayez après le délai de l'en-tête Retry-After.",
        "Too many refused or repeated votes for this NAS; try again after the delay in the Retry-After header.",
    ),
);

pub(crate) const OVERLOADED: Face = face(
    StatusCode::SERVICE_UNAVAILABLE,
    "overloaded",
    words("Service saturé", "Overloaded"),
    words(
        "Rien n'est enregistré ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded; try again after the delay in the Retry-After header.",
    ),
);

pub(crate) const STORAGE_FULL: Face = face(
    StatusCode::SERVICE_UNAVAILABLE,
    "storage-full",
    words("Service indisponible", "Service unavailable"),
    words(
        "Rien n'est enregistré, l'espace manque ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded for lack of room; try again after the delay in the Retry-After header.",
    ),
);

pub(crate) const OUTCOME_UNKNOWN: Face = face(
    StatusCode::SERVICE_UNAVAILABLE,
    "outcome-unknown",
    words("Issue inconnue", "Outcome unknown"),
    words(
        "L'enregistrement tarde. Envoyez de nouveau le même vote : il ne sera compté qu'une fois, et la réponse « duplicate » dira qu'il l'est déjà.",
        "Recording takes long. Send the same vote again: it is counted once only, and the answer \"duplicate\" will say that it already is.",
    ),
);

pub(crate) const NOT_READY: Face = face(
    StatusCode::SERVICE_UNAVAILABLE,
    "not-ready",
    words("Service en arrêt", "Not ready"),
    words(
        "Ce serveur s'arrête ; adressez-vous à un autre.",
        "This server is stopping; use another one.",
    ),
);

pub(crate) const INTERNAL: Face = face(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    words("Erreur interne", "Internal error"),
    words(
        "L'exploitant trouvera la cause dans son journal.",
        "The operator will find the cause in the log.",
    ),
);

pub(crate) const NOT_ELIGIBLE: Face = vote_face(
    StatusCode::FORBIDDEN,
    "not-eligible",
    "invalid",
    words("Vote refusé", "Vote refused"),
    words(
        "Ce NAS et ce code ne donnent pas droit à ce vote : vérifiez-les sur votre lettre.",
        "This NAS and code do not entitle to this vote: check them on your letter.",
    ),
);

pub(crate) const OTHER_REGION: Face = vote_face(
    StatusCode::FORBIDDEN,
    "other-region",
    "invalid",
    words("Autre région", "Other region"),
    words(
        "region_id n'est pas votre région de vote dans cette élection.",
        "region_id is not your voting region in this election.",
    ),
);

pub(crate) const CANDIDATE_REFUSED: Face = vote_face(
    StatusCode::FORBIDDEN,
    "candidate-refused",
    "invalid",
    words("Candidat refusé", "Candidate refused"),
    words(
        "Ce candidat ne se présente pas, ou plus, dans votre région : voyez la liste des candidats.",
        "This candidate does not stand, or no longer stands, in your region: see the list of candidates.",
    ),
);

pub(crate) const CHOICE_REFUSED: Face = vote_face(
    StatusCode::FORBIDDEN,
    "choice-refused",
    "invalid",
    words("Choix refusé", "Choice refused"),
    words(
        "Ce bulletin n'admet pas ce choix : corrigez le champ nommé dans « errors ».",
        "This ballot does not take this choice: correct the field named in \"errors\".",
    ),
);

pub(crate) const NOT_OPEN: Face = vote_face(
    StatusCode::FORBIDDEN,
    "not-open",
    "not_open",
    words("Vote pas encore ouvert", "Voting not open yet"),
    words(
        "Le vote ouvrira à l'instant « opens ».",
        "Voting opens at the instant \"opens\".",
    ),
);

pub(crate) const CLOSED: Face = vote_face(
    StatusCode::FORBIDDEN,
    "closed",
    "closed",
    words("Vote clos", "Voting closed"),
    words(
        "Le vote est clos depuis l'instant « closes ».",
        "Voting closed at the instant \"closes\".",
    ),
);

pub(crate) const DUPLICATE: Face = vote_face(
    StatusCode::CONFLICT,
    "duplicate",
    "duplicate",
    words("Déjà voté", "Already voted"),
    words(
        "Un vote est déjà enregistré pour cette personne ; celui-ci n'est pas compté.",
        "A vote of this person is already recorded; this one is not counted.",
    ),
);

/// All of them.
pub(crate) const ALL: &[&Face] = &[
    &MALFORMED,
    &NO_HOST,
    &BROKEN_BODY,
    &INVALID_FIELDS,
    &INVALID_QUERY,
    &NO_SUCH_LAW,
    &NO_SUCH_ELECTION,
    &NO_SUCH_REGION,
    &NO_SUCH_RECEIPT,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &TIMEOUT,
    &TOO_LARGE,
    &UNSUPPORTED_MEDIA_TYPE,
    &TOO_MANY_REQUESTS,
    &TOO_MANY_FAILURES,
    &OVERLOADED,
    &STORAGE_FULL,
    &OUTCOME_UNKNOWN,
    &NOT_READY,
    &INTERNAL,
    &NOT_ELIGIBLE,
    &OTHER_REGION,
    &CANDIDATE_REFUSED,
    &CHOICE_REFUSED,
    &NOT_OPEN,
    &CLOSED,
    &DUPLICATE,
];
