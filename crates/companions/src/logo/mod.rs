//! `logo.svg`: the authority's sign, drawn with shapes alone.
//!
//! An SVG can carry scripts, styles, links and other files. So nothing of the source is passed on: numbers, colours
//! and commands are read and written anew, an element a line, in one byte form. Whoever opens a package reads that
//! form alone and no other XML.

mod element;
mod sketch;
mod value;

use sha2::{Digest, Sha256};

use crate::limits::LOGO_BYTES_MAX;
use crate::quoted::quoted;

pub(crate) use element::Element;
#[cfg(feature = "builder")]
pub(crate) use element::NAMESPACE;
pub(crate) use sketch::Sketch;

/// The authority's logo, of shapes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    svg: String,
    width_px: u32,
    file_name: String,
}

impl Logo {
    /// Reads the canonical file. Errors say what is wrong.
    ///
    /// # Errors
    /// Another form than [`Logo::to_svg`] writes, bounds exceeded, what a logo may not have.
    pub fn from_svg(bytes: &[u8]) -> Result<Logo, String> {
        let got = bytes.len();
        if got > LOGO_BYTES_MAX {
            return Err(format!("{got} bytes, at most {LOGO_BYTES_MAX} are read"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
        let mut sketch = Sketch::default();
        for line in text.lines() {
            read_line(&mut sketch, line)?;
        }
        let logo = Logo::of(sketch)?;
        if logo.svg != text {
            return Err("not in canonical form, leave the file as shardpack wrote it".to_owned());
        }
        Ok(logo)
    }

    /// The canonical file of this logo.
    #[must_use]
    pub fn to_svg(&self) -> &[u8] {
        self.svg.as_bytes()
    }

    /// Width and height in which pages show it, in pixels of a style sheet.
    #[must_use]
    pub fn size_px(&self) -> [u32; 2] {
        [self.width_px, sketch::HEIGHT_PX]
    }

    /// A name that changes with the content, such as `logo.0123456789ab.svg`.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// What was written, as a logo; or why it is none.
    pub(crate) fn of(sketch: Sketch) -> Result<Logo, String> {
        let (svg, width_px) = sketch.finish()?;
        let sum = Sha256::digest(svg.as_bytes());
        let sum: String = sum
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Logo {
            svg,
            width_px,
            file_name: format!("logo.{sum}.svg"),
        })
    }
}

/// Reads what stands on one line. What is read too kindly fails the comparison of the whole file.
fn read_line(sketch: &mut Sketch, line: &str) -> Result<(), String> {
    let foreign = || format!("{} is no line of a logo", quoted(line));
    if line.starts_with("</") {
        return sketch.close().then_some(()).ok_or_else(foreign);
    }
    let inside = line
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    let inside = inside.ok_or_else(foreign)?;
    let (inside, is_closed) = match inside.strip_suffix('/') {
        Some(inside) => (inside, true),
        None => (inside, false),
    };
    let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (key, value) = rest.split_once("=\"").ok_or_else(foreign)?;
        let (value, behind) = value.split_once('"').ok_or_else(foreign)?;
        attributes.push((key, value));
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    let element = Element::named(name).ok_or_else(foreign)?;
    if let Some(fault) = sketch.open(element, &attributes).into_iter().next() {
        return Err(fault);
    }
    if is_closed {
        sketch.close();
    }
    Ok(())
}
