//! Exit statuses: 0 done, 1 failed, 2 wrong usage, and the one of a program whose reader has gone.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Command, Parser};

use crate::environment::{variable_faults, variables_of};
use crate::output::{Unwritten, remark, unwritten};

/// What the shell shows for a program that SIGPIPE has ended: 128 and the number of the signal.
const READER_GONE: u8 = 128 + 13;
const WRONG_USAGE: u8 = 2;

/// The command line of this process. Where the program reads variables that begin with its name, others that
/// do are refused.
///
/// # Errors
/// The status to end with, when the help that was asked for has been printed (0), or what is wrong
/// with the command line has been told (2).
pub fn arguments<P: Parser>() -> Result<P, ExitCode> {
    let parsed = P::try_parse().map_err(|wrong| {
        let printed = wrong.print().and_then(|()| io::stdout().flush());
        if wrong.use_stderr() {
            return ExitCode::from(WRONG_USAGE); // Where standard error is broken, nobody is left to tell.
        }
        let name = P::command().get_name().to_owned();
        end(&name, printed.map_err(|error| unwritten(error).into()))
    })?;
    refuse_unknown_variables(&P::command())?;
    Ok(parsed)
}

fn refuse_unknown_variables(command: &Command) -> Result<(), ExitCode> {
    let prefix = format!("{}_", command.get_name().to_uppercase());
    let mut known = variables_of(command);
    known.retain(|name| name.starts_with(&prefix));
    // A program without variables of its own has no quarrel with those of others.
    let faults = match known.as_slice() {
        [] => Vec::new(),
        known => variable_faults(&prefix, known),
    };
    for fault in &faults {
        remark(&format!("error: {fault}\n"));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ExitCode::from(WRONG_USAGE))
    }
}

/// The status of a command that is over; what it failed of is told on standard error.
pub fn end(program: &str, done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(program, &error),
    }
}

/// Tells on standard error why a program failed, unless the reader of its output has gone and expects
/// no more. Returns the status to end with.
pub fn failure(program: &str, error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_reader_gone) {
        return ExitCode::from(READER_GONE);
    }
    remark(&format!("{program}: {}\n", told(error)));
    ExitCode::FAILURE
}

/// An error with its causes. Some errors quote their cause in their own words: it is not told again.
fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

/// Whether this is a broken pipe of standard output, and not one of a database or another peer.
fn is_reader_gone(cause: &(dyn Error + 'static)) -> bool {
    let unwritten = cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .and_then(|inner| inner.downcast_ref::<Unwritten>());
    unwritten.is_some_and(|Unwritten(error)| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reader_of_standard_output_that_has_gone_ends_a_program_quietly() {
        let kind = io::ErrorKind::BrokenPipe;
        let output = || unwritten(kind.into());
        let full = io::ErrorKind::StorageFull;
        for (error, quiet) in [
            (anyhow::Error::from(output()), true),
            (anyhow::Error::from(output()).context("cannot export"), true),
            (anyhow::Error::from(io::Error::from(kind)), false),
            (anyhow::Error::from(unwritten(full.into())), false),
        ] {
            assert_eq!(error.chain().any(is_reader_gone), quiet, "{error:#}");
        }
    }

    /// `cannot create x: No such file (os error 2): No such file (os error 2)`.
    #[test]
    fn a_cause_is_told_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot create x: {source}")]
        struct Quoting {
            source: io::Error,
        }
        let source = io::Error::from_raw_os_error(2);
        let error = anyhow::Error::from(Quoting { source }).context("no key");
        let expected = "no key: cannot create x: No such file or directory (os error 2)";
        assert_eq!(told(&error), expected);
    }

    #[test]
    fn what_is_told_of_a_full_device_names_standard_output_and_the_cause_once() {
        let error = unwritten(io::Error::from_raw_os_error(28));
        assert_eq!(
            format!("{:#}", anyhow::Error::from(error)),
            "cannot write to standard output: No space left on device (os error 28)"
        );
    }
}
