//! How deep the arrays and objects of a JSON text are nested, told without reading it as JSON.

/// The deepest nesting of a text, 0 where there is none. Brackets inside strings do not count.
pub(super) fn depth(text: &str) -> usize {
    let (mut deepest, mut now) = (0, 0usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn brackets_in_strings_do_not_count() {
        for (text, expected) in [
            ("1", 0),
            ("[]", 1),
            ("[[],{}]", 2),
            (r#"["[[[\"[["]"#, 1),
            (r#"{"a":[{"b":[1]}]}"#, 4),
            ("]]][", 1),
        ] {
            assert_eq!(depth(text), expected, "{text}");
        }
    }
}
