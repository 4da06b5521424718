//! Earlier versions of a page that viewers may still have, and what has changed since each.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use pages::Encoding;

use super::body::Body;

/// Versions of a page that are known again, beside the newest. A page is made anew every two seconds at most,
/// and a viewer is at most 12 seconds behind it.
const VERSIONS_MAX: usize = 16;

/// The earlier versions of a page, the oldest first.
#[derive(Clone, Default)]
pub(super) struct Earlier {
    versions: Vec<Arc<Version>>,
}

struct Version {
    tag: String,
    /// Compressed, because hardly anybody asks for most of them.
    brotli: Bytes,
    /// To the newest version; none where the page itself is as short.
    delta: OnceLock<Option<Arc<Body>>>,
}

impl Version {
    fn new(tag: &str, brotli: Bytes) -> Arc<Version> {
        Arc::new(Version {
            tag: tag.to_owned(),
            brotli,
            delta: OnceLock::new(),
        })
    }
}

impl Earlier {
    /// The earlier versions once `newest` takes the place of `body`. The deltas that were made led to `body`.
    pub(super) fn with(&self, body: &Body, newest: &Body) -> Earlier {
        let known = self.versions.iter();
        let known = known.map(|version| Version::new(&version.tag, version.brotli.clone()));
        let last = Version::new(body.tag(), body.bytes(Encoding::Brotli));
        let mut versions: Vec<_> = known.chain([last]).collect();
        versions.retain(|version| version.tag != newest.tag());
        versions.drain(..versions.len().saturating_sub(VERSIONS_MAX));
        Earlier { versions }
    }

    /// What changed from the version of that tag to the newest: made once, for everybody who has that version.
    pub(super) fn delta(&self, since: &str, newest: &Body) -> Option<Arc<Body>> {
        let version = self.versions.iter().find(|known| known.tag == since)?;
        let made = || {
            let delta = pages::delta(&unpacked(&version.brotli), newest.text(), newest.tag());
            let delta = Body::new(delta.into_bytes());
            let shorter =
                delta.bytes(Encoding::Brotli).len() < newest.bytes(Encoding::Brotli).len();
            shorter.then(|| Arc::new(delta))
        };
        version.delta.get_or_init(made).clone()
    }
}

fn unpacked(brotli: &[u8]) -> String {
    let mut text = Vec::new();
    brotli::BrotliDecompress(&mut &brotli[..], &mut text).expect("it was compressed here");
    String::from_utf8(text).expect("pages are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(n: usize) -> Body {
        let rows = (0..200).map(|row| format!("<tr><td>{row}</td><td>{}</td></tr>", row * 7_919));
        Body::new(format!("<p>{n}</p>{}", rows.collect::<String>()).into_bytes())
    }

    #[test]
    fn few_versions_are_known_and_each_has_one_delta() {
        let newest = version(40);
        let earlier = (0..40).fold(Earlier::default(), |earlier, n| {
            earlier.with(&version(n), &version(n + 1))
        });
        let of = |n: usize| earlier.delta(version(n).tag(), &newest);
        assert_eq!((0..40).filter(|n| of(*n).is_some()).count(), VERSIONS_MAX);
        let (first, again) = (of(39).expect("known"), of(39).expect("known"));
        assert!(Arc::ptr_eq(&first, &again), "made once");
        assert!(first.text().contains("\"40\"") && first.text().len() < 300);
        assert!(earlier.delta("made up", &newest).is_none());
        assert!(earlier.delta(newest.tag(), &newest).is_none());
        // A page may become what it was before.
        let back = earlier.with(&newest, &version(39));
        assert!(back.delta(version(39).tag(), &version(39)).is_none());
        assert!(back.delta(newest.tag(), &version(39)).is_some());
    }

    #[test]
    fn a_delta_that_is_no_shorter_than_the_page_is_none() {
        let (old, new) = (version(1), Body::new(b"<p>closed</p>".to_vec()));
        let earlier = Earlier::default().with(&old, &new);
        assert!(earlier.delta(old.tag(), &new).is_none());
    }
}
