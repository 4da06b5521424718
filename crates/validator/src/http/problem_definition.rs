//! What each type of problem says: its name for programs, its HTTP status and its words in both
//! languages.

use hyper::StatusCode;

use super::words::Words;

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
        vote_status: Some(vote_status),
        ..define(status, slug, title, detail)
    }
}

pub(super) const MALFORMED: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "malformed",
    words("Requête illisible", "Malformed request"),
    words(
        "Le corps doit être un seul objet JSON en UTF-8, sans barre oblique inverse.",
        "The body must be one JSON object in UTF-8, without backslashes.",
    ),
);

pub(super) const NO_HOST: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "no-host",
    words("En-tête Host manquant", "Host header missing"),
    words(
        "HTTP/1.1 demande un en-tête Host, et un seul.",
        "HTTP/1.1 demands one Host header, and no more.",
    ),
);

pub(super) const BROKEN_BODY: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "broken-body",
    words("Corps interrompu", "Broken body"),
    words(
        "Le corps de la requête n'est pas arrivé en entier.",
        "The body of the request did not arrive whole.",
    ),
);

pub(super) const INVALID_FIELDS: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "invalid-fields",
    words("Champs invalides", "Invalid fields"),
    words(
        "Corrigez les champs nommés dans « errors ».",
        "Correct the fields named in \"errors\".",
    ),
);

pub(super) const INVALID_QUERY: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "invalid-query",
    words("Paramètre invalide", "Invalid parameter"),
    words(
        "« after » doit être un numéro de séquence, un entier à partir de 0.",
        "\"after\" must be a sequence number, an integer from 0.",
    ),
);

pub(super) const NO_SUCH_LAW: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-law",
    words("Loi inconnue", "No such law"),
    words(
        "Les lois soumises au vote sont sous /api/v1/laws.",
        "Laws put to the vote are under /api/v1/laws.",
    ),
);

pub(super) const NO_SUCH_ELECTION: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-election",
    words("Élection inconnue", "No such election"),
    words(
        "Les élections sont sous /api/v1/elections.",
        "Elections are under /api/v1/elections.",
    ),
);

pub(super) const NO_SUCH_REGION: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-region",
    words("Région inconnue", "No such region"),
    words(
        "Cette région n'a pas de candidats à cette élection ; les régions sont sous /api/v1/regions.",
        "This region has no candidates in this election; regions are under /api/v1/regions.",
    ),
);

pub(super) const NO_SUCH_RECEIPT: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "no-such-receipt",
    words("Reçu inconnu", "No such receipt"),
    words(
        "Aucun vote n'est enregistré sous cet identifiant : vérifiez-le caractère par caractère.",
        "No vote is recorded under this identifier: check it character by character.",
    ),
);

pub(super) const NOT_FOUND: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "not-found",
    words("Adresse inconnue", "Not found"),
    words(
        "Les adresses de ce service sont sous /openapi.json.",
        "The paths of this service are under /openapi.json.",
    ),
);

pub(super) const RESULTS_ELSEWHERE: ProblemDefinition = define(
    StatusCode::NOT_FOUND,
    "results-elsewhere",
    words("Résultats ailleurs", "Results are elsewhere"),
    words(
        "Ce serveur reçoit les votes. Les résultats sont publiés par un autre : demandez son adresse à l'autorité du vote.",
        "This server takes votes. Results are published by another one: ask the authority of the vote for its address.",
    ),
);

pub(super) const INVALID_IDEMPOTENCY_KEY: ProblemDefinition = define(
    StatusCode::BAD_REQUEST,
    "invalid-idempotency-key",
    words("Clé de répétition invalide", "Invalid idempotency key"),
    words(
        "Idempotency-Key doit être une seule clé aléatoire de 20 à 128 caractères ASCII visibles, sans guillemet ni barre oblique inverse, par exemple un UUID : \"8e03978e-40d5-43dd-bc93-6894a57f9324\".",
        "Idempotency-Key must be one random key of 20 to 128 visible ASCII characters without quotation mark or backslash, such as a UUID: \"8e03978e-40d5-43dd-bc93-6894a57f9324\".",
    ),
);

pub(super) const FROM_OTHER_SITE: ProblemDefinition = define(
    StatusCode::FORBIDDEN,
    "from-other-site",
    words("Formulaire d'un autre site", "Form of another site"),
    words(
        "Ce formulaire n'a pas été envoyé par une page de ce serveur ; rien n'est enregistré.",
        "This form was not sent by a page of this server; nothing is recorded.",
    ),
);

pub(super) const METHOD_NOT_ALLOWED: ProblemDefinition = define(
    StatusCode::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    words("Méthode refusée", "Method not allowed"),
    words(
        "L'en-tête Allow nomme les méthodes admises.",
        "The Allow header names the methods that are taken.",
    ),
);

pub(super) const BODY_TIMEOUT: ProblemDefinition = define(
    StatusCode::REQUEST_TIMEOUT,
    "body-timeout",
    words("Délai dépassé", "Request timeout"),
    words(
        "Le corps de la requête est arrivé trop lentement.",
        "The body of the request arrived too slowly.",
    ),
);

pub(super) const BODY_TOO_LARGE: ProblemDefinition = define(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body-too-large",
    words("Corps trop long", "Body too large"),
    words(
        "Un vote tient en quelques centaines d'octets.",
        "A vote fits a few hundred bytes.",
    ),
);

pub(super) const UNSUPPORTED_MEDIA_TYPE: ProblemDefinition = define(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    words("Type de contenu refusé", "Unsupported media type"),
    words(
        "Envoyez du JSON non compressé, avec Content-Type: application/json.",
        "Send uncompressed JSON, with Content-Type: application/json.",
    ),
);

pub(super) const TOO_MANY_REQUESTS: ProblemDefinition = define(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-requests",
    words("Trop de requêtes", "Too many requests"),
    words(
        "Réessayez après le délai de l'en-tête Retry-After.",
        "Try again after the delay in the Retry-After header.",
    ),
);

pub(super) const TOO_MANY_FAILED_ATTEMPTS: ProblemDefinition = define(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-failed-attempts",
    words("Trop de tentatives", "Too many failed attempts"),
    words(
        "Trop de codes erronés pour ce NAS depuis ce réseau ; réessayez après le délai de l'en-tête Retry-After, ou tout de suite depuis un autre réseau.",
        "Too many wrong codes for this NAS from this network; try again after the delay in the Retry-After header, or at once from another network.",
    ),
);

pub(super) const TOO_MANY_REPEATS: ProblemDefinition = define(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-repeats",
    words("Déjà voté", "Already voted"),
    words(
        "Un vote est déjà enregistré pour cette personne et a été envoyé trop souvent ; celui-ci n'est ni compté ni noté.",
        "A vote of this person is already recorded and was sent too often; this one is neither counted nor noted.",
    ),
);

pub(super) const BUSY: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "busy",
    words(
        "Trop de demandes à la fois",
        "Too many such requests at once",
    ),
    words(
        "Cela ne dit rien d'aucun vote ; réessayez après le délai de l'en-tête Retry-After.",
        "This says nothing of any vote; try again after the delay in the Retry-After header.",
    ),
);

pub(super) const OVERLOADED: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "overloaded",
    words("Service saturé", "Overloaded"),
    words(
        "Rien n'est enregistré ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded; try again after the delay in the Retry-After header.",
    ),
);

pub(super) const STORAGE_FULL: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "storage-full",
    words("Service indisponible", "Service unavailable"),
    words(
        "Rien n'est enregistré, l'espace manque ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded for lack of room; try again after the delay in the Retry-After header.",
    ),
);

pub(super) const CLOCK_IN_DOUBT: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "clock-in-doubt",
    words("Service indisponible", "Service unavailable"),
    words(
        "Rien n'est enregistré, l'horloge du serveur est à vérifier ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded until the server's clock has been checked; try again after the delay in the Retry-After header.",
    ),
);

pub(super) const ROLL_UNREADABLE: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "roll-unreadable",
    words("Service indisponible", "Service unavailable"),
    words(
        "Rien n'est enregistré, la liste électorale est illisible ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded because the roll cannot be read; try again after the delay in the Retry-After header.",
    ),
);

pub(super) const LOG_UNWITNESSED: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "log-unwitnessed",
    words("Service indisponible", "Service unavailable"),
    words(
        "Rien n'est enregistré tant que les témoins n'ont pas contresigné le registre ; réessayez après le délai de l'en-tête Retry-After.",
        "Nothing is recorded before witnesses have cosigned the ledger's log; try again after the delay in the Retry-After header.",
    ),
);

pub(super) const OUTCOME_UNKNOWN: ProblemDefinition = define(
    StatusCode::GATEWAY_TIMEOUT,
    "outcome-unknown",
    words("Issue inconnue", "Outcome unknown"),
    words(
        "L'enregistrement tarde. Envoyez de nouveau le même vote : il ne sera compté qu'une fois. Sous la même Idempotency-Key, vous recevrez son reçu ; sans clé, « duplicate » dira qu'il est déjà enregistré.",
        "Recording takes long. Send the same vote again: it is counted once only. Under the same Idempotency-Key you get its receipt; without a key, \"duplicate\" says that it is already recorded.",
    ),
);

pub(super) const NOT_READY: ProblemDefinition = define(
    StatusCode::SERVICE_UNAVAILABLE,
    "not-ready",
    words("Service indisponible", "Not ready"),
    words(
        "Ce serveur ne prend pas de vote en ce moment ; adressez-vous à un autre.",
        "This server takes no votes at the moment; use another one.",
    ),
);

pub(super) const INTERNAL: ProblemDefinition = define(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    words("Erreur interne", "Internal error"),
    words(
        "L'exploitant trouvera la cause dans son journal.",
        "The operator will find the cause in the log.",
    ),
);

pub(super) const NOT_ELIGIBLE: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "not-eligible",
    "invalid",
    words("Vote refusé", "Vote refused"),
    words(
        "Ce NAS et ce code ne donnent pas droit à ce vote : vérifiez-les sur votre lettre.",
        "This NAS and code do not entitle to this vote: check them on your letter.",
    ),
);

pub(super) const OTHER_REGION: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "other-region",
    "invalid",
    words("Autre région", "Other region"),
    words(
        "region_id n'est pas votre région de vote dans cette élection.",
        "region_id is not your voting region in this election.",
    ),
);

pub(super) const CANDIDATE_REFUSED: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "candidate-refused",
    "invalid",
    words("Candidat refusé", "Candidate refused"),
    words(
        "Ce candidat ne se présente pas, ou plus, dans votre région : voyez la liste des candidats.",
        "This candidate does not stand, or no longer stands, in your region: see the list of candidates.",
    ),
);

pub(super) const CHOICE_REFUSED: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "choice-refused",
    "invalid",
    words("Choix refusé", "Choice refused"),
    words(
        "Ce bulletin n'admet pas ce choix : corrigez le champ nommé dans « errors ».",
        "This ballot does not take this choice: correct the field named in \"errors\".",
    ),
);

pub(super) const NOT_OPEN: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "not-open",
    "not_open",
    words("Vote pas encore ouvert", "Voting not open yet"),
    words(
        "Le vote ouvrira à l'instant « opens ».",
        "Voting opens at the instant \"opens\".",
    ),
);

pub(super) const CLOSED: ProblemDefinition = define_for_votes(
    StatusCode::FORBIDDEN,
    "closed",
    "closed",
    words("Vote clos", "Voting closed"),
    words(
        "Le vote est clos depuis l'instant « closes ».",
        "Voting closed at the instant \"closes\".",
    ),
);

pub(super) const DUPLICATE: ProblemDefinition = define_for_votes(
    StatusCode::CONFLICT,
    "duplicate",
    "duplicate",
    words("Déjà voté", "Already voted"),
    words(
        "Un vote est déjà enregistré pour cette personne ; celui-ci n'est pas compté.",
        "A vote of this person is already recorded; this one is not counted.",
    ),
);
