//! What an `rcv-case/1` file says of itself a second time: sizes of its lists, and its rules in the
//! words of the program that wrote it. The count uses none of it; where it says something else, the
//! file was changed or means another count, and nobody can tell which half is right.

use super::parsed::CaseError;
use crate::ranked::{Method, Rules};

/// What the pool of undeclared write-ins does (docs/counting.md).
const WRITE_INS: &str = "eliminated first, cannot win";
/// What the surplus of an elected candidate does (docs/counting.md).
const SURPLUS: &str = "each ballot of the elected pile passes on trunc(value * trunc((votes-quota)/votes)); \
     last round shows the last surpluses as not transferred";

fn fault(path: impl Into<String>, message: impl Into<String>) -> CaseError {
    CaseError::Value {
        path: path.into(),
        message: message.into(),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Refuses a list that is not as long as the file says.
pub(super) fn check_size(
    path: &str,
    said: Option<u64>,
    got: u64,
    held: &str,
) -> Result<(), CaseError> {
    match said {
        Some(said) if said != got => Err(fault(
            path,
            format!("says {said}, but `ballots` {held}: correct one of them"),
        )),
        _ => Ok(()),
    }
}

/// Refuses ballots with more ranks than their paper had.
pub(super) fn check_ranks(
    said: Option<u32>,
    ranks: impl Iterator<Item = usize>,
) -> Result<(), CaseError> {
    let path = "rules.max_rankings";
    let Some(max) = said else { return Ok(()) };
    if max == 0 {
        return Err(fault(
            path,
            "expected 1 or more: leave it out where it is not known",
        ));
    }
    for (at, got) in ranks.enumerate() {
        if u32::try_from(got).map_or(true, |got| got > max) {
            return Err(fault(
                format!("ballots[{at}].ranking"),
                format!("{got} ranks, {path} says at most {max}: correct one of them"),
            ));
        }
    }
    Ok(())
}

/// Refuses a mode of RCTab that counts in another way than the rules.
pub(super) fn check_mode(said: Option<&str>, rules: &Rules) -> Result<(), CaseError> {
    let path = "rules.rctab_mode";
    let Some(mode) = said else { return Ok(()) };
    let stv = rules.method == Method::Stv;
    let bottoms_up = rules.method == Method::BottomsUp;
    let agrees = match mode {
        "singleWinnerMajority" | "multiPassIrv" => rules.method == Method::Irv,
        "multiWinnerAllowMultipleWinnersPerRound" => stv && !rules.one_winner_per_round,
        "multiWinnerAllowOnlyOneWinnerPerRound" => stv && rules.one_winner_per_round,
        "bottomsUp" => bottoms_up && !rules.down_to_percentage(),
        "bottomsUpUsingPercentageThreshold" => rules.down_to_percentage(),
        _ => {
            let message = format!(
                "`{}` is not known: leave it out, and say the rules by their own keys",
                shortened(mode)
            );
            return Err(fault(path, message));
        }
    };
    if agrees {
        return Ok(());
    }
    Err(fault(
        path,
        format!(
            "{mode} is another count than method, threshold and one_winner_per_round ask for: correct one of them"
        ),
    ))
}

/// Refuses a description of the write-ins that is not what the count does.
pub(super) fn check_write_ins(said: Option<&str>) -> Result<(), CaseError> {
    let path = "rules.undeclared_write_ins";
    match said {
        None | Some(WRITE_INS) => Ok(()),
        Some(other) => Err(fault(
            path,
            format!("expected `{WRITE_INS}`, got `{}`", shortened(other)),
        )),
    }
}

/// Refuses a description of surpluses that is not what the count does.
pub(super) fn check_surplus(said: Option<&str>, rules: &Rules) -> Result<(), CaseError> {
    let path = "rules.surplus";
    match said {
        None => Ok(()),
        Some(_) if rules.method != Method::Stv => Err(fault(
            path,
            "belongs to stv: no surplus passes on in this method",
        )),
        Some(SURPLUS) => Ok(()),
        Some(other) => Err(fault(
            path,
            format!("expected `{SURPLUS}`, got `{}`", shortened(other)),
        )),
    }
}
