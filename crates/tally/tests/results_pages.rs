//! The results pages through the real program: figures, policies, caching, headers.

mod support;

use std::time::Duration;

use election::Choice;
use serde_json::Value;

use support::program::{Names, Running};
use support::{BallotBox, Fixture, LATER, LIVE, STEPS, WITHDRAWN};

const BROWSER: &str = "Accept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n";

/// Pages that were made before a change may be served for so long after it.
const AGED: Duration = Duration::from_millis(2_100);

fn wait_for_votes(running: &Running, ballot: &str, votes: u64) {
    running.wait(&format!("/api/v1/turnout/{ballot}"), |turnout| {
        turnout["votes"] == votes
    });
    std::thread::sleep(AGED);
}

/// A tally over a ledger of one vote, on [`LIVE`].
fn with_one_vote(fixture: &Fixture) -> (BallotBox<'_>, Running) {
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    let names = Names::new(fixture, "data");
    let running = Running::start(&names.args("run", &[]));
    wait_for_votes(&running, "LIVE", 1);
    (ballots, running)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[test]
fn pages_show_what_the_ledger_holds_and_the_policy_allows() {
    let fixture = Fixture::new(100);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    for nth in 0..8 {
        let choice = if nth < 6 { Choice::Oui } else { Choice::Non };
        ballots.vote(LIVE, nth, choice.clone());
        ballots.vote(LATER, nth, choice);
    }
    wait_for_votes(&running, "LATER", 8);
    let page = |path: &str| {
        let (status, _, body) = running.get(path, BROWSER);
        assert_eq!(status, 200, "{path}");
        body
    };
    assert!(page("/").contains("/ballots/LIVE?lang=en"));
    let live = page("/ballots/LIVE");
    assert!(live.contains("75.0%") && live.contains("25.0%"), "{live}");
    assert!(live.contains("Provisional results: counting"));
    let later = page("/ballots/LATER");
    assert!(later.contains("Only turnout is shown"));
    assert!(!later.contains("75.0%"), "the policy hides the count");
    assert!(!page("/").contains("<strong>100.0%"));
    let csv = page("/ballots/LATER/results.csv");
    assert_eq!(csv.lines().count(), 1, "{csv}");
    let csv = page("/ballots/LIVE/results.csv");
    let oui = csv.lines().filter(|line| line.contains(",oui,"));
    let votes = oui.filter_map(|line| line.rsplit(',').nth(5)?.parse::<u64>().ok());
    assert_eq!(votes.sum::<u64>(), 6);
}

#[test]
fn a_law_shows_no_region_while_it_is_open() {
    let fixture = Fixture::new(100);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    for nth in 0..40 {
        ballots.vote(STEPS, nth, Choice::Oui);
        ballots.vote(LIVE, nth, Choice::Oui);
    }
    wait_for_votes(&running, "LIVE", 40);
    running.wait("/api/v1/results/STEPS", |law| law["total_votes"] == 30);
    std::thread::sleep(AGED);
    let page = |path: &str| running.get(path, BROWSER).2;
    assert!(!page("/ballots/LIVE").contains("data-rows"));
    let steps = page("/ballots/STEPS");
    assert!(steps.contains("100.0%") && !steps.contains("data-rows"));
    let csv = page("/ballots/STEPS/results.csv");
    assert!(csv.contains("STEPS,,,oui,30"), "{csv}");
    assert_eq!(csv.lines().count(), 4, "{csv}");
}

/// A newsroom that reads both must not have to translate.
#[test]
fn json_and_csv_say_in_the_same_words_how_final_figures_are() {
    let fixture = Fixture::new(100);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    let mut before = 0;
    for shown in [10, 20] {
        for nth in shown - 10..shown {
            ballots.vote(LIVE, nth, Choice::Oui);
            ballots.vote(LATER, nth, Choice::Oui);
        }
        running.wait("/api/v1/results/LIVE", |law| law["total_votes"] == shown);
        std::thread::sleep(Duration::from_secs(1));
        let law = running.json("/api/v1/results/LIVE");
        let releases = law["releases"].as_u64().expect("a number");
        assert!(releases > before, "{law}");
        before = releases;
        let csv = running.get("/ballots/LIVE/results.csv", BROWSER).2;
        let said = format!(
            ",{},{},{},{releases}",
            law["status"].as_str().expect("a status"),
            law["position"][0]["sequence"],
            law["as_of"].as_str().expect("a time"),
        );
        let lines: Vec<&str> = csv.lines().skip(1).collect();
        assert_eq!(lines.len(), 3, "{csv}");
        assert!(
            lines.iter().all(|line| line.ends_with(&said)),
            "{csv}{said}"
        );
    }
    let hidden = running.json("/api/v1/results/LATER");
    assert_eq!(hidden["releases"], 0, "{hidden}");
}

#[test]
fn ranked_rounds_stand_in_a_table_and_a_picture() {
    let fixture = Fixture::new(100);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 90);
    ballots.close();
    let running = Running::start(&names.args("run", &[]));
    wait_for_votes(&running, "RANKED", 90);
    let all = running.get("/ballots/RANKED", BROWSER).2;
    assert!(all.contains("/ballots/RANKED/regions/2?lang=en"));
    let (status, _, region) = running.get("/ballots/RANKED/regions/2", BROWSER);
    assert_eq!(status, 200);
    assert!(region.contains("Rounds of the count") && region.contains("class=\"flow\""));
    // What an address asks for is answered, and not by the page of another question.
    let etag = |path: &str| {
        let (_, head, _) = running.get(path, BROWSER);
        header(&head, "etag").map(str::to_owned)
    };
    let first = running.get("/ballots/RANKED/regions/2?round=1", BROWSER).2;
    assert!(first.contains("class=\"round-said\"") && !region.contains("class=\"round-said\""));
    assert_eq!(
        etag("/ballots/RANKED/regions/2?round=99&q=x"),
        etag("/ballots/RANKED/regions/2")
    );
    let searched = running.get("/ballots/RANKED?q=nowhere&show=all", BROWSER).2;
    let hidden = searched.matches("\" hidden><th").count();
    assert_eq!(hidden, searched.matches("<tr data-region=").count());
    assert!(hidden > 0 && !all.contains("\" hidden><th"));
    assert_ne!(
        etag("/ballots/RANKED?show=unreleased"),
        etag("/ballots/RANKED")
    );
    for path in [
        "/ballots/RANKED/regions/999",
        "/ballots/RANKED/regions/002",
        "/ballots/RANKED/regions/+2",
        "/ballots/RANKED/regions/%32",
        "/ballots/%4cIVE",
        "/ballots/RANKED/regions/x",
        "/ballots/NOTHING",
    ] {
        let (status, _, body) = running.get(path, BROWSER);
        assert_eq!(status, 404, "{path}");
        assert!(body.contains("Page not found"));
    }
}

#[test]
fn withdrawn_candidates_are_marked_in_json_and_csv() {
    let fixture = Fixture::with_a_withdrawal(10);
    let names = Names::new(&fixture, "data");
    let _ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    let results = running.json("/api/v1/elections/1/results");
    let regions = results["regions"].as_array().expect("regions").iter();
    let candidates = regions.flat_map(|region| region["candidates"].as_array().expect("a list"));
    for candidate in candidates {
        let withdrawn = candidate["candidate_id"] == WITHDRAWN;
        let marked = candidate.get("withdrawn");
        assert_eq!(marked, withdrawn.then_some(&true.into()), "{candidate}");
    }
    let (_, _, csv) = running.get("/ballots/SINGLE/results.csv", "");
    let mut lines = csv.lines().skip_while(|line| !line.starts_with("ballot,"));
    assert!(
        lines
            .next()
            .expect("a header")
            .ends_with(",withdrawn,releases"),
        "{csv}"
    );
    let own = format!("SINGLE,1,Région 1,{WITHDRAWN},");
    for line in lines.filter(|line| line.starts_with("SINGLE,")) {
        assert_eq!(line.contains(",true,"), line.starts_with(&own), "{line}");
    }
    assert!(csv.contains(&own), "{csv}");
}

/// The page of 125 regions once went out as 114 kB every two seconds to every viewer.
#[test]
fn results_are_compressed_as_the_client_takes_them() {
    let fixture = Fixture::new(10);
    let (_ballots, running) = with_one_vote(&fixture);
    for path in [
        "/",
        "/ballots/SINGLE",
        "/api/v1/results",
        "/api/v1/elections/1/results",
    ] {
        let get = |accepted: &str| {
            let headers = format!("Accept-Encoding: {accepted}\r\n");
            let (status, head, length) = running.get_bytes(path, &headers);
            assert_eq!(status, 200, "{path}");
            let vary = header(&head, "vary").unwrap_or_default().to_owned();
            assert!(vary.contains("accept-encoding"), "{path}: {vary}");
            let [coding, etag] =
                ["content-encoding", "etag"].map(|name| header(&head, name).map(str::to_owned));
            (coding, etag.expect("an ETag"), length)
        };
        let plain = get("identity");
        let gzip = get("gzip, deflate");
        let brotli = get("gzip, deflate, br");
        assert_eq!(plain.0, None, "{path}");
        assert_eq!(gzip.0.as_deref(), Some("gzip"), "{path}");
        assert_eq!(brotli.0.as_deref(), Some("br"), "{path}");
        assert!(
            brotli.2 < plain.2 / 2 && gzip.2 < plain.2 / 2,
            "{path}: {plain:?} {gzip:?}"
        );
        assert!(
            plain.1 != gzip.1 && gzip.1 != brotli.1,
            "{path}: one tag for two bodies"
        );
        let known = format!("Accept-Encoding: br\r\nIf-None-Match: {}\r\n", brotli.1);
        assert_eq!(running.get(path, &known).0, 304, "{path}");
    }
}

#[test]
fn pages_are_cached_by_language_and_guarded_by_headers() {
    let fixture = Fixture::new(10);
    let (mut ballots, running) = with_one_vote(&fixture);
    let (_, head, english) = running.get("/ballots/LIVE?lang=en", BROWSER);
    let (_, _, french) = running.get("/ballots/LIVE?lang=fr", BROWSER);
    assert!(english.contains("Turnout") && french.contains("Participation"));
    assert_eq!(header(&head, "content-security-policy"), Some(pages::CSP));
    assert_eq!(header(&head, "content-language"), Some("en"));
    for (name, value) in pages::SECURITY_HEADERS {
        assert_eq!(header(&head, name), Some(*value), "{name}");
    }
    let known = format!(
        "{BROWSER}If-None-Match: {}\r\n",
        header(&head, "etag").expect("an ETag")
    );
    assert_eq!(running.get("/ballots/LIVE?lang=en", &known).0, 304);
    ballots.vote(LIVE, 1, Choice::Non);
    wait_for_votes(&running, "LIVE", 2);
    assert_eq!(running.get("/ballots/LIVE?lang=en", &known).0, 200);
    let (_, head, _) = running.get("/embed/ballots/LIVE", BROWSER);
    assert_eq!(
        header(&head, "content-security-policy"),
        Some(pages::EMBED_CSP)
    );
    let asset = pages::assets().next().expect("an asset");
    let path = format!("{}{}", pages::ASSET_PREFIX, asset.name);
    let (status, head, _) = running.get(&path, "");
    assert_eq!((status, header(&head, "content-encoding")), (200, None));
    assert_eq!(running.get("/assets/nothing.css", "").0, 404);
    let (_, _, monitor) = running.get_internal("/monitor?lang=en", BROWSER);
    assert!(monitor.contains("Tally monitor"));
    assert!(
        monitor.contains("data-key=\"panel-votes\""),
        "a sample is taken at the start"
    );
    let (_, _, json) = running.get("/", "Accept: application/json\r\n");
    assert!(json.contains("\"openapi\""));
}

/// The very bytes that the officers signed, which may do nothing where somebody opens them by themselves.
#[test]
fn the_logo_is_served_under_the_name_that_pages_give_it() {
    let fixture = Fixture::with_logo(10);
    let (_ballots, running) = with_one_vote(&fixture);
    let page = running.get("/ballots/LIVE?lang=en", BROWSER).2;
    let (_, path) = page.split_once("<img src=\"").expect("a logo");
    let (path, rest) = path.split_once('"').expect("an end");
    assert!(rest.starts_with(" alt=\"\" width=\"40\" height=\"40\">"));
    let (status, head, logo) = running.get(path, "");
    assert_eq!(status, 200);
    let packed = include_str!("../../../fixtures/golden/companions/logo.svg");
    assert_eq!(logo, packed);
    for (name, value) in pages::LOGO_HEADERS.iter().chain(pages::SECURITY_HEADERS) {
        assert_eq!(header(&head, name), Some(*value), "{name}");
    }
    assert_eq!(running.get(&path.replace(".svg", "0.svg"), "").0, 404);
}

/// People get pages, programs get problems.
#[test]
fn addresses_that_lead_nowhere_and_wrong_methods_are_pages_for_people() {
    let fixture = Fixture::new(100);
    let (_ballots, running) = with_one_vote(&fixture);
    for (path, lang, title) in [
        ("/nowhere", "en", "Page not found"),
        ("/api/v2?lang=fr", "fr", "Page introuvable"),
        ("/assets/none.css", "en", "Page not found"),
        ("/ballots/nothing", "en", "Page not found"),
    ] {
        let (status, head, body) = running.get(path, BROWSER);
        assert_eq!(status, 404, "{path}");
        assert_eq!(header(&head, "content-language"), Some(lang), "{path}");
        assert!(body.contains(title) && !body.contains("Your SIN"), "{body}");
    }
    let (status, head, body) = running.request("POST", "/ballots/LIVE", BROWSER);
    assert_eq!((status, header(&head, "allow")), (405, Some("GET, HEAD")));
    assert!(body.contains("cannot be used in this way"), "{body}");
    let (_, head, _) = running.get("/nowhere", "Accept: application/json\r\n");
    let media = header(&head, "content-type");
    assert_eq!(media, Some("application/problem+json"));
}

/// The tag of a page, without the encoding behind it.
fn version(head: &str) -> String {
    let etag = header(head, "etag").expect("an ETag");
    etag.trim_matches('"')
        .split('-')
        .next()
        .expect("a part")
        .to_owned()
}

/// What `assets/delta.js` makes of a page and a delta.
fn applied(old: &str, delta: &Value) -> String {
    let old: Vec<u16> = old.encode_utf16().collect();
    let (mut at, mut new) = (0, Vec::new());
    for step in delta["steps"].as_array().expect("steps").chunks(3) {
        let from = at + step[0].as_i64().expect("a number");
        at = from + step[1].as_i64().expect("a number");
        let place = |at: i64| usize::try_from(at).expect("within the page");
        new.extend(&old[place(from)..place(at)]);
        new.extend(step[2].as_str().expect("a text").encode_utf16());
    }
    String::from_utf16(&new).expect("a text")
}

/// A viewer who names the version that is there is told what has changed, and everybody the same.
#[test]
fn viewers_are_sent_what_changed() {
    let fixture = Fixture::new(100);
    let (mut ballots, running) = with_one_vote(&fixture);
    let get = |address: &str| running.get(address, BROWSER);
    for (nth, page) in (1..).zip([
        "/?lang=fr",
        "/ballots/LIVE?lang=en",
        "/ballots/LIVE?lang=fr",
        "/embed/ballots/LIVE?lang=fr",
        "/ballots/SINGLE?lang=en&show=closest",
    ]) {
        let (_, head, old) = get(page);
        let first = version(&head);
        let since = format!("{page}&since={first}");
        let (status, head, body) = get(&since);
        assert_eq!((status, &*body), (204, ""), "{page}: {head}");
        ballots.vote(LIVE, nth, Choice::Non);
        let choice = ballots.choice(support::SINGLE, nth, 1);
        ballots.vote(support::SINGLE, nth, choice);
        wait_for_votes(&running, "LIVE", u64::from(nth) + 1);
        let (status, head, body) = get(&since);
        assert_eq!(status, 200, "{page}");
        assert_eq!(
            header(&head, "content-type"),
            Some("application/json"),
            "{page}: {body}"
        );
        assert!(
            header(&head, "cache-control")
                .expect("a header")
                .starts_with("public, max-age=1,")
        );
        let delta: Value = serde_json::from_str(&body).expect("JSON");
        let (_, head, new) = get(page);
        assert_ne!(new, old, "{page}");
        assert_eq!(applied(&old, &delta), new, "{page}");
        assert_eq!(delta["to"], version(&head), "{page}");
        assert!(body.len() * 4 < new.len(), "{page}: {body}");
        // Whoever follows the stream names the change too: the same answer, under an address of its own for caches.
        assert_eq!(get(&format!("{since}&change=12")).2, body, "{page}");
    }
}

/// Nobody is told what is not known: the page itself is the answer.
#[test]
fn a_version_that_is_not_known_is_answered_by_the_page() {
    let fixture = Fixture::new(100);
    let (_ballots, running) = with_one_vote(&fixture);
    let (_, head, page) = running.get("/ballots/SINGLE?lang=en", BROWSER);
    let known = version(&head);
    for since in [
        "000000000000000000000000",
        "",
        "x",
        "%00",
        &known.to_uppercase(),
        &known[1..],
    ] {
        let (status, head, body) =
            running.get(&format!("/ballots/SINGLE?lang=en&since={since}"), BROWSER);
        assert_eq!((status, &body), (200, &page), "{since}");
        assert!(
            header(&head, "content-type")
                .expect("a type")
                .starts_with("text/html")
        );
    }
    // What people type is kept by nobody, and tables are whole.
    let searched = running.get(
        &format!("/ballots/SINGLE?lang=en&q=no&since={known}"),
        BROWSER,
    );
    assert!(searched.0 == 200 && searched.2.starts_with("<!doctype html>"));
    let csv = running.get(
        &format!("/ballots/SINGLE/results.csv?since={known}"),
        BROWSER,
    );
    assert!(csv.0 == 200 && csv.2.starts_with("ballot,"), "{}", csv.2);
}
