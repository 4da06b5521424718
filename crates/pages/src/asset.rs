//! Style sheets, scripts and icons: embedded, named by content, compressed at build.

use crate::encoding::Encoding;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where programs serve assets: `/assets/` followed by [`Asset::name`].
pub const ASSET_PREFIX: &str = "/assets/";

/// The `Cache-Control` of every asset: its name changes with its content.
pub const ASSET_CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Where programs serve the script that newsrooms put on their own pages. It stays, so that what they copied goes on
/// working.
pub const EMBED_SCRIPT: &str = "/embed.js";

/// The `Cache-Control` of [`EMBED_SCRIPT`], whose content may change.
pub const EMBED_SCRIPT_CACHE_CONTROL: &str = "public, max-age=3600";

struct Stored {
    source: &'static str,
    name: &'static str,
    identity: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

/// An embedded file in the encodings in which it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// File name with the hash of its content, e.g. `style.0123456789ab.css`.
    pub name: &'static str,
    /// `Content-Type`, with the character set where it is text.
    pub content_type: &'static str,
    /// The file as written.
    pub identity: &'static [u8],
    /// The same, gzip (RFC 1952).
    pub gzip: &'static [u8],
    /// The same, Brotli (RFC 7932).
    pub brotli: &'static [u8],
}

impl Asset {
    /// Bytes and `Content-Encoding` (none: identity) for an `Accept-Encoding`. Answer with
    /// `Vary: Accept-Encoding`.
    #[must_use]
    pub fn encoded(&self, accept_encoding: Option<&str>) -> (&'static [u8], Option<&'static str>) {
        let encoding = Encoding::negotiate(accept_encoding);
        let bytes = match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
            Encoding::Identity => self.identity,
        };
        (bytes, encoding.name())
    }
}

/// The asset of that name (what follows [`ASSET_PREFIX`] in the path).
#[must_use]
pub fn asset(name: &str) -> Option<Asset> {
    let stored = ASSETS.iter().find(|stored| stored.name == name)?;
    Some(Asset {
        name: stored.name,
        content_type: content_type(stored.name),
        identity: stored.identity,
        gzip: stored.gzip,
        brotli: stored.brotli,
    })
}

/// The script at [`EMBED_SCRIPT`].
#[must_use]
pub fn embed_script() -> Asset {
    let stored = ASSETS.iter().find(|stored| stored.source == "embed.js");
    let found = stored.and_then(|stored| asset(stored.name));
    found.expect("the crate's build names every file of assets/")
}

/// Every asset, for figures and tests.
pub fn assets() -> impl Iterator<Item = Asset> {
    ASSETS.iter().filter_map(|stored| asset(stored.name))
}

/// The path of a source file of `assets/`, for templates. A test renders every page and follows
/// every path, so an unknown name does not get past it.
pub(crate) fn path_of(source: &str) -> String {
    let stored = ASSETS.iter().find(|stored| stored.source == source);
    let stored =
        stored.unwrap_or_else(|| panic!("a template names {source}: it is not in assets/"));
    format!("{ASSET_PREFIX}{}", stored.name)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_encoding_that_the_browser_takes_is_chosen() {
        let style = assets()
            .find(|a| a.name.ends_with(".css"))
            .expect("a style sheet");
        assert_eq!(style.encoded(Some("gzip, deflate, br")).1, Some("br"));
        assert_eq!(style.encoded(Some("gzip;q=0.8, br;q=0")).1, Some("gzip"));
        assert_eq!(style.encoded(None), (style.identity, None));
        assert!(style.brotli.len() <= style.gzip.len());
        assert!(style.gzip.len() < style.identity.len());
    }

    #[test]
    fn modules_import_each_other_by_names_that_exist() {
        for module in assets().filter(|a| a.name.ends_with(".js")) {
            let text = std::str::from_utf8(module.identity).expect("modules are UTF-8");
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let name = line.split("\"./").nth(1).and_then(|r| r.split('"').next());
                assert!(name.and_then(asset).is_some(), "{}: {line}", module.name);
            }
        }
    }
}
