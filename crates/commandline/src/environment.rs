//! Environment variables with a program's prefix that it does not read as they are: a misspelt name
//! would leave a default in force that nobody meant.

use std::ffi::{OsStr, OsString};

use clap::Command;

/// What is wrong with this process's variables whose names begin with `prefix`; `known` are all that the
/// program reads.
pub fn variable_faults(prefix: &str, known: &[String]) -> Vec<String> {
    faults(prefix, known, std::env::vars_os())
}

/// The variables that a command line and its subcommands read.
pub(crate) fn variables_of(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(clap::Arg::get_env);
    let mut names: Vec<String> = own.filter_map(OsStr::to_str).map(str::to_owned).collect();
    names.extend(command.get_subcommands().flat_map(variables_of));
    names
}

fn faults(
    prefix: &str,
    known: &[String],
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(prefix)) else {
            continue;
        };
        if !known.iter().any(|known| known == name) {
            faults.push(unknown(name, known));
        } else if value.to_str().is_none() {
            faults.push(format!(
                "environment variable {name} is not UTF-8: set it anew"
            ));
        }
    }
    faults.sort();
    faults
}

fn unknown(name: &str, known: &[String]) -> String {
    let nearest = known
        .iter()
        .min_by_key(|known| strsim::levenshtein(name, known));
    let remedy = match nearest {
        Some(nearest) => format!("unset it, or write {nearest} if that is meant"),
        None => "unset it".to_owned(),
    };
    format!("environment variable {name} is not known: {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn what_is_not_read_as_it_is_is_named_with_the_nearest_name() {
        let known = ["P_LISTEN", "P_HTTP_HEADERS_MAX", "OTHER"].map(str::to_owned);
        let listn = "environment variable P_LISTN is not known: \
             unset it, or write P_LISTEN if that is meant";
        let header = "environment variable P_HTTP_HEADER_MAX is not known: \
             unset it, or write P_HTTP_HEADERS_MAX if that is meant";
        let bytes = "environment variable P_LISTEN is not UTF-8: set it anew";
        /// Variables, and what is said of them.
        type Case<'a> = (&'a [(&'a str, &'a [u8])], &'a [&'a str]);
        let cases: [Case<'_>; 5] = [
            (&[], &[]),
            (
                &[("P_LISTEN", b"x"), ("PATH", b"\xff"), ("Q_LISTN", b"x")],
                &[],
            ),
            (
                &[("P_LISTN", b"x"), ("P_HTTP_HEADER_MAX", b"\xff")],
                &[header, listn],
            ),
            (&[("P_LISTEN", b"\xff")], &[bytes]),
            (&[("p_listen", b"x")], &[]),
        ];
        for (variables, expected) in cases {
            let variables = variables.iter();
            let variables = variables
                .map(|(name, value)| (OsString::from(name), OsString::from_vec(value.to_vec())));
            assert_eq!(faults("P_", &known, variables), expected);
        }
        let none = faults("P_", &[], [("P_X".into(), "x".into())]);
        assert_eq!(none, ["environment variable P_X is not known: unset it"]);
    }
}
