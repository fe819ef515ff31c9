//! Bar charts as SVG, for light and dark pages. Needs no library for a dozen rectangles and texts.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const LABELS: f64 = 220.0;
const VALUES: f64 = 90.0;
const ROW: f64 = 26.0;
const TOP: f64 = 40.0;

/// One bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: f64,
    /// Whether it is Latchkey's, which gets its own colour.
    pub(crate) ours: bool,
}

impl Bar {
    pub(crate) fn new(label: impl Into<String>, value: f64, ours: bool) -> Self {
        Self { label: label.into(), value, ours }
    }
}

/// Draws horizontal bars from zero, each with its value. The longest has the full width.
pub(crate) fn bars(title: &str, decimals: usize, bars: &[Bar]) -> String {
    let height = TOP + ROW * bars.len() as f64 + 8.0;
    let max = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<style>text {{ fill: #333 }} .ours {{ fill: #1f7a5c }} \
         .other {{ fill: #9aa5a1 }} @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .ours {{ fill: #46b68e }} }}\
         </style>\n<text x=\"0\" y=\"18\" font-size=\"15\">{}</text>\n",
        escaped(title),
        title = escaped(title),
    );
    for (number, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * number as f64;
        let length = (bar.value / max * (WIDTH - LABELS - VALUES)).max(1.0);
        let (class, text) = (if bar.ours { "ours" } else { "other" }, y + 14.0);
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{text}\">{}</text><rect class=\"{class}\" x=\"{LABELS}\" y=\"{y}\" width=\"{length:.1}\" \
             height=\"18\"/><text x=\"{:.1}\" y=\"{text}\">{:.decimals$}</text>",
            escaped(&bar.label),
            LABELS + length + 6.0,
            bar.value,
        );
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_a_length_in_proportion_to_its_value() {
        let svg = bars("A < B", 1, &[Bar::new("one", 10.0, true), Bar::new("two", 5.0, false)]);
        assert!(
            svg.contains("A &lt; B") && svg.contains("width=\"410.0\"") && svg.contains("width=\"205.0\"")
        );
        assert!(svg.contains(">10.0<") && svg.contains(">5.0<"));
    }
}
