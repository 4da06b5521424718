//! What the public listener does for voters: it answers their requests, and counts and limits their
//! connections.

use std::sync::Arc;

use http_body_util::Full;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use listener::{Handler, Peer};

use super::reply::Reply;
use super::service;
use crate::app::App;

/// The public listener's handler: it answers voters.
#[derive(Clone)]
pub(crate) struct Public(pub(crate) Arc<App>);

impl Handler for Public {
    type Body = Full<Bytes>;

    fn answer(self, peer: Peer, request: Request<Incoming>) -> impl Future<Output = Reply> + Send {
        service::serve(self.0, peer, request)
    }
}
