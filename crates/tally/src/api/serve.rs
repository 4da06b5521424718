//! The two listeners: readers of results and operators. What bounds connections is `listener`'s.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use listener::client::Prefix;
use listener::{ConnectionLimits, Handler, NotAdmitted, Peer, Sliced};

use super::problem::Problem;
use super::shared::Shared;

/// Connections of the internal listener.
const INTERNAL_CONNECTIONS_MAX: usize = 64;

/// Bounds of the internal listener's connections: few, of machines of ours.
pub(crate) fn internal_limits(public: ConnectionLimits) -> ConnectionLimits {
    ConnectionLimits {
        max: INTERNAL_CONNECTIONS_MAX,
        per_client_max: INTERNAL_CONNECTIONS_MAX,
        ..public
    }
}

/// A router as what a listener asks.
#[derive(Clone)]
pub(crate) struct Routed(pub(crate) Router);

impl Handler for Routed {
    type Body = Sliced<Body>;
    const UPGRADES: bool = true;

    fn answer(
        self,
        peer: Peer,
        mut request: hyper::Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send {
        request.extensions_mut().insert(peer);
        let answered = TowerToHyperService::new(self.0).call(request);
        async move {
            match answered.await {
                Ok(response) => response.map(Sliced::new),
                Err(never) => match never {},
            }
        }
    }
}

/// For whom a request counts; none where it is not counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller(pub(super) Option<Prefix>);

/// Lets a request in, or turns it away before anybody looks at what it asks.
pub(super) async fn admit(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let peer = peer.expect("the listener says who asks");
    let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = match shared.admission.request(peer.address, &request) {
        Ok(client) => {
            request.extensions_mut().insert(Caller(client));
            next.run(request).await
        }
        Err(not_admitted) => {
            let language = listener::negotiate(request.headers());
            match not_admitted {
                NotAdmitted::NoHost => Problem::NoHost,
                NotAdmitted::OverQuota(wait) => Problem::TooManyRequests(wait),
            }
            .respond(language)
        }
    };
    let headers = response.headers_mut();
    if peer.secure {
        let (name, value) = listener::STAY_SECURE;
        headers.insert(name, value);
    }
    if is_chunked {
        // A proxy may have seen another end of this body than we (RFC 9112, section 6.1).
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
