//! The calls of the public interface: each with its path and its methods.

use hyper::Method;
use matchit::{Match, MatchError, Router};

use crate::vote::VoteKind;

/// A call of the public interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// A vote, by POST.
    Vote(VoteKind),
    /// Something to read, by GET and HEAD.
    Read(Resource),
}

/// What can be read, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Laws,
    Elections,
    Regions,
    Candidates,
    Receipt,
    Proof,
    Health,
    Live,
    Ready,
    OpenApi,
    Description,
}

/// Every path and its call.
pub(crate) const PATHS: &[(&str, Call)] = &[
    ("/api/v1/vote", Call::Vote(VoteKind::Law)),
    ("/api/v1/elections/vote", Call::Vote(VoteKind::Election)),
    ("/api/v1/laws", Call::Read(Resource::Laws)),
    ("/api/v1/elections", Call::Read(Resource::Elections)),
    ("/api/v1/regions", Call::Read(Resource::Regions)),
    (
        "/api/v1/elections/{election_id}/regions/{region_id}/candidates",
        Call::Read(Resource::Candidates),
    ),
    (
        "/api/v1/receipts/{request_id}",
        Call::Read(Resource::Receipt),
    ),
    (
        "/api/v1/receipts/{request_id}/proof",
        Call::Read(Resource::Proof),
    ),
    ("/api/v1/health", Call::Read(Resource::Health)),
    ("/livez", Call::Read(Resource::Live)),
    ("/readyz", Call::Read(Resource::Ready)),
    ("/openapi.json", Call::Read(Resource::OpenApi)),
    ("/", Call::Read(Resource::Description)),
];

impl Call {
    /// Methods taken, as the Allow header names them.
    pub(crate) fn allow(self) -> &'static str {
        match self {
            Call::Vote(_) => "POST",
            Call::Read(_) => "GET, HEAD",
        }
    }

    pub(crate) fn takes(self, method: &Method) -> bool {
        match self {
            Call::Vote(_) => method == Method::POST,
            Call::Read(_) => method == Method::GET || method == Method::HEAD,
        }
    }
}

/// The table of paths.
pub(crate) struct Routes(Router<Call>);

impl Routes {
    /// # Errors
    /// Two paths that clash: a fault of [`PATHS`].
    pub(crate) fn new() -> Result<Routes, matchit::InsertError> {
        let mut router = Router::new();
        for (path, call) in PATHS {
            router.insert(*path, *call)?;
        }
        Ok(Routes(router))
    }

    /// The call of a path, and the values of the path's parameters.
    pub(crate) fn at<'p>(&self, path: &'p str) -> Result<Match<'_, 'p, &Call>, MatchError> {
        self.0.at(path)
    }
}
