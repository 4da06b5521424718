//! Rules that break ties, and how a tie is recorded.

use serde_json::{Value, json};

use super::contest::result;

#[test]
fn ties_are_recorded_with_what_decided_them() {
    let tie = |mode: Value, lots: Value| {
        let rules = json!({"candidates": "ABC", "rules": {"tiebreak": mode}, "lots": lots});
        let got = result(&["4 A", "2 B C", "1 C A", "1 C"], rules);
        got.map(|got| (got["ties"].to_string(), got["ties_broken_by"].to_string()))
    };
    let lost = |picked: &str| {
        format!(r#"[{{"as":"loser","picked":"{picked}","round":1,"tied":["B","C"]}}]"#)
    };
    let order = json!({"mode": "candidate_order"});
    assert_eq!(
        tie(order.clone(), json!([])).unwrap(),
        (lost("C"), r#"["the order of the candidates"]"#.into())
    );
    // A lot decides before any other mode; tied names may stand in any order.
    let lot = json!([{"round": 1, "tied": ["C", "B"], "picked": "B", "as": "loser"}]);
    assert_eq!(
        tie(order, lot.clone()).unwrap().1,
        r#"["a drawn lot","the order of the candidates"]"#
    );
    assert_eq!(
        tie(json!({"mode": "ask"}), lot).unwrap_err(),
        "round 2: A, C are tied to be elected, and the rules leave it to a lot: draw one and give it in `lots`"
    );
    // A lot for another round, another set or another side decides nothing.
    for wrong in [
        json!([{"round": 2, "tied": ["B", "C"], "picked": "B", "as": "loser"}]),
        json!([{"round": 1, "tied": ["B", "A"], "picked": "B", "as": "loser"}]),
        json!([{"round": 1, "tied": ["B", "C"], "picked": "B", "as": "winner"}]),
    ] {
        let error = tie(json!({"mode": "ask"}), wrong).unwrap_err();
        assert!(
            error.starts_with("round 1: B, C are tied to be eliminated"),
            "{error}"
        );
    }
}

#[test]
fn previous_rounds_break_ties_latest_first_and_then_something_else() {
    let rules = |mode: &str, seed: Option<i64>| json!({"candidates": "ABCD", "rules": {"tiebreak": {"mode": mode, "seed": seed}}});
    // Round 2 ties B and C at 3; in round 1 B had 2 and C had 3.
    let ballots = ["4 A", "2 B", "3 C", "1 D B"];
    let got = result(&ballots, rules("previous_rounds_then_ask", None)).unwrap();
    assert_eq!(
        got["ties"][0],
        json!({"round": 2, "tied": ["B", "C"], "picked": "B", "as": "loser"})
    );
    assert_eq!(got["ties_broken_by"][0], "the votes of round 1");
    let got = result(
        &["4 A", "2 B", "2 C"],
        rules("previous_rounds_then_random", Some(7)),
    )
    .unwrap();
    assert_eq!(got["ties_broken_by"][0], "a draw from the published seed 7");
    assert!(
        result(
            &["4 A", "2 B", "2 C", "1 D"],
            rules("previous_rounds_then_ask", None)
        )
        .is_err()
    );
}

#[test]
fn a_shuffled_order_is_drawn_once() {
    let rules =
        json!({"candidates": "DCBA", "rules": {"tiebreak": {"mode": "java_shuffle", "seed": 42}}});
    // Collections.shuffle([A, B, C, D], new Random(42)) gives D, B, A, C in Java.
    let got = result(&["1 A", "1 B", "1 C", "1 D"], rules).unwrap();
    let picked: Vec<&str> = got["ties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["picked"].as_str().unwrap())
        .collect();
    assert_eq!(picked, ["C", "A", "D"], "C and A lose, D wins");
}
