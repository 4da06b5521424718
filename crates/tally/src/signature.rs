//! Whether officers' signatures over the package were checked, and how every output says so.

/// What is known of the package's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signature {
    /// As many officers as the operator asked for have signed the manifest.
    Checked,
    /// The operator passed `--untrusted`: anybody may have made this package.
    Unchecked,
}

impl Signature {
    /// The value of `package_signature` in JSON and CSV.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Signature::Checked => "checked",
            Signature::Unchecked => "unchecked",
        }
    }

    /// `text` as it may be printed: where nothing was checked, each line says so, because a person
    /// may sign any of them.
    pub(crate) fn mark(self, text: &str) -> String {
        match self {
            Signature::Checked => text.to_owned(),
            Signature::Unchecked => {
                let marked = text.lines().map(|line| match line {
                    "" => "\n".to_owned(),
                    line => format!("UNTRUSTED PACKAGE | {line}\n"),
                });
                marked.collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Signature::{Checked, Unchecked};

    #[test]
    fn every_line_says_that_nothing_was_checked() {
        let text = "Event E\n\n  oui 3\n";
        assert_eq!(Checked.mark(text), text);
        let marked = "UNTRUSTED PACKAGE | Event E\n\nUNTRUSTED PACKAGE |   oui 3\n";
        assert_eq!(Unchecked.mark(text), marked);
    }
}
