//! Painting the drawn person's features: brows, eyes, nose and mouth, at their landmarks.

use crate::airbrush::{Canvas, Colour, Place, Stencil, closed_curve, mix, open_curve, spot};
use crate::drawn_head::{DrawnHead, HeadPlace, POINTS};

const SHADOW: Colour = [0.58, 0.35, 0.27];
const LASH: Colour = [0.12, 0.07, 0.06];
const BROW: Colour = [0.27, 0.16, 0.10];
const EYE_WHITE: Colour = [0.93, 0.91, 0.88];
const IRIS: Colour = [0.29, 0.45, 0.42];
const IRIS_LIGHT: Colour = [0.55, 0.66, 0.50];
const LIP: Colour = [0.76, 0.36, 0.34];
const LIP_DARK: Colour = [0.52, 0.20, 0.20];
const LIP_LIGHT: Colour = [0.92, 0.60, 0.56];
const CAVITY: Colour = [0.20, 0.05, 0.06];
const TOOTH: Colour = [0.93, 0.90, 0.83];

/// A head with its points at hand.
pub(crate) struct FacePainter<'a> {
    head: &'a DrawnHead,
    points: [Place; POINTS],
}

impl<'a> FacePainter<'a> {
    pub(crate) fn new(head: &'a DrawnHead) -> Self {
        Self {
            head,
            points: head.points(),
        }
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        self.sockets(canvas);
        self.nose(canvas);
        for side in [0, 1] {
            self.eye(canvas, side);
            self.brow(canvas, side);
        }
        self.mouth(canvas);
    }

    fn px(&self, length: f32) -> f32 {
        self.head.px(length)
    }

    fn at(&self, place: HeadPlace) -> Place {
        self.head.project(place)
    }

    fn pick(&self, indices: &[usize]) -> Vec<Place> {
        indices.iter().map(|index| self.points[*index]).collect()
    }

    /// Soft shade of `radii` (in eye distances) around a place.
    fn shade(&self, canvas: &mut Canvas, place: Place, radii: Place, opacity: f32, tone: Colour) {
        let radii = [self.px(radii[0]), self.px(radii[1])];
        let reach = [radii[0] * 2.4, radii[1] * 2.4];
        let area = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
        let area = area.map(|[x, y]: Place| [place[0] + x * reach[0], place[1] + y * reach[1]]);
        let stencil = canvas.inside(&area, 2.0);
        canvas.paint_with(&stencil, |p| (opacity * spot(p, place, radii), tone));
    }

    fn sockets(&self, canvas: &mut Canvas) {
        for side in [-1.0, 1.0] {
            let socket = self.at([side * 0.33, -0.36, -0.08]);
            self.shade(canvas, socket, [0.22, 0.09], 0.34, SHADOW);
            let inner = self.at([side * 0.17, -0.30, -0.12]);
            self.shade(canvas, inner, [0.07, 0.12], 0.40, SHADOW);
            let below = self.at([side * 0.33, -0.12, -0.1]);
            self.shade(canvas, below, [0.17, 0.035], 0.20, SHADOW);
        }
    }

    fn nose(&self, canvas: &mut Canvas) {
        let light: Colour = [1.0, 0.90, 0.80];
        let ridge = open_curve(&self.pick(&[27, 28, 29, 30]));
        let stencil = canvas.line(&ridge, self.px(0.10), |t| self.px(0.012 + 0.012 * t));
        canvas.paint(&stencil, 0.50, light);
        let flank = [
            [0.10, -0.28, -0.2],
            [0.09, -0.05, -0.32],
            [0.12, 0.12, -0.34],
        ];
        let flank = open_curve(&flank.map(|place| self.at(place)));
        let stencil = canvas.line(&flank, self.px(0.12), |t| self.px(0.015 + 0.02 * t));
        canvas.paint(&stencil, 0.42, SHADOW);
        let under = self.at([0.02, 0.285, -0.32]);
        self.shade(canvas, under, [0.15, 0.045], 0.50, SHADOW);
        for (wing, side) in [(31, -1.0), (35, 1.0)] {
            let [x, y] = self.points[wing];
            let fold = open_curve(&[
                self.at([side * 0.125, 0.10, -0.3]),
                self.at([side * 0.168, 0.17, -0.26]),
                [x + side * self.px(0.012), y],
            ]);
            let stencil = canvas.line(&fold, self.px(0.035), |t| self.px(0.012 * t));
            canvas.paint(&stencil, 0.50, SHADOW);
            let hole = self.at([side * 0.066, 0.248, -0.34]);
            self.shade(canvas, hole, [0.036, 0.016], 0.85, [0.25, 0.11, 0.09]);
        }
        let [x, y] = self.points[30];
        self.shade(canvas, [x - self.px(0.02), y], [0.05, 0.05], 0.55, light);
        let groove = self.at([0.0, 0.37, -0.34]);
        self.shade(canvas, groove, [0.022, 0.05], 0.25, SHADOW);
    }

    fn eye(&self, canvas: &mut Canvas, side: usize) {
        let start = 36 + 6 * side;
        let rim: Vec<usize> = (start..start + 6).collect();
        let opening = closed_curve(&self.pick(&rim));
        let ball = canvas.inside(&opening, self.px(0.010));
        self.eyeball(canvas, &ball, side);
        let upper = open_curve(&self.pick(&[start, start + 1, start + 2, start + 3]));
        let lower = open_curve(&self.pick(&[start + 3, start + 4, start + 5, start]));
        let lift = |line: &[Place], by: f32| -> Vec<Place> {
            line.iter().map(|[x, y]| [*x, y - self.px(by)]).collect()
        };
        let crease = canvas.line(&lift(&upper, 0.062), self.px(0.03), |t| {
            self.px(0.010 * (t * (1.0 - t) * 4.0).max(0.0))
        });
        canvas.paint(&crease, 0.55, SHADOW);
        let lash = canvas.line(&lift(&upper, 0.004), self.px(0.014), |t| {
            let bulge = (t * (1.0 - t) * 4.0).max(0.0).sqrt();
            self.px(0.007 + 0.011 * bulge)
        });
        canvas.paint(&lash, 0.95, LASH);
        let low = canvas.line(&lower, self.px(0.018), |_| self.px(0.003));
        canvas.paint(&low, 0.45, [0.45, 0.22, 0.18]);
        self.lashes(canvas, side);
    }

    /// A few lashes at the outer end of the upper lid.
    fn lashes(&self, canvas: &mut Canvas, side: usize) {
        let (outer, lid, out) = if side == 0 {
            (36, 37, -1.0)
        } else {
            (45, 44, 1.0)
        };
        let [from, to] = [self.points[outer], self.points[lid]];
        for index in 0..4 {
            let t = index as f32 / 4.0;
            let root = [
                from[0] + (to[0] - from[0]) * t,
                from[1] + (to[1] - from[1]) * t,
            ];
            let tip = [
                root[0] + out * self.px(0.05 * (1.0 - 0.4 * t)),
                root[1] - self.px(0.045),
            ];
            let stencil = canvas.line(&[root, tip], 1.2, |t| self.px(0.008 * (1.0 - t)));
            canvas.paint(&stencil, 0.8, LASH);
        }
    }

    fn eyeball(&self, canvas: &mut Canvas, ball: &Stencil, side: usize) {
        canvas.set_tint([1.0; 3]); // white and iris take no colour from the skin
        let [x, y] = self.points[68 + side];
        let radius = self.px(0.083);
        let top = (self.points[37 + 6 * side][1] + self.points[38 + 6 * side][1]) / 2.0;
        canvas.paint_with(ball, |place| {
            let across = ((place[0] - x) / self.px(0.17)).powi(2).min(1.0);
            (1.0, mix(EYE_WHITE, [0.74, 0.66, 0.62], 0.55 * across))
        });
        let ring = |r: f32| -> Vec<Place> {
            let turn = |i: usize| i as f32 * std::f32::consts::TAU / 48.0;
            (0..48)
                .map(|i| [x + r * turn(i).cos(), y + r * turn(i).sin()])
                .collect()
        };
        let disc = canvas.inside(&ring(radius), self.px(0.014));
        canvas.paint_within(&disc, ball, |place| {
            let [dx, dy] = [(place[0] - x) / radius, (place[1] - y) / radius];
            let out = dx.hypot(dy);
            let spoke = 0.10 * (dy.atan2(dx) * 17.0).sin() * out;
            let glow = (0.5 + 0.6 * dy - 0.35 * dx).clamp(0.0, 1.0) * (1.0 - out * out).max(0.0);
            let tone = mix(IRIS, IRIS_LIGHT, (glow * 1.3 + spoke).clamp(0.0, 1.0));
            (
                1.0,
                mix(tone, [0.06, 0.10, 0.10], (out.powi(6) * 0.8).min(1.0)),
            )
        });
        let pupil = canvas.inside(&ring(radius * 0.44), self.px(0.012));
        canvas.paint_within(&pupil, ball, |_| (1.0, [0.03, 0.02, 0.02]));
        let shade = |place: Place| 0.60 * (1.0 - (place[1] - top) / self.px(0.06)).clamp(0.0, 1.0);
        canvas.paint_with(ball, |place| (shade(place), [0.20, 0.13, 0.11]));
        let glint = [x - radius * 0.34, y - radius * 0.38];
        let glint: Vec<Place> = ring(radius * 0.17)
            .iter()
            .map(|p| [p[0] - x + glint[0], p[1] - y + glint[1]])
            .collect();
        let glint = canvas.inside(&glint, self.px(0.010));
        canvas.paint_within(&glint, ball, |_| (0.95, [1.0, 1.0, 0.98]));
        canvas.set_tint(self.head.look.skin);
    }

    fn brow(&self, canvas: &mut Canvas, side: usize) {
        let indices = if side == 0 {
            [17, 18, 19, 20, 21]
        } else {
            [26, 25, 24, 23, 22]
        };
        let line = open_curve(&self.pick(&indices));
        let lowered: Vec<Place> = line.iter().map(|[x, y]| [*x, y + self.px(0.022)]).collect();
        let stencil = canvas.line(&lowered, self.px(0.03), |t| {
            self.px(0.012 + 0.024 * t.powf(0.7))
        });
        canvas.paint(&stencil, 0.62, BROW);
        let outward = if side == 0 { -1.0 } else { 1.0 };
        for index in 0..26 {
            let t = index as f32 / 25.0;
            let [x, y] = lowered[((lowered.len() - 1) as f32 * t) as usize];
            let low = self.px(0.022 * (0.4 + 0.6 * t));
            let lean = outward * self.px(0.070 - 0.040 * t);
            let hair = [[x - lean * 0.4, y + low], [x + lean * 0.6, y - low]];
            let stencil = canvas.line(&hair, 1.2, |t| self.px(0.006 * (1.0 - 0.7 * t)));
            canvas.paint(&stencil, 0.40, LASH);
        }
    }

    fn mouth(&self, canvas: &mut Canvas) {
        let outer: Vec<usize> = (48..60).collect();
        let whole = closed_curve(&self.pick(&outer));
        let lips = canvas.inside(&whole, self.px(0.022));
        canvas.paint(&lips, 0.92, LIP);
        let upper = self.pick(&[48, 49, 50, 51, 52, 53, 54, 64, 63, 62, 61, 60]);
        let upper = canvas.inside(&closed_curve(&upper), self.px(0.03));
        canvas.paint_within(&upper, &lips, |_| (0.45, LIP_DARK));
        let [low, corner] = [self.points[57], self.points[54]];
        let bright = [low[0] - self.px(0.05), (low[1] + self.points[66][1]) / 2.0];
        let radii = [self.px(0.10), self.px(0.035)];
        canvas.paint_with(&lips, |p| (0.60 * spot(p, bright, radii), LIP_LIGHT));
        let side = [self.px(0.12), self.px(0.10)];
        canvas.paint_with(&lips, |p| (0.35 * spot(p, corner, side), LIP_DARK));
        self.inside_mouth(canvas);
        let line = if self.head.mouth_open < 0.03 {
            0.9
        } else {
            0.35
        };
        let parting = open_curve(&self.pick(&[48, 60, 61, 62, 63, 64, 54]));
        let stencil = canvas.line(&parting, self.px(0.016), |t| {
            self.px(0.003 + 0.006 * (t * (1.0 - t) * 4.0).max(0.0))
        });
        canvas.paint(&stencil, line, [0.33, 0.10, 0.11]);
        for corner in [48, 54] {
            self.shade(canvas, self.points[corner], [0.03, 0.022], 0.55, SHADOW);
        }
        let below = [low[0], low[1] + self.px(0.045)];
        self.shade(canvas, below, [0.13, 0.035], 0.45, SHADOW);
    }

    fn inside_mouth(&self, canvas: &mut Canvas) {
        if self.head.mouth_open < 0.03 {
            return;
        }
        let inner: Vec<usize> = (60..68).collect();
        let hole = canvas.inside(&closed_curve(&self.pick(&inner)), self.px(0.014));
        canvas.set_tint([1.0; 3]); // nor do teeth and tongue
        canvas.paint(&hole, 1.0, CAVITY);
        let tongue = self.points[66];
        let radii = [self.px(0.13), self.px(0.09)];
        canvas.paint_with(&hole, |p| {
            (0.75 * spot(p, tongue, radii), [0.66, 0.28, 0.28])
        });
        let row: Vec<Place> = [-0.19, -0.10, 0.0, 0.10, 0.19]
            .iter()
            .map(|x: &f32| self.at([*x, 0.545 - 0.5 * x * x, -0.25 + 2.0 * x * x]))
            .collect();
        let teeth = canvas.line(&open_curve(&row), self.px(0.012), |t| {
            self.px(0.044 * (1.0 - (2.0 * t - 1.0).powi(4) * 0.6))
        });
        let middle = self.points[62];
        canvas.paint_within(&teeth, &hole, |place| {
            let across = ((place[0] - middle[0]) / self.px(0.21)).powi(2);
            (1.0, mix(TOOTH, CAVITY, (0.12 + 0.6 * across).min(0.9)))
        });
        canvas.set_tint(self.head.look.skin);
    }
}
