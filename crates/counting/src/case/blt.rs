//! Reads BLT, the exchange format of STV programs (Hill, Wichmann and Woodall, 1987).
//!
//! First `candidates seats`, then `-n` for each withdrawn candidate, then ballots: a weight, the
//! candidates in order, a 0. A line `0` ends them; candidates' names and the title follow, in
//! quotes. A word in parentheses before the weight names the ballot and is passed over. `2=3` is an
//! equal ranking, here an overvote, and `-` a skipped rank. One seat is counted
//! by instant runoff, several by STV with a whole Droop quota and four decimals: the format itself
//! names no rules.

use super::parsed::{Case, CaseError};
use crate::ranked::{Candidate, Contest, Rank, Rules, TieBreak};

struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn fault(&self, message: impl Into<String>) -> CaseError {
        CaseError::Blt {
            line: self.number,
            message: message.into(),
        }
    }
}

struct Ballot {
    line: usize,
    weight: u64,
    ranks: Vec<Vec<u16>>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Case, CaseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| CaseError::Blt {
        line: bytes
            .iter()
            .take(error.valid_up_to())
            .filter(|b| **b == b'\n')
            .count()
            + 1,
        message: "not UTF-8 text: a contest is a JSON or BLT file".to_owned(),
    })?;
    let end = text.lines().count();
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(at, text)| Line {
            number: at + 1,
            text: without_comment(text),
        })
        .filter(|line| !line.text.is_empty());
    let (count, seats) = head(lines.next())?;
    let mut candidates: Vec<Candidate> = (1..=count)
        .map(|n| Candidate::new(&n.to_string(), &n.to_string()))
        .collect();
    let ballots = ballots(&mut lines, &mut candidates)?;
    for candidate in &mut candidates {
        candidate.name = quoted(lines.next(), end, "a candidate's name in quotes")?;
    }
    let name = lines.next().map_or(Ok(String::new()), |l| {
        quoted(Some(l), end, "the title in quotes")
    })?;
    if let Some(line) = lines.next() {
        return Err(line.fault("more follows after the title, which ends the file: remove it"));
    }
    let rules = if seats == 1 {
        Rules::irv()
    } else {
        Rules::stv(seats)
    };
    let rules = Rules {
        tie_break: TieBreak::Ask,
        ..rules
    };
    let mut contest = Contest::new(candidates, rules)?;
    for ballot in &ballots {
        add(&mut contest, ballot)?;
    }
    Ok(Case {
        name,
        contest,
        lots: Vec::new(),
        warnings: Vec::new(),
    })
}

fn add(contest: &mut Contest, ballot: &Ballot) -> Result<(), CaseError> {
    let ranks: Vec<Rank<'_>> = ballot
        .ranks
        .iter()
        .map(|marks| Rank::Marks(marks))
        .collect();
    contest
        .add(&ranks, ballot.weight)
        .map_err(|error| CaseError::Blt {
            line: ballot.line,
            message: error.to_string(),
        })
}

/// A line without its comment. Names stand in quotes and may hold a `#`.
fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('"') {
        line
    } else {
        line.split('#').next().unwrap_or("").trim()
    }
}

fn head(line: Option<Line<'_>>) -> Result<(u16, u32), CaseError> {
    let line = line.unwrap_or(Line {
        number: 1,
        text: "",
    });
    let wrong = || line.fault("expected the numbers of candidates and seats, such as `5 2`");
    let (candidates, seats) = line
        .text
        .split_once(char::is_whitespace)
        .ok_or_else(wrong)?;
    Ok((
        candidates.parse().map_err(|_| wrong())?,
        seats.trim().parse().map_err(|_| wrong())?,
    ))
}

/// Reads ballots up to the line `0`, and the withdrawals before them.
fn ballots<'a>(
    lines: &mut impl Iterator<Item = Line<'a>>,
    candidates: &mut [Candidate],
) -> Result<Vec<Ballot>, CaseError> {
    let mut ballots = Vec::new();
    for line in lines {
        if line.text == "0" {
            return Ok(ballots);
        }
        if ballots.is_empty() && line.text.starts_with('-') {
            withdraw(&line, candidates)?;
        } else {
            ballots.push(ballot(&line)?);
        }
    }
    let number = ballots.last().map_or(1, |ballot| ballot.line);
    Err(CaseError::Blt {
        line: number,
        message: "the ballots do not end: expected a line `0`".to_owned(),
    })
}

fn withdraw(line: &Line<'_>, candidates: &mut [Candidate]) -> Result<(), CaseError> {
    for word in line.text.split_whitespace() {
        let number = word
            .strip_prefix('-')
            .and_then(|digits| digits.parse::<usize>().ok());
        let candidate = number.and_then(|n| candidates.get_mut(n.checked_sub(1)?));
        let candidate = candidate.ok_or_else(|| {
            line.fault("expected withdrawn candidates by their negative numbers, such as `-3`")
        })?;
        candidate.excluded = true;
    }
    Ok(())
}

fn ballot(line: &Line<'_>) -> Result<Ballot, CaseError> {
    let mut words = line
        .text
        .split_whitespace()
        .filter(|word| !word.starts_with('('));
    let weight = words.next().and_then(|word| word.parse().ok());
    let weight = weight.ok_or_else(|| line.fault("expected a whole weight first"))?;
    let mut ranks = Vec::new();
    for word in words.by_ref() {
        match word {
            "0" => {
                return match words.next() {
                    None => Ok(Ballot {
                        line: line.number,
                        weight,
                        ranks,
                    }),
                    Some(_) => Err(line.fault("more follows after the 0 that ends the ballot")),
                };
            }
            "-" => ranks.push(Vec::new()),
            _ => ranks.push(marks(line, word)?),
        }
    }
    Err(line.fault("the ballot does not end: expected a 0 last"))
}

fn marks(line: &Line<'_>, word: &str) -> Result<Vec<u16>, CaseError> {
    let mark = |number: &str| {
        let number = number.parse::<u16>().ok().and_then(|n| n.checked_sub(1));
        number.ok_or_else(|| line.fault("expected candidates by their numbers, from 1"))
    };
    word.split('=').map(mark).collect()
}

/// The text between quotes; `end` is the last line of the file.
fn quoted(line: Option<Line<'_>>, end: usize, expected: &str) -> Result<String, CaseError> {
    let line = line.ok_or_else(|| CaseError::Blt {
        line: end,
        message: format!("the file ends early: expected {expected}"),
    })?;
    let inner = line
        .text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner
        .map(str::to_owned)
        .ok_or_else(|| line.fault(format!("expected {expected}")))
}
