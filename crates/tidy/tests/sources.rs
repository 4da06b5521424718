//! What every source file owes its reader.

/// A file has one reason to change. Ratchet: lower it when the longest file is split.
const FILE_LINES_MAX: usize = 532;
/// A function fits on a screen. Ratchet: lower it when the longest function is split.
const FUNCTION_LINES_MAX: usize = 87;

#[test]
fn each_file_says_why_it_exists() {
    for source in tidy::sources() {
        assert!(
            source.text.starts_with("//!"),
            "{} does not open with //! and the reason why it exists",
            source.path
        );
    }
}

#[test]
fn files_and_functions_stay_small() {
    let mut faults = Vec::new();
    for source in tidy::sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!(
                "{}: {lines} lines (at most {FILE_LINES_MAX})",
                source.path
            ));
        }
        for function in source.functions() {
            if function.lines > FUNCTION_LINES_MAX {
                faults.push(format!(
                    "{}:{}: fn {} has {} lines (at most {FUNCTION_LINES_MAX})",
                    source.path, function.line, function.name, function.lines
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn functions_are_measured() {
    let source = tidy::Source {
        path: "crates/x/src/y.rs".to_owned(),
        text: "fn one() {\n    two();\n}\n\nimpl X {\n    pub fn three(\n        self,\n    ) {\n        4;\n    }\n}\n"
            .to_owned(),
    };
    let measured: Vec<(String, usize)> = source
        .functions()
        .into_iter()
        .map(|f| (f.name, f.lines))
        .collect();
    assert_eq!(measured, [("one".to_owned(), 3), ("three".to_owned(), 5)]);
}

#[test]
fn unsafe_lives_in_the_mmap_module_only() {
    for source in tidy::sources() {
        let allowed = source.path == "crates/shards/src/map.rs" || source.crate_name() == "tidy";
        let uses = source.text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl")
        });
        assert!(
            allowed || !uses,
            "{} uses unsafe outside the mmap module",
            source.path
        );
    }
}

#[test]
fn every_unsafe_block_has_its_safety_argument() {
    for source in tidy::sources()
        .iter()
        .filter(|s| s.path == "crates/shards/src/map.rs")
    {
        let lines: Vec<&str> = source.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.contains("unsafe {") {
                let above = lines[index.saturating_sub(12)..index].join("\n");
                assert!(above.contains("SAFETY:"), "{}:{}", source.path, index + 1);
            }
        }
    }
}

#[test]
fn no_vague_modules_and_nothing_left_undone() {
    for source in tidy::sources() {
        let file = source.path.rsplit('/').next().unwrap_or_default();
        assert!(
            !["utils.rs", "util.rs", "common.rs", "helpers.rs", "misc.rs"].contains(&file),
            "{}: name a module for its data or its task",
            source.path
        );
        if source.crate_name() == "tidy" {
            continue;
        }
        for banned in ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"] {
            assert!(!source.text.contains(banned), "{}: {banned}", source.path);
        }
    }
}

/// `println!` and its kin panic where nobody can read them. The ledger's own words, for programs that
/// give it none, await their turn.
#[test]
fn programs_speak_through_the_crate_commandline() {
    for source in tidy::sources() {
        let exempt = ["crates/ledger/", "crates/specimen/", "crates/tidy/"];
        if source.path.ends_with("/tests.rs")
            || !source.path.contains("/src/")
            || exempt.iter().any(|path| source.path.starts_with(path))
        {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            assert!(
                !["println!(", "print!("]
                    .iter()
                    .any(|banned| code.contains(banned)),
                "{}:{}: use commandline::print_line! or commandline::note!",
                source.path,
                number + 1
            );
        }
    }
}
