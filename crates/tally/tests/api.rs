//! The results API through the real program: contents, policies, errors, caching, description.

mod support;

use std::time::Duration;

use election::Choice;

use support::program::{Names, Running};
use support::{Fixture, LATER, LIVE, NOON_MS, OVER, OVER_MS, RANKED, SINGLE, STEPS};

fn wait_for_votes(running: &Running, ballot: &str, votes: u64) {
    running.wait(&format!("/api/v1/turnout/{ballot}"), |turnout| {
        turnout["votes"] == votes
    });
}

#[test]
fn policies_are_enforced_by_the_api() {
    let fixture = Fixture::new(100);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    for nth in 0..19 {
        for ballot in [LIVE, STEPS, LATER, OVER] {
            ballots.vote(ballot, nth, Choice::Oui);
        }
    }
    for ballot in ["LIVE", "STEPS", "LATER", "OVER"] {
        wait_for_votes(&running, ballot, 19);
    }
    std::thread::sleep(Duration::from_secs(1));
    let law = |id: &str| running.json(&format!("/api/v1/results/{id}"));
    assert_eq!(
        (&law("LIVE")["oui_count"], &law("LIVE")["total_votes"]),
        (&19.into(), &19.into())
    );
    let over = law("OVER");
    assert_eq!(
        (&over["status"], &over["results"]),
        (&"counting".into(), &"withheld".into()),
        "its window is over by every clock, but the ledger does not say so"
    );
    // The commit thread writes the closing frame within a second.
    ballots.set_time(OVER_MS);
    running.wait("/api/v1/results/OVER", |over| {
        over["status"] == "preliminary"
    });
    let over = law("OVER");
    assert_eq!(
        (&over["oui_count"], &over["as_of"]),
        (&19.into(), &"2026-02-01T00:00:00Z".into())
    );
    assert_eq!(over["threshold"]["reached"], true);
    assert_eq!(law("LIVE")["threshold"]["reached"], serde_json::Value::Null);
    assert_eq!(law("LIVE")["threshold"]["reached_so_far"], true);
    let later = law("LATER");
    assert_eq!(
        (&later["results"], &later["oui_count"]),
        (&"withheld".into(), &().into())
    );
    assert_eq!(
        (&later["total_votes"], &later["available_at"]),
        (&19.into(), &"2035-01-01T05:00:00Z".into())
    );
    assert_eq!(later["threshold"]["reached"], serde_json::Value::Null);
    assert_eq!(law("STEPS")["total_votes"], 0, "no 20 votes yet");
    ballots.vote(STEPS, 19, Choice::Non);
    wait_for_votes(&running, "STEPS", 20);
    running.wait("/api/v1/results/STEPS", |law| law["total_votes"] == 10);
    ballots.vote(STEPS, 20, Choice::Non);
    wait_for_votes(&running, "STEPS", 21);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(law("STEPS")["total_votes"], 10, "the next step is at 30");
    let metrics = running.metrics();
    specimen::promtool_accepts(&metrics);
    specimen::metrics_are_documented("tally", &["live"], &metrics);
    assert!(
        metrics.contains("releases_due{partition=\"0\"} 0"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("release_sequence{partition=\"0\"} 0"),
        "{metrics}"
    );
    assert!(
        metrics.contains("votes_by_law{law_id=\"LIVE\",choice=\"oui\"} 19"),
        "{metrics}"
    );
    assert!(!metrics.contains("law_id=\"LATER\""), "{metrics}");
    assert!(
        metrics.contains("votes_by_ballot{ballot_id=\"LATER\"} 19"),
        "{metrics}"
    );
}

/// The count hand has no listener: that it is behind must be seen at the mask hand.
#[test]
fn a_count_hand_that_does_not_release_is_seen() {
    let fixture = Fixture::new(10);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let mut running = Running::start(&names.args("run", &[]));
    ballots.vote(LIVE, 0, Choice::Oui);
    running.wait("/api/v1/results/LIVE", |law| law["total_votes"] == 1);
    running.stop_count_hand();
    ballots.vote(LIVE, 1, Choice::Oui);
    wait_for_votes(&running, "LIVE", 2);
    let metrics = running.metrics();
    specimen::metrics_are_documented("tally", &["due", "live"], &metrics);
    for line in [
        "releases_due{partition=\"0\"} 1",
        "release_sequence{partition=\"0\"} 1",
        &format!(
            "release_due_timestamp_seconds{{partition=\"0\"}} {}",
            NOON_MS / 1_000
        ),
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[test]
fn without_the_mask_key_there_is_turnout_only() {
    let fixture = Fixture::new(10);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    let running = Running::start(&[
        "run",
        "--ledger",
        &names.ledger,
        "--package",
        &names.package,
        "--trust",
        &names.trust,
    ]);
    wait_for_votes(&running, "LIVE", 1);
    let law = running.json("/api/v1/results/LIVE");
    assert_eq!(
        (&law["results"], &law["oui_count"]),
        (&"sealed".into(), &().into())
    );
    assert_eq!(law["total_votes"], 1);
}

#[test]
fn elections_have_regions_parties_rounds_and_turnout_hours() {
    let fixture = Fixture::new(100);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 50);
    ballots.set_time(NOON_MS + 3_600_000);
    ballots.fill(50, 90);
    let truth = ballots.close();
    let running = Running::start(&names.args("run", &[]));
    wait_for_votes(&running, "RANKED", 90);
    let region = running.json("/api/v1/elections/1/regions/2/results");
    assert_eq!(
        (&region["election_id"], &region["region_id"]),
        (&1.into(), &2.into())
    );
    assert_eq!(region["region_name"]["fr"], "Région 2");
    let candidates = region["candidates"].as_array().expect("candidates");
    assert_eq!(candidates.len(), 4);
    for candidate in candidates {
        let number = u32::try_from(candidate["candidate_id"].as_u64().expect("id")).expect("small");
        let votes = truth
            .get(&(SINGLE, 2, Choice::Candidate(number)))
            .copied()
            .unwrap_or(0);
        assert_eq!(candidate["votes"], votes);
    }
    let party = &candidates[0];
    assert_eq!(
        (&party["party"], &party["party_color"]),
        (&"PA".into(), &"#1b5e9e".into())
    );
    let whole = running.json("/api/v1/elections/1/results");
    assert_eq!(whole["total_votes"], 90);
    let seats: u64 = whole["parties"]
        .as_array()
        .expect("parties")
        .iter()
        .filter_map(|p| p["seats_leading"].as_u64())
        .sum();
    let tied = whole["regions"]
        .as_array()
        .expect("regions")
        .iter()
        .filter(|r| r["tied"] != serde_json::json!([]))
        .count();
    assert_eq!(
        seats + tied as u64,
        3,
        "one seat a region, unless it is tied"
    );
    let ranked = running.json("/api/v1/elections/2/regions/1/results");
    let last = ranked["rounds"]
        .as_array()
        .and_then(|rounds| rounds.last())
        .expect("rounds");
    assert_eq!(last["leading"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["elected"].as_array().map(Vec::len), Some(0));
    let turnout = running.json("/api/v1/turnout/RANKED");
    assert_eq!(
        (&turnout["votes"], &turnout["registered"]),
        (&90.into(), &100.into())
    );
    assert_eq!(turnout["percentage_of_registered"], 90.0);
    let hours = turnout["hours"].as_array().expect("hours");
    assert_eq!(
        hours
            .iter()
            .map(|hour| hour["votes"].as_u64())
            .collect::<Vec<_>>(),
        [Some(50), Some(40)]
    );
    assert_eq!(turnout["regions"].as_array().map(Vec::len), Some(3));
    let all = running.json("/api/v1/results");
    assert_eq!(
        (
            all["laws"].as_array().map(Vec::len),
            all["elections"].as_array().map(Vec::len)
        ),
        (Some(4), Some(2))
    );
    assert_eq!(
        fixture.package.event().ballots()[usize::from(RANKED)].id,
        "RANKED"
    );
}

#[test]
fn errors_are_problems_in_the_language_asked_for() {
    let fixture = Fixture::new(4);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let running = Running::start(&names.args("run", &[]));
    for (path, name) in [
        ("/api/v1/results/NOPE", "no-such-law"),
        ("/api/v1/results/SINGLE", "no-such-law"),
        ("/api/v1/results/%00%ff", "no-such-law"),
        ("/api/v1/elections/9/results", "no-such-election"),
        ("/api/v1/elections/x/results", "no-such-election"),
        ("/api/v1/elections/1/regions/9/results", "no-such-region"),
        (
            "/api/v1/elections/1/regions/99999999999/results",
            "no-such-region",
        ),
        ("/api/v1/turnout/NOPE", "no-such-ballot"),
        // Of what there is, one spelling is kept, and no other is found.
        ("/api/v1/results/%4cIVE", "no-such-law"),
        ("/api/v1/elections/01/results", "no-such-election"),
        ("/api/v1/elections/+1/results", "no-such-election"),
        ("/api/v1/elections/%31/results", "no-such-election"),
        ("/api/v1/elections/1/regions/02/results", "no-such-region"),
        ("/api/v1/elections/01/regions/2/results", "no-such-election"),
        (
            "/api/v1/elections/1/regions/%32/results",
            "no-such-election",
        ),
        ("/api/v1/turnout/LIV%45", "no-such-ballot"),
        ("/api/v2", "not-found"),
    ] {
        for (language, header) in [("fr", ""), ("en", "accept-language: en-CA,fr;q=0.5\r\n")] {
            let (status, head, body) = running.get(path, header);
            assert_eq!(status, 404, "{path}: {body}");
            assert!(head.contains("application/problem+json"), "{path}: {head}");
            assert!(
                head.contains(&format!("content-language: {language}")),
                "{path}: {head}"
            );
            let problem: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(
                problem["type"],
                format!("urn:scrutin:problem:{name}"),
                "{path}"
            );
            assert_eq!(problem["status"], 404);
        }
    }
    let (status, head, _) = running.request("POST", "/api/v1/results", "");
    assert_eq!(status, 405);
    assert!(head.to_lowercase().contains("allow: get, head"), "{head}");
}

#[test]
fn readers_that_have_it_are_told_so() {
    let fixture = Fixture::new(10);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let running = Running::start(&names.args("run", &[]));
    let (status, head, _) = running.get("/api/v1/results/LIVE", "");
    assert_eq!(status, 200);
    assert!(head.contains("cache-control: public, max-age=1"), "{head}");
    let etag = head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .expect("an etag")
        .to_owned();
    let known = format!("if-none-match: {etag}\r\n");
    let (status, _, body) = running.get("/api/v1/results/LIVE", &known);
    assert_eq!((status, body.as_str()), (304, ""));
    ballots.vote(LIVE, 0, Choice::Oui);
    wait_for_votes(&running, "LIVE", 1);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(running.get("/api/v1/results/LIVE", &known).0, 200);
}

/// A tally without a ledger once showed "Final results, 0 votes" of every ballot whose time was over.
#[test]
fn nothing_is_final_without_a_ledger() {
    let fixture = Fixture::new(4);
    let names = Names::new(&fixture, "nowhere");
    let running = Running::start(&names.args("run", &[]));
    let over = running.json("/api/v1/results/OVER");
    assert_eq!(over["status"], "counting");
    assert_eq!(
        (&over["position"], &over["as_of"]),
        (&serde_json::json!([]), &().into())
    );
    let page = running
        .get("/ballots/OVER?lang=en", "Accept: text/html\r\n")
        .2;
    assert!(page.contains("Provisional results: counting"), "{page}");
    assert!(page.contains("data-settled=\"false\""), "{page}");
}

#[test]
fn the_description_names_every_route_and_answer() {
    let fixture = Fixture::new(4);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let described = running.json("/openapi.json");
    assert_eq!(described["openapi"], "3.1.0");
    let paths = described["paths"].as_object().expect("paths");
    for (path, item) in paths {
        let real = path
            .replace("{law_id}", "LIVE")
            .replace("{election_id}", "2")
            .replace("{region_id}", "1")
            .replace("{ballot_id}", "SINGLE");
        let (status, head, body) = running.get(&real, "");
        let answer = &item["get"]["responses"][status.to_string()];
        assert!(
            answer.is_object(),
            "{path} answered {status}, which is not described"
        );
        let kind = head
            .lines()
            .find_map(|line| line.strip_prefix("content-type: "));
        let kind = kind
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        let content = &answer["content"][&kind];
        assert!(
            content.is_object(),
            "{path} answers {kind}, which is not described"
        );
        if kind == "application/json" && path != "/openapi.json" {
            let name = content["schema"]["$ref"].as_str().expect("a named schema");
            let name = name.rsplit('/').next().expect("a name");
            let schema = &described["components"]["schemas"][name];
            let value: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            same_members(path, schema, &value);
        }
        if path.contains('{') {
            assert!(
                item["get"]["responses"]["404"].is_object(),
                "{path} can answer 404"
            );
        }
    }
    for route in [
        "/api/v1/results",
        "/api/v1/turnout",
        "/livez",
        "/readyz",
        "/",
    ] {
        assert!(paths.contains_key(route), "{route} is not described");
    }
}

/// Every member that is answered is described, every one that is required is answered.
fn same_members(path: &str, schema: &serde_json::Value, value: &serde_json::Value) {
    let described = schema["properties"].as_object().expect("properties");
    for member in value.as_object().expect("an object").keys() {
        assert!(
            described.contains_key(member),
            "{path} answers {member}, which is not described"
        );
    }
    for required in schema["required"].as_array().expect("required") {
        let required = required.as_str().expect("a name");
        assert!(
            value.get(required).is_some(),
            "{path} does not answer {required}"
        );
    }
}

#[test]
fn it_stops_when_told_and_when_the_ledger_is_damaged() {
    let fixture = Fixture::new(30);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 20);
    ballots.close();
    let mut running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    running.terminate();
    assert_eq!(running.wait_for_end(), Some(0));
    let segment = fixture.path("data/ledger/p0000/00000001.segment");
    let mut bytes = std::fs::read(&segment).expect("a segment");
    bytes[1_000] ^= 1;
    std::fs::write(&segment, bytes).expect("written");
    let mut running = Running::start(&names.args("run", &[]));
    assert_eq!(running.wait_for_end(), Some(1));
}
