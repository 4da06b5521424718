//! The HTTP headers that every page must be served with, as data.

use crate::asset::ASSET_CACHE_CONTROL;

/// `Content-Security-Policy` of pages: everything comes from the same origin, nothing is inline, and
/// no other page may frame them. A WebSocket to the same origin is within `connect-src 'self'`.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same for embed views, which newsrooms put into frames. They hold no form.
pub const EMBED_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *";

/// The policy of pages that are files, which stands in the pages themselves: they load styles and scripts that lie
/// beside them, and connect to nothing. Who may frame them, only their server can say.
pub const SNAPSHOT_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'";

/// Further headers of every page and asset.
pub const SECURITY_HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // Nobody else learns where a visitor comes from. We do: with no-referrer, browsers would send
    // "Origin: null" with our own forms, which could then not be told from those of other sites.
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Headers of the authority's logo beside [`SECURITY_HEADERS`]. Its name changes with its content; whoever opens it by
/// itself opens a picture that may do nothing.
pub const LOGO_HEADERS: &[(&str, &str)] = &[
    ("content-type", "image/svg+xml"),
    ("cache-control", ASSET_CACHE_CONTROL),
    ("content-security-policy", "default-src 'none'; sandbox"),
];

/// `Cache-Control` of the voter's pages: no copy on disk, in a proxy or for the back button.
pub const NO_STORE: &str = "no-store";

/// `Cache-Control` of the results pages: a copy may be kept, and must be checked each time (`ETag`).
pub const REVALIDATE: &str = "no-cache";
