//! The types of problem that a caller may be told (RFC 9457, section 4): each with its name for
//! programs, its HTTP status and its words in both languages.

use super::rejection::Rejection;
use super::words::Words;
use crate::vote::{Refusal, VoteKind};
use hyper::StatusCode;

/// A type of problem: what programs that call tell problems apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemType {
    Malformed,
    NoHost,
    BrokenBody,
    InvalidFields,
    InvalidQuery,
    NoSuchLaw,
    NoSuchElection,
    NoSuchRegion,
    NoSuchReceipt,
    NotFound,
    MethodNotAllowed,
    BodyTimeout,
    BodyTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    TooManyFailedAttempts,
    Overloaded,
    StorageFull,
    OutcomeUnknown,
    NotReady,
    Internal,
    NotEligible,
    OtherRegion,
    CandidateRefused,
    ChoiceRefused,
    NotOpen,
    Closed,
    Duplicate,
}

/// What every problem of one type has in common.
#[derive(Debug)]
pub(crate) struct ProblemDefinition {
    pub(crate) status: StatusCode,
    /// Last part of the type's URI, `urn:scrutin:problem:<slug>`; also its label in metrics.
    pub(crate) slug: &'static str,
    /// The word of the voting contract, where a problem of this type answers a vote.
    pub(crate) vote_status: Option<&'static str>,
    pub(crate) title: Words,
    pub(crate) detail: Words,
}

impl From<&Refusal> for ProblemType {
    fn from(refusal: &Refusal) -> ProblemType {
        match refusal {
            Refusal::Malformed(_) => ProblemType::Malformed,
            Refusal::InvalidFields(_) => ProblemType::InvalidFields,
            Refusal::NoSuchBallot(VoteKind::Law) => ProblemType::NoSuchLaw,
            Refusal::NoSuchBallot(VoteKind::Election) => ProblemType::NoSuchElection,
            Refusal::NotOnRoll => ProblemType::NotEligible,
            Refusal::OtherRegion => ProblemType::OtherRegion,
            Refusal::CandidateNotStanding => ProblemType::CandidateRefused,
            Refusal::ChoiceNotTaken(_) => ProblemType::ChoiceRefused,
            Refusal::NotOpen { .. } => ProblemType::NotOpen,
            Refusal::Closed { .. } => ProblemType::Closed,
            Refusal::Duplicate { .. } => ProblemType::Duplicate,
            Refusal::ClientOverQuota { .. } => ProblemType::TooManyRequests,
            Refusal::NasOverQuota { .. } => ProblemType::TooManyFailedAttempts,
            Refusal::Overloaded => ProblemType::Overloaded,
            Refusal::StorageFull => ProblemType::StorageFull,
            Refusal::OutcomeUnknown => ProblemType::OutcomeUnknown,
            Refusal::LedgerDisagrees => ProblemType::Internal,
        }
    }
}

impl From<&Rejection> for ProblemType {
    fn from(rejection: &Rejection) -> ProblemType {
        match rejection {
            Rejection::NoHost => ProblemType::NoHost,
            Rejection::NoSuchPath => ProblemType::NotFound,
            Rejection::MethodNotAllowed { .. } => ProblemType::MethodNotAllowed,
            Rejection::TooManyRequests { .. } => ProblemType::TooManyRequests,
            Rejection::UnsupportedMediaType => ProblemType::UnsupportedMediaType,
            Rejection::BodyTooLarge => ProblemType::BodyTooLarge,
            Rejection::BodyTimeout => ProblemType::BodyTimeout,
            Rejection::BrokenBody => ProblemType::BrokenBody,
            Rejection::NotAForm => ProblemType::Malformed,
            Rejection::InvalidQuery => ProblemType::InvalidQuery,
            Rejection::NoSuchElection => ProblemType::NoSuchElection,
            Rejection::NoSuchRegion => ProblemType::NoSuchRegion,
            Rejection::NoSuchReceipt => ProblemType::NoSuchReceipt,
            Rejection::Busy { .. } => ProblemType::Overloaded,
            Rejection::Stopping => ProblemType::NotReady,
            Rejection::Failed => ProblemType::Internal,
        }
    }
}

impl ProblemType {
    /// How many there are.
    pub(crate) const COUNT: usize = ProblemType::Duplicate as usize + 1;

    /// All of them, in the order of the enumeration.
    pub(crate) const ALL: [ProblemType; ProblemType::COUNT] = [
        ProblemType::Malformed,
        ProblemType::NoHost,
        ProblemType::BrokenBody,
        ProblemType::InvalidFields,
        ProblemType::InvalidQuery,
        ProblemType::NoSuchLaw,
        ProblemType::NoSuchElection,
        ProblemType::NoSuchRegion,
        ProblemType::NoSuchReceipt,
        ProblemType::NotFound,
        ProblemType::MethodNotAllowed,
        ProblemType::BodyTimeout,
        ProblemType::BodyTooLarge,
        ProblemType::UnsupportedMediaType,
        ProblemType::TooManyRequests,
        ProblemType::TooManyFailedAttempts,
        ProblemType::Overloaded,
        ProblemType::StorageFull,
        ProblemType::OutcomeUnknown,
        ProblemType::NotReady,
        ProblemType::Internal,
        ProblemType::NotEligible,
        ProblemType::OtherRegion,
        ProblemType::CandidateRefused,
        ProblemType::ChoiceRefused,
        ProblemType::NotOpen,
        ProblemType::Closed,
        ProblemType::Duplicate,
    ];

    pub(crate) fn definition(self) -> &'static ProblemDefinition {
        match self {
            ProblemType::Malformed => &MALFORMED,
            ProblemType::NoHost => &NO_HOST,
            ProblemType::BrokenBody => &BROKEN_BODY,
            ProblemType::InvalidFields => &INVALID_FIELDS,
            ProblemType::InvalidQuery => &INVALID_QUERY,
            ProblemType::NoSuchLaw => &NO_SUCH_LAW,
            ProblemType::NoSuchElection => &NO_SUCH_ELECTION,
            ProblemType::NoSuchRegion => &NO_SUCH_REGION,
            ProblemType::NoSuchReceipt => &NO_SUCH_RECEIPT,
            ProblemType::NotFound => &NOT_FOUND,
            ProblemType::MethodNotAllowed => &METHOD_NOT_ALLOWED,
            ProblemType::BodyTimeout => &BODY_TIMEOUT,
            ProblemType::BodyTooLarge => &BODY_TOO_LARGE,
            ProblemType::UnsupportedMediaType => &UNSUPPORTED_MEDIA_TYPE,
            ProblemType::TooManyRequests => &TOO_MANY_REQUESTS,
            ProblemType::TooManyFailedAttempts => &TOO_MANY_FAILED_ATTEMPTS,
            ProblemType::Overloaded => &OVERLOADED,
            ProblemType::StorageFull => &STORAGE_FULL,
            ProblemType::OutcomeUnknown => &OUTCOME_UNKNOWN,
            ProblemType::NotReady => &NOT_READY,
            ProblemType::Internal => &INTERNAL,
            ProblemType::NotEligible => &NOT_ELIGIBLE,
            ProblemType::OtherRegion => &OTHER_REGION,
            ProblemType::CandidateRefused => &CANDIDATE_REFUSED,
            ProblemType::ChoiceRefused => &CHOICE_REFUSED,
            ProblemType::NotOpen => &NOT_OPEN,
            ProblemType::Closed => &CLOSED,
            ProblemType::Duplicate => &DUPLICATE,
        }
    }
}

const fn words(fr: &'static str, en: &'static str) -> Words {
    Words { fr, en }
}

const fn define(
    status: StatusCode,
    slug: &'static str,
    title: Words,
    detail: Words,
) -> ProblemDefinition {
    ProblemDefinition {
        status,
        slug,
        vote_status: None,
        title,
        detail,
    }
}

const fn define_for_votes(
    status: StatusCode,
    slug: &'static str,
    vote_status: &'static str,
    title: Words,
    detail: Words,
) -> ProblemDefinition {
    ProblemDefinition {
        status,
        slug,
        vote_status: Some(vote_status),
        title,
        detail,
    }
}

const MALFORMED: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "malformed",
    words("Requête illisible", "Malformed request"),
    words(
        "Le corps doit être un seul objet JSON en UTF-8, sans barre oblique inverse.",
        "The body must be one JSON object in UTF-8, without backslashes.",
    ),
);

const NO_HOST: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "no-host",
    words("En-tête Host manquant", "Host header missing"),
    words(
        "HTTP/1.1 demande un en-tête Host, et un seul.",
        "HTTP/1.1 demands one Host header, and no more.",
    ),
);

const BROKEN_BODY: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "broken-body",
    words("Corps interrompu", "Broken body"),
    words(
        "Le corps de la requête n'est pas arrivé en entier.",
        "The body of the request did not arrive whole.",
    ),
);

const INVALID_FIELDS: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "invalid-fields",
    words("Champs invalides", "Invalid fields"),
    words(
        "Corrigez les champs nommés dans « errors ».",
        "Correct the fields named in \"errors\".",
    ),
);

const INVALID_QUERY: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "invalid-query",
    words("Paramètre invalide", "Invalid parameter"),
    words(
        "« after » doit être un numéro de séquence, un entier à partir de 0.",
        "\"after\" must be a sequence number, an integer from 0.",
    ),
);

const NO_SUCH_LAW: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-law",
    words("Loi inconnue", "No such law"),
    words(
        "Les lois soumises au vote sont sous /api/v1/laws.",
        "Laws put to the vote are under /api/v1/laws.",
    ),
);

const NO_SUCH_ELECTION: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-election",
    words("Élection inconnue", "No such election"),
    words(
        "Les élections sont sous /api/v1/elections.",
        "Elections are under /api/v1/elections.",
    ),
);

const NO_SUCH_REGION: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-region",
    words("Région inconnue", "No such region"),
    words(
        "Cette région n'a pas de candidats à cette élection ; les régions sont sous /api/v1/regions.",
        "This region has no candidates in this election; regions are under /api/v1/regions.",
    ),
);

const NO_SUCH_RECEIPT: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-receipt",
    words("Reçu inconnu", "No such receipt"),
    words(
        "Aucun vote n'est enregistré sous cet identifiant : vérifiez-le caractère par caractère.",
        "No vote is recorded under this identifier: check it character by character.",
    ),
);

const NOT_FOUND: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "not-found",
    words("Adresse inconnue", "Not found"),
    words(
        "Les adresses de ce service sont sous /openapi.json.",
        "The paths of this service are under /openapi.json.",
    ),
);

const METHOD_NOT_ALLOWED: ProblemDefinition = define(
    StatusCode::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    words("Méthode refusée", "Method not allowed"),
    words(
        "L'en-tête Allow nomme les méthodes admises.",
        "The Allow header names the methods that are taken.",
    ),
);

const BODY_TIMEOUT: ProblemDefinition = define(
    StatusCode::REQUEST_TIMEOUT,
    "body-timeout",
    words("Délai dépassé", "Request timeout"),
    words(
        "Le corps de la requête est arrivé trop lentement.",
        "The body of the request arrived too slowly.",
    ),
);

const BODY_TOO_LARGE: ProblemDefinition = define(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body-too-large",
    words("Corps trop long", "Body too large"),
    words(
        "Un vote tient en quelques centaines d'octets.",
        "A vote fits a few hundred bytes.",
    ),
);

const UNSUPPORTED_MEDIA_TYPE: ProblemDefinition = define(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    words("Type de contenu refusé", "Unsupported media type"),
    words(
        "Envoyez du JSON non compressé, avec Content-Type: application/json.",
        "Send uncompressed JSON, with Content-Type: application/json.",
    ),
);

const TOO_MANY_REQUESTS: ProblemDefinition = define(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-requests",
    words("Trop de requêtes", "Too many requests"),
    words(
        "Réessayez après le délai de l'en-tête Retry-After.",
        "Try again after the delay in the Retry-After header.",
    ),
);

const TOO_MANY_FAILED_ATTEMPTS: ProblemDefinition = define(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-failed-attempts",
    words("Trop de tentatives", "Too many failed attempts"),
    words(
        "Trop de votes refusés ou répétés pour ce NAS ; réessayez après le délai de l'en-tête Retry-After.",
        "Too many refused or repeated votes for this NAS; try again after the delay in the Retry-After header.",
    ),
);

const OVERLOADED: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "overloaded",
    words("Service saturé", "Overloaded"),
    words(
        "Rien n'est enregistré ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded; try again after the delay in the Retry-After header.",
    ),
);

const STORAGE_FULL: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "storage-full",
    words("Service indisponible", "Service unavailable"),
    words(
        "Rien n'est enregistré, l'espace manque ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded for lack of room; try again after the delay in the Retry-After header.",
    ),
);

const OUTCOME_UNKNOWN: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "outcome-unknown",
    words("Issue inconnue", "Outcome unknown"),
    words(
        "L'enregistrement tarde. Envoyez de nouveau le même vote : il ne sera compté qu'une fois, et la réponse « duplicate » dira qu'il l'est déjà.",
        "Recording takes long. Send the same vote again: it is counted once only, and the answer \"duplicate\" will say that it already is.",
    ),
);

const NOT_READY: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "not-ready",
    words("Service en arrêt", "Not ready"),
    words(
        "Ce serveur s'arrête ; adressez-vous à un autre.",
        "This server is stopping; use another one.",
    ),
);

const INTERNAL: ProblemDefinition = define(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    words("Erreur interne", "Internal error"),
    words(
        "L'exploitant trouvera la cause dans son journal.",
        "The operator will find the cause in the log.",
    ),
);

const NOT_ELIGIBLE: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "not-eligible",
    "invalid",
    words("Vote refusé", "Vote refused"),
    words(
        "Ce NAS et ce code ne donnent pas droit à ce vote : vérifiez-les sur votre lettre.",
        "This NAS and code do not entitle to this vote: check them on your letter.",
    ),
);

const OTHER_REGION: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "other-region",
    "invalid",
    words("Autre région", "Other region"),
    words(
        "region_id n'est pas votre région de vote dans cette élection.",
        "region_id is not your voting region in this election.",
    ),
);

const CANDIDATE_REFUSED: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "candidate-refused",
    "invalid",
    words("Candidat refusé", "Candidate refused"),
    words(
        "Ce candidat ne se présente pas, ou plus, dans votre région : voyez la liste des candidats.",
        "This candidate does not stand, or no longer stands, in your region: see the list of candidates.",
    ),
);

const CHOICE_REFUSED: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "choice-refused",
    "invalid",
    words("Choix refusé", "Choice refused"),
    words(
        "Ce bulletin n'admet pas ce choix : corrigez le champ nommé dans « errors ».",
        "This ballot does not take this choice: correct the field named in \"errors\".",
    ),
);

const NOT_OPEN: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "not-open",
    "not_open",
    words("Vote pas encore ouvert", "Voting not open yet"),
    words(
        "Le vote ouvrira à l'instant « opens ».",
        "Voting opens at the instant \"opens\".",
    ),
);

const CLOSED: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "closed",
    "closed",
    words("Vote clos", "Voting closed"),
    words(
        "Le vote est clos depuis l'instant « closes ».",
        "Voting closed at the instant \"closes\".",
    ),
);

const DUPLICATE: ProblemDefinition = define_for_votes(
    StatusCode::CONFLICT,
    "duplicate",
    "duplicate",
    words("Déjà voté", "Already voted"),
    words(
        "Un vote est déjà enregistré pour cette personne ; celui-ci n'est pas compté.",
        "A vote of this person is already recorded; this one is not counted.",
    ),
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_are_listed_in_order_under_names_of_their_own() {
        for (at, problem_type) in ProblemType::ALL.into_iter().enumerate() {
            assert_eq!(problem_type as usize, at, "{problem_type:?}");
        }
        let slugs = ProblemType::ALL.map(|problem_type| problem_type.definition().slug);
        assert_eq!(BTreeSet::from(slugs).len(), ProblemType::COUNT);
    }
}
