//! The witness over HTTP: `POST /add-checkpoint` for logs, `GET /logs` for anybody, `GET /metrics` for its
//! operator.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Method, Request, Response, StatusCode};
use listener::{Handler, Peer, exposition};
use serde_json::json;
use transparency::SUBMISSION_BYTES_MAX;

use crate::metrics::Metrics;
use crate::time;
use crate::witness::{LogView, Refusal, Witness};

/// Time in which a submission must have come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

const TEXT: &str = "text/plain; charset=utf-8";
/// The content type of the size that a 409 tells.
const SIZE: &str = "text/x.tlog.size";

/// Answers logs, operators and whoever is curious.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) witness: Arc<Witness>,
    pub(crate) metrics: Arc<Metrics>,
}

type Reply = Response<Full<Bytes>>;

impl Handler for Service {
    type Body = Full<Bytes>;

    async fn answer(self, _: Peer, request: Request<Incoming>) -> Reply {
        let expected = match request.uri().path() {
            "/add-checkpoint" => Method::POST,
            "/logs" | "/metrics" => Method::GET,
            _ => return reply(StatusCode::NOT_FOUND, TEXT, "no such path\n".to_owned()),
        };
        if *request.method() != expected {
            let mut refused = reply(StatusCode::METHOD_NOT_ALLOWED, TEXT, String::new());
            let allow = HeaderValue::from_str(expected.as_str()).expect("a method is a token");
            refused.headers_mut().insert(ALLOW, allow);
            return refused;
        }
        let is_metrics = request.uri().path() == "/metrics";
        match expected {
            Method::POST => self.add_checkpoint(request.into_body()).await,
            // A log's state is held while it is written, so this may wait for the disk too.
            _ => off_thread(move || match is_metrics {
                true => self.metrics(),
                false => logs(&self.witness.views()),
            })
            .await
            .unwrap_or_else(failed),
        }
    }
}

/// Does what may wait for the disk where nobody else waits for it; none where it panicked.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn failed() -> Reply {
    let told = "the witness failed: its operator must look at its log\n".to_owned();
    reply(StatusCode::INTERNAL_SERVER_ERROR, TEXT, told)
}

impl Service {
    fn metrics(&self) -> Reply {
        let text = self.metrics.text(&self.witness.views());
        reply(StatusCode::OK, exposition::CONTENT_TYPE, text)
    }

    async fn add_checkpoint(self, body: Incoming) -> Reply {
        let body = Limited::new(body, SUBMISSION_BYTES_MAX).collect();
        let body = match listener::within(BODY_TIMEOUT, body).await {
            Some(Ok(body)) => body.to_bytes(),
            Some(Err(error)) if error.is::<LengthLimitError>() => {
                let told = "the submission is too long\n".to_owned();
                return reply(StatusCode::PAYLOAD_TOO_LARGE, TEXT, told);
            }
            _ => {
                let told = "the submission did not come whole\n".to_owned();
                return reply(StatusCode::BAD_REQUEST, TEXT, told);
            }
        };
        let witness = Arc::clone(&self.witness);
        let Some(answered) = off_thread(move || witness.add_checkpoint(&body)).await else {
            return failed();
        };
        self.metrics.count(answered.as_ref().err());
        match answered {
            Ok(signature) => reply(StatusCode::OK, TEXT, format!("{signature}\n")),
            Err(refusal) => refused(&refusal),
        }
    }
}

/// The statuses of c2sp.org/tlog-witness.
fn refused(refusal: &Refusal) -> Reply {
    let status = match refusal {
        Refusal::Malformed(_) | Refusal::NoCheckpoint(_) | Refusal::OldLarger { .. } => {
            StatusCode::BAD_REQUEST
        }
        Refusal::UnknownLog { .. } => StatusCode::NOT_FOUND,
        Refusal::Unsigned { .. } | Refusal::BadSignature(_) => StatusCode::FORBIDDEN,
        Refusal::Conflict { size } | Refusal::OtherRoot { size } => {
            return reply(StatusCode::CONFLICT, SIZE, format!("{size}\n"));
        }
        Refusal::NoProof(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::ClockBehind | Refusal::StorageFull => StatusCode::SERVICE_UNAVAILABLE,
    };
    reply(status, TEXT, format!("{refusal}\n"))
}

fn logs(views: &[LogView]) -> Reply {
    let logs: Vec<serde_json::Value> = views.iter().map(log).collect();
    let document = json!({ "logs": logs });
    reply(StatusCode::OK, "application/json", format!("{document}\n"))
}

fn log(LogView { origin, last }: &LogView) -> serde_json::Value {
    let origin = origin.as_str();
    match last {
        None => json!({ "origin": origin }),
        Some((checkpoint, time_s)) => json!({
            "origin": origin,
            "size": checkpoint.size,
            "root": checkpoint.root.to_string(),
            "cosigned": time::utc(*time_s),
        }),
    }
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Reply {
    let mut reply = Response::new(Full::from(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}
