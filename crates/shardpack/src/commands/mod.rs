//! One file per subcommand.

pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod sign;
pub(crate) mod verify;

/// Prints data on stdout: one JSON document on one line.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(value)?;
    Ok(commandline::print_line!("{line}")?)
}
