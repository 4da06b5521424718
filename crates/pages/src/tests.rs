//! Every page in every state: rendered, and held to what all pages promise.

use election::Event;

/// The example event of the repository.
pub(crate) fn event() -> Event {
    let text = include_str!("../../../fixtures/election.toml");
    Event::from_toml(text).expect("the example event is valid")
}
