//! Pictures as the networks take them.

use inference::Tensor;
use media::Image;

/// Turn a picture into `[1, 3, height, width]`, -1 black to 1 white.
pub(crate) fn to_network_input(image: &Image) -> Tensor {
    let pixels = image.width() as usize * image.height() as usize;
    let mut values = vec![0.0; 3 * pixels];
    let (red, rest) = values.split_at_mut(pixels);
    let (green, blue) = rest.split_at_mut(pixels);
    let planes = red.iter_mut().zip(green).zip(blue);
    for (((red, green), blue), pixel) in planes.zip(image.rgb().chunks_exact(3)) {
        *red = f32::from(pixel[0]) / 127.5 - 1.0;
        *green = f32::from(pixel[1]) / 127.5 - 1.0;
        *blue = f32::from(pixel[2]) / 127.5 - 1.0;
    }
    let shape = [1, 3, image.height() as usize, image.width() as usize];
    Tensor::new(&shape, values)
}

/// Chance between 0 and 1 for a network's logit.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// Logit of a chance, of finite size even where the chance is 0 or 1.
pub(crate) fn logit(chance: f32) -> f32 {
    let chance = chance.clamp(1e-6, 1.0 - 1e-6);
    (chance / (1.0 - chance)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logit_and_sigmoid_undo_each_other() {
        for value in [-5.0, 0.0, 0.7, 4.0] {
            assert!((logit(sigmoid(value)) - value).abs() < 1e-2);
        }
        assert!(logit(0.0) < -13.0 && logit(1.0) > 13.0);
    }

    #[test]
    fn channels_lie_one_after_the_other_from_minus_one_to_one() {
        let image = Image::from_rgb(2, 1, vec![0, 51, 255, 255, 102, 0]);
        let tensor = to_network_input(&image);
        assert_eq!(tensor.shape(), [1, 3, 1, 2]);
        let wanted = [-1.0, 1.0, -0.6, -0.2, 1.0, -1.0];
        for (found, wanted) in tensor.values().iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-6);
        }
    }
}
