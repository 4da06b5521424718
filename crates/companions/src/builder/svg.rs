//! Reads a logo as officials bring it: an SVG of a drawing program, of which shapes alone are kept.

use election::Fault;
use roxmltree::{Document, Node, NodeType, ParsingOptions};

use crate::builder::notes::{Notes, alone, text_of};
use crate::limits::{LOGO_NODES_MAX, LOGO_SOURCE_BYTES_MAX};
use crate::logo::{Element, Logo, NAMESPACE, Sketch};
use crate::quoted::quoted;

/// The namespace of `xml:`, which every document has.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Reads an SVG, and writes its shapes anew.
///
/// # Errors
/// Every fault of the file, with its line and what to do instead.
pub fn logo(bytes: &[u8]) -> Result<Logo, Vec<Fault>> {
    let got = bytes.len();
    if got > LOGO_SOURCE_BYTES_MAX {
        let message =
            format!("{got} bytes, at most {LOGO_SOURCE_BYTES_MAX} are read: draw it more simply");
        return Err(alone(None, message));
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: LOGO_NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text_of(bytes)?, options);
    let document = document.map_err(|error| {
        let message = match &error {
            roxmltree::Error::DtdDetected => {
                "a document type is not read: take the lines of <!DOCTYPE out".to_owned()
            }
            roxmltree::Error::NodesLimitReached => {
                format!("more than {LOGO_NODES_MAX} parts: draw it more simply")
            }
            other => format!("is not XML: {other}: save it as a plain SVG"),
        };
        alone(line_of_error(&error), message)
    })?;
    let mut reading = Reading {
        document: &document,
        sketch: Sketch::default(),
        notes: Notes::default(),
    };
    reading.inside(document.root());
    if !reading.notes.is_empty() {
        return Err(reading.notes.into_faults());
    }
    Logo::of(reading.sketch).map_err(|fault| alone(None, fault))
}

fn line_of_error(error: &roxmltree::Error) -> Option<usize> {
    usize::try_from(error.pos().row).ok()
}

struct Reading<'a> {
    document: &'a Document<'a>,
    sketch: Sketch,
    notes: Notes,
}

impl<'a> Reading<'a> {
    /// Every part of a node. Comments and titles are dropped: pages say the authority's name beside the logo.
    fn inside(&mut self, around: Node<'a, 'a>) {
        for node in around.children() {
            match node.node_type() {
                NodeType::Element => self.element(node),
                NodeType::Text if !node.text().unwrap_or_default().trim().is_empty() => {
                    self.add(
                        node,
                        "letters are not read: turn text into paths, or take it out",
                    );
                }
                NodeType::PI => self.add(
                    node,
                    "a processing instruction, <?...?>, is not read: take it out",
                ),
                NodeType::Text | NodeType::Comment | NodeType::Root => {}
            }
        }
    }

    fn element(&mut self, node: Node<'a, 'a>) {
        let name = node.tag_name();
        let foreign = node
            .namespaces()
            .map(|namespace| namespace.uri())
            .find(|uri| ![NAMESPACE, XML_NAMESPACE].contains(uri));
        if let Some(uri) = foreign {
            let uri = quoted(uri);
            let told = format!("the namespace {uri} is not read: save it as a plain SVG");
            self.add(node, told);
        }
        let is_of_svg = name.namespace() == Some(NAMESPACE);
        if !is_of_svg && foreign.is_none() {
            let told = format!(
                "{} has not the namespace of SVG: write xmlns=\"{NAMESPACE}\" into the first element",
                quoted(name.name())
            );
            return self.add(node, told);
        }
        if is_of_svg && name.name() == "title" {
            return;
        }
        let Some(element) = Element::named(name.name()).filter(|_| is_of_svg) else {
            let told = format!(
                "element {} is none of {}, title: turn it into paths, or take it out",
                quoted(name.name()),
                Element::names()
            );
            return self.add(node, told);
        };
        let mut attributes = Vec::new();
        for attribute in node.attributes() {
            match attribute.namespace() {
                None => attributes.push((attribute.name(), attribute.value())),
                Some(_) => {
                    let name = quoted(attribute.name());
                    let told =
                        format!("attribute {name} of another namespace is not read: take it out");
                    self.add(node, told);
                }
            }
        }
        let was_deep = self.sketch.is_deep();
        for fault in self.sketch.open(element, &attributes) {
            self.add(node, fault);
        }
        if !was_deep {
            self.inside(node);
        }
        self.sketch.close();
    }

    fn add(&mut self, node: Node<'a, 'a>, message: impl Into<String>) {
        let row = self.document.text_pos_at(node.range().start).row;
        self.notes.add(usize::try_from(row).ok(), "", message);
    }
}
