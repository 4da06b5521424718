//! A QR code (ISO/IEC 18004) as one SVG path. It carries the request id of a receipt, nothing else.

use qrcode::{Color, EcLevel, QrCode};

/// Modules left white around the code, so that cameras find it.
const QUIET_MODULES: usize = 4;

/// A square of `side` modules, its quiet zone included, and the path of its dark modules.
pub(crate) struct Qr {
    pub(crate) side: usize,
    pub(crate) path: String,
}

impl Qr {
    /// The QR code of a text; an empty square where the text is longer than the 2,331 bytes that fit.
    pub(crate) fn of(text: &str) -> Qr {
        let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
            return Qr {
                side: 2 * QUIET_MODULES,
                path: String::new(),
            };
        };
        let width = code.width();
        let colours = code.to_colors();
        let rows = (QUIET_MODULES..).zip(colours.chunks(width.max(1)));
        let path = rows.map(|(y, row)| strokes(y, row)).collect();
        Qr {
            side: width + 2 * QUIET_MODULES,
            path,
        }
    }
}

/// A stroke for each run of dark modules, through the middle of its row.
fn strokes(y: usize, row: &[Color]) -> String {
    let mut path = String::new();
    let mut x = QUIET_MODULES;
    for run in row.chunk_by(|one, next| one == next) {
        if run.first() == Some(&Color::Dark) {
            path += &format!("M{x} {y}.5h{}", run.len());
        }
        x += run.len();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_fits_and_starts_with_a_finder() {
        let qr = Qr::of("0-18446744073709551615-0123456789abcdefghjkmnpqrs");
        assert!(qr.side <= 45, "{}", qr.side);
        assert!(qr.path.starts_with("M4 4.5h7M"));
        assert_eq!(Qr::of(&"x".repeat(5_000)).path, "");
    }
}
