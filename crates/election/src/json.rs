//! The canonical JSON form of an event: what packages carry and hashes cover.

use handwritten::Fault;

use crate::definition::Definition;
use crate::event::Event;
use crate::limits::DEFINITION_BYTES_MAX;
use crate::validate::validate;

impl Event {
    /// The one byte form of this event: fixed key order, no white space, dates as UTC instants.
    #[must_use]
    pub fn to_canonical_json(&self) -> Vec<u8> {
        serde_json::to_vec(&Definition::from_event(self))
            .expect("texts, numbers and validated instants are written to memory")
    }

    /// Reads canonical JSON and checks it by the same rules as a definition.
    ///
    /// # Errors
    /// Every fault, by path; a syntax error alone.
    pub fn from_json(bytes: &[u8]) -> Result<Event, Vec<Fault>> {
        from_json(bytes)
    }
}

fn from_json(bytes: &[u8]) -> Result<Event, Vec<Fault>> {
    let fault = |message: String| {
        vec![Fault {
            line: None,
            path: String::new(),
            message,
        }]
    };
    if bytes.len() > DEFINITION_BYTES_MAX {
        let got = bytes.len();
        return Err(fault(format!(
            "{got} bytes, at most {DEFINITION_BYTES_MAX} are read"
        )));
    }
    let definition: Definition = serde_json::from_slice(bytes)
        .map_err(|e| fault(format!("not an event of {}: {e}", Definition::SCHEMA)))?;
    let faults = validate(&definition);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(definition.into_event())
}
