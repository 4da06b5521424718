//! Every page in every state, with made-up data, at 127.0.0.1: for looking and for browser tests.
//!
//! `cargo run -p pages --example preview [-- PORT]` serves the voter's pages at PORT (default 8080;
//! 0: any), results at the next ports (a small event, one of a province's size), then the monitor,
//! and prints their addresses as JSON. `?state=`, `?now=` (milliseconds) and `?lang=` choose what is shown;
//! `preview/voter.rs` and `preview/night.rs` say how.

#[path = "preview/http.rs"]
mod http;
#[path = "preview/log.rs"]
mod log;
#[path = "preview/metrics.rs"]
mod metrics;
#[path = "preview/night.rs"]
mod night;
#[path = "preview/voter.rs"]
mod voter;

use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use companions::{Companions, Logo, builder};
use election::{Event, Language, Text};
use jiff::civil::date;
use pages::{Form, PageContext};

use http::{Answer, Request};

const EVENT: &str = include_str!("../../../fixtures/election.toml");
const PROVINCE: &str = include_str!("../../../fixtures/election-125.toml");
const MAP: &[u8] = include_bytes!("../../../fixtures/regions.geojson");
const HEXAGONS: &[u8] = include_bytes!("../../../fixtures/regions-125.geojson");
const EARLIER: &[u8] = include_bytes!("../../../fixtures/baseline.csv");
const EARLIER_PROVINCE: &[u8] = include_bytes!("../../../fixtures/baseline-125.csv");
const LOGO: &[u8] = include_bytes!("../../../fixtures/logo.svg");
const HOURS_PROVINCE: &[u8] = include_bytes!("../../../fixtures/turnout-125.csv");

/// Answers one surface's requests.
type Surface<'a> = &'a (dyn Fn(&PageContext<'_>, &Request, &Form) -> Answer + Sync);

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let read = |text| Event::from_toml(text).expect("the example events are valid");
    let (event, province) = (read(EVENT), read(PROVINCE));
    let accompanied = |regions: &[u8], votes: &[u8], event: &Event| {
        let drawn = builder::geometry(regions, event).expect("the examples' regions are valid");
        let title = Text {
            fr: "Élections de 2021 (exemple)".to_owned(),
            en: "2021 elections (example)".to_owned(),
        };
        let earlier = builder::baseline(votes, event, title, date(2021, 10, 4));
        Companions {
            geometry: Some(drawn.geometry),
            baseline: Some(earlier.expect("the examples' earlier results are valid")),
            logo: builder::logo(LOGO).ok(),
        }
    };
    let six = accompanied(MAP, EARLIER, &event);
    let mut all = accompanied(HEXAGONS, EARLIER_PROVINCE, &province);
    all.baseline = all.baseline.map(|baseline| {
        let timed = builder::with_turnout(HOURS_PROVINCE, &province, baseline);
        timed.expect("the example's earlier turnout is valid")
    });
    let ballot_box = voter::BallotBox::default();
    let surfaces: [(&str, &Event, Surface<'_>); 4] = [
        ("voter", &event, &|context, request, query| {
            ballot_box.answer(context, request, query)
        }),
        ("results", &event, &|context, request, query| {
            night::answer(context, &six, request, query)
        }),
        ("province", &province, &|context, request, query| {
            night::answer(context, &all, request, query)
        }),
        ("monitor", &event, &metrics::answer),
    ];
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for (at, (name, _, _)) in (0_u16..).zip(&surfaces) {
        let port = match port.unwrap_or(8080) {
            0 => 0,
            port => port + at,
        };
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        addresses.push(format!("\"{name}\":\"http://{}\"", listener.local_addr()?));
        listeners.push(listener);
    }
    println!("{{{}}}", addresses.join(","));
    let logo = six.logo.as_ref().expect("the example's logo is valid");
    std::thread::scope(|scope| {
        for (listener, (_, event, surface)) in listeners.iter().zip(surfaces) {
            scope.spawn(move || {
                for stream in listener.incoming().flatten() {
                    scope.spawn(move || http::serve(stream, |r| answer((event, logo), surface, r)));
                }
            });
        }
    });
    Ok(())
}

fn answer((event, logo): (&Event, &Logo), surface: Surface<'_>, request: &Request) -> Answer {
    if request.path() == pages::EMBED_SCRIPT {
        return http::asset(pages::embed_script().name, request);
    }
    if let Some(name) = request.path().strip_prefix(pages::ASSET_PREFIX) {
        if name == logo.file_name() {
            return http::logo(logo);
        }
        return http::asset(name, request);
    }
    let query = request.query();
    let now = query.get("now").and_then(|value| value.parse().ok());
    let context = PageContext {
        event,
        logo: Some(logo),
        lang: query
            .get("lang")
            .and_then(Language::from_tag)
            .unwrap_or_default(),
        now_ms: now.unwrap_or_else(now_ms),
    };
    surface(&context, request, &query)
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
