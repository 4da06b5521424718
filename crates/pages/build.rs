//! Names every file of `assets/` by its content and compresses it once, when the crate is built.
//!
//! A name that changes with the content lets browsers keep a file for ever. A module imports
//! another as `"./name.js"`; the import is rewritten to the name by content, so files that others
//! import are named first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Passes over the files: a chain of imports may be this long.
const IMPORT_DEPTH_MAX: usize = 4;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir("assets")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        sources.insert(name, fs::read(entry.path())?);
    }
    let mut table = String::from("static ASSETS: &[Stored] = &[\n");
    for (name, (hashed, bytes)) in name_by_content(sources)? {
        write_forms(&out, &hashed, &bytes)?;
        let form = |suffix: &str| {
            format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{hashed}{suffix}\"))")
        };
        writeln!(
            table,
            "    Stored {{ source: {name:?}, name: {hashed:?}, identity: {}, gzip: {}, brotli: {} }},",
            form(""),
            form(".gz"),
            form(".br")
        )
        .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table)
}

/// Source name -> (name by content, content with its imports rewritten).
fn name_by_content(
    mut waiting: BTreeMap<String, Vec<u8>>,
) -> io::Result<BTreeMap<String, (String, Vec<u8>)>> {
    let mut named: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    for _ in 0..IMPORT_DEPTH_MAX {
        for (name, bytes) in std::mem::take(&mut waiting) {
            let resolved = if name.ends_with(".js") {
                resolve_imports(&bytes, &named)?
            } else {
                Some(bytes.clone())
            };
            match resolved {
                Some(bytes) => {
                    let hashed = hashed_name(&name, &bytes);
                    named.insert(name, (hashed, bytes));
                }
                None => {
                    waiting.insert(name, bytes);
                }
            }
        }
    }
    if waiting.is_empty() {
        return Ok(named);
    }
    let names: Vec<_> = waiting.into_keys().collect();
    Err(io::Error::other(format!(
        "imports of {names:?} are circular, unknown or too deep"
    )))
}

/// The module with its imports rewritten, or `None` while an import is not named yet.
fn resolve_imports(
    bytes: &[u8],
    named: &BTreeMap<String, (String, Vec<u8>)>,
) -> io::Result<Option<Vec<u8>>> {
    let mut text = String::from_utf8(bytes.to_vec()).map_err(io::Error::other)?;
    for (name, (hashed, _)) in named {
        text = text.replace(&format!("\"./{name}\""), &format!("\"./{hashed}\" "));
    }
    let done = !text.contains(".js\";");
    Ok(done.then(|| text.replace(".js\" ", ".js\"").into_bytes()))
}

fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let digest = Sha256::digest(bytes);
    let hash = HEXLOWER.encode(&digest[..6]);
    format!("{stem}.{hash}.{extension}")
}

fn write_forms(out: &Path, hashed: &str, bytes: &[u8]) -> io::Result<()> {
    fs::write(out.join(hashed), bytes)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    fs::write(out.join(format!("{hashed}.gz")), gzip.finish()?)?;
    let mut brotli = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default(); // quality 11
    brotli::BrotliCompress(&mut &bytes[..], &mut brotli, &parameters)?;
    fs::write(out.join(format!("{hashed}.br")), brotli)
}
