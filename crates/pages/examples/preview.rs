//! Every page in every state, with made-up data, at 127.0.0.1: for looking and for browser tests.
//!
//! `cargo run -p pages --example preview [-- ADDRESS]`. The index of states is at `/preview`. The
//! flow of a vote works as in the program, with a roll of made-up credentials: the code says what
//! happens (see `preview/voter.rs`).

#[path = "preview/http.rs"]
mod http;
#[path = "preview/voter.rs"]
mod voter;

use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use election::Event;
use http::{Answer, Request};
use pages::{Lang, Site};

const EVENT: &str = include_str!("../../../fixtures/election.toml");

/// The preview's data.
struct Preview {
    event: Event,
    voter: voter::Box,
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080"))?;
    eprintln!("preview at http://{}/preview", listener.local_addr()?);
    let preview = Preview {
        event: Event::from_toml(EVENT).expect("the example event is valid"),
        voter: voter::Box::default(),
    };
    std::thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            let preview = &preview;
            scope.spawn(move || http::serve(stream, |request| answer(preview, request)));
        }
    });
    Ok(())
}

fn answer(preview: &Preview, request: &Request) -> Answer {
    let query = request.query();
    let number = |name: &str| query.get(name).and_then(|value| value.parse::<i64>().ok());
    let site = Site {
        event: &preview.event,
        lang: Lang::negotiate(query.get("lang"), request.header("accept-language")),
        now_ms: number("now").unwrap_or_else(now_ms),
    };
    if let Some(name) = request.path().strip_prefix(pages::ASSET_PREFIX) {
        return http::asset(name, request);
    }
    preview.voter.answer(&site, request, &query)
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
