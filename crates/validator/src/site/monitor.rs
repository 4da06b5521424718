//! The operators' page, for the internal listener: what this validator remembers of its own metrics.

use std::io;
use std::sync::{Arc, PoisonError, Weak};
use std::thread;

use hyper::{Request, StatusCode};
use pages::{ClusterTable, PageContext, SAMPLE_EVERY, Watched};
use serde_json::{Value, json};

use super::page::html;
use super::picture::picture;
use super::visit::{context, lang_of};
use crate::app::App;
use crate::http::health;
use crate::http::reply::{self, JSON, Reply};

/// Takes samples of the metrics for as long as the validator runs, the first one at once.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn watch(app: &Arc<App>) -> io::Result<()> {
    let app = Arc::downgrade(app);
    let watch = move || {
        while sample(&app) {
            thread::sleep(SAMPLE_EVERY);
        }
    };
    let thread = thread::Builder::new().name("monitor".to_owned());
    thread.spawn(watch).map(|_| ())
}

/// `false` where the validator is gone.
fn sample(app: &Weak<App>) -> bool {
    let Some(app) = app.upgrade() else {
        return false;
    };
    let metrics = app.metrics.text(health::obstacle(&app));
    let history = app.history.lock();
    let mut history = history.unwrap_or_else(PoisonError::into_inner);
    // A validator has read its ledger before it starts.
    history.take(app.clock.now_ms(), &metrics, true);
    true
}

/// `GET /monitor`: the page of this moment.
pub(crate) fn monitor<B>(app: &App, request: &Request<B>) -> Reply {
    let context = context(app, lang_of(request));
    let tables = tables(app, &context);
    let history = app.history.lock();
    let watched = Watched {
        history: &history.unwrap_or_else(PoisonError::into_inner),
        ready: health::obstacle(app).is_none(),
        tables: &tables,
    };
    html(pages::monitor(&context, &watched))
}

/// `GET /monitor/history`: the last hour as JSON.
pub(crate) fn history(app: &App) -> Reply {
    let history = app.history.lock();
    let history = history.unwrap_or_else(PoisonError::into_inner);
    reply::made(StatusCode::OK, history.to_json().into(), JSON, None)
}

/// `GET /cluster`: the tables of the monitor, as JSON.
pub(crate) fn cluster<B>(app: &App, request: &Request<B>) -> Reply {
    let tables = tables(app, &context(app, lang_of(request)));
    let rows = |table: &ClusterTable| json!({"id": table.id, "rows": table.rows});
    let tables: Vec<Value> = tables.iter().map(rows).collect();
    reply::json(StatusCode::OK, &tables, JSON, None)
}

fn tables(app: &App, context: &PageContext<'_>) -> Vec<ClusterTable> {
    pages::cluster_tables(context, &picture(app))
}
