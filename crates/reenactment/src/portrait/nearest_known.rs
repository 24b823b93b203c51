//! The nearest known pixel of every hidden one, by two sweeps of a vector distance transform (Danielsson 1980).

/// Far away.
const FAR: f32 = 1e6;

/// Steps from every hidden pixel to the nearest known one, pixels; nothing where it is known. Off by a fraction of a
/// pixel here and there, as that transform is.
pub(super) fn nearest_known(hidden: &[bool], [width, height]: [usize; 2]) -> Vec<[f32; 2]> {
    let start = |is_hidden: &bool| if *is_hidden { [FAR, FAR] } else { [0.0; 2] };
    let mut steps: Vec<[f32; 2]> = hidden.iter().map(start).collect();
    let mut sweep = |rows: &mut dyn Iterator<Item = usize>, above: i32| {
        for y in rows {
            let beside = y as i32 + above;
            if (0..height as i32).contains(&beside) {
                for x in 0..width {
                    offer(
                        &mut steps,
                        [y * width + x, beside as usize * width + x],
                        [0.0, above as f32],
                    );
                }
            }
            for x in 1..width {
                offer(&mut steps, [y * width + x, y * width + x - 1], [-1.0, 0.0]);
            }
            for x in (1..width).rev() {
                offer(&mut steps, [y * width + x - 1, y * width + x], [1.0, 0.0]);
            }
        }
    };
    sweep(&mut (0..height), -1);
    sweep(&mut (0..height).rev(), 1);
    for step in &mut steps {
        if step[0].abs().max(step[1].abs()) >= FAR / 2.0 {
            *step = [0.0; 2]; // nothing is known
        }
    }
    steps
}

/// Take a neighbour's nearest pixel where it is nearer.
fn offer(steps: &mut [[f32; 2]], [place, neighbour]: [usize; 2], to_neighbour: [f32; 2]) {
    let there = steps[neighbour];
    let offered = [0, 1].map(|axis| there[axis] + to_neighbour[axis]);
    let length = |step: [f32; 2]| step[0] * step[0] + step[1] * step[1];
    if length(offered) < length(steps[place]) {
        steps[place] = offered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hidden_pixel_finds_a_known_one_that_is_about_the_nearest() {
        let size = [31, 23];
        let places = (0..size[0] * size[1]).map(|place| [place % size[0], place / size[0]]);
        let is_hidden =
            |[x, y]: [usize; 2]| (4..27).contains(&x) && (3..20).contains(&y) && (x, y) != (14, 11);
        let places: Vec<[usize; 2]> = places.collect();
        let hidden: Vec<bool> = places.iter().map(|place| is_hidden(*place)).collect();
        let steps = nearest_known(&hidden, size);
        for (place, step) in places.iter().zip(&steps) {
            let there = [0, 1].map(|axis| (place[axis] as f32 + step[axis]) as usize);
            assert!(!is_hidden(there), "{place:?}: {step:?}");
            let lengths = places
                .iter()
                .filter(|other| !is_hidden(**other))
                .map(|other| {
                    let [x, y] = [0, 1].map(|axis| other[axis] as f32 - place[axis] as f32);
                    x.hypot(y)
                });
            let nearest = lengths.fold(f32::INFINITY, f32::min);
            assert!(
                step[0].hypot(step[1]) <= nearest + 0.5,
                "{place:?}: {step:?}"
            );
        }
    }

    #[test]
    fn nothing_known_gives_no_steps() {
        assert!(
            nearest_known(&[true; 12], [4, 3])
                .iter()
                .all(|step| *step == [0.0; 2])
        );
    }
}
