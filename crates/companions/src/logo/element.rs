//! The elements and attributes that a logo may have, and how each is written.

use super::value::Kind;
use crate::quoted::quoted;

/// What any element may say of its paint and place.
const PAINT: &[(&str, Kind)] = &[
    ("fill", Kind::Colour),
    ("fill-rule", Kind::Rule),
    ("opacity", Kind::Share),
    ("stroke", Kind::Colour),
    ("stroke-width", Kind::Length),
    ("transform", Kind::Transform),
];

const ELEMENTS: &[Element] = &[
    Element {
        name: ROOT,
        own: &[("viewBox", Kind::Box)],
    },
    Element {
        name: "g",
        own: &[],
    },
    Element {
        name: "path",
        own: &[("d", Kind::Commands)],
    },
    Element {
        name: "rect",
        own: &[
            ("x", Kind::Number),
            ("y", Kind::Number),
            ("width", Kind::Length),
            ("height", Kind::Length),
            ("rx", Kind::Length),
            ("ry", Kind::Length),
        ],
    },
    Element {
        name: "circle",
        own: &[
            ("cx", Kind::Number),
            ("cy", Kind::Number),
            ("r", Kind::Length),
        ],
    },
    Element {
        name: "ellipse",
        own: &[
            ("cx", Kind::Number),
            ("cy", Kind::Number),
            ("rx", Kind::Length),
            ("ry", Kind::Length),
        ],
    },
    Element {
        name: "line",
        own: &[
            ("x1", Kind::Number),
            ("y1", Kind::Number),
            ("x2", Kind::Number),
            ("y2", Kind::Number),
        ],
    },
    Element {
        name: "polyline",
        own: &[("points", Kind::Points)],
    },
    Element {
        name: "polygon",
        own: &[("points", Kind::Points)],
    },
];

/// The element around everything.
const ROOT: &str = "svg";
/// The namespace of all elements.
pub(crate) const NAMESPACE: &str = "http://www.w3.org/2000/svg";
/// What the root says and we pass over: the box says how wide and how high it is, and `NAMESPACE` is always written.
const PASSED_OVER: [&str; 4] = ["xmlns", "version", "width", "height"];

/// A kind of element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(super) name: &'static str,
    own: &'static [(&'static str, Kind)],
}

impl Element {
    /// None where a logo has no such element.
    pub(crate) fn named(name: &str) -> Option<&'static Element> {
        ELEMENTS.iter().find(|element| element.name == name)
    }

    /// All that [`Element::named`] knows, for messages.
    #[cfg(feature = "builder")]
    pub(crate) fn names() -> String {
        let names: Vec<&str> = ELEMENTS.iter().map(|element| element.name).collect();
        names.join(", ")
    }

    pub(super) fn is_root(&self) -> bool {
        self.name == ROOT
    }

    /// Whether it holds other elements.
    pub(super) fn is_container(&self) -> bool {
        self.is_root() || self.name == "g"
    }

    /// Its start as we write it, up to the bracket; or what is wrong with its attributes.
    pub(super) fn start(&self, attributes: &[(&str, &str)]) -> Result<String, Vec<String>> {
        let name = self.name;
        let mut start = format!("<{name}");
        if self.is_root() {
            start += &format!(" xmlns=\"{NAMESPACE}\"");
        }
        let known = || self.own.iter().chain(PAINT);
        let mut faults: Vec<String> = attributes
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| !(self.is_root() && PASSED_OVER.contains(key)))
            .filter(|key| known().all(|(one, _)| one != key))
            .map(|key| {
                let known: Vec<&str> = known().map(|(key, _)| *key).collect();
                format!(
                    "attribute {} of `{name}` is none of {}: take it out, or save the drawing as a plain SVG whose colours stand in attributes",
                    quoted(key),
                    known.join(", ")
                )
            })
            .collect();
        for (key, kind) in known() {
            let Some((_, value)) = attributes.iter().find(|(one, _)| one == key) else {
                continue;
            };
            match kind.rewritten(value.trim()) {
                Some(value) => start += &format!(" {key}=\"{value}\""),
                None => faults.push(format!(
                    "{key} of `{name}`: expected {}, got {}",
                    kind.expected(),
                    quoted(value)
                )),
            }
        }
        match faults.is_empty() {
            true => Ok(start),
            false => Err(faults),
        }
    }
}
