//! A logo as it is written, element by element: whoever reads one, from whatever source, writes it through here.

use super::element::Element;
use super::value::view_box;
use crate::limits::{LOGO_BYTES_MAX, LOGO_DEPTH_MAX, LOGO_ELEMENTS_MAX};

/// How high a logo is shown, in pixels of a style sheet.
pub(super) const HEIGHT_PX: u32 = 40;

/// What has been written so far.
#[derive(Debug, Default)]
pub(crate) struct Sketch {
    svg: String,
    open: Vec<&'static Element>,
    elements: usize,
    width_px: Option<u32>,
}

impl Sketch {
    /// Begins an element inside those that are open. Its faults are none where it is written as it should be.
    pub(crate) fn open(
        &mut self,
        element: &'static Element,
        attributes: &[(&str, &str)],
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let name = element.name;
        let holds = self.open.last().is_none_or(|around| around.is_container());
        if element.is_root() != self.svg.is_empty() || self.open.is_empty() != element.is_root() {
            faults.push("expected one `svg` around everything, and none within it".to_owned());
        } else if !holds {
            faults.push(format!(
                "`{name}` stands within a shape: put it behind that"
            ));
        }
        self.elements += 1;
        if self.elements == LOGO_ELEMENTS_MAX + 1 {
            faults.push(format!(
                "more than {LOGO_ELEMENTS_MAX} elements: join the paths, and draw it more simply"
            ));
        }
        if self.is_deep() {
            faults.push(format!(
                "more than {LOGO_DEPTH_MAX} elements within each other: ungroup them"
            ));
        }
        if element.is_root() {
            let given = attributes.iter().find(|(key, _)| *key == "viewBox");
            if given.is_none() {
                faults.push("viewBox of `svg` is missing: write viewBox=\"0 0 WIDTH HEIGHT\" of the drawing".to_owned());
            }
            self.width_px = given.and_then(|(_, text)| width_px(text));
        }
        let end = match element.is_container() {
            true => ">\n",
            false => "/>\n",
        };
        match element.start(attributes) {
            Ok(start) => self.svg += &(start + end),
            Err(more) => faults.extend(more),
        }
        self.open.push(element);
        faults
    }

    /// Whether nothing more may be opened within what is open.
    pub(crate) fn is_deep(&self) -> bool {
        self.open.len() >= LOGO_DEPTH_MAX
    }

    /// Ends the element that was opened last; false where none is open.
    pub(crate) fn close(&mut self) -> bool {
        let last = self.open.pop();
        if let Some(container) = last.filter(|element| element.is_container()) {
            self.svg += &format!("</{}>\n", container.name);
        }
        last.is_some()
    }

    /// The file and the width in which it is shown, where everything that was opened is closed.
    pub(super) fn finish(self) -> Result<(String, u32), String> {
        let (true, Some(width_px)) = (self.open.is_empty(), self.width_px) else {
            return Err("an element is not closed".to_owned());
        };
        let bytes = self.svg.len();
        if bytes > LOGO_BYTES_MAX {
            return Err(format!(
                "{bytes} bytes as it is packed, at most {LOGO_BYTES_MAX}: draw it more simply"
            ));
        }
        if !self.svg.contains("/>") {
            return Err("nothing is drawn: expected a shape".to_owned());
        }
        Ok((self.svg, width_px))
    }
}

/// How wide it is shown.
fn width_px(text: &str) -> Option<u32> {
    let [_, _, width, height] = view_box(text)?;
    let shown = f64::from(HEIGHT_PX) * width / height;
    format!("{shown:.0}").parse().ok()
}
