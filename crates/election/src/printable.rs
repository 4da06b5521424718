//! Texts that voters read: whether they can be printed, and read as they were written.

use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
/// Prints nothing, though its category is of symbols: a Braille pattern without dots.
const BRAILLE_BLANK: char = '\u{2800}';
/// The combining class of the viramas, the signs that join two consonants of an Indic script.
const VIRAMA: u8 = 9;

/// What is wrong with a text that stands on one line of a ballot paper, if anything is.
pub(crate) fn fault(text: &str, bytes_max: usize) -> Option<String> {
    if text.trim().is_empty() {
        return Some("is empty: write what voters should read".to_owned());
    }
    if text.len() > bytes_max {
        let bytes = text.len();
        return Some(format!(
            "{bytes} bytes, at most {bytes_max} fit: shorten it"
        ));
    }
    if text.chars().any(char::is_control) {
        return Some("holds a control character or line break: remove it".to_owned());
    }
    let unseen = unseen(text)?;
    Some(format!(
        "holds U+{:04X}, which nobody sees and which can change how the text reads: remove it",
        u32::from(unseen)
    ))
}

/// The first character that prints nothing and that the writing does not need.
fn unseen(text: &str) -> Option<char> {
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let needed = is_needed_joiner(before, character, characters.peek().copied());
        if !needed && is_unseen(character) {
            return Some(character);
        }
        before = Some(character);
    }
    None
}

/// Characters that control the layout, that no script has, or that are ignored where they stand
/// (CVE-2021-42574 tells what those can do that turn the direction of writing).
fn is_unseen(character: char) -> bool {
    use GeneralCategory::{Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    let category = character.general_category();
    matches!(
        category,
        Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned
    ) || character == BRAILLE_BLANK
        || is_ignorable(character)
}

/// Whether Unicode lets programs show nothing for it. The skeleton of a text leaves such characters out.
fn is_ignorable(character: char) -> bool {
    !character.is_ascii()
        && skeleton(character.encode_utf8(&mut [0; 4]))
            .next()
            .is_none()
}

/// Whether a joiner or non-joiner is part of the spelling, much as RFC 5892 (appendix A) has it: after
/// a virama, and the non-joiner between letters of a script that joins its letters.
fn is_needed_joiner(before: Option<char>, character: char, after: Option<char>) -> bool {
    let after_virama = || before.is_some_and(|c| canonical_combining_class(c) == VIRAMA);
    let between_joined = || before.is_some_and(is_joined) && after.is_some_and(is_joined);
    match character {
        NON_JOINER => after_virama() || between_joined(),
        JOINER => after_virama(),
        _ => false,
    }
}

fn is_joined(letter: char) -> bool {
    use Script::{Arabic, Mandaic, Mongolian, Nko, Syriac};
    let script = letter.script();
    letter.is_alphabetic() && matches!(script, Arabic | Mandaic | Mongolian | Nko | Syriac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_writings_pass() {
        for name in [
            "François Côté-L’Écuyer",
            "Franc\u{327}ois Co\u{302}te\u{301}",
            "Zoë Ångström, Jr.",
            "Êtes-vous d’accord\u{a0}? « Oui »\u{202f}!",
            "محمد علی",
            "می\u{200c}خواهم",
            "عَبْدُ ٱلرَّحْمٰن",
            "王小明",
            "山田\u{3000}太郎",
            "김영희",
            "क्\u{200d}ष",
            "Владимир",
            "ᐃᓄᒃᑎᑐᑦ",
        ] {
            assert_eq!(fault(name, 200), None, "{name}");
        }
    }

    #[test]
    fn what_nobody_sees_is_refused_by_its_number() {
        let single = [
            0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x2028,
            0x202e, 0x2800, 0x3164, 0xfeff, 0xffa0, 0xe000, 0xfffe,
        ];
        let ranges = [
            0x2060..=0x2064,
            0x2066..=0x206f,
            0xfe00..=0xfe0f,
            0xfff9..=0xfffb,
            0xe0000..=0xe007f,
            0xe0100..=0xe01ef,
        ];
        for number in single.into_iter().chain(ranges.into_iter().flatten()) {
            let character = char::from_u32(number).expect("a character");
            let told = fault(&format!("A{character}B"), 200).unwrap_or_default();
            assert!(
                told.contains(&format!("U+{number:04X}")),
                "{number:x}: {told}"
            );
            assert!(fault(&character.to_string(), 200).is_some(), "{number:x}");
        }
    }

    #[test]
    fn blanks_alone_are_no_text() {
        for blank in [
            "",
            " ",
            "\u{a0}\u{2003}",
            "\u{3000}\u{202f}",
            "\u{2800}",
            "\u{3164} ",
        ] {
            assert!(fault(blank, 200).is_some(), "{blank:?}");
        }
    }
}
