//! The canonical JSON form of an event: what packages carry and hashes cover.

use crate::definition::Definition;
use crate::event::Event;
use crate::fault::Fault;
use crate::limits::DEFINITION_BYTES_MAX;
use crate::validate::validate;

pub(crate) fn to_json(event: &Event) -> Vec<u8> {
    // Serialising plain structs, strings and integers into memory has no way to fail.
    serde_json::to_vec(&Definition::from_event(event)).unwrap_or_default()
}

pub(crate) fn from_json(bytes: &[u8]) -> Result<Event, Vec<Fault>> {
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
    definition
        .into_event()
        .ok_or_else(|| fault("a number or key is out of range".to_owned()))
}
