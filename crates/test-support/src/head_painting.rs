//! Painting the drawn person: from the background forward to the strands of hair.

use crate::airbrush::{Canvas, Colour, Place, closed_curve, mix, open_curve, smooth, spot};
use crate::drawn_head::{DrawnHead, HeadPlace, POINTS};
use crate::face_painting::FacePainter;

const WALL_LIGHT: Colour = [0.78, 0.80, 0.76];
const WALL_DARK: Colour = [0.40, 0.47, 0.49];
const DRESS: Colour = [0.16, 0.34, 0.40];
const DRESS_LIGHT: Colour = [0.30, 0.52, 0.56];
const SKIN: Colour = [0.90, 0.72, 0.60];
const SKIN_LIGHT: Colour = [0.99, 0.87, 0.76];
const SKIN_DARK: Colour = [0.62, 0.40, 0.31];
const HAIR: Colour = [0.30, 0.17, 0.10];
const HAIR_LIGHT: Colour = [0.62, 0.39, 0.22];
const HAIR_DARK: Colour = [0.13, 0.07, 0.05];

impl DrawnHead {
    /// Paint the person: RGB bytes, row by row.
    pub fn draw(&self) -> Vec<u8> {
        let mut canvas = self.wall();
        canvas.set_tint(self.look.hair);
        self.hair_behind(&mut canvas);
        canvas.set_tint(self.look.skin);
        self.neck(&mut canvas);
        canvas.set_tint(self.look.dress);
        self.dress(&mut canvas);
        canvas.set_tint(self.look.skin);
        self.face_skin(&mut canvas);
        FacePainter::new(self).paint(&mut canvas);
        canvas.set_tint(self.look.hair);
        self.hair_before(&mut canvas);
        canvas.to_rgb()
    }

    /// A length on the head in pixels.
    pub(crate) fn px(&self, length: f32) -> f32 {
        length * self.eye_distance_px
    }

    fn curve(&self, places: &[HeadPlace]) -> Vec<Place> {
        let flat: Vec<Place> = places.iter().map(|place| self.project(*place)).collect();
        open_curve(&flat)
    }

    /// The same outline on both sides of the head, from the right side's places, top first.
    fn mirrored(&self, right: &[HeadPlace]) -> Vec<Place> {
        let left = right.iter().rev().map(|[x, y, z]| [-x, *y, *z]);
        let both: Vec<HeadPlace> = right.iter().copied().chain(left).collect();
        let flat: Vec<Place> = both.iter().map(|place| self.project(*place)).collect();
        closed_curve(&flat)
    }

    fn wall(&self) -> Canvas {
        let [width, height] = [self.width as f32, self.height as f32];
        Canvas::new(self.width, self.height, |[x, y]| {
            let place = [x / width, y / height];
            let light = spot(place, [0.28, 0.30], [0.55, 0.60]);
            // Broad strokes of a dry brush.
            let stroke = (place[0] * 21.0 + (place[1] * 9.0).sin() * 1.7).sin()
                * (place[1] * 27.0 + (place[0] * 7.0).cos() * 2.1).sin();
            let wash = mix(WALL_DARK, WALL_LIGHT, light);
            let colour = wash.map(|value| value + 0.022 * stroke);
            [0, 1, 2].map(|channel| colour[channel] * self.look.wall[channel])
        })
    }

    /// Where the body stands: it follows the head's place but not its turns.
    fn body(&self, [x, y]: Place) -> Place {
        [self.centre[0] + self.px(x), self.centre[1] + self.px(y)]
    }

    fn neck(&self, canvas: &mut Canvas) {
        let jaw = |x: f32| self.project([x, 0.55, 0.62]);
        let neck = [
            jaw(-0.56),
            self.body([-0.50, 1.25]),
            self.body([-0.60, 1.62]),
            self.body([-1.10, 1.86]),
            self.body([-0.5, 2.6]),
            self.body([0.5, 2.6]),
            self.body([1.10, 1.86]),
            self.body([0.60, 1.62]),
            self.body([0.50, 1.25]),
            jaw(0.56),
        ];
        let stencil = canvas.inside(&closed_curve(&neck), self.px(0.02));
        let chin = self.project([0.05, 1.0, 0.1]);
        canvas.paint_with(&stencil, |place| {
            let shade = 0.85 * spot(place, chin, [self.px(0.75), self.px(0.42)]);
            let side = smooth((place[0] - self.body([0.05, 0.0])[0]) / self.px(0.75));
            (
                1.0,
                mix(mix(SKIN, SKIN_DARK, 0.18 + 0.45 * side), SKIN_DARK, shade),
            )
        });
        for side in [-1.0, 1.0] {
            let bone = [[0.10, 1.93], [0.35, 1.86], [0.75, 1.84]].map(|[x, y]| [side * x, y]);
            let bone = open_curve(&bone.map(|place| self.body(place)));
            let stencil = canvas.line(&bone, self.px(0.09), |t| self.px(0.02 * (1.0 - t)));
            canvas.paint(&stencil, 0.30, SKIN_DARK);
        }
    }

    fn dress(&self, canvas: &mut Canvas) {
        let dress: [Place; 13] = [
            [-0.92, 1.72],
            [-1.45, 1.92],
            [-1.95, 2.30],
            [-2.30, 3.2],
            [-2.0, 4.0],
            [0.0, 4.2],
            [2.0, 4.0],
            [2.30, 3.2],
            [1.95, 2.30],
            [1.45, 1.92],
            [0.92, 1.72],
            [0.55, 2.12],
            [0.0, 2.28],
        ];
        let mut places: Vec<Place> = dress.iter().map(|place| self.body(*place)).collect();
        places.push(self.body([-0.55, 2.12]));
        let stencil = canvas.inside(&closed_curve(&places), self.px(0.015));
        let lit = self.body([-1.15, 2.10]);
        canvas.paint_with(&stencil, |place| {
            let light = spot(place, lit, [self.px(0.85), self.px(0.75)]);
            let fold = ((place[0] - place[1] * 0.35) / self.px(0.21)).sin() * 0.05;
            (
                1.0,
                mix(DRESS, DRESS_LIGHT, (0.85 * light + fold + 0.05).max(0.0)),
            )
        });
        let hem: Vec<Place> = [
            [-0.92, 1.72],
            [-0.55, 2.12],
            [0.0, 2.28],
            [0.55, 2.12],
            [0.92, 1.72],
        ]
        .iter()
        .map(|place| self.body(*place))
        .collect();
        let stencil = canvas.line(&open_curve(&hem), self.px(0.02), |_| self.px(0.022));
        canvas.paint(&stencil, 0.9, [0.85, 0.78, 0.60]);
    }

    fn hair_behind(&self, canvas: &mut Canvas) {
        let outline = self.mirrored(&[
            [0.0, -1.50, 0.55],
            [-0.45, -1.44, 0.6],
            [-0.84, -1.12, 0.65],
            [-1.03, -0.60, 0.7],
            [-1.09, 0.00, 0.75],
            [-1.13, 0.60, 0.8],
            [-1.19, 1.20, 0.75],
            [-1.12, 1.72, 0.7],
            [-0.80, 1.92, 0.75],
            [-0.35, 1.60, 0.9],
        ]);
        let stencil = canvas.inside(&outline, self.px(0.035));
        let lit = self.project([-0.6, -0.9, 0.5]);
        canvas.paint_with(&stencil, |place| {
            let light = spot(place, lit, [self.px(0.8), self.px(1.2)]);
            (1.0, mix(HAIR_DARK, HAIR, 0.25 + 0.65 * light))
        });
        for index in 0..46 {
            let t = index as f32 / 45.0;
            let across = -1.0 + 2.0 * t;
            let sway = (index as f32 * 2.4).sin();
            let strand = self.curve(&[
                [0.92 * across, -0.6, 0.68],
                [1.02 * across, 0.1 + 0.1 * sway, 0.75],
                [1.06 * across + 0.03 * sway, 0.9, 0.78],
                [
                    (1.05 + 0.04 * sway) * across,
                    1.70 - 0.25 * sway.abs(),
                    0.72,
                ],
            ]);
            self.strand(canvas, &strand, index, 0.30);
        }
    }

    /// One lock of hair, darker or lighter by turns.
    fn strand(&self, canvas: &mut Canvas, line: &[Place], index: usize, opacity: f32) {
        let tone = match index % 5 {
            0 => HAIR_LIGHT,
            1 | 3 => HAIR_DARK,
            2 => mix(HAIR, HAIR_LIGHT, 0.45),
            _ => HAIR,
        };
        let width = 0.012 + 0.010 * ((index * 7 % 4) as f32);
        let stencil = canvas.line(line, self.px(0.02), |t| self.px(width * (1.0 - t * t)));
        canvas.paint(&stencil, opacity, tone);
    }

    fn face_skin(&self, canvas: &mut Canvas) {
        let points = self.points();
        let mut outline: Vec<Place> = points[0..17].to_vec();
        let brow: [HeadPlace; 7] = [
            [0.79, -0.45, 0.45],
            [0.70, -0.85, 0.25],
            [0.42, -1.12, 0.12],
            [0.0, -1.20, 0.08],
            [-0.42, -1.12, 0.12],
            [-0.70, -0.85, 0.25],
            [-0.79, -0.45, 0.45],
        ];
        outline.extend(brow.iter().map(|place| self.project(*place)));
        let stencil = canvas.inside(&closed_curve(&outline), self.px(0.022));
        canvas.paint_with(&stencil, |_| (1.0, SKIN));
        self.shade_skin(canvas, &stencil, &points);
    }

    /// Light from the upper left, warm cheeks, shadow towards the outline.
    fn shade_skin(
        &self,
        canvas: &mut Canvas,
        skin: &crate::airbrush::Stencil,
        points: &[Place; POINTS],
    ) {
        let at = |place: HeadPlace| self.project(place);
        let radii = |x: f32, y: f32| [self.px(x), self.px(y)];
        let [
            forehead,
            right_cheek,
            left_cheek,
            left_side,
            jaw,
            right_side,
        ] = [
            at([-0.18, -0.80, -0.1]),
            at([-0.46, 0.16, 0.0]),
            at([0.46, 0.16, 0.0]),
            at([0.86, 0.15, 0.4]),
            [points[8][0] + self.px(0.25), points[8][1] + self.px(0.06)],
            at([-0.93, 0.25, 0.45]),
        ];
        let chin = [
            (points[57][0] + points[8][0]) / 2.0,
            points[8][1] - self.px(0.15),
        ];
        canvas.paint_with(skin, |p| {
            (0.80 * spot(p, left_side, radii(0.52, 1.2)), SKIN_DARK)
        });
        canvas.paint_with(skin, |p| {
            (0.55 * spot(p, right_side, radii(0.30, 0.9)), SKIN_DARK)
        });
        canvas.paint_with(skin, |p| {
            (0.45 * spot(p, jaw, radii(0.75, 0.20)), SKIN_DARK)
        });
        canvas.paint_with(skin, |p| {
            (0.60 * spot(p, forehead, radii(0.50, 0.32)), SKIN_LIGHT)
        });
        let lit = at([-0.38, 0.02, -0.05]);
        canvas.paint_with(skin, |p| {
            (0.55 * spot(p, lit, radii(0.26, 0.20)), SKIN_LIGHT)
        });
        canvas.paint_with(skin, |p| {
            (0.40 * spot(p, chin, radii(0.17, 0.12)), SKIN_LIGHT)
        });
        let blush: Colour = [0.93, 0.52, 0.45];
        canvas.paint_with(skin, |p| {
            (0.30 * spot(p, right_cheek, radii(0.24, 0.20)), blush)
        });
        canvas.paint_with(skin, |p| {
            (0.30 * spot(p, left_cheek, radii(0.22, 0.20)), blush)
        });
    }

    fn hair_before(&self, canvas: &mut Canvas) {
        // Hair falls from a parting on the person's left.
        let parting: HeadPlace = [0.16, -1.22, 0.05];
        for side in [-1.0_f32, 1.0] {
            let x = |value: f32| side * value;
            let reach = if side < 0.0 { 0.0 } else { 0.10 };
            let outline: Vec<HeadPlace> = vec![
                parting,
                [x(0.25) + 0.08, -0.98 + reach * 0.5, -0.06],
                [x(0.58), -0.78, 0.08],
                [x(0.735), -0.42, 0.32],
                [x(0.775), 0.05, 0.45],
                [x(0.80), 0.60, 0.50],
                [x(0.92), 1.25, 0.55],
                [x(1.04), 1.55, 0.6],
                [x(1.15), 1.15, 0.7],
                [x(1.11), 0.50, 0.75],
                [x(1.07), -0.10, 0.7],
                [x(1.00), -0.68, 0.65],
                [x(0.80), -1.16, 0.6],
                [x(0.40), -1.47, 0.55],
                [0.10, -1.52, 0.5],
            ];
            let flat: Vec<Place> = outline.iter().map(|place| self.project(*place)).collect();
            let stencil = canvas.inside(&closed_curve(&flat), self.px(0.03));
            let lit = self.project([x(0.62), -0.95, 0.3]);
            canvas.paint_with(&stencil, |place| {
                let light = spot(place, lit, [self.px(0.42), self.px(0.36)]);
                let bright = if side < 0.0 { 0.8 } else { 0.45 };
                (
                    1.0,
                    mix(mix(HAIR_DARK, HAIR, 0.75), HAIR_LIGHT, bright * light),
                )
            });
            self.locks(canvas, side, parting);
        }
    }

    fn locks(&self, canvas: &mut Canvas, side: f32, parting: HeadPlace) {
        for index in 0..34 {
            let t = index as f32 / 33.0;
            let sway = (index as f32 * 1.9 + side).sin();
            let out = 0.80 + 0.30 * t;
            let top = [
                parting[0] + side * 0.02 - 0.06 * t,
                parting[1] - 0.02 - 0.26 * t,
                0.1 + 0.4 * t,
            ];
            let strand = self.curve(&[
                top,
                [
                    side * (0.40 + 0.12 * t) + 0.05,
                    -0.95 - 0.40 * t,
                    0.05 + 0.45 * t,
                ],
                [side * (0.71 + 0.26 * t), -0.50 - 0.25 * t, 0.32 + 0.35 * t],
                [side * (out - 0.015 + 0.01 * sway), 0.15, 0.48 + 0.25 * t],
                [side * (out + 0.03 + 0.02 * sway), 0.85, 0.52 + 0.22 * t],
                [
                    side * (0.93 + 0.22 * t),
                    1.35 + 0.15 * sway,
                    0.56 + 0.14 * t,
                ],
            ]);
            self.strand(canvas, &strand, index, 0.36);
        }
    }
}
