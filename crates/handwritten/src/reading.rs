//! One reading of a text: the faults found so far, and the line of every value met.

use std::collections::BTreeMap;

use crate::fault::Fault;

/// What the reading of one text gathers.
#[derive(Debug)]
pub struct Reading<'i> {
    text: &'i str,
    line_ends: Vec<usize>,
    /// Everything that is wrong, in the order in which it was found.
    pub faults: Vec<Fault>,
    /// Line of each path that was read, from 1.
    lines: BTreeMap<String, usize>,
}

impl<'i> Reading<'i> {
    /// Begins to read a text.
    #[must_use]
    pub fn new(text: &'i str) -> Reading<'i> {
        let line_ends = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at);
        Reading {
            text,
            line_ends: line_ends.collect(),
            faults: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    pub(crate) fn text(&self) -> &'i str {
        self.text
    }

    /// Line of a byte offset, from 1.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        1 + self.line_ends.partition_point(|end| *end < offset)
    }

    /// Line of a path, or of the nearest table around it.
    #[must_use]
    pub fn line_of(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = path.get(..path.rfind(['.', '['])?)?;
        }
    }

    /// Keeps the line of the value that `path` names.
    pub(crate) fn note_line(&mut self, path: String, offset: usize) -> usize {
        let line = self.line_at(offset);
        self.lines.insert(path, line);
        line
    }

    /// Notes what is wrong at `path`; reading goes on, so that all faults are told at once.
    pub fn fault(&mut self, line: Option<usize>, path: &str, message: impl Into<String>) {
        self.faults.push(Fault {
            line,
            path: path.to_owned(),
            message: message.into(),
        });
    }
}
