//! Where Alertmanager sends its notices: a receiver in the rehearsal itself, in the place of the person who is woken.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const NOTICE_BYTES_MAX: usize = 4 << 20;

/// Whether an alert began or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// What it tells of is so now.
    Firing,
    /// It is so no more.
    Resolved,
}

/// One alert of a notice.
#[derive(Clone, Debug, Deserialize)]
pub struct Alert {
    /// Whether it began or ended.
    pub status: Status,
    /// What tells it from others, `alertname` among them.
    pub labels: BTreeMap<String, String>,
    /// What people read: summary, description, runbook.
    pub annotations: BTreeMap<String, String>,
    /// Tells this alert with these labels from every other.
    pub fingerprint: String,
}

impl Alert {
    /// The alert's name; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }
}

/// The body of Alertmanager's request, as far as it matters here.
#[derive(Deserialize)]
struct Notice {
    alerts: Vec<Alert>,
}

/// What came so far.
#[derive(Debug, Default)]
struct Book {
    /// Alerts that began and have not ended, by fingerprint.
    firing: BTreeMap<String, Alert>,
    /// Names of those that began, with the moment.
    began: Vec<(Instant, String)>,
    /// What Alertmanager sent and nobody can read.
    unreadable: u64,
}

/// The receiver; it ends when this is dropped.
#[derive(Debug)]
pub struct Webhook {
    /// Where Alertmanager sends to.
    pub at: SocketAddr,
    book: Arc<Mutex<Book>>,
    serving: JoinHandle<()>,
}

impl Webhook {
    /// Listens on a free port.
    ///
    /// # Errors
    /// The system gives no port.
    pub async fn start() -> Result<Webhook> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("no port for the webhook")?;
        let at = listener.local_addr()?;
        let book = Arc::new(Mutex::new(Book::default()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&book)));
        Ok(Webhook { at, book, serving })
    }

    /// Names of the alerts that fire now.
    #[must_use]
    pub fn firing(&self) -> BTreeSet<String> {
        let book = locked(&self.book);
        let names = book.firing.values().map(|alert| alert.name().to_owned());
        names.collect()
    }

    /// Names of alerts that began to fire since then.
    #[must_use]
    pub fn began_since(&self, moment: Instant) -> BTreeSet<String> {
        let book = locked(&self.book);
        let since = book.began.iter().filter(|(at, _)| *at >= moment);
        since.map(|(_, name)| name.clone()).collect()
    }

    /// The alerts that fire now, in words: what they say of themselves.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let book = locked(&self.book);
        let told = book.firing.values().map(|alert| {
            let summary = alert.annotations.get("summary").map_or("", String::as_str);
            format!("{}: {summary}", alert.name())
        });
        told.collect()
    }

    /// Requests that could not be read: none, where Alertmanager sends what it promises.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        locked(&self.book).unreadable
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a task that panicked left is as good as before: each change is one call.
fn locked(book: &Mutex<Book>) -> std::sync::MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, book: Arc<Mutex<Book>>) {
    // A connection that cannot be had is Alertmanager's to try again.
    while let Ok((stream, _)) = listener.accept().await {
        let book = Arc::clone(&book);
        let answer = service_fn(move |request| {
            let book = Arc::clone(&book);
            async move { Ok::<_, Infallible>(take(request, &book).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

async fn take(request: Request<Incoming>, book: &Mutex<Book>) -> Response<Empty<Bytes>> {
    let body = Limited::new(request.into_body(), NOTICE_BYTES_MAX);
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let notice = bytes
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Notice>(&bytes).ok());
    let mut book = locked(book);
    match notice {
        Some(notice) => notice
            .alerts
            .into_iter()
            .for_each(|alert| book.enter(alert)),
        None => book.unreadable += 1,
    }
    Response::new(Empty::new())
}

impl Book {
    /// Alertmanager names the whole group each time: only what is new is written down.
    fn enter(&mut self, alert: Alert) {
        match alert.status {
            Status::Resolved => {
                self.firing.remove(&alert.fingerprint);
            }
            Status::Firing => {
                let name = alert.name().to_owned();
                if self
                    .firing
                    .insert(alert.fingerprint.clone(), alert)
                    .is_none()
                {
                    self.began.push((Instant::now(), name));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http;

    #[tokio::test]
    async fn an_alert_fires_once_until_it_is_resolved() {
        let (webhook, start) = (Webhook::start().await.unwrap(), Instant::now());
        let at = webhook.at;
        let notice = |status: &str| {
            json!({"alerts": [{"status": status, "labels": {"alertname": "A"},
                "annotations": {"summary": "it broke"}, "fingerprint": "1"}]})
        };
        for _ in 0..2 {
            http::post(at, "/", &notice("firing")).await.unwrap();
        }
        assert_eq!(webhook.firing(), BTreeSet::from(["A".to_owned()]));
        assert_eq!(webhook.told(), ["A: it broke"]);
        assert_eq!(locked(&webhook.book).began.len(), 1);
        http::post(at, "/", &notice("resolved")).await.unwrap();
        assert!(webhook.firing().is_empty());
        assert_eq!(webhook.began_since(start).len(), 1);
        assert!(webhook.began_since(Instant::now()).is_empty());
        http::post(at, "/", &json!({"alerts": 1})).await.unwrap();
        assert_eq!(webhook.unreadable(), 1);
    }
}
