//! Each rule of a ranked count on the smallest contest that shows it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use counting::case::{Case, explain, json, table};
use serde_json::{Value, json};

/// A contest over the candidates named in `ballots` (one letter each), with `rules` laid over
/// plain instant runoff. A ballot is `"3 A B - C=D"`: a count, then ranks, `-` for a skipped one,
/// `=` between the marks of an overvote, `?` for an overvote without names.
fn contest(ballots: &[&str], rules: Value) -> Value {
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

fn result(ballots: &[&str], rules: Value) -> Result<Value, String> {
    let file = contest(ballots, rules).to_string();
    let case = Case::parse(file.as_bytes()).map_err(|error| error.to_string())?;
    let tabulation = case.tabulate().map_err(|error| error.to_string())?;
    // The texts for people must hold together for every contest that can be counted.
    assert!(table("T", &case.contest, &tabulation).contains("Elected:"));
    assert!(explain(&case.contest, &tabulation).contains("Elected in all:"));
    Ok(serde_json::from_str(&json(&case.contest, &tabulation)).unwrap())
}

/// Counts and compares, one line a round: `A 5 B 3 | T 5 | +A | -B | inactive 2`.
fn check(ballots: &[&str], rules: Value, rounds: &[&str]) {
    let got = result(ballots, rules).unwrap();
    let got: Vec<String> = got["rounds"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(got, rounds, "{ballots:?}");
}

fn line(round: &Value) -> String {
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

#[test]
fn instant_runoff_recomputes_the_majority_of_continuing_ballots() {
    check(
        &["4 A", "3 B C", "2 C B", "2 C"],
        json!({"candidates": "ABC"}),
        &["A 4 B 3 C 4 | T 6 | -B", "A 4 C 7 | T 6 | +C"],
    );
    check(
        &["4 A", "3 B", "3 C"],
        json!({"candidates": "ABC"}),
        &[
            "A 4 B 3 C 3 | T 6 | -C",
            "A 4 B 3 | T 4 | +A | exhausted_choices 3",
        ],
    );
}

#[test]
fn a_threshold_of_round_1_stays_and_the_leader_of_the_last_two_may_win_below_it() {
    let fixed = json!({"candidates": "ABC", "rules": {"threshold":
        {"kind": "majority", "fixed_in_round_1": true, "first_round_rule": true}}});
    check(
        &["4 A", "3 B", "3 C"],
        fixed.clone(),
        &[
            "A 4 B 3 C 3 | T 6 | -C",
            "A 4 B 3 | T 6 | +A | exhausted_choices 3",
        ],
    );
    check(
        &["3 A", "3 B", "2 C"],
        fixed,
        &[
            "A 3 B 3 C 2 | T 5 | -C",
            "A 3 B 3 | T 5 | +A | exhausted_choices 2",
        ],
    );
}

#[test]
fn skipped_ranks_stop_a_ballot_only_before_a_further_mark() {
    let max = |max: Value| json!({"candidates": "AB", "rules": {"max_skipped_ranks": max}});
    let ballots = ["5 A", "1 - B", "1 - - B", "1 - - - B"];
    check(
        &ballots,
        max(json!(0)),
        &["A 5 B 0 | T 3 | +A | skipped_rankings 3"],
    );
    check(
        &ballots,
        max(json!(1)),
        &["A 5 B 1 | T 4 | +A | skipped_rankings 2"],
    );
    check(&ballots, max(json!(null)), &["A 5 B 3 | T 5 | +A"]);
    // After the last mark nothing is skipped: the ballot has no further choice.
    check(
        &["3 A", "3 B", "1 C - - -", "1 C - - B"],
        json!({"candidates": "ABC",
        "rules": {"max_skipped_ranks": 1}}),
        &[
            "A 3 B 3 C 2 | T 5 | -C",
            "A 3 B 3 | T 4 | +A | exhausted_choices 1 | skipped_rankings 1",
        ],
    );
    // Skipped ranks are looked at before the overvote that follows them.
    check(
        &["5 A", "1 - - A=B"],
        max(json!(1)),
        &["A 5 B 0 | T 3 | +A | skipped_rankings 1"],
    );
}

#[test]
fn overvotes_stop_are_skipped_or_count_for_the_only_one_who_continues() {
    let rule = |rule: &str| json!({"candidates": "ABC", "rules": {"overvote": rule}});
    let ballots = ["4 A", "3 B", "1 A=B C", "1 C A=C B", "1 C A=B"];
    check(
        &ballots,
        rule("exhaust"),
        &[
            "A 4 B 3 C 2 | T 5 | -C | overvotes 1",
            "A 4 B 3 | T 4 | +A | overvotes 3",
        ],
    );
    check(
        &ballots,
        rule("skip"),
        &[
            "A 4 B 3 C 3 | T 6 | -C",
            "A 4 B 4 | T 5 | +A | exhausted_choices 2",
        ],
    );
    check(
        &ballots,
        rule("exhaust_if_multiple_continuing"),
        &[
            "A 4 B 3 C 2 | T 5 | -C | overvotes 1",
            "A 5 B 3 | T 5 | +A | overvotes 2",
        ],
    );
    // A ballot that stopped at two continuing stays stopped when one of them leaves.
    check(
        &["4 A", "1 B", "3 D", "3 B=D"],
        json!({"candidates": "ABD",
        "rules": {"overvote": "exhaust_if_multiple_continuing"}}),
        &[
            "A 4 B 1 D 3 | T 5 | -B | overvotes 3",
            "A 4 D 3 | T 4 | +A | exhausted_choices 1 | overvotes 3",
        ],
    );
    // The same mark twice at one rank is one mark; names not kept may all be continuing.
    check(
        &["2 A=A", "1 ? B"],
        rule("exhaust_if_multiple_continuing"),
        &["A 2 B 0 C 0 | T 2 | +A | overvotes 1"],
    );
    check(&["2 A", "1 ? B"], rule("skip"), &["A 2 B 1 C 0 | T 2 | +A"]);
}

#[test]
fn repeated_rankings_are_skipped_or_stop_the_ballot() {
    let rule = |rule: &str| {
        json!({"candidates": "ABC", "rules":
        {"duplicate_ranking": rule, "overvote": "skip"}})
    };
    let ballots = ["4 A", "3 B", "1 C C B", "1 A=C C B"];
    check(
        &ballots,
        rule("skip"),
        &["A 4 B 3 C 2 | T 5 | -C", "A 4 B 5 | T 5 | +B"],
    );
    // The second ballot meets C again after the overvote.
    check(
        &ballots,
        rule("exhaust"),
        &[
            "A 4 B 3 C 1 | T 5 | -C | repeated_rankings 1",
            "A 4 B 3 | T 4 | +A | repeated_rankings 2",
        ],
    );
    // Two overvotes without names repeat nobody.
    check(&["1 ? ? A"], rule("exhaust"), &["A 1 B 0 C 0 | T 1 | +A"]);
}

#[test]
fn blank_ballots_are_in_no_round() {
    let got = result(&["2 A", "3", "1 - -"], json!({"candidates": "AB"})).unwrap();
    assert_eq!(
        (&got["total_ballots"], &got["blank_ballots"]),
        (&json!(6), &json!(4))
    );
    assert_eq!(line(&got["rounds"][0]), "A 2 B 0 | T 2 | +A");
}

#[test]
fn a_batch_is_the_largest_group_that_cannot_catch_up_and_has_two_members() {
    let batch = json!({"candidates": "ABCDE", "rules": {"batch_elimination": true}});
    check(
        &["9 A", "8 B", "3 C", "2 D", "1 E"],
        batch.clone(),
        &[
            "A 9 B 8 C 3 D 2 E 1 | T 12 | -CDE",
            "A 9 B 8 | T 9 | +A | exhausted_choices 6",
        ],
    );
    // 3 + 2 + 1 = 6 is not below 6, and 2 + 1 is not below 3: one leaves alone.
    check(
        &["9 A", "6 B", "3 C", "2 D", "1 E"],
        batch,
        &[
            "A 9 B 6 C 3 D 2 E 1 | T 11 | -E",
            "A 9 B 6 C 3 D 2 | T 11 | -CD | exhausted_choices 1",
            "A 9 B 6 | T 8 | +A | exhausted_choices 6",
        ],
    );
}

/// B, C and D together are fewer than A: all of them would leave if the last two had not to stay.
#[test]
fn a_batch_leaves_two_for_the_final_pair() {
    check(
        &["9 A", "3 B", "1 C", "1 D"],
        json!({"rules": {"continue_until_two": true, "batch_elimination": true}}),
        &[
            "A 9 B 3 C 1 D 1 | T 8 | +A",
            "A 9 B 3 C 1 D 1 | T 8 | -CD",
            "A 9 B 3 | T 8 | exhausted_choices 2",
        ],
    );
}

#[test]
fn continue_until_two_keeps_the_winner_and_the_threshold() {
    check(
        &["7 A", "3 B", "2 C B", "1 D"],
        json!({"rules": {"continue_until_two": true}}),
        &[
            "A 7 B 3 C 2 D 1 | T 7 | +A",
            "A 7 B 3 C 2 D 1 | T 7 | -D",
            "A 7 B 3 C 2 | T 7 | -C | exhausted_choices 1",
            "A 7 B 5 | T 7 | exhausted_choices 1",
        ],
    );
    check(
        &["7 A", "3 B"],
        json!({"candidates": "AB", "rules": {"continue_until_two": true}}),
        &["A 7 B 3 | T 6 | +A"],
    );
    check(
        &["1 A"],
        json!({"candidates": "A", "rules": {"continue_until_two": true}}),
        &["A 1 | T 1 | +A"],
    );
}

#[test]
fn a_count_stops_after_the_round_it_is_told_to() {
    check(
        &["4 A", "3 B", "3 C"],
        json!({"candidates": "ABC", "rules": {"stop_after_round": 1}}),
        &["A 4 B 3 C 3 | T 6 | -C"],
    );
}

#[test]
fn undeclared_write_ins_leave_first_and_cannot_win() {
    check(
        &["5 U A", "3 A", "1 B"],
        json!({"candidates": "ABU"}),
        &["A 3 B 1 U 5 | T 5 | -U", "A 8 B 1 | T 5 | +A"],
    );
    // While they hold votes nobody is elected, not even above the threshold.
    check(
        &["9 A", "1 U"],
        json!({"candidates": "AU"}),
        &["A 9 U 1 | T 6 | -U", "A 9 | T 5 | +A | exhausted_choices 1"],
    );
    check(&["2"], json!({"candidates": "AU"}), &["A 0 U 0 | T 1 | +A"]);
    // Even a lot-like rule that throws the last candidate out leaves no write-in elected.
    let got = result(
        &["2"],
        json!({"candidates": "UA", "method": "stv",
        "rules": {"tiebreak": {"mode": "candidate_order"}}}),
    )
    .unwrap();
    assert_eq!(got["winners"], json!([]));
}

#[test]
fn excluded_candidates_are_passed_over() {
    check(
        &["3 X A", "2 B", "1 X"],
        json!({"candidates": "ABX"}),
        &["A 3 B 2 | T 3 | +A | exhausted_choices 1"],
    );
    // Their marks are marks all the same: no skipped rank, and an overvote with another.
    check(
        &["2 A", "1 - X - B", "1 X=B"],
        json!({"candidates": "ABX",
        "rules": {"max_skipped_ranks": 1}}),
        &["A 2 B 1 | T 2 | +A | overvotes 1"],
    );
}

#[test]
fn stv_passes_surpluses_on_by_truncated_fractions() {
    // Quota floor(100/3)+1 = 34; A passes on 26/60 = 0.4333 of each ballot.
    check(
        &["60 A B", "30 C", "10 D"],
        json!({"method": "stv", "seats": 2,
        "rules": {"threshold": {"kind": "droop", "fixed_in_round_1": true}}}),
        &[
            "A 60 B 0 C 30 D 10 | T 34 | +A",
            "A 34 B 25.998 C 30 D 10 | T 34 | -D",
            "A 34 B 25.998 C 30 | T 34 | -B | exhausted_choices 10",
            "A 34 C 30 | T 34 | +C | exhausted_choices 35.998",
            "A 34 C 30 | T 34 | exhausted_choices 35.998",
        ],
    );
    let got = result(
        &["60 A B", "30 C", "10 D"],
        json!({"method": "stv", "seats": 2}),
    )
    .unwrap();
    assert_eq!(got["residual_surplus"], "0.002");
}

#[test]
fn stv_shows_the_last_surplus_in_one_more_round() {
    // With no decimals the fraction 5/9 truncates to nothing: all of the surplus is residual.
    let stv = |decimals: u8| {
        json!({"candidates": "ABC", "method": "stv", "seats": 2,
        "rules": {"decimals": decimals}})
    };
    let ballots = ["9 A C", "3 B", "1 C"];
    check(
        &ballots,
        stv(0),
        &[
            "A 9 B 3 C 1 | T 5 | +A",
            "A 5 B 3 C 1 | T 5 | -C",
            "A 5 B 3 | T 5 | +B | exhausted_choices 1",
            "A 5 B 3 | T 5 | exhausted_choices 1",
        ],
    );
    check(
        &["9 A C", "6 B C", "1 C"],
        stv(2),
        &[
            "A 9 B 6 C 1 | T 6 | +AB",
            "A 6 B 6 C 1 | T 6 | final_round_surplus 2.97",
        ],
    );
}

#[test]
fn one_winner_per_round_takes_the_largest_first() {
    check(
        &["9 A C", "6 B C", "1 C"],
        json!({"candidates": "ABC", "method": "stv", "seats": 2,
        "rules": {"one_winner_per_round": true, "decimals": 2}}),
        &[
            "A 9 B 6 C 1 | T 6 | +A",
            "A 6 B 6 C 3.97 | T 6 | +B",
            "A 6 B 6 C 3.97 | T 6",
        ],
    );
}

#[test]
fn quotas_are_droop_hare_or_a_percentage_whole_or_fractional() {
    let quota = |kind: &str, fractional: bool| {
        let rules = json!({"candidates": "ABC", "method": "stv", "seats": 2, "rules": {"decimals": 2,
            "threshold": {"kind": kind, "fractional": fractional, "percent": "12.5"}}});
        let got = result(&["5 A", "3 B", "3 C"], rules).unwrap();
        got["rounds"][0]["threshold"].as_str().unwrap().to_owned()
    };
    assert_eq!(quota("droop", false), "4");
    assert_eq!(quota("droop", true), "3.67");
    assert_eq!(quota("hare", false), "6");
    assert_eq!(quota("hare", true), "5.5");
    assert_eq!(quota("percent", false), "1.37");
}

#[test]
fn bottoms_up_eliminates_to_the_seats_or_to_a_percentage() {
    check(
        &["6 A", "3 B C", "2 C", "1 D"],
        json!({"method": "irv_multi", "seats": 2,
        "rules": {"threshold": {"kind": "droop", "fixed_in_round_1": true}}}),
        &[
            "A 6 B 3 C 2 D 1 | T 5 | -D",
            "A 6 B 3 C 2 | T 5 | -C | exhausted_choices 1",
            "A 6 B 3 | T 5 | +AB | exhausted_choices 3",
        ],
    );
    // Exactly the percentage is not above it.
    let percent = json!({"candidates": "ABC", "method": "irv_multi", "seats": 0, "rules":
        {"threshold": {"kind": "percent", "percent": "20", "fixed_in_round_1": true}}});
    check(
        &["5 A", "3 B", "2 C A"],
        percent,
        &["A 5 B 3 C 2 | T 2 | -C", "A 7 B 3 | T 2 | +AB"],
    );
}

#[test]
fn more_seats_than_candidates_elect_everybody_at_once() {
    check(
        &["3 A B", "1 B"],
        json!({"candidates": "AB", "method": "stv", "seats": 5}),
        &["A 3 B 1 | T 1 | +AB"],
    );
    check(
        &["3 A B", "1 B"],
        json!({"candidates": "AB", "method": "stv", "seats": 2}),
        &[
            "A 3 B 1 | T 2 | +AB",
            "A 2 B 1 | T 2 | final_round_surplus 0.9999",
        ],
    );
}

#[test]
fn plurality_counts_first_choices() {
    check(
        &["3 A B", "2 B", "2 - C"],
        json!({"candidates": "ABC", "method": "plurality"}),
        &["A 3 B 2 C 2 | T  | +A"],
    );
}

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
    let rules = |mode: &str| json!({"candidates": "ABCD", "rules": {"tiebreak": {"mode": mode, "seed": 7}}});
    // Round 2 ties B and C at 3; in round 1 B had 2 and C had 3.
    let ballots = ["4 A", "2 B", "3 C", "1 D B"];
    let got = result(&ballots, rules("previous_rounds_then_ask")).unwrap();
    assert_eq!(
        got["ties"][0],
        json!({"round": 2, "tied": ["B", "C"], "picked": "B", "as": "loser"})
    );
    assert_eq!(got["ties_broken_by"][0], "the votes of round 1");
    let got = result(&["4 A", "2 B", "2 C"], rules("previous_rounds_then_random")).unwrap();
    assert_eq!(got["ties_broken_by"][0], "a draw from the published seed 7");
    assert!(
        result(
            &["4 A", "2 B", "2 C", "1 D"],
            rules("previous_rounds_then_ask")
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
