//! Charts of a run's losses and measures, as SVG and as PNG: one panel a series, step by step.

mod picture;
mod svg;

use std::collections::BTreeMap;

use media::Image;

use picture::PictureSurface;
use svg::SvgSurface;

/// Size of a panel, pixels.
const PANEL: [f64; 2] = [420.0, 220.0];
/// Space in a panel left, above, right and below of the curve, pixels.
const MARGINS: [f64; 4] = [70.0, 26.0, 14.0, 26.0];
/// Panels side by side.
const COLUMNS: usize = 3;
/// Ratio of the largest to the smallest value from which an axis is logarithmic.
const LOGARITHMIC_FROM: f64 = 50.0;
/// Most points of a curve; more are averaged in groups.
const MOST_POINTS: usize = 400;

const INK: [u8; 3] = [40, 44, 52];
const FAINT: [u8; 3] = [205, 208, 214];
const CURVE: [u8; 3] = [24, 96, 200];

/// Values by name, each with the step it belongs to.
pub(crate) type Series = BTreeMap<String, Vec<(f64, f64)>>;

/// Something that charts are drawn on.
trait Surface {
    /// A line through places.
    fn line(&mut self, places: &[[f64; 2]], colour: [u8; 3]);
    /// A line of text with its top-left corner at a place.
    fn text(&mut self, place: [f64; 2], text: &str);
}

/// All series as an SVG document.
pub(crate) fn to_svg(series: &Series) -> String {
    let mut surface = SvgSurface::new(size(series.len()));
    draw(series, &mut surface);
    surface.finish()
}

/// All series as a picture.
pub(crate) fn to_picture(series: &Series) -> Image {
    let mut surface = PictureSurface::new(size(series.len()));
    draw(series, &mut surface);
    surface.finish()
}

fn size(panels: usize) -> [f64; 2] {
    let columns = panels.clamp(1, COLUMNS);
    let rows = panels.div_ceil(COLUMNS).max(1);
    [columns as f64 * PANEL[0], rows as f64 * PANEL[1]]
}

fn draw(series: &Series, surface: &mut dyn Surface) {
    for (index, (name, points)) in series.iter().enumerate() {
        let origin = [
            (index % COLUMNS) as f64 * PANEL[0],
            (index / COLUMNS) as f64 * PANEL[1],
        ];
        let points = thinned(points);
        if let Some(axes) = Axes::around(&points, origin) {
            axes.draw(name, &points, surface);
        }
    }
}

/// Means of groups of neighbours, where there are too many points; values that are no numbers are
/// left out.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let finite = points
        .iter()
        .filter(|(x, y)| x.is_finite() && y.is_finite());
    let finite: Vec<(f64, f64)> = finite.copied().collect();
    let group = finite.len().div_ceil(MOST_POINTS).max(1);
    let mean = |group: &[(f64, f64)]| {
        let count = group.len() as f64;
        let sum = group.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (sum.0 / count, sum.1 / count)
    };
    finite.chunks(group).map(mean).collect()
}

/// Ranges of a panel and its place.
struct Axes {
    origin: [f64; 2],
    steps: [f64; 2],
    values: [f64; 2],
    is_logarithmic: bool,
}

impl Axes {
    fn around(points: &[(f64, f64)], origin: [f64; 2]) -> Option<Self> {
        let (first, last) = (points.first()?.0, points.last()?.0);
        let low = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        let is_logarithmic = low > 0.0 && high / low > LOGARITHMIC_FROM;
        let room = if high > low {
            0.0
        } else {
            0.5 * high.abs().max(1e-6)
        };
        Some(Self {
            origin,
            steps: [first, last.max(first + 1.0)],
            values: [low - room, high + room],
            is_logarithmic,
        })
    }

    fn place(&self, (step, value): (f64, f64)) -> [f64; 2] {
        let scaled = |value: f64| {
            if self.is_logarithmic {
                value.ln()
            } else {
                value
            }
        };
        let along = (step - self.steps[0]) / (self.steps[1] - self.steps[0]);
        let [low, high] = self.values.map(scaled);
        let up = (scaled(value) - low) / (high - low);
        let [left, above, right, below] = MARGINS;
        [
            self.origin[0] + left + along * (PANEL[0] - left - right),
            self.origin[1] + PANEL[1] - below - up * (PANEL[1] - above - below),
        ]
    }

    fn draw(&self, name: &str, points: &[(f64, f64)], surface: &mut dyn Surface) {
        let [low, high] = self.values;
        let [first, last] = self.steps;
        for value in [low, high] {
            let ends = [first, last].map(|step| self.place((step, value)));
            surface.line(&ends, FAINT);
            let [_, y] = ends[0];
            surface.text([self.origin[0] + 4.0, y - 4.0], &short(value));
        }
        for step in [first, last] {
            let ends = [low, high].map(|value| self.place((step, value)));
            surface.line(&ends, FAINT);
        }
        let bottom = self.origin[1] + PANEL[1] - MARGINS[3] + 8.0;
        surface.text([self.origin[0] + MARGINS[0], bottom], &short(first));
        let label = short(last);
        let width = 8.0 * label.len() as f64;
        let right = self.origin[0] + PANEL[0] - MARGINS[2] - width;
        surface.text([right, bottom], &label);
        let scale = if self.is_logarithmic { " (log)" } else { "" };
        let newest = points.last().map_or(0.0, |point| point.1);
        let title = format!("{name}{scale}: {}", short(newest));
        surface.text([self.origin[0] + MARGINS[0], self.origin[1] + 8.0], &title);
        let curve: Vec<[f64; 2]> = points.iter().map(|point| self.place(*point)).collect();
        surface.line(&curve, CURVE);
    }
}

/// A number in at most seven letters.
fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{value:.1e}")
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Series {
        let falling = (0..2000).map(|step| (f64::from(step), 2.0 / (1.0 + f64::from(step))));
        Series::from([
            ("content".to_owned(), falling.collect()),
            ("flat <&>".to_owned(), vec![(0.0, 1.0), (10.0, 1.0)]),
            ("one point".to_owned(), vec![(5.0, 3.0)]),
            ("none".to_owned(), Vec::new()),
            ("broken".to_owned(), vec![(0.0, f64::NAN), (1.0, 2.0)]),
        ])
    }

    #[test]
    fn both_forms_hold_every_series_and_no_broken_number() {
        let svg = to_svg(&series());
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        for name in ["content (log)", "flat &lt;&amp;&gt;", "one point", "broken"] {
            assert!(svg.contains(name), "{name}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let picture = to_picture(&series());
        assert_eq!([picture.width(), picture.height()], [1260, 440]);
        let blue = picture.rgb().chunks(3).filter(|rgb| *rgb == CURVE).count();
        assert!(blue > 300, "{blue}");
    }

    #[test]
    fn a_falling_curve_falls_in_the_picture() {
        let points = thinned(&series()["content"]);
        assert!(points.len() <= MOST_POINTS);
        let axes = Axes::around(&points, [0.0, 0.0]).unwrap();
        assert!(axes.is_logarithmic);
        let places: Vec<[f64; 2]> = points.iter().map(|p| axes.place(*p)).collect();
        assert!(
            places
                .windows(2)
                .all(|p| p[1][0] > p[0][0] && p[1][1] > p[0][1])
        );
    }
}
