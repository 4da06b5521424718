//! The first frame of each side: whether two nodes can work together at all.

use crate::frame::{Frame, LINE_ID};

/// Longest text of a hello in bytes.
pub const HELLO_BYTES_MAX: usize = 256;

/// Raised when frames or their meaning change: what nodes ask each other in them, too. The hello itself stays as it is
/// in every version.
pub const VERSION: u32 = 1;

/// A hello: version of the protocol (4 bytes, little-endian), then the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello(Vec<u8>);

/// Why the hello of another node was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OtherHello {
    #[error("its first frame is no hello: another program answers there, or asks")]
    None,
    #[error(
        "it speaks version {theirs} of the relay's protocol, this node version {VERSION}: run releases of one version of it on both; those of another one start when none of these runs any more"
    )]
    Version { theirs: u32 },
    #[error("its hello is \"{theirs}\", this node's is \"{ours}\": give both the same election")]
    Text { theirs: String, ours: String },
}

impl Hello {
    /// The hello of this node. It is told in logs where it differs from another's.
    ///
    /// # Panics
    /// The text has more than [`HELLO_BYTES_MAX`] bytes: a fault of the program.
    pub(crate) fn new(text: &[u8]) -> Hello {
        assert!(
            text.len() <= HELLO_BYTES_MAX,
            "a hello has {HELLO_BYTES_MAX} bytes at most: give a hash of what is longer"
        );
        Hello([&VERSION.to_le_bytes(), text].concat())
    }

    /// Content of the frame, which has the id [`LINE_ID`].
    pub(crate) fn content(&self) -> &[u8] {
        &self.0
    }

    /// Compares the first frame of the other side.
    pub(crate) fn check(&self, first: &Frame) -> Result<(), OtherHello> {
        let parts = first.content.split_first_chunk();
        let Some((version, text)) = parts.filter(|_| first.id == LINE_ID) else {
            return Err(OtherHello::None);
        };
        if first.content == self.0 {
            return Ok(());
        }
        match u32::from_le_bytes(*version) {
            VERSION if text.len() > HELLO_BYTES_MAX => Err(OtherHello::None),
            VERSION => Err(OtherHello::Text {
                theirs: text.escape_ascii().to_string(),
                ours: self.0[version.len()..].escape_ascii().to_string(),
            }),
            theirs => Err(OtherHello::Version { theirs }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(id: u64, content: &[u8]) -> Option<String> {
        let first = Frame {
            id,
            content: content.to_vec(),
        };
        let checked = Hello::new(b"spring").check(&first);
        checked.err().map(|error| error.to_string())
    }

    #[test]
    fn only_the_same_version_and_text_will_do() {
        assert_eq!(refused(LINE_ID, b"\x01\0\0\0spring"), None);
        let cases: [(u64, &[u8], &str); 6] = [
            (1, b"\x01\0\0\0spring", "no hello"),
            (LINE_ID, b"\x01\0", "no hello"),
            (
                LINE_ID,
                &[&[1, 0, 0, 0][..], &[b'x'; 257]].concat(),
                "no hello",
            ),
            (LINE_ID, b"\x02\0\0\0spring", "version 2"),
            (
                LINE_ID,
                b"\x01\0\0\0au\"tumn\n",
                r#"is "au\"tumn\n", this node's is "spring""#,
            ),
            (LINE_ID, b"\x01\0\0\0", r#"is "","#),
        ];
        for (id, content, words) in cases {
            let told = refused(id, content).expect("it is refused");
            assert!(told.contains(words), "{told}");
        }
    }
}
