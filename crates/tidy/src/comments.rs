//! What the sources say in comments, apart from what they do.

use crate::Source;

/// One line's comment, or one doc comment of several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// Its text without slashes, lines joined by `\n`.
    pub text: String,
}

impl Source {
    /// Every comment, line by line, whatever its kind.
    pub fn comments(&self) -> Vec<Comment> {
        let lines = self.text.lines().zip(1..);
        lines
            .filter_map(|(line, number)| {
                let (_, comment) = split(line);
                Some(Comment {
                    line: number,
                    text: comment?.to_owned(),
                })
            })
            .collect()
    }

    /// The doc comments of items (`///`), each whole.
    pub fn docs(&self) -> Vec<Comment> {
        let mut docs: Vec<Comment> = Vec::new();
        let mut goes_on = false;
        for (line, number) in self.text.lines().zip(1..) {
            let Some(text) = line.trim().strip_prefix("///") else {
                goes_on = false;
                continue;
            };
            match docs.last_mut().filter(|_| goes_on) {
                Some(doc) => {
                    doc.text.push('\n');
                    doc.text.push_str(text.trim());
                }
                None => docs.push(Comment {
                    line: number,
                    text: text.trim().to_owned(),
                }),
            }
            goes_on = true;
        }
        docs
    }

    /// The text without its comments.
    pub fn code(&self) -> String {
        let lines = self.text.lines().map(|line| split(line).0);
        lines.collect::<Vec<&str>>().join("\n")
    }
}

/// Code and comment of a line. Two slashes begin a comment at the start of a line or after white
/// space, outside a string.
fn split(line: &str) -> (&str, Option<&str>) {
    for (at, _) in line.match_indices("//") {
        let (before, comment) = line.split_at(at);
        let apart = before.is_empty() || before.ends_with(char::is_whitespace);
        if apart && before.matches('"').count().is_multiple_of(2) {
            return (before, Some(comment.trim_start_matches(['/', '!'])));
        }
    }
    (line, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_code() {
        let source = Source {
            path: "crates/x/src/y.rs".to_owned(),
            text: "//! Head.\n/// One\n/// two.\nlet a = \"http:// x\"; // why\n/// Three.\n"
                .to_owned(),
        };
        let lines: Vec<usize> = source.comments().iter().map(|c| c.line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5]);
        let docs: Vec<String> = source.docs().into_iter().map(|doc| doc.text).collect();
        assert_eq!(docs, ["One\ntwo.", "Three."]);
        assert!(source.code().contains("http:// x") && !source.code().contains("why"));
    }
}
