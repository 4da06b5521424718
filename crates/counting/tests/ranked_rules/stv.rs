//! Rules of the single transferable vote: quotas and surpluses.

use serde_json::json;

use super::contest::{check, result};

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
        let percent = (kind == "percent").then_some("12.5");
        let rules = json!({"candidates": "ABC", "method": "stv", "seats": 2, "rules": {"decimals": 2,
            "threshold": {"kind": kind, "fractional": fractional, "percent": percent}}});
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
