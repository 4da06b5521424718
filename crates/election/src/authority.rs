//! The election authority as its officers sign it with the event: whom voters call, and how they know that a site
//! is the real one.

use handwritten::{Fault, Reading, Section};
use serde::{Deserialize, Serialize};

use crate::limits::NAME_BYTES_MAX;
use crate::named_files::{NamedFile, named_file};
use crate::printable;
use crate::section::bilingual;
use crate::text::Text;

/// Bytes of an address.
const ADDRESS_BYTES_MAX: usize = 300;
/// Bytes of a telephone number.
const TELEPHONE_BYTES_MAX: usize = 32;
/// Digits of the shortest telephone number.
const TELEPHONE_DIGITS_MIN: usize = 3;

/// Who holds the vote, for help and trust on every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Name in both languages.
    pub name: Text,
    /// Telephone number as people write it.
    pub telephone: String,
    /// The one true address of the voter's pages, `https://` and the host.
    pub site: String,
    /// That of the results, where they are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<String>,
    /// The authority's page on accessibility, in each language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessibility: Option<Text>,
    /// Its page on privacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Text>,
    /// Its page on what to do about a lost letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_letter: Option<Text>,
}

/// The table `[authority]`, where there is one, and the logo beside the definition that it names.
pub(crate) fn read(
    all: &mut Reading<'_>,
    root: &mut Section<'_, '_>,
) -> (Option<Authority>, Option<NamedFile>) {
    let Some(mut section) = root.table(all, "authority") else {
        return (None, None);
    };
    let authority = Authority {
        name: bilingual(all, &mut section, ["name_fr", "name_en"]),
        telephone: section.text(all, "telephone", "\"1-800-555-0100\""),
        site: section.text(all, "site", "\"https://vote.example\""),
        results: section.optional_text(all, "results").map(str::to_owned),
        accessibility: page(all, &mut section, ["accessibility_fr", "accessibility_en"]),
        privacy: page(all, &mut section, ["privacy_fr", "privacy_en"]),
        lost_letter: page(all, &mut section, ["lost_letter_fr", "lost_letter_en"]),
    };
    let logo = section.optional_text(all, "logo");
    let logo = logo.map(|name| named_file(all, &section.path_of("logo"), name, "svg"));
    section.finish(all);
    (Some(authority), logo)
}

/// The address of a page, in both languages or in neither.
fn page(
    all: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    [fr, en]: [&'static str; 2],
) -> Option<Text> {
    let french = section.optional_text(all, fr);
    let english = section.optional_text(all, en);
    if let (Some(_), None) | (None, Some(_)) = (french, english) {
        let missing = if french.is_none() { fr } else { en };
        let path = section.path_of(missing);
        let message = "is missing: name the page in both languages, or in neither";
        all.fault(None, &path, message.to_owned());
    }
    Some(Text {
        fr: french?.to_owned(),
        en: english?.to_owned(),
    })
}

/// Every fault of meaning, by path.
pub(crate) fn validate(authority: &Authority) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut check = |key: &str, fault: Option<String>| {
        faults.extend(fault.map(|message| Fault {
            line: None,
            path: format!("authority.{key}"),
            message,
        }));
    };
    let Authority {
        name,
        telephone,
        site,
        results,
        ..
    } = authority;
    check("name_fr", printable::fault(&name.fr, NAME_BYTES_MAX));
    check("name_en", printable::fault(&name.en, NAME_BYTES_MAX));
    check("telephone", telephone_fault(telephone));
    check("site", site_fault(site));
    check("results", results.as_deref().and_then(site_fault));
    for (key, page) in [
        ("accessibility", &authority.accessibility),
        ("privacy", &authority.privacy),
        ("lost_letter", &authority.lost_letter),
    ] {
        let Some(page) = page else { continue };
        check(&format!("{key}_fr"), page_fault(&page.fr));
        check(&format!("{key}_en"), page_fault(&page.en));
    }
    faults
}

fn telephone_fault(number: &str) -> Option<String> {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_written = |byte: u8| byte.is_ascii_digit() || b" +-()".contains(&byte);
    let sound = digits >= TELEPHONE_DIGITS_MIN
        && number.len() <= TELEPHONE_BYTES_MAX
        && number.trim() == number
        && number.bytes().all(is_written);
    (!sound).then(|| {
        format!(
            "expected a telephone number of {TELEPHONE_DIGITS_MIN} digits or more, with spaces, hyphens, brackets and + alone, \
             at most {TELEPHONE_BYTES_MAX} bytes"
        )
    })
}

/// An origin: paths are the program's own.
fn site_fault(address: &str) -> Option<String> {
    let host = address.strip_prefix("https://").unwrap_or_default();
    let sound = address.len() <= ADDRESS_BYTES_MAX && is_host(host);
    (!sound).then(|| {
        format!(
            "expected https://HOST or https://HOST:PORT, in lower case, without a path, at most {ADDRESS_BYTES_MAX} bytes"
        )
    })
}

fn page_fault(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://").unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_of_address = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    let sound =
        address.len() <= ADDRESS_BYTES_MAX && is_host(host) && path.bytes().all(is_of_address);
    (!sound).then(|| {
        format!(
            "expected an address that begins with https:// and a host in lower case, of visible ASCII characters, at most {ADDRESS_BYTES_MAX} bytes"
        )
    })
}

/// A name of letters, digits, dots and hyphens, with a port where there is one. A name in other letters is written
/// in its ASCII form, so that it cannot look like another one.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let labels = || name.split('.');
    labels().all(|label| !label.is_empty() && label.bytes().all(is_of_name))
        && labels().count() > 1
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}
