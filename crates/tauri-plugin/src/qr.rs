//! Draws a text as a QR code, so that the page needs no library for it and no other copy of a
//! secret.

use qrcode::QrCode;
use qrcode::render::svg;
use zeroize::Zeroizing;

/// The smallest edge of the drawing, in the units of the SVG; a page scales it.
const EDGE: u32 = 240;

/// `text` as an SVG document: dark squares on white, with the margin that readers need. `None` if
/// it is too long.
pub(crate) fn svg(text: &str) -> Option<Zeroizing<String>> {
    let code = QrCode::new(text).ok()?;
    let mut drawing = code.render::<svg::Color<'_>>();
    let drawing = drawing
        .min_dimensions(EDGE, EDGE)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build();
    let drawing = Zeroizing::new(drawing);
    // A page takes it as an element, which has no XML declaration.
    let start = drawing.find("<svg")?;
    drawing.get(start..).map(|element| Zeroizing::new(element.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_squares_without_the_text_or_a_script() {
        let drawing = svg("otpauth://totp/Latchkey:Sam?secret=JBSWY3DPEHPK3PXP").unwrap();
        assert!(drawing.starts_with("<svg") && drawing.ends_with("</svg>"), "{}", *drawing);
        for trace in ["otpauth", "JBSWY", "<script", "href", "<?xml", "style="] {
            assert!(!drawing.contains(trace), "{trace}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_drawn() {
        assert!(svg(&"x".repeat(1024)).is_some());
        assert_eq!(svg(&"x".repeat(4000)), None);
    }
}
