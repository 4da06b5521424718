//! Requests that are turned away as requests, before or beside any vote: the facts.

use std::time::Duration;

/// Why a request is not answered as it asks. What is against a vote is a
/// [`Refusal`](crate::vote::Refusal) instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// HTTP/1.1 without exactly one Host header.
    NoHost,
    NoSuchPath,
    MethodNotAllowed {
        /// The methods that the path takes, as the Allow header names them.
        allow: &'static str,
    },
    /// Its client asks more often than it may.
    TooManyRequests {
        /// Until the client may ask again.
        wait: Duration,
    },
    /// The body is announced as something else than what the path takes.
    UnsupportedMediaType,
    BodyTooLarge,
    /// The body did not come in time.
    BodyTimeout,
    /// The connection broke while the body came.
    BrokenBody,
    /// The body of a page's form cannot be read as one.
    NotAForm,
    /// The query does not say from where to stream the ledger.
    InvalidQuery,
    NoSuchElection,
    /// The region has no candidates in that election.
    NoSuchRegion,
    NoSuchReceipt,
    /// The Idempotency-Key header is no key, or there are several.
    IdempotencyKey,
    /// A form that another site's page sends in a browser's name.
    FromOtherSite,
    /// Results are asked, which another server has, and nobody has said where.
    ResultsElsewhere,
    /// As many of such requests as are answered at once already are.
    Busy {
        /// After how long to ask again.
        wait: Duration,
    },
    /// The process is stopping.
    Stopping,
    /// The database of a replicated ledger cannot be asked.
    OutOfReach,
    /// A fault of ours; the log has its cause.
    Failed,
}

impl Rejection {
    /// How long to wait before the same is asked again, where waiting alone can help and it is known
    /// for how long.
    pub(crate) fn wait(&self) -> Option<Duration> {
        match self {
            Rejection::TooManyRequests { wait } | Rejection::Busy { wait } => Some(*wait),
            // By then whoever sends traffic here has noticed, and sends it elsewhere.
            Rejection::Stopping | Rejection::OutOfReach => Some(Duration::from_secs(5)),
            Rejection::NoHost
            | Rejection::NoSuchPath
            | Rejection::MethodNotAllowed { .. }
            | Rejection::UnsupportedMediaType
            | Rejection::BodyTooLarge
            | Rejection::BodyTimeout
            | Rejection::BrokenBody
            | Rejection::NotAForm
            | Rejection::InvalidQuery
            | Rejection::NoSuchElection
            | Rejection::NoSuchRegion
            | Rejection::NoSuchReceipt
            | Rejection::IdempotencyKey
            | Rejection::FromOtherSite
            | Rejection::ResultsElsewhere
            | Rejection::Failed => None,
        }
    }

    /// Whether a body, where there is one, is left unread or partly so: the rest would stand where the
    /// next request begins.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        match self {
            Rejection::NoHost
            | Rejection::NoSuchPath
            | Rejection::MethodNotAllowed { .. }
            | Rejection::TooManyRequests { .. }
            | Rejection::UnsupportedMediaType
            | Rejection::BodyTooLarge
            | Rejection::BodyTimeout
            | Rejection::BrokenBody
            | Rejection::IdempotencyKey
            | Rejection::FromOtherSite
            | Rejection::ResultsElsewhere => true,
            Rejection::NotAForm
            | Rejection::InvalidQuery
            | Rejection::NoSuchElection
            | Rejection::NoSuchRegion
            | Rejection::NoSuchReceipt
            | Rejection::Busy { .. }
            | Rejection::Stopping
            | Rejection::OutOfReach
            | Rejection::Failed => false,
        }
    }
}

/// One rejection of each kind, for tests that walk a table of them. A new kind does not compile until
/// it has its place in this chain.
#[cfg(test)]
pub(crate) fn one_of_each() -> Vec<Rejection> {
    let wait = Duration::from_secs(7);
    let chain = std::iter::successors(Some(Rejection::NoHost), |rejection| {
        Some(match rejection {
            Rejection::NoHost => Rejection::NoSuchPath,
            Rejection::NoSuchPath => Rejection::MethodNotAllowed { allow: "GET, HEAD" },
            Rejection::MethodNotAllowed { .. } => Rejection::TooManyRequests { wait },
            Rejection::TooManyRequests { .. } => Rejection::UnsupportedMediaType,
            Rejection::UnsupportedMediaType => Rejection::BodyTooLarge,
            Rejection::BodyTooLarge => Rejection::BodyTimeout,
            Rejection::BodyTimeout => Rejection::BrokenBody,
            Rejection::BrokenBody => Rejection::NotAForm,
            Rejection::NotAForm => Rejection::InvalidQuery,
            Rejection::InvalidQuery => Rejection::NoSuchElection,
            Rejection::NoSuchElection => Rejection::NoSuchRegion,
            Rejection::NoSuchRegion => Rejection::NoSuchReceipt,
            Rejection::NoSuchReceipt => Rejection::IdempotencyKey,
            Rejection::IdempotencyKey => Rejection::FromOtherSite,
            Rejection::FromOtherSite => Rejection::ResultsElsewhere,
            Rejection::ResultsElsewhere => Rejection::Busy { wait },
            Rejection::Busy { .. } => Rejection::Stopping,
            Rejection::Stopping => Rejection::OutOfReach,
            Rejection::OutOfReach => Rejection::Failed,
            Rejection::Failed => return None,
        })
    });
    chain.collect()
}
