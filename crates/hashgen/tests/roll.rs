//! Rolls as they come: the reader against the csv crate, line numbers, delimiters, hostile bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Write as _};

use hashgen::roll::{Chunk, Header, Rows, Source, check_bytes};
use proptest::prelude::*;

/// Line number and fields of each row below the header.
type Parsed = Vec<(u64, Vec<Vec<u8>>)>;

fn source(bytes: &[u8]) -> Source {
    Source::from_reader(
        "roll".to_owned(),
        None,
        Box::new(Cursor::new(bytes.to_vec())),
    )
    .unwrap()
}

fn parse(bytes: &[u8]) -> anyhow::Result<(Header, Parsed)> {
    let (header, mut reader) = Header::read(source(bytes))?;
    let (mut chunk, mut parser) = (Chunk::empty(), Rows::new(header.delimiter));
    let mut parsed = Vec::new();
    loop {
        reader.fill(&mut chunk)?;
        if chunk.bytes().is_empty() {
            return Ok((header, parsed));
        }
        let mut rows = parser.start(&chunk);
        while let Some(row) = rows.next_row() {
            let row = row?;
            parsed.push((row.line, row.fields.iter().map(<[u8]>::to_vec).collect()));
        }
    }
}

/// What the csv crate makes of the same text.
fn oracle(bytes: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter);
    let records = reader.from_reader(bytes).into_byte_records();
    records
        .skip(1)
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

#[test]
fn delimiters_marks_and_line_ends() {
    let check = |text: &str, names: &[&str], lines: &[(u64, &[&str])]| {
        let (header, parsed) = parse(text.as_bytes()).unwrap();
        assert_eq!(header.names, names, "{text:?}");
        let expected: Parsed = lines
            .iter()
            .map(|(line, row)| {
                (
                    *line,
                    row.iter().map(|field| field.as_bytes().to_vec()).collect(),
                )
            })
            .collect();
        assert_eq!(parsed, expected, "{text:?}");
    };
    check(
        "NAS,Code\n1,a\n2,b\n",
        &["NAS", "Code"],
        &[(2, &["1", "a"]), (3, &["2", "b"])],
    );
    check(
        "NAS;Code\r\n1;a,b\r\n2;b",
        &["NAS", "Code"],
        &[(2, &["1", "a,b"]), (3, &["2", "b"])],
    );
    check(
        "\u{feff}NAS\tCode\n1\ta\n",
        &["NAS", "Code"],
        &[(2, &["1", "a"])],
    );
    check(
        "\"N;S\",\"C\"\n\"1\n\",\"a\"\"b\"\n2,c\n",
        &["N;S", "C"],
        &[(2, &["1\n", "a\"b"]), (4, &["2", "c"])],
    );
    check(
        "\n\nNAS,Code\n\n\r\n1,a\n\n2,b\n\n",
        &["NAS", "Code"],
        &[(6, &["1", "a"]), (8, &["2", "b"])],
    );
    check("NAS\n", &["NAS"], &[]);
    check("NAS", &["NAS"], &[]);
    check(
        " NAS , Code \n1\n1,2,3\n",
        &["NAS", "Code"],
        &[(2, &["1"]), (3, &["1", "2", "3"])],
    );
}

#[test]
fn faults_of_the_whole_file_name_their_line() {
    let check = |bytes: &[u8], expected: &str| {
        let error = format!("{:#}", parse(bytes).unwrap_err());
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "is empty");
    check(b"\n\n", "is empty");
    check(b"\xff\xfeN\0A\0", "UTF-16");
    check(b"N\xe9S,Code\n", "not UTF-8");
    check(b"NAS,Code\n1,a\n2,\"b\n3,c\n", "line 3: a quotation mark");
    let long = format!("NAS,Code\n1,a\n2,{}\n", "x".repeat(70_000));
    check(long.as_bytes(), "line 3: the row is longer than 64 KiB");
    let long = format!("NAS,Code\n1,a\n2,\"{}\n", "x\n".repeat(70_000));
    check(long.as_bytes(), "line 3: the row is longer than 64 KiB");
    let wide = format!("NAS\n1\n{}\n2\n", ",".repeat(300));
    check(wide.as_bytes(), "line 3: the row has more than 256 columns");
    check(b"\x1f\x8b\x08\x00garbage", "cannot read");
    check(b"\x28\xb5\x2f\xfdgarbage", "cannot read");
}

#[test]
fn a_zstd_window_that_breaks_the_bound_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(b"NAS,Code\n123456789,ABC123\n").unwrap();
    let bytes = encoder.finish().unwrap();
    assert!(check_bytes(&bytes).is_err());
}

#[test]
fn rows_go_on_after_one_with_too_many_columns() {
    let wide = format!("NAS\n1\n{}\n2\n", ",".repeat(600));
    let (header, mut reader) = Header::read(source(wide.as_bytes())).unwrap();
    let (mut chunk, mut parser) = (Chunk::empty(), Rows::new(header.delimiter));
    reader.fill(&mut chunk).unwrap();
    let mut rows = parser.start(&chunk);
    assert_eq!(rows.next_row().unwrap().ok().map(|row| row.line), Some(2));
    assert!(rows.next_row().unwrap().is_err());
    assert_eq!(rows.next_row().unwrap().ok().map(|row| row.line), Some(4));
    assert!(rows.next_row().is_none());
}

#[test]
fn compressed_rolls_are_recognised() {
    let text = "NAS,Code\n123456789,ABC123\n".repeat(20_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for bytes in [
        text.as_bytes(),
        &gzip,
        &zstd,
        &[&gzip[..], &gzip[..]].concat(),
    ] {
        let times = if bytes.len() == gzip.len() * 2 { 2 } else { 1 };
        assert_eq!(check_bytes(bytes).unwrap(), times * 40_000 - 1);
        assert!(check_bytes(&bytes[..bytes.len() - 9]).is_err() || bytes == text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_those_of_the_csv_crate(
        text in prop_oneof![
            proptest::collection::vec("[a-c0-2,;\"\r\n]|\"[a\n,]{0,3}\"|\r\n", 0..60),
            proptest::collection::vec("[a-c0-2,;\n]|\r\n", 0..60),
        ],
        times in prop_oneof![Just(1_usize), Just(1500)],
    ) {
        let text = format!("NAS,Code,Region\n{}", (text.concat() + "\n").repeat(times));
        if let Ok((header, parsed)) = parse(text.as_bytes()) {
            let fields: Vec<_> = parsed.iter().map(|(_, fields)| fields.clone()).collect();
            prop_assert_eq!(&fields, &oracle(text.as_bytes(), header.delimiter));
            if !text.contains('"') && !text.replace("\r\n", "").contains('\r') {
                let lines: Vec<_> = parsed.iter().map(|(line, _)| *line).collect();
                let written = (1..).zip(text.split('\n'));
                let expected: Vec<_> = written
                    .filter(|(line, row)| *line > 1 && !row.trim_end_matches('\r').is_empty())
                    .map(|(line, _)| line)
                    .collect();
                prop_assert_eq!(lines, expected);
            }
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = check_bytes(&bytes);
        for magic in [&b"\x1f\x8b\x08\x00"[..], b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf", b"\"", b"N,C\n"] {
            let _ = check_bytes(&[magic, &bytes].concat());
        }
    }
}
