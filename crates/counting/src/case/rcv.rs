//! Reads `rcv-case/1`, the JSON form of a ranked contest. A field that is not known is refused by
//! name: it may be a rule, and a count that leaves out a rule is another count.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::claims;
use super::parsed::{Case, CaseError};
use super::rcv_rules::{RulesJson, rules};
use crate::ranked::{Candidate, Contest, Lot, Rank, Side};

const SCHEMA: &str = "rcv-case/1";
/// Stands at a rank where the machine saw an overvote and kept no names.
const NAMELESS_OVERVOTE: &str = "#overvote";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseJson<'a> {
    schema: Option<String>,
    name: Option<String>,
    method: String,
    seats: Option<u32>,
    rules: Option<RulesJson>,
    candidates: Vec<CandidateJson>,
    #[serde(borrow)]
    ballots: Vec<BallotJson<'a>>,
    lots: Option<Vec<LotJson>>,
    /// Where the contest comes from, and what another program made of it: nothing to count by.
    #[serde(rename = "source")]
    _source: Option<IgnoredAny>,
    #[serde(rename = "licence")]
    _licence: Option<IgnoredAny>,
    #[serde(rename = "contest")]
    _contest: Option<ContestJson>,
    #[serde(rename = "cvr_format")]
    _cvr_format: Option<IgnoredAny>,
    #[serde(rename = "cvr_files")]
    _cvr_files: Option<IgnoredAny>,
    #[serde(rename = "expected")]
    _expected: Option<IgnoredAny>,
    n_ballots: Option<u64>,
    n_patterns: Option<u64>,
}

/// Which contest it was: names, and nothing to count by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContestJson {
    #[serde(rename = "contest")]
    _contest: Option<String>,
    #[serde(rename = "jurisdiction")]
    _jurisdiction: Option<String>,
    #[serde(rename = "office")]
    _office: Option<String>,
    #[serde(rename = "date")]
    _date: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CandidateJson {
    id: String,
    name: Option<String>,
    excluded: Option<bool>,
    undeclared_write_in: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BallotJson<'a> {
    #[serde(borrow)]
    ranking: Vec<Vec<Cow<'a, str>>>,
    #[serde(default = "one")]
    count: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LotJson {
    round: u32,
    tied: Vec<String>,
    picked: String,
    #[serde(rename = "as")]
    side: String,
}

fn one() -> u64 {
    1
}

fn fault(path: impl Into<String>, message: impl Into<String>) -> CaseError {
    CaseError::Value {
        path: path.into(),
        message: message.into(),
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Case, CaseError> {
    let case: CaseJson<'_> = serde_json::from_slice(bytes)?;
    let mut warnings = Vec::new();
    match case.schema.as_deref() {
        Some(SCHEMA) => {}
        Some(other) => {
            let other: String = other.chars().take(60).collect();
            return Err(fault("schema", format!("expected {SCHEMA}, got {other}")));
        }
        None => warnings.push(format!("no schema is named, {SCHEMA} is assumed")),
    }
    check_claims(&case)?;
    let rules = rules(
        &case.method,
        case.seats,
        case.rules.unwrap_or_default(),
        &mut warnings,
    )?;
    let candidates: Vec<Candidate> = case.candidates.into_iter().map(candidate).collect();
    let ids = positions(&candidates)?;
    let lots = lots(case.lots.as_deref().unwrap_or_default(), &ids)?;
    let mut contest = Contest::new(candidates.clone(), rules)?;
    add_ballots(&mut contest, &case.ballots, &ids)?;
    Ok(Case {
        name: case.name.unwrap_or_default(),
        contest,
        lots,
        warnings,
    })
}

/// Compares what the file says of its ballots with the ballots.
fn check_claims(case: &CaseJson<'_>) -> Result<(), CaseError> {
    let counts = case.ballots.iter().map(|ballot| ballot.count);
    let ballots = counts.fold(0, u64::saturating_add);
    let held = format!("holds {ballots} ballots");
    claims::check_size("n_ballots", case.n_ballots, ballots, &held)?;
    let entries = case.ballots.len() as u64;
    let held = format!("has {entries} entries");
    claims::check_size("n_patterns", case.n_patterns, entries, &held)?;
    let max = case.rules.as_ref().and_then(|rules| rules.max_rankings);
    let ranks = case.ballots.iter().map(|ballot| ballot.ranking.len());
    claims::check_ranks(max, ranks)
}

pub(super) fn parse_lots(bytes: &[u8], candidates: &[Candidate]) -> Result<Vec<Lot>, CaseError> {
    let list: Vec<LotJson> = serde_json::from_slice(bytes)?;
    lots(&list, &positions(candidates)?)
}

fn candidate(json: CandidateJson) -> Candidate {
    Candidate {
        name: json.name.unwrap_or_else(|| json.id.clone()),
        id: json.id,
        excluded: json.excluded.unwrap_or(false),
        undeclared_write_in: json.undeclared_write_in.unwrap_or(false),
    }
}

type Positions<'a> = HashMap<&'a str, u16>;

fn positions(candidates: &[Candidate]) -> Result<Positions<'_>, CaseError> {
    let mut positions = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let path = || format!("candidates[{at}].id");
        if candidate.id == NAMELESS_OVERVOTE || candidate.id.is_empty() {
            return Err(fault(
                path(),
                "is empty or reserved: give the candidate another id",
            ));
        }
        let place = u16::try_from(at).map_err(|_| fault(path(), "too many candidates"))?;
        if positions.insert(candidate.id.as_str(), place).is_some() {
            return Err(fault(
                path(),
                "another candidate has this id: ids are unique",
            ));
        }
    }
    Ok(positions)
}

fn position(ids: &Positions<'_>, id: &str, path: impl Fn() -> String) -> Result<u16, CaseError> {
    ids.get(id).copied().ok_or_else(|| {
        let id: String = id.chars().take(60).collect();
        fault(path(), format!("no candidate has the id `{id}`"))
    })
}

fn add_ballots(
    contest: &mut Contest,
    ballots: &[BallotJson<'_>],
    ids: &Positions<'_>,
) -> Result<(), CaseError> {
    let mut marks: Vec<Vec<u16>> = Vec::new();
    for (at, ballot) in ballots.iter().enumerate() {
        marks.clear();
        for (rank, names) in ballot.ranking.iter().enumerate() {
            let path = || format!("ballots[{at}].ranking[{rank}]");
            let named = names.iter().filter(|name| *name != NAMELESS_OVERVOTE);
            let named: Result<Vec<u16>, _> = named.map(|id| position(ids, id, path)).collect();
            marks.push(named?);
        }
        let ranks = ballot.ranking.iter().zip(&marks).map(|(names, marks)| {
            let nameless = names.iter().any(|name| name == NAMELESS_OVERVOTE);
            if nameless {
                Rank::NamelessOvervote
            } else {
                Rank::Marks(marks)
            }
        });
        let ranks: Vec<Rank<'_>> = ranks.collect();
        contest
            .add(&ranks, ballot.count)
            .map_err(|error| CaseError::Ballot {
                number: at + 1,
                error,
            })?;
    }
    Ok(())
}

fn lots(list: &[LotJson], ids: &Positions<'_>) -> Result<Vec<Lot>, CaseError> {
    list.iter()
        .enumerate()
        .map(|(at, lot)| self::lot(at, lot, ids))
        .collect()
}

fn lot(at: usize, lot: &LotJson, ids: &Positions<'_>) -> Result<Lot, CaseError> {
    let path = |key: &str| format!("lots[{at}].{key}");
    let tied: Result<Vec<u16>, CaseError> = lot
        .tied
        .iter()
        .map(|id| position(ids, id, || path("tied")))
        .collect();
    let (tied, picked) = (tied?, position(ids, &lot.picked, || path("picked"))?);
    if !tied.contains(&picked) {
        return Err(fault(
            path("picked"),
            "is not among the tied: the lot decides between them",
        ));
    }
    let side = match lot.side.as_str() {
        "winner" => Side::Winner,
        "loser" => Side::Loser,
        _ => return Err(fault(path("as"), "expected winner or loser")),
    };
    Ok(Lot {
        round: lot.round,
        tied,
        picked,
        side,
    })
}
