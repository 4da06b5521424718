//! The `rules` of an `rcv-case/1` file: what is known, and what is assumed where nothing is said.

use serde::Deserialize;
use serde_json::Value;

use super::claims;
use super::parsed::CaseError;
use crate::ranked::{
    DuplicateRanking, Method, Overvote, Percent, Rules, Threshold, ThresholdKind, TieBreak,
    TieFallback,
};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RulesJson {
    overvote: Option<String>,
    max_skipped_ranks: Option<u32>,
    duplicate_ranking: Option<String>,
    batch_elimination: Option<bool>,
    cutoff_elimination: Option<bool>,
    continue_until_two: Option<bool>,
    stop_after_round: Option<u32>,
    threshold: Option<ThresholdJson>,
    decimals: Option<u8>,
    tiebreak: Option<TieBreakJson>,
    one_winner_per_round: Option<bool>,
    /// Said again by the keys above, or about the source of the ballots: compared, not counted by.
    rctab_mode: Option<String>,
    pub(super) max_rankings: Option<u32>,
    undeclared_write_ins: Option<String>,
    surplus: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ThresholdJson {
    kind: Option<String>,
    fractional: Option<bool>,
    fixed_in_round_1: Option<bool>,
    first_round_rule: Option<bool>,
    percent: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TieBreakJson {
    mode: Option<String>,
    seed: Option<i64>,
}

fn fault(path: &str, message: impl Into<String>) -> CaseError {
    CaseError::Value {
        path: path.to_owned(),
        message: message.into(),
    }
}

const OVERVOTES: [(&str, Overvote); 3] = [
    ("exhaust", Overvote::Exhaust),
    ("skip", Overvote::Skip),
    (
        "exhaust_if_multiple_continuing",
        Overvote::ExhaustIfMultipleContinuing,
    ),
];

const DUPLICATES: [(&str, DuplicateRanking); 2] = [
    ("skip", DuplicateRanking::Skip),
    ("exhaust", DuplicateRanking::Exhaust),
];

pub(super) fn rules(
    method: &str,
    seats: Option<u32>,
    json: RulesJson,
    warnings: &mut Vec<String>,
) -> Result<Rules, CaseError> {
    let method = word(
        "method",
        method,
        &[
            ("irv", Method::Irv),
            ("stv", Method::Stv),
            ("irv_multi", Method::BottomsUp),
            ("plurality", Method::Plurality),
        ],
    )?;
    let (threshold, tie_break) = (
        json.threshold.unwrap_or_default(),
        json.tiebreak.unwrap_or_default(),
    );
    if json.stop_after_round == Some(0) {
        return Err(fault(
            "rules.stop_after_round",
            "expected 1 or more: no count ends before its first round",
        ));
    }
    let rules = Rules {
        method,
        seats: assumed(warnings, "seats", seats, 1),
        overvote: word_or(warnings, "rules.overvote", json.overvote, &OVERVOTES)?,
        max_skipped_ranks: json.max_skipped_ranks,
        duplicate_ranking: word_or(
            warnings,
            "rules.duplicate_ranking",
            json.duplicate_ranking,
            &DUPLICATES,
        )?,
        batch_elimination: json.batch_elimination.unwrap_or(false),
        cutoff_elimination: json.cutoff_elimination.unwrap_or(false),
        continue_until_two: json.continue_until_two.unwrap_or(false),
        stop_after_round: json.stop_after_round,
        threshold: self::threshold(warnings, threshold, method)?,
        decimals: json.decimals.unwrap_or(4),
        tie_break: self::tie_break(warnings, tie_break)?,
        one_winner_per_round: json.one_winner_per_round.unwrap_or(false),
    };
    claims::check_mode(json.rctab_mode.as_deref(), &rules)?;
    claims::check_write_ins(json.undeclared_write_ins.as_deref())?;
    claims::check_surplus(json.surplus.as_deref(), &rules)?;
    Ok(rules)
}

fn assumed<T: std::fmt::Display>(
    warnings: &mut Vec<String>,
    path: &str,
    given: Option<T>,
    default: T,
) -> T {
    given.unwrap_or_else(|| {
        warnings.push(format!("{path} is not given, {default} is assumed"));
        default
    })
}

fn word<T: Copy>(path: &str, got: &str, words: &[(&str, T)]) -> Result<T, CaseError> {
    let found = words.iter().find(|(word, _)| *word == got);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let expected: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let got: String = got.chars().take(60).collect();
        fault(
            path,
            format!("expected {}, got `{got}`", expected.join(", ")),
        )
    })
}

/// The word given; where there is none the first of the list, with a warning.
fn word_or<T: Copy>(
    warnings: &mut Vec<String>,
    path: &str,
    given: Option<String>,
    words: &[(&str, T)],
) -> Result<T, CaseError> {
    let default = words.first().map_or("", |(word, _)| *word).to_owned();
    word(path, &assumed(warnings, path, given, default), words)
}

fn threshold(
    warnings: &mut Vec<String>,
    json: ThresholdJson,
    method: Method,
) -> Result<Threshold, CaseError> {
    let path = "rules.threshold.kind";
    let kind = match json.kind.as_deref() {
        Some("majority" | "droop") => ThresholdKind::Droop,
        Some("hare") => ThresholdKind::Hare,
        Some("percent") => ThresholdKind::Percent(percent(json.percent.as_ref())?),
        Some(other) => {
            let other: String = other.chars().take(60).collect();
            let message = format!("expected majority, droop, hare or percent, got `{other}`");
            return Err(fault(path, message));
        }
        None => {
            if method != Method::Plurality {
                warnings.push(format!("{path} is not given, droop is assumed"));
            }
            ThresholdKind::Droop
        }
    };
    let is_percent = matches!(kind, ThresholdKind::Percent(_));
    if json.percent.is_some() && !is_percent {
        return Err(fault(
            "rules.threshold.percent",
            "belongs to kind percent: correct the kind, or remove the percentage",
        ));
    }
    Ok(Threshold {
        kind,
        fractional: json.fractional.unwrap_or(false),
        fixed_in_round_1: json.fixed_in_round_1.unwrap_or(false),
        first_round_rule: json.first_round_rule.unwrap_or(false),
    })
}

/// A percentage written as a number or a text, digit by digit, so that nothing is rounded.
fn percent(json: Option<&Value>) -> Result<Percent, CaseError> {
    let wrong = || {
        fault(
            "rules.threshold.percent",
            "expected a percentage such as \"12.5\"",
        )
    };
    let text = match json {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(wrong()),
    };
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{rest}");
    if whole.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    Ok(Percent {
        digits: digits.parse().map_err(|_| wrong())?,
        decimals: u8::try_from(rest.len()).map_err(|_| wrong())?,
    })
}

fn tie_break(warnings: &mut Vec<String>, json: TieBreakJson) -> Result<TieBreak, CaseError> {
    let mode = json.mode.unwrap_or_else(|| {
        warnings.push("rules.tiebreak.mode is not given, ask is assumed".to_owned());
        "ask".to_owned()
    });
    let seed = || {
        json.seed.ok_or_else(|| {
            fault(
                "rules.tiebreak.seed",
                "is missing: write the published seed",
            )
        })
    };
    let rule = match mode.as_str() {
        "candidate_order" => TieBreak::CandidateOrder,
        "java_random" => TieBreak::JavaRandom(seed()?),
        "java_shuffle" => TieBreak::JavaShuffle(seed()?),
        "previous_rounds_then_random" => TieBreak::PreviousRounds(TieFallback::JavaRandom(seed()?)),
        "previous_rounds_then_candidate_order" => {
            TieBreak::PreviousRounds(TieFallback::CandidateOrder)
        }
        "previous_rounds_then_ask" => TieBreak::PreviousRounds(TieFallback::Ask),
        "ask" => TieBreak::Ask,
        other => {
            let other: String = other.chars().take(60).collect();
            let expected = "candidate_order, java_random, java_shuffle, previous_rounds_then_random, \
                 previous_rounds_then_candidate_order, previous_rounds_then_ask or ask";
            return Err(fault(
                "rules.tiebreak.mode",
                format!("expected {expected}, got `{other}`"),
            ));
        }
    };
    if json.seed.is_some() && !draws(&rule) {
        return Err(fault(
            "rules.tiebreak.seed",
            "belongs to a mode that draws: correct the mode, or remove the seed",
        ));
    }
    Ok(rule)
}

fn draws(rule: &TieBreak) -> bool {
    matches!(
        rule,
        TieBreak::JavaRandom(_)
            | TieBreak::JavaShuffle(_)
            | TieBreak::PreviousRounds(TieFallback::JavaRandom(_))
    )
}
