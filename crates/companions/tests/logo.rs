//! The logo: shapes of what people bring are written anew, and whatever else can stand in an SVG is refused.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;

use companions::{Logo, builder};
use proptest::prelude::*;

const EXAMPLE: &[u8] = include_bytes!("../../../fixtures/logo.svg");
const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../fixtures/golden/companions/logo.svg"
);

/// A drawing with something within its root.
fn drawing(inside: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 24\">{inside}</svg>")
}

/// The elements of a drawing as they are packed.
fn packed(inside: &str) -> String {
    let logo = builder::logo(drawing(inside).as_bytes()).unwrap();
    let text = String::from_utf8(logo.to_svg().to_vec()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    lines[1..lines.len() - 1].join("\n")
}

/// Every fault of a file, a line each.
fn told(svg: &str) -> String {
    let faults = builder::logo(svg.as_bytes()).err().unwrap_or_default();
    let lines = faults.iter().map(ToString::to_string);
    lines.collect::<Vec<String>>().join("\n")
}

/// What is packed of the example is the released format: written anew with SCRUTIN_BLESS=1.
#[test]
fn the_example_is_packed_small_and_read_back() {
    let logo = builder::logo(EXAMPLE).unwrap();
    if std::env::var_os("SCRUTIN_BLESS").is_some() {
        fs::write(GOLDEN, logo.to_svg()).unwrap();
    }
    assert!(fs::read(GOLDEN).unwrap() == logo.to_svg());
    assert!(logo.to_svg().len() < 700, "{}", logo.to_svg().len());
    assert_eq!(Logo::from_svg(logo.to_svg()).unwrap(), logo);
    assert_eq!(logo.size_px(), [40, 40]);
    assert!(logo.file_name().starts_with("logo.") && logo.file_name().ends_with(".svg"));
    let other = builder::logo(drawing("<circle r=\"3\"/>").as_bytes()).unwrap();
    assert_eq!(other.size_px(), [80, 40]);
    assert_ne!(other.file_name(), logo.file_name());
}

#[test]
fn values_are_written_in_one_way() {
    for (inside, expected) in [
        (
            "<!-- a sign --><title>A <b xmlns=\"x\">sign</b></title><rect\n height='2.50' width=\"+3\" x=\" -.0001 \" fill=\"#ABC\"/>",
            "<rect x=\"0\" width=\"3\" height=\"2.5\" fill=\"#abc\"/>",
        ),
        (
            "<path d=\"M1,2 3-4l.5.5-1e1,2 H7zm1 1 2 2A5 5 0 01 6,7q1 2 3 4\"/>",
            "<path d=\"M1 2L3 -4l0.5 0.5l-10 2H7zm1 1l2 2A5 5 0 0 1 6 7q1 2 3 4\"/>",
        ),
        (
            "<g transform=\"translate( 1 ), rotate(45,2,3)\nscale(.0001234)\" opacity='.5' ><line y2=\"1.23456\"/></g>",
            "<g opacity=\"0.5\" transform=\"translate(1)rotate(45 2 3)scale(0.000123)\">\n<line y2=\"1.235\"/>\n</g>",
        ),
        (
            "<polygon points=\"0,0 1,1\t2,0\" fill-rule=\"evenodd\" stroke=\"none\"/><ellipse rx=\"&#49;\"/>",
            "<polygon points=\"0 0 1 1 2 0\" fill-rule=\"evenodd\" stroke=\"none\"/>\n<ellipse rx=\"1\"/>",
        ),
    ] {
        assert_eq!(packed(inside), expected);
    }
}

/// Within the root of a drawing, and what is said of it.
const REFUSED: &[(&str, &str)] = &[
    (
        "<script>alert(1)</script>",
        "element `script` is none of svg, g, path",
    ),
    (
        "<style>*{fill:url(//x)}</style>",
        "element `style` is none of",
    ),
    ("<use href=\"#a\"/>", "element `use` is none of"),
    (
        "<image href=\"https://x.example/\"/>",
        "element `image` is none of",
    ),
    ("<foreignObject/>", "element `foreignObject` is none of"),
    (
        "<a href=\"javascript:alert(1)\"><path/></a>",
        "element `a` is none of",
    ),
    (
        "<animate attributeName=\"href\"/>",
        "element `animate` is none of",
    ),
    ("<set/>", "element `set` is none of"),
    ("<text>Vote</text>", "element `text` is none of"),
    ("<filter/>", "element `filter` is none of"),
    ("<metadata/>", "element `metadata` is none of"),
    (
        "<svg viewBox=\"0 0 1 1\"/>",
        "expected one `svg` around everything",
    ),
    (
        "<path onload=\"alert(1)\"/>",
        "attribute `onload` of `path` is none of d, fill",
    ),
    ("<path style=\"fill:red\"/>", "attribute `style` of `path`"),
    ("<path class=\"x\"/>", "attribute `class` of `path`"),
    ("<path id=\"x\"/>", "attribute `id` of `path`"),
    ("<path href=\"#x\"/>", "attribute `href` of `path`"),
    (
        "<path xml:base=\"//x\"/>",
        "attribute `base` of another namespace",
    ),
    (
        "<path xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"#x\"/>",
        "the namespace `http://www.w3.org/1999/xlink` is not read",
    ),
    (
        "<script xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "the namespace `http://www.w3.org/1999/xhtml` is not read",
    ),
    (
        "<path fill=\"url(#x)\"/>",
        "fill of `path`: expected a colour as #rgb or #rrggbb, or none, got `url(#x)`",
    ),
    (
        "<path fill=\"currentColor\"/>",
        "fill of `path`: expected a colour",
    ),
    (
        "<path fill=\"#12345\"/>",
        "fill of `path`: expected a colour",
    ),
    (
        "<path stroke=\"red\"/>",
        "stroke of `path`: expected a colour",
    ),
    (
        "<path d=\"L1 1\"/>",
        "d of `path`: expected commands of a path",
    ),
    ("<path d=\"M1 1L2\"/>", "d of `path`: expected commands"),
    ("<path d=\"M1 1Z2\"/>", "d of `path`: expected commands"),
    (
        "<path d=\"M0 0A1 1 0 2 0 1 1\"/>",
        "d of `path`: expected commands",
    ),
    ("<path d=\"M0 0é\"/>", "d of `path`: expected commands"),
    (
        "<path d=\"M1e9 0\"/>",
        "d of `path`: expected commands of a path, with numbers up to 100000",
    ),
    (
        "<path d=\"M&quot;&gt;&lt;script&gt;\"/>",
        "d of `path`: expected commands",
    ),
    (
        "<rect width=\"1px\"/>",
        "width of `rect`: expected a number from 0 to 100000, without a unit, got `1px`",
    ),
    (
        "<rect width=\"-1\"/>",
        "width of `rect`: expected a number from 0",
    ),
    ("<rect x=\"NaN\"/>", "x of `rect`: expected a number up to"),
    ("<rect x=\"inf\"/>", "x of `rect`: expected a number up to"),
    (
        "<rect opacity=\"2\"/>",
        "opacity of `rect`: expected a number from 0 to 1",
    ),
    (
        "<polygon points=\"1 2 3\"/>",
        "points of `polygon`: expected two points",
    ),
    (
        "<g transform=\"skewX(1)\"/>",
        "transform of `g`: expected matrix, translate",
    ),
    (
        "<g transform=\"rotate(1 2)\"/>",
        "transform of `g`: expected matrix",
    ),
    (
        "<g fill-rule=\"inherit\"/>",
        "fill-rule of `g`: expected nonzero or evenodd",
    ),
    ("<path><path/></path>", "`path` stands within a shape"),
    ("Vote", "letters are not read"),
    ("<![CDATA[<script>]]>", "letters are not read"),
    ("<?php x ?>", "a processing instruction"),
    ("&x;", "is not XML: unknown entity"),
    ("<g>", "is not XML"),
    ("<path d=\"M0 0\" d=\"M1 1\"/>", "is not XML"),
    ("", "nothing is drawn"),
    ("<g/>", "nothing is drawn"),
];

#[test]
fn whatever_could_do_something_is_refused() {
    let deep = "<g>".repeat(8) + &"</g>".repeat(8);
    let many = "<circle r=\"1\"/>".repeat(200);
    let bounds = [
        (
            &*deep,
            "more than 8 elements within each other: ungroup them",
        ),
        (&*many, "more than 200 elements: join the paths"),
    ];
    for (inside, expected) in REFUSED.iter().chain(&bounds) {
        let told = told(&drawing(inside));
        assert!(told.contains(expected), "{inside}: {told}");
    }
}

#[test]
fn what_stands_around_a_drawing_is_refused_too() {
    let sound = drawing("<circle r=\"1\"/>");
    let has = |old: &str, new: &str| sound.replacen(old, new, 1);
    for (svg, expected) in [
        (
            format!("<!DOCTYPE svg [<!ENTITY x \"y\">]>{sound}"),
            "take the lines of <!DOCTYPE out",
        ),
        (
            format!("<?xml-stylesheet href=\"//x\"?>{sound}"),
            "a processing instruction",
        ),
        (
            has(" xmlns=\"http://www.w3.org/2000/svg\"", ""),
            "`svg` has not the namespace of SVG",
        ),
        (
            has("<svg ", "<svg onload=\"alert(1)\" "),
            "attribute `onload` of `svg`",
        ),
        (
            has(" viewBox=\"0 0 48 24\"", ""),
            "viewBox of `svg` is missing",
        ),
        (
            has("0 0 48 24", "0 0 48"),
            "viewBox of `svg`: expected four numbers",
        ),
        (
            has("0 0 48 24", "0 0 48 0"),
            "viewBox of `svg`: expected four numbers",
        ),
        (
            has("0 0 48 24", "0 0 48 -24"),
            "viewBox of `svg`: expected four numbers",
        ),
        (
            has("0 0 48 24", "0 0 10001 10000"),
            "the height from 1 to 10000",
        ),
        (
            has("0 0 48 24", "0 0 97 24"),
            "at most four times as wide as high",
        ),
        (has("0 0 48 24", "0 0 10 24"), "twice as high as wide"),
        (
            "<g xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned(),
            "expected one `svg` around everything",
        ),
        (" ".repeat(65_537), "65537 bytes, at most 65536 are read"),
        (drawing(&"<!---->".repeat(3_000)), "more than 2000 parts"),
        (
            drawing(&format!("<path d=\"M{}\"/>", "1 ".repeat(6_000))),
            "at most 8192: draw it more simply",
        ),
    ] {
        let told = told(&svg);
        assert!(told.contains(expected), "{svg:.200}: {told}");
    }
    assert!(builder::logo(b"\xff").is_err() && builder::logo(b"").is_err());
}

/// All of them at once, each with its line.
#[test]
fn every_fault_has_its_line() {
    let svg = drawing("\n<script/>\n\n<path fill=\"red\"\n id=\"x\"/>");
    let faults = builder::logo(svg.as_bytes()).unwrap_err();
    let lines: Vec<Option<usize>> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [Some(2), Some(4), Some(4)]);
}

/// Whoever opens a package reads what we write, and nothing else that is SVG.
#[test]
fn any_other_form_of_the_file_is_refused() {
    let logo = builder::logo(EXAMPLE).unwrap();
    let sound = std::str::from_utf8(logo.to_svg()).unwrap();
    for (old, new, expected) in [
        (
            "<svg ",
            "<?xml version=\"1.0\"?>\n<svg ",
            "is no line of a logo",
        ),
        (
            "<rect ",
            "<script>alert(1)</script>\n<rect ",
            "is no line of a logo",
        ),
        ("<rect ", "<rect onload=\"x\" ", "attribute `onload`"),
        ("#123c69", "#123C69", "not in canonical form"),
        ("#123c69", "url(#x)", "fill of `path`: expected a colour"),
        ("x=\"12\"", "x=\"12.0\"", "not in canonical form"),
        ("x=\"12\"", "x='12'", "attribute `x='12' y`"),
        (
            " xmlns=\"http://www.w3.org/2000/svg\"",
            " xmlns=\"x\"",
            "not in canonical form",
        ),
        (" xmlns=", " width=\"48\" xmlns=", "not in canonical form"),
        (" viewBox=\"0 0 48 48\"", "", "viewBox of `svg` is missing"),
        ("<rect ", "<rect  ", "attribute ` x` of `rect`"),
        ("\n", "\r\n", "not in canonical form"),
        ("</svg>\n", "</svg>", "not in canonical form"),
        ("</svg>\n", "", "an element is not closed"),
        ("</svg>\n", "</svg>\n</svg>\n", "is no line of a logo"),
        (
            "</svg>\n",
            "</svg>\n<path/>\n",
            "expected one `svg` around everything",
        ),
        ("</svg>\n", "</g>\n", "not in canonical form"),
        ("<rect ", "<!-- x -->\n<rect ", "is no line of a logo"),
        ("<rect ", "<path>\n<rect ", "within a shape"),
    ] {
        // The last place of a colour is the path's.
        assert!(sound.contains(old), "{old}");
        let at = sound.rfind(old).unwrap();
        let spoiled = format!("{}{new}{}", &sound[..at], &sound[at + old.len()..]);
        let told = Logo::from_svg(spoiled.as_bytes()).unwrap_err();
        assert!(told.contains(expected), "{old} -> {new}: {told}");
    }
    let told = Logo::from_svg(&[b' '; 8_193]).unwrap_err();
    assert_eq!(told, "8193 bytes, at most 8192 are read");
    assert!(Logo::from_svg(b"").is_err() && Logo::from_svg(b"\xff").is_err());
}

/// What a browser sees of any packed logo: known letters, known names, nothing that loads or runs.
fn is_harmless(svg: &str) -> bool {
    let names = [
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "/svg",
        "/g",
    ];
    let is_known = |byte: char| byte.is_ascii_alphanumeric() || "<>/=\"#.:-() \n".contains(byte);
    let start = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"";
    let Some(rest) = svg.strip_prefix(start) else {
        return false;
    };
    let is_element = |line: &str| {
        let name = line.strip_prefix('<').unwrap_or_default();
        let end = name.find([' ', '>']).unwrap_or(name.len());
        names.contains(&name[..end].trim_end_matches('/'))
    };
    svg.chars().all(is_known)
        && !rest.contains(':')
        && !rest.contains("url")
        && !rest.contains(" on")
        && svg.lines().all(is_element)
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i16>().prop_map(|n| n.to_string()),
        (-2_000.0f64..2_000.0).prop_map(|n| n.to_string()),
        (-1.0f64..1.0).prop_map(|n| format!("{n:e}")),
    ]
}

fn shape() -> impl Strategy<Value = String> {
    let colour = "#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?|none|red|url\\(#a\\)";
    let commands = proptest::collection::vec(("[MmLlTtQqAaZzHv]", number(), number()), 1..6);
    prop_oneof![
        (colour, number(), number())
            .prop_map(|(c, x, y)| format!("<rect fill=\"{c}\" x=\"{x}\" height=\"{y}\"/>")),
        commands.prop_map(|all| {
            let text: String = all.iter().map(|(c, x, y)| format!("{c}{x},{y}")).collect();
            format!("<path d=\"M0 0{text}\"/>")
        }),
        (number(), number(), shape_in_words())
            .prop_map(|(x, y, inside)| format!("<g transform=\"translate({x} {y})\">{inside}</g>")),
    ]
}

fn shape_in_words() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("<circle r=\"1\"/>"),
        Just("<title>x</title>"),
        Just("<script/>"),
        Just("<g fill-rule=\"nonzero\"/>"),
    ]
}

proptest! {
    /// Whatever is drawn: it is refused, or becomes a harmless file that is read back as it was written.
    #[test]
    fn any_drawing(shapes in proptest::collection::vec(shape(), 1..4)) {
        if let Ok(logo) = builder::logo(drawing(&shapes.concat()).as_bytes()) {
            let svg = std::str::from_utf8(logo.to_svg()).unwrap();
            prop_assert!(is_harmless(svg), "{svg}");
            prop_assert_eq!(builder::logo(logo.to_svg()), Ok(logo.clone()));
            prop_assert_eq!(Logo::from_svg(logo.to_svg()), Ok(logo));
        }
    }

    /// One byte of both files changed: refused, or another harmless file.
    #[test]
    fn any_changed_byte(at in 0usize..10_000, to in any::<u8>()) {
        let sound = builder::logo(EXAMPLE).unwrap();
        for source in [EXAMPLE, sound.to_svg()] {
            let mut bytes = source.to_vec();
            let place = at % bytes.len();
            bytes[place] = to;
            if let Ok(logo) = Logo::from_svg(&bytes) {
                prop_assert_eq!(logo.to_svg(), &bytes);
            }
            if let Ok(logo) = builder::logo(&bytes) {
                let svg = std::str::from_utf8(logo.to_svg()).unwrap();
                prop_assert!(is_harmless(svg), "{svg}");
                prop_assert!(Logo::from_svg(logo.to_svg()).is_ok());
            }
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Logo::from_svg(&bytes).is_err());
        prop_assert!(builder::logo(&bytes).is_err());
    }
}
