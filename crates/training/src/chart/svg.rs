//! A chart as an SVG document.

use std::fmt::Write as _;

use super::{INK, Surface};

/// Text of the document so far.
pub(super) struct SvgSurface {
    text: String,
}

impl SvgSurface {
    pub(super) fn new([width, height]: [f64; 2]) -> Self {
        Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
                 font-family=\"monospace\" font-size=\"12\">\n\
                 <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
            ),
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

impl Surface for SvgSurface {
    fn line(&mut self, places: &[[f64; 2]], colour: [u8; 3]) {
        let points = places.iter().map(|[x, y]| format!("{x:.1},{y:.1}"));
        let points = points.collect::<Vec<_>>().join(" ");
        let [red, green, blue] = colour;
        writeln!(
            self.text,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"rgb({red},{green},{blue})\"/>"
        )
        .expect("a string takes text");
    }

    fn text(&mut self, [x, y]: [f64; 2], text: &str) {
        let escaped = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let [red, green, blue] = INK;
        let y = y + 9.0;
        writeln!(
            self.text,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"rgb({red},{green},{blue})\">{escaped}</text>"
        )
        .expect("a string takes text");
    }
}
