//! Small contests written in a few letters, and their rounds in as few.

use counting::case::{Case, explain, json, table};
use serde_json::{Value, json};

/// A contest over the candidates named in `ballots` (one letter each), with `rules` laid over
/// plain instant runoff. A ballot is `"3 A B - C=D"`: a count, then ranks, `-` for a skipped one,
/// `=` between the marks of an overvote, `?` for an overvote without names.
pub(crate) fn contest(ballots: &[&str], rules: Value) -> Value {
    let candidates = rules["candidates"].as_str().unwrap_or("ABCD").to_owned();
    let list: Vec<Value> = candidates
        .chars()
        .map(|id| {
            json!({"id": id, "name": format!("Candidate {id}"),
            "excluded": id == 'X', "undeclared_write_in": id == 'U'})
        })
        .collect();
    let ballots: Vec<Value> = ballots.iter().map(|text| ballot(text)).collect();
    let mut all = json!({"overvote": "exhaust", "max_skipped_ranks": null, "duplicate_ranking": "skip",
        "threshold": {"kind": "majority"}, "decimals": 4, "tiebreak": {"mode": "candidate_order"}});
    let given = rules["rules"].as_object().cloned().unwrap_or_default();
    all.as_object_mut().unwrap().extend(given);
    json!({"schema": "rcv-case/1", "method": rules["method"].as_str().unwrap_or("irv"),
        "seats": rules["seats"].as_u64().unwrap_or(1), "rules": all,
        "candidates": list, "ballots": ballots, "lots": rules["lots"]})
}

fn ballot(text: &str) -> Value {
    let (count, ranks) = text.split_once(' ').unwrap_or((text, ""));
    let marks = |rank: &str| -> Vec<String> {
        match rank {
            "-" => vec![],
            "?" => vec!["#overvote".to_owned()],
            _ => rank.split('=').map(str::to_owned).collect(),
        }
    };
    let ranking: Vec<Vec<String>> = ranks.split_whitespace().map(marks).collect();
    json!({"ranking": ranking, "count": count.parse::<u64>().unwrap()})
}

pub(crate) fn result(ballots: &[&str], rules: Value) -> Result<Value, String> {
    let file = contest(ballots, rules).to_string();
    let case = Case::parse(file.as_bytes()).map_err(|error| error.to_string())?;
    let tabulation = case.tabulate().map_err(|error| error.to_string())?;
    // The texts for people must hold together for every contest that can be counted.
    assert!(table("T", &case.contest, &tabulation).contains("Elected:"));
    assert!(explain(&case.contest, &tabulation).contains("Elected in all:"));
    Ok(serde_json::from_str(&json(&case.contest, &tabulation)).unwrap())
}

/// Counts and compares, one line a round: `A 5 B 3 | T 5 | +A | -B | inactive 2`.
pub(crate) fn check(ballots: &[&str], rules: Value, rounds: &[&str]) {
    let got = result(ballots, rules).unwrap();
    let got: Vec<String> = got["rounds"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(got, rounds, "{ballots:?}");
}

pub(crate) fn line(round: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let counts = round["counts"].as_object().unwrap();
    let mut parts: Vec<String> = counts
        .iter()
        .map(|(id, votes)| format!("{id} {}", text(votes)))
        .collect();
    parts = vec![parts.join(" "), format!("T {}", text(&round["threshold"]))];
    for (sign, key) in [("+", "elected"), ("-", "eliminated")] {
        let ids: String = round[key].as_array().unwrap().iter().map(text).collect();
        if !ids.is_empty() {
            parts.push(format!("{sign}{ids}"));
        }
    }
    let inactive = round["inactive"].as_object().unwrap();
    for (reason, votes) in inactive.iter().filter(|(_, votes)| *votes != "0") {
        parts.push(format!("{reason} {}", text(votes)));
    }
    parts.join(" | ")
}
